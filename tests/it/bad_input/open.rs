//! Worktrees that cannot be opened, taken or closed.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use super::{refused, row};
use crate::lab::{Lab, wait_until};

fn left_open() -> (Lab, PathBuf) {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    let path = PathBuf::from(lab.ok(["open", "k7"]).trim_end());
    (lab, path)
}

#[test]
fn an_open_of_what_runs() {
    let lab = Lab::new();
    let go = lab.outside().join("go");
    lab.ok(["run", "--name", "k7", "--shell", &format!("while ! [ -e '{}' ]; do sleep 0.02; done", go.display())]);
    wait_until("it runs", || lab.task("k7")["started_at"].is_string());
    refused(&lab, ["open", "k7"]).fits(&row!()).about("k7");
    fs::write(go, "").unwrap();
    lab.run(["wait", "k7"]);
}

#[test]
fn a_take_of_what_is_not_open() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    for flag in ["--take", "--close"] {
        refused(&lab, ["open", flag, "k7"]).fits(&row!()).about("k7");
    }
}

#[test]
fn an_open_in_two_places_at_once() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    let mut other = lab.takeback(["open", "k7", "--", "cat"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    wait_until("it is open", || lab.json(["open", "--list"])["opened"][0]["state"] == "attended");
    for args in [&["open", "k7"] as &[&str], &["open", "--take", "k7"], &["open", "--close", "k7"]] {
        refused(&lab, args).fits(&row!()).about("k7");
    }
    drop(other.stdin.take());
    assert!(other.wait().unwrap().success());
}

#[test]
fn a_close_of_a_worktree_with_work_in_it() {
    let (lab, path) = left_open();
    fs::write(path.join("a.txt"), "mine\n").unwrap();
    refused(&lab, ["open", "--close", "k7"]).fits(&row!()).about("k7");
    assert_eq!(fs::read_to_string(path.join("a.txt")).unwrap(), "mine\n");
    let there = path.to_str().unwrap();
    lab.git(["-C", there, "commit", "-q", "-a", "-m", "mine"]);
    lab.git(["-C", there, "revert", "--no-edit", "HEAD"]);
    refused(&lab, ["open", "--close", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn a_close_of_a_worktree_of_what_has_landed() {
    let (lab, path) = left_open();
    fs::write(path.join("a.txt"), "mine\n").unwrap();
    lab.ok(["land", "k7"]);
    refused(&lab, ["open", "--close", "k7"]).fits(&row!()).about("k7");
    assert!(path.exists());
}

#[test]
fn a_close_from_inside_the_worktree() {
    let (lab, path) = left_open();
    let mut inside = lab.command("cat").current_dir(&path).stdin(Stdio::piped()).spawn().unwrap();
    refused(&lab, ["open", "--close", "k7"]).fits(&row!()).about("k7");
    drop(inside.stdin.take());
    inside.wait().unwrap();
    lab.ok(["open", "--close", "k7"]);
}

#[test]
fn a_command_that_cannot_be_started_in_a_worktree() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["open", "k7", "--", "no-such-command"]).fits(&row!()).about("no-such-command");
    assert_eq!(lab.json(["open", "--list"])["opened"], serde_json::json!([]));
}
