//! Reverts that are refused, and landings by others that cannot be written down.

use super::{refused, row};
use crate::lab::Lab;

fn landed(path: &str) -> Lab {
    let lab = Lab::new();
    lab.ready_task("k7", path, "1\n");
    lab.json(["land", "k7"]);
    lab
}

#[test]
fn a_revert_of_what_has_not_landed() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["revert", "k7"]).fits(&row!());
}

#[test]
fn a_revert_of_what_was_discarded() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.json(["discard", "k7"]);
    refused(&lab, ["revert", "k7"]).fits(&row!());
}

#[test]
fn a_revert_of_what_is_reverted() {
    let lab = landed("x");
    lab.json(["revert", "k7"]);
    refused(&lab, ["revert", "k7"]).fits(&row!());
}

#[test]
fn a_revert_under_the_same_lines() {
    let lab = landed("a.txt");
    if !lab.git_merges("a_revert_under_the_same_lines") {
        return;
    }
    lab.write("a.txt", "2\n");
    lab.commit("the same line");
    refused(&lab, ["revert", "k7"]).fits(&row!());
}

#[test]
fn a_revert_over_a_modified_file() {
    let lab = landed("x");
    lab.write("x", "mine\n");
    refused(&lab, ["revert", "k7"]).fits(&row!());
}

#[test]
fn a_revert_from_several_branches() {
    let lab = Lab::new();
    lab.ready_task("a", "a1", "1\n");
    lab.ready_task("b", "b1", "1\n");
    lab.json(["land", "a"]);
    lab.json(["land", "b", "--to", "review"]);
    refused(&lab, ["revert", "a", "b"]).fits(&row!());
}

#[test]
fn a_revert_of_what_is_at_a_remote() {
    let lab = Lab::new();
    let remote = lab.outside().join("remote.git");
    lab.git(["clone", "-q", "--bare", ".", remote.to_str().unwrap()]);
    lab.git(["remote", "add", "origin", remote.to_str().unwrap()]);
    lab.git(["fetch", "-q"]);
    lab.git(["branch", "-q", "-u", "origin/main"]);
    lab.ready_task("k7", "x", "1\n");
    lab.git(["push", "-q", "origin", "takeback/k7:main"]);
    refused(&lab, ["revert", "k7"]).fits(&row!()).about("origin/main");
}

#[test]
fn a_revert_where_the_branch_is_gone() {
    let lab = landed("x");
    lab.git(["branch", "-q", "-m", "main", "trunk"]);
    refused(&lab, ["revert", "k7"]).fits(&row!()).about("main");
}

#[test]
fn a_landing_by_others_that_is_not_on_the_branch() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["land", "k7", "--as", "takeback/k7"]).fits(&row!());
}

#[test]
fn a_landing_of_what_others_have_landed() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.git(["cherry-pick", "takeback/k7"]);
    refused(&lab, ["land", "k7"]).fits(&row!());
}

#[test]
fn a_landing_by_what_it_was_made_from() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["land", "k7", "--as", "HEAD"]).fits(&row!());
}

#[test]
fn landing_what_somebody_took_out() {
    let lab = landed("x");
    lab.git(["revert", "--no-edit", "HEAD"]);
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn landing_again_in_conflict() {
    let lab = landed("a.txt");
    if !lab.git_merges("landing_again_in_conflict") {
        return;
    }
    lab.json(["revert", "k7"]);
    lab.write("a.txt", "2\n");
    lab.commit("the same line");
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn a_revert_by_a_commit_that_is_not_on_the_branch() {
    let lab = landed("x");
    lab.git(["switch", "-q", "-c", "aside"]);
    lab.git(["rm", "-q", "x"]);
    lab.commit("out");
    refused(&lab, ["revert", "k7", "--as", "aside"]).fits(&row!()).about("k7");
}

#[test]
fn a_revert_by_a_commit_from_before_the_landing() {
    let lab = landed("x");
    refused(&lab, ["revert", "k7", "--as", "HEAD~1"]).fits(&row!()).about("k7");
}

#[test]
fn an_undo_of_a_revert_under_a_later_commit() {
    let lab = landed("x");
    lab.json(["revert", "k7"]);
    lab.write("mine", "1\n");
    lab.commit("on top");
    refused(&lab, ["undo"]).fits(&row!());
}
