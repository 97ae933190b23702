//! Why an attempt could not be carried out.

use crate::exec;
use crate::exec::environment;
use crate::git;
use crate::runner::{bring, hand_off, keep};
use crate::store::{site, tasks};
use crate::sys::{command, file, lock};
use crate::{verify, workspace};

/// An attempt could not be carried out; its record says so where it could be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A spec or record is unreadable.
    #[error(transparent)]
    Task(#[from] tasks::Error),
    /// The repository cannot be used.
    #[error(transparent)]
    Site(#[from] site::Error),
    /// There is no worktree to be had.
    #[error(transparent)]
    Workspace(#[from] workspace::Error),
    /// What it changed could not be kept yet.
    #[error(transparent)]
    Keep(#[from] keep::Error),
    /// What its spec names could not be brought.
    #[error(transparent)]
    Bring(#[from] bring::Error),
    /// The result cannot be held against what was asked for.
    #[error(transparent)]
    Verify(#[from] verify::Error),
    /// Its environment cannot be read.
    #[error(transparent)]
    Environment(#[from] environment::Error),
    /// The attempt that is to follow could not be begun.
    #[error(transparent)]
    Again(#[from] hand_off::Error),
    /// It could not be started or watched.
    #[error(transparent)]
    Exec(#[from] exec::run::Error),
    /// This program is not to be found.
    #[error(transparent)]
    Program(#[from] command::Error),
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// A lock cannot be had.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
}

impl Error {
    /// Tells whether it is that the user asked to stop.
    pub(super) fn is_stop(&self) -> bool {
        matches!(self, Self::Workspace(workspace::Error::Bring(workspace::bring::Error::Stopped)))
    }

    /// Tells whether it is that something could not be brought.
    pub(in crate::runner) fn is_of_bringing(&self) -> bool {
        matches!(self, Self::Bring(_) | Self::Workspace(workspace::Error::Bring(_)))
    }
}
