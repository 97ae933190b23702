//! Crashes of `run`, `retry` and `cancel`, and of the runners that they start.

use std::path::PathBuf;
use std::process::Output;

use super::stage::{Passing, Stage, run_count, runs, work};
use super::sweep::{Ending, Scenario};
use crate::lab::{Lab, wait_until};
use crate::tidy::{below, is_free, wait_for_runners};
use crate::tty;

pub(super) const RUN: Scenario = Scenario {
    prepare: |_| {},
    act: |stage| drop(stage.run(&["run", "--name", "t", "--shell", &work(&stage.lab)])),
    again: any_command,
    checkouts: &["work"],
    runs: 1,
    ending: Ending::MadeIfRun,
};

pub(super) const RUN_IN_A_USED_SLOT: Scenario = Scenario {
    prepare: |lab| {
        lab.ok(["run", "--wait", "--name", "first", "--shell", "rm a.txt; echo x > first.txt; echo y > first.log"]);
    },
    ..RUN
};

pub(super) const RUN_WITH_A_CHECK: Scenario = Scenario {
    act: |stage| drop(stage.run(&["run", "--name", "t", "--check", "test -f n/new.txt", "--shell", &work(&stage.lab)])),
    ..RUN
};

/// Brings a folder of the checkout and a file beside it, and changes both.
pub(super) const RUN_WITH_BROUGHT_DATA: Scenario = Scenario {
    prepare: |lab| {
        lab.write("data.log/x", "x\n");
        lab.write("data.log/sub/y", "y\n");
        std::fs::write(lab.outside().join("shared"), "shared\n").unwrap();
    },
    act: |stage| {
        let lab = &stage.lab;
        let shared = lab.outside().join("shared");
        let script = format!("{}; echo w >> data.log/x; echo n > data.log/n; echo w >> ../shared", work(lab));
        let brought = ["--bring", "data.log", "--bring", shared.to_str().unwrap()];
        let check = ["--check", "test $(cat data.log/x) = x && test -f ../shared"];
        stage.run(&[&["run", "--name", "t"], &brought[..], &check, &["--shell", &script]].concat());
    },
    ..RUN
};

/// A check that sees files of the base, and says no the first time: its worktree is put in order in between. Its cache stays.
pub(super) const RUN_WITH_CHECK_FILES: Scenario = Scenario {
    prepare: |lab| {
        lab.git(["config", "takeback.checkCache", "*.log"]);
        lab.ok(["run", "--wait", "--name", "first", "--check", "mkdir kept.log", "--shell", "echo first > first.txt"]);
    },
    act: |stage| {
        let asked = stage.lab.outside().join("asked");
        let check =
            format!("grep -q one a.txt && ! test -e own.txt && {{ test -e {0} || {{ touch {0}; false; }}; }}", asked.display());
        let options = ["--check-files", "a.txt", "--check-files", "own.txt", "--check", &check];
        drop(stage.run(&[&["run", "--name", "t"], &options[..], &["--shell", &work(&stage.lab)]].concat()));
    },
    ..RUN
};

pub(super) const RUN_WITH_CHANGES: Scenario =
    Scenario { act: |stage| drop(stage.run(&["run", "--name", "t", "--with-changes", "--shell", &work(&stage.lab)])), ..RUN };

/// More idle slots than are kept: the runner removes some.
pub(super) const RUN_WITH_TOO_MANY_SLOTS: Scenario = Scenario {
    prepare: |lab| {
        lab.ready_task("first", "first.txt", "x\n");
        // Its runner looks for surplus slots last of all: it must not find these.
        wait_for_runners(lab);
        let slots = below(&lab.outside().join("state")).into_iter().find(|path| path.ends_with("slots")).unwrap();
        let enough = 2 * std::thread::available_parallelism().unwrap().get();
        for n in 2..=enough + 2 {
            let folder = slots.join(n.to_string());
            std::fs::create_dir_all(folder.join("work")).unwrap();
            let record = serde_json::json!({"n": n, "name": "work", "admin": null, "tree": null, "index": null, "commit": null, "owner": null});
            std::fs::write(folder.join("slot.json"), record.to_string()).unwrap();
        }
    },
    ..RUN
};

