//! Undo and redo that would not be exact.

use super::{refused, row};
use crate::lab::Lab;

/// A task that wrote `x`, landed on `main`.
fn landed() -> Lab {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.json(["land", "k7"]);
    lab
}

#[test]
fn an_undo_under_a_later_commit() {
    let lab = landed();
    lab.write("later", "1");
    lab.commit("on top");
    refused(&lab, ["undo", "k7"]).fits(&row!()).about("refs/heads/main");
    refused(&lab, ["undo"]).fits(&row!());
}

#[test]
fn an_undo_of_an_amended_commit() {
    let lab = landed();
    lab.git(["commit", "-q", "--amend", "-m", "in other words"]);
    refused(&lab, ["undo", "k7"]).fits(&row!()).about("refs/heads/main");
}

#[test]
fn an_undo_of_what_was_pushed() {
    let lab = landed();
    let remote = lab.outside().join("remote.git");
    lab.git(["init", "-q", "--bare", remote.to_str().unwrap()]);
    lab.git(["remote", "add", "origin", remote.to_str().unwrap()]);
    lab.git(["push", "-q", "origin", "main"]);
    refused(&lab, ["undo", "k7"]).fits(&row!());
    refused(&lab, ["undo"]).fits(&row!());
}

#[test]
fn an_undo_over_a_modified_file() {
    let lab = landed();
    lab.write("x", "mine\n");
    refused(&lab, ["undo", "k7"]).fits(&row!());
}

#[test]
fn an_undo_during_a_merge() {
    let lab = landed();
    lab.git(["checkout", "-q", "-b", "other", "HEAD~1"]);
    lab.write("b/c.txt", "other\n");
    lab.commit("other");
    lab.git(["checkout", "-q", "main"]);
    lab.git(["merge", "-q", "--no-ff", "--no-commit", "other"]);
    refused(&lab, ["undo", "k7"]).fits(&row!());
}

#[test]
fn an_undo_of_one_of_several() {
    let lab = Lab::new();
    lab.ready_task("a", "a1", "1\n");
    lab.ready_task("b", "b1", "1\n");
    lab.json(["land", "a", "b"]);
    refused(&lab, ["undo", "a"]).fits(&row!()).about("a");
    lab.json(["undo"]);
}

#[test]
fn an_undo_of_nothing() {
    let lab = Lab::new();
    refused(&lab, ["undo"]).fits(&row!());
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["undo"]).fits(&row!());
}

#[test]
fn a_redo_of_nothing() {
    let lab = landed();
    refused(&lab, ["redo"]).fits(&row!());
}

#[test]
fn an_undo_of_a_task_nobody_decided_about() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["undo", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn an_undo_of_what_is_undone() {
    let lab = landed();
    let operation = lab.json(["ops"])["operations"][0]["id"].as_str().unwrap().to_owned();
    lab.json(["undo", &operation]);
    refused(&lab, ["undo", &operation]).fits(&row!());
}

#[test]
fn an_undo_of_a_branch_that_is_checked_out() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.json(["land", "k7", "--to", "review"]);
    lab.git(["checkout", "-q", "review"]);
    refused(&lab, ["undo", "k7"]).fits(&row!()).about("refs/heads/review");
}

#[test]
fn an_undo_whose_commits_were_collected() {
    let lab = landed();
    for name in lab.git(["for-each-ref", "--format=%(refname)", "refs/takeback/"]).lines() {
        lab.git(["update-ref", "-d", name]);
    }
    lab.git(["reflog", "expire", "--expire=all", "--all"]);
    lab.git(["gc", "-q", "--prune=now"]);
    lab.git(["rev-parse", "HEAD~1"]);
    // The landing can be undone still: both its ends are on `main`. A discard whose result is gone cannot.
    lab.ready_task("k8", "y", "1\n");
    lab.json(["discard", "k8"]);
    for name in lab.git(["for-each-ref", "--format=%(refname)", "refs/takeback/"]).lines() {
        lab.git(["update-ref", "-d", name]);
    }
    lab.git(["reflog", "expire", "--expire=all", "--all"]);
    lab.git(["gc", "-q", "--prune=now"]);
    refused(&lab, ["undo", "k8"]).fits(&row!());
}
