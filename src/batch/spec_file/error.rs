//! What can be wrong with a spec.

use std::path::PathBuf;

use crate::batch::at::At;
use crate::sys::file;
use crate::task::Text;

/// A spec cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// It is not there.
    #[error("there is no file `{}`", .0.display())]
    NoFile(PathBuf),
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] file::Error),
    /// It says something that cannot be meant.
    #[error("{}:{why}", .path.display())]
    Wrong {
        /// As it was named.
        path: PathBuf,
        /// Where in it, and what.
        why: Slip,
    },
    /// A word of a command line has no place in one.
    #[error("`{0}` is not UTF-8, so no spec can hold it")]
    NotUtf8(Text),
    /// TOML cannot say it.
    #[error("cannot write the spec as TOML")]
    Write(#[from] toml::ser::Error),
}

/// Something wrong at a place of a spec.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub(crate) struct Slip {
    /// Where.
    pub(crate) at: At,
    /// What is wrong, and what was expected.
    pub(crate) what: Problem,
}

/// What is wrong in a spec.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Problem {
    /// It is not TOML.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A key that means nothing.
    #[error("there is no key `{key}`{}", .near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    UnknownKey {
        /// As it is written.
        key: String,
        /// What it looks like.
        near: Option<&'static str>,
    },
    /// Two keys of which one alone can hold.
    #[error("`{second}` does not go with `{first}`")]
    Both {
        /// The one that comes first in the file.
        first: &'static str,
        /// The one that stands at the place.
        second: &'static str,
    },
    /// A key that says something of another one, which is not there.
    #[error("`{key}` goes with `{with}` only")]
    Alone {
        /// The key.
        key: &'static str,
        /// The one that is missing.
        with: &'static str,
    },
    /// Nothing says what to run.
    #[error("expected `command`, a list of words, or `shell`, a line for a shell")]
    NoCommand,
    /// A value that is none of its key, or a text that is no TOML.
    #[error("{0}")]
    Value(String),
}
