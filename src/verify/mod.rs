//! Whether a result is what was asked for: its scope, and its checks.

pub(crate) mod check_files;
mod programs;
pub(crate) mod scope;
pub(crate) mod self_changed;
mod shell;
pub(crate) mod verdicts;

use crate::git;

/// A result cannot be held against what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A glob cannot be read.
    #[error(transparent)]
    Glob(#[from] scope::BadGlob),
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] git::Error),
}
