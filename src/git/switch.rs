//! Moving a user's checkout from one tree to another: files first, then the index, each path only if it is as git had it.
//!
//! ```text
//! index.lock holds our mark ─► files, one by one ─► index replaced ─► index.lock gone
//! ```
//!
//! While the mark is there git refuses to commit: an old index on top of a new `HEAD` would take the landing back unseen. After a
//! crash the mark tells that the lock is ours, and whose.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use git2::{Index, IndexEntry, IndexTime, Odb, Repository, RepositoryState};

use super::Error;
use super::checkout::{Writer, Written};
use super::on_disk;
use super::tree::{self, Change, Entry};
use crate::id::{TreeId, Uid};
use crate::sys::fault::Point;
use crate::sys::file;
use crate::sys::folder::Folder;
use crate::task::RepoPath;

/// A path that keeps a checkout from following.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blocker {
    /// Where.
    pub(crate) path: RepoPath,
    /// What is there.
    pub(crate) kind: BlockerKind,
}

/// What keeps a checkout from following.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BlockerKind {
    /// A tracked file with changes.
    Modified,
    /// Changes in the index.
    Staged,
    /// A file that git does not know.
    Untracked,
    /// A file that git ignores.
    Ignored,
}

/// Git's lock on a checkout's index, with our mark in it.
#[derive(Debug)]
pub(crate) struct IndexLock {
    path: PathBuf,
    operation: Uid,
}

/// Finds the paths that keep a checkout from going from one tree to another. `odb` reads both.
///
/// # Errors
///
/// [`Error::Git`] if the index is unreadable.
pub(crate) fn blockers(checkout: &Repository, from: TreeId, to: TreeId, odb: &Odb<'_>) -> Result<Vec<Blocker>, Error> {
    let changes = tree::changes(odb, Some(from.into()), Some(to.into()))?;
    let index = Index::open(&checkout.path().join("index")).map_err(Error::of("read the index of", checkout.path().display()))?;
    let root = Folder::open(root_of(checkout)?)?;
    let mut found = Vec::new();
    for change in &changes {
        if let Some(kind) = blocker(checkout, &root, &index, change)? {
            found.push(Blocker { path: change.path.clone(), kind });
        } else if change.old.is_none()
            && let Some(blocker) = above(checkout, &root, &changes, &change.path)
        {
            found.push(blocker);
        }
    }
    found.dedup();
    Ok(found)
}

fn blocker(checkout: &Repository, root: &Folder, index: &Index, change: &Change) -> Result<Option<BlockerKind>, Error> {
    if in_index(index, &change.path) != change.old {
        return Ok(Some(BlockerKind::Staged));
    }
    if on_disk::holds(checkout, root, &change.path, change.old)? {
        return Ok(None);
    }
    if change.old.is_some() {
        return Ok(Some(BlockerKind::Modified));
    }
    let place = root.path().join(change.path.as_path());
    if place.is_dir() && !place.is_symlink() && holds_tracked_only(index, &place, &change.path)? {
        return Ok(None);
    }
    Ok(Some(untracked(checkout, &change.path)))
}

/// A file that stands where a new file needs a folder, unless it goes with the same change.
fn above(checkout: &Repository, root: &Folder, changes: &[Change], path: &RepoPath) -> Option<Blocker> {
    let mut parent = path.parent();
    while let Some(folder) = parent.filter(|p| !p.is_root()) {
        if let Ok(meta) = root.path().join(folder.as_path()).symlink_metadata()
            && !meta.is_dir()
        {
            let goes = changes.iter().any(|c| c.path == folder && c.new.is_none());
            return (!goes).then(|| Blocker { kind: untracked(checkout, &folder), path: folder });
        }
        parent = folder.parent();
    }
    None
}

/// Tells whether a folder that a file is to replace holds tracked files alone: their removal is part of the change.
fn holds_tracked_only(index: &Index, place: &Path, path: &RepoPath) -> Result<bool, Error> {
    let entries = std::fs::read_dir(place).map_err(file::Error::of("read", place))?;
    for entry in entries {
        let entry = entry.map_err(file::Error::of("read", place))?;
        let below = path.join(entry.file_name().as_encoded_bytes());
        let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
        let tracked = if is_folder { holds_tracked_only(index, &entry.path(), &below)? } else { in_index(index, &below).is_some() };
        if !tracked {
            return Ok(false);
        }
    }
    Ok(true)
}

