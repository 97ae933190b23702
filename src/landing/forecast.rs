//! Which of several tasks cannot land together, told before any of them does.
//!
//! Paths first: changes that share no path, neither equal nor one below the other, cannot be in each other's way, and no object is
//! opened for them. Only where paths meet is the merge made, one change behind the other, in a private folder of objects: changes to
//! different lines of one file are no conflict. Where git is too old for that, or there are very many such pairs, the paths are told
//! as what *may* conflict.
//!
//! Two changes that do the same at a path do not meet there. Where one removes files of a folder and the other adds to it, git may
//! follow a renamed folder: these are merged as well, and named only if that fails.

use std::collections::{BTreeMap, BTreeSet};

use git2::Oid;
use serde::Serialize;

use super::plan::Error;
use super::{LandWish, apart, eligible, named, target};
use crate::git::commit::{self, NewCommit};
use crate::git::merge::{self, Joined, Sides};
use crate::git::tree::{self, Change};
use crate::git::{self, Intake, repo};
use crate::id::{CommitId, Name, Uid};
use crate::journal::{Book, Standing};
use crate::store::Site;
use crate::task::RepoPath;
use crate::verify::scope::Scope;

/// What stands between tasks that are to land together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Forecast {
    /// What cannot, or may not, land together; a pair that is not here can.
    #[serde(rename = "forecast")]
    pub clashes: Vec<Clash>,
    /// The largest set of tasks that was found to land together, in the order given.
    pub together: Vec<Name>,
}

/// A task that clashes with another one, or with the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Clash {
    /// Who with whom.
    #[serde(flatten)]
    pub between: Between,
    /// Where.
    pub paths: Vec<RepoPath>,
    /// Only the paths were compared: the changes may yet fit together.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub may: bool,
}

/// Who clashes with whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Between {
    /// Two of the tasks.
    Tasks {
        /// In the order given.
        tasks: [Name; 2],
    },
    /// A task and the branch.
    Target {
        /// The task.
        task: Name,
        /// Always `target`.
        with: &'static str,
    },
}

/// Looks at every pair of the tasks, and at each with the target; `most` merges are made for that.
///
/// # Errors
///
/// As for a landing; that a task may not land is none, it is then not among those that can land together.
pub(crate) fn of(site: &Site, wish: &LandWish, most: usize) -> Result<Forecast, Error> {
    let book = Book::open(site)?;
    let tasks = named::to_land(&book, wish)?.tasks;
    let allowed = Scope::new(&wish.allow_paths)?;
    let target = target::find(&site.repo, wish, &tasks)?;
    let may_land: Vec<bool> = tasks.iter().map(|task| eligible::refuse(task, wish, &allowed).is_none()).collect();
    let intake = Intake::create_passing(&site.layout.operation_intakes(), Uid::random().as_str(), &site.repo)?;
    let mut sky = Sky { site, intake: &intake, start: target.start, left: most };
    let clashes = sky.look(&tasks)?;
    let name = |n: usize| tasks[n].spec.id.clone();
    let free: Vec<bool> = (0..tasks.len()).map(|n| may_land[n] && !clashes.contains_key(&(n, None))).collect();
    let pairs: Vec<_> = clashes.keys().filter_map(|(a, b)| Some((*a, (*b)?))).collect();
    let together = sky.land(&tasks, apart::largest(&free, &pairs))?.into_iter().map(name).collect();
    let clashes = clashes.into_iter().map(|((a, b), found)| {
        let between = match b {
            Some(b) => Between::Tasks { tasks: [name(a), name(b)] },
            None => Between::Target { task: name(a), with: "target" },
        };
        Clash { between, paths: found.paths.into_iter().collect(), may: found.may }
    });
    Ok(Forecast { clashes: clashes.collect(), together })
}

/// A task by its place, with another one or, without, with the target.
type Pair = (usize, Option<usize>);

/// Where two changes clash.
#[derive(Debug, Default)]
struct Found {
    paths: BTreeSet<RepoPath>,
    may: bool,
}

/// What two lists of changes have in common.
#[derive(Debug, Default, PartialEq, Eq)]
struct Meeting {
    /// Paths that both change.
    paths: BTreeSet<RepoPath>,
    /// Only a folder that one of them may have renamed.
    folder: bool,
}

struct Sky<'a> {
    site: &'a Site,
    intake: &'a Intake,
    start: CommitId,
    /// How many merges may still be made.
    left: usize,
}

