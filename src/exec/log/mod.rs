//! A command's output, bounded: the head and the tail of it.
//!
//! On disk, beside each other: `log` holds the first `head` bytes, then `log.1`, `log.2` … hold `segment` bytes each, and of these
//! the last two are kept. So a byte's place is known from its position in the output, and a reader needs no other word on it: a
//! segment follows only what is full. Files are the user's alone (0600) and not synced: what the output was decides nothing.

mod reader;

#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::sys::file;

pub(crate) use reader::{LogReader, Piece, last_line, tail};

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Bytes of the first file.
    pub(crate) head: u64,
    /// Bytes of each later one, of which two are kept.
    pub(crate) segment: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self { head: 8 * MIB, segment: 4 * MIB }
    }
}

/// Writes a log. Whatever goes wrong with the disk, it takes what it is given: a command must not stop because nobody listens.
#[derive(Debug)]
pub(crate) struct LogWriter {
    path: PathBuf,
    sizes: Sizes,
    file: File,
    /// 0 is the head.
    segment: u64,
    room: u64,
    total: u64,
    error: Option<file::Error>,
}

impl LogWriter {
    /// Starts a log, without what an earlier one at this path left.
    ///
    /// # Errors
    ///
    /// [`file::Error`] with the path.
    pub(crate) fn create(path: &Path, sizes: Sizes) -> Result<Self, file::Error> {
        for (_, old) in reader::segments(path)? {
            fs::remove_file(&old).map_err(file::Error::of("remove", &old))?;
        }
        let file = create(path)?;
        Ok(Self { path: path.to_owned(), sizes, file, segment: 0, room: sizes.head, total: 0, error: None })
    }

    /// Adds to the log.
    pub(crate) fn write(&mut self, mut bytes: &[u8]) {
        self.total += bytes.len() as u64;
        while !bytes.is_empty() && self.error.is_none() {
            if let Err(e) = self.write_some(&mut bytes) {
                self.error = Some(e);
            }
        }
    }

    /// Ends the log: returns how many bytes there were, kept or not, and what went wrong first.
    pub(crate) fn finish(self) -> (u64, Option<file::Error>) {
        (self.total, self.error)
    }

    fn write_some(&mut self, bytes: &mut &[u8]) -> Result<(), file::Error> {
        if self.room == 0 {
            self.next_segment()?;
        }
        let count = usize::try_from(self.room).unwrap_or(usize::MAX).min(bytes.len());
        self.file.write_all(&bytes[..count]).map_err(file::Error::of("write", &self.path))?;
        self.room -= count as u64;
        *bytes = &bytes[count..];
        Ok(())
    }

    fn next_segment(&mut self) -> Result<(), file::Error> {
        self.segment += 1;
        self.file = create(&segment_path(&self.path, self.segment))?;
        // A segment of nothing would never end.
        self.room = self.sizes.segment.max(1);
        if self.segment > 2 {
            let old = segment_path(&self.path, self.segment - 2);
            fs::remove_file(&old).map_err(file::Error::of("remove", &old))?;
        }
        Ok(())
    }
}

fn create(path: &Path) -> Result<File, file::Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(path).map_err(file::Error::of("make", path))
}

/// The path of the n-th file after the head.
fn segment_path(path: &Path, n: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{n}"));
    name.into()
}
