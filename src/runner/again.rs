//! Trying a failed task again by itself, as often as `--retries` allows.
//!
//! ```text
//! record: failed, again ─► next attempt: environment, lock, record ─► journal: retry ─► the attempt ─► earlier environment removed
//! ```
//!
//! Up to the journal's line the task is queued by its last record, which says `again`: whoever finds that lock free goes on from
//! there. After it, the new attempt is one like any other. What is tried again: a command that failed, was stopped by a limit or
//! could not be started, a check that said no, a runner that vanished. What is not: a change outside the scope, an escape, a full
//! disk, commits that were refused, and whatever the user stopped.

use super::attempt::{self, Attempt, Error, Held};
use super::{hand_off, notice, retry, start};
use crate::exec::environment::{self, Environment};
use crate::id::Uid;
use crate::journal::{Book, CarryError};
use crate::store::{Site, tasks};
use crate::sys::lock;
use crate::sys::terminal::Terminal;
use crate::task::{Reason, Record, Spec, State};

/// How often the right to decide is waited for, five seconds each, before the next attempt is left to the next command.
const TRIES: usize = 12;

/// Tells whether another attempt follows one that is over.
pub(super) fn is_due(spec: &Spec, record: &Record) -> bool {
    record.state == State::Failed && record.retry < spec.retries && record.reason.is_some_and(is_worth_it)
}

fn is_worth_it(reason: Reason) -> bool {
    use Reason as R;
    matches!(reason, R::Exit | R::Signal | R::Timeout | R::Idle | R::Spawn | R::Check | R::Interrupted)
}

/// Carries an attempt out, and those that follow it by themselves. There is always one whose lock is held.
///
/// # Errors
///
/// [`Error`] where not even a record could be written, or the next attempt not begun: the next writing command does it then.
pub(super) fn run_all(site: &Site, task: &Uid, first: Held, terminal: Option<&Terminal>) -> Result<(), Error> {
    let mut now = first;
    loop {
        attempt::run(site, task, &now, terminal)?;
        if tasks::load_spec(&site.layout, task)?.batch.is_some() {
            // Whoever keeps the batch knows when its turn comes.
            return Ok(());
        }
        match begin(site, task, &now)? {
            Some(next) => now = next,
            None => return notice::give(site, task, now.number),
        }
    }
}

/// Starts the runner of the attempt that follows `last`, where one does. Returns its number.
///
/// # Errors
///
/// As [`begin`].
pub(super) fn hand_on(site: &Site, task: &Uid, last: &Held) -> Result<Option<u32>, Error> {
    let Some(Held { number, lock }) = begin(site, task, last)? else { return Ok(None) };
    start::runner(site, task, number, lock).map_err(hand_off::Error::from)?;
    Ok(Some(number))
}

/// Makes the attempt that follows one that is over, whose lock the caller holds; `None` where none follows, or somebody has decided
/// about the task meanwhile.
///
/// # Errors
///
/// [`Error`]; the attempt can then be begun later.
fn begin(site: &Site, task: &Uid, last: &Held) -> Result<Option<Held>, Error> {
    let ended = Attempt::open(site, task, last.number)?;
    if !ended.record.again {
        return Ok(None);
    }
    if ended.is_cancelled() {
        return give_up(ended, "it is not tried again: it was cancelled");
    }
    let environment = match Environment::load(&ended.dir.environment()) {
        Err(environment::Error::Gone { .. }) => return give_up(ended, "it is not tried again: its environment is gone"),
        other => other?,
    };
    let book = Book::open(site).map_err(hand_off::Error::from)?;
    let entry = book.fold.task(task).filter(|entry| entry.attempt == last.number && entry.decision.is_none());
    let Some(entry) = entry else { return give_up(ended, "it is not tried again: something else was decided") };
    let standing = book.standing(entry).map_err(hand_off::Error::from)?;
    let new = retry::New {
        attempt: standing.entry.next_attempt(),
        retry: ended.record.retry + 1,
        base: ended.record.base,
        environment: &environment,
    };
    for _ in 1..TRIES {
        match retry::make_attempt(site, &standing, &new) {
            Err(hand_off::Error::Carry(CarryError::Lock(lock::Error::Held { .. }))) => {}
            Err(hand_off::Error::Carry(CarryError::Overtaken { .. })) => {
                return give_up(ended, "it is not tried again: something else was decided");
            }
            other => return Ok(Some(Held { number: new.attempt, lock: other? })),
        }
    }
    Ok(Some(Held { number: new.attempt, lock: retry::make_attempt(site, &standing, &new)? }))
}

/// Lets the attempt be the last, as its record says from now on.
fn give_up(mut ended: Attempt<'_>, why: &str) -> Result<Option<Held>, Error> {
    ended.record.again = false;
    ended.record.notes.push(why.to_owned());
    ended.save()?;
    ended.tidy()?;
    Ok(None)
}
