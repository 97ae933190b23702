//! What was done in an opened worktree and is in no result: commits of its user's, and what was staged and is in no file.
//!
//! All of it hangs on side refs of an attempt, `…/opened/<commit>`, before the worktree goes. What was staged becomes a commit for
//! that; a file's content alone could hang on no ref that git shows.

use git2::Oid;

use super::Error;
use super::take::publish;
use crate::git::intake::KeptPack;
use crate::git::tree::{self, Edits};
use crate::git::{self, Intake};
use crate::id::{CommitId, TreeId};
use crate::journal::Standing;
use crate::runner::keep::pin;
use crate::store::{Site, layout};
use crate::task::RepoPath;
use crate::workspace::manifest::{Manifest, Tracked};

/// What is to be kept aside.
pub(super) struct Aside<'a> {
    /// Where the objects are that the repository does not have.
    pub(super) intake: &'a Intake,
    /// The commit that was in the worktree at first.
    pub(super) from: CommitId,
    /// Commits of its user's.
    pub(super) commits: &'a [Oid],
    /// All that the index lists, where that is to be kept.
    pub(super) staged: Option<TreeId>,
}

/// Returns the tree that an index lists, if it has content that is in none of these trees at its place; the first of them is what
/// the index mostly lists.
///
/// # Errors
///
/// [`git::Error`].
pub(super) fn staged(intake: &Intake, index: &Manifest, [first, more @ ..]: [TreeId; 3]) -> Result<Option<TreeId>, git::Error> {
    const SUBMODULE: i32 = 0o160_000;
    let odb = intake.odb()?;
    if index.tree() == Some(first.into()) {
        return Ok(None);
    }
    let mut edits: Edits = tree::flatten(&odb, first.into())?.into_iter().map(|(path, entry)| (path, Some(entry))).collect();
    let mut is_only_here = false;
    let mut listed = Edits::new();
    // What `git add --intent-to-add` says has no content yet.
    let has_content = |file: &&Tracked| file.entry.mode != SUBMODULE && odb.exists(file.entry.id);
    for file in index.files().iter().filter(has_content) {
        let path = RepoPath::new(index.path(file));
        if edits.remove(&path).flatten() == Some(file.entry) {
            continue;
        }
        let is_in = |tree: &TreeId| Ok(tree::find(&odb, (*tree).into(), &path)?.is_some_and(|there| there.id == file.entry.id));
        let found = more.iter().map(is_in).collect::<Result<Vec<_>, git::Error>>()?;
        is_only_here |= !found.contains(&true);
        listed.insert(path, Some(file.entry));
    }
    if !is_only_here {
        return Ok(None);
    }
    // What is left is not listed any more.
    listed.extend(edits.into_keys().map(|path| (path, None)));
    Ok(Some(tree::edit(&odb, &odb, Some(first.into()), &listed)?.into()))
}

/// Hangs it on side refs of an attempt of the task, and returns their names.
///
/// # Errors
///
/// [`Error::Git`].
pub(super) fn keep(site: &Site, (task, attempt): (&Standing, u32), aside: &Aside<'_>) -> Result<Vec<String>, Error> {
    let mut commits = aside.commits.to_vec();
    let pack = match aside.staged {
        Some(tree) => {
            let (commit, pack) = publish(site, task, aside.intake, (tree, aside.from), "what was staged in an open worktree")?;
            commits.push(commit);
            pack
        }
        None => None,
    };
    let mut names = Vec::new();
    for commit in commits {
        let name = format!("{}opened/{commit}", layout::side_prefix(task.uid(), attempt));
        pin(&site.repo, (task.uid(), attempt), &name, commit)?;
        names.push(name);
    }
    pack.map_or(Ok(()), KeptPack::release)?;
    Ok(names)
}
