//! Joining a change to a tree: in memory where the paths are disjoint, by `git merge-tree` where they meet.
//!
//! The change base→theirs is brought to `ours`. Paths meet if one equals the other or is a folder above it. Where one side removes a
//! folder and the other adds files to it, git may follow the folder to its new name, so that goes to git as well; and so does a file
//! that both removed, where one of them may have renamed it.

use std::collections::BTreeSet;

use git2::{Odb, Oid, Repository};

use super::tree::{self, Change, Edits, Entry};
use super::{Error, Intake};
use crate::sys::command;
use crate::task::RepoPath;

/// What a join came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// The tree with both changes.
    Tree(Oid),
    /// Both sides changed these paths, each in its own way.
    Conflict(Vec<RepoPath>),
}

/// Three commits: the change base→theirs is to be brought to `ours`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    /// What both sides come from.
    pub(crate) base: Oid,
    /// What is to receive the change.
    pub(crate) ours: Oid,
    /// What holds the change.
    pub(crate) theirs: Oid,
}

/// Joins; new objects go to the intake, which can read all three commits.
///
/// # Errors
///
/// [`Error::OldGit`] where git is needed and is older than 2.40; [`Error::Command`] where it fails.
pub(crate) fn join(main: &Repository, intake: &Intake, sides: Sides) -> Result<Joined, Error> {
    let odb = intake.odb()?;
    let tree_of = |commit| intake.repo().find_commit(commit).map(|c| c.tree_id()).map_err(Error::of("read", commit));
    let (base, ours, theirs) = (tree_of(sides.base)?, tree_of(sides.ours)?, tree_of(sides.theirs)?);
    if base == ours {
        return Ok(Joined::Tree(theirs));
    }
    let our_changes = tree::changes(&odb, Some(base), Some(ours))?;
    let mut their_changes = tree::changes(&odb, Some(base), Some(theirs))?;
    // What both sides did alike is there already.
    let is_alike =
        |change: &Change| our_changes.binary_search_by(|c| c.path.cmp(&change.path)).is_ok_and(|at| our_changes[at] == *change);
    let removed_by_both = their_changes.iter().any(|change| change.new.is_none() && is_alike(change));
    their_changes.retain(|change| !is_alike(change));
    let adds = |changes: &[Change]| changes.iter().any(|change| change.old.is_none());
    let may_have_renamed = removed_by_both && (adds(&our_changes) || adds(&their_changes));
    if may_have_renamed || meet(&our_changes, &their_changes) || folder_may_have_moved(&odb, base, &our_changes, &their_changes)? {
        return by_git(main, intake, sides);
    }
    if fold_meets(main, &our_changes, &their_changes) {
        return Ok(Joined::Conflict(their_changes.into_iter().map(|c| c.path).collect()));
    }
    let edits: Edits = their_changes.into_iter().map(|c| (c.path, c.new)).collect();
    Ok(Joined::Tree(tree::edit(&odb, intake, Some(ours), &edits)?))
}

/// Tells whether a path of one list equals one of the other, or is a folder above it.
fn meet(a: &[Change], b: &[Change]) -> bool {
    let paths: BTreeSet<&RepoPath> = a.iter().map(|c| &c.path).collect();
    b.iter().any(|change| {
        let mut above = Some(change.path.clone());
        while let Some(path) = above {
            if !path.is_root() && paths.contains(&path) {
                return true;
            }
            above = path.parent();
        }
        let below = change.path.join(b"");
        paths.range::<&RepoPath, _>(&below..).next().is_some_and(|next| change.path.holds(next))
    })
}

/// Tells whether one side adds a file to a folder that the other side emptied while it added files itself.
fn folder_may_have_moved(odb: &Odb<'_>, base: Oid, a: &[Change], b: &[Change]) -> Result<bool, Error> {
    Ok(follows(odb, base, a, b)? || follows(odb, base, b, a)?)
}

fn follows(odb: &Odb<'_>, base: Oid, mover: &[Change], adder: &[Change]) -> Result<bool, Error> {
    if !mover.iter().any(|c| c.old.is_none()) {
        return Ok(false);
    }
    let deleted: BTreeSet<&RepoPath> = mover.iter().filter(|c| c.new.is_none()).map(|c| &c.path).collect();
    let folders: BTreeSet<RepoPath> = adder.iter().filter(|c| c.old.is_none()).filter_map(|c| c.path.parent()).collect();
    for folder in folders {
        let Some(Entry { id, .. }) = tree::find(odb, base, &folder)? else { continue };
        let files = tree::flatten(odb, id)?;
        if !files.is_empty() && files.iter().all(|(path, _)| deleted.contains(&folder.join(path.as_bytes()))) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tells whether new paths differ from the other side's by case alone, in a checkout that folds case.
fn fold_meets(main: &Repository, a: &[Change], b: &[Change]) -> bool {
    let folds = main.config().and_then(|c| c.get_bool("core.ignorecase")).unwrap_or(false);
    if !folds {
        return false;
    }
    let fold = |change: &Change| change.path.to_string().to_lowercase();
    let paths: BTreeSet<String> = a.iter().filter(|c| c.new.is_some()).map(fold).collect();
    b.iter().filter(|c| c.new.is_some()).any(|c| paths.contains(&fold(c)))
}

/// The one place for merges of the same file: libgit2 follows no renames of folders and knows no merge drivers.
fn by_git(main: &Repository, intake: &Intake, sides: Sides) -> Result<Joined, Error> {
    let mut git = command::git(main.commondir());
    git.args(["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"])
        .arg(format!("--merge-base={}", sides.base))
        .args([sides.ours.to_string(), sides.theirs.to_string()])
        .env("GIT_OBJECT_DIRECTORY", intake.objects())
        .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", main.commondir().join("objects"));
    let output = command::run(&mut git)?;
    let mut parts = output.stdout.split(|b| *b == 0).filter(|part| !part.is_empty());
    let tree = parts.next().and_then(|text| std::str::from_utf8(text).ok()).and_then(|text| Oid::from_str(text.trim()).ok());
    match (output.status.code(), tree) {
        (Some(0), Some(tree)) => Ok(Joined::Tree(tree)),
        (Some(1), Some(_)) => {
            let paths: BTreeSet<RepoPath> = parts.map(RepoPath::new).collect();
            Ok(Joined::Conflict(paths.into_iter().collect()))
        }
        // Git's exit status for an option that it does not know: `--merge-base` came with 2.40.
        (Some(129), _) => Err(Error::OldGit { what: "merging changes to the same file", needed: "2.40" }),
        _ => Err(command::failed(&git, &output).into()),
    }
}
