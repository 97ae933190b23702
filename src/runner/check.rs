//! Running checks: each in a clean worktree of exactly the tree that it is to judge, with a private git dir of its own.

use std::convert::Infallible;
use std::path::Path;

use super::attempt::{Attempt, Error, token};
use super::keep::quarantine_spec;
use crate::exec::launch::{Launch, Launcher};
use crate::exec::log::Sizes;
use crate::exec::run::{Cause, Execution};
use crate::git::quarantine::{Quarantine, QuarantineSpec};
use crate::git::tree;
use crate::id::{CommitId, TreeId};
use crate::sandbox;
use crate::sys::process::Grace;
use crate::task::{CheckRun, Exit, Text};
use crate::verify::verdicts::Question;
use crate::workspace::{Owner, Role, Slot, Wanted};

/// Runs a task's checks on its result, in order, up to the first that says no.
pub(super) fn run_all(attempt: &mut Attempt<'_>, result: CommitId) -> Result<(), Error> {
    let tree = tree::of_commit(&attempt.site.repo, result)?;
    attempt.record.checks.clear();
    for (n, command) in attempt.spec.checks.clone().iter().enumerate() {
        let run = answer(attempt, command, (result, tree), n + 1)?;
        let passed = run.passed();
        if !passed && attempt.is_cancelled() {
            attempt.record.cancelled = true;
        }
        attempt.record.checks.push(run);
        if !passed {
            break;
        }
    }
    Ok(())
}

/// Asks one check about one commit's tree: what it said before to the same question, or what it says now.
pub(super) fn answer(attempt: &Attempt<'_>, command: &str, on: (CommitId, TreeId), n: usize) -> Result<CheckRun, Error> {
    let spec = &attempt.spec;
    let question = Question {
        tree: on.1,
        command,
        cwd: &spec.cwd,
        setup: spec.setup.as_deref(),
        env: &spec.env,
        level: sandbox::enforce(spec.sandbox).level,
    };
    if let Some(known) = question.find_answer(&attempt.site.layout) {
        return Ok(known);
    }
    let owner = Owner { task: spec.uid.clone(), attempt: attempt.record.attempt, role: Role::Check };
    let slot = attempt.slots.take(&Wanted { tree: on.1, commit: on.0, owner })?;
    let run = execute(attempt, command, &slot, on, &attempt.dir.check_log(n));
    // Before the slot is given back: what a crash leaves of the answer is found by the slot's owner.
    let saved = match &run {
        // What a limit or the user stopped has said nothing.
        Ok(run) if run.exit.code.is_some() => question.save_answer(&attempt.site.layout, attempt.dir.path(), run),
        _ => Ok(()),
    };
    slot.release()?;
    saved?;
    run
}

fn execute(attempt: &Attempt<'_>, command: &str, slot: &Slot, on: (CommitId, TreeId), log: &Path) -> Result<CheckRun, Error> {
    let spec = quarantine_spec(&attempt.site.repo, &attempt.spec, on.0);
    let index = slot.admin()?.index();
    let quarantine = Quarantine::create(&attempt.dir.check_quarantine(), &QuarantineSpec { index_from: Some(&index), ..spec })?;
    quarantine.attach(&slot.root())?;
    let root = slot.root();
    let cwd = root.join(attempt.spec.cwd.as_path());
    let environment = attempt.placed_environment(&root, &cwd, slot.n());
    let argv: [Text; 3] = ["sh".into(), "-c".into(), command.into()];
    let token = token(&attempt.spec.uid, attempt.record.attempt);
    let setup = attempt.spec.setup.as_deref();
    let execution = Execution {
        launcher: &Launcher::own()?,
        launch: Launch { argv: &argv, cwd: &cwd, environment: &environment, token: &token, setup, input: None },
        limits: attempt.spec.limits,
        grace: Grace::default(),
        log,
        sizes: Sizes::default(),
        cancel: &attempt.cancel,
    };
    let ended = execution.run(|_| Ok::<(), Infallible>(()))?;
    // A check that was stopped has said nothing, whatever its exit code: some end well when they are asked to.
    let exit = if ended.cause == Cause::Exited { ended.exit } else { Exit { code: None, signal: ended.exit.signal } };
    Ok(CheckRun {
        command: command.to_owned(),
        exit,
        duration_ms: u64::try_from(ended.duration.as_millis()).unwrap_or(u64::MAX),
        tree: on.1,
        cached: false,
    })
}
