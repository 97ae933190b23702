//! A checkout's index, locked against git, read once, and replaced whole.
//!
//! ```text
//! index.lock holds our mark ─► index.takeback-<operation> is a copy ─► changed, synced, put in place ─► index.lock gone
//! ```
//!
//! While the mark is there git refuses to commit: an old index on top of a new `HEAD` would take the landing back unseen. After a
//! crash the mark tells that the lock is ours, and whose.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use git2::{Index, IndexEntry, Repository};

use super::Error;
use crate::id::Uid;
use crate::sys::fault::Point;
use crate::sys::file;
use crate::task::RepoPath;

/// An index that is ours to change: git's lock on it has our mark.
pub(crate) struct LockedIndex {
    mark: Mark,
    /// Reads and writes the copy.
    entries: Index,
    /// The second in which the index was written; `None` where there was none.
    written: Option<i64>,
}

/// Git's lock on an index, with whose it is in it.
struct Mark {
    /// `index.lock`.
    lock: PathBuf,
    operation: Uid,
}

impl LockedIndex {
    /// Locks a checkout's index; a lock that the same operation left when it crashed is taken over.
    ///
    /// # Errors
    ///
    /// [`Error::IndexLocked`] if git, or somebody else, holds it. After any other error the lock may be held: see [`Self::abandon`].
    pub(crate) fn take(checkout: &Repository, operation: &Uid) -> Result<Self, Error> {
        let mark = Mark::of(checkout, operation);
        mark.set()?;
        let path = mark.index();
        let written = path.metadata().ok().map(|meta| meta.mtime());
        file::remove(&mark.copy(), Point::CHECKOUT_INDEX)?;
        if written.is_some() {
            std::fs::copy(&path, mark.copy()).map_err(file::Error::of("copy", &path))?;
        }
        let entries = Index::open(&mark.copy()).map_err(Error::of("read", path.display()))?;
        Ok(Self { mark, entries, written })
    }

    /// What it holds.
    pub(crate) fn entries(&self) -> &Index {
        &self.entries
    }

    /// Takes paths out, puts entries in, and puts the index in place.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] and [`Error::File`]; the index is then as it was.
    pub(crate) fn replace(&mut self, gone: &[&RepoPath], there: &[IndexEntry]) -> Result<(), Error> {
        let path = self.mark.index();
        let failed = |what| Error::of(what, path.display());
        if let Some(written) = self.written {
            doubt_racy_entries(&mut self.entries, written).map_err(failed("change"))?;
        }
        for path in gone {
            self.entries.remove_path(path.as_path()).map_err(failed("remove a path from"))?;
        }
        for entry in there {
            self.entries.add(entry).map_err(failed("add a path to"))?;
        }
        self.entries.write().map_err(failed("write"))?;
        file::sync(&self.mark.copy())?;
        Ok(file::rename(&self.mark.copy(), &path, Point::CHECKOUT_INDEX)?)
    }

    /// Lets go of the lock.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn release(self) -> Result<(), Error> {
        self.mark.remove()
    }

    /// Lets go of a lock that a crashed operation may have left; another's stays.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn abandon(checkout: &Repository, operation: &Uid) -> Result<(), Error> {
        let mark = Mark::of(checkout, operation);
        file::remove(&mark.begun(), Point::INDEX_LOCK)?;
        file::remove(&mark.copy(), Point::CHECKOUT_INDEX)?;
        if mark.is_set()? { mark.remove() } else { Ok(()) }
    }
}

impl Mark {
    fn of(checkout: &Repository, operation: &Uid) -> Self {
        Self { lock: checkout.path().join("index.lock"), operation: operation.clone() }
    }

    /// Makes git's lock with the mark in it, in one step: a lock without a mark would be nobody's after a crash.
    fn set(&self) -> Result<(), Error> {
        file::remove(&self.begun(), Point::INDEX_LOCK)?;
        if self.is_set()? {
            return Ok(());
        }
        file::fill(&self.begun(), self.text().as_bytes())?;
        Point::INDEX_LOCK.before();
        let linked = std::fs::hard_link(self.begun(), &self.lock);
        file::remove(&self.begun(), Point::INDEX_LOCK)?;
        match linked {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => return Err(Error::IndexLocked { path: self.lock.clone() }),
            Err(e) => return Err(file::Error::of("make", &self.lock)(e).into()),
        }
        Point::INDEX_LOCK.after();
        Ok(())
    }

    fn is_set(&self) -> Result<bool, Error> {
        Ok(file::read(&self.lock)?.is_some_and(|text| text == self.text().as_bytes()))
    }

    fn remove(&self) -> Result<(), Error> {
        Ok(file::remove(&self.lock, Point::INDEX_UNLOCK)?)
    }

    fn text(&self) -> String {
        format!("takeback {}: the next takeback command that writes goes on from here\n", self.operation)
    }

    fn index(&self) -> PathBuf {
        self.lock.with_file_name("index")
    }

    /// Where the new index is written before it is put in place.
    fn copy(&self) -> PathBuf {
        self.lock.with_file_name(format!("index.takeback-{}", self.operation))
    }

    /// Where the mark is written before it becomes the lock.
    fn begun(&self) -> PathBuf {
        self.lock.with_file_name(format!("index.lock.takeback-{}", self.operation))
    }
}

/// Makes git look again at every file that was changed in the second in which the index was written, or later.
///
/// Git does not trust such an entry (its documentation: technical/racy-git), but tells it by the index file's own time, which a new
/// index does not have any more: a change of the same size would be hidden for good.
fn doubt_racy_entries(index: &mut Index, written: i64) -> Result<(), git2::Error> {
    let racy: Vec<_> = index.iter().filter(|e| i64::from(e.mtime.seconds()) >= written && e.file_size != 0).collect();
    for mut entry in racy {
        entry.file_size = 0;
        index.add(&entry)?;
    }
    Ok(())
}
