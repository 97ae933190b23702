//! Crashes of `batch`, `continue` and `retry` of several tasks, of the keeper that they start, and of the runners that it starts.
//!
//! After each crash somebody goes on with the batch. In the end no task of it is open, none has run more often than it should, and
//! what ran is kept: each is ready, or was interrupted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::Value;

use super::oracle;
use super::stage::{Passing, Stage};
use crate::batch::{noted, notes, outside, wait_for_keeper};
use crate::lab::Lab;
use crate::tidy::{assert_tidy, below, wait_for_runners};

/// Something that is done with a batch `b` of two tasks, and crashes on the way.
#[derive(Clone, Copy)]
pub(super) struct Scenario {
    /// Makes the repository as it is before; not aborted.
    prepare: fn(&Lab),
    /// What is aborted.
    act: fn(&Stage),
    /// How often each task may have run in the end.
    runs: usize,
}

pub(super) const HAND_OFF: Scenario =
    Scenario { prepare: |lab| files(lab), act: |stage| drop(hand_off(stage, &[], &succeeds(&stage.lab))), runs: 1 };

const WITH_A_VARIABLE: Scenario =
    Scenario { act: |stage| drop(hand_off(stage, &["--env", "WORD={}"], &succeeds(&stage.lab))), ..HAND_OFF };

const GO_ON: Scenario = Scenario {
    prepare: |lab| {
        files(lab);
        let line = succeeds(lab);
        lab.ok([&words()[..], &["--wait", "--sample", "1", "--shell", &line]].concat());
        wait_for_keeper(lab);
    },
    act: |stage| drop(stage.run(&["continue", "b"])),
    runs: 1,
};

const RETRY_OF_SEVERAL: Scenario = Scenario {
    prepare: |lab| {
        files(lab);
        let line = succeeds_the_second_time(lab);
        lab.run([&words()[..], &["--wait", "--shell", &line]].concat());
        wait_for_keeper(lab);
    },
    act: |stage| drop(stage.run(&["retry", "b", "--failed"])),
    runs: 2,
};

const WITH_RETRIES: Scenario = Scenario {
    act: |stage| drop(hand_off(stage, &["--retries", "1"], &succeeds_the_second_time(&stage.lab))),
    runs: 2,
    ..HAND_OFF
};

fn files(lab: &Lab) {
    for n in 1..=2 {
        lab.write(format!("t/{n}"), "a\n");
    }
    lab.git(["add", "t"]);
    lab.git(["commit", "-q", "-m", "files", "--", "t"]);
}

fn words() -> [&'static str; 7] {
    ["batch", "--name", "b", "--jobs", "1", "--inputs", "t/*"]
}

fn hand_off(stage: &Stage, options: &[&str], line: &str) -> std::process::Output {
    stage.run(&[&words()[..], options, &["--shell", line]].concat())
}

fn succeeds(lab: &Lab) -> String {
    format!("{}; echo b > {{}}", notes(lab))
}

fn succeeds_the_second_time(lab: &Lab) -> String {
    format!("{}; echo b > {{}}; test $(grep -c {{}} {}) = 2", notes(lab), outside(lab, "ran").display())
}

fn settle(lab: &Lab) {
    wait_for_keeper(lab);
    wait_for_runners(lab);
}

impl Scenario {
    /// Does it without a crash; the fault points that it passes.
    pub(super) fn rehearse(&self) -> (Stage, Vec<Passing>) {
        let stage = Stage::prepared(self.prepare);
        stage.reset(None);
        (self.act)(&stage);
        settle(&stage.lab);
        assert_eq!(tasks(&stage.lab).iter().filter(|task| task["state"] == "ready").count(), 2);
        let passings = stage.passings();
        (stage, passings)
    }