pub(super) const RETRY: Scenario = Scenario {
    prepare: |lab| {
        let second = work(lab);
        // The first attempt counts as a run too, and makes something else.
        let script = format!("if test -f {0}; then {second}; else echo ran >> {0}; echo first > a.txt; fi", runs(lab).display());
        lab.ok(["run", "--wait", "--name", "t", "--shell", &script]);
    },
    act: |stage| drop(stage.run(&["retry", "t"])),
    again: any_command,
    checkouts: &["work"],
    runs: 2,
    ending: Ending::MadeIfRun,
};

/// The command that was typed is the runner.
pub(super) const RUN_AT_TERMINAL: Scenario =
    Scenario { act: |stage| stage.run_at_terminal(&["run", "--interactive", "--name", "t", "--shell", &work(&stage.lab)]), ..RUN };

/// A task that fails, and is tried again by itself.
pub(super) const RUN_WITH_RETRIES: Scenario = Scenario {
    prepare: |_| {},
    act: |stage| {
        let second = work(&stage.lab);
        let script = format!(
            "if test -f {0}; then {second}; else echo ran >> {0}; echo first > a.txt; exit 1; fi",
            runs(&stage.lab).display()
        );
        stage.run(&["run", "--name", "t", "--retries", "1", "--shell", &script]);
    },
    again: any_command,
    checkouts: &["work"],
    runs: 2,
    ending: Ending::MadeIfRun,
};

pub(super) const CANCEL: Scenario = Scenario {
    prepare: |_| {},
    act: |stage| {
        let endless = format!("{}; sleep 1000", work(&stage.lab));
        stage.run(&["run", "--name", "t", "--shell", &endless]);
        let made = || has_slot_with(&stage.lab, "made.log", "out") || !is_running(&stage.lab);
        wait_until("the task has done its work", made);
        stage.run(&["cancel", "t"]);
        // A cancel that crashed before it asked has changed nothing; one that asked is gone on with by any command.
        if is_running(&stage.lab) {
            let verb = if was_asked(&stage.lab) { "discard" } else { "cancel" };
            stage.run_unharmed(&[verb, "t"]);
        }
    },
    again: any_command,
    checkouts: &["work"],
    runs: 1,
    ending: Ending::MadeIfRun,
};

/// An attempt whose runner was killed, to be recovered.
pub(super) const RECOVERY: Scenario = Scenario {
    prepare: |lab| {
        let mut run = lab.takeback(["run", "--name", "t", "--check", "test -f n/new.txt", "--shell", &work(lab)]);
        run.env("TAKEBACK_FAULT", "__runner pack-keep:before:1").output().unwrap();
        wait_for_runners(lab);
        assert_eq!(run_count(lab), 1);
    },
    act: |stage| drop(stage.run(&["discard", "nothing-such"])),
    again: any_command,
    checkouts: &["work"],
    runs: 1,
    ending: Ending::Same,
};

fn any_command(stage: &Stage) -> Output {
    stage.run_unharmed(&["discard", "nothing-such-either"])
}

fn is_running(lab: &Lab) -> bool {
    let tasks = lab.root().join(".git/takeback/tasks");
    below(&tasks).iter().any(|path| path.ends_with("1/lock") && !is_free(path))
}

fn was_asked(lab: &Lab) -> bool {
    below(&lab.root().join(".git/takeback/tasks")).iter().any(|path| path.ends_with("1/cancel"))
}

fn has_slot_with(lab: &Lab, name: &str, text: &str) -> bool {
    let is_whole = |path: &PathBuf| path.ends_with(name) && std::fs::read_to_string(path).is_ok_and(|found| found == text);
    below(&lab.outside().join("state")).iter().any(is_whole)
}

#[test]
fn a_task_is_not_run_or_its_change_is_kept_wherever_run_and_runner_crash() {
    RUN.sweep(|_| true);
}

#[test]
fn a_slot_that_was_used_before_is_good_for_the_next_task_wherever_its_runner_crashes() {
    RUN_IN_A_USED_SLOT.sweep(|passing| passing.role == "__runner" && passing.point().starts_with("slot"));
}

#[test]
fn slots_that_are_too_many_are_removed_wherever_that_crashes() {
    RUN_WITH_TOO_MANY_SLOTS.sweep(|passing| passing.point() == "trash");
}

#[test]
fn a_check_that_crashes_takes_nothing_from_the_result() {
    RUN_WITH_A_CHECK.sweep(|passing| passing.role == "__runner");
}

