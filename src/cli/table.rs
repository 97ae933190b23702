//! Columns of text.

use crate::cli::out::Page;
use crate::cli::text::plain;

/// Rows whose columns line up; the last column is cut at the terminal's edge.
#[derive(Default)]
pub(super) struct Table {
    indent: usize,
    rows: Vec<Vec<Cell>>,
}

/// One field, and how it is painted.
pub(super) struct Cell {
    text: String,
    paint: &'static str,
}

impl Cell {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        Self::painted(text, "")
    }

    pub(super) fn painted(text: impl AsRef<str>, paint: &'static str) -> Self {
        Self { text: plain(text.as_ref()), paint }
    }
}

impl Table {
    pub(super) fn indented(indent: usize) -> Self {
        Self { indent, rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The rows, without the last line's end.
    pub(super) fn text(&self, page: &Page) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |n: usize| self.rows.iter().filter_map(|r| r.get(n)).map(|c| c.text.chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..columns).map(width).collect();
        let lines: Vec<_> = self.rows.iter().map(|row| self.line(row, &widths, page)).collect();
        lines.join("\n")
    }

    fn line(&self, row: &[Cell], widths: &[usize], page: &Page) -> String {
        let mut line = " ".repeat(self.indent);
        let mut column = self.indent;
        for (n, cell) in row.iter().enumerate() {
            let is_last = n + 1 == row.len();
            let mut text = cell.text.clone();
            if let (true, Some(edge)) = (is_last, page.width()) {
                text = cut(text, edge.saturating_sub(column).max(10));
            }
            let length = text.chars().count();
            line.push_str(&page.paint(cell.paint, &text));
            if !is_last {
                let gap = widths[n] + 2 - length;
                line.push_str(&" ".repeat(gap));
                column += length + gap;
            }
        }
        line.truncate(line.trim_end_matches(' ').len());
        line
    }
}

fn cut(text: String, at: usize) -> String {
    if text.chars().count() <= at {
        return text;
    }
    text.chars().take(at - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_no_line_ends_in_blanks() {
        let mut table = Table::indented(2);
        table.row([Cell::new("a"), Cell::new("ready"), Cell::new("")]);
        table.row([Cell::new("longer"), Cell::new("no"), Cell::new("x")]);
        assert_eq!(table.text(&Page::PLAIN), "  a       ready\n  longer  no     x");
    }
}
