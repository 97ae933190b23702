//! Crashes of `hooks`: the hook that was there before is in work at every moment.

use std::fs;
use std::path::PathBuf;

use super::decisions::LAND;
use super::stage::Stage;
use super::sweep::Scenario;
use crate::lab::Lab;

pub(super) const INSTALL: Scenario = Scenario {
    prepare: with_a_hook,
    act: |stage| drop(stage.run(&["hooks", "install"])),
    again: |stage| {
        assert_in_work(stage);
        let output = stage.run_unharmed(&["hooks", "install"]);
        assert_in_work(stage);
        assert!(kept(&stage.lab).exists());
        output
    },
    runs: 0,
    ..LAND
};

pub(super) const REMOVE: Scenario = Scenario {
    prepare: |lab| {
        with_a_hook(lab);
        lab.ok(["hooks", "install"]);
    },
    act: |stage| drop(stage.run(&["hooks", "remove"])),
    again: |stage| {
        assert_in_work(stage);
        let output = stage.run_unharmed(&["hooks", "remove"]);
        assert_in_work(stage);
        assert_eq!(fs::read_to_string(place(&stage.lab)).unwrap(), text(&stage.lab));
        assert!(!kept(&stage.lab).exists());
        output
    },
    runs: 0,
    ..LAND
};

/// What has begun to be installed is taken back.
pub(super) const INSTALL_THEN_REMOVE: Scenario = Scenario { again: REMOVE.again, ..INSTALL };

fn place(lab: &Lab) -> PathBuf {
    lab.root().join(".git/hooks/reference-transaction")
}

fn kept(lab: &Lab) -> PathBuf {
    lab.root().join(".git/hooks/reference-transaction.before-takeback")
}

fn text(lab: &Lab) -> String {
    format!("#!/bin/sh\necho \"$1\" >> '{}'\n", lab.outside().join("noted").display())
}

fn with_a_hook(lab: &Lab) {
    lab.write_program(place(lab), &text(lab));
}

fn assert_in_work(stage: &Stage) {
    let lab = &stage.lab;
    let noted = lab.outside().join("noted");
    drop(fs::remove_file(&noted));
    lab.git(["update-ref", "refs/tried/it", "HEAD"]);
    lab.git(["update-ref", "-d", "refs/tried/it"]);
    assert!(fs::read_to_string(&noted).is_ok_and(|text| text.contains("committed")), "the hook is out of work");
}

#[test]
fn hooks_are_installed_or_not_and_the_one_that_was_there_is_in_work() {
    INSTALL.sweep(|_| true);
}

#[test]
fn hooks_are_removed_or_not_and_the_one_that_was_there_is_in_work() {
    REMOVE.sweep(|_| true);
}

#[test]
fn an_installation_that_crashed_can_be_taken_back() {
    INSTALL_THEN_REMOVE.sweep(|_| true);
}