#[test]
fn brought_data_stays_as_it_is_and_what_was_changed_in_it_is_kept_wherever_its_runner_crashes() {
    RUN_WITH_BROUGHT_DATA.sweep(|passing| {
        let point = passing.point();
        passing.role == "__runner" && ["brought", "slot", "record", "output", "attempt-env"].contains(&point)
    });
    let (stage, ..) = RUN_WITH_BROUGHT_DATA.rehearse();
    assert_eq!(stage.lab.read("data.log/x"), "x\n");
    assert_eq!(std::fs::read_to_string(stage.lab.outside().join("shared")).unwrap(), "shared\n");
}

#[test]
fn a_check_with_files_of_the_base_that_crashes_leaves_no_worktree_that_is_wrong() {
    RUN_WITH_CHECK_FILES
        .sweep(|passing| passing.role == "__runner" && (passing.point().starts_with("slot") || passing.point() == "verdict"));
}

#[test]
fn the_checkouts_own_changes_stay_its_own_wherever_a_run_with_them_crashes() {
    RUN_WITH_CHANGES.sweep(|passing| passing.role == "run" || passing.point().starts_with("pack"));
}

#[test]
fn the_earlier_result_stays_in_reach_wherever_a_retry_crashes() {
    RETRY.sweep(|_| true);
}

#[test]
fn a_task_that_is_tried_again_by_itself_goes_on_wherever_its_runner_crashes() {
    RUN_WITH_RETRIES.sweep(|passing| passing.role == "__runner");
}

#[test]
fn what_a_command_at_the_terminal_made_is_kept_wherever_its_caller_crashes() {
    if tty::is_there(&Lab::new(), "crashes at a terminal") {
        RUN_AT_TERMINAL.sweep(|passing| ["record", "slot", "slot-link", "attempt-env"].contains(&passing.point()));
    }
}

#[test]
fn a_cancel_between_two_attempts_lets_the_first_be_the_last() {
    let stage = Stage::prepared(RUN_WITH_RETRIES.prepare);
    stage.reset(Some(&Passing::of("__runner", "journal:before:1")));
    (RUN_WITH_RETRIES.act)(&stage);
    wait_for_runners(&stage.lab);
    let uid = stage.lab.task("t")["uid"].as_str().unwrap().to_owned();
    let folder = stage.lab.root().join(format!(".git/takeback/tasks/{uid}/1"));
    // What a cancel writes that found the runner between the two.
    std::fs::write(folder.join("cancel"), "").unwrap();
    any_command(&stage);
    let task = stage.lab.task("t");
    assert_eq!((&task["state"], &task["attempt"]), (&"failed".into(), &1.into()), "{task}");
    assert!(task["notes"].to_string().contains("it was cancelled"), "{task}");
    assert!(run_count(&stage.lab) == 1 && !folder.join("env.json").exists());
}

#[test]
fn what_a_cancelled_task_made_is_kept_wherever_the_cancel_crashes() {
    let passings = CANCEL.rehearse().2;
    let asked = passings.iter().position(|passing| passing.role == "cancel").unwrap();
    let earlier = passings[..asked].to_vec();
    CANCEL.sweep(|passing| !earlier.contains(passing));
}

#[test]
fn a_recovery_that_crashes_is_gone_on_with() {
    RECOVERY.sweep(|_| true);
}

#[test]
fn an_attempt_that_was_to_follow_when_the_runner_crashed_is_begun_by_the_next_command() {
    for at in ["record:after:6", "attempt-env:after:1", "journal:before:1"] {
        let stage = Stage::prepared(RUN_WITH_RETRIES.prepare);
        stage.reset(Some(&Passing::of("__runner", at)));
        (RUN_WITH_RETRIES.act)(&stage);
        wait_for_runners(&stage.lab);
        assert_eq!(run_count(&stage.lab), 1, "{at}");
        assert_eq!(stage.lab.task("t")["state"], "queued", "{at}");
        any_command(&stage);
        wait_for_runners(&stage.lab);
        let task = stage.lab.task("t");
        assert_eq!((&task["state"], &task["attempt"]), (&"ready".into(), &2.into()), "{at}");
        assert_eq!(run_count(&stage.lab), 2, "{at}");
    }
}
