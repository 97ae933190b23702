//! What the deciding verbs answer.

use serde::Serialize;

use crate::id::{CommitId, Name, Uid};
use crate::journal::{Folded, Kind, Status};
use crate::landing::{Forecast, Refusal};
use crate::takeback::words::batch_of;
use crate::task::Moment;

/// An operation as scripts see it: DESIGN's `operation` object.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Operation {
    /// Its random id.
    pub id: Uid,
    /// `land`, `discard`, `revert`, `retry`, `cancel`, `undo`, `redo`.
    pub kind: &'static str,
    /// When it was decided.
    pub at: Moment,
    /// The tasks it is about.
    pub tasks: Vec<Name>,
    /// The batch that all of them are of; `None` where they are not of one.
    pub batch: Option<Name>,
    /// The refs it moves.
    pub refs: Vec<RefChange>,
    /// The operation that it takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Uid>,
    /// The operation that took it back and still holds; `None` where none did.
    pub undone_by: Option<Uid>,
    /// The branch that it is about, where it is about one.
    #[serde(skip)]
    pub branch: Option<String>,
    /// Whether it was carried out; `false` where a crash left it open.
    #[serde(skip)]
    pub settled: bool,
}

/// A ref's way from one commit to another; `None` is no ref.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RefChange {
    /// The full name.
    pub name: String,
    /// Where it was.
    pub from: Option<CommitId>,
    /// Where it is then.
    pub to: Option<CommitId>,
}

/// What `land` did, or would do.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Landing {
    /// The operation; `None` where nothing landed, and before it is carried out.
    pub operation: Option<Operation>,
    /// The branch, and where it goes.
    pub target: RefTarget,
    /// The tasks that landed, or would.
    pub landed: Vec<Name>,
    /// The tasks that cannot, each with why.
    pub refused: Vec<Refusal>,
    /// Tasks that a check blames.
    pub culprits: Vec<Name>,
    /// Whether no check saw the tree, by the user's wish.
    pub untested: bool,
    /// Files that land.
    pub files: u64,
    /// What each task brought.
    pub commits: Vec<LandedTask>,
    /// The plain git line that takes the landing back, for those without takeback: by new commits, or by the end of a new branch.
    pub git_line: Option<String>,
    /// The push that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<Push>,
    /// What was noticed on the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What stands between the tasks, where that was asked for.
    #[serde(flatten)]
    pub forecast: Option<Forecast>,
}

/// A push of a landing, done or planned.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Push {
    /// The remote.
    pub remote: String,
    /// The ref there, as far as it is known.
    #[serde(rename = "ref")]
    pub name: String,
    /// Whether the remote took it; `None` before it is tried. Where it did not, the landing stands.
    pub ok: Option<bool>,
    /// What git, its hooks and the remote said.
    pub message: Option<String>,
    /// The command of the remote's forge that makes a pull request of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<String>,
}

/// What a task brought to a branch, or would: the change from one commit's tree to the other's.
///
/// A squash has one commit for all tasks; these two are then kept beside it. Before a landing is carried out both may still change.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct LandedTask {
    /// The task.
    pub task: Name,
    /// The commit without the change.
    pub before: CommitId,
    /// The commit with it.
    pub after: CommitId,
    /// The plain git line that takes this task back and leaves the others; absent where it is alone, or the branch has no commit of
    /// its own for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_line: Option<String>,
}

/// The branch that a landing moves.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RefTarget {
    /// The full name, `refs/heads/…`.
    #[serde(rename = "ref")]
    pub name: String,
    /// Where it was; `None` for a new branch.
    pub from: Option<CommitId>,
    /// Where it is then; `None` where nothing lands.
    pub to: Option<CommitId>,
}

/// What `discard`, `undo` and `redo` did, or would do.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TakenBack {
    /// The operation; `None` before it is carried out.
    pub operation: Option<Operation>,
    /// The tasks it is about.
    pub tasks: Vec<Name>,
    /// What is as it was before, a line each.
    pub restored: Vec<String>,
    /// What stays, a line each.
    pub kept: Vec<String>,
    /// What cannot be taken back, a line each.
    pub not_undone: Vec<String>,
    /// What the operation is, in a few words.
    #[serde(skip)]
    pub title: String,
}

impl Landing {
    /// The same where nothing lands after all, and why.
    pub(super) fn refuse(mut self, refused: Vec<Refusal>) -> Self {
        self.landed.clear();
        self.commits.clear();
        (self.target.to, self.git_line, self.push) = (None, None, None);
        Self { refused, ..self }
    }
}

impl Operation {
    pub(crate) fn of(folded: &Folded, name: impl Fn(&Uid) -> Option<Name>) -> Self {
        let operation = &folded.operation;
        let tasks: Vec<Name> = operation.tasks.iter().filter_map(|t| name(&t.uid)).collect();
        Self {
            id: operation.uid.clone(),
            kind: operation.kind.word(),
            at: operation.at,
            batch: batch_of(&tasks).and_then(|batch| batch.parse().ok()),
            tasks,
            refs: operation.moves.iter().map(|m| RefChange { name: m.name.clone(), from: m.from, to: m.to }).collect(),
            undoes: operation.undoes.clone(),
            branch: operation.branch().map(ToOwned::to_owned),
            undone_by: folded.undone_by.clone(),
            settled: folded.status != Status::Open,
        }
    }

    /// Tells whether `undo` can take it back, as far as its kind says.
    pub fn can_be_undone(&self) -> bool {
        [Kind::Land, Kind::Discard, Kind::Revert, Kind::Open].iter().any(|k| k.word() == self.kind) && self.undone_by.is_none()
    }
}
