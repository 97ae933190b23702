//! Hooks that cannot be installed or removed.

use std::fs;

use super::{refused, row};
use crate::lab::Lab;

#[test]
fn a_hooks_folder_that_others_use() {
    let lab = Lab::new();
    let folder = lab.outside().join("hooks for all");
    lab.git(["config", "core.hooksPath", folder.to_str().unwrap()]);
    refused(&lab, ["hooks", "install"]).fits(&row!()).about(folder.to_str().unwrap());
    lab.ok(["hooks", "install", "--force"]);
    assert!(folder.join("reference-transaction").exists());
    lab.ok(["hooks", "remove"]);
    assert!(!folder.join("reference-transaction").exists());
}

#[test]
fn a_hooks_folder_in_the_checkout() {
    let lab = Lab::new();
    lab.git(["config", "core.hooksPath", "b"]);
    refused(&lab, ["hooks", "install"]).fits(&row!()).about(lab.root().join("b").to_str().unwrap());
}

#[test]
fn hooks_that_git_does_not_run() {
    let lab = Lab::new();
    lab.git(["config", "core.hooksPath", "/dev/null"]);
    refused(&lab, ["hooks", "install"]).fits(&row!()).about("/dev/null");
    refused(&lab, ["hooks", "install", "--force"]).fits(&row!()).about("/dev/null");
}

#[test]
fn a_hook_that_was_edited() {
    let lab = Lab::new();
    lab.ok(["hooks", "install"]);
    let place = lab.root().join(".git/hooks/reference-transaction");
    fs::write(&place, "#!/bin/sh\n# mine\n").unwrap();
    refused(&lab, ["hooks", "remove"]).fits(&row!()).about(place.to_str().unwrap());
    refused(&lab, ["hooks", "install"]).fits(&row!()).about(place.to_str().unwrap());
    assert_eq!(fs::read_to_string(&place).unwrap(), "#!/bin/sh\n# mine\n");
}

#[test]
fn a_hook_whose_second_name_is_taken() {
    let lab = Lab::new();
    let place = lab.root().join(".git/hooks/reference-transaction");
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(&place, "#!/bin/sh\n# one\n").unwrap();
    let kept = place.with_file_name("reference-transaction.before-takeback");
    fs::write(&kept, "#!/bin/sh\n# two\n").unwrap();
    refused(&lab, ["hooks", "install"]).fits(&row!()).about(place.to_str().unwrap());
    assert_eq!(fs::read_to_string(&place).unwrap() + &fs::read_to_string(&kept).unwrap(), "#!/bin/sh\n# one\n#!/bin/sh\n# two\n");
}
