//! Which places of a shell line stand in quotes, where a value that is quoted itself would come apart.
//!
//! This is no shell. Where it cannot be sure, as in backquotes and behind `<<`, it says yes.

/// Tells whether a place stands in quotes, behind a backslash, in a comment, or where text is not read as words.
pub(super) fn hold(line: &[u8], place: usize) -> bool {
    let mut open: Vec<u8> = Vec::new();
    let mut document_follows = false;
    let mut at = 0;
    while at < place {
        let next = line.get(at + 1);
        let in_double = open.last() == Some(&b'"');
        match line[at] {
            b'\\' => at += 1,
            b'\'' if !in_double => at += 1 + until(&line[at + 1..], b'\''),
            b'"' | b'`' if open.last() == Some(&line[at]) => drop(open.pop()),
            b'"' | b'`' => open.push(line[at]),
            b'$' if next == Some(&b'(') => {
                open.push(b'(');
                at += 1;
            }
            _ if in_double => {}
            b'(' => open.push(b'('),
            b')' if open.last() == Some(&b'(') => drop(open.pop()),
            b'#' if starts_word(line, at) => at += until(&line[at + 1..], b'\n'),
            b'<' if next == Some(&b'<') => document_follows = true,
            b'\n' if document_follows => return true,
            _ => {}
        }
        at += 1;
    }
    // What was passed at once is quoted or a comment.
    at > place || open.contains(&b'`') || open.last() == Some(&b'"')
}

fn until(text: &[u8], end: u8) -> usize {
    text.iter().position(|byte| *byte == end).unwrap_or(text.len())
}

fn starts_word(line: &[u8], at: usize) -> bool {
    at == 0 || matches!(line[at - 1], b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `@` marks the place that is asked for.
    #[test]
    fn a_place_in_quotes_is_known() {
        for (line, held) in [
            ("@", false),
            ("cp @ x", false),
            ("cp '@' x", true),
            ("cp \"@\" x", true),
            ("cp 'a'@'b' \"c\"@", false),
            ("echo \"it's @\"", true),
            ("echo \"it's\" @", false),
            ("echo 'say \"' @", false),
            ("echo \\'@", false),
            ("echo \\\" @", false),
            ("echo \"\\\" @\"", true),
            ("echo \\@", true),
            ("echo \\\\@", false),
            ("echo \"$(cat @)\"", false),
            ("echo \"$(cat '@')\"", true),
            ("echo \"$(cat \"@\")\"", true),
            ("echo \"$(cat (x) @) y\"", false),
            ("echo \"$(cat x) @\"", true),
            ("echo $(cat x) @", false),
            ("(cd x; cat @)", false),
            ("echo $(( (1 + 2) * 3 )) @", false),
            ("case x in a) cat @;; esac", false),
            ("echo `cat @`", true),
            ("echo `cat x` @", false),
            ("echo \"`cat @`\"", true),
            ("true # don't\ncat @", false),
            ("true # about @", true),
            ("echo a#'@", true),
            ("echo $# ${#x} @", false),
            ("cat <<END\n@\nEND", true),
            ("cat <<END; cat @", false),
            ("echo 'open @", true),
        ] {
            let place = line.rfind('@').unwrap();
            assert_eq!(hold(line.as_bytes(), place), held, "{line}");
        }
    }
}
