//! The sweep: a scenario, aborted at each of its passings in turn.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::Output;

use super::oracle::{self, Facts};
use super::stage::{Passing, Stage, run_count};
use crate::lab::{Lab, said};
use crate::tidy::{self, wait_for_runners};

/// Something that is done, and crashes on the way.
#[derive(Clone, Copy)]
pub(super) struct Scenario {
    /// Makes the repository as it is before; not aborted.
    pub(super) prepare: fn(&Lab),
    /// What is aborted.
    pub(super) act: fn(&Stage),
    /// The command typed after the crash: mostly the same again.
    pub(super) again: fn(&Stage) -> Output,
    /// The checkouts that may change, by folder.
    pub(super) checkouts: &'static [&'static str],
    /// How often the task's command may have run in the end.
    pub(super) runs: usize,
    /// What must hold in the end: see [`Ending`].
    pub(super) ending: Ending,
}

/// What the end must be like, whatever the moment of the crash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// As without a crash: what was decided is done in the end.
    Same,
    /// If the command ran at all, what it made is there.
    MadeIfRun,
}

impl Scenario {
    /// The scenario's stage, and what it passes when nothing is aborted.
    pub(super) fn rehearse(&self) -> (Stage, Facts, Vec<Passing>) {
        let stage = Stage::prepared(self.prepare);
        stage.reset(None);
        (self.act)(&stage);
        wait_for_runners(&stage.lab);
        let after = Facts::of(&stage.lab, self.checkouts);
        let passings = stage.passings();
        (stage, after, passings)
    }

    /// Aborts at every passing that `wanted` says, and holds each end against the oracle.
    pub(super) fn sweep(&self, wanted: impl Fn(&Passing) -> bool) {
        let (stage, whole, passings) = self.rehearse();
        assert!(!passings.is_empty(), "no fault point was passed");
        let wanted: Vec<_> = passings.iter().filter(|p| wanted(p)).collect();
        assert!(!wanted.is_empty(), "no passing was wanted of {} there are", passings.len());
        let mut failed = Vec::new();
        for (n, passing) in wanted.iter().enumerate() {
            let tried = catch_unwind(AssertUnwindSafe(|| self.crash(&stage, &whole, passing, n)));
            if let Err(why) = tried {
                let why = why.downcast_ref::<String>().cloned().unwrap_or_else(|| "it panicked".to_owned());
                failed.push(format!("crashed at {} {}: {why}", passing.role, passing.at));
            }
        }
        oracle::assert_sound(&stage.lab, true);
        assert!(failed.is_empty(), "{} of {} crashes:\n{}", failed.len(), wanted.len(), failed.join("\n\n"));
    }

    fn crash(&self, stage: &Stage, whole: &Facts, passing: &Passing, n: usize) {
        let lab = &stage.lab;
        stage.reset(Some(passing));
        let before = Facts::of(lab, self.checkouts);
        (self.act)(stage);
        wait_for_runners(lab);
        assert!(stage.passings().contains(passing), "the crash did not come");
        let crashed = Facts::of(lab, &[]);
        lab.git(["gc", "-q", "--prune=now"]);
        lab.git(["worktree", "prune", "--expire=now"]);
        if n.is_multiple_of(2) {
            said(&stage.run_unharmed(&["discard", "nothing-such"]), 2);
            wait_for_runners(lab);
            self.look(stage, &[&before, whole], &crashed);
        }
        let code = (self.again)(stage).status.code();
        assert!(matches!(code, Some(0 | 2 | 3)), "the next command ended with {code:?}");
        wait_for_runners(lab);
        let now = self.look(stage, &[&before, whole], &crashed);
        self.hold_end(stage, whole, &now);
        oracle::assert_in_reach(lab, before.tips());
        work_on(lab);
    }

    /// What must hold after any command.
    fn look(&self, stage: &Stage, ends: &[&Facts], crashed: &Facts) -> Facts {
        let lab = &stage.lab;
        oracle::assert_sound(lab, false);
        let checkouts: Vec<_> = self.checkouts.iter().map(|name| lab.outside().join(name)).collect();
        tidy::assert_tidy(lab, &checkouts.iter().map(PathBuf::as_path).collect::<Vec<_>>());
        oracle::assert_own_files(lab);
        oracle::assert_in_reach(lab, crashed.tips().chain(&stage.reported()));
        let now = Facts::of(lab, self.checkouts);
        assert!(ends.iter().any(|end| end.status == now.status), "neither before nor after: {:?}", now.status);
        assert!(ends.iter().any(|end| end.branches == now.branches), "neither before nor after: {:?}", now.branches);
        assert!(ends[0].outputs.is_subset(&now.outputs), "outputs are lost");
        assert!(now.made.is_subset(&ends[1].made), "what no task made: {:?}", now.refs);
        assert!(run_count(lab) <= self.runs, "the command ran {} times", run_count(lab));
        now
    }

    fn hold_end(&self, stage: &Stage, whole: &Facts, now: &Facts) {
        let has_run = run_count(&stage.lab) >= self.runs;
        if self.ending == Ending::Same {
            assert_eq!(now.branches, whole.branches);
            assert_eq!(now.status, whole.status);
        }
        if self.ending == Ending::Same || has_run {
            assert!(whole.made.is_subset(&now.made), "what the task made is not on a ref: {:?}", now.made);
            assert!(whole.outputs.is_subset(&now.outputs), "outputs are lost: {:?}", now.outputs);
        }
    }
}

/// Everything still works: a task, its landing, and back.
fn work_on(lab: &Lab) {
    let before = lab.picture();
    lab.ready_task("later", "later.txt", "later\n");
    lab.ok(["land", "later"]);
    lab.ok(["undo", "later"]);
    lab.ok(["discard", "later"]);
    assert_eq!(lab.picture(), before);
}
