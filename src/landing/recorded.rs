//! Writing down that somebody else put a result on a branch: `land --as`, and what a revert does first where nobody said so.

use git2::{Oid, Repository};

use super::place::{self, Place};
use super::plan::{Error, let_go};
use super::target;
use super::{LandWish, Refusal, RefusalKind, named};
use crate::git::tree::{self, Change};
use crate::git::{self, history, refs};
use crate::id::{CommitId, TreeId};
use crate::journal::{Book, Decision, Kind, Landed, Standing};
use crate::store::Site;
use crate::task::{State, Step};

/// A landing by somebody else, ready to be written down, or the reasons why it cannot be.
pub(crate) struct Plan {
    /// The branch, `refs/heads/…` or `refs/remotes/…`.
    pub(crate) branch: String,
    /// The commit that brought the changes.
    pub(crate) commit: CommitId,
    /// The tasks.
    pub(crate) tasks: Vec<Standing>,
    /// The tasks that cannot have landed so.
    pub(crate) refused: Vec<Refusal>,
    /// What was noticed.
    pub(crate) notes: Vec<String>,
    /// The plain git line that takes the changes back; `None` where it would take back more than these.
    pub(crate) git_line: Option<String>,
    /// The operation, and what was seen when it was decided.
    pub(crate) decision: Option<Decision>,
}

/// Plans to write down that `commit` brought the tasks' changes.
///
/// # Errors
///
/// [`Error`] where a task, the commit or the branch is not to be found.
pub(crate) fn plan(site: &Site, wish: &LandWish, commit: &str) -> Result<Plan, Error> {
    let book = Book::open(site)?;
    let tasks = named::to_land(&book, wish)?.tasks;
    let commit = target::commit(&site.repo, commit)?;
    let branch = target::find(&site.repo, wish, &tasks)?.name;
    let mut refused: Vec<_> = tasks.iter().filter_map(|task| refuse(site, &book, task, commit)).collect();
    let holder = holder(&site.repo, &branch, commit)?;
    if holder.is_none() {
        let message = format!("cannot have landed as {}: that is not on {}", commit.short(), target::short(&branch));
        refused.extend(tasks.iter().map(|t| Refusal::new(&t.spec.id, RefusalKind::State, message.clone()).about(commit)));
    }
    let branch = holder.unwrap_or(branch);
    let mut plan = Plan { branch, commit, tasks, refused, notes: vec![], git_line: None, decision: None };
    if plan.refused.is_empty() {
        plan.decide(site)?;
    }
    Ok(plan)
}

/// Says why a task cannot have landed as a commit.
fn refuse(site: &Site, book: &Book<'_>, task: &Standing, commit: CommitId) -> Option<Refusal> {
    let refuse = |kind, message: &str| Some(Refusal::new(&task.spec.id, kind, message));
    match task.state {
        State::Queued | State::Running => refuse(RefusalKind::Running, "is still running"),
        _ if task.record.result.is_none() => refuse(RefusalKind::Empty, "changed nothing"),
        State::Landed if place::in_journal(book, task).is_some_and(|place| place.commit != commit) => None,
        State::Landed => refuse(RefusalKind::Landed, "has landed as this commit already"),
        state if state.after(Step::Land).is_err() => refuse(RefusalKind::State, &format!("is {state}")),
        _ if history::holds(&site.repo, task.record.base.into(), commit.into()) => {
            let message = format!("cannot have landed as {}: it was made from what has that already", commit.short());
            refuse(RefusalKind::State, &message).map(|refusal| refusal.about(commit))
        }
        _ => None,
    }
}

