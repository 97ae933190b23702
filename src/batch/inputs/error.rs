//! Why inputs cannot be had.

use std::io;
use std::path::PathBuf;

use super::csv;
use crate::sys::file;
use crate::verify::scope::BadGlob;
use crate::{git, workspace};

/// The inputs of a batch cannot be read, or there are none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// Nothing came.
    #[error("there are no inputs: {from} names none")]
    NoInputs {
        /// Where they were to come from.
        from: String,
    },
    /// Nothing is called so, neither in the base nor in the checkout.
    #[error("`{0}` names no file of the base")]
    Nothing(String),
    /// Git ignores what is called so.
    #[error("`{0}` names no file of the base: git ignores what is there")]
    Ignored(String),
    /// What is called so is in the checkout only.
    #[error("`{0}` names no file of the base: what is there is not committed")]
    NotCommitted(String),
    /// A path that is not in the repository.
    #[error("`{0}` leads out of the repository")]
    Outside(String),
    /// A glob cannot be read.
    #[error(transparent)]
    Glob(#[from] BadGlob),
    /// A file with inputs is not there.
    #[error("there is no file `{}`", .0.display())]
    NoFile(PathBuf),
    /// An entry that no argument can hold.
    #[error("{from}, line {line}: there is a NUL byte in it")]
    Nul {
        /// Where it comes from.
        from: String,
        /// Its line, from 1.
        line: usize,
    },
    /// A CSV file is not in order.
    #[error("{}:{why}", .path.display())]
    Csv {
        /// As it was named.
        path: PathBuf,
        /// Where in it, and what.
        why: csv::Error,
    },
    /// A file with inputs cannot be read.
    #[error(transparent)]
    File(#[from] file::Error),
    /// What comes by stdin cannot be read.
    #[error("cannot read stdin")]
    Stdin(#[source] io::Error),
    /// What git ignores cannot be found out.
    #[error(transparent)]
    Workspace(#[from] workspace::Error),
    /// The base cannot be read.
    #[error(transparent)]
    Git(#[from] git::Error),
}
