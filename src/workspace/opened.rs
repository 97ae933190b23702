//! Worktrees that the user has opened: one for a task, in a place that stays the same.
//!
//! On disk: `<open>/<task>/{lock, slot.json, <repository's name>/}`, laid out and registered with git as a slot is. In its record
//! `open` says who has been in it:
//! - nothing: it is being made ready, or removed; nobody has worked in it, or what was done is kept elsewhere. [`Opens::sweep`]
//!   removes what a crash leaves so.
//! - `attended`: a command of ours holds the lock and waits for the user; where nobody holds it, that command was cut short.
//! - `left`: it is the user's until it is taken or closed.
//!
//! With one of the last two nothing here changes a file in it.

use std::path::{Path, PathBuf};

use git2::Repository;

use super::record::{Open, Owner, Record};
use super::registration::{FOR_ITS_USER, OPENED};
use super::slot::{Slot, Wanted};
use super::slots::repository_name;
use super::{Error, Role};
use crate::git::admin::AdminDir;
use crate::id::{CommitId, Name};
use crate::sys::folder::Folder;
use crate::sys::lock::Lock;
use crate::sys::{command, file};
use crate::task::Text;

/// How often a worktree is looked for that is being removed.
const TRIES: u32 = 10;

/// The opened worktrees of one repository.
#[derive(Clone, Debug)]
pub(crate) struct Opens {
    folder: PathBuf,
    trash: PathBuf,
    common: PathBuf,
    name: Text,
}

/// An opened worktree that this process holds.
#[derive(Debug)]
pub(crate) struct Opened {
    slot: Slot,
    trash: PathBuf,
}

/// An opened worktree, looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The task's name.
    pub(crate) task: String,
    /// Where it is.
    pub(crate) root: PathBuf,
    /// What it was opened for.
    pub(crate) owner: Owner,
    /// The commit that was in it at first.
    pub(crate) commit: CommitId,
    /// A command of ours is with it now.
    pub(crate) held: bool,
    /// Such a command was cut short.
    pub(crate) cut_short: bool,
}

impl Opens {
    /// Finds those that are kept below a state dir; what is deleted goes by way of its trash.
    pub(crate) fn new(state: &Path, main: &Repository) -> Self {
        let common = main.commondir();
        let common = common.canonicalize().unwrap_or_else(|_| common.to_owned());
        let name = repository_name(&common);
        Self { folder: state.join("open"), trash: state.join("trash"), common, name }
    }

    /// Holds a task's worktree, which need not be there yet.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] if another process holds it.
    pub(crate) fn hold(&self, task: &Name) -> Result<Opened, Error> {
        let folder = self.folder.join(task.as_str());
        for _ in 0..TRIES {
            file::make_folder(&folder)?;
            if let Some(opened) = self.try_hold(&folder)? {
                return Ok(opened);
            }
        }
        Err(Error::Busy { path: folder.join(self.name.as_path()) })
    }

    /// Holds a task's worktree, if there is one that somebody has been in.
    ///
    /// # Errors
    ///
    /// As [`Self::hold`].
    pub(crate) fn find(&self, task: &Name) -> Result<Option<Opened>, Error> {
        if !self.folder.join(task.as_str()).is_dir() {
            return Ok(None);
        }
        let opened = self.hold(task)?;
        Ok(Some(opened).filter(|opened| opened.open().is_some()))
    }

    fn try_hold(&self, folder: &Path) -> Result<Option<Opened>, Error> {
        let path = folder.join("lock");
        // The folder may go between two looks: whoever held it was removing it.
        let lock = match Lock::try_acquire(&path) {
            Err(crate::sys::lock::Error::File(e)) if e.is_not_found() => return Ok(None),
            other => other?,
        };
        let Some(lock) = lock else { return Err(Error::Busy { path: folder.join(self.name.as_path()) }) };
        if !lock.is_on(&path) {
            return Ok(None);
        }
        let fresh = || Record { n: OPENED, name: self.name.clone(), ..Record::default() };
        let record = Record::load(folder)?.unwrap_or_else(fresh);
        let slot = Slot { folder: folder.to_owned(), common: self.common.clone(), record, has_cache: false, lock };
        Ok(Some(Opened { slot, trash: self.trash.clone() }))
    }

