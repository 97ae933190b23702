//! All processes at one moment.

use std::collections::{BTreeMap, BTreeSet};

use super::system;

/// A process as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    /// Its number.
    pub(crate) pid: u32,
    /// Its parent's number.
    pub(crate) parent: u32,
    /// Its process group.
    pub(crate) group: u32,
    /// Its session.
    pub(crate) session: u32,
    /// When it was started, as in [`ProcessId`](crate::task::ProcessId).
    pub(crate) started: u64,
    /// It has ended, and its parent has not asked how.
    pub(crate) over: bool,
    /// What the system calls it: on Linux at most 15 bytes.
    pub(crate) name: String,
}

/// All processes that can be seen from here.
#[derive(Debug)]
pub(crate) struct Table {
    processes: BTreeMap<u32, Process>,
}

impl Table {
    /// Looks at all processes. Those that come or go meanwhile may be in it or not.
    pub(crate) fn read() -> Self {
        Self::of(system::all())
    }

    pub(super) fn of(processes: impl IntoIterator<Item = Process>) -> Self {
        Self { processes: processes.into_iter().map(|process| (process.pid, process)).collect() }
    }

    /// The process with this number.
    pub(crate) fn find(&self, pid: u32) -> Option<&Process> {
        self.processes.get(&pid)
    }

    /// All of them, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Process> {
        self.processes.values()
    }

    /// Adds to `members` whatever descends from them.
    pub(crate) fn add_descendants(&self, members: &mut BTreeSet<u32>) {
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for process in self.iter() {
            children.entry(process.parent).or_default().push(process.pid);
        }
        let mut open: Vec<u32> = members.iter().copied().collect();
        while let Some(parent) = open.pop() {
            for child in children.get(&parent).into_iter().flatten() {
                if members.insert(*child) {
                    open.push(*child);
                }
            }
        }
    }

    /// A process and all above it.
    pub(crate) fn line_of(&self, pid: u32) -> BTreeSet<u32> {
        let mut line = BTreeSet::new();
        let mut next = Some(pid);
        while let Some(pid) = next {
            if pid == 0 || !line.insert(pid) {
                break;
            }
            next = self.find(pid).map(|process| process.parent);
        }
        line
    }
}
