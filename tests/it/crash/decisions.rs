//! Crashes of `land`, `discard`, `undo` and `redo`.

use super::stage::{Stage, work};
use super::sweep::{Ending, Scenario};
use crate::lab::Lab;

pub(super) const LAND: Scenario = Scenario {
    prepare: ready,
    act: |stage| drop(stage.run(&["land", "t"])),
    again: |stage| stage.run_unharmed(&["land", "t"]),
    checkouts: &["work"],
    runs: 1,
    ending: Ending::Same,
};

/// The target is checked out in another worktree than the one the command is typed in.
pub(super) const LAND_ELSEWHERE: Scenario = Scenario {
    prepare: |lab| {
        lab.git(["worktree", "add", "-q", "-b", "other", "../other"]);
        ready(lab);
    },
    act: |stage| drop(stage.run(&["land", "t", "--to", "other"])),
    again: |stage| stage.run_unharmed(&["land", "t", "--to", "other"]),
    checkouts: &["work", "other"],
    ..LAND
};

/// The target is checked out nowhere.
pub(super) const LAND_NOWHERE: Scenario = Scenario {
    prepare: |lab| {
        lab.git(["branch", "other"]);
        ready(lab);
    },
    act: |stage| drop(stage.run(&["land", "t", "--to", "other"])),
    again: |stage| stage.run_unharmed(&["land", "t", "--to", "other"]),
    ..LAND
};

pub(super) const LAND_ON_A_NEW_BRANCH: Scenario = Scenario { prepare: ready, ..LAND_NOWHERE };

pub(super) const LAND_TWO: Scenario = Scenario {
    prepare: |lab| {
        ready(lab);
        lab.ready_task("u", "u.txt", "u\n");
    },
    act: |stage| drop(stage.run(&["land", "t", "u"])),
    again: |stage| stage.run_unharmed(&["land", "t", "u"]),
    ..LAND
};

/// One commit for two tasks; what each of them brought is kept beside it.
pub(super) const LAND_IN_A_SQUASH: Scenario = Scenario {
    act: |stage| drop(stage.run(&["land", "t", "u", "--shape", "squash"])),
    again: |stage| stage.run_unharmed(&["land", "t", "u", "--shape", "squash"]),
    ..LAND_TWO
};

/// The task's own commits are put on the branch.
pub(super) const LAND_OWN_COMMITS: Scenario = Scenario {
    prepare: |lab| {
        lab.ok([
            "run",
            "--wait",
            "--name",
            "t",
            "--shell",
            &format!("{}; git add -A; git commit -qm mine; echo 3 > n/third", work(lab)),
        ]);
    },
    act: |stage| drop(stage.run(&["land", "t", "--keep-commits", "--shape", "linear"])),
    again: |stage| stage.run_unharmed(&["land", "t", "--keep-commits", "--shape", "linear"]),
    ..LAND
};

/// Another check is asked for: it runs in a worktree of its own while the landing is decided.
pub(super) const LAND_WITH_A_CHECK: Scenario = Scenario {
    act: |stage| drop(stage.run(&["land", "t", "--check", "test -f n/new.txt"])),
    again: |stage| stage.run_unharmed(&["land", "t", "--check", "test -f n/new.txt"]),
    ..LAND
};

pub(super) const DISCARD: Scenario =
    Scenario { act: |stage| drop(stage.run(&["discard", "t"])), again: |stage| stage.run_unharmed(&["discard", "t"]), ..LAND };

pub(super) const UNDO_LAND: Scenario = Scenario { prepare: landed, ..undo() };

pub(super) const UNDO_LAND_ON_A_NEW_BRANCH: Scenario = Scenario {
    prepare: |lab| {
        ready(lab);
        lab.ok(["land", "t", "--to", "other"]);
    },
    ..undo()
};

pub(super) const UNDO_DISCARD: Scenario = Scenario { prepare: discarded, ..undo() };

pub(super) const REDO_LAND: Scenario = Scenario {
    prepare: |lab| {
        landed(lab);
        lab.ok(["undo", "t"]);
    },
    ..redo()
};

pub(super) const REDO_DISCARD: Scenario = Scenario {
    prepare: |lab| {
        discarded(lab);
        lab.ok(["undo", "t"]);
    },
    ..redo()
};

