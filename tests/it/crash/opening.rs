//! Crashes of `open`: what was done in the worktree is there, or kept.

use super::decisions::LAND;
use super::stage::work;
use super::sweep::{Ending, Scenario};
use crate::lab::Lab;

/// What is done in the worktree: changed, committed, and made beside git.
const SCRIPT: &str = "printf 'three\\n' > a.txt; git commit -q -a -m mine; printf more > more.txt; printf kept > kept.log; \
                      echo ran >> \"$HOME/../runs\"";

pub(super) const OPEN: Scenario = Scenario {
    prepare: ready,
    act: |stage| drop(stage.run(&["open", "t", "--", "sh", "-c", SCRIPT])),
    again: |stage| stage.run_unharmed(&["open", "--take", "t"]),
    runs: 2,
    ending: Ending::MadeIfRun,
    ..LAND
};

/// What was left open is taken, with another command after the crash.
pub(super) const TAKE: Scenario = Scenario {
    prepare: |lab| {
        ready(lab);
        let path = lab.ok(["open", "t"]);
        let done = lab.command("sh").args(["-c", SCRIPT]).current_dir(path.trim_end()).status().unwrap();
        assert!(done.success());
    },
    act: |stage| drop(stage.run(&["open", "--take", "t"])),
    ..OPEN
};

/// A worktree in which nothing was done goes.
pub(super) const CLOSE: Scenario = Scenario {
    prepare: |lab| {
        ready(lab);
        lab.ok(["open", "t"]);
    },
    act: |stage| drop(stage.run(&["open", "--close", "t"])),
    again: |stage| stage.run_unharmed(&["open", "--close", "t"]),
    runs: 1,
    ending: Ending::Same,
    ..LAND
};

/// The new attempt is taken back.
pub(super) const UNDO: Scenario = Scenario {
    prepare: |lab| {
        ready(lab);
        lab.ok(["open", "t", "--", "sh", "-c", SCRIPT]);
    },
    act: |stage| drop(stage.run(&["undo", "t"])),
    again: |stage| stage.run_unharmed(&["undo", "t"]),
    ..OPEN
};

fn ready(lab: &Lab) {
    lab.ok(["run", "--wait", "--name", "t", "--check", "test -f a.txt", "--shell", &work(lab)]);
}

#[test]
fn what_was_done_in_an_opened_worktree_is_there_or_kept_wherever_it_crashes() {
    OPEN.sweep(|_| true);
}

#[test]
fn what_was_left_open_is_taken_or_there_still() {
    TAKE.sweep(|_| true);
}

#[test]
fn a_worktree_that_is_closed_is_gone_or_open() {
    CLOSE.sweep(|_| true);
}

#[test]
fn an_attempt_by_hand_is_undone_or_not() {
    UNDO.sweep(|_| true);
}
