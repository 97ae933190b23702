//! What a check sees of a result: its tree, in which the files that make the check are those of before.
//!
//! `--check-files` names them. A path that matches is put back: one that the task added is not there, one that it removed is there
//! again, one that it changed is as it was. So a task cannot talk its own check round by editing it. Nothing is written anywhere:
//! the tree's id is worked out in memory, for the verdict's key; the worktree of the check gets the paths.

use git2::{Odb, Oid};

use super::Error;
use super::scope::Scope;
use crate::git;
use crate::git::tree::{self, Change, Edits};
use crate::id::TreeId;

/// A tree as a check sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The tree. Where something is put back it is no object of the repository.
    pub(crate) tree: TreeId,
    /// What is put back: from the result to what was there before.
    pub(crate) put_back: Vec<Change>,
}

/// Works out what a check sees of `result`, where paths that `check_files` name are as in `before`.
///
/// # Errors
///
/// [`Error`] if a tree is unreadable, or a glob.
pub(crate) fn seen(odb: &Odb<'_>, result: TreeId, before: TreeId, check_files: &[String]) -> Result<Seen, Error> {
    if check_files.is_empty() {
        return Ok(Seen { tree: result, put_back: vec![] });
    }
    let made = Scope::new(check_files)?;
    let changes = tree::changes(odb, Some(result.into()), Some(before.into()))?;
    let put_back: Vec<Change> = changes.into_iter().filter(|change| made.names(&change.path)).collect();
    if put_back.is_empty() {
        return Ok(Seen { tree: result, put_back });
    }
    let tree = in_memory(odb, result.into(), &edits(&put_back))?;
    Ok(Seen { tree: tree.into(), put_back })
}

/// The changes as edits of the tree that they lead from.
pub(crate) fn edits(changes: &[Change]) -> Edits {
    changes.iter().map(|change| (change.path.clone(), change.new)).collect()
}

fn in_memory(odb: &Odb<'_>, tree: Oid, edits: &Edits) -> Result<Oid, git::Error> {
    let memory = Odb::new().map_err(git::Error::of("make", "a store in memory"))?;
    let _store = memory.add_new_mempack_backend(1).map_err(git::Error::of("make", "a store in memory"))?;
    tree::edit(odb, &memory, Some(tree), edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;

    fn tree_of(test: &TestRepo, files: &[(&str, &str)]) -> TreeId {
        for (path, text) in files {
            test.write(path, text);
        }
        test.commit();
        test.tree().into()
    }

    #[test]
    fn what_a_task_added_removed_or_changed_of_the_checks_files_is_as_before() {
        let test = TestRepo::with(&[("src/a", "1\n"), ("tests/kept", "1\n"), ("tests/gone", "1\n")]);
        let before = tree_of(&test, &[("tests/changed", "1\n")]);
        std::fs::remove_file(test.root().join("tests/gone")).unwrap();
        let result = tree_of(&test, &[("src/a", "2\n"), ("tests/changed", "2\n"), ("tests/added", "2\n")]);
        let repo = test.repo();
        let odb = git::repo::odb(&repo).unwrap();
        let seen = seen(&odb, result, before, &["tests".to_owned()]).unwrap();
        let paths: Vec<_> = seen.put_back.iter().map(|c| c.path.to_string()).collect();
        assert_eq!(paths, ["tests/added", "tests/changed", "tests/gone"]);
        assert!(repo.find_tree(seen.tree.into()).is_err(), "it was written");
        // The same made by git: the result with the folder of before.
        test.git(&["checkout", "-q", "HEAD~1", "--", "tests"]);
        test.git(&["rm", "-q", "--cached", "tests/added"]);
        assert_eq!(test.git(&["write-tree"]), seen.tree.to_string());
    }

    #[test]
    fn where_no_file_of_the_check_was_touched_it_sees_the_result_itself() {
        let test = TestRepo::with(&[("src/a", "1\n"), ("tests/kept", "1\n")]);
        let before = tree_of(&test, &[("other", "1\n")]);
        let result = tree_of(&test, &[("src/a", "2\n")]);
        let repo = test.repo();
        let odb = git::repo::odb(&repo).unwrap();
        for globs in [vec![], vec!["tests".to_owned()]] {
            assert_eq!(seen(&odb, result, before, &globs).unwrap(), Seen { tree: result, put_back: vec![] });
        }
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_of_the_check_gives_way_to_it_and_the_other_way_round() {
        let test = TestRepo::with(&[("check", "1\n"), ("tests/one", "1\n"), ("x", "1\n")]);
        let before = tree_of(&test, &[("y", "1\n")]);
        std::fs::remove_file(test.root().join("check")).unwrap();
        std::fs::remove_dir_all(test.root().join("tests")).unwrap();
        let result = tree_of(&test, &[("check/inside", "2\n"), ("tests", "2\n")]);
        let repo = test.repo();
        let odb = git::repo::odb(&repo).unwrap();
        let seen = seen(&odb, result, before, &["check".to_owned(), "tests".to_owned()]).unwrap();
        assert_eq!(seen.tree, before);
    }
}
