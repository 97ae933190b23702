//! What can go wrong with a repository.

use std::path::PathBuf;

use super::support::Unsupported;
use crate::sys::{command, file, lock};

/// A deed on a repository failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// libgit2 refused.
    #[error("cannot {what} {object}")]
    Git {
        /// The deed, as a verb: `read`, `open` …
        what: &'static str,
        /// What it was to be done to: an object id, a ref, a path.
        object: String,
        /// What libgit2 said.
        source: git2::Error,
    },
    /// A ref is not where it was expected.
    #[error("{name} is at {actual}, not at {expected}")]
    Moved {
        /// The full name of the ref.
        name: String,
        /// The object id it should have been at, or `nothing`.
        expected: String,
        /// The object id it is at, or `nothing`.
        actual: String,
    },
    /// An object is not there: perhaps a foreign `git gc` took it a moment ago.
    #[error("the object {object} is missing")]
    Missing {
        /// Its id.
        object: String,
    },
    /// An object is not what it must be.
    #[error("{object} is broken: {why}")]
    Corrupt {
        /// An object id or a path.
        object: String,
        /// What is wrong with it.
        why: String,
    },
    /// Git, or somebody else, holds a checkout's index.
    #[error("{path:?} exists: another git command holds the index, or one has crashed")]
    IndexLocked {
        /// The lock's file.
        path: PathBuf,
    },
    /// Git, or somebody else, holds a ref.
    #[error("{path:?} exists: another git command holds the ref, or one has crashed")]
    RefLocked {
        /// The lock's file.
        path: PathBuf,
    },
    /// The `git` program is too old for what is asked of it.
    #[error("{what} needs git {needed} or later")]
    OldGit {
        /// The deed.
        what: &'static str,
        /// The first version that can do it.
        needed: &'static str,
    },
    /// Git could not sign a commit.
    #[error("git cannot sign the commit: {why}")]
    Signing {
        /// What it said.
        why: String,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
    /// The `git` program failed.
    #[error(transparent)]
    Command(#[from] command::Error),
    /// There is no repository here, nor above.
    #[error("{path:?} is in no git repository")]
    NoRepository {
        /// The folder that was asked for.
        path: PathBuf,
    },
    /// The repository belongs to another user; git would not work in it either.
    #[error(
        "detected dubious ownership in the repository at {path:?} (to trust it: git config --global --add safe.directory {path:?})"
    )]
    NotTrusted {
        /// The folder that `safe.directory` has to name.
        path: PathBuf,
    },
    /// The repository uses what takeback cannot do right.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// Another process of ours is at it.
    #[error(transparent)]
    Lock(#[from] lock::Error),
}

impl Error {
    /// Tells whether a full disk, or the user's share of it, is what lies behind it.
    pub(crate) fn is_disk_full(&self) -> bool {
        match self {
            Self::Git { source, .. } => command::says_disk_full(source.message()),
            Self::Command(e) => command::says_disk_full(&e.to_string()),
            Self::File(e) => e.is_disk_full(),
            _ => false,
        }
    }

    /// Makes the mapping for `map_err`: which deed, on what.
    pub(crate) fn of(what: &'static str, object: impl ToString) -> impl FnOnce(git2::Error) -> Self {
        move |source| Self::Git { what, object: object.to_string(), source }
    }
}
