//! Attempts whose runner is gone: ended, kept, and recorded as interrupted.

use super::attempt::{Attempt, Error, chain, names, token};
use super::{judge, keep};
use crate::git;
use crate::git::intake;
use crate::journal::{Book, BookError, Standing};
use crate::store::Site;
use crate::sys::lock::Lock;
use crate::sys::process::{self, Family, Grace, Liveness};
use crate::task::{Reason, State, Step};

/// Recovers every attempt that is not over and whose lock nobody holds. Returns a line for each.
///
/// One that cannot be recovered now, on a full disk for example, is left as it is and said so: it keeps no other command from its
/// work.
///
/// # Errors
///
/// [`BookError`] if the journal or a record is unreadable.
pub(crate) fn recover_all(site: &Site) -> Result<Vec<String>, BookError> {
    let mut lines = Vec::new();
    for standing in Book::open(site)?.all()?.into_iter().filter(|s| s.abandoned) {
        match recover(site, &standing) {
            Ok(Some(line)) => lines.push(line),
            Ok(None) => {}
            Err(e) => lines.push(format!("what {} changed cannot be kept now: {}", standing.spec.id, chain(&e))),
        }
    }
    Ok(lines)
}

/// Recovers one attempt, and says so. `None` where another process is recovering it already, or has.
///
/// # Errors
///
/// [`Error`], on a full disk for example: what the task changed is in its slot still.
pub(crate) fn recover(site: &Site, standing: &Standing) -> Result<Option<String>, Error> {
    let (uid, number) = (standing.uid(), standing.entry.attempt);
    let lock = site.layout.attempt(uid, number).lock();
    let Some(_lock) = Lock::try_acquire(&lock).map_err(lock_error)? else { return Ok(None) };
    let mut attempt = Attempt::open(site, uid, number)?;
    if attempt.record.state.is_over() {
        return Ok(None);
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
    for slot in attempt.slots.claim(uid, number)? {
        let is_task = slot.owner().is_some_and(|owner| owner.role == crate::workspace::Role::Task);
        if is_task && !attempt.record.kept {
            attempt.keep_and_release(slot)?;
        } else {
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
    Ok(Some(format!("{} {what}: what it changed is kept, and it is {state}", standing.spec.id)))
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

fn lock_error(e: crate::sys::lock::Error) -> Error {
    match e {
        crate::sys::lock::Error::File(e) => Error::File(e),
        held @ crate::sys::lock::Error::Held { .. } => {
            Error::File(crate::sys::file::Error::of("lock", std::path::Path::new("lock"))(std::io::Error::other(held)))
        }
    }
}
