//! One slot, held: a worktree of our own, with its admin dir and its record.
//!
//! On disk: `<slots>/<n>/{lock, slot.json, <repository's name>/}`. While this value lives, no other process of ours touches them.
//! The record names the owner before anything is done for it, and no more once the slot is let go of.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use git2::Repository;

use super::cache::Cache;
use super::record::{Over, Owner, Record, Stamp};
use super::registration::{admin_name, reason, serves};
use super::{Error, reset};
use crate::git;
use crate::git::admin::{AdminDir, Head, Registration};
use crate::git::tree::Change;
use crate::id::{CommitId, TreeId, Uid};
use crate::sys::fault::Point;
use crate::sys::file;
use crate::sys::folder::{self, Folder};
use crate::sys::lock::Lock;
use crate::task::RepoPath;

/// What a slot is wanted for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The files that shall be in it, all of them and no others.
    pub(crate) tree: TreeId,
    /// The commit that HEAD shall be at, mostly one with that tree; the caller may point HEAD to a branch of it.
    pub(crate) commit: CommitId,
    /// Who asks.
    pub(crate) owner: Owner,
}

/// A slot that this process holds.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(super) folder: PathBuf,
    pub(super) common: PathBuf,
    pub(super) record: Record,
    pub(super) lock: Lock,
    pub(super) has_cache: bool,
}

impl Slot {
    /// The slot's number, from 1.
    pub(crate) fn n(&self) -> u32 {
        self.record.n
    }

