//! Asking a running task to stop: a request on disk, and a signal that makes its runner look.

use std::io::ErrorKind;

use rustix::process::{Pid, Signal, kill_process};

use crate::journal::Standing;
use crate::store::{Layout, tasks};
use crate::sys::fault::Point;
use crate::sys::file;
use crate::sys::process::{self, Liveness};

/// Asks. The runner ends everything that belongs to the task, keeps what it changed, and records it as cancelled.
///
/// # Errors
///
/// [`tasks::Error`] if the request cannot be written.
pub(crate) fn request(layout: &Layout, task: &Standing) -> Result<(), tasks::Error> {
    let attempt = layout.attempt(task.uid(), task.entry.attempt);
    Point::CANCEL.before();
    match file::fill(&attempt.cancel(), b"") {
        Err(e) if e.source.kind() != ErrorKind::AlreadyExists => return Err(e.into()),
        _ => file::sync_folder(attempt.path())?,
    }
    Point::CANCEL.after();
    remind(layout, task)
}

/// Makes the runner of a task look for a request, if it still runs.
///
/// # Errors
///
/// [`tasks::Error`] if its record cannot be read.
pub(crate) fn remind(layout: &Layout, task: &Standing) -> Result<(), tasks::Error> {
    // Read again: a runner that was not on record before the request was there has seen the request.
    let record = tasks::load_record(layout, task.uid(), task.entry.attempt)?;
    if let Some(runner) = record.and_then(|record| record.runner)
        && process::liveness(&runner) == Liveness::Alive
        && let Some(pid) = i32::try_from(runner.pid).ok().and_then(Pid::from_raw)
    {
        // A runner that just ended needs no signal.
        let _gone = kill_process(pid, Signal::TERM);
    }
    Ok(())
}
