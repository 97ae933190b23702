//! `--csv`: a table, read strictly, so that a slip in it is an error with its place and not a task with the wrong values.
//!
//! Fields are parted by commas (RFC 4180). A field in quotes may hold commas, line ends and, doubled, quotes. The first row names the
//! columns, each by a word that can stand in braces. Empty lines are no rows. Lines end in `\n`, `\r\n` or `\r`. Bytes are kept.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use crate::batch::at::{At, BOM};
use crate::task::Text;
use crate::task::placeholder::is_word;

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    /// Each as long as there are columns.
    pub(super) rows: Vec<Vec<Text>>,
}

/// What is wrong in a CSV file, and where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub(crate) struct Error {
    /// Where.
    pub(crate) at: At,
    /// What.
    pub(crate) what: Problem,
}

/// What can be wrong in a CSV file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Problem {
    /// There is not even a header.
    #[error("the file is empty: its first row has to name the columns")]
    Empty,
    /// A quote that is never closed.
    #[error("the quote that opens here is never closed")]
    OpenQuote,
    /// A quote inside a field that has none at its start.
    #[error("a quote inside a field: put the whole field in quotes, and double each quote in it")]
    QuoteInside,
    /// A field goes on after its closing quote.
    #[error("expected a comma or the end of the line after a closing quote")]
    AfterQuote,
    /// A byte that no argument can hold.
    #[error("a NUL byte, which no value can hold; is the file UTF-16?")]
    Nul,
    /// A column without a name.
    #[error("column {0} has no name")]
    NoName(usize),
    /// A column whose name cannot stand in braces.
    #[error("column {number} is called `{name}`, which cannot be a placeholder; a name is of letters, digits, `_` and `-`{}", instead(.name))]
    BadName {
        /// Its number, from 1.
        number: usize,
        /// Its name.
        name: String,
    },
    /// Two columns of one name.
    #[error("column {number} is called `{name}`, as column {first} is")]
    Twice {
        /// The later one's number, from 1.
        number: usize,
        /// The name.
        name: String,
        /// The earlier one's number.
        first: usize,
    },
    /// A row of another length.
    #[error("expected {expected} fields as in the first row, found {found}")]
    Length {
        /// How many columns there are.
        expected: usize,
        /// How many fields the row has.
        found: usize,
    },
}

/// Reads a table.
///
/// # Errors
///
/// [`Error`] with the first thing that is wrong.
pub(super) fn parse(text: &[u8]) -> Result<Table, Error> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    table(text).map_err(|(offset, what)| Error { at: At::of(text, offset), what })
}

/// What is wrong, and at which byte.
type Slip = (usize, Problem);

/// Fields, each with the byte at which it starts.
type Row = Vec<(usize, Vec<u8>)>;

fn table(text: &[u8]) -> Result<Table, Slip> {
    let mut reader = Reader { text, next: 0 };
    let columns = columns(reader.row()?.ok_or((0, Problem::Empty))?)?;
    let mut rows = Vec::new();
    while let Some(row) = reader.row()? {
        if row.len() != columns.len() {
            let start = row.first().map_or(0, |(start, _)| *start);
            return Err((start, Problem::Length { expected: columns.len(), found: row.len() }));
        }
        rows.push(row.into_iter().map(|(_, value)| OsString::from_vec(value).into()).collect());
    }
    Ok(Table { columns, rows })
}

fn columns(header: Row) -> Result<Vec<String>, Slip> {
    let mut columns: Vec<String> = Vec::with_capacity(header.len());
    for (n, (start, value)) in header.into_iter().enumerate() {
        let name = String::from_utf8_lossy(&value).into_owned();
        let number = n + 1;
        let first = columns.iter().position(|other| *other == name).map(|first| first + 1);
        let problem = match first {
            _ if name.trim().is_empty() => Problem::NoName(number),
            Some(first) => Problem::Twice { number, name, first },
            None if is_word(&value) => {
                columns.push(name);
                continue;
            }
            None => Problem::BadName { number, name },
        };
        return Err((start, problem));
    }
    Ok(columns)
}

/// A way out for a name that is none.
fn instead(name: &str) -> String {
    if let Some(separator) = [';', '\t', '|'].into_iter().find(|separator| name.contains(*separator)) {
        return format!("; fields are parted by commas, not by {separator:?}");
    }
    let words: Vec<_> =
        name.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').filter(|w| !w.is_empty()).collect();
    let mut better = words.join("_");
    if better.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        better.insert(0, '_');
    }
    if better.is_empty() { String::new() } else { format!(", such as `{better}`") }
}

struct Reader<'t> {
    text: &'t [u8],
    next: usize,
}

