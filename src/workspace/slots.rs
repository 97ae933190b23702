//! The slots of a repository: as many worktrees as tasks run at once, used again and again.
//!
//! A slot is free when its record names no owner and nobody holds its lock. An owner without a lock is what a crash left: the slot
//! is kept as it is for recovery, which claims it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use git2::Repository;

use super::Error;
use super::cache::Cache;
use super::record::{Owner, Record, Role};
use super::slot::{Slot, Wanted};
use crate::id::Uid;
use crate::sys::file;
use crate::sys::folder::Folder;
use crate::sys::lock::Lock;
use crate::task::Text;

/// Longer than anybody holds a slot who only looks at it.
const A_LOOK: Duration = Duration::from_millis(500);

/// The slots of one repository.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    folder: PathBuf,
    trash: PathBuf,
    common: PathBuf,
    name: Text,
}

/// A slot that has an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    /// The slot's number.
    pub(crate) n: u32,
    /// Its owner.
    pub(crate) owner: Owner,
    /// A process holds it: the owner is alive.
    pub(crate) held: bool,
}

impl Slots {
    /// Finds the slots that are kept in `folder`, which need not be there yet; what is deleted goes by way of `trash`, on the same
    /// file system. Their worktrees are called as the repository's own checkout is.
    pub(crate) fn new(folder: &Path, trash: &Path, main: &Repository) -> Self {
        let common = main.commondir();
        let common = common.canonicalize().unwrap_or_else(|_| common.to_owned());
        let name = repository_name(&common);
        Self { folder: folder.to_owned(), trash: trash.to_owned(), common, name }
    }

    /// Takes a free slot, or a new one, and makes it what is wanted. One that holds the same tree is preferred.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] if the tree cannot be written, [`Error::File`]; the slot is then nobody's again.
    pub(crate) fn take(&self, wanted: &Wanted) -> Result<Slot, Error> {
        self.take_with(wanted, None)
    }

    /// As [`Slots::take`], for a check: a slot in which an earlier one left the same cache comes first, and that stays.
    ///
    /// # Errors
    ///
    /// As [`Slots::take`].
    pub(crate) fn take_with(&self, wanted: &Wanted, cache: Option<Cache<'_>>) -> Result<Slot, Error> {
        let mut slot = match self.find_idle(wanted, cache.map_or(&[], |cache| cache.globs))? {
            Some(slot) => slot,
            None => self.make()?,
        };
        match slot.prepare(wanted, cache) {
            Ok(()) => Ok(slot),
            Err(error) => {
                // What could not be prepared nobody has worked in; the first error is the one to tell.
                drop(slot.release());
                Err(error)
            }
        }
    }

    fn find_idle(&self, wanted: &Wanted, cache: &[String]) -> Result<Option<Slot>, Error> {
        let may_have = |record: &Record| record.cache.is_empty() || wanted.owner.role == Role::Check;
        let mut idle = Vec::new();
        for n in self.numbers()? {
            // A record that cannot be read may be of a newer program: its slot is left alone.
            match Record::load(&self.path_of(n)) {
                Ok(Some(record)) if record.owner.is_none() && may_have(&record) => {
                    idle.push((record.cache != cache, record.tree != Some(wanted.tree), n));
                }
                Ok(None) => idle.push((!cache.is_empty(), true, n)),
                _ => {}
            }
        }
        idle.sort_unstable();
        for (_, _, n) in idle {
            // Another process may have had it since.
            if let Some(slot) = self.try_hold(n)?
                && slot.owner().is_none()
                && may_have(&slot.record)
            {
                return Ok(Some(slot));
            }
        }
        Ok(None)
    }

    fn make(&self) -> Result<Slot, Error> {
        file::make_folder(&self.folder)?;
        for n in 1.. {
            let path = self.path_of(n);
            match fs::create_dir(&path) {
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => continue,
                other => other.map_err(file::Error::of("make the folder", &path))?,
            }
            if let Some(slot) = self.try_hold(n)?
                && slot.owner().is_none()
            {
                return Ok(slot);
            }
        }
        unreachable!("BUG: four thousand million slots are in use")
    }

    /// Holds a slot if nobody does; `None` also where it was deleted meanwhile.
    fn try_hold(&self, n: u32) -> Result<Option<Slot>, Error> {
        let folder = self.path_of(n);
        let path = folder.join("lock");
        if !folder.is_dir() {
            return Ok(None);
        }
        let Some(lock) = Lock::try_acquire(&path)?.filter(|lock| lock.is_on(&path)) else { return Ok(None) };
        let fresh = || Record { n, name: self.name.clone(), ..Record::default() };
        let record = Record::load(&folder)?.unwrap_or_else(fresh);
        Ok(Some(Slot { folder, common: self.common.clone(), record, lock, has_cache: false }))
    }

