//! The patterns of ignore files, matched as git matches them (gitignore(5)).
//!
//! A pattern becomes a list of steps; matching follows all ways through them at once, so no pattern takes more time than its length
//! times that of the text.

/// A pattern, ready to be matched with names or with whole paths.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    shape: Shape,
    /// Upper and lower case are the same.
    fold: bool,
}

#[derive(Clone, Debug)]
enum Shape {
    /// The text itself.
    Exact(Vec<u8>),
    /// Anything that ends so.
    Ends(Vec<u8>),
    /// Steps, each taken by a byte or, some of them, by none.
    Steps(Vec<Step>),
    /// A pattern that git takes for broken matches nothing.
    Never,
}

#[derive(Clone, Debug)]
enum Step {
    /// This byte.
    Byte(u8),
    /// Any byte but `/`.
    One,
    /// A byte of a set; `/` is in none.
    Set(Box<[bool; 256]>),
    /// Any number of bytes; of `/` only where it is said.
    Many { slash: bool },
    /// The two steps after this one may be left out.
    Maybe,
}

const SPECIAL: &[u8] = b"*?[\\";

impl Pattern {
    /// Compiles a pattern for a name, in which there is no `/`.
    pub(super) fn for_name(text: &[u8], fold: bool) -> Self {
        let shape = match text.strip_prefix(b"*") {
            _ if is_plain(text) => Shape::Exact(text.to_vec()),
            Some(end) if is_plain(end) => Shape::Ends(end.to_vec()),
            _ => steps(text, false, fold).map_or(Shape::Never, Shape::Steps),
        };
        Self { shape, fold }
    }

    /// Compiles a pattern for a path, in which only `**` goes over a `/`.
    pub(super) fn for_path(text: &[u8], fold: bool) -> Self {
        let plain = text.iter().position(|b| SPECIAL.contains(b)).unwrap_or(text.len());
        let (start, rest) = text.split_at(plain);
        // Git compares what comes before the first special byte apart, so `a**/b` is to it an `a` and `**/b`.
        let shape = match steps(rest, true, fold) {
            _ if rest.is_empty() => Shape::Exact(start.to_vec()),
            Some(steps) => Shape::Steps(start.iter().map(|b| Step::Byte(lower(*b, fold))).chain(steps).collect()),
            None => Shape::Never,
        };
        Self { shape, fold }
    }

    /// Tells whether the whole text matches.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let same = |a: &[u8], b: &[u8]| if self.fold { a.eq_ignore_ascii_case(b) } else { a == b };
        match &self.shape {
            Shape::Exact(wanted) => same(wanted, text),
            Shape::Ends(end) => text.len() >= end.len() && same(end, &text[text.len() - end.len()..]),
            Shape::Steps(steps) => self.walk(steps, text),
            Shape::Never => false,
        }
    }

    fn walk(&self, steps: &[Step], text: &[u8]) -> bool {
        let mut here = vec![false; steps.len() + 1];
        let mut next = here.clone();
        reach(steps, &mut here, 0);
        for byte in text {
            next.fill(false);
            for (n, step) in steps.iter().enumerate().filter(|(n, _)| here[*n]) {
                match step {
                    Step::Many { slash } if *slash || *byte != b'/' => reach(steps, &mut next, n),
                    Step::Many { .. } | Step::Maybe => {}
                    _ if self.takes(step, *byte) => reach(steps, &mut next, n + 1),
                    _ => {}
                }
            }
            std::mem::swap(&mut here, &mut next);
        }
        here[steps.len()]
    }

    fn takes(&self, step: &Step, byte: u8) -> bool {
        let byte = if self.fold { byte.to_ascii_lowercase() } else { byte };
        match step {
            Step::Byte(wanted) => byte == *wanted,
            Step::One => byte != b'/',
            Step::Set(set) => byte != b'/' && set[usize::from(byte)],
            Step::Many { .. } | Step::Maybe => false,
        }
    }
}

/// Marks a step as reached, and those that are reached from it without a byte.
fn reach(steps: &[Step], reached: &mut [bool], mut n: usize) {
    loop {
        if std::mem::replace(&mut reached[n], true) {
            return;
        }
        match steps.get(n) {
            Some(Step::Maybe) => reach(steps, reached, n + 3),
            Some(Step::Many { .. }) => {}
            _ => return,
        }
        n += 1;
    }
}

fn is_plain(text: &[u8]) -> bool {
    !text.iter().any(|b| SPECIAL.contains(b))
}

fn lower(byte: u8, fold: bool) -> u8 {
    if fold { byte.to_ascii_lowercase() } else { byte }
}

/// Compiles a pattern into steps; `None` if it is broken. In a path a `*` stops at `/`, and `**` means more between slashes.
///
/// Where case is folded a text is compared in lower case; git leaves escaped bytes and single bytes of a set as they are, so in upper
/// case they match nothing.
fn steps(text: &[u8], path: bool, fold: bool) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'*' => at = stars(text, at, path, &mut steps),
            b'?' => steps.push(Step::One),
            b'[' => {
                let (set, end) = set(text, at + 1, fold)?;
                steps.push(Step::Set(set));
                at = end;
            }
            b'\\' => {
                at += 1;
                steps.push(Step::Byte(*text.get(at)?));
            }
            byte => steps.push(Step::Byte(lower(*byte, fold))),
        }
        at += 1;
    }
    Some(steps)
}

