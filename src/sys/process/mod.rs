//! Processes of this and other boots: who they are, whether they live, how they are ended.
//!
//! [`ProcessId`] names a process for ever; [`liveness`] judges it and never declares dead what this system cannot see. A [`Family`]
//! is all that one execution started; [`end()`] ends it. Where systems differ there is one door: `linux` reads `/proc`, `ps` asks
//! `ps` and `sysctl` (macOS and the BSDs; never run there).

mod end;
mod family;
mod fresh;
mod inside;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod ps;
mod reaper;
mod table;

use std::sync::OnceLock;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use ps as system;

use crate::task::ProcessId;

pub(crate) use end::{Grace, end, wait_until_gone};
pub(crate) use family::{Family, TOKEN};
pub(crate) use fresh::{close_on_exec, default_signals};
pub(crate) use inside::inside;
pub(crate) use reaper::{Awaited, become_subreaper, reap_children, reap_orphans, was_stopped};
pub(crate) use table::{Process, Table};

/// Whether a process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Liveness {
    /// It runs, or is stopped.
    Alive,
    /// It has ended for good; its number may be another's by now.
    Dead,
    /// It is of another machine or pid namespace: nothing can be said from here.
    Unknown,
}

/// The system that this process runs in.
#[derive(Debug)]
struct Here {
    machine: String,
    pid_namespace: u64,
    boot: String,
}

/// Names the process that has this number now; `None` if there is none, or the system does not tell.
pub(crate) fn identify(pid: u32) -> Option<ProcessId> {
    let here = here()?;
    let started = system::find(pid)?.started;
    Some(ProcessId { machine: here.machine.clone(), pid_namespace: here.pid_namespace, boot: here.boot.clone(), pid, started })
}

/// Names this very process.
pub(crate) fn own() -> Option<ProcessId> {
    identify(std::process::id())
}

/// Tells whether a process lives. What has ended and was not yet waited for is dead.
pub(crate) fn liveness(process: &ProcessId) -> Liveness {
    here().map_or(Liveness::Unknown, |here| judge(process, here, system::find))
}

/// Tells whether the numbers in `process` mean something here: same boot, same namespace.
fn is_of_here(process: &ProcessId) -> bool {
    here().is_some_and(|here| process.boot == here.boot && process.pid_namespace == here.pid_namespace)
}

fn judge(process: &ProcessId, here: &Here, find: impl FnOnce(u32) -> Option<Process>) -> Liveness {
    if process.pid_namespace != here.pid_namespace {
        return Liveness::Unknown;
    }
    if process.boot != here.boot {
        // The boot's id is random: another one is an earlier boot of this machine, or another machine.
        return if process.machine == here.machine { Liveness::Dead } else { Liveness::Unknown };
    }
    match find(process.pid) {
        Some(found) if found.started == process.started && !found.over => Liveness::Alive,
        _ => Liveness::Dead,
    }
}

fn here() -> Option<&'static Here> {
    static HERE: OnceLock<Option<Here>> = OnceLock::new();
    HERE.get_or_init(|| {
        // The machine's name is part of it: cluster nodes that boot from one image share their machine-id.
        let mut seed = system::machine_id().unwrap_or_default();
        seed.push(0);
        seed.extend_from_slice(rustix::system::uname().nodename().to_bytes());
        Some(Here { machine: format!("{:016x}", fnv(&seed)), pid_namespace: system::pid_namespace()?, boot: system::boot()? })
    })
    .as_ref()
}

/// The 64-bit FNV-1a hash.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

pub(super) fn pid_of(number: u32) -> Option<rustix::process::Pid> {
    i32::try_from(number).ok().and_then(rustix::process::Pid::from_raw)
}

#[cfg(test)]
mod tests;
