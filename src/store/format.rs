//! `format.json`: which version wrote this folder, and for which repository.
//!
//! A folder of a newer minor version is read and not written; one of another major version is refused.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Layout;
use crate::id::Uid;
use crate::sys::fault::Point;
use crate::sys::file;
use crate::task::Text;

/// The version that this program writes.
pub(crate) const MAJOR: u32 = 1;
/// See [`MAJOR`].
pub(crate) const MINOR: u32 = 0;

/// The content of `format.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Format {
    /// Another number is another language.
    pub(crate) major: u32,
    /// A larger number has fields that we would drop.
    pub(crate) minor: u32,
    /// The repository's random id: names its folder in the state dir.
    pub(crate) repository: Uid,
    /// The common git dir it was made for.
    pub(crate) common_dir: Text,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A version we do not know wrote it.
    #[error("{path:?} was written by version {major}.{minor} of the format; this takeback knows {MAJOR}.{MINOR}")]
    Newer {
        /// The file.
        path: std::path::PathBuf,
        /// Its major version.
        major: u32,
        /// Its minor version.
        minor: u32,
    },
    /// It is not JSON of the right form.
    #[error("{path:?} is not readable as JSON")]
    Json {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It could not be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
}

/// What the folder says of its repository.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// It is where it was made.
    Same,
    /// The repository was moved here.
    Moved,
    /// The repository was copied here, and the original is still in use at its place.
    Copied,
}

impl Format {
    /// Makes the format of a repository that never saw takeback.
    pub(crate) fn fresh(common: &Path) -> Self {
        Self { major: MAJOR, minor: MINOR, repository: Uid::random(), common_dir: common.into() }
    }

    /// Reads `format.json`; `None` where there is none yet.
    ///
    /// # Errors
    ///
    /// [`Error::Newer`] for another major version.
    pub(crate) fn load(layout: &Layout) -> Result<Option<Self>, Error> {
        let path = layout.format();
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        let format: Self = serde_json::from_slice(&bytes).map_err(|source| Error::Json { path: path.clone(), source })?;
        if format.major != MAJOR {
            return Err(Error::Newer { path, major: format.major, minor: format.minor });
        }
        Ok(Some(format))
    }

    /// Refuses a folder that a newer minor version has written.
    ///
    /// # Errors
    ///
    /// [`Error::Newer`].
    pub(crate) fn check_writable(&self, layout: &Layout) -> Result<(), Error> {
        if self.minor > MINOR {
            return Err(Error::Newer { path: layout.format(), major: self.major, minor: self.minor });
        }
        Ok(())
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn save(&self, layout: &Layout) -> Result<(), Error> {
        let path = layout.format();
        let bytes = serde_json::to_vec(self).map_err(|source| Error::Json { path: path.clone(), source })?;
        Ok(file::replace(&path, &bytes, Point::FORMAT)?)
    }

    /// Tells whether the folder is still where it was made.
    pub(crate) fn home(&self, layout: &Layout) -> Home {
        let recorded = self.common_dir.as_path();
        if recorded == layout.common() || same_folder(recorded, layout.common()) {
            return Home::Same;
        }
        match Self::load(&Layout::new(recorded)) {
            Ok(Some(other)) if other.repository == self.repository => Home::Copied,
            _ => Home::Moved,
        }
    }
}

fn same_folder(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