    /// Lists the slots that have an owner, alive or not.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the folder cannot be read.
    pub(crate) fn owned(&self) -> Result<Vec<Owned>, Error> {
        let mut found = Vec::new();
        for n in self.numbers()? {
            let folder = self.path_of(n);
            if let Ok(Some(Record { owner: Some(owner), .. })) = Record::load(&folder) {
                found.push(Owned { n, owner, held: Lock::is_held(&folder.join("lock"))? });
            }
        }
        Ok(found)
    }

    /// Claims the slots of an attempt whose runner is gone, as they were left. Those that a process still holds are not among them.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn claim(&self, task: &Uid, attempt: u32) -> Result<Vec<Slot>, Error> {
        let is_wanted = |owner: &Owner| owner.task == *task && owner.attempt == attempt;
        let mut claimed = Vec::new();
        for owned in self.owned()?.into_iter().filter(|owned| is_wanted(&owned.owner)) {
            claimed.extend(self.hold_soon(owned.n)?.filter(|slot| slot.owner().is_some_and(is_wanted)));
        }
        Ok(claimed)
    }

    /// Holds a slot, if not at once then when those are through who only look who holds it.
    fn hold_soon(&self, n: u32) -> Result<Option<Slot>, Error> {
        let started = Instant::now();
        loop {
            match self.try_hold(n)? {
                None if started.elapsed() < A_LOOK && self.path_of(n).is_dir() => std::thread::sleep(A_LOOK / 50),
                slot => return Ok(slot),
            }
        }
    }

    /// Deletes free slots but for `keep` of them, and what is in the trash. Returns how many are deleted.
    ///
    /// # Errors
    ///
    /// [`Error::Kept`], [`Error::File`].
    pub(crate) fn shrink(&self, keep: usize) -> Result<usize, Error> {
        // One with an owner is not held even for a moment: recovery may be about to claim it. Nor is any where none is to go: the next
        // task may be about to take it.
        let is_idle = |folder: &Path| Record::load(folder).is_ok_and(|record| record.is_some_and(|r| r.owner.is_none()));
        let numbers: Vec<_> = self.numbers()?.into_iter().filter(|n| is_idle(&self.path_of(*n))).collect();
        let mut idle = Vec::new();
        for n in numbers.iter().filter(|_| numbers.len() > keep) {
            idle.extend(self.try_hold(*n)?.filter(|slot| is_idle(&slot.folder)));
        }
        let surplus = idle.split_off(keep.min(idle.len()));
        let count = surplus.len();
        for slot in surplus {
            slot.remove(&self.trash)?;
        }
        self.empty_trash()?;
        Ok(count)
    }

    fn empty_trash(&self) -> Result<(), Error> {
        if !self.trash.is_dir() {
            return Ok(());
        }
        let trash = Folder::open(&self.trash)?;
        for (name, _) in trash.entries()? {
            trash.remove_all(&name)?;
        }
        Ok(())
    }

    fn path_of(&self, n: u32) -> PathBuf {
        self.folder.join(n.to_string())
    }

    fn numbers(&self) -> Result<Vec<u32>, Error> {
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let names = Folder::open(&self.folder)?.entries()?;
        let mut numbers: Vec<u32> = names.iter().filter_map(|(name, _)| name.to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }
}

/// What a repository's worktrees of ours are called: as the repository itself.
pub(crate) fn worktree_name(main: &Repository) -> Text {
    let common = main.commondir();
    repository_name(&common.canonicalize().unwrap_or_else(|_| common.to_owned()))
}

/// Tells whether a name in a slot's folder, beside its worktree, is one of ours.
pub(crate) fn is_own_name(name: &std::ffi::OsStr) -> bool {
    name == "lock" || name == "slot.json" || name.as_encoded_bytes().starts_with(b".takeback-")
}

/// `/home/u/project/.git` and `/srv/project.git` are both of `project`.
pub(super) fn repository_name(common: &Path) -> Text {
    let last = |path: &Path| path.file_name().map(ToOwned::to_owned);
    let name = match last(common) {
        Some(name) if name == ".git" => common.parent().and_then(last),
        Some(_) => common.file_stem().map(ToOwned::to_owned),
        None => None,
    };
    name.unwrap_or_else(|| "repository".into()).into()
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;
