//! What was brought to an attempt, as it lay when its command started: `brought.json` in the attempt's folder.
//!
//! Written once, before the command's process is on record; an attempt whose slot is captured therefore has it. It is removed when
//! all that the task changed is kept.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};

use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use super::split;
use crate::sys::fault::Point;
use crate::sys::file;
use crate::sys::folder::Folder;
use crate::task::bring::is_beside;
use crate::task::{Amount, Output, OutputKind, RepoPath};
use crate::workspace::Error;
use crate::workspace::manifest::{Manifest, Print};

/// Files and links that were brought, sorted by their place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    roots: Vec<RepoPath>,
    files: Vec<(RepoPath, Print)>,
}

/// What a look through a slot finds of what was brought.
pub(crate) struct Lookout<'a> {
    ledger: &'a Ledger,
    seen: Vec<bool>,
    /// Paths that were brought and in which git has nothing.
    whole: Vec<&'a RepoPath>,
}

impl Ledger {
    pub(super) fn new(mut roots: Vec<RepoPath>, mut files: Vec<(RepoPath, Print)>) -> Self {
        roots.sort_unstable();
        files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Self { roots, files }
    }

    /// Reads an attempt's ledger; where there is none, nothing was brought.
    ///
    /// # Errors
    ///
    /// [`Error::File`]; [`Error::Record`] if it is not one of ours.
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        let Some(bytes) = file::read(path)? else { return Ok(Self::default()) };
        serde_json::from_slice(&bytes).map_err(|source| Error::Record { path: path.to_owned(), source })
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn save(&self, path: &Path) -> Result<(), Error> {
        let bytes = serde_json::to_vec(self).map_err(|source| Error::Record { path: path.to_owned(), source })?;
        Ok(file::replace(path, &bytes, Point::BROUGHT)?)
    }

    /// Starts a look through a slot in which git has these files.
    pub(crate) fn lookout(&self, tracked: &Manifest) -> Lookout<'_> {
        let whole = self.roots.iter().filter(|root| tracked.below(root).is_empty()).collect();
        Lookout { ledger: self, seen: vec![false; self.files.len()], whole }
    }

    fn find(&self, path: &RepoPath) -> Option<usize> {
        self.files.binary_search_by(|(place, _)| place.cmp(path)).ok()
    }
}

impl Lookout<'_> {
    /// Tells whether something was brought to a place below a folder.
    pub(crate) fn is_below(&self, folder: &RepoPath) -> bool {
        let of = |path: &RepoPath| folder.holds(path);
        let mut prefix = folder.as_bytes().to_vec();
        prefix.push(b'/');
        let files = &self.ledger.files;
        let start = files.partition_point(|(place, _)| place.as_bytes() < prefix.as_slice());
        files.get(start).is_some_and(|(place, _)| of(place)) || self.ledger.roots.iter().any(|root| root == folder || of(root))
    }

    /// Looks at a file or link: `None` if it was not brought, else whether it lies as it was brought.
    pub(crate) fn see(&mut self, path: &RepoPath, print: Option<&Print>) -> Option<bool> {
        let n = self.ledger.find(path)?;
        self.seen[n] = true;
        Some(print == Some(&self.ledger.files[n].1))
    }

    /// Passes by what was brought below a folder that cannot be looked into.
    pub(crate) fn pass_by(&mut self, folder: &RepoPath) {
        for (seen, (place, _)) in self.seen.iter_mut().zip(&self.ledger.files) {
            *seen |= folder.holds(place);
        }
    }

    /// Tells whether a place lies in a path that was brought, whatever git says of it or only where git ignores it.
    pub(crate) fn is_brought(&self, path: &RepoPath, ignored: bool) -> bool {
        let holds = |root: &RepoPath| root == path || root.holds(path);
        self.whole.iter().any(|root| holds(root)) || (ignored && self.ledger.roots.iter().any(holds))
    }

    /// Looks through what was brought beside the worktree, and lists what the task made and changed there.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn look_beside(&mut self, around: &Path) -> Result<Vec<Output>, Error> {
        let mut found = Vec::new();
        for root in self.ledger.roots.iter().filter(|root| is_beside(root)) {
            let (base, way) = split(root, around, around);
            let names = way.parent().into_iter().flat_map(Path::components).map(Component::as_os_str);
            let Some(folder) = Folder::open(base)?.enter_path(names)? else { continue };
            self.look_at(&folder, way.file_name().unwrap_or_default(), root.clone(), &mut found)?;
        }
        Ok(found)
    }

    fn look_at(&mut self, folder: &Folder, name: &OsStr, place: RepoPath, found: &mut Vec<Output>) -> Result<(), Error> {
        let Some(stat) = folder.stat(name)? else { return Ok(()) };
        let bytes = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => u64::try_from(stat.st_size).unwrap_or_default(),
            FileType::Symlink => 0,
            FileType::Directory => return self.look_below(folder, name, &place, found),
            _ => return Ok(()),
        };
        if self.see(&place, Some(&Print::of(&stat))) != Some(true) {
            found.push(output(place, OutputKind::Brought, Amount { files: 1, bytes }));
        }
        Ok(())
    }

    fn look_below(&mut self, folder: &Folder, name: &OsStr, place: &RepoPath, found: &mut Vec<Output>) -> Result<(), Error> {
        match folder.enter_by_force(name) {
            Ok(Some(inner)) => {
                for (name, _) in inner.entries()? {
                    self.look_at(&inner, &name, place.join(name.as_bytes()), found)?;
                }
            }
            Ok(None) => {}
            // A folder that is somebody else's by now.
            Err(_) => self.pass_by(place),
        }
        Ok(())
    }

    /// Lists what was brought and is not there any more, a folder that is gone as one.
    pub(crate) fn gone(&self, root: &Path, around: &Path) -> Vec<Output> {
        let mut gone: Vec<Output> = Vec::new();
        for ((place, print), _) in self.ledger.files.iter().zip(&self.seen).filter(|(_, seen)| !**seen) {
            let amount = Amount { files: 1, bytes: print.size() };
            match gone.last_mut().filter(|last| last.path.holds(place)) {
                Some(last) => last.amount += amount,
                None => gone.push(output(self.highest_gone(place, root, around), OutputKind::BroughtDeleted, amount)),
            }
        }
        gone
    }

    /// The highest folder above a file that is gone, and is gone itself; the file where none is.
    fn highest_gone(&self, file: &RepoPath, root: &Path, around: &Path) -> RepoPath {
        let is_there = |place: &RepoPath| {
            let (base, way) = split(place, root, around);
            base.join(way).symlink_metadata().is_ok_and(|about| about.is_dir())
        };
        let is_of = |place: &RepoPath| self.ledger.roots.iter().any(|root| root == place || root.holds(place));
        let mut highest = file.clone();
        while let Some(above) = highest.parent().filter(|above| is_of(above) && !is_there(above)) {
            highest = above;
        }
        highest
    }
}

fn output(path: RepoPath, kind: OutputKind, amount: Amount) -> Output {
    Output { path, kind, amount, kept: false }
}