fn untracked(checkout: &Repository, path: &RepoPath) -> BlockerKind {
    match checkout.is_path_ignored(path.as_path()) {
        Ok(true) => BlockerKind::Ignored,
        _ => BlockerKind::Untracked,
    }
}

fn in_index(index: &Index, path: &RepoPath) -> Option<Entry> {
    let conflicted = (1..=3).any(|stage| index.get_path(path.as_path(), stage).is_some());
    let entry = index.get_path(path.as_path(), 0).filter(|_| !conflicted)?;
    Some(Entry { mode: i32::try_from(entry.mode).unwrap_or_default(), id: entry.id })
}

/// Moves a checkout's files and index from one tree to the other. Returns the paths that were left as they are, because they are
/// neither as the one nor as the other tree has them.
///
/// # Errors
///
/// [`Error::File`] on a full disk, for example: called again, it goes on where it was.
pub(crate) fn switch(checkout: &Repository, from: TreeId, to: TreeId, lock: &IndexLock) -> Result<Vec<RepoPath>, Error> {
    let odb = super::repo::odb(checkout)?;
    let changes = tree::changes(&odb, Some(from.into()), Some(to.into()))?;
    let mut writer = Writer::new(checkout, root_of(checkout)?, to, Some(Point::CHECKOUT_FILE))?;
    let mut differing = Vec::new();
    writer.apply(&changes, true, |change, written| {
        if matches!(written, Written::Differs) {
            differing.push(change.clone());
        }
        Ok(())
    })?;
    let mut left = Vec::new();
    for change in differing {
        if !writer.holds(&change.path, change.new)? {
            left.push(change.path);
        }
    }
    writer.sync()?;
    write_index(checkout, &changes, &left, lock)?;
    Ok(left)
}

/// Brings the index to the new tree, for the paths where it had the old one.
fn write_index(checkout: &Repository, changes: &[Change], left: &[RepoPath], lock: &IndexLock) -> Result<(), Error> {
    let path = checkout.path().join("index");
    let copy = checkout.path().join(format!("index.takeback-{}", lock.operation));
    let written = path.metadata().ok().map(|meta| meta.mtime());
    if path.exists() {
        std::fs::copy(&path, &copy).map_err(file::Error::of("copy", &path))?;
    }
    let failed = |what| Error::of(what, path.display());
    let mut index = Index::open(&copy).map_err(failed("read"))?;
    if let Some(written) = written {
        doubt_racy_entries(&mut index, written).map_err(failed("change"))?;
    }
    for change in changes.iter().filter(|c| in_index(&index, &c.path) == c.old).collect::<Vec<_>>() {
        match change.new {
            None => index.remove_path(change.path.as_path()).map_err(failed("remove a path from"))?,
            Some(new) => {
                let known = !left.contains(&change.path);
                let entry = index_entry(checkout, &change.path, new, known)?;
                index.add(&entry).map_err(failed("add a path to"))?;
            }
        }
    }
    index.write().map_err(failed("write"))?;
    file::sync(&copy)?;
    Ok(file::rename(&copy, &path, Point::CHECKOUT_INDEX)?)
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

/// An entry with what `lstat(2)` says of the file, or with nothing, which makes git look at the file itself.
fn index_entry(checkout: &Repository, path: &RepoPath, entry: Entry, known: bool) -> Result<IndexEntry, Error> {
    let place = root_of(checkout)?.join(path.as_path());
    let meta = place.symlink_metadata().ok().filter(|_| known);
    let meta = meta.as_ref();
    let low = |value: u64| u32::try_from(value & u64::from(u32::MAX)).unwrap_or_default();
    let time = |seconds: i64, nanoseconds: i64| {
        IndexTime::new(i32::try_from(seconds).unwrap_or_default(), u32::try_from(nanoseconds).unwrap_or_default())
    };
    Ok(IndexEntry {
        ctime: meta.map_or(IndexTime::new(0, 0), |m| time(m.ctime(), m.ctime_nsec())),
        mtime: meta.map_or(IndexTime::new(0, 0), |m| time(m.mtime(), m.mtime_nsec())),
        dev: meta.map_or(0, |m| low(m.dev())),
        ino: meta.map_or(0, |m| low(m.ino())),
        mode: u32::try_from(entry.mode).unwrap_or_default(),
        uid: meta.map_or(0, MetadataExt::uid),
        gid: meta.map_or(0, MetadataExt::gid),
        file_size: meta.map_or(0, |m| low(m.size())),
        id: entry.id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    })
}

/// The command that is under way in a checkout, such as a merge; `None` if there is none.
pub(crate) fn under_way(checkout: &Repository) -> Option<&'static str> {
    match checkout.state() {
        RepositoryState::Clean => None,
        RepositoryState::Merge => Some("a merge"),
        RepositoryState::Revert | RepositoryState::RevertSequence => Some("a revert"),
        RepositoryState::CherryPick | RepositoryState::CherryPickSequence => Some("a cherry-pick"),
        RepositoryState::Bisect => Some("a bisection"),
        _ => Some("a rebase"),
    }
}

