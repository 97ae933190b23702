//! Why a worktree cannot be opened, taken or closed.

use std::path::PathBuf;

use super::Why;
use crate::git;
use crate::id::Name;
use crate::journal::{BookError, CarryError, Standing};
use crate::runner::{attempt, hand_off, retry};
use crate::store::{site, tasks};
use crate::sys::{file, lock};
use crate::verify::scope::BadGlob;
use crate::workspace;

/// A worktree cannot be opened, taken or closed; it is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// The task is not over.
    #[error("`{0}` is still running")]
    Running(Name),
    /// It is not open.
    #[error("`{0}` is not open")]
    NotOpen(Name),
    /// Another command of ours is with it.
    #[error("`{task}` is open already, and a command is with it: {path:?}")]
    Busy {
        /// The task.
        task: Name,
        /// The worktree.
        path: PathBuf,
    },
    /// It holds work.
    #[error("`{task}` has work in its worktree: {what}")]
    Work {
        /// The task.
        task: Name,
        /// What.
        what: String,
        /// Whether the task can have another attempt.
        can_be_taken: bool,
    },
    /// It stays open.
    #[error("`{task}` stays open: {why}")]
    Open {
        /// The task.
        task: Name,
        /// Why.
        why: Why,
    },
    /// The new attempt cannot be made.
    #[error(transparent)]
    Attempt(#[from] attempt::Error),
    /// The task's state forbids it.
    #[error(transparent)]
    Retry(#[from] retry::RetryError),
    /// The environment for its checks cannot be had.
    #[error(transparent)]
    HandOff(#[from] hand_off::Error),
    /// A glob of the task's cannot be read.
    #[error(transparent)]
    Glob(#[from] BadGlob),
    /// The repository cannot be used.
    #[error(transparent)]
    Site(#[from] site::Error),
    /// A task cannot be read.
    #[error(transparent)]
    Book(#[from] BookError),
    /// A record cannot be read or written.
    #[error(transparent)]
    Task(#[from] tasks::Error),
    /// It could not be decided.
    #[error(transparent)]
    Carry(#[from] CarryError),
    /// The worktree cannot be made or read.
    #[error(transparent)]
    Workspace(#[from] workspace::Error),
    /// A lock cannot be had.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] git::Error),
}

impl Error {
    /// An error of a task's worktree.
    pub(super) fn of(e: workspace::Error, task: &Standing) -> Self {
        match e {
            workspace::Error::Busy { path } => Self::Busy { task: task.spec.id.clone(), path },
            other => other.into(),
        }
    }
}
