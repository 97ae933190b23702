//! A task's own commits, put on the target one by one: `land --keep-commits`.
//!
//! Each keeps its author, its date and its message. The line of first parents from the task's base to its last commit is followed, so
//! a merge is one commit with all that it brought. Commits that change nothing are left out. What the task did not commit comes last,
//! in a commit of its own: in the end the tree is the same as that of a landing in one commit.

use git2::{Commit, Oid, Repository};

use super::chain::Order;
use super::message::Brought;
use super::{Refusal, RefusalKind};
use crate::git::commit::{NewCommit, Origin};
use crate::git::merge::{self, Joined, Sides};
use crate::git::{self, refs, tree};
use crate::id::CommitId;
use crate::journal::Standing;
use crate::store::layout;
use crate::task::RepoPath;
use crate::verify::scope::Scope;

/// What of a task's commits comes to a target: drafts, or why they cannot.
type Replayed = Result<Vec<CommitId>, Refusal>;

/// The commits that a task made itself, oldest first; none where it made none.
///
/// # Errors
///
/// [`git::Error`] if one is unreadable.
fn own<'a>(main: &'a Repository, task: &Standing) -> Result<Result<Vec<Commit<'a>>, Refusal>, git::Error> {
    let head = format!("{}head", layout::side_prefix(task.uid(), task.entry.attempt));
    let base = task.record.base.into();
    let mut next = refs::find(main, &head)?.filter(|head| *head != base);
    let mut line = Vec::new();
    while let Some(id) = next {
        let commit = main.find_commit(id).map_err(git::Error::of("read", id))?;
        next = commit.parent_ids().next();
        line.push(commit);
        if next == Some(base) {
            line.reverse();
            return Ok(Ok(line));
        }
    }
    let refusal = || Refusal::new(&task.spec.id, RefusalKind::Commits, "has commits of its own that do not follow its base");
    Ok(if line.is_empty() { Ok(line) } else { Err(refusal()) })
}

impl Order<'_> {
    /// Puts a task's own commits behind `tip`, and behind them what leads to the tree `wanted`.
    pub(super) fn replay(&self, brought: Brought<'_>, tip: CommitId, wanted: Oid) -> Result<Replayed, git::Error> {
        let task = brought.task;
        let line = match own(self.main, task)? {
            Ok(line) => line,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(refusal) = self.outside(task, &line)? {
            return Ok(Err(refusal));
        }
        let mut drafts: Vec<CommitId> = Vec::new();
        for commit in line {
            let ours = drafts.last().copied().unwrap_or(tip);
            let parent = commit.parent_id(0).map_err(git::Error::of("read", commit.id()))?;
            let tree = match merge::join(self.main, self.intake, Sides { base: parent, ours: ours.into(), theirs: commit.id() })? {
                Joined::Tree(tree) => tree,
                Joined::Conflict(paths) => return Ok(Err(conflict(task, &commit).at(paths))),
            };
            if tree == Oid::from(tree::of_commit(self.intake.repo(), ours)?) {
                continue;
            }
            let message = self.wording.keep(commit.message_raw_bytes(), brought);
            let origin = Origin::of(&commit);
            drafts.push(self.draft(&NewCommit { tree, parents: &[ours.into()], message: &message, origin: Some(&origin) })?);
        }
        let last = drafts.last().copied().unwrap_or(tip);
        if wanted != Oid::from(tree::of_commit(self.intake.repo(), last)?) {
            let text = if drafts.is_empty() { self.wording.alone(false).land(&[brought]) } else { self.wording.rest(brought) };
            drafts.push(self.draft(&NewCommit::new(wanted, &[last.into()], &text))?);
        }
        Ok(Ok(drafts))
    }

    /// What one commit did and a later one took back is in the result nowhere, but it would be in the history.
    fn outside(&self, task: &Standing, line: &[Commit<'_>]) -> Result<Option<Refusal>, git::Error> {
        let Ok(scope) = Scope::new(&task.spec.only) else { return Ok(None) };
        let odb = git::repo::odb(self.main)?;
        let mut outside: Vec<RepoPath> = Vec::new();
        for commit in line {
            let parent = commit.parent(0).map_err(git::Error::of("read", commit.id()))?;
            let changes = tree::changes(&odb, Some(parent.tree_id()), Some(commit.tree_id()))?;
            outside.extend(changes.into_iter().map(|c| c.path).filter(|path| !scope.allows(path) && !self.allowed.names(path)));
        }
        outside.sort();
        outside.dedup();
        let message = "has commits of its own with paths outside its scope (--allow-path lets them land)";
        Ok((!outside.is_empty()).then(|| Refusal::new(&task.spec.id, RefusalKind::Outside, message).at(outside)))
    }
}

fn conflict(task: &Standing, commit: &Commit<'_>) -> Refusal {
    let message =
        format!("has a commit of its own, {}, that changed paths that the target changed too", CommitId::from(commit.id()).short());
    Refusal::new(&task.spec.id, RefusalKind::Commits, message)
}
