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
    /// It passed its input over by `--skip-code`, and had changed something.
    Skipped,
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
    /// Every check said yes, and the result changes what one of them names.
    SelfChanged,
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
    /// Whether it said no, and yes when it was asked again about the same tree.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flaky: bool,
    /// Whether folders were there that an earlier check had filled (`takeback.checkCache`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_cache: bool,
    /// Every run in order, where there was more than one. The one that counts is above.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Trial>,
}

/// One of several runs of a check on the same tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// How it ended.
    pub exit: Exit,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Whether folders were there that an earlier check had filled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_cache: bool,
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
            Self::Skipped => "skipped",
            Self::Other => "other",
        }
    }
}

impl Exit {
    /// Tells whether the command said yes.
    pub(crate) fn is_success(self) -> bool {
        self.code == Some(0)
    }

    /// Tells whether a check said no. What a limit, a signal or the user stopped has said nothing.
    pub(crate) fn is_no(self) -> bool {
        self.code.is_some_and(|code| code != 0)
    }
}

impl CheckRun {
    /// One verdict from the runs of one check on one tree: yes where any of them said so, else the first no.
    ///
    /// A check that says no and then yes is flaky, and known as such. `None` without a run.
    pub(crate) fn of_trials(command: &str, tree: TreeId, trials: &[Trial]) -> Option<Self> {
        let yes = trials.iter().find(|trial| trial.exit.is_success());
        let counts = yes.or(trials.first())?;
        let several = trials.len() > 1;
        Some(Self {
            command: command.to_owned(),
            exit: counts.exit,
            duration_ms: counts.duration_ms,
            tree,
            cached: false,
            flaky: several && yes.is_some(),
            with_cache: counts.with_cache,
            runs: if several { trials.to_vec() } else { vec![] },
        })
    }

    /// Tells whether the check said yes.
    pub(crate) fn passed(&self) -> bool {
        self.exit.is_success()
    }

    /// Tells whether its last run ended by itself.
    pub(crate) fn has_ended(&self) -> bool {
        self.runs.last().map_or(self.exit, |last| last.exit).code.is_some()
    }

    /// How often the check was run for this answer.
    pub(crate) fn times(&self) -> u32 {
        if self.cached { 0 } else { u32::try_from(self.runs.len().max(1)).unwrap_or(u32::MAX) }
    }

    /// How long it took.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_millis(self.duration_ms)
    }
}

/// `17 bytes`, `1.2 MiB`.
#[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = None;
    for next in units {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = Some(next);
    }
    let plain = || if bytes == 1 { "1 byte".to_owned() } else { format!("{bytes} bytes") };
    unit.map_or_else(plain, |unit| format!("{value:.1} {unit}"))
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, more: Self) {
        self.files += more.files;
        self.bytes += more.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_after_a_no_is_a_flaky_yes_and_a_second_no_leaves_the_first() {
        let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904".parse().unwrap();
        let trial = |code, duration_ms| Trial { exit: Exit { code, signal: None }, duration_ms, with_cache: false };
        // The codes of the runs; the one that counts, and whether it is flaky.
        for (codes, counts, flaky) in [
            (&[Some(0)][..], Some(0), false),
            (&[Some(1)], Some(1), false),
            (&[Some(1), Some(0)], Some(0), true),
            (&[Some(3), Some(1)], Some(3), false),
            (&[Some(1), Some(2), Some(0)], Some(0), true),
            (&[Some(1), None], Some(1), false),
            (&[None], None, false),
        ] {
            let trials: Vec<_> = codes.iter().zip(10..).map(|(code, ms)| trial(*code, ms)).collect();
            let run = CheckRun::of_trials("x", tree, &trials).unwrap();
            assert_eq!((run.exit.code, run.flaky), (counts, flaky), "{codes:?}");
            assert_eq!(run.runs, if codes.len() > 1 { trials } else { vec![] });
        }
        assert_eq!(CheckRun::of_trials("x", tree, &[]), None);
    }
}
