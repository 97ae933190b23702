//! Folders of a check's worktree that stay from one check to the next: what it has built, so that the next need not build it all.
//!
//! Only what git ignores in the tree that is put there, and only whole folders; files beside them go as ever. A slot that holds such
//! folders says so in its record, from the moment a check has ended by itself until the next one takes it: what a crash or a limit cut
//! short is not found again. Tasks never get such a slot, and a slot has one holder: no two running checks share what is in it.

use std::os::unix::ffi::OsStrExt as _;

use git2::{ObjectType, Odb, Repository};
use rustix::fs::FileType;

use super::Error;
use crate::git::ignore::{self, Ignores};
use crate::git::on_disk;
use crate::git::tree;
use crate::id::TreeId;
use crate::sys::folder::Folder;
use crate::task::RepoPath;

/// Which folders stay.
#[derive(Clone, Copy)]
pub(crate) struct Cache<'a> {
    /// As they are configured: a slot that was left with others is no use.
    pub(crate) globs: &'a [String],
    /// Tells whether a path is named.
    pub(crate) names: &'a dyn Fn(&RepoPath) -> bool,
}

/// A look at what lies beside a tree, for what of it may stay.
pub(super) struct Keeper<'a> {
    /// What is named.
    pub(super) cache: Cache<'a>,
    /// The slot's repository.
    pub(super) repo: &'a Repository,
    /// The tree that the slot is to hold.
    pub(super) tree: TreeId,
}

impl Keeper<'_> {
    /// Takes what may stay out of a list of what is in no tree. Of a folder in which something stays the rest is listed instead.
    /// Returns whether anything stays.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] if the tree is unreadable; [`Error::File`] if a folder is.
    pub(super) fn sort(&self, root: &Folder, surplus: Vec<RepoPath>) -> Result<(Vec<RepoPath>, bool), Error> {
        let odb = crate::git::repo::odb(self.repo)?;
        let mut rest = Vec::new();
        let mut stays = false;
        for path in surplus {
            match on_disk::parent(root, &path)? {
                Some(folder) => stays |= self.visit(&odb, &folder, path, &mut rest)?,
                None => rest.push(path),
            }
        }
        Ok((rest, stays))
    }

    fn visit(&self, odb: &Odb<'_>, above: &Folder, path: RepoPath, rest: &mut Vec<RepoPath>) -> Result<bool, Error> {
        let Some(folder) = above.enter_by_force(on_disk::name_of(&path))? else {
            rest.push(path);
            return Ok(false);
        };
        if (self.cache.names)(&path) && self.is_ignored(odb, &path)? {
            return Ok(true);
        }
        let (mut below, mut stays) = (Vec::new(), false);
        for (name, kind) in folder.entries()? {
            let child = path.join(name.as_bytes());
            match kind {
                FileType::Directory => stays |= self.visit(odb, &folder, child, &mut below)?,
                _ => below.push(child),
            }
        }
        if stays {
            rest.extend(below);
        } else {
            rest.push(path);
        }
        Ok(stays)
    }

    /// Tells whether git ignores a folder by the rules of the tree.
    fn is_ignored(&self, odb: &Odb<'_>, path: &RepoPath) -> Result<bool, Error> {
        let ignores = Ignores::of(self.repo)?;
        let mut folder = RepoPath::default();
        let mut place = ignores.root(self.rules(odb, &folder)?.as_deref());
        let parts: Vec<&[u8]> = path.as_bytes().split(|b| *b == b'/').collect();
        for part in &parts[..parts.len() - 1] {
            folder = folder.join(part);
            place = ignores.enter(&place, &folder, self.rules(odb, &folder)?.as_deref());
        }
        Ok(ignores.ignores(&place, path, true))
    }

    /// What the ignore file of a folder says in the tree.
    fn rules(&self, odb: &Odb<'_>, folder: &RepoPath) -> Result<Option<Vec<u8>>, Error> {
        let path = folder.join(ignore::FILE_NAME.as_bytes());
        let entry = tree::find(odb, self.tree.into(), &path)?;
        let Some(entry) = entry.filter(|entry| matches!(entry.mode, tree::FILE | tree::EXECUTABLE)) else { return Ok(None) };
        Ok(Some(tree::read(odb, entry.id, ObjectType::Blob)?.data().to_vec()))
    }
}
