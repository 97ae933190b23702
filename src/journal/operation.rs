//! An operation: one decision, with all that it takes to carry it out and to take it back.

use serde::{Deserialize, Serialize};

use crate::git::refs::RefMove;
use crate::id::{CommitId, TreeId, Uid};
use crate::task::{Moment, State, Text};

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Land,
    Discard,
    Revert,
    Retry,
    /// A new attempt, made by hand.
    Open,
    Cancel,
    Undo,
    Redo,
    /// A kind of a later version.
    #[serde(other)]
    Other,
}

/// One journalled decision about refs and tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Operation {
    /// Its id, in refs and for `undo`.
    pub(crate) uid: Uid,
    /// What was decided.
    pub(crate) kind: Kind,
    /// When.
    pub(crate) at: Moment,
    /// The tasks it is about, with the attempt that was meant; the new one for a retry.
    pub(crate) tasks: Vec<TaskRef>,
    /// Refs to move, in this order.
    #[serde(default)]
    pub(crate) moves: Vec<Move>,
    /// Whether the first move decides: while it has not happened, nothing has.
    #[serde(default)]
    pub(crate) decisive: bool,
    /// Checkouts whose files and index follow the moves.
    #[serde(default)]
    pub(crate) checkouts: Vec<CheckoutChange>,
    /// The operation that this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) undoes: Option<Uid>,
    /// What each task's landing brought, in the order in which they landed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) landed: Vec<Landed>,
    /// The branch that it is about, as `refs/heads/…`, where the first move does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// Commits beside the ends of the moves that it needs to be taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) keeps: Vec<CommitId>,
    /// Landed on a tree that no check had seen, by the user's wish.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) untested: bool,
}

/// A task in an operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct TaskRef {
    /// Which task.
    pub(crate) uid: Uid,
    /// Which of its attempts.
    pub(crate) attempt: u32,
}

/// A task's change as it was put on a branch: what leads from one commit's tree to the other's.
///
/// Both are in reach by the operation's pins. They need not be on the branch: a squash has one commit for many tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Landed {
    /// Which task.
    pub(crate) task: Uid,
    /// The commit without the change.
    pub(crate) before: CommitId,
    /// The commit with it.
    pub(crate) after: CommitId,
    /// How many commits lead from one to the other: more than one where the task's own were kept.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub(crate) commits: u32,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
fn is_one(n: &u32) -> bool {
    *n == 1
}

/// A ref goes from one commit to another; `None` is no ref.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Move {
    /// The full name, `refs/…`.
    pub(crate) name: String,
    /// Where it must be before.
    pub(crate) from: Option<CommitId>,
    /// Where it is after.
    pub(crate) to: Option<CommitId>,
}

/// A user's checkout goes from one tree to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheckoutChange {
    /// Its git dir, from the common one: nothing, or a linked worktree's admin dir. Absolute where an earlier version wrote it.
    pub(crate) git_dir: Text,
    /// The tree before.
    pub(crate) from: TreeId,
    /// The tree after.
    pub(crate) to: TreeId,
}

impl Kind {
    /// The word that users and scripts see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Land => "land",
            Self::Discard => "discard",
            Self::Revert => "revert",
            Self::Retry => "retry",
            Self::Open => "open",
            Self::Cancel => "cancel",
            Self::Undo => "undo",
            Self::Redo => "redo",
            Self::Other => "other",
        }
    }

    /// What the decision is called in a sentence.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Land => "landing",
            Self::Open => "change by hand",
            other => other.word(),
        }
    }

    /// The state that its tasks are in by it; `None` where the attempt's record says.
    pub(crate) fn decides(self) -> Option<State> {
        match self {
            Self::Land => Some(State::Landed),
            Self::Discard => Some(State::Discarded),
            Self::Revert => Some(State::Reverted),
            Self::Cancel => Some(State::Cancelled),
            Self::Retry | Self::Open | Self::Undo | Self::Redo | Self::Other => None,
        }
    }

    /// Tells whether its tasks have a new attempt by it.
    pub(crate) fn makes_attempt(self) -> bool {
        matches!(self, Self::Retry | Self::Open)
    }

    /// Tells whether `undo` can take it back.
    pub(crate) fn can_be_undone(self) -> bool {
        matches!(self, Self::Land | Self::Discard | Self::Revert | Self::Open)
    }
}

impl Operation {
    /// Starts an operation about tasks: no ref moves yet, no checkout follows.
    pub(crate) fn new(kind: Kind, at: Moment, tasks: Vec<TaskRef>) -> Self {
        Self {
            uid: Uid::random(),
            kind,
            at,
            tasks,
            moves: vec![],
            decisive: false,
            checkouts: vec![],
            undoes: None,
            landed: vec![],
            target: None,
            keeps: vec![],
            untested: false,
        }
    }

    /// The branch that it is about, if it is about one.
    pub(crate) fn branch(&self) -> Option<&str> {
        let moved = self.moves.first().filter(|_| self.decisive).map(|m| m.name.as_str());
        self.target.as_deref().or(moved)
    }

    /// The commit of a branch that brought a task's change: a squash's, or the one that somebody else made.
    pub(crate) fn commit_of(&self, landed: &Landed) -> CommitId {
        let tip = self.moves.first().filter(|_| self.decisive).and_then(|m| m.to);
        // What it keeps beside the branch's own commits is not on the branch, or is all that there is.
        match (tip, self.keeps.first()) {
            (Some(tip), Some(_)) => tip,
            (None, Some(kept)) => *kept,
            (_, None) => landed.after,
        }
    }

    /// What a task's landing brought.
    pub(crate) fn landed_of(&self, task: &Uid) -> Option<&Landed> {
        self.landed.iter().find(|l| l.task == *task)
    }
}

impl Move {
    /// The same move, backwards.
    pub(crate) fn reversed(&self) -> Self {
        Self { name: self.name.clone(), from: self.to, to: self.from }
    }

    /// The move as git's layer takes it.
    pub(crate) fn as_ref_move(&self) -> RefMove {
        RefMove { name: self.name.clone(), from: self.from.map(Into::into), to: self.to.map(Into::into) }
    }
}
