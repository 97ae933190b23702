//! Bringing files that git does not have into a slot: found first, then copied, then remembered.
//!
//! ```text
//! sources ─► survey: every file, its size, where every link leads ─► put: folders, files, links ─► ledger: how each lies
//! ```
//!
//! A copy shares nothing with the original that could be written through: a file with several names becomes several files, and a
//! link that leads out of what is seen becomes what it leads to. What git has in the slot stays git's.
//!
//! The original is only read, and not held still: a file that changes while it is copied is copied as it is then. On disk a slot is
//! brought to after its reset and before its command; the next reset removes all of it again.

mod ledger;
mod links;
mod put;
mod slot;
mod survey;

use std::path::{Path, PathBuf};

pub(crate) use ledger::Ledger;
pub(super) use ledger::Lookout;
pub(crate) use survey::{Order, Survey, survey};

use crate::sys::file;
use crate::task::{BringMode, RepoPath};

/// Something to bring.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Where it is seen.
    pub(crate) place: RepoPath,
    /// Where it is, with no link in its path.
    pub(crate) from: PathBuf,
    /// How.
    pub(crate) mode: BringMode,
}

/// Files cannot be brought.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// It is not there, or is a link that leads nowhere.
    #[error("cannot bring `{path}`: there is no {from:?}")]
    Missing {
        /// Where it would be seen.
        path: RepoPath,
        /// Where it was looked for.
        from: PathBuf,
    },
    /// It is too much to be copied.
    #[error("cannot bring `{path}`: with it, {size} would be copied; takeback.bringMaxCopy allows {limit}")]
    TooLarge {
        /// The path with which it became too much.
        path: RepoPath,
        /// How much it is, for people.
        size: String,
        /// How much it may be.
        limit: String,
    },
    /// A link leads to a folder that holds the repository, or takeback's own worktrees.
    #[error("cannot bring `{path}`: it leads to {to:?}, which holds {what}")]
    Holds {
        /// The link.
        path: RepoPath,
        /// Where it leads.
        to: PathBuf,
        /// What is in there.
        what: &'static str,
    },
    /// Something else has the place where it would be seen.
    #[error("cannot bring `{path}`: {why}")]
    Place {
        /// Where it would be seen.
        path: RepoPath,
        /// What has the place.
        why: &'static str,
    },
    /// The user asked to stop.
    #[error("stopped while files were brought")]
    Stopped,
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
}

/// The folder that a place is relative to, and the way from there: the worktree, or the slot's folder around it.
fn split<'a>(place: &'a RepoPath, root: &'a Path, around: &'a Path) -> (&'a Path, &'a Path) {
    match place.as_path().strip_prefix("..") {
        Ok(rest) => (around, rest),
        Err(_) => (root, place.as_path()),
    }
}
