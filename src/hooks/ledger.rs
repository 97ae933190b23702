//! The ledger of what was installed: `.git/takeback/hooks.json`; not there where nothing is.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Error;
use crate::id::BlobId;
use crate::store::Layout;
use crate::sys::fault::Point;
use crate::sys::file;
use crate::task::Text;

/// What was installed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// A line for each hook.
    hooks: Vec<Line>,
}

/// One hook of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// What git calls it.
    pub(super) name: String,
    /// The folder that it was put into.
    pub(super) folder: Text,
    /// The scripts that were put there, the last one now: what is none of them is not ours.
    pub(super) scripts: Vec<BlobId>,
    /// What the hook said that was there before, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<BlobId>,
}

impl Ledger {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`Error::Json`], [`Error::File`].
    pub(crate) fn load(layout: &Layout) -> Result<Self, Error> {
        let path = layout.hooks();
        let Some(bytes) = file::read(&path)? else { return Ok(Self::default()) };
        serde_json::from_slice(&bytes).map_err(|source| Error::Json { path, source })
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(super) fn save(&self, layout: &Layout) -> Result<(), Error> {
        let path = layout.hooks();
        if self.hooks.is_empty() {
            return Ok(file::remove(&path, Point::HOOK_LEDGER)?);
        }
        let bytes = serde_json::to_vec(self).map_err(|source| Error::Json { path: path.clone(), source })?;
        Ok(file::replace(&path, &bytes, Point::HOOK_LEDGER)?)
    }

    /// The line of a hook in a folder.
    pub(super) fn find(&self, name: &str, folder: &Path) -> Option<&Line> {
        self.hooks.iter().find(|line| line.is(name, folder))
    }

    /// Puts a line in place of the one there was.
    pub(super) fn put(&mut self, line: Line) {
        self.drop(&line.name, line.folder.as_path());
        self.hooks.push(line);
    }

    /// Takes a line out.
    pub(super) fn drop(&mut self, name: &str, folder: &Path) {
        self.hooks.retain(|line| !line.is(name, folder));
    }

    /// The folders that hooks were put into.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let mut folders: Vec<_> = self.hooks.iter().map(|line| line.folder.as_path().to_owned()).collect();
        folders.dedup();
        folders
    }
}

impl Line {
    fn is(&self, name: &str, folder: &Path) -> bool {
        self.name == name && self.folder.as_path() == folder
    }
}
