//! `journal.jsonl`: lines that are whole or count as not written.
//!
//! A line is `{"n":<bytes of entry>,"sum":"<CRC-32 of entry, hexadecimal>","entry":{…}}`. A torn last line is skipped by readers and
//! cut off by the next writer. A broken line with whole ones behind it is damage, and refused.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Operation, Stage};
use crate::id::{Name, Uid};
use crate::store::{Layout, tasks};
use crate::sys::fault::Point;
use crate::sys::{file, lock};
use crate::task::Moment;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Entry {
    /// A task was handed off; its spec is on disk.
    Task {
        /// Which.
        uid: Uid,
        /// What people call it.
        id: Name,
        /// When.
        at: Moment,
    },
    /// A batch was handed off, or asked for otherwise; its file is on disk.
    Batch {
        /// Which.
        uid: Uid,
        /// What people call it.
        id: Name,
        /// When.
        at: Moment,
        /// How many inputs of the file count.
        tasks: u32,
        /// Which revision of it holds.
        revision: u32,
    },
    /// How much of a batch may run from now on.
    Stage {
        /// Which batch.
        batch: Uid,
        /// When.
        at: Moment,
        /// How much.
        #[serde(flatten)]
        stage: Stage,
    },
    /// An operation is about to be carried out.
    Intent(Box<Operation>),
    /// It has been.
    Done {
        /// Which.
        operation: Uid,
    },
    /// It has not been and never will.
    Dropped {
        /// Which.
        operation: Uid,
        /// Why.
        why: String,
    },
    /// A line of a later version.
    #[serde(other)]
    Other,
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    n: usize,
    sum: String,
    #[serde(borrow)]
    entry: &'a RawValue,
}

