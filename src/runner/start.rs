//! Starting the process that owns an attempt.
//!
//! The attempt's lock goes with it: `run` takes it and hands the open file down as the runner's stdin, so there is no moment at which
//! a live attempt is without its lock. The runner makes a session of its own before it answers, so no terminal can end it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;

use super::again;
use super::attempt::{self, Held};
use crate::id::Uid;
use crate::store::Site;
use crate::sys::command;
use crate::sys::lock::Lock;
use crate::sys::terminal::Terminal;

/// The hidden verb that [`main`] is the body of.
pub(crate) const VERB: &str = "__runner";

/// The runner could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// It is not known where this program is.
    #[error(transparent)]
    Program(#[from] command::Error),
    /// It did not start.
    #[error("the process in the background did not start")]
    Start(#[source] std::io::Error),
    /// It ended before it took over.
    #[error("the process in the background ended before it took over: {0}")]
    Ended(String),
}

/// Starts the runner of an attempt and returns when it has taken over.
///
/// # Errors
///
/// [`Error::Ended`] with what it said.
pub(crate) fn runner(site: &Site, task: &Uid, attempt: u32, lock: Lock) -> Result<(), Error> {
    hand_over(site.repo.path(), &[VERB, task.as_str(), &attempt.to_string()], lock)
}

/// Starts this program with a hidden verb on a git dir, hands it a lock, and returns when it has taken over.
///
/// # Errors
///
/// [`Error::Ended`] with what it said.
pub(crate) fn hand_over(git_dir: &Path, words: &[&str], lock: Lock) -> Result<(), Error> {
    let mut command = command::own()?;
    command
        .args(&words[..1])
        .arg(git_dir)
        .args(&words[1..])
        .current_dir("/")
        .stdin(Stdio::from(lock.into_file()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(Error::Start)?;
    let mut answer = [0_u8; 1];
    let stdout = child.stdout.as_mut().ok_or_else(|| Error::Ended(String::new()))?;
    if stdout.read(&mut answer).map_err(Error::Start)? == 1 {
        return Ok(());
    }
    let output = child.wait_with_output().map_err(Error::Start)?;
    Err(Error::Ended(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// The runner itself: takes the attempt over, and carries it out, and those that follow it by themselves.
///
/// # Errors
///
/// What kept the attempt from being carried out, as a text; its record says so too where it could be written.
pub(crate) fn main(git_dir: &Path, task: &Uid, attempt: u32) -> Result<(), String> {
    let (site, lock) = take_over(git_dir)?;
    again::run_all(&site, task, Held { number: attempt, lock }, None).map_err(|e| e.to_string())
}

/// Takes a lock over that was handed down, leaves the caller's session, and answers.
///
/// # Errors
///
/// What went wrong, as a text; the caller hears it.
pub(crate) fn take_over(git_dir: &Path) -> Result<(Site, Lock), String> {
    let text = |e: &dyn std::error::Error| e.to_string();
    let lock = take_over_lock().map_err(|e| text(&e))?;
    let site = Site::open(git_dir).map_err(|e| text(&e))?;
    rustix::process::setsid().map_err(|e| text(&e))?;
    answer().map_err(|e| text(&e))?;
    Ok((site, lock))
}

/// Carries the first attempt of a task out in this process, whose terminal its command gets.
///
/// # Errors
///
/// [`attempt::Error`] where not even a record could be written, or what it changed not be kept now: the next writing command does it.
pub(crate) fn here(site: &Site, task: &Uid, lock: Lock, terminal: &Terminal) -> Result<(), attempt::Error> {
    again::run_all(site, task, Held { number: 1, lock }, Some(terminal))
}

/// The lock is on stdin. It is moved to a file that no child inherits, and stdin becomes `/dev/null`.
fn take_over_lock() -> std::io::Result<Lock> {
    let file: OwnedFd = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(Lock::inherited(File::from(file)))
}

/// Tells the caller that the attempt is in good hands, and lets go of its files.
fn answer() -> std::io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stderr(&null)?;
    let mut out = std::io::stdout();
    out.write_all(b"!").and_then(|()| out.flush())?;
    rustix::stdio::dup2_stdout(&null)?;
    Ok(())
}
