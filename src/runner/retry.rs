//! Trying a task again: a new attempt with its own log and result. The last one's result stays in reach.

use git2::Repository;

use super::hand_off::{self, Error};
use super::start;
use crate::exec::environment::{self, Environment};
use crate::git::{self, refs, support};
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

/// A task cannot be tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RetryError {
    /// It is not over.
    #[error("`{0}` is still running")]
    Running(crate::id::Name),
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
    let attempt = task.entry.attempt + 1;
    let base = new_base(site, task, base)?;
    let (environment, notes) = environment(site, task)?;
    start_attempt(site, task, attempt, base, &environment)?;
    Ok(Started { notes })
}

fn check(task: &Standing) -> Result<(), RetryError> {
    if matches!(task.state, State::Queued | State::Running) {
        return Err(RetryError::Running(task.spec.id.clone()));
    }
    match task.state.after(Step::Retry) {
        Ok(_) => Ok(()),
        Err(why) => Err(RetryError::State { task: task.spec.id.clone(), why }),
    }
}

fn new_base(site: &Site, task: &Standing, base: Option<&str>) -> Result<CommitId, Error> {
    let Some(revision) = base else { return Ok(task.spec.base) };
    let found = site.repo.revparse_single(revision).and_then(|o| o.peel_to_commit());
    let commit = found.map_err(|_| Error::UnknownRevision(revision.to_owned()))?;
    support::refuse(&site.repo, &git::repo::odb(&site.repo)?, commit.tree_id().into())?;
    Ok(commit.id().into())
}

/// The caller's environment, by the wishes of the task. A value that `--env` set is not on disk any more: it must come by name.
fn environment(site: &Site, task: &Standing) -> Result<(Environment, Vec<String>), Error> {
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

fn start_attempt(site: &Site, task: &Standing, attempt: u32, base: CommitId, environment: &Environment) -> Result<(), Error> {
    let (writer, _) = Writer::new(&site.repo, &site.layout)?;
    // Before anything is written: the attempt may be another command's by now.
    writer.confirm(std::slice::from_ref(&task.entry))?;
    hand_off::pin_base(site, base)?;
    let folder = site.layout.attempt(task.uid(), attempt);
    file::make_folder(folder.path())?;
    environment.save(&folder.environment())?;
    let lock = Lock::acquire(&folder.lock())?;
    let repository = site.repository().cloned().unwrap_or_else(Uid::random);
    crate::store::tasks::save_record(&site.layout, task.uid(), &Record::queued(attempt, repository, base))?;
    let mut decision = Decision::about(Kind::Retry, std::slice::from_ref(task));
    decision.operation.tasks = vec![TaskRef { uid: task.uid().clone(), attempt }];
    decision.operation.moves = branch_move(&site.repo, task, base)?;
    writer.carry_out(&decision)?;
    drop(writer);
    Ok(start::runner(site, task.uid(), attempt, lock)?)
}

/// The branch goes back to the base; one that somebody has moved stays.
fn branch_move(main: &Repository, task: &Standing, base: CommitId) -> Result<Vec<Move>, git::Error> {
    let name = task.spec.branch.clone();
    let now = refs::find(main, &name)?.map(CommitId::from);
    let ours = now.is_none() || now == task.record.result || now == Some(task.record.base);
    Ok(if ours && now != Some(base) { vec![Move { name, from: now, to: Some(base) }] } else { vec![] })
}
