//! Why a task cannot land.

use serde::Serialize;

use crate::id::{CommitId, Name};
use crate::task::RepoPath;

/// Why a task cannot land.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Refusal {
    /// The task.
    pub task: Name,
    /// Why, for scripts.
    pub kind: RefusalKind,
    /// The paths that it is about.
    pub paths: Vec<RepoPath>,
    /// The commit that it is about: a result that cannot land again, the one by which others landed it, or the one that `--as` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// Why, for people: a lower-case fragment that follows the task's name.
    pub message: String,
}

/// Why a task cannot land. An open list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RefusalKind {
    /// The target changed the same paths.
    Conflict,
    /// Paths of a checkout are in the way, or a merge or rebase is under way in it.
    Dirty,
    /// The target moved again and again meanwhile.
    Stale,
    /// It changed paths outside its scope.
    Outside,
    /// It changed what its check names, so the check's yes says little.
    SelfChanged,
    /// It failed or was cancelled.
    Failed,
    /// It is still running, or waits to.
    Running,
    /// It changed nothing.
    Empty,
    /// Its change is in the target already.
    Landed,
    /// It landed, and somebody else took it out of the branch since.
    TakenOut,
    /// Its state forbids it.
    State,
    /// A check said no to the tree that would land.
    Check,
    /// Its own commits cannot be kept.
    Commits,
    /// The `commit-msg` hook said no.
    Hook,
    /// The branch is protected: git config `takeback.landProtected`.
    Protected,
}

impl Refusal {
    /// Refuses a task for a reason that is about no path.
    pub(crate) fn new(task: &Name, kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { task: task.clone(), kind, paths: Vec::new(), commit: None, message: message.into() }
    }

    /// Names the paths that it is about.
    #[must_use]
    pub(crate) fn at(mut self, paths: Vec<RepoPath>) -> Self {
        self.paths = paths;
        self
    }

    /// Names the commit that it is about.
    #[must_use]
    pub(crate) fn about(mut self, commit: CommitId) -> Self {
        self.commit = Some(commit);
        self
    }
}
