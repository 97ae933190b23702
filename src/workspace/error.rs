//! What can go wrong with a worktree of ours.

use std::path::PathBuf;

use super::bring;
use crate::git;
use crate::sys::{command, file, lock};

/// A deed on a slot failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// Git could not.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
    /// Another process holds the slot.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// The `git` program failed.
    #[error(transparent)]
    Command(#[from] command::Error),
    /// A record cannot be understood.
    #[error("cannot read the slot's record {path:?}")]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// Files could not be brought.
    #[error(transparent)]
    Bring(#[from] bring::Error),
    /// A slot's folder is not there any more: what a task left in it cannot be told.
    #[error("the worktree {path:?} is gone")]
    Gone {
        /// The folder.
        path: PathBuf,
    },
    /// A slot that is wanted for its owner is in other hands.
    #[error("the worktree {path:?} is in use")]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// A folder is not to be deleted.
    #[error("{path:?} is not deleted: {why}")]
    Kept {
        /// The folder.
        path: PathBuf,
        /// The reason.
        why: &'static str,
    },
    /// An index cannot be read.
    #[error("cannot read the index {path:?}: {why}")]
    Index {
        /// The file.
        path: PathBuf,
        /// Why.
        why: &'static str,
    },
    /// A file or a link has the place of a worktree.
    #[error("{path:?} is no folder any more")]
    NoFolder {
        /// The worktree.
        path: PathBuf,
    },
}
