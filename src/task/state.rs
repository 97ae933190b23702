//! The life of a task.
//!
//! ```text
//! queued ─► running ─┬─► ready ────────┬─► landed ─► reverted ─► landed again
//!    ▲  │            ├─► failed ───────┤
//!    │  │            ├─► empty ────────┼─► discarded
//!    │  └────────────┴─► cancelled ────┘        │
//!    └── retry, from ready, failed, empty, cancelled, discarded
//! ```
//!
//! Undo is not a step: it restores the state that an operation found.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum State {
    /// Handed off, not started.
    Queued,
    /// Its command, its capture or its checks are under way.
    Running,
    /// It did what was asked and changed something.
    Ready,
    /// It did not do what was asked; what it changed is kept.
    Failed,
    /// It ran well and changed nothing.
    Empty,
    /// It was stopped by the user; what it changed is kept.
    Cancelled,
    /// Its result is on a branch.
    Landed,
    /// Its result was thrown away.
    Discarded,
    /// Its result was landed and taken back by a new commit.
    Reverted,
    /// It runs, or ran, where this repository was copied from.
    Unknown,
}

/// What happens to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Start,
    Pass,
    Fail,
    ChangeNothing,
    Cancel,
    Land,
    Discard,
    Revert,
    Retry,
}

/// No arrow leads from this state by this step.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a task that is {from} cannot {step}")]
pub(crate) struct IllegalStep {
    /// The state it is in.
    pub(crate) from: State,
    /// The step it was to take.
    pub(crate) step: Step,
}

impl State {
    /// Every state that this version knows.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 10] = [
        Self::Queued,
        Self::Running,
        Self::Ready,
        Self::Failed,
        Self::Empty,
        Self::Cancelled,
        Self::Landed,
        Self::Discarded,
        Self::Reverted,
        Self::Unknown,
    ];

    /// Returns the state that follows `self` when `step` happens.
    ///
    /// # Errors
    ///
    /// [`IllegalStep`] if the diagram above has no such arrow.
    pub(crate) fn after(self, step: Step) -> Result<Self, IllegalStep> {
        Ok(match (self, step) {
            (Self::Queued, Step::Start) => Self::Running,
            (Self::Running, Step::Pass) => Self::Ready,
            (Self::Running, Step::Fail) => Self::Failed,
            (Self::Running, Step::ChangeNothing) => Self::Empty,
            (Self::Running | Self::Queued, Step::Cancel) => Self::Cancelled,
            (Self::Ready | Self::Failed | Self::Cancelled | Self::Reverted, Step::Land) => Self::Landed,
            (Self::Ready | Self::Failed | Self::Empty | Self::Cancelled, Step::Discard) => Self::Discarded,
            (Self::Landed, Step::Revert) => Self::Reverted,
            (Self::Ready | Self::Failed | Self::Empty | Self::Cancelled | Self::Discarded, Step::Retry) => Self::Queued,
            (from, step) => return Err(IllegalStep { from, step }),
        })
    }

    /// Tells whether the task's own work is over.
    pub(crate) fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    /// The word that users and scripts see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Empty => "empty",
            Self::Cancelled => "cancelled",
            Self::Landed => "landed",
            Self::Discarded => "discarded",
            Self::Reverted => "reverted",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "start",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::ChangeNothing => "end without a change",
            Self::Cancel => "be cancelled",
            Self::Land => "land",
            Self::Discard => "be discarded",
            Self::Revert => "be reverted",
            Self::Retry => "be tried again",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 9] = [
        Step::Start,
        Step::Pass,
        Step::Fail,
        Step::ChangeNothing,
        Step::Cancel,
        Step::Land,
        Step::Discard,
        Step::Revert,
        Step::Retry,
    ];

    /// One row a state, one column a step, in the order of the lists above; `.` is no arrow.
    const TABLE: [(&str, &str); 10] = [
        ("queued", "running . . . cancelled . . . ."),
        ("running", ". ready failed empty cancelled . . . ."),
        ("ready", ". . . . . landed discarded . queued"),
        ("failed", ". . . . . landed discarded . queued"),
        ("empty", ". . . . . . discarded . queued"),
        ("cancelled", ". . . . . landed discarded . queued"),
        ("landed", ". . . . . . . reverted ."),
        ("discarded", ". . . . . . . . queued"),
        ("reverted", ". . . . . landed . . ."),
        ("unknown", ". . . . . . . . ."),
    ];

    #[test]
    fn the_arrows_are_those_of_the_design_and_no_others() {
        for (state, (word, row)) in State::ALL.into_iter().zip(TABLE) {
            assert_eq!(state.word(), word);
            let after: Vec<_> = STEPS.map(|step| state.after(step).map_or(".", State::word)).into();
            assert_eq!(after.join(" "), row, "from {word}");
        }
    }

    #[test]
    fn the_word_on_the_screen_is_the_word_on_disk() {
        for state in State::ALL {
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{state}\""));
        }
    }
}
