//! Results that got onto a branch without us: merged by hand, cherry-picked, rebased, squashed by a forge.
//!
//! A result is there if
//! 1. its commit is in reach of the branch, or
//! 2. one commit since its base makes each of its changes: by the same content, or by the same lines added and removed, or
//! 3. every path that it changed is now as it left it.
//!
//! A deletion counts in a commit alone that adds no other files: it may be half of a renaming.
//!
//! Our own landings are no such thing; the journal knows them.

use std::collections::{HashMap, HashSet};

use git2::{Odb, Oid, Patch, Repository};

use super::target;
use crate::git::history::{self, Step};
use crate::git::tree::{self, Change, Entry};
use crate::git::{self, refs};
use crate::id::{CommitId, Uid};
use crate::journal::{Book, Fold, Kind, Standing};
use crate::store::Site;
use crate::task::State;

/// How many commits of a branch are looked at, from its tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// For a list of tasks, which is to come at once.
    Glance,
    /// Before something is decided.
    Full,
}

impl Depth {
    fn most_commits(self) -> usize {
        match self {
            Self::Glance => 200,
            Self::Full => 2000,
        }
    }
}

/// The largest file whose lines are compared.
const LARGEST_COMPARED_BYTES: usize = 4 << 20;

/// Where a result was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    /// The branch, `refs/heads/…` or `refs/remotes/…`.
    pub(crate) branch: String,
    /// The commit that brought it.
    pub(crate) commit: CommitId,
    /// A commit without the change, and one with it.
    pub(crate) change: (CommitId, CommitId),
}

/// A change that is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The task.
    pub(crate) task: Uid,
    /// The branch that it was made for.
    pub(crate) target: String,
    /// What it was made from: older commits do not have it.
    pub(crate) base: CommitId,
    /// A commit without the change, and one with it.
    pub(crate) change: (CommitId, CommitId),
}

impl Wanted {
    /// The whole change of a task; `None` where it has none, or no branch was checked out when it was handed off.
    pub(crate) fn of(task: &Standing) -> Option<Self> {
        let (target, base) = (task.spec.target.clone()?, task.record.base);
        Some(Self { task: task.uid().clone(), target, base, change: (base, task.record.result?) })
    }
}

/// Finds those of the tasks, not decided about yet, whose results are on the branches that they would land on, or on what these follow
/// at a remote.
///
/// # Errors
///
/// [`git::Error`] if a branch or an object is unreadable.
pub(crate) fn find_undecided(
    site: &Site,
    book: &Book<'_>,
    tasks: &[Standing],
    depth: Depth,
) -> Result<HashMap<Uid, Elsewhere>, git::Error> {
    let undecided = |t: &&Standing| matches!(t.state, State::Ready | State::Failed | State::Cancelled) && !t.abandoned;
    let wanted: Vec<_> = tasks.iter().filter(undecided).filter_map(Wanted::of).collect();
    find(site, &book.fold, &wanted, depth)
}

/// Finds changes on the branches that they were made for, or on what these follow at a remote.
///
/// # Errors
///
/// As [`find_undecided`].
pub(crate) fn find(site: &Site, fold: &Fold, wanted: &[Wanted], depth: Depth) -> Result<HashMap<Uid, Elsewhere>, git::Error> {
    let mut found = HashMap::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    let mut by_branch: HashMap<&str, Vec<&Wanted>> = HashMap::new();
    for one in wanted {
        by_branch.entry(&one.target).or_default().push(one);
    }
    let own = own_commits(fold);
    for (target, wanted) in by_branch {
        for branch in [Some(target.to_owned()), target::upstream(&site.repo, target)].into_iter().flatten() {
            let left: Vec<_> = wanted.iter().filter(|w| !found.contains_key(&w.task)).copied().collect();
            if let Some(search) = Search::of(site, &branch, &left, (&own, depth))? {
                search.run(&left, &mut found)?;
            }
        }
    }
    Ok(found)
}

/// The commits that our own operations put on branches.
fn own_commits(fold: &Fold) -> HashSet<Oid> {
    let landings = fold.operations().iter().map(|f| &f.operation).filter(|o| matches!(o.kind, Kind::Land | Kind::Revert));
    let tips = landings.clone().filter(|o| o.decisive).filter_map(|o| o.moves.first()?.to);
    let chain = landings.filter(|o| o.decisive).flat_map(|o| o.landed.iter().map(|l| l.after));
    tips.chain(chain).map(Oid::from).collect()
}

/// One branch and what was committed there since the tasks' bases.
struct Search<'a> {
    repo: &'a Repository,
    odb: Odb<'a>,
    branch: String,
    tip: Oid,
    steps: Vec<Step>,
    own: &'a HashSet<Oid>,
}

