//! Where a path is, and where a task sees it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use super::Error;
use crate::runner::hand_off::lexical;
use crate::store::Site;
use crate::task::{Bring, BringMode, RepoPath, Text};
use crate::workspace::slots;

/// The checkout where the command was typed, by paths without links.
pub(super) struct Root {
    /// Its folder.
    pub(super) checkout: PathBuf,
    /// As git names it.
    named: PathBuf,
    common: PathBuf,
    state: PathBuf,
    /// What its worktrees are called.
    name: Text,
}

impl Root {
    pub(super) fn of(site: &Site) -> Result<Self, Error> {
        let named = site.work_dir()?.to_owned();
        Ok(Self {
            checkout: named.canonicalize().unwrap_or_else(|_| named.clone()),
            named,
            common: site.layout.common().to_owned(),
            state: site.likely_state_dir(),
            name: slots::worktree_name(&site.repo),
        })
    }

    /// Finds where a path is and where it is seen.
    ///
    /// # Errors
    ///
    /// [`Error`], if it is not there or has no place.
    pub(super) fn place(&self, folder: &Path, given: &Path, mode: BringMode) -> Result<Bring, Error> {
        let text = given.display().to_string();
        let full = lexical(&folder.join(given));
        let missing = |_| Error::Missing { path: text.clone(), from: full.clone() };
        let real = full.canonicalize().map_err(missing)?;
        self.refuse(&full, &real)?;
        refuse_special(&text, &real)?;
        let above = full.parent().unwrap_or(&full).canonicalize().map_err(missing)?;
        let itself = full.file_name().map_or(above.clone(), |name| above.join(name));
        let inside = full.strip_prefix(&self.named).or_else(|_| itself.strip_prefix(&self.checkout));
        if let Ok(inside) = inside {
            return Ok(Bring { path: RepoPath::from(lexical(inside).as_path()), from: None, mode });
        }
        if given.is_relative() {
            return Err(Error::NotInFull { path: text, full });
        }
        let path = self.beside(&itself)?;
        Ok(Bring { path, from: Some(itself.into()), mode })
    }

    /// The place of a path outside of the checkout: the same, seen from the worktree.
    fn beside(&self, path: &Path) -> Result<RepoPath, Error> {
        let no_place = |why: String| Error::NoPlace { path: path.to_owned(), why };
        let around = self.checkout.parent().unwrap_or(Path::new("/"));
        let Ok(way) = path.strip_prefix(around) else {
            return Err(no_place(format!(
                "a task sees what lies beside the checkout (below {}), and this does not",
                around.display()
            )));
        };
        let first = way.components().next().map_or(OsStr::new(""), |part| part.as_os_str());
        if first == self.name.as_os_str() || slots::is_own_name(first) {
            return Err(no_place(format!("beside a task's worktree the name `{}` is taken", first.display())));
        }
        Ok(RepoPath::from("..").join(way.as_os_str().as_bytes()))
    }

    fn refuse(&self, path: &Path, real: &Path) -> Result<(), Error> {
        let holds = |what| Err(Error::Whole { path: path.to_owned(), what });
        if real.starts_with(&self.common) || real.starts_with(self.checkout.join(".git")) {
            return Err(Error::GitDir(path.to_owned()));
        }
        if self.checkout.starts_with(real) || self.common.starts_with(real) {
            return holds("the repository");
        }
        if self.state.starts_with(real) || real.starts_with(&self.state) {
            return holds("takeback's own worktrees");
        }
        Ok(())
    }
}

/// Refuses what a copy could hold nothing of. Below a folder such things are left out, with a line that says so.
fn refuse_special(given: &str, real: &Path) -> Result<(), Error> {
    let Ok(kind) = real.symlink_metadata().map(|about| about.file_type()) else { return Ok(()) };
    let what = match () {
        () if kind.is_file() || kind.is_dir() => return Ok(()),
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    Err(Error::Special { path: given.to_owned(), what })
}