impl Reader<'_> {
    /// Reads the next row that is not an empty line.
    fn row(&mut self) -> Result<Option<Row>, Slip> {
        while self.end_of_line() {}
        if self.next == self.text.len() {
            return Ok(None);
        }
        let mut row = Vec::new();
        loop {
            let start = self.next;
            row.push((start, if self.take(b'"') { self.quoted(start)? } else { self.plain()? }));
            if !self.take(b',') {
                self.end_of_line();
                return Ok(Some(row));
            }
        }
    }

    fn plain(&mut self) -> Result<Vec<u8>, Slip> {
        let start = self.next;
        while let Some(byte) = self.peek() {
            match byte {
                b',' | b'\n' | b'\r' => break,
                b'"' => return Err((self.next, Problem::QuoteInside)),
                0 => return Err((self.next, Problem::Nul)),
                _ => self.next += 1,
            }
        }
        Ok(self.text[start..self.next].to_vec())
    }

    fn quoted(&mut self, opened: usize) -> Result<Vec<u8>, Slip> {
        let mut value = Vec::new();
        loop {
            let at = self.next;
            match self.peek().ok_or((opened, Problem::OpenQuote))? {
                0 => return Err((at, Problem::Nul)),
                byte => {
                    self.next += 1;
                    // A quote stands for itself where another follows; alone it closes the field.
                    if byte == b'"' && !self.take(b'"') {
                        break;
                    }
                    value.push(byte);
                }
            }
        }
        match self.peek() {
            None | Some(b',' | b'\n' | b'\r') => Ok(value),
            Some(_) => Err((self.next, Problem::AfterQuote)),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.next).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.next += usize::from(is_there);
        is_there
    }

    fn end_of_line(&mut self) -> bool {
        let cr = self.take(b'\r');
        self.take(b'\n') || cr
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    /// A row, as bytes.
    type Raw<'a> = &'a [&'a [u8]];

    fn read(text: &[u8]) -> (Vec<String>, Vec<Vec<Text>>) {
        let table = parse(text).unwrap();
        (table.columns, table.rows)
    }

    fn problem(text: &[u8]) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn fields_are_read_as_rfc_4180_says() {
        let cases: &[(&[u8], &[Raw<'_>])] = &[
            (b"a,b\n1,2\n", &[&[b"1", b"2"]]),
            (b"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n3,4", &[&[b"1", b"2"], &[b"3", b"4"]]),
            (b"\n\na,b\n\n,\n", &[&[b"", b""]]),
            (b"a,b\n\"x, y\",\"say \"\"hi\"\"\"\n", &[&[b"x, y", b"say \"hi\""]]),
            (b"a,b\n\"two\r\nlines\",\"\"\n", &[&[b"two\r\nlines", b""]]),
            (b"\"a\",\"b\"\n caf\xe9 ,'x'\n", &[&[b" caf\xe9 ", b"'x'"]]),
            (b"a,b\r1,2\r3,4\r", &[&[b"1", b"2"], &[b"3", b"4"]]),
            (b"a,b\n", &[]),
        ];
        for (text, wanted) in cases {
            let rows: Vec<Vec<Text>> =
                wanted.iter().map(|row| row.iter().map(|value| OsStr::from_bytes(value).into()).collect()).collect();
            assert_eq!(read(text), (vec!["a".to_owned(), "b".to_owned()], rows), "{:?}", String::from_utf8_lossy(text));
        }
        assert_eq!(read(b"only\n\n\"\"\nx").1, vec![vec![Text::default()], vec!["x".into()]]);
    }

    #[test]
    fn a_slip_has_its_place() {
        let cases: &[(&[u8], &str)] = &[
            (b"", "1:1: the file is empty: its first row has to name the columns"),
            (b"\n\n", "1:1: the file is empty: its first row has to name the columns"),
            (b"a,b\n1,2\n3\n", "3:1: expected 2 fields as in the first row, found 1"),
            (b"a,b\n\"1\n\n\",2\n3,4,5\n", "5:1: expected 2 fields as in the first row, found 3"),
            (b"a,b\n1,\"2\n3,4\n", "2:3: the quote that opens here is never closed"),
            (b"a,b\n1,2\" pipe\n", "2:4: a quote inside a field: put the whole field in quotes, and double each quote in it"),
            (
                "a,b\nö, \"x\"\n".as_bytes(),
                "2:4: a quote inside a field: put the whole field in quotes, and double each quote in it",
            ),
            (b"a,b\n\"x\n\"y,2\n", "3:2: expected a comma or the end of the line after a closing quote"),
            (b"a,b\n1,\0\n", "2:3: a NUL byte, which no value can hold; is the file UTF-16?"),
            (b"a,b\n1,\"\0\"\n", "2:4: a NUL byte, which no value can hold; is the file UTF-16?"),
        ];
        for (text, wanted) in cases {
            assert_eq!(problem(text), *wanted, "{:?}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_column_has_a_name_that_can_stand_in_braces() {
        let form = "which cannot be a placeholder; a name is of letters, digits, `_` and `-`";
        for (header, wanted) in [
            ("a,,b", "1:3: column 2 has no name".to_owned()),
            ("a,b,", "1:5: column 3 has no name".to_owned()),
            ("a,b,a", "1:5: column 3 is called `a`, as column 1 is".to_owned()),
            ("Table no.,b", format!("1:1: column 1 is called `Table no.`, {form}, such as `Table_no`")),
            ("a, b", format!("1:3: column 2 is called ` b`, {form}, such as `b`")),
            ("a,2nd", format!("1:3: column 2 is called `2nd`, {form}, such as `_2nd`")),
            ("a;b", format!("1:1: column 1 is called `a;b`, {form}; fields are parted by commas, not by ';'")),
            ("a,%", format!("1:3: column 2 is called `%`, {form}")),
        ] {
            assert_eq!(problem(header.as_bytes()), wanted);
        }
        assert_eq!(read(b"_a,B-2\n").0, ["_a", "B-2"]);
    }
}
