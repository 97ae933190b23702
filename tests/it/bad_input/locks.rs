//! Locks that others hold, or left behind.

use std::fs::File;

use super::{refused, row};
use crate::lab::Lab;

#[test]
fn another_command_that_is_deciding() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    let lock = File::options().write(true).open(lab.root().join(".git/takeback/locks/writer")).unwrap();
    lock.lock().unwrap();
    refused(&lab, ["land", "k7"]).fits(&row!());
    assert_eq!(lab.json(["list"])["tasks"][0]["state"], "ready", "reading needs no lock");
    lock.unlock().unwrap();
    lab.json(["land", "k7"]);
}

#[test]
fn an_index_that_git_holds() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    let lock = lab.root().join(".git/index.lock");
    std::fs::write(&lock, "").unwrap();
    refused_but_for_pins(&lab, &["land", "k7"]).fits(&row!()).about(lock.canonicalize().unwrap().to_str().unwrap());
    assert_eq!(lab.task("k7")["state"], "ready");
    assert_eq!(lab.json(["ops"])["operations"], serde_json::json!([]), "what did not happen is no operation");
    std::fs::remove_file(lock).unwrap();
    lab.json(["land", "k7"]);
}

#[test]
fn an_index_that_git_holds_at_undo() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.json(["land", "k7"]);
    let lock = lab.root().join(".git/index.lock");
    std::fs::write(&lock, "").unwrap();
    refused_but_for_pins(&lab, &["undo", "k7"]).fits(&row!());
    assert_eq!(lab.task("k7")["state"], "landed");
    std::fs::remove_file(lock).unwrap();
    lab.json(["undo", "k7"]);
}

#[test]
fn a_branch_that_a_crashed_git_left_locked() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    let lock = lab.root().join(".git/refs/heads/main.lock");
    std::fs::write(&lock, "").unwrap();
    refused_but_for_pins(&lab, &["land", "k7"]).fits(&row!()).about(lock.canonicalize().unwrap().to_str().unwrap());
    assert!(!lab.root().join(".git/index.lock").exists(), "the index is free again");
    assert_eq!(lab.task("k7")["state"], "ready");
    assert_eq!(lab.json(["ops"])["operations"], serde_json::json!([]));
    std::fs::remove_file(lock).unwrap();
    lab.json(["land", "k7"]);
}

/// Every ref but the pins of the operation that was tried is as before.
#[track_caller]
fn refused_but_for_pins(lab: &Lab, args: &[&str]) -> super::Said {
    let without_pins = || super::picture(lab).lines().filter(|l| !l.contains("refs/takeback/ops/")).collect::<Vec<_>>().join("\n");
    let before = without_pins();
    let said = super::Said::of(&lab.takeback(["--json"]).args(args).output().unwrap());
    assert_eq!(without_pins(), before, "something was changed: {said:?}");
    said
}
