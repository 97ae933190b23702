//! Why a task cannot be handed off.

use std::path::PathBuf;

use crate::exec::environment;
use crate::git;
use crate::id::{BadName, Name};
use crate::journal::{BookError, CarryError, LogError};
use crate::runner::{bring, snapshot, start};
use crate::store::{site, tasks};
use crate::sys::{file, lock};
use crate::task::RepoPath;
use crate::verify::scope::BadGlob;

/// A task cannot be handed off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// There is nothing to run.
    #[error("there is no command to run")]
    NoCommand,
    /// `HEAD` is a branch without a commit.
    #[error("the branch `{branch}` has no commit yet")]
    Unborn {
        /// The branch.
        branch: String,
    },
    /// A revision does not exist.
    #[error("there is no commit `{0}`")]
    UnknownRevision(String),
    /// Options do not go together.
    #[error("{0}")]
    Usage(String),
    /// The folder is not in the base.
    #[error("the folder `{folder}` is not in {base}")]
    UnknownFolder {
        /// Relative to the root.
        folder: RepoPath,
        /// The base.
        base: String,
    },
    /// The folder is not in the repository.
    #[error("{0:?} is not in this checkout")]
    OutsideFolder(PathBuf),
    /// Git does not know who commits.
    #[error("git does not know who you are: user.name and user.email are not set")]
    NoIdentity,
    /// The name cannot be one.
    #[error(transparent)]
    BadName(#[from] BadName),
    /// The name is another task's, or a batch's.
    #[error("there is a task or a batch `{0}` already")]
    NameTaken(Name),
    /// The name is of the form that tasks of batches have.
    #[error("`{0}` is how a task of a batch is called")]
    MembersName(Name),
    /// The branch that the task would have is there.
    #[error("there is a branch `{0}` already")]
    BranchTaken(String),
    /// A branch is called like the prefix of tasks' branches.
    #[error("the branch `{prefix}` is in the way of `{prefix}/{task}`")]
    PrefixIsBranch {
        /// The prefix.
        prefix: String,
        /// The task.
        task: Name,
    },
    /// The command is not found.
    #[error("the command `{0}` is not found")]
    CommandNotFound(String),
    /// The command is a path that the base does not have.
    #[error("the command `{word}` is not in {base}")]
    CommandNotInBase {
        /// As it was given.
        word: String,
        /// The base.
        base: String,
        /// What would bring it, where git ignores it.
        bring: Option<RepoPath>,
    },
    /// The command is a file that may not be run.
    #[error("the command `{word}` is not executable in {base}")]
    NotExecutable {
        /// As it was given.
        word: String,
        /// The base.
        base: String,
    },
    /// A check's command is not found.
    #[error("the check `{check}`: the command `{word}` is not found")]
    CheckNotFound {
        /// The check.
        check: String,
        /// Its first word.
        word: String,
    },
    /// A glob leads out of the repository.
    #[error("`{0}` leads out of the repository")]
    GlobOutside(String),
    /// A glob cannot be read.
    #[error(transparent)]
    Glob(#[from] BadGlob),
    /// A path cannot be brought.
    #[error(transparent)]
    Bring(#[from] bring::Error),
    /// `--env` cannot be granted.
    #[error(transparent)]
    Environment(#[from] environment::Error),
    /// The checkout's uncommitted changes cannot be captured.
    #[error(transparent)]
    Snapshot(#[from] snapshot::Error),
    /// The repository cannot be used.
    #[error(transparent)]
    Site(#[from] site::Error),
    /// A task cannot be named or read.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The journal cannot be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The right to decide was not to be had.
    #[error(transparent)]
    Carry(#[from] CarryError),
    /// The spec cannot be written.
    #[error(transparent)]
    Task(#[from] tasks::Error),
    /// The attempt's lock cannot be taken.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// The runner cannot be started.
    #[error(transparent)]
    Start(#[from] start::Error),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] file::Error),
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] git::Error),
}