/// The branch, or what it follows at a remote, whichever holds the commit.
fn holder(repo: &Repository, branch: &str, commit: CommitId) -> Result<Option<String>, git::Error> {
    for name in [Some(branch.to_owned()), target::upstream(repo, branch)].into_iter().flatten() {
        let tip: Option<CommitId> = refs::find(repo, &name)?.map(CommitId::from);
        if tip.is_some_and(|tip| history::holds(repo, tip.into(), commit.into())) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

impl Plan {
    fn decide(&mut self, site: &Site) -> Result<(), Error> {
        let mut landed = Vec::new();
        for task in self.tasks.clone() {
            let (before, after) = self.change(site, &task)?;
            landed.push(Landed { task: task.uid().clone(), before, after, commits: 1 });
        }
        self.git_line = self.find_git_line(site)?;
        let decision = decide(site, (&self.branch, self.commit), &self.tasks, landed, &mut self.notes)?;
        self.decision = Some(decision);
        Ok(())
    }

    /// What takes the commit back, where it changed no path that none of the tasks changed.
    fn find_git_line(&self, site: &Site) -> Result<Option<String>, git::Error> {
        let commit = site.repo.find_commit(self.commit.into()).map_err(git::Error::of("read", self.commit))?;
        let Some(parent) = commit.parent_ids().next().map(CommitId::from) else { return Ok(None) };
        let mut left = changes(site, (parent, self.commit))?;
        for task in &self.tasks {
            let ours = changes(site, (task.record.base, task.record.result.unwrap_or(task.record.base)))?;
            left.retain(|change| history::at(&ours, &change.path).is_none());
        }
        let line = if commit.parent_count() == 1 { "git revert" } else { "git revert -m 1" };
        Ok(left.is_empty().then(|| format!("{line} {}", self.commit.short())))
    }

    /// The commit's own change where it is the task's alone, by its paths; else what the task changed.
    fn change(&mut self, site: &Site, task: &Standing) -> Result<(CommitId, CommitId), Error> {
        let whole = (task.record.base, task.record.result.unwrap_or(task.record.base));
        let commit = site.repo.find_commit(self.commit.into()).map_err(git::Error::of("read", self.commit))?;
        let Some(parent) = commit.parent_ids().next().map(CommitId::from) else { return Ok(whole) };
        let theirs = changes(site, (parent, self.commit))?;
        let ours = changes(site, whole)?;
        if !ours.iter().any(|change| theirs.iter().any(|c| c.path == change.path)) {
            self.notes.push(format!("{} changes none of the paths of {}", self.commit.short(), task.spec.id));
        }
        let same = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| a.path == b.path);
        Ok(if same && commit.parent_count() == 1 { (parent, self.commit) } else { whole })
    }
}

/// What leads from one commit to another.
pub(super) fn changes(site: &Site, (before, after): (CommitId, CommitId)) -> Result<Vec<Change>, git::Error> {
    let tree_of = |commit| tree::of_commit(&site.repo, commit);
    let (before, after): (TreeId, TreeId) = (tree_of(before)?, tree_of(after)?);
    tree::changes(&git::repo::odb(&site.repo)?, Some(before.into()), Some(after.into()))
}

/// The decision that writes down where the changes were found, for all that the journal does not know of.
///
/// # Errors
///
/// [`git::Error`] if a branch is unreadable.
pub(crate) fn record(site: &Site, places: &[Place]) -> Result<Vec<Decision>, git::Error> {
    let mut decisions = Vec::new();
    for place in places.iter().filter(|place| place.unknown) {
        let (before, after) = place.change;
        let landed = Landed { task: place.task.uid().clone(), before, after, commits: 1 };
        let tasks = std::slice::from_ref(&place.task);
        decisions.push(decide(site, (&place.branch, place.commit), tasks, vec![landed], &mut Vec::new())?);
    }
    Ok(decisions)
}

fn decide(
    site: &Site,
    (branch, commit): (&str, CommitId),
    tasks: &[Standing],
    landed: Vec<Landed>,
    notes: &mut Vec<String>,
) -> Result<Decision, git::Error> {
    let mut decision = Decision::about(Kind::Land, tasks);
    let operation = &mut decision.operation;
    operation.moves = let_go(site, tasks, branch, notes)?;
    operation.target = Some(branch.to_owned());
    operation.keeps = vec![commit];
    let ends = landed.iter().flat_map(|l| [l.before, l.after]).filter(|end| *end != commit);
    let is_base_or_result = |end: &CommitId| tasks.iter().any(|t| *end == t.record.base || Some(*end) == t.record.result);
    let is_parent = |end: &CommitId| site.repo.graph_descendant_of(commit.into(), Oid::from(*end)).unwrap_or(false);
    operation.keeps.extend(ends.filter(|end| !is_base_or_result(end) && !is_parent(end)));
    operation.landed = landed;
    Ok(decision)
}
