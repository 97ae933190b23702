//! Trying a task again: a new attempt with its own log and result. The last one's result stays in reach.

use git2::Repository;

use super::hand_off::{self, Error};
use super::start;
use crate::exec::environment::{self, Environment};
use crate::git::{self, heads, refs, support};
use crate::id::{CommitId, Uid};
use crate::journal::{Decision, Kind, Move, Standing, TaskRef, Writer};
use crate::store::Site;
use crate::sys::file;
use crate::sys::lock::Lock;
use crate::task::{EnvWish, IllegalStep, Record, State, Step, Text};

/// A retry that was started.
#[derive(Debug)]
pub(crate) struct Started {
    /// What the user should know, a line each.
    pub(crate) notes: Vec<String>,
}

/// An attempt to be made.
pub(super) struct New<'a> {
    /// Its number.
    pub(super) attempt: u32,
    /// How many attempts of its row failed before it.
    pub(super) retry: u32,
    /// The commit that it starts from.
    pub(super) base: CommitId,
    /// What it sees.
    pub(super) environment: &'a Environment,
}

/// A task cannot be tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RetryError {
    /// It is not over.
    #[error("`{0}` is still running")]
    Running(crate::id::Name),
    /// Its command had a terminal.
    #[error("`{0}` had the terminal: it cannot be tried again without one")]
    Interactive(crate::id::Name),
    /// Its state forbids it.
    #[error("`{task}`: {why}")]
    State {
        /// The task.
        task: crate::id::Name,
        /// Which arrow is missing.
        why: IllegalStep,
    },
    /// As for a new task.
    #[error(transparent)]
    HandOff(#[from] Error),
}

/// Starts a new attempt from the task's own base, or from `base`.
///
/// # Errors
///
/// [`RetryError`]; nothing was changed then.
pub(crate) fn again(site: &Site, task: &Standing, base: Option<&str>) -> Result<Started, RetryError> {
    check(task)?;
    let attempt = task.entry.next_attempt();
    let base = new_base(site, task, base)?;
    let (environment, notes) = environment(site, task)?;
    let lock = make_attempt(site, task, &New { attempt, retry: 0, base, environment: &environment })?;
    start::runner(site, task.uid(), attempt, lock).map_err(Error::from)?;
    Ok(Started { notes })
}

/// Refuses a task that cannot have another attempt.
pub(crate) fn check(task: &Standing) -> Result<(), RetryError> {
    if matches!(task.state, State::Queued | State::Running) {
        return Err(RetryError::Running(task.spec.id.clone()));
    }
    if task.spec.interactive {
        return Err(RetryError::Interactive(task.spec.id.clone()));
    }
    match task.state.after(Step::Retry) {
        Ok(_) => Ok(()),
        Err(why) => Err(RetryError::State { task: task.spec.id.clone(), why }),
    }
}

/// The commit that a revision names, where tasks can start from it; without one, the task's own base.
///
/// # Errors
///
/// [`Error::UnknownRevision`].
pub(crate) fn new_base(site: &Site, task: &Standing, base: Option<&str>) -> Result<CommitId, Error> {
    let Some(revision) = base else { return Ok(task.spec.base) };
    let found = site.repo.revparse_single(revision).and_then(|o| o.peel_to_commit());
    let commit = found.map_err(|_| Error::UnknownRevision(revision.to_owned()))?;
    support::refuse(&site.repo, &git::repo::odb(&site.repo)?, commit.tree_id().into())?;
    Ok(commit.id().into())
}

/// The caller's environment, by the wishes of the task. A value that `--env` set is not on disk any more: it must come by name.
pub(crate) fn environment(site: &Site, task: &Standing) -> Result<(Environment, Vec<String>), Error> {
    let mut pass: Vec<Text> = Vec::new();
    let mut notes = Vec::new();
    for wish in &task.spec.env {
        match wish {
            EnvWish::Pass(name) => pass.push(name.as_str().into()),
            EnvWish::Set(name) => {
                pass.push(name.as_str().into());
                notes.push(format!("{name} was given by --env for the last attempt: this one takes it from your environment"));
            }
        }
    }
    let wish = environment::Wish { withhold: &site.config.withhold, pass: &pass, set: &[] };
    let taken = environment::take(std::env::vars_os(), &wish)?;
    notes.extend(taken.missing.iter().map(|name| format!("{name} is not in your environment")));
    Ok((taken.environment, notes))
}

/// Makes a new attempt, which is the task's last from the journal's line on, and returns its lock.
///
/// # Errors
///
/// [`Error::Carry`] where somebody has decided about the task meanwhile, or is deciding.
pub(super) fn make_attempt(site: &Site, task: &Standing, new: &New<'_>) -> Result<Lock, Error> {
    let (writer, _) = Writer::new(&site.repo, &site.layout)?;
    // Before anything is written: the attempt may be another command's by now.
    writer.confirm(std::slice::from_ref(&task.entry))?;
    hand_off::pin_base(site, new.base)?;
    let folder = site.layout.attempt(task.uid(), new.attempt);
    file::make_folder(folder.path())?;
    new.environment.save(&folder.environment())?;
    let lock = Lock::acquire(&folder.lock())?;
    let repository = site.repository().cloned().unwrap_or_else(Uid::random);
    let record = Record { retry: new.retry, ..Record::queued(new.attempt, repository, new.base) };
    crate::store::tasks::save_record(&site.layout, task.uid(), &record)?;
    let mut decision = Decision::about(Kind::Retry, std::slice::from_ref(task));
    decision.operation.tasks = vec![TaskRef { uid: task.uid().clone(), attempt: new.attempt }];
    decision.operation.moves.extend(branch_move(&site.repo, task, new.base)?);
    writer.carry_out(&decision)?;
    Ok(lock)
}

/// Writes down which base a task's next attempt starts from, before it is begun.
///
/// # Errors
///
/// [`Error::Task`] if it cannot be written.
pub(crate) fn record_base(site: &Site, task: &Standing, base: CommitId) -> Result<(), Error> {
    hand_off::pin_base(site, base)?;
    let attempt = task.entry.next_attempt();
    file::make_folder(site.layout.attempt(task.uid(), attempt).path())?;
    let repository = site.repository().cloned().unwrap_or_else(Uid::random);
    Ok(crate::store::tasks::save_record(&site.layout, task.uid(), &Record::queued(attempt, repository, base))?)
}

/// The task's branch goes where its new attempt is. One that somebody has moved stays, and so does one that is checked out: its files
/// would not follow.
pub(crate) fn branch_move(main: &Repository, task: &Standing, to: CommitId) -> Result<Option<Move>, git::Error> {
    let name = task.spec.branch.clone();
    let now = refs::find(main, &name)?.map(CommitId::from);
    let ours = now.is_none() || now == task.record.result || now == Some(task.record.base);
    let goes = ours && now != Some(to) && !heads::is_checked_out(main, &name)?;
    Ok(goes.then_some(Move { name, from: now, to: Some(to) }))
}
