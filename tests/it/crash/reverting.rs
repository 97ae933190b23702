//! Crashes of `revert`, of its undoing, of landing again after it, and of writing down what others have landed.

use super::decisions::{LAND, ready};
use super::sweep::Scenario;
use crate::lab::Lab;

/// On the branch that is checked out, with a later commit on top of the landing.
const REVERT: Scenario = Scenario {
    prepare: landed_below_another,
    act: |stage| drop(stage.run(&["revert", "t"])),
    again: |stage| stage.run_unharmed(&["revert", "t"]),
    ..LAND
};

const REVERT_ON_A_NEW_BRANCH: Scenario = Scenario {
    act: |stage| drop(stage.run(&["revert", "t", "--to", "take-back"])),
    again: |stage| stage.run_unharmed(&["revert", "t", "--to", "take-back"]),
    ..REVERT
};

/// The commits that its change lies between hang on the pins of the landing alone.
const REVERT_ONE_OF_A_SQUASH: Scenario = Scenario {
    prepare: |lab| {
        ready(lab);
        lab.ready_task("u", "u.txt", "u\n");
        lab.ok(["land", "t", "u", "--shape", "squash"]);
        lab.git(["gc", "-q", "--prune=now"]);
    },
    ..REVERT
};

const UNDO_REVERT: Scenario = Scenario {
    prepare: |lab| {
        landed_below_another(lab);
        lab.ok(["revert", "t"]);
    },
    act: |stage| drop(stage.run(&["undo", "t"])),
    again: |stage| stage.run_unharmed(&["undo", "t"]),
    ..LAND
};

const LAND_AGAIN: Scenario = Scenario { prepare: UNDO_REVERT.prepare, ..LAND };

const LAND_AS: Scenario = Scenario {
    prepare: landed_by_others,
    act: |stage| drop(stage.run(&["land", "t", "--as", "main"])),
    again: |stage| stage.run_unharmed(&["land", "t", "--as", "main"]),
    ..LAND
};

const UNDO_LAND_AS: Scenario = Scenario {
    prepare: |lab| {
        landed_by_others(lab);
        lab.ok(["land", "t", "--as", "main"]);
    },
    ..UNDO_REVERT
};

/// Two operations: that it landed is written down first. The task's branch is gone before, so the first one shows nowhere.
const REVERT_WHAT_OTHERS_LANDED: Scenario = Scenario {
    prepare: |lab| {
        landed_by_others(lab);
        lab.git(["branch", "-q", "-D", "takeback/t"]);
    },
    ..REVERT
};

fn landed_below_another(lab: &Lab) {
    ready(lab);
    lab.ok(["land", "t"]);
    lab.write("on-top.txt", "on top\n");
    lab.git(["add", "on-top.txt"]);
    lab.git(["commit", "-q", "-m", "later"]);
}

/// The whole change as one commit, made by git.
fn landed_by_others(lab: &Lab) {
    ready(lab);
    let squash = lab.git(["commit-tree", "takeback/t^{tree}", "-p", "main", "-m", "squashed by others"]);
    lab.git(["merge", "-q", "--ff-only", &squash]);
}

fn sweep(scenario: &Scenario) {
    scenario.sweep(|_| true);
}

#[test]
fn a_revert_is_done_or_not_begun_wherever_it_crashes() {
    sweep(&REVERT);
}

#[test]
fn a_revert_on_a_new_branch_is_done_or_not_begun() {
    sweep(&REVERT_ON_A_NEW_BRANCH);
}

#[test]
fn a_revert_of_one_of_a_squash_is_done_or_not_begun() {
    sweep(&REVERT_ONE_OF_A_SQUASH);
}

#[test]
fn an_undone_revert_is_whole_or_gone_wherever_the_undo_crashes() {
    sweep(&UNDO_REVERT);
}

#[test]
fn a_landing_after_a_revert_is_done_or_not_begun() {
    sweep(&LAND_AGAIN);
}

#[test]
fn what_others_landed_is_written_down_or_not() {
    sweep(&LAND_AS);
}

#[test]
fn what_was_written_down_is_whole_or_gone_wherever_the_undo_crashes() {
    sweep(&UNDO_LAND_AS);
}

#[test]
fn a_revert_of_what_others_landed_is_done_or_not_begun() {
    sweep(&REVERT_WHAT_OTHERS_LANDED);
}