/// A landing that crashed half-way through the files, to be finished.
pub(super) const SETTLE: Scenario = Scenario {
    prepare: |lab| {
        ready(lab);
        let mut land = lab.takeback(["land", "t"]);
        land.env("TAKEBACK_FAULT", "land checkout-file:after:2").output().unwrap();
        assert!(lab.root().join(".git/index.lock").exists());
    },
    act: |stage| drop(stage.run(&["discard", "nothing-such"])),
    again: any_command,
    ..LAND
};

/// A landing whose last line in the journal is torn.
pub(super) const TORN: Scenario = Scenario {
    prepare: |lab| {
        landed(lab);
        let journal = lab.root().join(".git/takeback/journal.jsonl");
        let text = std::fs::read(&journal).unwrap();
        std::fs::write(&journal, &text[..text.len() - 9]).unwrap();
    },
    ..SETTLE
};

const fn undo() -> Scenario {
    Scenario { act: |stage| drop(stage.run(&["undo", "t"])), again: |stage| stage.run_unharmed(&["undo", "t"]), ..LAND }
}

const fn redo() -> Scenario {
    Scenario { act: |stage| drop(stage.run(&["redo"])), again: |stage| stage.run_unharmed(&["redo"]), ..LAND }
}

pub(super) fn ready(lab: &Lab) {
    lab.ok(["run", "--wait", "--name", "t", "--shell", &work(lab)]);
}

fn landed(lab: &Lab) {
    ready(lab);
    lab.ok(["land", "t"]);
}

fn discarded(lab: &Lab) {
    ready(lab);
    lab.ok(["discard", "t"]);
}

fn any_command(stage: &Stage) -> std::process::Output {
    stage.run_unharmed(&["discard", "nothing-such-either"])
}

#[test]
fn a_landing_is_done_or_not_begun_wherever_it_crashes() {
    LAND.sweep(|_| true);
}

#[test]
fn a_landing_on_a_branch_of_another_worktree_is_done_or_not_begun() {
    LAND_ELSEWHERE.sweep(|_| true);
}

#[test]
fn a_landing_on_a_branch_that_is_checked_out_nowhere_is_done_or_not_begun() {
    LAND_NOWHERE.sweep(|_| true);
}

#[test]
fn a_landing_on_a_new_branch_is_done_or_not_begun() {
    LAND_ON_A_NEW_BRANCH.sweep(|_| true);
}

#[test]
fn a_landing_of_two_is_of_both_or_of_none() {
    LAND_TWO.sweep(|_| true);
}

#[test]
fn a_squash_of_two_is_of_both_or_of_none() {
    LAND_IN_A_SQUASH.sweep(|_| true);
}

#[test]
fn a_landing_of_a_tasks_own_commits_is_of_all_or_of_none() {
    LAND_OWN_COMMITS.sweep(|_| true);
}

#[test]
fn a_landings_check_that_crashes_leaves_no_worktree_taken() {
    LAND_WITH_A_CHECK.sweep(|passing| passing.point().starts_with("slot") || passing.point() == "verdict");
}

#[test]
fn a_discard_is_done_or_not_begun_wherever_it_crashes() {
    DISCARD.sweep(|_| true);
}

#[test]
fn an_undone_landing_is_whole_or_gone_wherever_the_undo_crashes() {
    UNDO_LAND.sweep(|_| true);
}

#[test]
fn an_undone_landing_on_a_new_branch_is_whole_or_gone() {
    UNDO_LAND_ON_A_NEW_BRANCH.sweep(|_| true);
}

#[test]
fn an_undone_discard_is_whole_or_gone_wherever_the_undo_crashes() {
    UNDO_DISCARD.sweep(|_| true);
}

#[test]
fn a_landing_done_again_is_whole_or_gone_wherever_the_redo_crashes() {
    REDO_LAND.sweep(|_| true);
}

#[test]
fn a_discard_done_again_is_whole_or_gone_wherever_the_redo_crashes() {
    REDO_DISCARD.sweep(|_| true);
}

#[test]
fn a_torn_tail_is_cut_wherever_that_crashes() {
    TORN.sweep(|_| true);
}

#[test]
fn a_settlement_that_crashes_is_gone_on_with() {
    SETTLE.sweep(|_| true);
}
