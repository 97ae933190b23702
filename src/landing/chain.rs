//! The commits of a landing: one a task, joined by a merge where there are several.
//!
//! ```text
//! one task:        start ── task
//! several:         start ── task ── task ── task
//!                      └───────────────────────┴── merge
//! ```

use git2::Repository;

use super::{Refusal, RefusalKind};
use crate::git::commit::{self, NewCommit};
use crate::git::merge::{self, Joined, Sides};
use crate::git::{self, Intake, tree};
use crate::id::{CommitId, TreeId};
use crate::journal::{Landed, Standing};

/// The commits, in the intake.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The last commit.
    pub(crate) tip: CommitId,
    /// Its tree.
    pub(crate) tree: TreeId,
    /// What each task brought.
    pub(crate) landed: Vec<Landed>,
    /// The tasks that could not be joined.
    pub(crate) refused: Vec<Refusal>,
}

/// Makes the commits of a landing.
///
/// # Errors
///
/// [`git::Error`] if an object is missing or cannot be written.
pub(crate) fn make(
    main: &Repository,
    intake: &Intake,
    start: CommitId,
    tasks: &[Standing],
    subject: Option<&str>,
) -> Result<Chain, git::Error> {
    let mut refused = Vec::new();
    let mut landed = Vec::new();
    let mut tip = start;
    for task in tasks {
        let text = message(subject.filter(|_| tasks.len() == 1), task);
        match add(main, intake, tip, task, &text)? {
            Ok(commit) => {
                landed.push(Landed { task: task.uid().clone(), before: tip, after: commit });
                tip = commit;
            }
            Err(refusal) => refused.push(refusal),
        }
    }
    if tasks.len() > 1 && refused.is_empty() {
        tip = join_chain(main, intake, (start, tip), tasks, subject)?;
    }
    let tree = tree::of_commit(intake.repo(), tip)?;
    Ok(Chain { tip, tree, landed, refused })
}

/// Adds one task's change behind `tip`.
fn add(
    main: &Repository,
    intake: &Intake,
    tip: CommitId,
    task: &Standing,
    text: &str,
) -> Result<Result<CommitId, Refusal>, git::Error> {
    let refuse = |kind, message: &str| Ok(Err(Refusal::new(&task.spec.id, kind, message)));
    let Some(result) = task.record.result else { return refuse(RefusalKind::Empty, "changed nothing") };
    let sides = Sides { base: task.record.base.into(), ours: tip.into(), theirs: result.into() };
    let tree = match merge::join(main, intake, sides)? {
        Joined::Tree(tree) => tree,
        Joined::Conflict(paths) => {
            let refusal = Refusal::new(&task.spec.id, RefusalKind::Conflict, "changed paths that the target changed too");
            return Ok(Err(refusal.at(paths)));
        }
    };
    if TreeId::from(tree) == tree::of_commit(intake.repo(), tip)? {
        return refuse(RefusalKind::Landed, "would change nothing: its change is there already");
    }
    let new = NewCommit { tree, parents: &[tip.into()], message: text };
    Ok(Ok(commit::by_user(main, intake, &new)?.into()))
}

fn join_chain(
    main: &Repository,
    intake: &Intake,
    (start, tip): (CommitId, CommitId),
    tasks: &[Standing],
    subject: Option<&str>,
) -> Result<CommitId, git::Error> {
    let names: Vec<_> = tasks.iter().map(|t| t.spec.id.as_str()).collect();
    let subject = subject.map_or_else(|| format!("Land {}", names.join(", ")), ToOwned::to_owned);
    let text = format!("{subject}\n");
    let new = NewCommit { tree: tree::of_commit(intake.repo(), tip)?.into(), parents: &[start.into(), tip.into()], message: &text };
    Ok(commit::by_user(main, intake, &new)?.into())
}

fn message(subject: Option<&str>, task: &Standing) -> String {
    let subject = subject.map_or_else(|| format!("Land {}", task.spec.id), ToOwned::to_owned);
    format!("{subject}\n\nTakeback-Task: {}\n", task.uid())
}
