//! A slot that files are brought to: in its worktree, and beside it.
//!
//! Names beside the worktree are on the slot's record before the first file is made there, and go with the slot's release or its next
//! use; only names on record are removed. What is in the worktree goes with the next reset, as all that git does not have.

use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::AtomicBool;

use super::put::{Target, clear_beside, put};
use super::{Error as BringError, Ledger, Survey};
use crate::git::on_disk;
use crate::sys::folder::Folder;
use crate::task::bring::is_beside;
use crate::task::{RepoPath, Text};
use crate::workspace::{Error, Slot, slots};

impl Slot {
    /// Brings files into the slot and beside its worktree. The next reset removes all of them.
    ///
    /// # Errors
    ///
    /// [`BringError`]; what was brought until then is removed, as far as it can be.
    pub(crate) fn bring(&mut self, found: &Survey, stop: &AtomicBool) -> Result<Ledger, Error> {
        // A check that is asked again has brought files there before.
        self.clear_beside()?;
        self.record.beside = found.names_beside();
        let is_own = |name: &Text| *name == self.record.name || slots::is_own_name(name.as_os_str());
        if let Some(name) = self.record.beside.iter().find(|name| is_own(name)) {
            let path = RepoPath::from("..").join(name.as_os_str().as_bytes());
            self.record.beside.clear();
            return Err(BringError::Place { path, why: "beside a worktree that name is taken" }.into());
        }
        if !self.record.beside.is_empty() {
            self.record.save(&self.folder)?;
        }
        let done = put(&Target { root: &self.root(), around: &self.folder }, found, stop);
        if done.is_err() {
            // If the disk is full there is room again now, for all that is still to be written.
            drop(self.take_away(found.amounts.iter().map(|(place, ..)| place)));
            drop(self.clear_beside());
        }
        Ok(done?)
    }

    /// Removes what was brought into the worktree, with all that has come to lie in it: no cache may hold it.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn take_away<'p>(&self, mut places: impl Iterator<Item = &'p RepoPath>) -> Result<(), Error> {
        places.try_for_each(|place| match on_disk::parent(&Folder::open(&self.root())?, place)? {
            Some(folder) if !is_beside(place) => Ok(folder.remove_all(on_disk::name_of(place))?),
            _ => Ok(()),
        })
    }

    /// Removes what was brought beside the worktree; only names that are on record.
    pub(in crate::workspace) fn clear_beside(&mut self) -> Result<(), Error> {
        if self.record.beside.is_empty() {
            return Ok(());
        }
        clear_beside(&self.folder, self.record.beside.iter().map(Text::as_os_str))?;
        self.record.beside.clear();
        Ok(())
    }
}
