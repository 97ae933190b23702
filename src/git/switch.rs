//! Moving a user's checkout from one tree to another: files first, then the index, each path only if it is as git had it.
//!
//! ```text
//! index.lock holds our mark ─► files, one by one ─► index replaced ─► index.lock gone
//! ```

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use git2::{Index, IndexEntry, IndexTime, Odb, Repository, RepositoryState};

use super::Error;
use super::checkout::{Writer, Written};
use super::locked_index::LockedIndex;
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

/// Finds the paths that keep a checkout from going from one tree to another, by its index as it is now. `odb` reads both trees.
///
/// # Errors
///
/// [`Error::Git`] if the index is unreadable.
pub(crate) fn blockers(checkout: &Repository, from: TreeId, to: TreeId, odb: &Odb<'_>) -> Result<Vec<Blocker>, Error> {
    let index = Index::open(&checkout.path().join("index")).map_err(Error::of("read the index of", checkout.path().display()))?;
    blockers_by(&index, checkout, &tree::changes(odb, Some(from.into()), Some(to.into()))?)
}

fn blockers_by(index: &Index, checkout: &Repository, changes: &[Change]) -> Result<Vec<Blocker>, Error> {
    let root = Folder::open(root_of(checkout)?)?;
    let mut found = Vec::new();
    for change in changes {
        if let Some(kind) = blocker(checkout, &root, index, change)? {
            found.push(Blocker { path: change.path.clone(), kind });
        } else if change.old.is_none()
            && let Some(blocker) = above(checkout, &root, changes, &change.path)
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

/// A checkout on its way from one tree to another: its index is locked, and read once.
pub(crate) struct Switch<'a> {
    checkout: &'a Repository,
    index: LockedIndex,
    changes: Vec<Change>,
    to: TreeId,
}

impl<'a> Switch<'a> {
    /// Locks the checkout's index for an operation. Nothing else changes yet.
    ///
    /// # Errors
    ///
    /// [`Error::IndexLocked`] if git, or somebody else, holds it.
    pub(crate) fn begin(checkout: &'a Repository, from: TreeId, to: TreeId, operation: &Uid) -> Result<Self, Error> {
        let index = LockedIndex::take(checkout, operation)?;
        let changes = tree::changes(&super::repo::odb(checkout)?, Some(from.into()), Some(to.into()))?;
        Ok(Self { checkout, index, changes, to })
    }

    /// Finds the paths that keep the checkout from following.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if one cannot be looked at.
    pub(crate) fn blockers(&self) -> Result<Vec<Blocker>, Error> {
        blockers_by(self.index.entries(), self.checkout, &self.changes)
    }

    /// Moves files and index. Returns the paths that were left as they are, because they are neither as the one nor as the other tree
    /// has them.
    ///
    /// # Errors
    ///
    /// [`Error::File`] on a full disk, for example: begun again, it goes on where it was.
    pub(crate) fn go(&mut self) -> Result<Vec<RepoPath>, Error> {
        let mut writer = Writer::new(self.checkout, root_of(self.checkout)?, self.to, Some(Point::CHECKOUT_FILE))?;
        let mut differing = Vec::new();
        writer.apply(&self.changes, true, |change, written| {
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
        self.write_index(&left)?;
        Ok(left)
    }

    /// Brings the index to the new tree, for the paths where it had the old one.
    fn write_index(&mut self, left: &[RepoPath]) -> Result<(), Error> {
        let (mut gone, mut there) = (Vec::new(), Vec::new());
        for change in self.changes.iter().filter(|c| in_index(self.index.entries(), &c.path) == c.old) {
            match change.new {
                None => gone.push(&change.path),
                Some(new) => there.push(index_entry(self.checkout, &change.path, new, !left.contains(&change.path))?),
            }
        }
        self.index.replace(&gone, &there)
    }

    /// Lets go of the index.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn end(self) -> Result<(), Error> {
        self.index.release()
    }
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

fn root_of(checkout: &Repository) -> Result<&Path, Error> {
    checkout
        .workdir()
        .ok_or_else(|| Error::Corrupt { object: checkout.path().display().to_string(), why: "it has no checkout".to_owned() })
}
