//! What keeps the keeper from its work.

use crate::id::Uid;
use crate::journal::{BookError, LogError};
use crate::runner::{attempt, start, turn};
use crate::store::tasks;
use crate::sys::{file, lock};
use crate::{batch, exec};

/// Tasks of batches cannot be started, or not be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A process of ours does not start.
    #[error(transparent)]
    Start(#[from] start::Error),
    /// A turn cannot be given.
    #[error(transparent)]
    Turn(#[from] turn::Error),
    /// What a task whose runner is gone has changed cannot be kept now.
    #[error(transparent)]
    Recover(#[from] attempt::Error),
    /// A runner ends before it has written anything down, again and again.
    #[error("the runner of the task {0} ends before it has begun, whatever the number of tries")]
    NeverBegins(Uid),
    /// Tasks or batches cannot be read.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The journal cannot be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A record cannot be read.
    #[error(transparent)]
    Task(#[from] tasks::Error),
    /// A batch's environment cannot be read.
    #[error(transparent)]
    Environment(#[from] exec::environment::Error),
    /// Tasks cannot be given another attempt.
    #[error(transparent)]
    Again(#[from] batch::Error),
    /// A lock cannot be looked at or taken.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
}
