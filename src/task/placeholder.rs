//! Placeholders of a batch's template, as GNU parallel has them, and what stands in for them in one task.
//!
//! | placeholder | of `tables/t1.tex`, the third input |
//! |---|---|
//! | `{}` | `tables/t1.tex` |
//! | `{.}` | `tables/t1` |
//! | `{/}` | `t1.tex` |
//! | `{//}` | `tables` |
//! | `{/.}` | `t1` |
//! | `{#}` | `3` |
//! | `{column}` | the row's value in a column of a CSV file; `{}` and its family then mean the first column |
//!
//! `{%}` is filled where the command is started, since only there the slot is known. All replacement is one pass: braces in a value
//! are text. `${word}` is the shell's, whatever columns there are. The family's rules are those by which GNU parallel defines it
//! (parallel(1), `--rpl`): an extension is a last `.` with something behind it, so `.hidden` has nothing else, and what ends in `/`
//! has no basename; `{//}` is perl's `dirname`.

mod quotes;

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::Text;

/// What stands in for the placeholders of one task of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filling<'a> {
    /// Names of the columns; none unless the inputs come from a CSV file.
    pub(crate) columns: &'a [String],
    /// One value, or one for each column.
    pub(crate) values: &'a [Text],
    /// The task's number in its batch, from 1.
    pub(crate) number: u32,
}

/// A placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Input(View),
    Column(usize),
    Number,
}

/// What of the input is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Whole,
    NoExtension,
    Name,
    Folder,
    Stem,
}

impl Filling<'_> {
    /// Fills an argument or an `--env` value: values as they are, byte by byte.
    pub(crate) fn word(&self, text: &Text) -> Text {
        let filled = self.fill(text.as_os_str().as_bytes(), <[u8]>::to_vec);
        OsString::from_vec(filled).into()
    }

    /// Fills a line for `sh`: each value is quoted, so that the shell sees it as text whatever is in it.
    ///
    /// This holds outside quotes only: see [`find_in_quotes`](Self::find_in_quotes).
    pub(crate) fn shell(&self, line: &str) -> String {
        // Line and quoted values are UTF-8, so nothing is lost.
        String::from_utf8_lossy(&self.fill(line.as_bytes(), |value| quoted(value).into_owned().into_bytes())).into_owned()
    }

    /// Finds the first placeholder of a line for `sh` that stands in quotes (or in a comment), though its value has to be quoted itself.
    ///
    /// In `"{}"` a value such as `$(…)` would be run by the shell, quoted or not. A plain name may stand there.
    pub(crate) fn find_in_quotes<'l>(&self, line: &'l str) -> Option<&'l str> {
        let is_plain = |mark| {
            let value = self.value(mark);
            quoted(&value).as_bytes() == &*value
        };
        let mut marks = marks(line.as_bytes(), self.columns);
        let (place, _) = marks.find(|(place, mark)| !is_plain(*mark) && quotes::hold(line.as_bytes(), place.start))?;
        Some(&line[place])
    }

    /// Fills a glob: each value is escaped, so that it matches itself; a byte that is not UTF-8 matches any.
    pub(crate) fn glob(&self, glob: &str) -> String {
        String::from_utf8_lossy(&self.fill(glob.as_bytes(), |value| escaped(value).into_bytes())).into_owned()
    }

    fn fill(&self, text: &[u8], form: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let mut filled = Vec::with_capacity(text.len());
        let mut end = 0;
        for (place, mark) in marks(text, self.columns) {
            filled.extend_from_slice(&text[end..place.start]);
            filled.extend(form(&self.value(mark)));
            end = place.end;
        }
        filled.extend_from_slice(&text[end..]);
        filled
    }

    fn value(&self, mark: Mark) -> Cow<'_, [u8]> {
        let value = |n: usize| self.values.get(n).map(|value| value.as_os_str().as_bytes()).unwrap_or_default();
        match mark {
            Mark::Input(view) => view.of(value(0)).into(),
            Mark::Column(n) => value(n).into(),
            Mark::Number => self.number.to_string().into_bytes().into(),
        }
    }
}

impl View {
    fn of(self, path: &[u8]) -> &[u8] {
        match self {
            Self::Whole => path,
            Self::NoExtension => without_extension(path),
            Self::Name => name(path),
            Self::Folder => folder(path),
            Self::Stem => without_extension(name(path)),
        }
    }
}

