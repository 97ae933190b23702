//! A repository that is moved or copied while a landing is half done.

use std::fs;
use std::path::Path;

use crate::lab::Lab;

fn half_landed() -> Lab {
    let lab = Lab::new();
    lab.ready_task("t", "a.txt", "two\n");
    let mut land = lab.takeback(["land", "t"]);
    land.env("TAKEBACK_FAULT", "land checkout-file:before:1").output().unwrap();
    assert!(lab.root().join(".git/index.lock").exists());
    assert_eq!(lab.read("a.txt"), "one\n");
    lab
}

fn settle(lab: &Lab, root: &Path) -> String {
    let output = lab.takeback(["discard", "nothing-such"]).current_dir(root).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("is finished now"), "{said}");
    said
}

fn assert_landed(lab: &Lab, root: &Path) {
    assert_eq!(fs::read_to_string(root.join("a.txt")).unwrap(), "two\n");
    let status = lab.command("git").current_dir(root).args(["status", "--porcelain"]).output().unwrap();
    assert!(status.status.success() && status.stdout.is_empty(), "{status:?}");
    assert!(!root.join(".git/index.lock").exists());
}

#[test]
fn a_half_done_landing_is_finished_where_the_repository_was_moved_to() {
    let lab = half_landed();
    let moved = lab.outside().join("moved");
    fs::rename(lab.root(), &moved).unwrap();
    settle(&lab, &moved);
    assert_landed(&lab, &moved);
}

#[test]
fn a_half_done_landing_is_finished_in_a_copy_without_touching_the_original() {
    let lab = half_landed();
    let copy = lab.outside().join("copy");
    assert!(lab.command("cp").arg("-a").arg(lab.root()).arg(&copy).status().unwrap().success());
    settle(&lab, &copy);
    assert_landed(&lab, &copy);
    assert_eq!(lab.read("a.txt"), "one\n");
    assert!(lab.root().join(".git/index.lock").exists());
    settle(&lab, &lab.root());
    assert_landed(&lab, &lab.root());
}
