//! Words for people: durations, sizes, counts, and text that must not steer the terminal.

use std::time::Duration;

use crate::id::{CommitId, Name};
use crate::sys::clock;
use crate::takeback::words::batch_of;
use crate::task::{FileCounts, Moment};

pub(super) use crate::task::size;

/// More tasks of one batch are not named one by one.
pub(super) const MOST_NAMED: usize = 5;

/// The text with every control character shown instead of obeyed: file names and messages come from tasks.
pub(super) fn plain(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// A line that a program wrote for a terminal, without the sequences that would steer ours.
pub(super) fn readable(line: &str) -> String {
    let mut text = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => skip_sequence(&mut chars),
            '\t' => text.push(' '),
            c => text.push(c),
        }
    }
    plain(&text)
}

/// Goes to the end of an escape sequence, as ECMA-48 has them: after `[` up to a letter or its like, after `]` and its like up to BEL or
/// ESC and a character; else one character.
fn skip_sequence(chars: &mut std::str::Chars<'_>) {
    match chars.next() {
        Some('[') => drop(chars.find(|c| ('@'..='~').contains(c))),
        Some(']' | 'P' | 'X' | '^' | '_') if chars.find(|c| matches!(c, '\x07' | '\x1b')) == Some('\x1b') => drop(chars.next()),
        _ => {}
    }
}

/// `0.4 s`, `12s`, `2m 05s`, `1h 02m`, `3d 4h`.
pub(super) fn duration(of: Duration) -> String {
    let s = of.as_secs();
    match s {
        0..=9 => format!("{:.1}s", of.as_secs_f64()),
        10..=59 => format!("{s}s"),
        60..=3599 => format!("{}m {:02}s", s / 60, s % 60),
        3600..=86_399 => format!("{}h {:02}m", s / 3600, s / 60 % 60),
        _ => format!("{}d {}h", s / 86_400, s / 3600 % 24),
    }
}

/// `just now`, `5 minutes ago`, `3 days ago`.
pub(super) fn ago(at: Moment) -> String {
    let s = clock::now().since(at).as_secs();
    match s {
        0..=59 => "just now".to_owned(),
        60..=3599 => format!("{} ago", count(s / 60, "minute")),
        3600..=86_399 => format!("{} ago", count(s / 3600, "hour")),
        _ => format!("{} ago", count(s / 86_400, "day")),
    }
}

/// `1 file`, `2 files`.
pub(super) fn count(n: u64, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{n} {thing}s") }
}

/// `3 files, +12 -4`.
pub(super) fn files(of: FileCounts) -> String {
    format!("{}, +{} -{}", count(of.changed, "file"), of.insertions, of.deletions)
}

/// The first characters of a commit's id.
pub(super) fn short(id: CommitId) -> String {
    id.to_string().chars().take(10).collect()
}

/// A branch as people say it.
pub(super) fn branch(name: &str) -> &str {
    name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/remotes/")).unwrap_or(name)
}

/// `a b c`, as they are typed; many tasks of one batch as the batch, whose name stands for those that a verb can be about.
pub(super) fn words<T: std::fmt::Display>(things: &[T]) -> String {
    if let Some(batch) = batch_of(things).filter(|_| things.len() > MOST_NAMED) {
        return batch;
    }
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Tasks by their names; many of one batch by their number and its name.
pub(super) fn named(names: &[Name]) -> String {
    match batch_of(names) {
        Some(batch) if names.len() > MOST_NAMED => format!("{} of {batch}", count(names.len() as u64, "task")),
        _ => join(names),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn join<T: ToString>(things: &[T]) -> String {
    let words: Vec<_> = things.iter().map(ToString::to_string).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_as_people_say_them() {
        assert_eq!(duration(Duration::from_millis(420)), "0.4s");
        assert_eq!(duration(Duration::from_secs(125)), "2m 05s");
        assert_eq!(duration(Duration::from_secs(3725)), "1h 02m");
        assert_eq!(size(17), "17 bytes");
        assert_eq!(size(1 << 20), "1.0 MiB");
        assert_eq!(join(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn what_was_written_for_a_terminal_is_read_without_its_sequences() {
        assert_eq!(readable("\x1b[1;31mred\x1b[0m\tx"), "red x");
        assert_eq!(readable("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link"), "alink");
        assert_eq!(readable("a\x1b7b\x1b[2"), "ab");
        assert_eq!(readable("bell\x07"), "bell\\u{7}");
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(plain("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(plain("é ü"), "é ü");
    }
}
