//! The checkouts that follow a branch to another tree, and what is in their way.

use git2::{Odb, Repository};

use super::CheckoutChange;
use crate::git::switch::{self, Blocker};
use crate::git::{self, heads, repo};
use crate::id::TreeId;
use crate::task::Text;

/// What happens to the checkouts of a branch that moves.
#[derive(Debug, Default)]
pub(crate) struct Followers {
    /// Each checkout's way.
    pub(crate) changes: Vec<CheckoutChange>,
    /// What keeps one from going it.
    pub(crate) obstacles: Vec<Obstacle>,
}

/// What keeps a checkout from following.
#[derive(Debug)]
pub(crate) struct Obstacle {
    /// The checkout.
    pub(crate) checkout: Text,
    /// What is in the way, in words.
    pub(crate) what: String,
    /// The paths; none where a merge or a rebase is under way.
    pub(crate) blockers: Vec<Blocker>,
}

/// Looks at every checkout that has the branch `name`. `odb` reads both trees.
///
/// # Errors
///
/// [`git::Error`] if an index is unreadable.
pub(crate) fn followers(main: &Repository, name: &str, way: (TreeId, TreeId), odb: &Odb<'_>) -> Result<Followers, git::Error> {
    let (from, to) = way;
    let mut found = Followers::default();
    for git_dir in heads::checkouts_of(main, name)? {
        let checkout = repo::open_git_dir(&git_dir)?;
        if let Some((what, blockers)) = in_the_way(&checkout, way, odb)? {
            let checkout = Text::from(checkout.workdir().unwrap_or(&git_dir));
            found.obstacles.push(Obstacle { checkout, what, blockers });
        }
        found.changes.push(CheckoutChange { git_dir: heads::to_stored(main.commondir(), &git_dir).into(), from, to });
    }
    Ok(found)
}

/// What keeps a checkout from going the way, in words, and the paths. Those of a merge that is under way go with it: they are not named.
fn in_the_way(
    checkout: &Repository,
    (from, to): (TreeId, TreeId),
    odb: &Odb<'_>,
) -> Result<Option<(String, Vec<Blocker>)>, git::Error> {
    if let Some(what) = switch::under_way(checkout) {
        return Ok(Some((format!("{what} is under way"), vec![])));
    }
    let blockers = switch::blockers(checkout, from, to, odb)?;
    Ok((!blockers.is_empty()).then(|| (switch::describe(&blockers), blockers)))
}
