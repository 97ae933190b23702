//! Where a repository's objects are: its own folder and those it borrows from.
//!
//! `objects/info/alternates` holds a path a line: absolute, or relative to the objects folder; `#` starts a comment; a path with a
//! newline is quoted as in C (gitrepository-layout(5), git's `odb.c`). libgit2 does not know the quoted form.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use crate::git::Error;
use crate::sys::file;

/// As deep as git follows one repository that borrows from the next.
const MAX_DEPTH: usize = 5;

/// Lists an objects folder and all that it borrows from, by absolute paths, nearest first.
///
/// # Errors
///
/// [`Error::File`] if a list is there and unreadable.
pub(super) fn chain(objects: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    follow(objects, MAX_DEPTH, &mut found)?;
    Ok(found)
}

fn follow(objects: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let objects = objects.canonicalize().unwrap_or_else(|_| objects.to_owned());
    if found.contains(&objects) {
        return Ok(());
    }
    let list = file::read(&objects.join("info/alternates"))?.unwrap_or_default();
    found.push(objects.clone());
    if depth > 0 {
        for path in parse(&list) {
            follow(&objects.join(path), depth - 1, found)?;
        }
    }
    Ok(())
}

/// Writes the list of these paths.
pub(super) fn text(paths: &[PathBuf]) -> Vec<u8> {
    let mut text = Vec::new();
    for path in paths {
        let bytes = path.as_os_str().as_bytes();
        if bytes.contains(&b'\n') || bytes.starts_with(b"\"") || bytes.starts_with(b"#") {
            text.extend(quoted(bytes));
        } else {
            text.extend_from_slice(bytes);
        }
        text.push(b'\n');
    }
    text
}

/// Bytes in quotes, as git reads them in its lists of alternates and in its configuration.
pub(super) fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in bytes {
        match byte {
            b'\n' => text.extend(b"\\n"),
            b'"' | b'\\' => text.extend([b'\\', *byte]),
            _ => text.push(*byte),
        }
    }
    text.push(b'"');
    text
}

fn parse(text: &[u8]) -> Vec<PathBuf> {
    let lines = text.split(|b| *b == b'\n').filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    lines.map(|line| PathBuf::from(OsString::from_vec(unquoted(line).unwrap_or_else(|| line.to_vec())))).collect()
}

/// The path in a quoted line; `None` where the line is not quoted.
fn unquoted(line: &[u8]) -> Option<Vec<u8>> {
    let mut rest = line.strip_prefix(b"\"")?;
    let mut path = Vec::new();
    loop {
        rest = match rest {
            [b'"', ..] => return Some(path),
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
                path.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest
            }
            [b'\\', escape, rest @ ..] => {
                path.push(unescaped(*escape)?);
                rest
            }
            [byte, rest @ ..] => {
                path.push(*byte);
                rest
            }
            [] => return None,
        }
    }
}

fn unescaped(escape: u8) -> Option<u8> {
    Some(match escape {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'"' | b'\\' => escape,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_path_survives_the_list() {
        let odd: [&[u8]; 6] = [b"/a b", b"/new\nline\\ \"q\"", b"/\xff\xfe", b"/tab\t", b"\"/quote", b"#/hash"];
        let paths: Vec<PathBuf> = odd.iter().map(|p| PathBuf::from(OsString::from_vec(p.to_vec()))).collect();
        assert_eq!(parse(&text(&paths)), paths);
    }

    #[test]
    fn what_git_may_have_written_is_read() {
        let list = b"# comment\n\n../other/objects\n\"/a\\012\\tb\"\n\"/half\n";
        let paths: Vec<PathBuf> = ["../other/objects", "/a\n\tb", "\"/half"].map(PathBuf::from).into();
        assert_eq!(parse(list), paths);
    }
}