/// The journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A line that is not the last is broken.
    #[error("line {line} of {path:?} is damaged")]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// An entry cannot be written as JSON.
    #[error("an entry for {path:?} cannot be written as JSON")]
    Json {
        /// The journal.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// A batch that it names is missing or unreadable.
    #[error(transparent)]
    Batch(#[from] tasks::Error),
    /// Another process is writing.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// It could not be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
}

/// Reads every whole line.
///
/// # Errors
///
/// [`Error::Damaged`] for a broken line before the last.
pub(crate) fn read(layout: &Layout) -> Result<Vec<Entry>, Error> {
    let path = layout.journal();
    let bytes = file::read(&path)?.unwrap_or_default();
    parse(&path, &bytes)
}

/// Appends entries in one write and syncs them. Takes the journal's own lock for that long, and cuts off a torn tail first.
///
/// # Errors
///
/// [`Error::File`], for example on a full disk; the journal is then as it was.
pub(crate) fn append(layout: &Layout, entries: &[Entry]) -> Result<(), Error> {
    let path = layout.journal();
    let _lock = lock::Lock::acquire(&layout.journal_lock())?;
    let mut text = Vec::new();
    for entry in entries {
        text.extend(line(&path, entry)?);
    }
    let opened = OpenOptions::new().read(true).append(true).create(true).open(&path);
    let mut journal = opened.map_err(file::Error::of("open", &path))?;
    let whole = whole_length(&journal, &path)?;
    let length = journal.metadata().map_err(file::Error::of("read", &path))?.len();
    if length > whole {
        Point::JOURNAL_CUT.before();
        journal.set_len(whole).and_then(|()| journal.sync_all()).map_err(file::Error::of("cut", &path))?;
        Point::JOURNAL_CUT.after();
    }
    Point::JOURNAL.before();
    if let Err(e) = journal.write_all(&text).and_then(|()| journal.sync_data()) {
        drop(journal.set_len(whole));
        return Err(file::Error::of("write", &path)(e).into());
    }
    if whole == 0 {
        file::sync_folder(layout.root())?;
    }
    Point::JOURNAL.after();
    Ok(())
}

/// How much of the journal is whole lines. Reads the last line only: those before it were whole when it was begun.
fn whole_length(journal: &File, path: &Path) -> Result<u64, Error> {
    let read = |e| Error::from(file::Error::of("read", path)(e));
    let length = journal.metadata().map_err(read)?.len();
    let mut tail = 4096;
    loop {
        let from = length.saturating_sub(tail);
        let mut bytes = vec![0; usize::try_from(length - from).unwrap_or(usize::MAX)];
        journal.read_exact_at(&mut bytes, from).map_err(read)?;
        let before_last = bytes.strip_suffix(b"\n").unwrap_or(&bytes).iter().rposition(|b| *b == b'\n');
        if before_last.is_none() && from > 0 {
            tail *= 8;
            continue;
        }
        let last = before_last.map_or(0, |at| at + 1);
        return Ok(if unframe(&bytes[last..]).is_some() { length } else { from + last as u64 });
    }
}

fn line(path: &Path, entry: &Entry) -> Result<Vec<u8>, Error> {
    let json = |source| Error::Json { path: path.to_owned(), source };
    let entry = serde_json::value::to_raw_value(entry).map_err(json)?;
    let line = Line { n: entry.get().len(), sum: sum(entry.get()), entry: &entry };
    let mut text = serde_json::to_vec(&line).map_err(json)?;
    text.push(b'\n');
    Ok(text)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    let mut lines = bytes.split_inclusive(|b| *b == b'\n').enumerate().peekable();
    while let Some((n, line)) = lines.next() {
        match unframe(line) {
            Some(entry) => entries.push(entry),
            None if lines.peek().is_none() => break,
            None => return Err(Error::Damaged { path: path.to_owned(), line: n + 1 }),
        }
    }
    Ok(entries)
}

fn unframe(line: &[u8]) -> Option<Entry> {
    let line: Line<'_> = serde_json::from_slice(line.strip_suffix(b"\n")?).ok()?;
    let text = line.entry.get();
    if line.n != text.len() || line.sum != sum(text) {
        return None;
    }
    serde_json::from_str(text).ok()
}

fn sum(text: &str) -> String {
    format!("{:08x}", crc32fast::hash(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> (tempfile::TempDir, Layout) {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        std::fs::create_dir_all(layout.locks()).unwrap();
        (folder, layout)
    }

    fn entry() -> Entry {
        Entry::Done { operation: Uid::random() }
    }

    #[test]
    fn what_is_appended_is_read_back_in_order() {
        let (_folder, layout) = layout();
        let entries = [entry(), entry(), entry()];
        append(&layout, &entries[..2]).unwrap();
        append(&layout, &entries[2..]).unwrap();
        assert_eq!(read(&layout).unwrap(), entries);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "tears the journal on purpose")]
    fn wherever_the_last_line_is_torn_the_ones_before_it_stand_and_the_next_append_cuts_it() {
        let (_folder, layout) = layout();
        let kept = entry();
        append(&layout, std::slice::from_ref(&kept)).unwrap();
        let first = std::fs::read(layout.journal()).unwrap();
        append(&layout, &[entry()]).unwrap();
        let both = std::fs::read(layout.journal()).unwrap();
        for length in first.len()..both.len() {
            std::fs::write(layout.journal(), &both[..length]).unwrap();
            assert_eq!(read(&layout).unwrap(), std::slice::from_ref(&kept), "torn at {length}");
            let next = entry();
            append(&layout, std::slice::from_ref(&next)).unwrap();
            assert_eq!(read(&layout).unwrap(), [kept.clone(), next], "torn at {length}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "damages the journal on purpose")]
    fn a_changed_byte_in_the_middle_is_damage_and_named() {
        let (_folder, layout) = layout();
        append(&layout, &[entry(), entry()]).unwrap();
        let mut bytes = std::fs::read(layout.journal()).unwrap();
        let at = bytes.iter().position(|b| *b == b'o').unwrap();
        bytes[at] ^= 1;
        std::fs::write(layout.journal(), bytes).unwrap();
        assert!(matches!(read(&layout), Err(Error::Damaged { line: 1, .. })));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "writes what a later version would")]
    fn a_line_of_a_later_version_is_skipped_and_kept() {
        let (_folder, layout) = layout();
        let text = r#"{"type":"wish","for":"rain"}"#;
        let line = format!("{{\"n\":{},\"sum\":\"{}\",\"entry\":{text}}}\n", text.len(), sum(text));
        std::fs::write(layout.journal(), &line).unwrap();
        append(&layout, &[entry()]).unwrap();
        assert_eq!(read(&layout).unwrap()[0], Entry::Other);
        assert!(std::fs::read_to_string(layout.journal()).unwrap().starts_with(&line));
    }
}