/// Compiles a run of stars and returns the place of the last byte that belongs to it.
fn stars(text: &[u8], at: usize, path: bool, steps: &mut Vec<Step>) -> usize {
    let count = text[at..].iter().take_while(|b| **b == b'*').count();
    let after = at + count;
    let starts = at == 0 || text[at - 1] == b'/';
    let ends = matches!(&text[after..], [] | [b'/', ..] | [b'\\', b'/', ..]);
    let deep = !path || (count > 1 && starts && ends);
    if path && deep && text.get(after) == Some(&b'/') {
        steps.extend([Step::Maybe, Step::Many { slash: true }, Step::Byte(b'/')]);
        return after;
    }
    steps.push(Step::Many { slash: deep });
    after - 1
}

/// Reads a set, `[` being read already, and returns the place of its `]`.
fn set(text: &[u8], mut at: usize, fold: bool) -> Option<(Box<[bool; 256]>, usize)> {
    let mut set = Box::new([false; 256]);
    let negated = matches!(text.get(at), Some(b'!' | b'^'));
    at += usize::from(negated);
    let first = at;
    let mut before = None;
    let mut add = |byte: u8| {
        set[usize::from(byte)] = true;
        set[usize::from(lower(byte, fold))] = true;
    };
    while at == first || *text.get(at)? != b']' {
        let byte = *text.get(at)?;
        let class = (byte == b'[').then(|| class(text, at)).flatten();
        match (byte, before, text.get(at + 1)) {
            (b'[', _, Some(b':')) if class.is_some() => {
                let (test, end) = class?;
                (0..=255).filter(test?).for_each(&mut add);
                at = end;
                before = None;
            }
            (b'-', Some(low), Some(next)) if *next != b']' => {
                at += if *next == b'\\' { 2 } else { 1 };
                (low..=*text.get(at)?).for_each(&mut add);
                before = None;
            }
            _ => {
                at += usize::from(byte == b'\\');
                let byte = *text.get(at)?;
                if byte == lower(byte, fold) {
                    add(byte);
                }
                before = Some(byte);
            }
        }
        at += 1;
    }
    if negated {
        set.iter_mut().for_each(|there| *there = !*there);
    }
    Some((set, at))
}

type Test = fn(&u8) -> bool;

/// Reads `[:name:]` and returns the place of its `]`; an unknown name has no test, and breaks the pattern.
fn class(text: &[u8], at: usize) -> Option<(Option<Test>, usize)> {
    let inner = text.get(at + 2..)?;
    let end = inner.iter().position(|b| *b == b']')?;
    let name = inner[..end].strip_suffix(b":")?;
    let test: Test = match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |b| matches!(b, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |b| b.is_ascii_graphic() || *b == b' ',
        b"punct" => u8::is_ascii_punctuation,
        b"space" => |b| b.is_ascii_whitespace() || *b == 0x0b,
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return Some((None, at + 2 + end)),
    };
    Some((Some(test), at + 2 + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_match_as_gitignore_says() {
        for (pattern, yes, no) in [
            ("*.log", &["a.log", ".log"][..], &["a.logs", "log"][..]),
            ("a?c", &["abc"], &["ac", "abbc"]),
            ("[a-c]*", &["b", "cat"], &["dog", ""]),
            ("[!a-c]", &["d", "-"], &["a", "dd"]),
            ("[]x]", &["]", "x"], &["y", ""]),
            ("[[:digit:]_]", &["1", "_"], &["a", ":"]),
            ("\\*", &["*"], &["a", "\\*"]),
            ("a[", &[], &["a[", "a"]),
            ("a\\", &[], &["a\\", "a"]),
            ("[a-]", &["a", "-"], &["b"]),
            ("[a[:x:]]", &[], &["a", "x", "[", ":"]),
        ] {
            for text in yes {
                assert!(Pattern::for_name(pattern.as_bytes(), false).matches(text.as_bytes()), "{pattern} {text}");
            }
            for text in no {
                assert!(!Pattern::for_name(pattern.as_bytes(), false).matches(text.as_bytes()), "{pattern} {text}");
            }
        }
        for (pattern, yes, no) in [
            ("a/*", &["a/b"][..], &["a/b/c", "a/"[..1].into(), "b/a"][..]),
            ("a/**", &["a/b", "a/b/c"], &["a", "b/a/c"]),
            ("**/b", &["b", "a/b", "a/c/b"], &["ab", "a/bc"]),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["ab", "a/xb"]),
            ("a/*.c", &["a/x.c"], &["a/b/x.c", "a/.h"]),
            ("*/b", &["a/b"], &["b", "a/c/b"]),
            ("a**b", &["ab", "axb"], &["a/b"]),
        ] {
            for text in yes {
                assert!(Pattern::for_path(pattern.as_bytes(), false).matches(text.as_bytes()), "{pattern} {text}");
            }
            for text in no {
                assert!(!Pattern::for_path(pattern.as_bytes(), false).matches(text.as_bytes()), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn case_is_folded_where_the_file_system_does() {
        assert!(Pattern::for_name(b"*.LOG", true).matches(b"a.log"));
        assert!(Pattern::for_name(b"[A-C]X?", true).matches(b"bxy"));
        assert!(!Pattern::for_name(b"*.LOG", false).matches(b"a.log"));
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        let pattern = Pattern::for_path("**/*a".repeat(40).as_bytes(), false);
        assert!(!pattern.matches("a/".repeat(400).as_bytes()));
    }
}
