//! What can be reached from some objects and not from some commits: what a pack has to hold.
//!
//! libgit2's own walk does not know that a shallow history ends, and it would not say which object is missing. Listing too much is
//! no fault here: the pack is then larger than it had to be.

use std::collections::{BinaryHeap, HashMap, HashSet};

use git2::{Commit, ErrorCode, ObjectType, Odb, Oid, Repository};

use super::{Error, tree};

/// Lists all objects that can be reached from `tips` (commits, tags, trees or files) and not from the commits `have`; what a tree
/// has in common with the same place in a parent commit is not looked at.
///
/// # Errors
///
/// [`Error::Missing`] with the object that is not there, [`Error::Corrupt`] for a tree that is none.
pub(super) fn objects(repo: &Repository, odb: &Odb<'_>, tips: &[Oid], have: &[Oid]) -> Result<Vec<Oid>, Error> {
    let mut found = Found { odb, seen: HashSet::new(), objects: Vec::new() };
    let mut starts = Vec::new();
    for tip in tips {
        starts.extend(found.start(repo, *tip)?);
    }
    for id in commits(repo, &starts, have)? {
        let commit = repo.find_commit(id).map_err(lost(id))?;
        let mut parents = Vec::new();
        for parent in commit.parent_ids() {
            parents.push(repo.find_commit(parent).map_err(lost(parent))?.tree_id());
        }
        found.add(id);
        if !parents.contains(&commit.tree_id()) {
            found.tree(commit.tree_id(), &parents, 0)?;
        }
    }
    Ok(found.objects)
}

/// An object that cannot be found is [`Error::Missing`], anything else what libgit2 says.
pub(super) fn lost(object: impl ToString) -> impl FnOnce(git2::Error) -> Error {
    move |e| match e.code() {
        ErrorCode::NotFound => Error::Missing { object: object.to_string() },
        _ => Error::of("read", object)(e),
    }
}

/// Lists the commits reachable from `tips` and not from `have`, by the time they say: the newest first. With clocks that went wrong
/// some are listed that need not be.
fn commits(repo: &Repository, tips: &[Oid], have: &[Oid]) -> Result<Vec<Oid>, Error> {
    let mut walk = Walk { repo, hidden: HashMap::new(), queue: BinaryHeap::new(), open: 0 };
    for id in have {
        walk.reach(*id, true)?;
    }
    let mut found = Vec::new();
    // Tips are taken at once, whatever time they say: mostly their parent is what the repository has, and that is all.
    for id in tips {
        if !walk.hidden.contains_key(id) {
            walk.hidden.insert(*id, false);
            found.push(*id);
        }
    }
    for id in found.clone() {
        walk.parents(&repo.find_commit(id).map_err(lost(id))?, false)?;
    }
    while let Some((id, hidden)) = walk.next() {
        if !hidden {
            found.push(id);
        }
        match repo.find_commit(id) {
            Ok(commit) => walk.parents(&commit, hidden)?,
            Err(e) if hidden && e.code() == ErrorCode::NotFound => {}
            Err(e) => return Err(lost(id)(e)),
        }
    }
    found.retain(|id| !walk.hidden[id]);
    Ok(found)
}

struct Walk<'a> {
    repo: &'a Repository,
    /// Every commit that was reached, and whether the repository has it.
    hidden: HashMap<Oid, bool>,
    /// Commits whose parents were not looked at, by time, the hidden ones first, with what was known of them when they came in.
    queue: BinaryHeap<(i64, bool, Oid)>,
    /// How many in the queue are not hidden.
    open: usize,
}

impl Walk<'_> {
    fn next(&mut self) -> Option<(Oid, bool)> {
        while self.open > 0 {
            let (_, hidden, id) = self.queue.pop()?;
            self.open -= usize::from(!hidden);
            // One that became hidden meanwhile is in the queue a second time, as hidden.
            if self.hidden[&id] == hidden {
                return Some((id, hidden));
            }
        }
        None
    }

    fn parents(&mut self, commit: &Commit<'_>, hidden: bool) -> Result<(), Error> {
        commit.parent_ids().try_for_each(|parent| self.reach(parent, hidden))
    }

    fn reach(&mut self, id: Oid, hidden: bool) -> Result<(), Error> {
        if self.hidden.get(&id).is_some_and(|known| *known || !hidden) {
            return Ok(());
        }
        self.hidden.insert(id, hidden);
        match self.repo.find_commit(id) {
            Ok(commit) => {
                self.queue.push((commit.time().seconds(), hidden, id));
                self.open += usize::from(!hidden);
                Ok(())
            }
            Err(e) if hidden && e.code() == ErrorCode::NotFound => Ok(()),
            Err(e) => Err(lost(id)(e)),
        }
    }
}

