//! `--inputs-from`: a list, one input a line or, with `-0`, ended by NUL as `find -print0` does it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::batch::at::BOM;
use crate::task::Text;

/// Reads a list. Empty entries are none. In lines a byte order mark and the `\r` of a line's end are no part of an entry; all other
/// bytes are kept.
///
/// # Errors
///
/// The number of the first line with a NUL byte, which no argument can hold.
pub(super) fn parse(text: &[u8], nul: bool) -> Result<Vec<Text>, usize> {
    if nul {
        return Ok(entries(text.split(|b| *b == 0)));
    }
    let lines = text.strip_prefix(BOM).unwrap_or(text).split(|b| *b == b'\n');
    match lines.clone().position(|line| line.contains(&0)) {
        Some(before) => Err(before + 1),
        None => Ok(entries(lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)))),
    }
}

fn entries<'t>(all: impl Iterator<Item = &'t [u8]>) -> Vec<Text> {
    all.filter(|entry| !entry.is_empty()).map(|entry| OsStr::from_bytes(entry).into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'a> = (&'a [u8], bool, &'a [&'a [u8]]);

    #[test]
    fn an_entry_is_a_line_or_ends_in_nul() {
        let cases: &[Case<'_>] = &[
            (b"a\nb c\n", false, &[b"a", b"b c"]),
            (b"\xef\xbb\xbfa\r\n\r\n\n b \r\nlast", false, &[b"a", b" b ", b"last"]),
            (b"caf\xe9\na\rb\n", false, &[b"caf\xe9", b"a\rb"]),
            (b"\n\r\n", false, &[]),
            (b"", false, &[]),
            (b"a\nb\0\0c\r\n\0", true, &[b"a\nb", b"c\r\n"]),
            (b"\xef\xbb\xbfa", true, &[b"\xef\xbb\xbfa"]),
        ];
        for (text, nul, wanted) in cases {
            let wanted: Vec<Text> = wanted.iter().map(|entry| OsStr::from_bytes(entry).into()).collect();
            assert_eq!(parse(text, *nul), Ok(wanted), "{:?}", String::from_utf8_lossy(text));
        }
        assert_eq!(parse(b"a\nb\0c\n", false), Err(2));
    }
}
