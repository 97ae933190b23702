//! A place in a text that somebody wrote, to be found again in an editor.

use std::fmt;

/// What some editors put before a text; it is no part of it.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// A line and a column, shown as `3:12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    /// The line, from 1. It ends in `\n`, `\r\n` or `\r`.
    pub(crate) line: usize,
    /// The column in characters, from 1.
    pub(crate) column: usize,
}

impl At {
    /// Finds the place of a byte.
    pub(super) fn of(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let ends = |at: usize| before[at] == b'\n' || (before[at] == b'\r' && text.get(at + 1) != Some(&b'\n'));
        let ends = (0..before.len()).filter(|at| ends(*at));
        let (line, start) = ends.fold((1, 0), |(line, _), end| (line + 1, end + 1));
        // Bytes that go on with a character of UTF-8 are no column of their own.
        Self { line, column: before[start..].iter().filter(|byte| **byte & 0xc0 != 0x80).count() + 1 }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_in_lines_and_characters_from_one() {
        let text = "aö\r\n\nx\ry".as_bytes();
        for (offset, place) in [(0, "1:1"), (3, "1:3"), (4, "1:4"), (5, "2:1"), (6, "3:1"), (8, "4:1"), (9, "4:2"), (99, "4:2")] {
            assert_eq!(At::of(text, offset).to_string(), place, "{offset}");
        }
    }
}