impl Sky<'_> {
    fn look(&mut self, tasks: &[Standing]) -> Result<BTreeMap<Pair, Found>, git::Error> {
        let mut clashes = BTreeMap::new();
        let mut on_target: Vec<Option<Oid>> = Vec::new();
        for (n, task) in tasks.iter().enumerate() {
            let joined = match task.record.result {
                Some(result) => self.with_target(task, result)?,
                None => Err(Found::default()),
            };
            on_target.push(joined.as_ref().ok().copied());
            if let Err(found) = joined
                && !found.paths.is_empty()
            {
                clashes.insert((n, None), found);
            }
        }
        for ((a, b), meeting) in meetings(&self.lists(tasks)?) {
            let at_target = clashes.get(&(b, None)).map(|found: &Found| found.paths.clone()).unwrap_or_default();
            let ours =
                on_target[a].or(tasks[a].record.result.filter(|_| tasks[a].record.base == tasks[b].record.base).map(Oid::from));
            let mut found = self.pair(ours, &tasks[b], &meeting)?;
            found.paths.retain(|path| !at_target.contains(path));
            if !found.paths.is_empty() {
                clashes.insert((a, Some(b)), found);
            }
        }
        Ok(clashes)
    }

    /// Lands tasks one after the other, and leaves out those that cannot or that bring nothing more.
    fn land(&self, tasks: &[Standing], chosen: Vec<usize>) -> Result<Vec<usize>, git::Error> {
        let mut tip = Oid::from(self.start);
        let mut tree = self.tree(self.start)?;
        let mut landed = Vec::new();
        for n in chosen {
            let Some(result) = tasks[n].record.result else { continue };
            let sides = Sides { base: tasks[n].record.base.into(), ours: tip, theirs: result.into() };
            match merge::join(&self.site.repo, self.intake, sides) {
                Ok(Joined::Tree(joined)) if joined != tree => {
                    tree = joined;
                    tip = self.commit(tree)?;
                    landed.push(n);
                }
                Ok(_) => {}
                Err(git::Error::OldGit { .. }) => landed.push(n),
                Err(e) => return Err(e),
            }
        }
        Ok(landed)
    }

    fn commit(&self, tree: Oid) -> Result<Oid, git::Error> {
        commit::by_takeback(self.intake, &NewCommit::new(tree, &[], "a tree of the forecast\n"), 0)
    }

    /// Each task's own changes.
    fn lists(&self, tasks: &[Standing]) -> Result<Vec<Vec<Change>>, git::Error> {
        let odb = repo::odb(&self.site.repo)?;
        let list = |task: &Standing| {
            let Some(result) = task.record.result else { return Ok(vec![]) };
            let (base, result) = (self.tree(task.record.base)?, self.tree(result)?);
            tree::changes(&odb, Some(base), Some(result))
        };
        tasks.iter().map(list).collect()
    }

    fn tree(&self, commit: CommitId) -> Result<Oid, git::Error> {
        Ok(tree::of_commit(&self.site.repo, commit)?.into())
    }

    /// Brings a task's change to the target, and returns the commit of that, or where it clashes.
    fn with_target(&mut self, task: &Standing, result: CommitId) -> Result<Result<Oid, Found>, git::Error> {
        let sides = Sides { base: task.record.base.into(), ours: self.start.into(), theirs: result.into() };
        match merge::join(&self.site.repo, self.intake, sides) {
            Ok(Joined::Tree(tree)) => Ok(Ok(self.commit(tree)?)),
            Ok(Joined::Conflict(paths)) => Ok(Err(Found { paths: paths.into_iter().collect(), may: false })),
            Err(git::Error::OldGit { .. }) => {
                let odb = repo::odb(&self.site.repo)?;
                let base = self.tree(task.record.base)?;
                let changes = |to| tree::changes(&odb, Some(base), Some(to));
                let lists = [changes(self.tree(self.start)?)?, changes(self.tree(result)?)?];
                let paths = meetings(&lists).remove(&(0, 1)).unwrap_or_default().paths;
                Ok(Err(Found { paths, may: true }))
            }
            Err(e) => Err(e),
        }
    }

    /// Brings one task's change to a commit that has the other's.
    fn pair(&mut self, ours: Option<Oid>, other: &Standing, meeting: &Meeting) -> Result<Found, git::Error> {
        let by_path = || Found { paths: if meeting.folder { BTreeSet::new() } else { meeting.paths.clone() }, may: true };
        let (Some(ours), Some(theirs), true) = (ours, other.record.result, self.left > 0) else { return Ok(by_path()) };
        self.left -= 1;
        let sides = Sides { base: other.record.base.into(), ours, theirs: theirs.into() };
        match merge::join(&self.site.repo, self.intake, sides) {
            Ok(Joined::Tree(_)) => Ok(Found::default()),
            Ok(Joined::Conflict(paths)) => Ok(Found { paths: paths.into_iter().collect(), may: false }),
            Err(git::Error::OldGit { .. }) => Ok(by_path()),
            Err(e) => Err(e),
        }
    }
}

