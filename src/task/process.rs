//! Which process, for ever: a pid alone is given to another process sooner or later.

use serde::{Deserialize, Serialize};

/// A process of one boot of one machine.
///
/// It is a value only: `sys::process` makes it and tells whether such a process lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct ProcessId {
    /// A hash of the machine's id and name: equal where both are.
    #[serde(rename = "machine")]
    pub(crate) machine: String,
    /// The inode of the pid namespace that `pid` counts in; 0 where the system has none.
    #[serde(rename = "pid_namespace")]
    pub(crate) pid_namespace: u64,
    /// The kernel's random id of this boot.
    #[serde(rename = "boot")]
    pub(crate) boot: String,
    /// The number, as its namespace counts.
    #[serde(rename = "pid")]
    pub(crate) pid: u32,
    /// When it was started, as the system tells it: on Linux clock ticks since boot.
    #[serde(rename = "started")]
    pub(crate) started: u64,
}
