//! What tasks are handed off on: the folder that they run in, and the commit that they start from.

use std::path::{Component, Path, PathBuf};
use std::thread::JoinHandle;

use git2::Odb;

use super::{Error, base};
use crate::git::{self, support, tree};
use crate::id::{CommitId, TreeId};
use crate::runner::{RunWish, snapshot};
use crate::store::Site;
use crate::task::RepoPath;

/// What was found before it is looked at what is to run.
pub(crate) struct Ground {
    /// The root of the caller's checkout.
    pub(crate) root: PathBuf,
    /// The folder that a task runs in, in the caller's checkout.
    pub(crate) folder: PathBuf,
    /// The same, from the root.
    pub(crate) cwd: RepoPath,
    /// The commit that a task starts from.
    pub(crate) base: CommitId,
    /// Its tree.
    pub(crate) tree: TreeId,
    /// The base's objects that are not in the repository yet.
    snapshot: Option<snapshot::Snapshot>,
    lines: Vec<String>,
    counting: Option<JoinHandle<Option<usize>>>,
}

impl Ground {
    /// Finds it for a wish. `dir` is the caller's folder.
    ///
    /// # Errors
    ///
    /// [`Error`], by what cannot be had; nothing was changed.
    pub(crate) fn find(site: &Site, dir: &Path, wish: &RunWish) -> Result<Self, Error> {
        let root = site.work_dir()?.to_owned();
        let folder = dir.join(wish.cwd.as_deref().unwrap_or(Path::new("")));
        let cwd = folder_in(&root, &folder)?;
        if site.repo.signature().is_err() && site.repo.author_from_env().is_err() {
            return Err(Error::NoIdentity);
        }
        // To count them takes as long as all the rest: it is done beside it.
        let counting = (wish.base.is_none() && !wish.with_changes).then(|| snapshot::count_changes(&site.repo));
        let (base, snapshot, lines) = base::base_of(site, wish)?;
        let tree = snapshot.as_ref().map_or_else(|| tree::of_commit(&site.repo, base), |s| Ok(s.tree))?;
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        let ground = Self { root, folder, cwd, base, tree, snapshot, lines, counting };
        let odb = ground.odb(site)?;
        support::refuse(&site.repo, &odb, tree)?;
        check_folder(&odb, tree, &ground.cwd, base)?;
        drop(odb);
        Ok(ground)
    }

    /// Where the base's objects are.
    ///
    /// # Errors
    ///
    /// [`git::Error`] if the repository's store of objects cannot be opened.
    pub(crate) fn odb<'g>(&'g self, site: &'g Site) -> Result<Odb<'g>, git::Error> {
        self.snapshot.as_ref().map_or_else(|| git::repo::odb(&site.repo), |snapshot| snapshot.intake.odb())
    }

    /// What of it has to be kept, and what the user should know of it.
    pub(super) fn leave(mut self, site: &Site) -> (Option<snapshot::Snapshot>, Vec<String>) {
        if let Some(counting) = self.counting.take() {
            self.lines.push(snapshot::base_line(&site.repo, self.base, counting.join().ok().flatten()));
        }
        (self.snapshot, self.lines)
    }
}

/// A folder of the file system, relative to the checkout's root.
fn folder_in(root: &Path, folder: &Path) -> Result<RepoPath, Error> {
    let outside = || Error::OutsideFolder(folder.to_owned());
    let absolute = lexical(&std::path::absolute(folder).map_err(|_| outside())?);
    let found = absolute.strip_prefix(root).map(Path::to_owned).or_else(|_| {
        let resolved = absolute.canonicalize().map_err(|_| outside())?;
        resolved.strip_prefix(root.canonicalize().map_err(|_| outside())?).map(Path::to_owned).map_err(|_| outside())
    })?;
    Ok(RepoPath::from(found.as_path()))
}

/// The path without `.` and `..`, as a shell's `cd` reads it.
pub(crate) fn lexical(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

fn check_folder(odb: &Odb<'_>, tree: TreeId, cwd: &RepoPath, base: CommitId) -> Result<(), Error> {
    if cwd.is_root() {
        return Ok(());
    }
    match tree::find(odb, tree.into(), cwd)? {
        Some(entry) if entry.is_folder() => Ok(()),
        _ => Err(Error::UnknownFolder { folder: cwd.clone(), base: base.short() }),
    }
}
