//! Landings that would write over what somebody has in a checkout.

use super::{refused, row};
use crate::lab::Lab;

/// A task that changes `a.txt` and adds `new/file`.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write(".gitignore", "*.log\n");
    lab.commit("ignore logs");
    lab.json(["run", "--wait", "--name", "k7", "--shell", "echo theirs > a.txt; mkdir new; echo 1 > new/file"]);
    lab
}

#[test]
fn a_modified_file_in_the_way() {
    let lab = lab();
    lab.write("a.txt", "mine\n");
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7").at(&["a.txt"]);
}

#[test]
fn a_deleted_file_in_the_way() {
    let lab = lab();
    std::fs::remove_file(lab.root().join("a.txt")).unwrap();
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7").at(&["a.txt"]);
}

#[test]
fn a_staged_file_in_the_way() {
    let lab = lab();
    lab.write("a.txt", "mine\n");
    lab.git(["add", "a.txt"]);
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7").at(&["a.txt"]);
}

#[test]
fn an_untracked_file_in_the_way() {
    let lab = lab();
    lab.write("new/file", "mine\n");
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7").at(&["new/file"]);
    std::fs::remove_dir_all(lab.root().join("new")).unwrap();
    lab.write("new", "a file where a folder must be\n");
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7").at(&["new"]);
}

#[test]
fn an_ignored_file_in_the_way() {
    let lab = lab();
    lab.json(["run", "--wait", "--name", "log", "--commit-ignored", "*.log", "--shell", "echo 1 > run.log"]);
    lab.write("run.log", "mine\n");
    refused(&lab, ["land", "log"]).fits(&row!()).about("log").at(&["run.log"]);
}

#[test]
fn a_merge_under_way() {
    let lab = lab();
    lab.git(["checkout", "-q", "-b", "other", "HEAD~1"]);
    lab.write("b/c.txt", "other\n");
    lab.commit("other");
    lab.git(["checkout", "-q", "main"]);
    lab.git(["merge", "-q", "--no-ff", "--no-commit", "other"]);
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7");
    lab.git(["merge", "--abort"]);
    lab.json(["land", "k7"]);
}

#[test]
fn other_work_that_is_not_in_the_way() {
    let lab = lab();
    lab.write("b/c.txt", "mine, unstaged\n");
    lab.write("mine.txt", "untracked\n");
    lab.write("staged.txt", "staged\n");
    lab.git(["add", "staged.txt"]);
    let landed = lab.run(["land", "k7"]);
    assert_eq!(landed.status.code().unwrap().to_string(), row!().exit, "{landed:?}");
    assert_eq!(lab.git(["status", "--porcelain"]), " M b/c.txt\nA  staged.txt\n?? mine.txt");
    assert_eq!((lab.read("a.txt").as_str(), lab.read("b/c.txt").as_str()), ("theirs\n", "mine, unstaged\n"));
    lab.json(["undo", "k7"]);
    assert_eq!(lab.git(["status", "--porcelain"]), " M b/c.txt\nA  staged.txt\n?? mine.txt");
}
