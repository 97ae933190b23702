//! Attempts whose runner is gone: ended, kept, and recorded as interrupted.

use super::again;
use super::attempt::{Attempt, Error, Held, chain, names, token};
use super::{cancel, judge, keep};
use crate::git;
use crate::git::intake;
use crate::journal::{Book, BookError, Standing};
use crate::store::Site;
use crate::sys::file;
use crate::sys::lock::Lock;
use crate::sys::process::{self, Family, Grace, Liveness};
use crate::task::{Reason, State, Step};
use crate::workspace::{self, Owned, Owner, Role, Slot, Slots};

/// What is said of a task whose change nobody can have any more.
const GONE: &str = "its worktree is gone, and with it what it changed";

/// Recovers every attempt that is not over and whose lock nobody holds, starts those that were to follow, and clears away what is left of those that are over. Returns a
/// line for each that was recovered.
///
/// One that cannot be recovered now, on a full disk for example, is left as it is and said so: it keeps no other command from its
/// work.
///
/// # Errors
///
/// [`BookError`] if a record is unreadable.
pub(crate) fn recover_all(site: &Site, book: &Book<'_>) -> Result<Vec<String>, BookError> {
    let mut lines = Vec::new();
    let all = book.all()?;
    for standing in &all {
        let result = if standing.abandoned {
            recover(site, standing)
        } else if standing.record.state.is_over() && standing.state.is_over() {
            clear_away(site, standing).map(|()| None)
        } else {
            remind(site, standing).map(|()| None)
        };
        match result {
            Ok(line) => lines.extend(line),
            Err(e) => lines.push(format!("what {} changed cannot be kept now: {}", standing.spec.id, chain(&e))),
        }
    }
    if let Err(e) = release_check_slots(site, &all) {
        lines.push(format!("the worktree of a check that was interrupted cannot be put in order now: {}", chain(&e)));
    }
    Ok(lines)
}

/// Clears away what the runner of an attempt that is over had no time to.
fn clear_away(site: &Site, standing: &Standing) -> Result<(), Error> {
    let (uid, number) = (standing.uid(), standing.entry.attempt);
    let dir = site.layout.attempt(uid, number);
    if !dir.environment().exists() {
        return Ok(());
    }
    let Some(_lock) = Lock::try_acquire(&dir.lock())? else { return Ok(()) };
    file::remove_unfinished(dir.path())?;
    let mut attempt = Attempt::open(site, uid, number)?;
    if attempt.record.again {
        // Something else was decided before the attempt that was to follow was begun.
        attempt.record.again = false;
        attempt.save()?;
    }
    attempt.tidy()
}

/// Sends the signal that a cancel had no time to send.
fn remind(site: &Site, standing: &Standing) -> Result<(), Error> {
    let asked = site.layout.attempt(standing.uid(), standing.entry.attempt).cancel().exists();
    // A task of the repository that this one is a copy of is not ours to end.
    if asked && standing.state != State::Unknown { Ok(cancel::remind(&site.layout, standing)?) } else { Ok(()) }
}

/// Lets go of worktrees in which a landing that was interrupted had its checks run, and ends what still runs there.
fn release_check_slots(site: &Site, all: &[Standing]) -> Result<(), Error> {
    // Without a folder for worktrees there is none to let go of; what needs one will say so.
    let Ok(state_dir) = site.state_dir() else { return Ok(()) };
    let slots = Slots::new(&state_dir.path.join("slots"), &state_dir.path.join("trash"), &site.repo);
    let is_over = |owner: &Owner| {
        let of = all.iter().find(|standing| *standing.uid() == owner.task);
        of.is_some_and(|standing| owner.attempt < standing.entry.attempt || standing.record.state.is_over())
    };
    for Owned { owner, .. } in slots.owned()?.into_iter().filter(|owned| !owned.held && is_over(&owned.owner)) {
        for slot in slots.claim(&owner.task, owner.attempt)? {
            process::end(&Family { root: None, token: &token(&owner.task, owner.attempt) }, &Grace::default());
            let dir = site.layout.attempt(&owner.task, owner.attempt);
            file::remove_folder(&dir.checking(slot.n()))?;
            file::remove_unfinished(dir.path())?;
            slot.release()?;
        }
    }
    Ok(())
}

