//! The turn of a batch's tasks: what their attempts need is put on disk, and their runners are started.
//!
//! A task of a batch exists from the batch's line in the journal on. Its folder is made when its turn comes, and its spec comes last of
//! what is in there: as long as there is no spec it was not begun. From then on the attempt's lock is held, by whoever keeps the batch and
//! then by the runner. Where both die before the first record, nothing was run, and the turn can be given again.

use std::io::ErrorKind;
use std::path::Path;

use super::attempt::Held;
use super::{again, start};
use crate::exec::environment::{self, Environment};
use crate::id::Uid;
use crate::store::{Site, tasks};
use crate::sys::fault::Point;
use crate::sys::file;
use crate::sys::lock::{self, Lock};
use crate::task::{Spec, State};

/// A task whose turn it is.
#[derive(Debug)]
pub(crate) struct Turn {
    /// The task.
    pub(crate) spec: Spec,
    /// Which attempt of it.
    pub(crate) attempt: u32,
}

/// A turn cannot be given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A spec cannot be written.
    #[error(transparent)]
    Task(#[from] tasks::Error),
    /// A file or folder cannot be made.
    #[error(transparent)]
    File(#[from] file::Error),
    /// An environment cannot be kept.
    #[error(transparent)]
    Environment(#[from] environment::Error),
    /// A lock cannot be taken.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// The runner did not start.
    #[error(transparent)]
    Start(#[from] start::Error),
    /// The next attempt cannot be begun.
    #[error(transparent)]
    Again(#[from] super::attempt::Error),
}

/// What an attempt sees of the environment that its batch was handed off in.
#[derive(Debug)]
pub(crate) enum Given<'a> {
    /// The same as every other: the batch's file.
    Shared(&'a Path),
    /// One of its own.
    Own(Environment),
}

/// Puts what an attempt needs on disk and takes its lock; `None` where another process has it, or had it and has begun.
///
/// # Errors
///
/// [`Error::File`] on a full disk, for example.
pub(crate) fn prepare(site: &Site, turn: &Turn, environment: &Given<'_>) -> Result<Option<Lock>, Error> {
    let layout = &site.layout;
    let attempt = layout.attempt(&turn.spec.uid, turn.attempt);
    file::make_folder(attempt.path())?;
    let Some(lock) = Lock::try_acquire(&attempt.lock())? else { return Ok(None) };
    // It may have been looked at just when its runner came to an end.
    let record = tasks::load_record(layout, &turn.spec.uid, turn.attempt)?;
    if record.is_some_and(|record| record.state != State::Queued) {
        return Ok(None);
    }
    match environment {
        Given::Shared(file) => share(file, &attempt.environment())?,
        Given::Own(environment) => environment.save(&attempt.environment())?,
    }
    if !layout.spec(&turn.spec.uid).exists() {
        tasks::save_spec(layout, &turn.spec)?;
    }
    Ok(Some(lock))
}

/// Starts the runner of an attempt that is prepared. Returns when it has taken over.
///
/// # Errors
///
/// [`Error::Start`].
pub(crate) fn start(site: &Site, turn: &Turn, lock: Lock) -> Result<(), Error> {
    Ok(start::runner(site, &turn.spec.uid, turn.attempt, lock)?)
}

/// Begins the attempt that follows by itself one that failed, and starts its runner. Returns its number; `None` where none follows, or
/// another process has begun it.
///
/// # Errors
///
/// [`Error::Again`]; it can be begun later.
pub(crate) fn try_again(site: &Site, task: &Uid, failed: u32) -> Result<Option<u32>, Error> {
    let Some(lock) = Lock::try_acquire(&site.layout.attempt(task, failed).lock())? else { return Ok(None) };
    Ok(again::hand_on(site, task, &Held { number: failed, lock })?)
}

/// One file for all the tasks of a batch, under a name of each: what belongs to an attempt goes with it.
fn share(environment: &Path, own: &Path) -> Result<(), file::Error> {
    Point::ATTEMPT_ENV.before();
    match std::fs::hard_link(environment, own) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
        other => other.map_err(file::Error::of("link", own))?,
    }
    Point::ATTEMPT_ENV.after();
    Ok(())
}
