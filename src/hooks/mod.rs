//! Our hooks in the folder where git looks for hooks.
//!
//! On disk: `<hooks>/<name>` is ours, byte for byte one of the scripts in the ledger (`.git/takeback/hooks.json`); a hook that was
//! there before is `<hooks>/<name>.before-takeback`, the very same file, and ours calls it. The ledger is written before a hook is
//! put in place and after one is taken away, so there is no hook of ours that it does not name.
//!
//! A hook that somebody else wrote, or has edited, is never overwritten and never deleted.

mod change;
mod folder;
mod ledger;
mod standing;

use std::path::PathBuf;

use crate::git;
use crate::sys::{file, lock};

pub(crate) use change::{How, install, remove, tidy};
pub(crate) use folder::Folder;
pub(crate) use ledger::Ledger;
pub(crate) use standing::{Standing, all};

/// A hook that this program brings.
#[derive(Debug)]
pub(crate) struct Script {
    /// What git calls it.
    pub(crate) name: &'static str,
    /// The program.
    pub(crate) text: &'static str,
}

/// Every hook there is.
pub(crate) const SCRIPTS: &[Script] =
    &[Script { name: "reference-transaction", text: include_str!("../../hooks/git/reference-transaction") }];

/// What the name of a hook that was there before ours ends with.
const BEFORE: &str = ".before-takeback";

/// Hooks cannot be installed or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// Git is told to look for hooks where none can be.
    #[error("git runs no hooks here: core.hooksPath is {0:?}, which is no folder")]
    Off(PathBuf),
    /// Git looks for hooks in a folder that is not the repository's own.
    #[error("git's hooks are in {folder:?}, {why}")]
    NotOwn {
        /// The folder.
        folder: PathBuf,
        /// What it is.
        why: &'static str,
    },
    /// Somebody has changed our hook.
    #[error("the hook {0:?} was edited since takeback put it there: it stays as it is")]
    Edited(PathBuf),
    /// The place for a hook that was there before is taken.
    #[error("{kept:?} is in the way of keeping {hook:?}")]
    InTheWay {
        /// The hook that is there.
        hook: PathBuf,
        /// Where it would be kept.
        kept: PathBuf,
    },
    /// The ledger is not readable.
    #[error("{path:?} is not readable as JSON")]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Git's configuration cannot be read.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// Another command is deciding.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
}