    fn sweep(&self, wanted: impl Fn(&Passing) -> bool) {
        let (stage, mut passings) = self.rehearse();
        passings.retain(wanted);
        assert!(!passings.is_empty(), "no fault point was passed");
        let mut failed = Vec::new();
        for passing in &passings {
            if let Err(why) = catch_unwind(AssertUnwindSafe(|| self.crash(&stage, passing))) {
                let why = why.downcast_ref::<String>().cloned().unwrap_or_else(|| "it panicked".to_owned());
                failed.push(format!("crashed at {} {}: {why}", passing.role, passing.at));
            }
        }
        assert!(failed.is_empty(), "{} of {} crashes:\n{}", failed.len(), passings.len(), failed.join("\n\n"));
    }

    fn crash(&self, stage: &Stage, passing: &Passing) {
        let lab = &stage.lab;
        stage.reset(Some(passing));
        (self.act)(stage);
        settle(lab);
        assert!(stage.passings().contains(passing), "the crash did not come");
        lab.git(["gc", "-q", "--prune=now"]);
        lab.git(["worktree", "prune", "--expire=now"]);
        // Of a batch that was never handed off there is nothing to go on with.
        let again = stage.run_unharmed(&["continue", "b"]);
        settle(lab);
        match again.status.code() {
            Some(0) => {}
            Some(3) => assert!(!is_open(lab), "nothing waits, it said"),
            code => {
                assert_eq!(code, Some(2), "{again:?}");
                assert!(noted(lab).is_empty());
                stage.reset(None);
                (self.act)(stage);
                settle(lab);
            }
        }
        self.hold_end(stage);
    }

    fn hold_end(&self, stage: &Stage) {
        let lab = &stage.lab;
        for name in ["t/1", "t/2"] {
            let runs = noted(lab).iter().filter(|line| *line == name).count();
            assert!(runs <= self.runs, "{name} has run {runs} times");
        }
        for task in tasks(lab) {
            let is_kept = task["state"] == "ready" || task["reason"] == "interrupted" || task["reason"] == "exit";
            assert!(is_kept, "{task}");
            if let (Some(result), Some(input)) = (task["result"].as_str(), task["input"].as_str()) {
                assert_eq!(lab.git(["show", &format!("{result}:{input}")]), "b");
            }
        }
        // What ended with nobody there is cleared away by whoever writes next.
        stage.run_unharmed(&["discard", "nothing-such"]);
        let environments = below(&lab.root().join(".git/takeback/batches"));
        assert!(!environments.iter().any(|path| path.extension().is_some_and(|end| end == "env")), "{environments:?}");
        assert_tidy(lab, &[Path::new(&lab.root())]);
        oracle::assert_own_files(lab);
        oracle::assert_sound(lab, false);
        oracle::assert_in_reach(lab, &stage.reported());
        lab.answer(["land", "b", "--ready"]);
    }
}

fn tasks(lab: &Lab) -> Vec<Value> {
    lab.json(["show", "b"])["tasks"].as_array().unwrap().clone()
}

fn is_open(lab: &Lab) -> bool {
    lab.json(["show", "b"])["batch"]["state"] != "done"
}

#[test]
fn a_batch_is_handed_off_or_not_wherever_that_crashes() {
    HAND_OFF.sweep(|passing| passing.role == "batch");
    WITH_A_VARIABLE.sweep(|passing| passing.role == "batch");
}

#[test]
fn no_task_runs_twice_or_is_forgotten_wherever_the_keeper_crashes() {
    HAND_OFF.sweep(|passing| passing.role == "__keeper");
    WITH_A_VARIABLE.sweep(|passing| passing.role == "__keeper");
    WITH_RETRIES.sweep(|passing| passing.role == "__keeper");
}

#[test]
fn a_batch_goes_on_wherever_a_runner_of_it_crashes() {
    let points = ["record", "slot", "pack-release", "attempt-env"];
    HAND_OFF.sweep(|passing| passing.role == "__runner" && points.contains(&passing.point()));
}

#[test]
fn going_on_with_a_batch_can_be_gone_on_with_wherever_it_crashes() {
    GO_ON.sweep(|passing| passing.role == "continue");
}

#[test]
fn several_tasks_are_tried_again_or_none_wherever_that_crashes() {
    RETRY_OF_SEVERAL.sweep(|passing| passing.role == "retry" || passing.role == "__keeper");
}
