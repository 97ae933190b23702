//! Why a path cannot be brought.

use std::path::PathBuf;

use crate::task::RepoPath;
use crate::verify::scope::BadGlob;
use crate::workspace::{self, bring};
use crate::{git, store::site};

/// A path cannot be brought to a task.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// Nothing is named.
    #[error("`--bring` names no path")]
    Empty,
    /// It is not there.
    #[error("cannot bring `{path}`: there is no {from:?}")]
    Missing {
        /// As it was given.
        path: String,
        /// Where it was looked for.
        from: PathBuf,
    },
    /// A glob that fits nothing.
    #[error("cannot bring `{0}`: it fits no file that git does not have")]
    NoMatch(String),
    /// Git has it.
    #[error("`{0}` is tracked: it is in the worktree already")]
    Tracked(RepoPath),
    /// Neither a file nor a folder.
    #[error("cannot bring `{path}`: it is {what}, which cannot be copied")]
    Special {
        /// As it was given.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// A path outside of the checkout by a relative name.
    #[error("`{path}` is outside of the checkout: name it in full")]
    NotInFull {
        /// As it was given.
        path: String,
        /// Its full name.
        full: PathBuf,
    },
    /// A path that has no place beside the worktree.
    #[error("cannot bring {path:?}: {why}")]
    NoPlace {
        /// The path.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The repository itself, or what holds it.
    #[error("cannot bring {path:?}: it is, or holds, {what}")]
    Whole {
        /// The path.
        path: PathBuf,
        /// What.
        what: &'static str,
    },
    /// A part of the repository's git dir.
    #[error("cannot bring {0:?}: it lies in the repository's git dir")]
    GitDir(PathBuf),
    /// A glob cannot be read.
    #[error(transparent)]
    Glob(#[from] BadGlob),
    /// It cannot be found or counted.
    #[error(transparent)]
    Bring(#[from] bring::Error),
    /// The base cannot be read.
    #[error(transparent)]
    Workspace(#[from] workspace::Error),
    /// The repository cannot be used.
    #[error(transparent)]
    Site(#[from] site::Error),
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] git::Error),
}
