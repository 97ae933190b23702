//! `slot.json`: what is known of a slot, whoever reads it.
//!
//! Replaced whole, by the holder of the slot's lock only. `tree` is there only while the slot's index tells what was last put there;
//! it goes before the first file is touched and comes back after the last. A program that knows nothing of `over` knows nothing of the
//! files either then, and compares them by content.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::id::{CommitId, TreeId, Uid};
use crate::sys::fault::Point;
use crate::sys::file;
use crate::task::{RepoPath, Text};

/// What a slot is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// A task works in it.
    Task,
    /// A check looks at a result in it.
    Check,
    /// The user looks at a result in it, and may work on it.
    Open,
}

/// How a worktree stands that the user has opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Open {
    /// A command of ours is there with the user; if nobody holds the lock, it was cut short.
    Attended,
    /// The user has it, until it is taken or closed.
    Left,
}

/// Whom a slot is given to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    /// The task.
    pub(crate) task: Uid,
    /// Its attempt.
    pub(crate) attempt: u32,
    /// What for.
    pub(crate) role: Role,
}

/// What tells an index from one that somebody else wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    inode: u64,
    size_bytes: u64,
    changed_ns: i128,
}

impl Stamp {
    /// Looks at a file; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn of(path: &Path) -> Result<Option<Self>, Error> {
        match std::fs::symlink_metadata(path) {
            Ok(m) => {
                let changed_ns = i128::from(m.ctime()) * 1_000_000_000 + i128::from(m.ctime_nsec());
                Ok(Some(Self { inode: m.ino(), size_bytes: m.size(), changed_ns }))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(file::Error::of("look at", path)(e).into()),
        }
    }
}

/// What is known of a slot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The slot's number.
    pub(crate) n: u32,
    /// The last part of its worktree's path: the repository's own name.
    pub(crate) name: Text,
    /// Its admin dir's name, once it has one.
    pub(crate) admin: Option<String>,
    /// The tree that was put there last; `None` while that is not known.
    pub(crate) tree: Option<TreeId>,
    /// The index that goes with it.
    pub(crate) index: Option<Stamp>,
    /// The commit that HEAD goes to when the slot is let go of.
    pub(crate) commit: Option<CommitId>,
    /// Names beside its worktree that files were, or are, brought to; on record before the first is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) beside: Vec<Text>,
    /// Whom it is given to; `None`: it is idle.
    pub(crate) owner: Option<Owner>,
    /// Paths that were put over a tree since; then `tree` and `index` are `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) over: Option<Over>,
    /// The globs of the folders that the last check left here for the next one; a task does not get the slot then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) cache: Vec<String>,
    /// How it stands since the user has it; while it is `None` nobody has been in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) open: Option<Open>,
}

/// A tree with other files at some paths: what a check sees of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Over {
    /// The tree below.
    pub(crate) tree: TreeId,
    /// The index that tells of both.
    pub(crate) index: Option<Stamp>,
    /// The paths that are not as in the tree.
    pub(crate) paths: Vec<RepoPath>,
}

impl Record {
    /// Reads a slot's record; `None` where it has none yet.
    ///
    /// # Errors
    ///
    /// [`Error::Record`] if it is not one of ours: the slot is then not to be touched.
    pub(crate) fn load(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join("slot.json");
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|source| Error::Record { path, source })
    }

    /// Replaces the record, and has it on the disk while somebody owns the slot: what a task does in it is found by its owner. A slot
    /// that is nobody's may come back with its last owner after a power cut; that one is over, and lets go of it again.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn save(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join("slot.json");
        let bytes = serde_json::to_vec_pretty(self).map_err(|source| Error::Record { path: path.clone(), source })?;
        let replace = if self.owner.is_some() { file::replace } else { file::replace_lightly };
        Ok(replace(&path, &bytes, Point::SLOT)?)
    }
}
