//! What a shell line says: its simple commands, and the words of each, without their quotes.
//!
//! This is no shell. It is for finding the paths that a line names, so it would rather see a word too many than one too few: what
//! stands in `$(…)` or backquotes is read as commands of its own, and operators only part words from one another.

/// How deep substitutions are read.
const DEEPEST: usize = 8;

/// Reads a line.
pub(super) fn commands(line: &str) -> Vec<Vec<String>> {
    let mut reader = Reader::default();
    reader.line(line, 0);
    reader.commands.retain(|words| !words.is_empty());
    reader.commands
}

#[derive(Default)]
struct Reader {
    commands: Vec<Vec<String>>,
    words: Vec<String>,
    word: Option<String>,
}

impl Reader {
    fn line(&mut self, line: &str, depth: usize) {
        let mut rest = line.chars();
        let mut inner = Vec::new();
        while let Some(c) = rest.next() {
            match c {
                '\'' => self.word().extend(rest.by_ref().take_while(|c| *c != '\'')),
                '"' => {
                    let text = quoted(&mut rest);
                    if text.contains("$(") || text.contains('`') {
                        inner.push(text.clone());
                    }
                    self.word().push_str(&text);
                }
                '\\' => self.word().extend(rest.next().filter(|c| *c != '\n')),
                '#' if self.word.is_none() => drop(rest.by_ref().find(|c| *c == '\n')),
                ')' | '`' if rest.as_str().starts_with('/') => {
                    self.end_command();
                    // What it stands for is the start of a path.
                    self.word().push_str("$_");
                }
                ';' | '&' | '|' | '(' | ')' | '`' | '\n' => self.end_command(),
                '<' | '>' => self.end_word(),
                c if c.is_whitespace() => self.end_word(),
                c => self.word().push(c),
            }
        }
        self.end_command();
        for text in inner.into_iter().filter(|_| depth < DEEPEST) {
            self.line(&text, depth + 1);
        }
    }

    fn word(&mut self) -> &mut String {
        self.word.get_or_insert_default()
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        self.commands.push(std::mem::take(&mut self.words));
    }
}

/// Reads up to the closing double quote.
fn quoted(rest: &mut std::str::Chars<'_>) -> String {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => text.extend(rest.next()),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_its_commands_and_their_words() {
        for (line, expected) in [
            ("make test", vec![vec!["make", "test"]]),
            ("cd a&&./b;c|d", vec![vec!["cd", "a"], vec!["./b"], vec!["c"], vec!["d"]]),
            ("sh 'a b' c\\ d \"e f\"g", vec![vec!["sh", "a b", "c d", "e fg"]]),
            ("sh <x.sh 2>out", vec![vec!["sh", "x.sh", "2", "out"]]),
            ("test \"$(sh x.sh)\" = 3 # not this", vec![vec!["test", "$(sh x.sh)", "=", "3"], vec!["$"], vec!["sh", "x.sh"]]),
            ("a `b c` d", vec![vec!["a"], vec!["b", "c"], vec!["d"]]),
            ("sh $(b)/c", vec![vec!["sh", "$"], vec!["b"], vec!["$_/c"]]),
            ("a=$(b)", vec![vec!["a=$"], vec!["b"]]),
            ("'' \"", vec![vec!["", ""]]),
            ("a 'open", vec![vec!["a", "open"]]),
            ("", vec![]),
        ] {
            assert_eq!(commands(line), expected, "{line}");
        }
    }
}
