//! How an attempt ended.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::TreeId;

/// Why a task failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Reason {
    /// Its command ended with a code other than 0.
    Exit,
    /// A signal ended its command.
    Signal,
    /// It ran longer than `--timeout`.
    Timeout,
    /// It wrote nothing for longer than `--idle`.
    Idle,
    /// A check said no.
    Check,
    /// It changed paths outside `--only`.
    Outside,
    /// It changed the repository past its private git dir.
    Escaped,
    /// Its private git dir is broken, hostile or too large to be taken over.
    Quarantine,
    /// The disk was full.
    Disk,
    /// Its command could not be started.
    Spawn,
    /// Its runner vanished.
    Interrupted,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

/// What the checks said of a ready result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Checked {
    /// Every check said yes.
    Passed,
    /// There was no check.
    None,
    /// A word of a later version.
    #[serde(other)]
    Other,
}

/// How a command ended: exactly one of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Its exit code.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

/// One check's run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    /// The shell command line.
    pub command: String,
    /// How it ended.
    pub exit: Exit,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The tree it ran on.
    pub tree: TreeId,
    /// Whether an earlier run of the same check on the same tree was taken instead.
    pub cached: bool,
}

/// What a result changes against its base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCounts {
    /// Files added, changed or deleted.
    pub changed: u64,
    /// Lines added in text files.
    pub insertions: u64,
    /// Lines deleted in text files.
    pub deletions: u64,
}

/// How much of something there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Files, at any depth.
    pub files: u64,
    /// Their size together.
    pub bytes: u64,
}

impl Reason {
    /// The word that users and scripts see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Signal => "signal",
            Self::Timeout => "timeout",
            Self::Idle => "idle",
            Self::Check => "check",
            Self::Outside => "outside",
            Self::Escaped => "escaped",
            Self::Quarantine => "quarantine",
            Self::Disk => "disk",
            Self::Spawn => "spawn",
            Self::Interrupted => "interrupted",
            Self::Other => "other",
        }
    }
}

impl Exit {
    /// Tells whether the command said yes.
    pub(crate) fn is_success(self) -> bool {
        self.code == Some(0)
    }
}

impl CheckRun {
    /// Tells whether the check said yes.
    pub(crate) fn passed(&self) -> bool {
        self.exit.is_success()
    }

    /// How long it took.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_millis(self.duration_ms)
    }
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, more: Self) {
        self.files += more.files;
        self.bytes += more.bytes;
    }
}
