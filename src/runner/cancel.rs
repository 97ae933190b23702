//! Asking a running task to stop: a request on disk, and a signal that makes its runner look.

use rustix::process::{Pid, Signal, kill_process};

use crate::journal::Standing;
use crate::store::{Layout, tasks};
use crate::sys::fault::Point;
use crate::sys::process::{self, Liveness};
use crate::sys::{clock, file};

/// Asks. The runner ends everything that belongs to the task, keeps what it changed, and records it as cancelled.
///
/// # Errors
///
/// [`tasks::Error`] if the request cannot be written.
pub(crate) fn request(layout: &Layout, task: &Standing) -> Result<(), tasks::Error> {
    let attempt = layout.attempt(task.uid(), task.entry.attempt);
    file::replace(&attempt.cancel(), format!("{}\n", clock::now()).as_bytes(), Point::CANCEL)?;
    // Read again: a runner that was not on record before the request was there has seen the request.
    let record = tasks::load_record(layout, task.uid(), task.entry.attempt)?;
    if let Some(runner) = record.and_then(|record| record.runner)
        && process::liveness(&runner) == Liveness::Alive
        && let Some(pid) = i32::try_from(runner.pid).ok().and_then(Pid::from_raw)
    {
        // A runner that just ended needs no signal, and one that did not hear it looks for the request by itself.
        let _gone = kill_process(pid, Signal::TERM);
    }
    Ok(())
}
