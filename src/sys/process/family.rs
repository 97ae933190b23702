//! All processes that one execution started.
//!
//! Nothing short of a pid namespace holds a process that wants to get away, so a member is whoever shows one of these: it is in the
//! session or group of the first process, its environment carries the execution's token, it descends from a member, or it became
//! this process's child when its own parent ended ([`become_subreaper`](super::become_subreaper)).

use std::collections::BTreeSet;

use super::{Process, Table, reaper, system};
use crate::task::ProcessId;

/// The variable that marks every process of an execution.
pub(crate) const TOKEN: &str = "TAKEBACK_TOKEN";

/// What one execution started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family<'a> {
    /// Its first process, the leader of its session; `None` where it was not recorded before a crash.
    pub(crate) root: Option<&'a ProcessId>,
    /// The value of [`TOKEN`] in its environment.
    pub(crate) token: &'a str,
}

/// The members at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    /// Those that run or are stopped, by number.
    pub(super) living: Vec<Process>,
    /// The process groups that hold nobody else.
    pub(super) groups: BTreeSet<u32>,
}

impl Family<'_> {
    /// The members that run or are stopped, by number.
    #[cfg(test)]
    pub(crate) fn living(&self) -> Vec<Process> {
        self.members().living
    }

    /// Who is of the family now. This process and those above it are never among them.
    pub(super) fn members(&self) -> Members {
        let table = Table::read();
        let above = table.line_of(std::process::id());
        let mut members = self.carriers(&table);
        if let Some(root) = self.root.filter(|root| super::is_of_here(root)) {
            members.extend(session_of(root, &table, &members));
            members.extend(adopted(root, &table));
        }
        members.retain(|pid| !above.contains(pid));
        table.add_descendants(&mut members);
        let is_member = |process: &Process| members.contains(&process.pid) && !above.contains(&process.pid);
        let (living, others): (Vec<_>, Vec<_>) =
            table.iter().filter(|process| !process.over).partition(|process| is_member(process));
        let mut groups: BTreeSet<u32> = living.iter().map(|process| process.group).collect();
        for other in others {
            groups.remove(&other.group);
        }
        Members { living: living.into_iter().cloned().collect(), groups }
    }

    fn carriers(&self, table: &Table) -> BTreeSet<u32> {
        let entry = format!("{TOKEN}={}", self.token);
        let carriers = table.iter().filter(|process| !process.over && system::carries(process, entry.as_bytes()));
        carriers.map(|process| process.pid).collect()
    }
}

/// The members of the session and group that `root` leads or led.
///
/// A number is not given away while a session or group is called by it. So if `root` lives (or was not yet waited for), they are
/// its own; if another process has its number, they are not. If nobody has it, they may be those of a later process that has ended
/// too: a carrier among them proves that they are not.
fn session_of(root: &ProcessId, table: &Table, carriers: &BTreeSet<u32>) -> BTreeSet<u32> {
    let together = table.iter().filter(|process| process.session == root.pid || process.group == root.pid);
    let members: BTreeSet<u32> = together.map(|process| process.pid).collect();
    let ours = match table.find(root.pid) {
        Some(leader) => leader.started == root.started,
        None => !members.is_disjoint(carriers),
    };
    if ours { members } else { BTreeSet::new() }
}

/// Children of this process that it did not start: their own parents, which did, have ended.
///
/// They are told from what our own commands may leave (a `git` that tidies up) by session and by age. With two executions at once
/// in this process it is open whose they are, and only those that show something else are ended.
fn adopted(root: &ProcessId, table: &Table) -> BTreeSet<u32> {
    if !reaper::is_subreaper() {
        return BTreeSet::new();
    }
    let me = std::process::id();
    let Some(own) = table.find(me) else { return BTreeSet::new() };
    let awaited = reaper::awaited();
    if awaited.iter().any(|pid| *pid != root.pid) {
        return BTreeSet::new();
    }
    let children = table.iter().filter(|process| process.parent == me && process.session != own.session);
    children.filter(|process| process.started >= root.started).map(|process| process.pid).collect()
}