/// Recovers one attempt, and says so. `None` where another process is recovering it already, or has.
///
/// # Errors
///
/// [`Error`], on a full disk for example: what the task changed is in its slot still.
pub(crate) fn recover(site: &Site, standing: &Standing) -> Result<Option<String>, Error> {
    let (uid, number) = (standing.uid(), standing.entry.attempt);
    let lock = site.layout.attempt(uid, number).lock();
    let Some(lock) = Lock::try_acquire(&lock)? else { return Ok(None) };
    let last = Held { number, lock };
    let mut attempt = Attempt::open(site, uid, number)?;
    file::remove_unfinished(attempt.dir.path())?;
    if attempt.record.state.is_over() {
        attempt.tidy()?;
        let next = again::hand_on(site, uid, &last)?;
        return Ok(next.map(|next| format!("{} failed and is tried again: attempt {next}", standing.spec.id)));
    }
    if attempt.record.state == State::Queued {
        judge::advance(&mut attempt.record, Step::Start);
    }
    if attempt.record.runner.as_ref().is_some_and(|runner| process::liveness(runner) == Liveness::Unknown) {
        return Ok(Some(format!(
            "{} is under way on another machine, or in another container: it is left alone",
            standing.spec.id
        )));
    }
    let token = token(uid, number);
    let survivors = process::end(&Family { root: attempt.record.process.as_ref(), token: &token }, &Grace::default());
    if !survivors.is_empty() {
        attempt.record.notes.push(format!("processes that could not be ended: {}", names(&survivors)));
    }
    let had_ended = attempt.record.exit.is_some() || attempt.record.reason.is_some();
    if !had_ended {
        attempt.record.reason = Some(Reason::Interrupted);
        attempt.record.message = Some("its runner vanished while it was at work".to_owned());
    }
    // Before its process is on record nothing was run, and the worktree may be half filled.
    let was_run = attempt.record.process.is_some();
    let is_due = was_run && !attempt.record.kept;
    let is_task = |slot: &Slot| slot.owner().is_some_and(|owner| owner.role == Role::Task);
    let slots = attempt.slots.claim(uid, number)?;
    let is_lost = is_due && !slots.iter().any(is_task);
    if is_lost {
        do_without_worktree(&mut attempt)?;
    }
    for slot in slots {
        if is_due && is_task(&slot) {
            attempt.keep_and_release(slot)?;
        } else {
            file::remove_folder(&attempt.dir.checking(slot.n()))?;
            slot.release()?;
        }
    }
    release_packs(site, uid, number)?;
    // Checks may take long, and another command is waiting: they are not run here.
    if attempt.find_to_check()?.is_some() {
        attempt.record.reason = Some(Reason::Interrupted);
        attempt.record.message = Some("its runner vanished before its checks had ended".to_owned());
    }
    attempt.finish()?;
    let state = attempt.record.state;
    let what = if had_ended { "had ended, but its runner had not" } else { "was interrupted" };
    let kept = if is_lost { GONE } else { "what it changed is kept" };
    let next = again::hand_on(site, uid, &last)?;
    let next = next.map_or_else(|| format!("it is {state}"), |next| format!("it is tried again: attempt {next}"));
    Ok(Some(format!("{} {what}: {kept}, and {next}", standing.spec.id)))
}

/// What the task changed is in its worktree alone, and that is not to be had: for now, or for ever. Never does it count as nothing.
fn do_without_worktree(attempt: &mut Attempt<'_>) -> Result<(), Error> {
    let (uid, record) = (&attempt.spec.uid, &mut attempt.record);
    let is_its = |owner: &Owner| owner.task == *uid && owner.attempt == record.attempt && owner.role == Role::Task;
    if attempt.slots.owned()?.iter().any(|owned| is_its(&owned.owner)) {
        let path = record.worktree.as_ref().map(|path| path.as_path().to_owned()).unwrap_or_default();
        return Err(workspace::Error::Busy { path }.into());
    }
    record.reason = record.reason.or(Some(Reason::Interrupted));
    record.message = Some(GONE.to_owned());
    Ok(())
}

/// Lets go of the packs of an attempt whose refs are there.
fn release_packs(site: &Site, task: &crate::id::Uid, attempt: u32) -> Result<(), git::Error> {
    let ours = keep::pack_label(task, attempt);
    for (label, pack) in intake::left_over(&site.repo)? {
        if label == ours {
            pack.release()?;
        }
    }
    Ok(())
}