    /// Lists those that somebody has been in, by name.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if they cannot be listed.
    pub(crate) fn all(&self) -> Result<Vec<Seen>, Error> {
        let mut found = Vec::new();
        for folder in self.folders()? {
            let Ok(Some(Record { open: Some(open), owner: Some(owner), commit: Some(commit), name, .. })) = Record::load(&folder)
            else {
                continue;
            };
            let held = Lock::is_held(&folder.join("lock"))?;
            let task = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let cut_short = open == Open::Attended && !held;
            found.push(Seen { task, root: folder.join(name.as_path()), owner, commit, held, cut_short });
        }
        found.sort_by(|a, b| a.task.cmp(&b.task));
        Ok(found)
    }

    /// Removes those that a crash has left half ready, or half removed. Nobody has worked in them since.
    ///
    /// # Errors
    ///
    /// [`Error::Kept`], [`Error::File`].
    pub(crate) fn sweep(&self) -> Result<(), Error> {
        for folder in self.folders()? {
            if !matches!(Record::load(&folder), Ok(None | Some(Record { open: None, .. }))) {
                continue;
            }
            match self.try_hold(&folder) {
                Ok(Some(opened)) if opened.open().is_none() => opened.remove()?,
                Ok(_) | Err(Error::Busy { .. }) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn folders(&self) -> Result<Vec<PathBuf>, Error> {
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let names = Folder::open(&self.folder)?.entries()?;
        Ok(names.into_iter().map(|(name, _)| self.folder.join(name)).filter(|folder| folder.is_dir()).collect())
    }
}

impl Opened {
    /// The worktree.
    pub(crate) fn root(&self) -> PathBuf {
        self.slot.root()
    }

    /// How it stands; `None` where nobody has been in it.
    pub(crate) fn open(&self) -> Option<Open> {
        self.slot.record.open
    }

    /// The commit that was in it at first.
    pub(crate) fn commit(&self) -> Option<CommitId> {
        self.slot.record.commit
    }

    /// The attempt whose result was in it at first.
    pub(crate) fn attempt(&self) -> Option<u32> {
        self.slot.owner().map(|owner| owner.attempt)
    }

    /// Its admin dir.
    ///
    /// # Errors
    ///
    /// [`Error::Gone`] if somebody removed it since.
    pub(crate) fn admin(&self) -> Result<AdminDir, Error> {
        self.slot.admin()
    }

    /// Fills it with a commit's files, for its user.
    ///
    /// # Errors
    ///
    /// [`Error::Git`], [`Error::File`]; nobody has been in it then.
    pub(crate) fn fill(&mut self, wanted: &Wanted) -> Result<(), Error> {
        debug_assert!(wanted.owner.role == Role::Open, "BUG: only a user opens a worktree");
        self.slot.prepare(wanted, None)
    }

    /// Puts its registration and its `.git` file right, and nothing else: whoever works in it needs them.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn register(&mut self) -> Result<(), Error> {
        let Some(commit) = self.commit() else { return Err(Error::Gone { path: self.root() }) };
        let admin = self.slot.make_admin(commit, FOR_ITS_USER)?;
        self.slot.write_link(&admin)?;
        if !admin.index().is_file() {
            // Its user has removed the registration, and with it what git knew of the files.
            command::output(admin.git()?.args(["read-tree", "HEAD"]))?;
        }
        Ok(())
    }

    /// Says that it is in use, or left.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn mark(&mut self, open: Open) -> Result<(), Error> {
        self.slot.record.open = Some(open);
        self.slot.record.save(&self.slot.folder)
    }

    /// Removes it. What was done in it must be safe elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::Kept`], [`Error::File`]; what is left of it goes with the next sweep.
    pub(crate) fn remove(mut self) -> Result<(), Error> {
        self.slot.record.open = None;
        self.slot.record.save(&self.slot.folder)?;
        self.slot.remove(&self.trash)
    }
}
