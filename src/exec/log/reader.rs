//! Reading a log, from its start or from any position, while it is written or after.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::segment_path;
use crate::sys::file;

const CHUNK: usize = 64 * 1024;

/// A part of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes as the command wrote them.
    Bytes(Vec<u8>),
    /// So many bytes were not kept.
    LeftOut(u64),
}

/// A place in a log.
#[derive(Clone, Debug)]
pub(crate) struct LogReader {
    path: PathBuf,
    position: u64,
}

/// One file of a log: where its bytes stand in the output.
#[derive(Clone, Debug)]
struct Part {
    path: PathBuf,
    start: u64,
    length: u64,
}

impl LogReader {
    /// Takes the log at `path` from its first byte.
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), position: 0 }
    }

    /// Reads on; `None` if there is nothing more now.
    ///
    /// # Errors
    ///
    /// [`file::Error`] with the path. No log yet is an empty one.
    pub(crate) fn read(&mut self) -> Result<Option<Piece>, file::Error> {
        loop {
            let parts = parts(&self.path)?;
            let Some(part) = parts.iter().find(|part| part.start + part.length > self.position) else { return Ok(None) };
            if part.start > self.position {
                let left_out = part.start - self.position;
                self.position = part.start;
                return Ok(Some(Piece::LeftOut(left_out)));
            }
            // A part that was removed since it was listed: look again, there are later ones.
            if let Some(bytes) = read_at(part, self.position)? {
                self.position += bytes.len() as u64;
                return Ok(Some(Piece::Bytes(bytes)));
            }
        }
    }
}

/// Reads the last line that is not empty, of what was written last; a carriage return begins a line too. `None` if there is none.
///
/// # Errors
///
/// [`file::Error`] with the path.
pub(crate) fn last_line(path: &Path) -> Result<Option<Vec<u8>>, file::Error> {
    let bytes = tail(path)?;
    let mut lines = bytes.rsplit(|byte| matches!(byte, b'\n' | b'\r'));
    Ok(lines.find(|line| !line.trim_ascii().is_empty()).map(<[u8]>::to_vec))
}

/// The end of what was written: at most four kilobytes.
///
/// # Errors
///
/// [`file::Error`] with the path.
pub(crate) fn tail(path: &Path) -> Result<Vec<u8>, file::Error> {
    const TAIL: u64 = 4 * 1024;
    let Some(part) = parts(path)?.into_iter().rev().find(|part| part.length > 0) else { return Ok(vec![]) };
    Ok(read_at(&part, part.start + part.length.saturating_sub(TAIL))?.unwrap_or_default())
}

/// Reads from a part; `None` if it is gone.
fn read_at(part: &Part, position: u64) -> Result<Option<Vec<u8>>, file::Error> {
    let mut file = match File::open(&part.path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(file::Error::of("open", &part.path)(e)),
    };
    let length = (part.start + part.length - position).min(CHUNK as u64);
    let mut bytes = Vec::new();
    let read = file.seek(SeekFrom::Start(position - part.start)).and_then(|_| file.take(length).read_to_end(&mut bytes));
    read.map_err(file::Error::of("read", &part.path))?;
    Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
}

/// The files of a log in order, with their places. Those of a log that is being written may be out of date at once.
///
/// All segments but the last are full, and the writer has always made the next one before it removes one: of two in a row, the first
/// tells how long a segment is.
fn parts(path: &Path) -> Result<Vec<Part>, file::Error> {
    const TRIES: usize = 100;
    for _ in 0..TRIES {
        // First these: where there is one, the head that is measured after it is full.
        let segments = segments(path)?;
        let Some(head) = length_of(path)? else { return Ok(Vec::new()) };
        let mut parts = vec![Part { path: path.to_owned(), start: 0, length: head }];
        if segments.is_empty() {
            return Ok(parts);
        }
        let lengths = segments.iter().map(|(n, path)| Ok((*n, length_of(path)?))).collect::<Result<Vec<_>, file::Error>>()?;
        let known: Vec<(u64, u64)> = lengths.into_iter().filter_map(|(n, length)| Some((n, length?))).collect();
        let full = match known.as_slice() {
            [(1, _)] => Some(0),
            [(n, length), (next, _), ..] if n + 1 == *next => Some(*length),
            // One was removed while we looked, and the next was not there when we began.
            _ => None,
        };
        if let Some(full) = full {
            parts.extend(known.iter().map(|(n, length)| Part {
                path: segment_path(path, *n),
                start: head + (n - 1) * full,
                length: *length,
            }));
            return Ok(parts);
        }
    }
    let source = io::Error::other("it changes faster than it can be read, or a part is missing");
    Err(file::Error::of("read", path)(source))
}

fn length_of(path: &Path) -> Result<Option<u64>, file::Error> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(file::Error::of("look at", path)(e)),
    }
}

/// The files after the head that are there, by number.
pub(super) fn segments(path: &Path) -> Result<Vec<(u64, PathBuf)>, file::Error> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(Vec::new()) };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(file::Error::of("list", folder)(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(file::Error::of("list", folder))?;
        let file_name = entry.file_name();
        let rest = file_name.as_bytes().strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"."));
        let number = rest.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u64>().ok());
        found.extend(number.filter(|n| *n > 0).map(|n| (n, entry.path())));
    }
    found.sort();
    Ok(found)
}
