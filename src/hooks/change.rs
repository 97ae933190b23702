//! Putting hooks in place and taking them away.
//!
//! ```text
//! install:  ledger ─► the hook that is there gets a second name ─► ours takes its first name, in one step
//! remove:   the hook that was there takes its name back, in one step (or ours is deleted, where there was none) ─► ledger
//! ```
//!
//! At no moment is a hook that was there before out of work. A crash in between is gone on with by the same command.

use std::path::Path;

use super::ledger::{Ledger, Line};
use super::standing::{State, content, id_of};
use super::{Error, Folder, Standing, all, folder::Place};
use crate::store::Layout;
use crate::sys::fault::Point;
use crate::sys::file;
use crate::sys::lock::Lock;

/// What is done about a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was put in place.
    Installed,
    /// An older one of ours was replaced.
    Updated,
    /// It was taken away; a hook that was there before is back.
    Removed,
    /// It is as it should be.
    Nothing,
}

impl Done {
    /// The word that users and scripts see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Updated => "updated",
            Self::Removed => "removed",
            Self::Nothing => "nothing",
        }
    }
}

/// Installs every hook, or, as a dry run, only says what would be done.
///
/// # Errors
///
/// [`Error::NotOwn`] unless forced, [`Error::Edited`], [`Error::InTheWay`]; [`Error::File`] for example in a folder that cannot be
/// written to, or where the file system knows no second names. Nothing is changed then.
pub(crate) fn install(layout: &Layout, folder: &Folder, how: How) -> Result<Vec<(Standing, Done)>, Error> {
    folder.check(how.force)?;
    let _lock = how.lock(layout)?;
    let mut ledger = Ledger::load(layout)?;
    let found: Vec<_> = all(folder, &ledger)?.into_iter().filter(|standing| standing.used).collect();
    let plan = found.into_iter().map(|standing| Ok((installing(&standing)?, standing))).collect::<Result<Vec<_>, Error>>()?;
    let mut done = Vec::new();
    for (what, standing) in plan {
        if what != Done::Nothing && !how.dry_run {
            put_in_place(layout, &mut ledger, &standing, &folder.path)?;
        }
        done.push((standing, what));
    }
    Ok(done)
}

/// Removes every hook that was installed, or, as a dry run, only says what would be done.
///
/// # Errors
///
/// [`Error::Edited`]: nothing is changed then.
pub(crate) fn remove(layout: &Layout, folder: &Folder, how: How) -> Result<Vec<(Standing, Done)>, Error> {
    let _lock = how.lock(layout)?;
    let mut ledger = Ledger::load(layout)?;
    let found = all(folder, &ledger)?;
    let plan = found.into_iter().map(|standing| Ok((removing(&standing, folder)?, standing))).collect::<Result<Vec<_>, Error>>()?;
    let mut done = Vec::new();
    for (what, standing) in plan {
        if what == Done::Removed && !how.dry_run {
            take_away(&standing)?;
            ledger.drop(standing.script.name, standing.path.parent().unwrap_or(&folder.path));
            ledger.save(layout)?;
        }
        done.push((standing, what));
    }
    Ok(done)
}

/// How hooks are to be changed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct How {
    /// Also in a folder that is not the repository's own.
    pub(crate) force: bool,
    /// Not at all: only say what would be done.
    pub(crate) dry_run: bool,
}

impl How {
    fn lock(self, layout: &Layout) -> Result<Option<Lock>, Error> {
        Ok(if self.dry_run { None } else { Some(Lock::acquire(&layout.writer_lock())?) })
    }
}

fn installing(standing: &Standing) -> Result<Done, Error> {
    let in_the_way = || Error::InTheWay { hook: standing.path.clone(), kept: standing.kept.clone() };
    let knows_kept = standing.line.as_ref().is_some_and(|line| line.before.is_some());
    match standing.state {
        State::Installed => Ok(Done::Nothing),
        State::Outdated => Ok(Done::Updated),
        State::Edited => Err(Error::Edited(standing.path.clone())),
        State::Absent | State::Foreign if !standing.before => Ok(Done::Installed),
        State::Absent if knows_kept => Ok(Done::Installed),
        State::Foreign if knows_kept && standing.is_kept_twice() => Ok(Done::Installed),
        State::Absent | State::Foreign => Err(in_the_way()),
    }
}

fn put_in_place(layout: &Layout, ledger: &mut Ledger, standing: &Standing, folder: &Path) -> Result<(), Error> {
    let Standing { script, path, kept, .. } = standing;
    let mut scripts = standing.line.as_ref().map(|line| line.scripts.clone()).unwrap_or_default();
    let own = id_of(script.text.as_bytes())?;
    scripts.retain(|id| *id != own);
    scripts.push(own);
    let mut before = standing.line.as_ref().and_then(|line| line.before);
    if standing.state == State::Foreign {
        before = content(path)?;
    }
    let earlier = ledger.clone();
    ledger.put(Line { name: script.name.to_owned(), folder: folder.into(), scripts, before });
    ledger.save(layout)?;
    let placed = (|| {
        file::make_folder(folder)?;
        if standing.state == State::Foreign && !standing.before {
            file::name_twice(path, kept, Point::HOOK_KEPT)?;
        }
        file::replace_program(path, script.text.as_bytes(), Point::HOOK)
    })();
    if placed.is_err() && content(path).is_ok_and(|there| there != Some(own)) {
        // The first error is the one to tell.
        drop(clear_up(layout, standing, &earlier));
    }
    Ok(placed?)
}

/// Takes back what was done about a hook that could not be put in place.
fn clear_up(layout: &Layout, standing: &Standing, earlier: &Ledger) -> Result<(), Error> {
    if !standing.before && standing.is_kept_twice() {
        file::remove(&standing.kept, Point::HOOK)?;
    }
    earlier.save(layout)
}

fn removing(standing: &Standing, folder: &Folder) -> Result<Done, Error> {
    let is_own = standing.used && folder.place == Place::Own;
    match (&standing.line, standing.state) {
        // Put there by hand; in a folder of others it may be theirs.
        (None, State::Installed) if is_own => Ok(Done::Removed),
        (None, _) => Ok(Done::Nothing),
        (Some(_), State::Edited) if !standing.is_restored()? => Err(Error::Edited(standing.path.clone())),
        (Some(_), _) => Ok(Done::Removed),
    }
}

fn take_away(standing: &Standing) -> Result<(), Error> {
    let Standing { path, kept, .. } = standing;
    let is_ours_to_keep = standing.before && standing.line.as_ref().is_none_or(|line| line.before.is_some());
    match standing.state {
        // It was about to be replaced, and never was.
        State::Foreign | State::Edited if standing.is_kept_twice() => Ok(file::remove(kept, Point::HOOK)?),
        State::Foreign | State::Edited => Ok(()),
        State::Installed | State::Outdated | State::Absent if is_ours_to_keep => Ok(file::rename(kept, path, Point::HOOK)?),
        State::Installed | State::Outdated | State::Absent => Ok(file::remove(path, Point::HOOK)?),
    }
}

/// Removes what a crash has left unfinished. The caller has the right to decide.
///
/// # Errors
///
/// [`Error::Json`], [`Error::File`].
pub(crate) fn tidy(layout: &Layout) -> Result<(), Error> {
    file::remove_unfinished(layout.root())?;
    let folders = Ledger::load(layout)?.folders();
    folders.iter().filter(|folder| folder.is_dir()).try_for_each(|folder| Ok(file::remove_unfinished(folder)?))
}
