//! What the commits of a landing and of a revert say: the one place that words them.
//!
//! ```text
//! Land tables                                    the subject: `--message`, or the tasks' names
//!
//! Takeback-Task: 0f3a…                           landingTrailers id and all: the task's uid
//! Takeback-Batch: 5c2e…                          the uid of the batch that it is of
//! Takeback-Relands: 7c1d…                        the commit that brought it before, and was reverted
//! Takeback-Command: "sed -i s/a/b/ *.tex"        landingTrailers all alone: commands may hold what is not for others
//! Takeback-Check: make test
//! ```
//!
//! A trailer's value is one line. What is not plain text, begins with a quote or has blanks at its ends stands in quotes, with `\n`,
//! `\"` and their like escaped.

use crate::id::CommitId;
use crate::journal::Standing;
use crate::task::Trailers;

/// The longest subject that names every task.
const LONGEST: usize = 72;

/// How the commits of one landing or revert are to be worded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wording<'a> {
    /// What they say of where they come from.
    pub(crate) trailers: Trailers,
    /// The user's own text: a subject, and more after an empty line.
    pub(crate) text: Option<&'a str>,
}

/// A task, and the commit that brought it to a branch before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Brought<'a> {
    /// The task.
    pub(crate) task: &'a Standing,
    /// The commit; `None` where it never landed, or where it is not known.
    pub(crate) by: Option<CommitId>,
}

