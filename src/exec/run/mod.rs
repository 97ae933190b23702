//! One command from its start to the end of everything that it started.
//!
//! A pump moves its output to the log and a waiter waits for it, each in its thread; this one watches the clock and the caller's
//! wish to cancel, and does the ending. The command's process is waited for last: as long as it stands in the table, nobody else
//! gets its number, nor that of its session.

use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::launch::{self, Launch, Launcher, Output, Running};
use super::limits::{Clock, Reached};
use super::log::{LogWriter, Sizes};
use super::pump::Pump;
use crate::sys::file;
use crate::sys::gate::NotStarted;
use crate::sys::process::{self, Family, Grace, Process, end, reap_orphans, wait_until_gone};
use crate::sys::terminal::Terminal;
use crate::task::{Exit, Limits, ProcessId};

/// How often the caller's wish to cancel is looked at, and how finely output is dated.
const TICK: Duration = Duration::from_millis(100);

/// How long a command that had a terminal may take to end by itself when that is gone.
const HANGING_UP: Duration = Duration::from_secs(2);

/// What stands in the log of a command that had a terminal.
const NOT_KEPT: &[u8] = b"(the command had the terminal: what was typed and shown there was not kept)\n";

/// A command to be run.
///
/// Its caller has become subreaper (`sys::process::become_subreaper`), or else what hides from session, token and parent survives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Execution<'a> {
    /// The program that starts it.
    pub(crate) launcher: &'a Launcher,
    /// What is started.
    pub(crate) launch: Launch<'a>,
    /// When it is stopped.
    pub(crate) limits: Limits,
    /// How patiently it is ended.
    pub(crate) grace: Grace,
    /// Where its output goes.
    pub(crate) log: &'a Path,
    /// How much of that is kept.
    pub(crate) sizes: Sizes,
    /// Becomes true when it is to be cancelled.
    pub(crate) cancel: &'a AtomicBool,
    /// The caller's terminal, where it is to have that: what it writes there is not kept then.
    pub(crate) terminal: Option<&'a Terminal>,
}

/// Why a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// By itself, with an exit code.
    Exited,
    /// By a signal that was not ours.
    Signal,
    /// It was ended: it ran too long.
    Timeout,
    /// It was ended: it wrote nothing for too long.
    Idle,
    /// It was ended: the caller wanted so.
    Cancelled,
    /// The terminal that it had went away, and it ended, or was ended.
    HungUp,
    /// It never started.
    NotStarted(NotStarted),
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code or signal; where it was ended, whatever it made of that. Neither if it could not be killed.
    pub(crate) exit: Exit,
    /// Why it ended.
    pub(crate) cause: Cause,
    /// From its start to its end, without the time to end what it left over.
    pub(crate) duration: Duration,
    /// How much it wrote, kept or not.
    /// Why its log is not whole, if so: most likely a full disk.
    pub(crate) log_error: Option<file::Error>,
    /// What it had left running when it ended by itself.
    pub(crate) left_over: Vec<Process>,
    /// What could not be ended.
    pub(crate) survivors: Vec<Process>,
}

