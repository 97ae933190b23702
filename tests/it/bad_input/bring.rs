//! Paths that cannot be brought to a task: found and counted before anything runs.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use super::{refused, row};
use crate::lab::Lab;

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write(".gitignore", "data\n");
    lab.commit("what is ignored");
    lab.write("data/x.csv", "1\n");
    lab
}

fn bring(lab: &Lab, path: &str) -> super::Said {
    let said = refused(lab, ["run", "--bring", path, "--", "true"]);
    assert!(!lab.root().join(".git/takeback").exists(), "something was made: {said:?}");
    said
}

#[test]
fn a_brought_path_that_is_not_there() {
    let lab = lab();
    bring(&lab, "data/y.csv").fits(&row!()).about("data/y.csv");
    symlink("nothing", lab.root().join("data/dangling")).unwrap();
    bring(&lab, "data/dangling:ro").fits(&row!()).about("data/dangling");
}

#[test]
fn a_brought_glob_that_fits_nothing() {
    let lab = lab();
    bring(&lab, "data/*.txt").fits(&row!()).about("data/*.txt");
    bring(&lab, "b/*").fits(&row!()).about("b/*");
}

#[test]
fn a_brought_path_that_is_tracked() {
    let lab = lab();
    for path in ["a.txt", "b", "b/c.txt:ro"] {
        bring(&lab, path).fits(&row!()).about(path.trim_end_matches(":ro"));
    }
}

#[test]
fn a_brought_path_that_is_a_pipe() {
    let lab = lab();
    assert!(lab.command("mkfifo").arg("data/pipe").status().unwrap().success());
    let _listener = UnixListener::bind(lab.root().join("data/socket")).unwrap();
    symlink("pipe", lab.root().join("data/link")).unwrap();
    for (path, what) in [("data/pipe", "a pipe"), ("data/pipe:ro", "a pipe"), ("data/link", "a pipe"), ("data/socket", "a socket")]
    {
        let said = bring(&lab, path).fits(&row!()).about(path.trim_end_matches(":ro"));
        assert!(format!("{said:?}").contains(what), "{said:?}");
    }
}

#[test]
fn a_brought_path_outside_that_is_not_named_in_full() {
    let lab = lab();
    fs::write(lab.outside().join("o"), "1").unwrap();
    let said = bring(&lab, "../o").fits(&row!()).about("../o");
    assert!(format!("{said:?}").contains(lab.outside().to_str().unwrap()), "{said:?}");
}

#[test]
fn a_brought_path_that_has_no_place() {
    bring(&lab(), "/etc/hostname").fits(&row!()).about("/etc/hostname");
}

#[test]
fn a_brought_path_whose_name_is_taken() {
    let lab = lab();
    for name in ["lock", "slot.json"] {
        let path = lab.outside().join(name);
        fs::write(&path, "1").unwrap();
        bring(&lab, path.to_str().unwrap()).fits(&row!()).about(path.to_str().unwrap());
    }
}

#[test]
fn bringing_the_repository_itself() {
    let lab = lab();
    let state = lab.outside().join("state");
    for path in [".", lab.root().to_str().unwrap(), lab.outside().to_str().unwrap(), "/", state.to_str().unwrap()] {
        bring(&lab, path).fits(&row!());
    }
    symlink(lab.outside(), lab.root().join("data/up")).unwrap();
    bring(&lab, "data/up").fits(&row!());
}

#[test]
fn bringing_a_part_of_the_git_dir() {
    let lab = lab();
    for path in [".git", ".git/config"] {
        bring(&lab, path).fits(&row!());
    }
    symlink("../.git/hooks", lab.root().join("data/hooks")).unwrap();
    bring(&lab, "data/hooks").fits(&row!());
}

#[test]
fn a_brought_link_to_what_holds_the_repository() {
    let lab = lab();
    symlink(lab.outside(), lab.root().join("data/up")).unwrap();
    bring(&lab, "data").fits(&row!()).about("data/up");
}

#[test]
fn a_brought_path_below_a_tracked_file() {
    let lab = lab();
    lab.write("was-a-file", "1");
    lab.commit("a file");
    fs::remove_file(lab.root().join("was-a-file")).unwrap();
    lab.write("was-a-file/x", "1");
    bring(&lab, "was-a-file/x").fits(&row!()).about("was-a-file/x");
}

#[test]
fn bringing_too_much() {
    let lab = lab();
    lab.write("data/large", vec![1; 30_000]);
    lab.git(["config", "takeback.bringMaxCopy", "20k"]);
    let said = bring(&lab, "data").fits(&row!()).about("data");
    assert!(format!("{said:?}").contains("29.3 KiB"), "{said:?}");
}
