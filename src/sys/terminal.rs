//! The caller's terminal: handed to a command for a while, and taken back.
//!
//! A terminal belongs to a session, and at each moment one process group of that has it: what is typed goes there, Ctrl-C and
//! Ctrl-Z too. We stay in the caller's session, as a shell does; the command gets a group of its own. See `tcsetpgrp(3)`, and the
//! chapter "Implementing a Job Control Shell" of the GNU C library's manual.

use std::fs::File;
use std::io::IsTerminal as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, getpgrp, kill_current_process_group, kill_process_group};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp, ttyname};

use super::process::pid_of;

/// A terminal that this process has, with the modes that it had at first.
#[derive(Debug)]
pub(crate) struct Terminal {
    device: OwnedFd,
    path: PathBuf,
    modes: Termios,
    hung_up: Arc<AtomicBool>,
    /// Whether it was handed over: while the caller's shell has it, it is not ours to take.
    given: AtomicBool,
}

impl Terminal {
    /// The terminal that stdin, stdout and stderr all are, if this process may read from it now: `None` in the background, in a pipe,
    /// or where there is none. From here on its end ends only who it was handed to.
    pub(crate) fn of_caller() -> Option<Self> {
        let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
        if !(stdin.is_terminal() && stdout.is_terminal() && stderr.is_terminal()) || tcgetpgrp(&stdin).ok()? != getpgrp() {
            return None;
        }
        let device = stdin.as_fd().try_clone_to_owned().ok()?;
        let named = ttyname(&stdin, Vec::new()).ok().map(|name| PathBuf::from(std::ffi::OsString::from_vec(name.into_bytes())));
        // In a container it may have a name that is none here.
        let path = named.filter(|path| File::open(path).is_ok()).unwrap_or_else(|| PathBuf::from("/dev/tty"));
        let modes = tcgetattr(&device).ok()?;
        let hung_up = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(signal_hook::consts::SIGHUP, Arc::clone(&hung_up)).ok()?;
        ignore_background_output();
        Some(Self { device, path, modes, hung_up, given: AtomicBool::new(false) })
    }

    /// Its device's path, for a command's stdin.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it went away.
    pub(crate) fn is_gone(&self) -> bool {
        self.hung_up.load(Ordering::Relaxed)
    }

    /// Hands it to a process group of this session.
    pub(crate) fn give(&self, group: u32) {
        // A terminal that went away cannot be handed to anybody; the command finds that out itself.
        let _: Option<_> = pid_of(group).map(|group| tcsetpgrp(&self.device, group));
        self.given.store(true, Ordering::Relaxed);
    }

    /// Hands it on to a process group if it came to us meanwhile: a shell's `fg` gives it to the job that the shell knows.
    pub(crate) fn hand_on(&self, group: u32) {
        if self.is_ours() {
            self.give(group);
        }
    }

    fn is_ours(&self) -> bool {
        tcgetpgrp(&self.device).is_ok_and(|now| now == getpgrp())
    }

    /// Takes it back, in the modes that it had at first: who was killed could not tidy up.
    pub(crate) fn take_back(&self) {
        if !self.given.swap(false, Ordering::Relaxed) {
            return;
        }
        let _ = tcsetpgrp(&self.device, getpgrp());
        let _ = tcsetattr(&self.device, OptionalActions::Drain, &self.modes);
    }

    /// Does what a stopped job does: takes the terminal back, and stops with the whole group that the caller's shell knows. Returns
    /// when that lets us go on, and then goes on with the stopped group: with the terminal, if the shell gave it to us. Where no
    /// shell could let us go on, nothing stops.
    pub(crate) fn stop_with(&self, group: u32) {
        let theirs = tcgetattr(&self.device);
        self.take_back();
        let _ = kill_current_process_group(Signal::TSTP);
        if self.is_ours() {
            let _ = theirs.map(|modes| tcsetattr(&self.device, OptionalActions::Drain, &modes));
            self.give(group);
        }
        signal(group, Signal::CONT);
    }

    /// Tells a group that its terminal is gone, as the kernel does: shells hear nothing else.
    pub(crate) fn hang_up(group: u32) {
        signal(group, Signal::HUP);
        signal(group, Signal::CONT);
    }
}

fn signal(group: u32, signal: Signal) {
    let _: Option<_> = pid_of(group).map(|group: Pid| kill_process_group(group, signal));
}

/// Who takes a terminal back is in the background, and would be stopped for that. A command starts with all signals at their default.
fn ignore_background_output() {
    #[expect(unsafe_code, reason = "std and rustix have no door to signal(2)")]
    // SAFETY: sets no handler of ours.
    let _: libc::sighandler_t = unsafe { libc::signal(libc::SIGTTOU, libc::SIG_IGN) };
}