struct Found<'a> {
    odb: &'a Odb<'a>,
    seen: HashSet<Oid>,
    objects: Vec<Oid>,
}

impl Found<'_> {
    /// Follows a tip through tags to its commit; a tree or a file is added at once.
    fn start(&mut self, repo: &Repository, mut tip: Oid) -> Result<Option<Oid>, Error> {
        loop {
            let (_, kind) = self.odb.read_header(tip).map_err(lost(tip))?;
            match kind {
                ObjectType::Commit => return Ok(Some(tip)),
                ObjectType::Tree => return self.tree(tip, &[], 0).map(|()| None),
                ObjectType::Tag => {
                    self.add(tip);
                    tip = repo.find_tag(tip).map_err(lost(tip))?.target_id();
                }
                _ => {
                    self.add(tip);
                    return Ok(None);
                }
            }
        }
    }

    /// Adds a tree and what is in it, less what a parent commit has at the same place: that is reachable without.
    fn tree(&mut self, id: Oid, parents: &[Oid], depth: usize) -> Result<(), Error> {
        if !self.add(id) {
            return Ok(());
        }
        if depth > tree::MAX_DEPTH {
            return Err(Error::Corrupt { object: id.to_string(), why: "it is nested too deeply".to_owned() });
        }
        let had = parents.iter().map(|id| tree::entries(self.odb, *id)).collect::<Result<Vec<_>, _>>()?;
        let object = tree::read(self.odb, id, ObjectType::Tree)?;
        for (name, entry) in tree::parse(id, object.data())? {
            let before: Vec<_> = had.iter().filter_map(|had| had.get(name)).collect();
            if entry.mode == tree::GITLINK || before.iter().any(|old| old.id == entry.id) {
                continue;
            }
            if entry.is_folder() {
                let parents: Vec<Oid> = before.iter().filter(|old| old.is_folder()).map(|old| old.id).collect();
                self.tree(entry.id, &parents, depth + 1)?;
            } else {
                self.add(entry.id);
            }
        }
        Ok(())
    }

    fn add(&mut self, id: Oid) -> bool {
        let new = self.seen.insert(id);
        if new {
            self.objects.push(id);
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;

    #[test]
    fn exactly_the_new_commits_are_listed_whatever_joins_them() {
        let test = TestRepo::with(&[("a", "0")]);
        let mut line = vec![test.head()];
        for n in 1..6 {
            test.write("a", n.to_string());
            line.push(test.commit());
        }
        test.git(&["checkout", "-q", "-b", "side", &line[1].to_string()]);
        test.write("b", "1");
        let side = test.commit();
        test.git(&["merge", "-q", "-m", "joined", &line[4].to_string()]);
        let joined = test.head();
        let repo = test.repo();
        let listed = |tips: &[Oid], have: &[Oid]| {
            let mut found = commits(&repo, tips, have).unwrap();
            found.sort();
            found
        };
        let sorted = |mut ids: Vec<Oid>| {
            ids.sort();
            ids
        };
        assert_eq!(listed(&[joined], &[line[5]]), sorted(vec![joined, side]));
        assert_eq!(listed(&[joined], &[line[0]]), sorted([&[joined, side], &line[1..5]].concat()));
        assert_eq!(listed(&[line[5]], &[line[3]]), sorted(line[4..6].to_vec()));
        assert_eq!(listed(&[joined, side], &[side, line[4]]), vec![joined]);
        assert_eq!(listed(&[line[5]], &[line[5]]), vec![]);
        assert_eq!(listed(&[line[0]], &[]), vec![line[0]]);
    }

    #[test]
    fn a_side_branch_from_an_older_commit_does_not_bring_the_whole_history() {
        let test = TestRepo::init(&[]);
        let mut line = Vec::new();
        for n in 0..30 {
            test.write("a", n.to_string());
            line.push(test.commit());
        }
        test.git(&["checkout", "-q", "--detach", &line[20].to_string()]);
        test.write("b", "1");
        let first = test.commit();
        test.write("b", "2");
        let second = test.commit();
        let found = commits(&test.repo(), &[second], &[line[29]]).unwrap();
        assert!(found.contains(&first) && found.contains(&second));
        assert!(found.len() <= 3, "{} commits", found.len());
    }
}