impl Wording<'_> {
    /// The same without the user's text where `alone` is false: for one of several commits.
    pub(crate) fn alone(self, alone: bool) -> Self {
        Self { text: self.text.filter(|_| alone), ..self }
    }

    /// The commit that brings one task, or a squash of several.
    pub(crate) fn land(&self, tasks: &[Brought<'_>]) -> String {
        let text = self.text.map_or_else(|| subject("Land", tasks), ToOwned::to_owned);
        self.finish(&text, tasks, "Takeback-Relands")
    }

    /// The merge commit that joins a landing's commits. These say themselves which task they are.
    pub(crate) fn join(&self, tasks: &[Brought<'_>]) -> String {
        let text = self.text.map_or_else(|| subject("Land", tasks), ToOwned::to_owned);
        with_trailers(&text, &[])
    }

    /// The commit that takes landed tasks back. `by` is what brought each; `taken` says what of the branch it takes back, a line each.
    pub(crate) fn revert(&self, tasks: &[Brought<'_>], taken: &[String]) -> String {
        let all = || [subject("Revert", tasks)].iter().chain(taken).cloned().collect::<Vec<_>>().join("\n\n");
        let text = self.text.map_or_else(all, ToOwned::to_owned);
        self.finish(&text, tasks, "Takeback-Reverts")
    }

    /// A text of somebody else's, as it is but for what says which task it comes from.
    pub(crate) fn keep(&self, text: &[u8], task: Brought<'_>) -> Vec<u8> {
        let lines = self.lines(&[task], "Takeback-Relands");
        append(text, &lines)
    }

    /// The commit behind a task's own ones, with what it had not committed.
    pub(crate) fn rest(&self, task: Brought<'_>) -> String {
        self.finish(&format!("{}: what it had not committed", subject("Land", &[task])), &[task], "Takeback-Relands")
    }

    fn finish(&self, text: &str, tasks: &[Brought<'_>], earlier: &str) -> String {
        with_trailers(text, &self.lines(tasks, earlier))
    }

    fn lines(&self, tasks: &[Brought<'_>], earlier: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for Brought { task, by } in tasks {
            if self.trailers == Trailers::None {
                break;
            }
            lines.push(trailer("Takeback-Task", task.uid().as_str()));
            lines.extend(task.spec.batch.iter().map(|member| trailer("Takeback-Batch", member.batch.as_str())));
            lines.extend(by.map(|commit| trailer(earlier, &commit.to_string())));
            if self.trailers == Trailers::All {
                lines.push(trailer("Takeback-Command", &task.spec.command.line()));
                let passed = task.record.checks.iter().filter(|run| run.passed());
                lines.extend(passed.map(|run| trailer("Takeback-Check", &run.command)));
            }
        }
        lines
    }
}

/// The deed and the tasks' names; where these are too long for a line, their number, and the names below. A task of a batch is told
/// apart by its input.
fn subject(deed: &str, tasks: &[Brought<'_>]) -> String {
    let name = |t: &Brought<'_>| match &t.task.spec.batch {
        Some(member) => format!("{}: {}", t.task.spec.id, one_line(&member.input.to_string())),
        None => t.task.spec.id.to_string(),
    };
    let names: Vec<_> = tasks.iter().map(|t| t.task.spec.id.as_str()).collect();
    let line = format!("{deed} {}", names.join(", "));
    match tasks {
        [one] if name(one).len() + deed.len() < LONGEST => return format!("{deed} {}", name(one)),
        [_] => return line,
        _ if line.len() <= LONGEST => return line,
        _ => {}
    }
    let first = tasks.first().and_then(|t| t.task.spec.batch.as_ref());
    let is_one =
        first.is_some_and(|first| tasks.iter().all(|t| t.task.spec.batch.as_ref().is_some_and(|m| m.batch == first.batch)));
    let of = first.filter(|_| is_one).map(|first| format!(" of {}", first.name)).unwrap_or_default();
    let all: Vec<_> = tasks.iter().map(name).collect();
    format!("{deed} {} tasks{of}\n\n* {}\n", names.len(), all.join("\n* "))
}

fn with_trailers(text: &str, lines: &[String]) -> String {
    String::from_utf8_lossy(&append(text.as_bytes(), lines)).into_owned()
}

/// Puts trailers behind a text: into its last paragraph where that holds trailers alone and is not its first, else into one of their
/// own.
fn append(text: &[u8], lines: &[String]) -> Vec<u8> {
    let mut text = text.trim_ascii_end().to_vec();
    let joins = matches!(paragraphs(&text)[..], [_, .., ref last] if is_trailers(last));
    text.push(b'\n');
    if !lines.is_empty() && !joins {
        text.push(b'\n');
    }
    for line in lines {
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    text
}

fn paragraphs(text: &[u8]) -> Vec<Vec<&[u8]>> {
    let lines: Vec<_> = text.split(|b| *b == b'\n').collect();
    let parts = lines.split(|line| line.trim_ascii().is_empty());
    parts.filter(|part| !part.is_empty()).map(<[_]>::to_vec).collect()
}

/// Tells whether each line is `Word-Word: value`, or goes on with the line before it.
fn is_trailers(lines: &[&[u8]]) -> bool {
    lines.iter().enumerate().all(|(n, line)| {
        let goes_on = n > 0 && line.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        let token = line.iter().position(|b| *b == b':').map(|at| &line[..at]);
        goes_on || token.is_some_and(|t| !t.is_empty() && t.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-'))
    })
}

fn trailer(key: &str, value: &str) -> String {
    format!("{key}: {}", one_line(value))
}

/// The value as one line, in quotes where it would not be read back as it is.
fn one_line(value: &str) -> String {
    let is_plain = !value.is_empty() && value.trim() == value && !value.starts_with('"') && !value.chars().any(is_odd);
    if is_plain { value.to_owned() } else { format!("\"{}\"", value.chars().map(escaped).collect::<String>()) }
}

/// Characters that end a line somewhere, steer a terminal, or turn the text's direction.
fn is_odd(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escaped(c: char) -> String {
    match c {
        '"' | '\\' => format!("\\{c}"),
        c if is_odd(c) => c.escape_default().to_string(),
        c => c.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, lines: &[&str]) -> String {
        let lines: Vec<_> = lines.iter().map(|l| (*l).to_owned()).collect();
        with_trailers(text, &lines)
    }

    #[test]
    fn trailers_are_a_paragraph_of_their_own_or_join_the_ones_that_are_there() {
        assert_eq!(said("Land a", &["K: v"]), "Land a\n\nK: v\n");
        assert_eq!(said("Land a\n\n", &[]), "Land a\n");
        assert_eq!(said("Land a\n\nFixes: #3\nCo-authored-by: B\n", &["K: v"]), "Land a\n\nFixes: #3\nCo-authored-by: B\nK: v\n");
        assert_eq!(said("Land a\n\nWhy: folded\n  goes on\n", &["K: v"]), "Land a\n\nWhy: folded\n  goes on\nK: v\n");
        assert_eq!(said("Land a\n\nNot: one\nbut text\n", &["K: v"]), "Land a\n\nNot: one\nbut text\n\nK: v\n");
        assert_eq!(said("Land: a", &["K: v"]), "Land: a\n\nK: v\n", "a subject is none");
    }

    #[test]
    fn a_value_is_one_line_whatever_it_holds() {
        assert_eq!(one_line("make test"), "make test");
        assert_eq!(one_line("echo 'a' \"b\" \\c"), "echo 'a' \"b\" \\c");
        assert_eq!(one_line("a\nTakeback-Task: forged"), "\"a\\nTakeback-Task: forged\"");
        assert_eq!(one_line("\"quoted\""), "\"\\\"quoted\\\"\"");
        for odd in ["", " a", "a\t", "a\u{2028}b", "a\u{202e}b", "\u{1b}[2J"] {
            let line = one_line(odd);
            assert!(line.starts_with('"') && line.ends_with('"') && !line.chars().any(is_odd), "{line}");
        }
    }
}