/// Tells whether a text has a placeholder that depends on the input: `{}` and its family, or a column.
pub(crate) fn uses_input(text: &[u8], columns: &[String]) -> bool {
    marks(text, columns).any(|(_, mark)| mark != Mark::Number)
}

/// Finds the first `{word}` that is no placeholder here, with its braces.
///
/// A word is of letters, digits, `_` and `-`, and starts with a letter or `_`. Anything else in braces is somebody else's text, such
/// as `{1,3}` or `{ print $1 }`, and so is `${word}`.
pub(crate) fn find_unbound(text: &[u8], columns: &[String]) -> Option<String> {
    braces(text).find_map(|(place, inner)| {
        let unbound = is_word(inner) && !is_variable(text, &place) && mark(text, &place, inner, columns).is_none();
        unbound.then(|| String::from_utf8_lossy(&text[place]).into_owned())
    })
}

/// Tells whether a text can stand in braces as the name of a column.
pub(crate) fn is_word(text: &[u8]) -> bool {
    let starts = text.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    starts && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// The placeholders of a text, in order.
fn marks<'t>(text: &'t [u8], columns: &'t [String]) -> impl Iterator<Item = (Range<usize>, Mark)> + 't {
    braces(text).filter_map(move |(place, inner)| Some((place.clone(), mark(text, &place, inner, columns)?)))
}

/// All `{…}` without braces inside: the place of the whole, and what is inside.
fn braces(text: &[u8]) -> impl Iterator<Item = (Range<usize>, &[u8])> {
    let mut open = None;
    text.iter().enumerate().filter_map(move |(at, byte)| {
        match byte {
            b'{' => open = Some(at),
            b'}' => return open.take().map(|start| (start..at + 1, &text[start + 1..at])),
            _ => {}
        }
        None
    })
}

fn mark(text: &[u8], place: &Range<usize>, inner: &[u8], columns: &[String]) -> Option<Mark> {
    Some(match inner {
        b"" => Mark::Input(View::Whole),
        b"." => Mark::Input(View::NoExtension),
        b"/" => Mark::Input(View::Name),
        b"//" => Mark::Input(View::Folder),
        b"/." => Mark::Input(View::Stem),
        b"#" => Mark::Number,
        _ if is_variable(text, place) => return None,
        _ => Mark::Column(columns.iter().position(|column| column.as_bytes() == inner)?),
    })
}

fn is_variable(text: &[u8], place: &Range<usize>) -> bool {
    place.start > 0 && text[place.start - 1] == b'$'
}

fn name(path: &[u8]) -> &[u8] {
    let start = path.iter().rposition(|b| *b == b'/').map_or(0, |slash| slash + 1);
    &path[start..]
}

fn without_extension(path: &[u8]) -> &[u8] {
    let name = name(path);
    match name.iter().rposition(|b| *b == b'.') {
        Some(dot) if dot + 1 < name.len() => &path[..path.len() - name.len() + dot],
        _ => path,
    }
}

fn folder(path: &[u8]) -> &[u8] {
    let path = without_slashes(path);
    let above = without_slashes(&path[..path.len() - name(path).len()]);
    if above.is_empty() { b"." } else { above }
}

/// A path without the slashes at its end, but for the root's.
fn without_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|b| *b != b'/').map_or(path.len().min(1), |last| last + 1);
    &path[..end]
}

/// Quotes a value for `sh`. Bytes that are not UTF-8 cannot stand in a line, so `printf` makes them there.
fn quoted(value: &[u8]) -> Cow<'_, str> {
    if let Ok(Ok(quoted)) = std::str::from_utf8(value).map(shlex::try_quote) {
        return quoted;
    }
    // A command's output loses the newlines at its end.
    let end = value.iter().rposition(|b| *b != b'\n').map_or(0, |last| last + 1);
    let mut word = r#""$(printf '"#.to_owned();
    for byte in &value[..end] {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b' ') {
            word.push(char::from(*byte));
        } else {
            let _ = write!(word, "\\{byte:03o}");
        }
    }
    word.push_str(r#"')""#);
    if end < value.len() {
        let _ = write!(word, "'{}'", "\n".repeat(value.len() - end));
    }
    word.into()
}