/// Finds which lists of changes meet, and where: all of them at once, since there may be a thousand.
fn meetings(lists: &[Vec<Change>]) -> BTreeMap<(usize, usize), Meeting> {
    let mut at: BTreeMap<&RepoPath, Vec<(usize, &Change)>> = BTreeMap::new();
    for (n, list) in lists.iter().enumerate() {
        for change in list {
            at.entry(&change.path).or_default().push((n, change));
        }
    }
    let mut found: BTreeMap<(usize, usize), Meeting> = BTreeMap::new();
    for (path, changes) in &at {
        let mut above = Some((*path).clone());
        while let Some(place) = above.filter(|place| !place.is_root()) {
            for (m, other) in at.get(&place).into_iter().flatten() {
                for (n, change) in changes.iter().filter(|(n, change)| n != m && change != other) {
                    found.entry(((*n).min(*m), (*n).max(*m))).or_default().paths.insert(change.path.clone());
                }
            }
            above = place.parent();
        }
    }
    for (pair, path) in moved_folders(lists) {
        let meeting = found.entry(pair).or_insert_with(|| Meeting { folder: true, ..Meeting::default() });
        if meeting.folder {
            meeting.paths.insert(path);
        }
    }
    found
}

/// Pairs of which one adds a file to a folder from which the other takes some, and adds some elsewhere.
fn moved_folders(lists: &[Vec<Change>]) -> Vec<((usize, usize), RepoPath)> {
    let mut emptied: BTreeMap<RepoPath, BTreeSet<usize>> = BTreeMap::new();
    for (n, list) in lists.iter().enumerate().filter(|(_, list)| list.iter().any(|change| change.old.is_none())) {
        for change in list.iter().filter(|change| change.new.is_none()) {
            let mut above = change.path.parent();
            while let Some(folder) = above.filter(|folder| !folder.is_root()) {
                emptied.entry(folder.clone()).or_default().insert(n);
                above = folder.parent();
            }
        }
    }
    let mut pairs = Vec::new();
    for (n, list) in lists.iter().enumerate() {
        for change in list.iter().filter(|change| change.old.is_none()) {
            let Some(movers) = change.path.parent().and_then(|folder| emptied.get(&folder)) else { continue };
            pairs.extend(movers.iter().filter(|m| **m != n).map(|m| (((*m).min(n), (*m).max(n)), change.path.clone())));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::tree::{Entry, FILE};

    fn change(path: &str, old: bool, new: u8) -> Change {
        let entry = |byte: u8| Entry { mode: FILE, id: Oid::from_bytes(&[byte; 20]).unwrap() };
        Change { path: RepoPath::from(path), old: old.then(|| entry(1)), new: (new > 0).then(|| entry(new)) }
    }

    fn met(lists: &[&[Change]]) -> Vec<(usize, usize, String)> {
        let lists: Vec<Vec<Change>> = lists.iter().map(|list| list.to_vec()).collect();
        let paths = |m: &Meeting| m.paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        meetings(&lists).iter().map(|((a, b), m)| (*a, *b, format!("{}{}", paths(m), if m.folder { " ?" } else { "" }))).collect()
    }

    #[test]
    fn changes_meet_at_the_same_path_or_one_below_the_other_unless_they_are_the_same() {
        let (x2, x3, y) = (change("x", true, 2), change("x", true, 3), change("y", true, 2));
        assert_eq!(met(&[&[x2.clone(), y.clone()], &[x3], &[x2, y]]), [(0, 1, "x".into()), (1, 2, "x".into())]);
        let below = [change("d/x", false, 2)];
        assert_eq!(met(&[&[change("d", true, 2)], &below, &[change("d.x", true, 2)]]), [(0, 1, "d/x".into())]);
        assert_eq!(met(&[&below, &[change("d/y", false, 2)]]), []);
    }

    #[test]
    fn a_folder_that_one_may_have_renamed_is_looked_at() {
        let renames = [change("new/a", false, 2), change("old/a", true, 0)];
        let adds = [change("old/b", false, 2)];
        assert_eq!(met(&[&renames, &adds]), [(0, 1, "old/b ?".into())]);
        assert_eq!(met(&[&renames[1..], &adds]), []);
    }
}