    /// The worktree.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.join(self.record.name.as_path())
    }

    /// Whom the slot is given to.
    pub(crate) fn owner(&self) -> Option<&Owner> {
        self.record.owner.as_ref()
    }

    /// The worktree's admin dir.
    ///
    /// # Errors
    ///
    /// [`Error::Gone`] if somebody removed it since.
    pub(crate) fn admin(&self) -> Result<AdminDir, Error> {
        let name = self.record.admin.as_deref();
        let found = name.and_then(|name| AdminDir::find(&self.common, name));
        found.ok_or_else(|| Error::Gone { path: self.common.join("worktrees").join(name.unwrap_or_default()) })
    }

    /// Opens the worktree's repository through its admin dir.
    ///
    /// # Errors
    ///
    /// [`Error::Gone`], [`Error::Git`].
    pub(crate) fn repo(&self) -> Result<Repository, Error> {
        Ok(self.admin()?.open()?)
    }

    /// Tells whether the index is the one that the last reset wrote, so that what it says of the files can be trusted.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn has_its_index(&self) -> Result<bool, Error> {
        let Some(admin) = self.record.admin.as_deref().and_then(|name| AdminDir::find(&self.common, name)) else {
            return Ok(false);
        };
        Ok(self.record.index.is_some() && Stamp::of(&admin.index())? == self.record.index)
    }

    /// The tree that was put there last, if that is still known.
    pub(crate) fn tree(&self) -> Option<TreeId> {
        self.record.tree
    }

    /// The slot's own folder, which holds the worktree.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the slot what is wanted: owner, admin dir, HEAD, `.git`, and every file.
    ///
    /// # Errors
    ///
    /// [`Error::Git`], [`Error::File`]; the slot then keeps its owner, and its files are compared by content the next time.
    pub(super) fn prepare(&mut self, wanted: &Wanted, cache: Option<Cache<'_>>) -> Result<(), Error> {
        let left = std::mem::take(&mut self.record.cache);
        self.record.owner = Some(wanted.owner.clone());
        self.record.commit = Some(wanted.commit);
        self.record.save(&self.folder)?;
        self.clear_beside()?;
        self.make_root()?;
        let reason = reason(&wanted.owner);
        let admin = self.make_admin(wanted.commit, &reason)?;
        admin.lock(&reason)?;
        admin.point_head(&Head::Detached(wanted.commit.into()))?;
        self.write_link(&admin)?;
        self.reset_but(wanted.tree, cache.filter(|cache| cache.globs == left))
    }

    /// Tells whether folders are there that an earlier check has left.
    pub(crate) fn has_cache(&self) -> bool {
        self.has_cache
    }

    /// Leaves the folders of the cache to the next check that takes this slot; said once the slot is let go of.
    pub(crate) fn leave_cache(&mut self, cache: Cache<'_>) {
        self.record.cache = cache.globs.to_vec();
    }

    /// Puts the files of a tree into the slot, those that differ from what is there; removes all others, ignored ones too.
    ///
    /// # Errors
    ///
    /// [`Error::Git`], [`Error::File`].
    pub(crate) fn reset(&mut self, tree: TreeId) -> Result<(), Error> {
        self.reset_but(tree, None)
    }

    fn reset_but(&mut self, tree: TreeId, cache: Option<Cache<'_>>) -> Result<(), Error> {
        self.make_root()?;
        let (admin, root) = (self.admin()?, self.root());
        let plan = match self.known()?.map(|(known, over)| reset::plan(&admin, &root, (known, tree), &over, cache)) {
            // The tree that was there last is of a commit that `gc` took.
            None | Some(Err(Error::Git(git::Error::Missing { .. }))) => {
                self.forget_tree()?;
                reset::start_over(&admin, &root, tree)?;
                reset::plan(&admin, &root, (tree, tree), &[], cache)?
            }
            Some(plan) => plan?,
        };
        self.has_cache = plan.keeps;
        if plan.changes_files() {
            self.forget_tree()?;
        }
        reset::carry_out(&admin, &root, plan)?;
        let index = Stamp::of(&admin.index())?;
        if self.record.tree != Some(tree) || self.record.index != index || self.record.over.is_some() {
            self.record.tree = Some(tree);
            self.record.index = index;
            self.record.over = None;
            self.record.save(&self.folder)?;
        }
        Ok(())
    }

    /// Puts other files over the tree that the last reset put there, index included; the next reset knows of them.
    ///
    /// # Errors
    ///
    /// [`Error::Git`], [`Error::File`]; the files are compared by content the next time.
    pub(crate) fn put_over(&mut self, changes: &[Change]) -> Result<(), Error> {
        let Some(tree) = self.record.tree.filter(|_| !changes.is_empty()) else { return Ok(()) };
        let (admin, root) = (self.admin()?, self.root());
        self.forget_tree()?;
        reset::carry_out(&admin, &root, reset::Plan::of(tree, changes.to_vec()))?;
        let paths = changes.iter().map(|change| change.path.clone()).collect();
        self.record.over = Some(Over { tree, index: Stamp::of(&admin.index())?, paths });
        self.record.save(&self.folder)
    }

    /// The tree that the slot's index tells of, and the paths at which it tells of something else.
    fn known(&self) -> Result<Option<(TreeId, Vec<RepoPath>)>, Error> {
        if let Some(over) = &self.record.over {
            let is_told = over.index.is_some() && Stamp::of(&self.admin()?.index())? == over.index;
            return Ok(is_told.then(|| (over.tree, over.paths.clone())));
        }
        let known = if self.has_its_index()? { self.record.tree } else { None };
        Ok(known.map(|tree| (tree, Vec::new())))
    }

    fn forget_tree(&mut self) -> Result<(), Error> {
        let (tree, over) = (self.record.tree.take(), self.record.over.take());
        self.record.index = None;
        if tree.is_none() && over.is_none() { Ok(()) } else { self.record.save(&self.folder) }
    }

    /// Makes sure of a real folder, with the rights to work in it.
    fn make_root(&mut self) -> Result<(), Error> {
        if self.enter_root()?.is_some() {
            return Ok(());
        }
        self.forget_tree()?;
        let root = self.root();
        Folder::open(&self.folder)?.remove_all(self.record.name.as_os_str())?;
        Ok(file::make_folder(&root)?)
    }

    fn enter_root(&self) -> Result<Option<Folder>, Error> {
        Ok(Folder::open(&self.folder)?.enter_by_force(self.record.name.as_os_str())?)
    }

    /// Makes sure of an admin dir for this very folder. One that now serves another folder (`git worktree move`) is its user's. The
    /// name is recorded before it is taken: no crash leaves an admin dir that nobody knows.
    pub(super) fn make_admin(&mut self, commit: CommitId, reason: &str) -> Result<AdminDir, Error> {
        let root = self.root();
        if let Ok(admin) = self.admin()
            && serves(&admin, &root)?
        {
            return Ok(admin);
        }
        self.record.tree = None;
        self.record.over = None;
        let first = admin_name(&self.folder, self.record.n);
        let mut name = first.clone();
        loop {
            self.record.admin = Some(name.clone());
            self.record.save(&self.folder)?;
            // Somebody deleted the slot and its record with it, and left the admin dir.
            if let Some(admin) = AdminDir::find(&self.common, &name)
                && admin.worktree()? == root
            {
                return Ok(admin);
            }
            let head = Head::Detached(commit.into());
            let registration = Registration { name: &name, worktree: &root, head, reason };
            if let Some(admin) = AdminDir::register(&self.common, &registration)? {
                return Ok(admin);
            }
            name = format!("{first}-{}", Uid::random().short());
        }
    }

    /// Whatever a task made of `.git`, it is a file that leads to the admin dir again.
    pub(super) fn write_link(&self, admin: &AdminDir) -> Result<(), Error> {
        let Some(root) = self.enter_root()? else { return Ok(()) };
        let name = OsStr::new(".git");
        if root.stat(name)?.is_some_and(|stat| folder::is_folder(&stat)) {
            root.remove_all(name)?;
        }
        Ok(admin.write_link()?)
    }

    /// Lets go of the slot: nobody's any more, HEAD detached, `.git` right, files as the task left them.
    ///
    /// # Errors
    ///
    /// [`Error::File`]; the slot then still has its owner.
    pub(crate) fn release(mut self) -> Result<(), Error> {
        if let Ok(admin) = self.admin() {
            if let Some(commit) = self.record.commit {
                admin.point_head(&Head::Detached(commit.into()))?;
            }
            self.write_link(&admin)?;
            admin.unlock()?;
            file::remove_unfinished(admin.path())?;
        }
        // What cannot be removed now the next reset removes.
        drop(self.clear_beside());
        self.record.owner = None;
        self.record.save(&self.folder)
    }

    /// Deletes the slot: its registration, then its folder, by way of the trash. Its owner's work must be safe elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::Kept`] if the folder is not one that we made, or holds the repository; [`Error::File`].
    pub(crate) fn remove(self, trash: &Path) -> Result<(), Error> {
        self.refuse_removal()?;
        if let Ok(admin) = self.admin()
            && serves(&admin, &self.root())?
        {
            admin.remove(&self.common)?;
        }
        file::make_folder(trash)?;
        let name = Uid::random();
        file::rename(&self.folder, &trash.join(name.as_str()), Point::TRASH)?;
        drop(self.lock);
        Ok(Folder::open(trash)?.remove_all(name.as_str().as_ref())?)
    }

    pub(super) fn refuse_removal(&self) -> Result<(), Error> {
        let kept = |why| Err(Error::Kept { path: self.folder.clone(), why });
        let recorded = Record::load(&self.folder)?;
        if recorded.as_ref() != Some(&self.record) {
            return kept("its record does not say that it is this slot");
        }
        let (Ok(folder), Ok(common)) = (self.folder.canonicalize(), self.common.canonicalize()) else {
            return kept("it cannot be told where it is");
        };
        if common.starts_with(&folder) || folder.starts_with(&common) {
            return kept("it holds the repository, or the repository holds it");
        }
        let main = Repository::open(&common).map_err(git::Error::of("open the repository at", common.display()))?;
        if main.workdir().and_then(|root| root.canonicalize().ok()).is_some_and(|root| root.starts_with(&folder)) {
            return kept("it holds the repository's own checkout");
        }
        Ok(())
    }
}
