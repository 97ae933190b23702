//! Why nothing is taken out of a quarantine.

use std::path::PathBuf;

use super::Error;
use crate::sys::{command, foreign};

/// What a task left in its git dir is not taken over, as a whole. Its result is not touched by that: it is made from the files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Refusal {
    /// The task deleted its git dir.
    #[error("the task's git dir {path:?} is gone")]
    Gone {
        /// Where it was.
        path: PathBuf,
    },
    /// The task converted its refs to a format that is not read here.
    #[error("the task has converted its refs to reftable")]
    Reftable,
    /// A link or a device where a file or a folder must be, a file that is too large, or one that cannot be read.
    #[error(transparent)]
    Foreign(#[from] foreign::Error),
    /// There is more of something than is taken over.
    #[error("more than {limit} {what}")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How much would do.
        limit: u64,
    },
    /// A ref's name or what it leads to will not do.
    #[error("the ref {name} {why}")]
    BadRef {
        /// Its name, shortened, with what is not printable escaped.
        name: String,
        /// What is wrong with it, as a verb.
        why: String,
    },
    /// A file is not what git writes there.
    #[error("{path:?}: {why}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// An object is missing, damaged, or such that git itself refuses it.
    #[error("the task's objects cannot be taken over")]
    Broken(#[source] Error),
    /// The fault is not the task's: a full disk, a repository that cannot be written to. Worth another try.
    #[error("the task's objects could not be taken over")]
    Failed(#[source] Error),
}

impl Refusal {
    /// Makes the refusal of a ref.
    pub(super) fn of_ref(name: &[u8], why: impl Into<String>) -> Self {
        const LONGEST: usize = 80;
        let mut text = name[..name.len().min(LONGEST)].escape_ascii().to_string();
        if name.len() > LONGEST {
            text.push('…');
        }
        Self::BadRef { name: text, why: why.into() }
    }

    /// Sorts an error that came up over a task's objects: their fault, or somebody else's.
    pub(super) fn of_objects(error: Error) -> Self {
        match error {
            full if full.is_disk_full() => Self::Failed(full),
            Error::Git { .. } | Error::Corrupt { .. } | Error::Missing { .. } | Error::Command(command::Error::Failed { .. }) => {
                Self::Broken(error)
            }
            other => Self::Failed(other),
        }
    }
}
