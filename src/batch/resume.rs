//! Going on with a batch: the rest after a sample, what was held up, and tasks that are to run once more.

use super::{Error, State, tally};
use crate::id::{CommitId, Uid};
use crate::journal::{Book, Decision, Entry, Kind, Stage, Standing, TaskRef, Writer, append};
use crate::runner::retry;
use crate::store::Site;
use crate::sys::clock;
use crate::task::Step;

/// More tasks than these do not run unseen where no check can tell whether they went well.
pub(super) const UNCHECKED: usize = 5;
/// So many of them run all the same, to be looked at.
pub(super) const LOOKED_AT: usize = 3;
/// The refusal that it comes to.
pub(crate) const NO_CHECK: &str = "no-check";

/// Hands off what of a batch waits: all of it, whatever held it up.
///
/// # Errors
///
/// [`Error::NothingWaits`]; [`Error::NoCheck`] where nobody can tell whether it went well and `accept` does not answer that.
pub(crate) fn resume(site: &Site, name: &str, accept: &[String]) -> Result<Uid, Error> {
    check_answers(accept)?;
    let (writer, _) = Writer::new(&site.repo, &site.layout)?;
    let book = Book::open(site)?;
    let batch = tally::standing(site, &book, book.find_batch(name)?)?;
    let entry = batch.entry;
    let waiting = batch.sum.counts.queued;
    let is_abandoned = batch.tasks.iter().any(|task| task.abandoned);
    if waiting == 0 && !is_abandoned {
        return Err(Error::NothingWaits(entry.id.clone()));
    }
    let is_accepted = accept.iter().chain(&entry.plan.policy.accept).any(|answer| answer == NO_CHECK);
    let has_check = !entry.plan.template().pattern.checks.is_empty();
    let is_whole = entry.sample.is_none();
    if !is_whole && !has_check && !is_accepted && batch.tasks.len() > UNCHECKED && batch.sum.state == State::Sampled {
        return Err(Error::NoCheck { batch: entry.id.clone(), rest: waiting });
    }
    if let Some(first) = batch.tasks.first() {
        keep_environment(site, &entry.uid, first)?;
    }
    // What is held up goes on as far as it was to go; what was held back as a sample goes on whole.
    let stage = match (&entry.sample, batch.sum.state) {
        (Some(_), State::Paused | State::Halted) => entry.stage(),
        _ => Stage::Whole,
    };
    append(&site.layout, &[Entry::Stage { batch: entry.uid.clone(), at: clock::now(), stage }])?;
    drop(writer);
    Ok(entry.uid.clone())
}

/// Makes sure that an answer answers something.
pub(super) fn check_answers(accept: &[String]) -> Result<(), Error> {
    match accept.iter().find(|answer| *answer != NO_CHECK) {
        Some(strange) => Err(Error::NoSuchRefusal(strange.clone())),
        None => Ok(()),
    }
}

/// Tasks start with the environment that their batch was handed off in; where that is gone, with the caller's, as a task of it may see
/// it. Returns what the user should know.
fn keep_environment(site: &Site, batch: &Uid, task: &Standing) -> Result<Vec<String>, Error> {
    let kept = site.layout.batch_environment(batch);
    if kept.exists() {
        return Ok(vec![]);
    }
    let (environment, notes) = retry::environment(site, task)?;
    environment.save(&kept)?;
    Ok(notes)
}

/// Gives tasks of batches another attempt each. Returns what the user should know.
///
/// # Errors
///
/// As [`queue`].
pub(crate) fn again(site: &Site, tasks: &[Standing], base: Option<&str>) -> Result<Vec<String>, Error> {
    for task in tasks {
        retry::check(task)?;
    }
    let base = match (base, tasks.first()) {
        (Some(_), Some(first)) => Some(retry::new_base(site, first, base)?),
        _ => None,
    };
    let (writer, _) = Writer::new(&site.repo, &site.layout)?;
    let book = Book::open(site)?;
    let mut notes = Vec::new();
    for task in tasks {
        if let Some((batch, _)) = book.fold.batch_of(&task.entry) {
            notes.extend(keep_environment(site, &batch.uid, task)?);
        }
    }
    queue(site, &writer, tasks, base)?;
    Ok(notes)
}

/// Gives tasks another attempt each, by one decision; they wait for their turn then.
///
/// # Errors
///
/// [`Error::Retry`] for a task that cannot have one, [`Error::Carry`] where another command has decided about one meanwhile.
pub(super) fn queue(site: &Site, writer: &Writer<'_>, tasks: &[Standing], base: Option<CommitId>) -> Result<(), Error> {
    if tasks.is_empty() {
        return Ok(());
    }
    let mut decision = Decision::about(Kind::Retry, tasks);
    decision.operation.tasks.clear();
    for task in tasks {
        task.state.after(Step::Retry).map_err(|why| Error::Retry { task: task.spec.id.clone(), why })?;
        decision.operation.tasks.push(TaskRef { uid: task.uid().clone(), attempt: task.entry.next_attempt() });
        decision.operation.moves.extend(retry::branch_move(&site.repo, task, base.unwrap_or(task.spec.base))?);
        if let Some(base) = base {
            retry::record_base(site, task, base)?;
        }
    }
    writer.carry_out(&decision)?;
    Ok(())
}