/// A command could not be run, and nothing of it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Our own program did not do its part.
    #[error(transparent)]
    Launch(#[from] launch::Error),
    /// The log cannot be made.
    #[error(transparent)]
    Log(#[from] file::Error),
    /// There is no pipe to be had.
    #[error("cannot make a pipe for the command's output")]
    Pipe(#[source] io::Error),
    /// Its process could not be put on record.
    #[error("cannot record the command's process")]
    Record(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What ended the watch.
enum Seen {
    Over,
    Reached(Reached),
    Cancelled,
    HungUp,
}

impl Execution<'_> {
    /// Runs the command to the end of everything that it started. `record` puts its process on record before it runs anything.
    ///
    /// # Errors
    ///
    /// [`Error`], if nothing was run. That the command could not be started is no error, but a [`Cause`].
    pub(crate) fn run<E>(&self, record: impl FnOnce(&ProcessId) -> Result<(), E>) -> Result<Ended, Error>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut log = LogWriter::create(self.log, self.sizes)?;
        let (prepared, pipe) = if let Some(terminal) = self.terminal {
            (self.launcher.prepare(&self.launch, Output::Terminal(terminal))?, None)
        } else {
            let (reader, writer) = io::pipe().map_err(Error::Pipe)?;
            (self.launcher.prepare(&self.launch, Output::Pipe(writer))?, Some(reader))
        };
        if let Err(e) = record(prepared.process()) {
            prepared.abandon();
            return Err(Error::Record(e.into()));
        }
        let clock = Clock::start(self.limits, Instant::now());
        if let Some(reader) = pipe {
            let pump = Pump::start(reader, log);
            return Ok(self.see_to_the_end(prepared.go(), Some(&pump), clock).told(pump.finish().1));
        }
        log.write(NOT_KEPT);
        if let Some(terminal) = self.terminal {
            terminal.give(prepared.process().pid);
        }
        Ok(self.see_to_the_end(prepared.go(), None, clock).told(log.finish().1))
    }

    fn see_to_the_end(&self, mut running: Running, pump: Option<&Pump>, mut clock: Clock) -> Ending {
        let over = wait_in_thread(running.process.pid);
        let seen = self.watch(&running.process, &over, pump, &mut clock);
        let family = Family { root: Some(&running.process), token: self.launch.token };
        let mut duration = clock.elapsed(Instant::now());
        let (left_over, survivors) = match seen {
            Seen::Over => self.end_what_is_left(&family),
            Seen::Reached(_) | Seen::Cancelled | Seen::HungUp => {
                if self.terminal.is_some() {
                    Terminal::hang_up(running.process.pid);
                    wait_until_gone(&family, HANGING_UP);
                }
                let survivors = end(&family, &self.grace);
                duration = clock.elapsed(Instant::now());
                (Vec::new(), survivors)
            }
        };
        if let Some(terminal) = self.terminal {
            terminal.take_back();
        }
        let status = status_of(&mut running, &over);
        reap_orphans();
        let cause = match (running.gate.why_not_started(), seen) {
            (Some(why), Seen::Over) => Cause::NotStarted(why),
            (_, Seen::Reached(Reached::Timeout)) => Cause::Timeout,
            (_, Seen::Reached(Reached::Idle)) => Cause::Idle,
            (_, Seen::Cancelled) => Cause::Cancelled,
            (_, Seen::HungUp) => Cause::HungUp,
            (None, Seen::Over) if status.is_some_and(|status| status.code().is_none()) => Cause::Signal,
            (None, Seen::Over) => Cause::Exited,
        };
        Ending { exit: exit_of(status), cause, duration, left_over, survivors }
    }

    /// Watches until the command is over or is to be ended.
    fn watch(&self, process: &ProcessId, over: &Receiver<()>, pump: Option<&Pump>, clock: &mut Clock) -> Seen {
        let mut moved = 0;
        loop {
            let now = Instant::now();
            if let Some(pump) = pump.filter(|pump| pump.moved() != moved) {
                moved = pump.moved();
                clock.heard(now);
            }
            if let Some(terminal) = self.terminal {
                if terminal.is_gone() {
                    return Seen::HungUp;
                }
                if process::was_stopped(process.pid) {
                    terminal.stop_with(process.pid);
                }
                terminal.hand_on(process.pid);
            }
            if self.cancel.load(Ordering::Relaxed) {
                return Seen::Cancelled;
            }
            if let Some(reached) = clock.reached(now) {
                return Seen::Reached(reached);
            }
            let pause = clock.remaining(now).map_or(TICK, |remaining| remaining.min(TICK));
            match over.recv_timeout(pause) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return Seen::Over,
            }
        }
    }

    /// Ends what a command left running, but not what was about to end as well (a `tee`, say). Returns what was left over, and what
    /// could not be ended.
    fn end_what_is_left(&self, family: &Family<'_>) -> (Vec<Process>, Vec<Process>) {
        let left_over = wait_until_gone(family, self.grace.settle);
        if left_over.is_empty() {
            return (left_over, Vec::new());
        }
        // Nobody who would understand an interrupt: the command is gone.
        let survivors = end(family, &Grace { interrupt: Duration::ZERO, ..self.grace });
        (left_over, survivors)
    }
}

/// How it ended, but for its log.
struct Ending {
    exit: Exit,
    cause: Cause,
    duration: Duration,
    left_over: Vec<Process>,
    survivors: Vec<Process>,
}

impl Ending {
    fn told(self, log_error: Option<file::Error>) -> Ended {
        let Self { exit, cause, duration, left_over, survivors } = self;
        Ended { exit, cause, duration, log_error, left_over, survivors }
    }
}

/// Sends a word when a child has ended, which stays in the table.
fn wait_in_thread(pid: u32) -> Receiver<()> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while waitid(WaitId::Pid(pid), options).is_err_and(|e| e == rustix::io::Errno::INTR) {}
        }
        // Nobody listens if the command was given up on.
        let _ = sender.send(());
    });
    receiver
}

/// Asks how the command ended; `None` if it is still there, after all that was done.
fn status_of(running: &mut Running, over: &Receiver<()>) -> Option<ExitStatus> {
    const PATIENCE: Duration = Duration::from_secs(1);
    // The word is already there, unless the command was ended or could not be.
    let _: Result<(), RecvTimeoutError> = over.recv_timeout(PATIENCE);
    running.awaited.child.try_wait().ok().flatten()
}

fn exit_of(status: Option<ExitStatus>) -> Exit {
    use std::os::unix::process::ExitStatusExt as _;
    Exit { code: status.and_then(|status| status.code()), signal: status.and_then(|status| status.signal()) }
}

#[cfg(test)]
mod tests;
