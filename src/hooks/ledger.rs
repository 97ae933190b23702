//! The ledger of what was installed: `.git/takeback/hooks.json`; not there where nothing is.
//!
//! Folders inside the git dir and the checkout are relative to the git dir there: a repository that is moved takes its hooks along,
//! and a copy knows its own, not those of the original.

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
        let mut ledger: Self = serde_json::from_slice(&bytes).map_err(|source| Error::Json { path, source })?;
        for line in &mut ledger.hooks {
            line.folder = from_stored(line.folder.as_path(), layout.common()).into();
        }
        Ok(ledger)
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
        let mut stored = self.clone();
        for line in &mut stored.hooks {
            line.folder = to_stored(line.folder.as_path(), layout.common()).into();
        }
        let bytes = serde_json::to_vec(&stored).map_err(|source| Error::Json { path: path.clone(), source })?;
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

fn to_stored(folder: &Path, common: &Path) -> PathBuf {
    let beside = || checkout_of(common).and_then(|root| folder.strip_prefix(root).ok()).map(|rest| Path::new("..").join(rest));
    let inside = folder.strip_prefix(common).ok().filter(|rest| !rest.as_os_str().is_empty());
    inside.map(Path::to_owned).or_else(beside).unwrap_or_else(|| folder.to_owned())
}

fn from_stored(folder: &Path, common: &Path) -> PathBuf {
    match (folder.strip_prefix(".."), checkout_of(common)) {
        (Ok(rest), Some(root)) => root.join(rest),
        _ => common.join(folder),
    }
}

/// The checkout around a git dir that has the usual name.
fn checkout_of(common: &Path) -> Option<&Path> {
    common.parent().filter(|_| common.file_name().is_some_and(|name| name == ".git"))
}

impl Line {
    fn is(&self, name: &str, folder: &Path) -> bool {
        self.name == name && self.folder.as_path() == folder
    }
}
