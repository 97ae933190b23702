//! The commits of a landing, as drafts: each task's change behind the one before it.
//!
//! ```text
//! start ── task ── task ── task          linear
//!    └───────────────────────┴── merge   merge, where there are several commits
//!
//! start ── all                           squash; each task's own commit is kept beside it, so that one can be taken back
//! ```
//!
//! A draft is not signed and no hook has seen it: [`super::seal`].

use git2::Repository;

use super::message::{Brought, Wording};
use super::{Refusal, RefusalKind};
use crate::git::commit::{self, NewCommit};
use crate::git::merge::{Joined, Joiner, Sides};
use crate::git::{self, Intake, tree};
use crate::id::{CommitId, TreeId};
use crate::journal::Landed;
use crate::task::Shape;
use crate::verify::scope::Scope;

/// What is to be made, of what.
pub(crate) struct Order<'a> {
    /// The repository.
    pub(crate) main: &'a Repository,
    /// Where the commits go.
    pub(crate) intake: &'a Intake,
    /// What the first commit follows.
    pub(crate) start: CommitId,
    /// The tasks, in the order in which they land.
    pub(crate) tasks: &'a [Brought<'a>],
    /// Which commits there are.
    pub(crate) shape: Shape,
    /// What they say.
    pub(crate) wording: Wording<'a>,
    /// Whether a task's own commits are kept.
    pub(crate) keep: bool,
    /// Paths outside a task's scope that may land.
    pub(crate) allowed: &'a Scope,
}

/// The commits, in the intake.
#[derive(Debug)]
pub(crate) struct Chain {
    /// What the branch gets, each after its parents.
    pub(crate) commits: Vec<CommitId>,
    /// The last commit.
    pub(crate) tip: CommitId,
    /// Its tree.
    pub(crate) tree: TreeId,
    /// What each task brought.
    pub(crate) landed: Vec<Landed>,
    /// Commits that the branch does not get, and that hold what each task brought.
    pub(crate) keeps: Vec<CommitId>,
    /// The tasks that could not be joined.
    pub(crate) refused: Vec<Refusal>,
}

/// Makes the commits of a landing.
///
/// # Errors
///
/// [`git::Error`] if an object is missing or cannot be written.
pub(crate) fn make(order: &Order<'_>) -> Result<Chain, git::Error> {
    let tree = tree::of_commit(order.main, order.start)?;
    let mut chain = Chain { commits: vec![], tip: order.start, tree, landed: vec![], keeps: vec![], refused: vec![] };
    let mut joiner = Joiner::default();
    for brought in order.tasks {
        match order.add(&chain, *brought, &mut joiner)? {
            Ok(commits) => chain.grow(brought, commits),
            Err(refusal) => chain.refused.push(refusal),
        }
    }
    // Where commits are kept, the user's own text stands at the merge.
    let is_long = chain.commits.len() > 1 || (order.keep && order.wording.text.is_some());
    if chain.refused.is_empty() && is_long {
        order.close(&mut chain)?;
    }
    chain.tree = tree::of_commit(order.intake.repo(), chain.tip)?;
    Ok(chain)
}

impl Chain {
    fn grow(&mut self, brought: &Brought<'_>, commits: Vec<CommitId>) {
        let before = self.tip;
        self.tip = commits.last().copied().unwrap_or(before);
        let count = u32::try_from(commits.len()).unwrap_or(u32::MAX);
        self.landed.push(Landed { task: brought.task.uid().clone(), before, after: self.tip, commits: count });
        self.commits.extend(commits);
    }
}

impl Order<'_> {
    /// Adds one task's change behind the chain's tip.
    fn add(&self, chain: &Chain, brought: Brought<'_>, joiner: &mut Joiner) -> Result<Result<Vec<CommitId>, Refusal>, git::Error> {
        let task = brought.task;
        let refuse = |kind, message: &str| Ok(Err(Refusal::new(&task.spec.id, kind, message)));
        let Some(result) = task.record.result else { return refuse(RefusalKind::Empty, "changed nothing") };
        let sides = Sides { base: task.record.base.into(), ours: chain.tip.into(), theirs: result.into() };
        let tree = match joiner.join(self.main, self.intake, sides)? {
            Joined::Tree(tree) => tree,
            Joined::Conflict(paths) => {
                let refusal = |message: &str| Refusal::new(&task.spec.id, RefusalKind::Conflict, message).at(paths);
                return Ok(Err(match brought.by {
                    // Its branch went when it landed first.
                    Some(_) => refusal(&format!(
                        "cannot land again: the target changed the same paths since; its result is {}",
                        result.short()
                    ))
                    .about(result),
                    None => refusal("changed paths that the target changed too"),
                }));
            }
        };
        if TreeId::from(tree) == tree::of_commit(self.intake.repo(), chain.tip)? {
            return refuse(RefusalKind::Landed, "would change nothing: its change is there already");
        }
        if self.keep {
            return self.replay(brought, chain.tip, tree);
        }
        let text = self.wording.alone(self.tasks.len() == 1).land(&[brought]);
        Ok(Ok(vec![self.draft(&NewCommit::new(tree, &[chain.tip.into()], &text))?]))
    }

    /// Gives a chain of several commits the shape that is wanted.
    fn close(&self, chain: &mut Chain) -> Result<(), git::Error> {
        let tree = tree::of_commit(self.intake.repo(), chain.tip)?.into();
        let (start, tip) = (self.start.into(), chain.tip.into());
        match self.shape {
            Shape::Linear => {}
            Shape::Merge => {
                chain.tip = self.draft(&NewCommit::new(tree, &[start, tip], &self.wording.join(self.tasks)))?;
                chain.commits.push(chain.tip);
            }
            Shape::Squash => {
                chain.keeps = vec![chain.tip];
                chain.tip = self.draft(&NewCommit::new(tree, &[start], &self.wording.land(self.tasks)))?;
                chain.commits = vec![chain.tip];
            }
        }
        Ok(())
    }

    pub(super) fn draft(&self, new: &NewCommit<'_>) -> Result<CommitId, git::Error> {
        Ok(commit::draft(self.main, self.intake, new)?.into())
    }
}
