//! Where git looks for hooks: the git dir's own folder, or the one that `core.hooksPath` names.

use std::path::{Path, PathBuf};

use git2::ErrorCode;

use super::Error;
use crate::git::{self, hook};
use crate::store::Site;

/// The folder where git looks for hooks.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    /// Absolute.
    pub(crate) path: PathBuf,
    /// Whose it is.
    pub(crate) place: Place,
}

/// Whose a folder of hooks is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Inside the git dir: this repository's alone.
    Own,
    /// Inside the checkout: what is put there shows up in `git status`, and goes to others with a commit.
    Checkout,
    /// Anywhere else: other repositories may use it too.
    Shared,
    /// No folder: git runs no hooks.
    Off,
}

impl Folder {
    /// Finds it, as git does: a relative `core.hooksPath` starts at the root of the checkout, or in a bare repository's git dir. An
    /// empty one is the root of the file system, since git puts `/` and the hook's name behind it (tried with 2.47).
    ///
    /// # Errors
    ///
    /// [`Error::Git`] if the configuration is unreadable.
    pub(crate) fn find(site: &Site) -> Result<Self, Error> {
        let common = site.layout.common();
        let config = site.repo.config().map_err(git::Error::of("read the configuration of", common.display()))?;
        let path = match config.get_path("core.hooksPath") {
            Err(e) if e.code() == ErrorCode::NotFound => return Ok(Self { path: common.join("hooks"), place: Place::Own }),
            other => other.map_err(git::Error::of("read", "core.hooksPath"))?,
        };
        let path = hook::folder(&site.repo, &path);
        let place = place(&path, common, site.repo.workdir());
        Ok(Self { path, place })
    }

    /// Refuses a folder that is not this repository's alone, unless it is meant.
    ///
    /// # Errors
    ///
    /// [`Error::NotOwn`], and [`Error::Off`] whatever is meant.
    pub(crate) fn check(&self, force: bool) -> Result<(), Error> {
        let why = match self.place {
            Place::Own => return Ok(()),
            Place::Off => return Err(Error::Off(self.path.clone())),
            Place::Checkout => "in the checkout: a hook there shows up in git status, and goes to others with a commit",
            Place::Shared => "outside of the repository: a hook there works in every repository that uses this folder",
        };
        if force { Ok(()) } else { Err(Error::NotOwn { folder: self.path.clone(), why }) }
    }
}

fn place(path: &Path, common: &Path, checkout: Option<&Path>) -> Place {
    if path.exists() && !path.is_dir() {
        return Place::Off;
    }
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let path = real(path);
    match checkout {
        _ if path.starts_with(real(common)) => Place::Own,
        Some(root) if path.starts_with(real(root)) => Place::Checkout,
        _ => Place::Shared,
    }
}
