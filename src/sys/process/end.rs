//! Ending a family: ask, insist, kill.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process_group};

use super::family::{Family, Members};
use super::{Process, pid_of, reap_orphans};

/// How long each step of an ending may take. A step of zero is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grace {
    /// For what ends by itself just after the command did, before it counts as left over.
    pub(crate) settle: Duration,
    /// After INT: an agent writes its last line.
    pub(crate) interrupt: Duration,
    /// After TERM.
    pub(crate) terminate: Duration,
    /// For the kernel to take the killed away, fork races included.
    pub(crate) kill: Duration,
}

impl Default for Grace {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { settle: Duration::from_millis(300), interrupt: seconds(5), terminate: seconds(5), kill: seconds(10) }
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Ends a family with INT, TERM and KILL to every member, and returns who is still there: of other users, or stuck in the kernel.
pub(crate) fn end(family: &Family<'_>, grace: &Grace) -> Vec<Process> {
    for (signal, patience) in [(Signal::INT, grace.interrupt), (Signal::TERM, grace.terminate)] {
        if patience.is_zero() {
            continue;
        }
        // Also to who was just being started when the others were asked, once each.
        let asked = RefCell::new(BTreeSet::new());
        let ask = |members: &Members| {
            for process in &members.living {
                if asked.borrow_mut().insert((process.pid, process.started)) {
                    send(process, signal);
                    // What is stopped must go on to hear it.
                    send(process, Signal::CONT);
                }
            }
        };
        if poll(family, patience, ask).is_empty() {
            return Vec::new();
        }
    }
    poll(family, grace.kill, kill)
}

/// Waits until no member is left, at most `patience`; returns who is still there.
pub(crate) fn wait_until_gone(family: &Family<'_>, patience: Duration) -> Vec<Process> {
    poll(family, patience, |_| ())
}

pub(super) fn kill(members: &Members) {
    // A group is signalled in one go: who forks faster than a list can be read does not get away within it.
    for group in members.groups.iter().filter_map(|group| pid_of(*group)) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    members.living.iter().for_each(|process| send(process, Signal::KILL));
}

fn poll(family: &Family<'_>, patience: Duration, each_time: impl Fn(&Members)) -> Vec<Process> {
    let start = Instant::now();
    let mut pause = SHORTEST_PAUSE;
    loop {
        let over_time = start.elapsed() >= patience;
        let members = family.members();
        each_time(&members);
        reap_orphans();
        if members.living.is_empty() || over_time {
            return members.living;
        }
        std::thread::sleep(pause.min(patience.saturating_sub(start.elapsed())));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Signals a process unless it has gone, and its number to another. A refusal shows when the family is looked at again.
#[cfg(target_os = "linux")]
fn send(process: &Process, signal: Signal) {
    use rustix::process::{PidfdFlags, kill_process, pidfd_open, pidfd_send_signal};
    let Some(pid) = pid_of(process.pid) else { return };
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) => {
            // The handle holds on to one process: if that is the one that was seen, it cannot become another.
            if super::system::find(process.pid).is_some_and(|now| now.started == process.started) {
                let _ = pidfd_send_signal(handle, signal);
            }
        }
        // Before Linux 5.3, or where a filter forbids it.
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {
            let _ = kill_process(pid, signal);
        }
        Err(_) => {}
    }
}

#[cfg(not(target_os = "linux"))]
fn send(process: &Process, signal: Signal) {
    if let Some(pid) = pid_of(process.pid) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}
