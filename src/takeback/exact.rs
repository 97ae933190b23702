//! Whether an operation can be taken back exactly.

use git2::{Oid, Repository};

use crate::git::switch::Blocker;
use crate::git::{self, heads, history, refs, tree};
use crate::id::{CommitId, Name};
use crate::journal::{CheckoutChange, Move, Obstacle, Operation, followers};
use crate::task::Text;

/// Why an operation cannot be taken back exactly. Nothing was touched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Refused {
    /// A ref has moved on.
    #[error("{name} is at {}, not at {}", short(*actual), short(*expected))]
    Stale {
        /// The ref.
        name: String,
        /// Where the operation left it.
        expected: Option<CommitId>,
        /// Where it is.
        actual: Option<CommitId>,
    },
    /// A later decision about one of its tasks holds.
    #[error("`{task}` was decided about again since")]
    Later {
        /// The task.
        task: Name,
    },
    /// Others may have the commits already.
    #[error("{} is contained in {remote}", commit.short())]
    Pushed {
        /// What was landed.
        commit: CommitId,
        /// A remote-tracking ref that holds it.
        remote: String,
    },
    /// Work in a checkout is in the way.
    #[error("{what} in the checkout {checkout}")]
    Dirty {
        /// The checkout.
        checkout: Text,
        /// What is in the way.
        what: String,
        /// Where.
        blockers: Vec<Blocker>,
    },
    /// A branch that would go is checked out.
    #[error("{name} is checked out, and would go")]
    CheckedOut {
        /// The branch.
        name: String,
    },
    /// A commit that would come back is gone.
    #[error("{} is gone", .0.short())]
    Collected(CommitId),
}

fn short(commit: Option<CommitId>) -> String {
    commit.map_or_else(|| "nothing".to_owned(), |c| c.short())
}

/// Makes sure that the moves can be made backwards exactly, and finds the checkouts that follow.
///
/// # Errors
///
/// [`git::Error`] if a ref or an index is unreadable.
pub(crate) fn backwards(main: &Repository, operation: &Operation) -> Result<Result<Backwards, Refused>, git::Error> {
    let mut moves = Vec::new();
    let mut checkouts = Vec::new();
    for (n, step) in operation.moves.iter().enumerate() {
        let back = step.reversed();
        let decides = n == 0 && operation.decisive;
        let now = refs::find(main, &step.name)?.map(CommitId::from);
        // A task's branch that somebody has checked out stays: its files would not follow.
        if !decides && now.is_some() && heads::is_checked_out(main, &back.name)? {
            continue;
        }
        if now != back.from {
            if !decides {
                continue;
            }
            return Ok(Err(Refused::Stale { name: back.name, expected: back.from, actual: now }));
        }
        if let Some(gone) = back.to.filter(|commit| main.find_commit((*commit).into()).is_err()) {
            return Ok(Err(Refused::Collected(gone)));
        }
        if decides {
            match follow(main, &back)? {
                Ok(found) => checkouts = found,
                Err(refused) => return Ok(Err(refused)),
            }
        }
        moves.push(back);
    }
    Ok(Ok(Backwards { moves, checkouts }))
}

/// The way back.
#[derive(Debug)]
pub(crate) struct Backwards {
    /// The decisive move first.
    pub(crate) moves: Vec<Move>,
    /// The checkouts that have the branch now.
    pub(crate) checkouts: Vec<CheckoutChange>,
}

fn follow(main: &Repository, back: &Move) -> Result<Result<Vec<CheckoutChange>, Refused>, git::Error> {
    if let Some(commit) = back.from
        && let Some(remote) = pushed(main, commit.into())?
    {
        return Ok(Err(Refused::Pushed { commit, remote }));
    }
    let (Some(from), Some(to)) = (back.from, back.to) else {
        return Ok(if heads::is_checked_out(main, &back.name)? {
            Err(Refused::CheckedOut { name: back.name.clone() })
        } else {
            Ok(vec![])
        });
    };
    let way = (tree::of_commit(main, from)?, tree::of_commit(main, to)?);
    let found = followers(main, &back.name, way, &git::repo::odb(main)?)?;
    Ok(match found.obstacles.into_iter().next() {
        Some(Obstacle { checkout, what, blockers }) => Err(Refused::Dirty { checkout, what, blockers }),
        None => Ok(found.changes),
    })
}

/// A remote-tracking ref that holds `commit`.
fn pushed(main: &Repository, commit: Oid) -> Result<Option<String>, git::Error> {
    for (name, tip) in refs::below(main, "refs/remotes/")? {
        if history::holds(main, tip, commit) {
            return Ok(Some(name.trim_start_matches("refs/remotes/").to_owned()));
        }
    }
    Ok(None)
}
