//! Asking a running task to stop: a request on disk, and a signal that makes its runner look.

use rustix::process::{Pid, Signal, kill_process};

use crate::journal::Standing;
use crate::store::Layout;
use crate::sys::fault::Point;
use crate::sys::process::{self, Liveness};
use crate::sys::{clock, file};

/// Asks. The runner ends everything that belongs to the task, keeps what it changed, and records it as cancelled.
///
/// # Errors
///
/// [`file::Error`] if the request cannot be written.
pub(crate) fn request(layout: &Layout, task: &Standing) -> Result<(), file::Error> {
    let attempt = layout.attempt(task.uid(), task.entry.attempt);
    file::replace(&attempt.cancel(), format!("{}\n", clock::now()).as_bytes(), Point::CANCEL)?;
    if let Some(runner) = &task.record.runner
        && process::liveness(runner) == Liveness::Alive
        && let Some(pid) = i32::try_from(runner.pid).ok().and_then(Pid::from_raw)
    {
        // A runner that just ended needs no signal, and one that did not hear it looks for the request by itself.
        drop(kill_process(pid, Signal::TERM));
    }
    Ok(())
}
