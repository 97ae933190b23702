//! Which paths of a checkout git ignores, for hints: asked for single paths, from the root down.

use std::path::Path;

use git2::Repository;

use super::Error;
use super::capture::rules;
use crate::git::ignore::Ignores;
use crate::sys::folder::Folder;
use crate::task::RepoPath;

/// The ignore rules of one checkout.
pub(crate) struct Ignored<'a> {
    root: &'a Path,
    ignores: Ignores,
}

impl<'a> Ignored<'a> {
    /// Reads the rules that hold in all of a checkout.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] if the configuration is unreadable.
    pub(crate) fn of(repo: &Repository, root: &'a Path) -> Result<Self, Error> {
        Ok(Self { root, ignores: Ignores::of(repo)? })
    }

    /// Finds the highest path on the way to this one, itself included, that git ignores; whether git tracks it is not asked.
    pub(crate) fn highest(&self, path: &RepoPath, folder: bool) -> Option<RepoPath> {
        let mut place = self.ignores.root(self.rules(&RepoPath::default()).as_deref());
        let mut at = RepoPath::default();
        let mut parts = path.as_bytes().split(|b| *b == b'/').peekable();
        while let Some(part) = parts.next() {
            at = at.join(part);
            let is_folder = folder || parts.peek().is_some();
            if self.ignores.ignores(&place, &at, is_folder) {
                return Some(at);
            }
            place = self.ignores.enter(&place, &at, self.rules(&at).as_deref());
        }
        None
    }

    fn rules(&self, folder: &RepoPath) -> Option<Vec<u8>> {
        Folder::open(&self.root.join(folder.as_path())).ok().as_ref().and_then(rules)
    }
}
