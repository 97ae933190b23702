//! The branch that a landing moves.

use git2::{Oid, Repository};

use super::LandWish;
use crate::git::{self, refs};
use crate::id::{CommitId, Name};
use crate::journal::Standing;
use crate::store::Site;
use crate::task::Text;

/// The branch, where it is, and where the landing's commits start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// `refs/heads/…`.
    pub(crate) name: String,
    /// Where it is; `None` if it is to be made.
    pub(crate) from: Option<CommitId>,
    /// The commit that the landing's first commit follows.
    pub(crate) start: CommitId,
}

/// No branch can be landed on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// `HEAD` was detached at hand-off and no branch was named.
    #[error("no branch was checked out when `{task}` was handed off")]
    Detached {
        /// The first such task.
        task: Name,
    },
    /// The tasks were handed off from several branches.
    #[error("the tasks were handed off from {}", branches.join(" and "))]
    Several {
        /// The branches.
        branches: Vec<String>,
    },
    /// The tasks landed on several branches.
    #[error("the tasks landed on {}", branches.join(" and "))]
    Landed {
        /// The branches.
        branches: Vec<String>,
    },
    /// The changes are on a remote's branch, which is not ours to move.
    #[error("what is to be taken back is on {branch}")]
    AtRemote {
        /// The remote-tracking branch.
        branch: String,
    },
    /// The branch is gone.
    #[error("the branch `{branch}` is gone")]
    Gone {
        /// Its name.
        branch: String,
    },
    /// The name cannot be a branch.
    #[error("`{0}` cannot be the name of a branch")]
    BadName(String),
    /// A revision does not exist.
    #[error("there is no commit `{0}`")]
    UnknownRevision(String),
    /// A ref is unreadable.
    #[error(transparent)]
    Git(#[from] git::Error),
}

/// Finds the branch that the wish names, or that was checked out when the tasks were handed off.
pub(crate) fn find(repo: &Repository, wish: &LandWish, tasks: &[Standing]) -> Result<Target, Error> {
    let Some(name) = &wish.to else { return at_hand_off(repo, tasks) };
    let name = full_name(name)?;
    let from = refs::find(repo, &name)?;
    let start = match (from, &wish.onto) {
        (Some(tip), _) => tip.into(),
        (None, Some(rev)) => commit(repo, rev)?,
        (None, None) => start_of_new(repo, tasks)?,
    };
    Ok(Target { name, from: from.map(CommitId::from), start })
}

fn at_hand_off(repo: &Repository, tasks: &[Standing]) -> Result<Target, Error> {
    let mut branches = Vec::new();
    for task in tasks {
        let target = task.spec.target.clone().ok_or_else(|| Error::Detached { task: task.spec.id.clone() })?;
        if !branches.contains(&target) {
            branches.push(target);
        }
    }
    if branches.len() > 1 {
        return Err(Error::Several { branches: branches.iter().map(|b| short(b).to_owned()).collect() });
    }
    let name = branches.pop().unwrap_or_default();
    match refs::find(repo, &name)? {
        Some(tip) => Ok(Target { name, from: Some(tip.into()), start: tip.into() }),
        None => Err(Error::Gone { branch: short(&name).to_owned() }),
    }
}

/// A new branch starts at the branch of hand-off; a task handed off from a detached `HEAD`, at its base.
fn start_of_new(repo: &Repository, tasks: &[Standing]) -> Result<CommitId, Error> {
    for task in tasks {
        if let Some(target) = &task.spec.target
            && let Some(tip) = refs::find(repo, target)?
        {
            return Ok(tip.into());
        }
    }
    tasks.first().map(|t| t.record.base).ok_or_else(|| Error::UnknownRevision("HEAD".to_owned()))
}

/// The full name of a branch that a user names.
pub(super) fn full_name(name: &str) -> Result<String, Error> {
    let full = if name.starts_with("refs/heads/") { name.to_owned() } else { format!("refs/heads/{name}") };
    let valid = git2::Reference::is_valid_name(&full) && !name.starts_with('-');
    if valid { Ok(full) } else { Err(Error::BadName(name.to_owned())) }
}

/// The commit that a revision names.
pub(crate) fn commit(repo: &Repository, revision: &str) -> Result<CommitId, Error> {
    let object = repo.revparse_single(revision).and_then(|o| o.peel_to_commit());
    let found: Option<Oid> = object.ok().map(|c| c.id());
    found.map(CommitId::from).ok_or_else(|| Error::UnknownRevision(revision.to_owned()))
}

/// The remote-tracking ref that a branch follows.
pub(super) fn upstream(repo: &Repository, branch: &str) -> Option<String> {
    let name = repo.branch_upstream_name(branch).ok()?;
    name.as_str().ok().map(ToOwned::to_owned)
}

/// A checkout as people say it: by its folder where it is not the one that the command was typed in.
pub(super) fn checkout(site: &Site, checkout: &Text) -> String {
    let is_here = site.repo.workdir().is_some_and(|here| *checkout == Text::from(here));
    if is_here { "the checkout".to_owned() } else { format!("the checkout {checkout}") }
}

/// A branch's name as people say it.
pub(crate) fn short(name: &str) -> &str {
    name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/remotes/")).unwrap_or(name)
}
