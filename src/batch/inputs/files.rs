//! The files of the base, to be asked for by the thousand.

use git2::Odb;

use crate::git;
use crate::git::tree::{self, Entry, GITLINK};
use crate::id::TreeId;
use crate::task::RepoPath;

/// Every file of a tree in the order of paths, which is the order of bytes.
pub(super) struct Files(Vec<(RepoPath, Entry)>);

impl Files {
    pub(super) fn of(odb: &Odb<'_>, tree: TreeId) -> Result<Self, git::Error> {
        tree::flatten(odb, tree.into()).map(Self)
    }

    /// Tells whether a file or a folder is called so; the root is a folder.
    pub(super) fn has(&self, path: &RepoPath) -> bool {
        let is_there = |path: &RepoPath| self.0.binary_search_by(|(at, _)| at.cmp(path)).is_ok();
        is_there(path) || self.has_folder(path)
    }

    /// Lists all but submodules, which have no files here.
    pub(super) fn files(&self) -> impl Iterator<Item = &RepoPath> {
        self.0.iter().filter(|(_, entry)| entry.mode != GITLINK).map(|(path, _)| path)
    }

    /// Lists the folders, and submodules, in the order in which their files come.
    pub(super) fn folders(&self) -> Vec<RepoPath> {
        let mut folders: Vec<RepoPath> = Vec::new();
        let mut last = RepoPath::default();
        for (path, entry) in &self.0 {
            let own = Some(path.clone()).filter(|_| entry.mode == GITLINK);
            let folder = path.parent().unwrap_or_default();
            if folder != last {
                let above = std::iter::successors(Some(folder.clone()), RepoPath::parent);
                let mut new: Vec<_> = above.take_while(|above| !above.is_root() && *above != last && !above.holds(&last)).collect();
                new.reverse();
                folders.extend(new);
                last = folder;
            }
            folders.extend(own);
        }
        folders
    }

    /// The files of a folder stand together, behind those whose name goes on after the folder's with a byte below `/`.
    fn has_folder(&self, folder: &RepoPath) -> bool {
        let start = if folder.is_root() { folder.clone() } else { folder.join(b"") };
        let at = self.0.partition_point(|(path, _)| *path < start);
        self.0.get(at).is_some_and(|(path, _)| folder.holds(path))
    }
}

/// The place of a path as it is typed in a folder, or from the root if it starts with `/`; `None` if it leads out.
pub(super) fn resolve(folder: &RepoPath, typed: &[u8]) -> Option<RepoPath> {
    let start = if typed.starts_with(b"/") { RepoPath::default() } else { folder.clone() };
    typed
        .split(|b| *b == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
        .try_fold(start, |at, part| if part == b".." { at.parent() } else { Some(at.join(part)) })
}