impl<'a> Search<'a> {
    /// `None` where nothing but our own landings came since, none of which is looked for.
    fn of(
        site: &'a Site,
        branch: &str,
        wanted: &[&Wanted],
        (own, depth): (&'a HashSet<Oid>, Depth),
    ) -> Result<Option<Self>, git::Error> {
        let Some(tip) = refs::find(&site.repo, branch)?.filter(|_| !wanted.is_empty()) else { return Ok(None) };
        let mut bases: Vec<Oid> = wanted.iter().map(|w| w.base.into()).collect();
        bases.sort_unstable();
        bases.dedup();
        if bases == [tip] {
            return Ok(None);
        }
        let steps = history::since(&site.repo, tip, &bases, depth.most_commits())?;
        // A branch of ours may have been merged here as it is.
        let is_wanted = |step: &Step| wanted.iter().any(|w| Oid::from(w.change.1) == step.id);
        if steps.iter().all(|step| own.contains(&step.id) && !is_wanted(step)) {
            return Ok(None);
        }
        Ok(Some(Self { repo: &site.repo, odb: git::repo::odb(&site.repo)?, branch: branch.to_owned(), tip, steps, own }))
    }

    fn run(&self, wanted: &[&Wanted], found: &mut HashMap<Uid, Elsewhere>) -> Result<(), git::Error> {
        let tip_tree = tree::of_commit(self.repo, self.tip.into())?;
        for one in wanted {
            // A result that was collected, after its ref was deleted by hand, is nowhere.
            let trees =
                tree::of_commit(self.repo, one.change.0).and_then(|before| Ok((before, tree::of_commit(self.repo, one.change.1)?)));
            let Ok((before, after)) = trees else { continue };
            let changes = tree::changes(&self.odb, Some(before.into()), Some(after.into()))?;
            if let Some(place) = self.find_one(&changes, one.change, tip_tree.into())? {
                found.insert(one.task.clone(), place);
            }
        }
        Ok(())
    }

    fn find_one(&self, changes: &[Change], whole: (CommitId, CommitId), tip_tree: Oid) -> Result<Option<Elsewhere>, git::Error> {
        let at = |commit: Oid, change| Some(Elsewhere { branch: self.branch.clone(), commit: commit.into(), change });
        let result: Oid = whole.1.into();
        if self.steps.iter().any(|step| step.id == result) {
            return Ok(at(result, whole));
        }
        for step in self.steps.iter().filter(|step| !self.own.contains(&step.id)) {
            if self.makes(step, changes) {
                let alone = step.changes.len() == changes.len();
                let change = step.parent.filter(|_| alone).map_or(whole, |parent| (parent.into(), step.id.into()));
                return Ok(at(step.id, change));
            }
        }
        let touches = |step: &&Step| changes.iter().any(|change| history::at(&step.changes, &change.path).is_some());
        let Some(last) = self.steps.iter().find(touches).filter(|step| !self.own.contains(&step.id)) else { return Ok(None) };
        for change in changes {
            let gone_by = self.steps.iter().find(|step| history::at(&step.changes, &change.path).is_some());
            let may_have_moved = change.new.is_none() && gone_by.is_none_or(|step| adds_more(step, changes));
            if may_have_moved || tree::find(&self.odb, tip_tree, &change.path)? != change.new {
                return Ok(None);
            }
        }
        Ok(at(last.id, whole))
    }

    /// Tells whether one commit makes each of the changes.
    fn makes(&self, step: &Step, changes: &[Change]) -> bool {
        let deletes = changes.iter().any(|change| change.new.is_none());
        step.changes.len() >= changes.len()
            && !(deletes && adds_more(step, changes))
            && changes.iter().all(|change| history::at(&step.changes, &change.path).is_some_and(|made| self.alike(made, change)))
    }

    fn alike(&self, made: &Change, change: &Change) -> bool {
        made.new == change.new || self.lines(made).is_some_and(|lines| Some(lines) == self.lines(change))
    }

    /// The lines that a change of a text file adds and removes, in order, each behind its sign: what stays the same when the rest of the
    /// file differs.
    fn lines(&self, change: &Change) -> Option<Vec<Vec<u8>>> {
        let (old, new) = (self.content(change.old?)?, self.content(change.new?)?);
        let mut patch = Patch::from_buffers(&old, None, &new, None, None).ok()?;
        if change.old?.mode != change.new?.mode || patch.num_hunks() == 0 {
            return None;
        }
        let mut lines = Vec::new();
        patch
            .print(&mut |_, _, line| {
                if matches!(line.origin(), '+' | '-') {
                    lines.push([&[line.origin() as u8], line.content()].concat());
                }
                true
            })
            .ok()?;
        Some(lines)
    }

    fn content(&self, entry: Entry) -> Option<Vec<u8>> {
        let blob = self.repo.find_blob(entry.id).ok().filter(|_| entry.mode != tree::GITLINK)?;
        (blob.size() <= LARGEST_COMPARED_BYTES).then(|| blob.content().to_vec())
    }
}

/// Tells whether a commit adds files beside those of the change: what is deleted there may have got another name.
fn adds_more(step: &Step, changes: &[Change]) -> bool {
    step.changes.iter().any(|made| made.old.is_none() && history::at(changes, &made.path).is_none())
}
