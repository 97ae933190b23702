//! What the commits of a branch changed, one by one, the last first.

use git2::{Commit, Odb, Oid, Repository, Sort};

use super::Error;
use super::tree::{self, Change};

/// One commit and what it changed against its parent.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The commit.
    pub(crate) id: Oid,
    /// Its parent; `None` for a first commit.
    pub(crate) parent: Option<Oid>,
    /// The first line of its message.
    pub(crate) subject: String,
    /// The changed paths, in the order of an index.
    pub(crate) changes: Vec<Change>,
}

/// Tells whether a commit is `tip`, or in its history.
pub(crate) fn holds(repo: &Repository, tip: Oid, commit: Oid) -> bool {
    tip == commit || repo.graph_descendant_of(tip, commit).unwrap_or(false)
}

/// Lists what is reachable from `tip` and not from `known`, but for merges: what these bring is in the commits that they join. Stops
/// after `most` commits.
///
/// # Errors
///
/// [`Error::Git`] if a commit cannot be read.
pub(crate) fn since(repo: &Repository, tip: Oid, known: &[Oid], most: usize) -> Result<Vec<Step>, Error> {
    let mut walk = repo.revwalk().map_err(Error::of("walk from", tip))?;
    walk.set_sorting(Sort::TOPOLOGICAL).and_then(|()| walk.push(tip)).map_err(Error::of("walk from", tip))?;
    for commit in known.iter().filter(|commit| repo.find_commit(**commit).is_ok()) {
        walk.hide(*commit).map_err(Error::of("walk up to", commit))?;
    }
    let odb = repo.odb().map_err(Error::of("read", "the objects"))?;
    let mut steps = Vec::new();
    for id in walk.take(most) {
        let id = id.map_err(Error::of("walk from", tip))?;
        let commit = repo.find_commit(id).map_err(Error::of("read", id))?;
        if commit.parent_count() < 2 {
            steps.push(step(&odb, &commit)?);
        }
    }
    Ok(steps)
}

fn step(odb: &Odb<'_>, commit: &Commit<'_>) -> Result<Step, Error> {
    let parent = commit.parent(0).ok();
    let before = parent.as_ref().map(Commit::tree_id);
    Ok(Step {
        id: commit.id(),
        parent: parent.map(|p| p.id()),
        subject: String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()).into_owned(),
        changes: tree::changes(odb, before, Some(commit.tree_id()))?,
    })
}

/// Finds what a list of changes says of a path.
pub(crate) fn at<'c>(changes: &'c [Change], path: &crate::task::RepoPath) -> Option<&'c Change> {
    // The order of an index is that of the bytes, but for folders, which are not in the list.
    changes.binary_search_by(|change| change.path.cmp(path)).ok().map(|found| &changes[found])
}
