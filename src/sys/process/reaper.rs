//! Who waits for whom: a process that has ended stays in the table until its parent asks.
//!
//! In a process that became subreaper, whatever is started with a session of its own and waited for is started by
//! [`Awaited::spawn`]: nothing else tells it from an adopted orphan.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{WaitId, WaitIdOptions, WaitOptions, waitid, waitpid};

use super::{Table, pid_of};

/// The executions' first processes that somebody here waits for. Held while one is started, so that nobody reaps it in between.
static AWAITED: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

static IS_SUBREAPER: AtomicBool = AtomicBool::new(false);

/// A started process that only its owner waits for.
#[derive(Debug)]
pub(crate) struct Awaited {
    /// The process.
    pub(crate) child: Child,
}

impl Awaited {
    /// Starts a command whose process [`reap_orphans`] leaves alone.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut awaited = lock();
        let child = command.spawn()?;
        awaited.insert(child.id());
        Ok(Self { child })
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        // If it has ended it is waited for now, else by `reap_orphans` from now on.
        drop(self.child.try_wait());
        lock().remove(&self.child.id());
    }
}

/// Waits for children of this process that have ended; for a process that starts others and waits for none of them.
pub(crate) fn reap_children() {
    while matches!(rustix::process::wait(WaitOptions::NOHANG), Ok(Some(_))) {}
}

/// Makes this process the parent of what its descendants leave behind, where the system can do that (Linux).
///
/// A program does it once, before it starts anything.
pub(crate) fn become_subreaper() {
    super::fresh::hear_of_children();
    #[cfg(target_os = "linux")]
    if rustix::process::set_child_subreaper(Some(rustix::process::getpid())).is_ok() {
        IS_SUBREAPER.store(true, Ordering::Relaxed);
    }
}

/// Tells whether a child was stopped since this was last asked.
pub(crate) fn was_stopped(pid: u32) -> bool {
    let Some(pid) = pid_of(pid) else { return false };
    let status = waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG);
    status.is_ok_and(|status| status.is_some_and(|status| status.stopped()))
}

pub(super) fn is_subreaper() -> bool {
    IS_SUBREAPER.load(Ordering::Relaxed)
}

/// Takes processes that ended as our adopted children out of the table. Our own commands are in our session and left alone.
pub(crate) fn reap_orphans() {
    if !is_subreaper() {
        return;
    }
    let awaited = lock();
    let table = Table::read();
    let me = std::process::id();
    let Some(own) = table.find(me) else { return };
    let children = table.iter().filter(|process| process.parent == me && process.session != own.session);
    for orphan in children.filter(|process| process.over && !awaited.contains(&process.pid)) {
        let _ = waitpid(pid_of(orphan.pid), WaitOptions::NOHANG);
    }
}

pub(super) fn awaited() -> BTreeSet<u32> {
    lock().clone()
}

fn lock() -> MutexGuard<'static, BTreeSet<u32>> {
    AWAITED.lock().unwrap_or_else(PoisonError::into_inner)
}