/// Says in a few words what kinds of paths are in the way.
pub(crate) fn describe(blockers: &[Blocker]) -> String {
    let mut kinds: Vec<_> = blockers.iter().map(|b| b.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let words: Vec<_> = kinds.iter().map(|k| k.word()).collect();
    let files = if blockers.len() == 1 { "file is" } else { "files are" };
    format!("{} {} {files} in the way", blockers.len(), words.join(" or "))
}

impl BlockerKind {
    /// The word that users see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Modified => "modified",
            Self::Staged => "staged",
            Self::Untracked => "untracked",
            Self::Ignored => "ignored",
        }
    }
}

impl IndexLock {
    /// Locks a checkout's index; a lock that the same operation left when it crashed is taken over.
    ///
    /// # Errors
    ///
    /// [`Error::IndexLocked`] if git, or somebody else, holds it.
    pub(crate) fn take(checkout: &Repository, operation: &Uid) -> Result<Self, Error> {
        let lock = Self { path: checkout.path().join("index.lock"), operation: operation.clone() };
        if lock.is_ours()? {
            file::remove(&lock.begun(), Point::INDEX_LOCK)?;
            return Ok(lock);
        }
        let mark = lock.begun();
        file::remove(&mark, Point::INDEX_LOCK)?;
        file::fill(&mark, lock.mark().as_bytes())?;
        Point::INDEX_LOCK.before();
        let linked = std::fs::hard_link(&mark, &lock.path);
        file::remove(&mark, Point::INDEX_LOCK)?;
        match linked {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => return Err(Error::IndexLocked { path: lock.path }),
            Err(e) => return Err(file::Error::of("make", &lock.path)(e).into()),
        }
        Point::INDEX_LOCK.after();
        Ok(lock)
    }

    /// Lets go of the lock.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn release(self) -> Result<(), Error> {
        Ok(file::remove(&self.path, Point::INDEX_UNLOCK)?)
    }

    /// Lets go of a lock that a crashed operation may have left; another's stays.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn abandon(checkout: &Repository, operation: &Uid) -> Result<(), Error> {
        let lock = Self { path: checkout.path().join("index.lock"), operation: operation.clone() };
        file::remove(&lock.begun(), Point::INDEX_LOCK)?;
        if lock.is_ours()? { lock.release() } else { Ok(()) }
    }

    /// Where the mark is written before it becomes the lock.
    fn begun(&self) -> PathBuf {
        self.path.with_file_name(format!("index.lock.takeback-{}", self.operation))
    }

    fn is_ours(&self) -> Result<bool, Error> {
        Ok(file::read(&self.path)?.is_some_and(|text| text == self.mark().as_bytes()))
    }

    fn mark(&self) -> String {
        format!("takeback {}: the next takeback command that writes goes on from here\n", self.operation)
    }
}

fn root_of(checkout: &Repository) -> Result<&Path, Error> {
    checkout
        .workdir()
        .ok_or_else(|| Error::Corrupt { object: checkout.path().display().to_string(), why: "it has no checkout".to_owned() })
}
