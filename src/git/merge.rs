//! Joining a change to a tree: in memory where the paths are disjoint, by `git merge-tree` where they meet.
//!
//! The change base→theirs is brought to `ours`. Paths meet if one equals the other or is a folder above it. Where one side removes a
//! folder and the other adds files to it, git may follow the folder to its new name, so that goes to git as well; and so does a file
//! that both removed, where one of them may have renamed it.

use std::collections::{BTreeMap, BTreeSet};

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
    Joiner::default().join(main, intake, sides)
}

/// What one side has of its own, kept while one change after the other is brought to it: as long as they come from one base, only
/// theirs are looked for.
#[derive(Debug)]
pub(crate) struct Joiner {
    base: Oid,
    /// Where the side is by now; no tree where that is not known.
    tree: Oid,
    changes: BTreeMap<RepoPath, Change>,
}

impl Default for Joiner {
    fn default() -> Self {
        Self { base: Oid::ZERO_SHA1, tree: Oid::ZERO_SHA1, changes: BTreeMap::new() }
    }
}

impl Joiner {
    /// As [`join`]; quicker where `ours` is what the last call came to, and the base is the same.
    ///
    /// # Errors
    ///
    /// As [`join`].
    pub(crate) fn join(&mut self, main: &Repository, intake: &Intake, sides: Sides) -> Result<Joined, Error> {
        let odb = intake.odb()?;
        let tree_of = |commit| intake.repo().find_commit(commit).map(|c| c.tree_id()).map_err(Error::of("read", commit));
        let (base, ours, theirs) = (tree_of(sides.base)?, tree_of(sides.ours)?, tree_of(sides.theirs)?);
        if (self.base, self.tree) != (base, ours) {
            let changes = tree::changes(&odb, Some(base), Some(ours))?;
            *self = Self { base, tree: ours, changes: changes.into_iter().map(|change| (change.path.clone(), change)).collect() };
        }
        let mut theirs_alone = tree::changes(&odb, Some(base), Some(theirs))?;
        // What both sides did alike is there already.
        let is_alike = |change: &Change| self.changes.get(&change.path) == Some(change);
        let removed_by_both = theirs_alone.iter().any(|change| change.new.is_none() && is_alike(change));
        theirs_alone.retain(|change| !is_alike(change));
        let adds = |change: &Change| change.old.is_none();
        let may_have_renamed = removed_by_both && (self.changes.values().any(adds) || theirs_alone.iter().any(adds));
        if may_have_renamed || self.meets(&theirs_alone) || self.folder_may_have_moved(&odb, &theirs_alone)? {
            self.tree = Oid::ZERO_SHA1;
            return by_git(main, intake, sides);
        }
        if fold_meets(main, &self.changes, &theirs_alone) {
            return Ok(Joined::Conflict(theirs_alone.into_iter().map(|c| c.path).collect()));
        }
        let edits: Edits = theirs_alone.iter().map(|c| (c.path.clone(), c.new)).collect();
        self.tree = if self.changes.is_empty() { theirs } else { tree::edit(&odb, intake, Some(ours), &edits)? };
        self.changes.extend(theirs_alone.into_iter().map(|change| (change.path.clone(), change)));
        Ok(Joined::Tree(self.tree))
    }

    /// Tells whether a path of theirs equals one of ours, or one is a folder above the other.
    fn meets(&self, theirs: &[Change]) -> bool {
        theirs.iter().any(|change| {
            let mut above = Some(change.path.clone());
            while let Some(path) = above {
                if !path.is_root() && self.changes.contains_key(&path) {
                    return true;
                }
                above = path.parent();
            }
            let below = change.path.join(b"");
            self.changes.range(below..).next().is_some_and(|(next, _)| change.path.holds(next))
        })
    }

    /// Tells whether one side adds a file to a folder that the other side emptied while it added files itself.
    fn folder_may_have_moved(&self, odb: &Odb<'_>, theirs: &[Change]) -> Result<bool, Error> {
        let ours = || self.changes.values();
        let moves = |changes: &mut dyn Iterator<Item = &Change>| {
            let (mut adds, mut removes) = (false, false);
            for change in changes {
                adds |= change.old.is_none();
                removes |= change.new.is_none();
            }
            adds && removes
        };
        let adds = theirs.iter().any(|change| change.old.is_none());
        let by_us = adds && moves(&mut ours()) && follows(odb, self.base, ours(), theirs.iter())?;
        Ok(by_us || (moves(&mut theirs.iter()) && follows(odb, self.base, theirs.iter(), ours())?))
    }
}

/// Tells whether one side adds a file to a folder that the other has emptied.
fn follows<'c>(
    odb: &Odb<'_>,
    base: Oid,
    mover: impl Iterator<Item = &'c Change>,
    adder: impl Iterator<Item = &'c Change>,
) -> Result<bool, Error> {
    let deleted: BTreeSet<&RepoPath> = mover.filter(|c| c.new.is_none()).map(|c| &c.path).collect();
    let folders: BTreeSet<RepoPath> = adder.filter(|c| c.old.is_none()).filter_map(|c| c.path.parent()).collect();
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
fn fold_meets(main: &Repository, a: &BTreeMap<RepoPath, Change>, b: &[Change]) -> bool {
    let folds = main.config().and_then(|c| c.get_bool("core.ignorecase")).unwrap_or(false);
    if !folds {
        return false;
    }
    let fold = |change: &Change| change.path.to_string().to_lowercase();
    let paths: BTreeSet<String> = a.values().filter(|c| c.new.is_some()).map(fold).collect();
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