/// Escapes a value for a glob (crate `globset`). A comma has a meaning where the glob has the value in `{a,b}`.
fn escaped(value: &[u8]) -> String {
    let mut glob = String::with_capacity(value.len());
    for chunk in value.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '?' | '*' | '[' | ']' | '{' | '}' | ',' => glob.extend(['[', c, ']']),
                '\\' => glob.push_str(r"\\"),
                _ => glob.push(c),
            }
        }
        glob.extend(chunk.invalid().iter().map(|_| '?'));
    }
    glob
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    fn text(bytes: &[u8]) -> Text {
        OsStr::from_bytes(bytes).into()
    }

    fn with<T>(values: &[&[u8]], columns: &[&str], then: impl Fn(Filling<'_>) -> T) -> T {
        let values: Vec<_> = values.iter().map(|value| text(value)).collect();
        let columns: Vec<_> = columns.iter().map(ToString::to_string).collect();
        then(Filling { columns: &columns, values: &values, number: 7 })
    }

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    /// The right-hand sides are what perl makes of GNU parallel's own definitions (parallel(1), `--rpl`).
    #[test]
    fn the_family_of_the_input_is_what_gnu_parallel_makes_of_it() {
        for (input, no_extension, name, folder, stem) in [
            ("a/b.tex", "a/b", "b.tex", "a", "b"),
            ("dir.d/file", "dir.d/file", "file", "dir.d", "file"),
            (".hidden", "", ".hidden", ".", ""),
            ("d/.hidden", "d/", ".hidden", "d", ""),
            ("a.tar.gz", "a.tar", "a.tar.gz", ".", "a.tar"),
            ("dir/", "dir/", "", ".", ""),
            ("dir.d/", "dir.d/", "", ".", ""),
            ("a/b/", "a/b/", "", "a", ""),
            ("", "", "", ".", ""),
            ("a.", "a.", "a.", ".", "a."),
            ("a..b", "a.", "a..b", ".", "a."),
            ("/", "/", "", "/", ""),
            ("/a", "/a", "a", "/", "a"),
            ("//", "//", "", "/", ""),
            ("a//b", "a//b", "b", "a", "b"),
            (".", ".", ".", ".", "."),
            ("..", "..", "..", ".", ".."),
            ("../x.y", "../x", "x.y", "..", "x"),
            ("/a/", "/a/", "", "/", ""),
            ("x.y/..", "x.y/..", "..", "x.y", ".."),
        ] {
            let filled = with(&[input.as_bytes()], &[], |filling| filling.word(&"{}|{.}|{/}|{//}|{/.}|{#}|{%}".into()));
            assert_eq!(filled, format!("{input}|{no_extension}|{name}|{folder}|{stem}|7|{{%}}").as_str().into(), "{input}");
        }
    }

    #[test]
    fn values_are_put_in_once_and_other_braces_are_left() {
        for (template, filled) in [
            ("{}{name}", "{name}{}"),
            ("{{}}", "{{name}}"),
            ("{,{},x}", "{,{name},x}"),
            ("${}", "${name}"),
            ("${name} $name", "${name} $name"),
            ("{1,3} { print $1 } {a,b} {1} {other} {", "{1,3} { print $1 } {a,b} {1} {other} {"),
            ("} {/} {", "} {name} {"),
            ("", ""),
        ] {
            let made = with(&[b"{name}", b"{}"], &["path", "name"], |filling| filling.word(&template.into()));
            assert_eq!(made, filled.into(), "{template}");
        }
    }

    #[test]
    fn with_columns_the_input_is_the_first() {
        let made = with(&[b"t/a.tex", b"Smith"], &["file", "author"], |f| f.word(&"{/.}-{author}-{file}-{#}".into()));
        assert_eq!(made, "a-Smith-t/a.tex-7".into());
    }

    #[test]
    fn an_argument_keeps_every_byte() {
        let made = with(&[b"caf\xe9 \n'\"$x"], &[], |filling| filling.word(&text(b"\xff={}")));
        assert_eq!(made, text(b"\xff=caf\xe9 \n'\"$x"));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "asks the shell itself, below the layer that starts commands")]
    fn a_shell_gets_the_value_as_it_is() {
        let values: &[&[u8]] = &[
            b"plain.txt",
            b"",
            b"a b  c",
            b"$(exit 1)`exit 1`$HOME\\\"'!*?[a]~;&|<>#",
            b"-n",
            b"two\nlines\n",
            b"caf\xe9",
            b"\xff\n\n",
            b"%s\\n\xfe\"$x'`1",
            "größe {} {#}".as_bytes(),
        ];
        for value in values {
            for (line, before, after) in [("printf '<%s>' {}", "<", ">"), ("printf %s a{}b", "a", "b")] {
                let line = with(&[value], &[], |filling| filling.shell(line));
                let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
                let wanted = [before.as_bytes(), value, after.as_bytes()].concat();
                assert_eq!(OsStr::from_bytes(&output.stdout), OsStr::from_bytes(&wanted), "{line}");
            }
        }
        assert_eq!(with(&[b"t/a.tex"], &[], |filling| filling.shell("cp {} '{#}'")), "cp t/a.tex '7'");
    }

    #[test]
    fn a_placeholder_in_quotes_is_found_where_its_value_has_to_be_quoted() {
        for (value, line, found) in [
            (&b"t/a.tex"[..], "cp \"{}\" '{.}'", None),
            (b"a b", "cp {} {/}", None),
            (b"a b", "cp {} '{//}' '{#}' \"{/}\"", Some("{/}")),
            (b"$(reboot)", "cp \"{}\"", Some("{}")),
            (b"a\nreboot", "true # {}", Some("{}")),
            (b"caf\xe9", "cp '{.}'", Some("{.}")),
            (b"", "cp '{}'", Some("{}")),
        ] {
            let in_quotes = with(&[value], &[], |filling| filling.find_in_quotes(line).map(ToOwned::to_owned));
            assert_eq!(in_quotes.as_deref(), found, "{line}");
        }
    }

    #[test]
    fn a_glob_matches_the_value_and_nothing_else() {
        for value in [&b"a*b?c"[..], b"[ab]!^-", b"{x,y}", b"back\\slash", b"caf\xe9 \xff", "größe".as_bytes(), b"a,b"] {
            for (glob, before) in [("{}", ""), ("out/{}", "out/"), ("{out,{}}", ""), ("{/}", "")] {
                let glob = with(&[value], &[], |filling| filling.glob(glob));
                let matcher = globset::GlobBuilder::new(&glob).literal_separator(true).build().unwrap().compile_matcher();
                let names = |bytes: &[u8]| matcher.is_match(OsStr::from_bytes(&[before.as_bytes(), bytes].concat()));
                assert!(names(value), "{glob}");
                for other in [&b"axbxc"[..], b"a", b"b", b"x", b"y", b"backslash", b"caf", b"gr"] {
                    assert!(!names(other), "{glob} {other:?}");
                }
            }
        }
        assert_eq!(with(&[b"t/a.tex"], &[], |filling| filling.glob("{//}/*.{#}")), "t/*.7");
    }

    #[test]
    fn what_depends_on_the_input_is_known() {
        let columns = columns(&["name"]);
        for yes in ["{}", "x{.}", "{/}", "{//}", "{/.}", "a{name}b", "${}", "{{}"] {
            assert!(uses_input(yes.as_bytes(), &columns), "{yes}");
        }
        for no in ["", "{#}", "{%}", "{other}", "${name}", "{ }", "{name", "{Name}"] {
            assert!(!uses_input(no.as_bytes(), &columns), "{no}");
        }
    }

    #[test]
    fn a_word_in_braces_that_is_no_column_is_found() {
        let columns = columns(&["name", "no-1"]);
        for (text, found) in [
            ("{name} {nmae} {other}", Some("{nmae}")),
            ("{no-1}{_x}", Some("{_x}")),
            ("{{a-b}}", Some("{a-b}")),
            ("{} {.} {/} {//} {/.} {#} {%} {name}", None),
            ("{1,3} { print } {a,b} {print $1} {1} {-a} {a.b} {é}", None),
            ("${HOME} ${name}", None),
            ("$ {HOME}", Some("{HOME}")),
            ("{open", None),
        ] {
            assert_eq!(find_unbound(text.as_bytes(), &columns).as_deref(), found, "{text}");
        }
        assert_eq!(find_unbound(b"{name}", &[]).as_deref(), Some("{name}"));
        assert_eq!(find_unbound(b"\xff{x}\xff", &[]).as_deref(), Some("{x}"));
    }
}
