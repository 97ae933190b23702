//! Running checks: each in a clean worktree of exactly the tree that it is to judge, with a private git dir of its own.
//!
//! A check that says no is asked again about the same tree, in the worktree made clean anew: `takeback.checkRetries` times. If it says
//! yes then, that counts, and is on record as flaky with every run. A check may find what an earlier one has built
//! (`takeback.checkCache`); when it is asked again it never does. What a limit or the user stopped has said nothing, and is not asked
//! again.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use super::attempt::{Attempt, Error, token};
use super::bring::Delivery;
use super::keep::quarantine_spec;
use crate::exec::launch::{Launch, Launcher};
use crate::exec::log::Sizes;
use crate::exec::run::{Cause, Execution};
use crate::git::quarantine::{Quarantine, QuarantineSpec};
use crate::git::{repo, tree};
use crate::id::{CommitId, TreeId};
use crate::sandbox;
use crate::store::layout::AttemptDir;
use crate::sys::file;
use crate::sys::process::Grace;
use crate::task::{CheckRun, Exit, RepoPath, Text, Trial};
use crate::verify;
use crate::verify::check_files::{self, Seen};
use crate::verify::scope::Scope;
use crate::verify::self_changed::{self, Judges};
use crate::verify::verdicts::Question;
use crate::workspace::{Cache, Owner, Role, Slot, Wanted};

/// What a check is asked about.
pub(super) struct Subject {
    /// The commit and its tree.
    pub(super) commit: (CommitId, TreeId),
    /// What the check sees of it.
    pub(super) seen: Seen,
    /// Whether a yes that was said before does not count.
    pub(super) anew: bool,
}

/// Where a check's output goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Log {
    /// The task's n-th check, from 1.
    Own(usize),
    /// A check of a tree that is to land.
    Landing,
}

/// Runs a task's checks on its result, in order, up to the first that says no.
pub(super) fn run_all(attempt: &mut Attempt<'_>, result: CommitId) -> Result<(), Error> {
    let main = &attempt.site.repo;
    let commit = (result, tree::of_commit(main, result)?);
    let base = tree::of_commit(main, attempt.record.base)?;
    let seen = check_files::seen(&repo::odb(main)?, commit.1, base, &attempt.spec.check_files)?;
    let subject = Subject { commit, seen, anew: false };
    attempt.record.checks.clear();
    for (n, command) in attempt.spec.checks.clone().iter().enumerate() {
        let run = match answer(attempt, command, &subject, Log::Own(n + 1)) {
            Err(e) if e.is_of_bringing() => {
                attempt.note_unasked(command, &e);
                return Ok(());
            }
            other => other?,
        };
        let passed = run.passed();
        if !passed && attempt.is_cancelled() {
            attempt.record.cancelled = true;
        }
        if run.flaky {
            attempt.record.notes.push(flaky(&run));
        }
        attempt.record.checks.push(run);
        if !passed {
            return Ok(());
        }
    }
    attempt.record.self_changed = self_changed(attempt, (base, subject.commit.1))?;
    Ok(())
}

/// What people should know of a check that says no and yes.
pub(super) fn flaky(run: &CheckRun) -> String {
    let how = if run.runs.first().is_some_and(|first| first.with_cache) { " with what an earlier check had built" } else { "" };
    let then = if how.is_empty() { "" } else { " without that" };
    format!("the check `{}` said no{how}, then yes{then} about the same tree: it is flaky", run.command)
}

/// The paths that a result changes and that the task's checks name; what is run before them belongs to them.
fn self_changed(attempt: &Attempt<'_>, trees: (TreeId, TreeId)) -> Result<Vec<RepoPath>, Error> {
    let spec = &attempt.spec;
    let lines: Vec<&str> = spec.setup.iter().chain(&spec.checks).map(String::as_str).collect();
    let judges = Judges { lines: &lines, cwd: &spec.cwd, check_files: &spec.check_files, work: spec.input() };
    let odb = repo::odb(&attempt.site.repo)?;
    let changes = tree::changes(&odb, Some(trees.0.into()), Some(trees.1.into()))?;
    Ok(self_changed::find(&odb, trees, &changes, judges)?)
}

/// Asks one check about one commit's tree: the yes that it said before to the same question, or what it says now.
pub(super) fn answer(attempt: &Attempt<'_>, command: &str, subject: &Subject, log: Log) -> Result<CheckRun, Error> {
    let spec = &attempt.spec;
    let delivery = Delivery::find(attempt, subject.commit.1)?;
    let globs: &[String] = if spec.no_check_cache { &[] } else { &attempt.site.config.check_cache };
    let named = Scope::new(globs).map_err(verify::Error::from)?;
    // What is brought comes anew each time, and takes its place whole.
    let is_brought = |path: &RepoPath| spec.bring.iter().any(|b| b.path == *path || b.path.holds(path) || path.holds(&b.path));
    let names = |path: &RepoPath| named.names(path) && !is_brought(path);
    let cache = (!globs.is_empty()).then_some(Cache { globs, names: &names });
    let question = Question {
        tree: subject.seen.tree,
        command,
        cwd: &spec.cwd,
        setup: spec.setup.as_deref(),
        env: &spec.env,
        level: sandbox::enforce(spec.sandbox).level,
        brought: delivery.as_ref().map(Delivery::fingerprint),
        cache: globs,
    };
    if let Some(known) = question.find_yes(&attempt.site.layout).filter(|_| !subject.anew) {
        return Ok(known);
    }
    let owner = Owner { task: spec.uid.clone(), attempt: attempt.record.attempt, role: Role::Check };
    let (commit, tree) = subject.commit;
    let mut slot = attempt.slots.take_with(&Wanted { tree, commit, owner }, cache)?;
    let own = attempt.dir.checking(slot.n());
    file::make_folder(&own)?;
    let run = ask(attempt, command, subject, (&mut slot, delivery.as_ref(), log));
    // Before the slot is given back: what a crash leaves of the answer is found by the slot's owner.
    let saved = match &run {
        // What a limit or the user stopped has said nothing.
        Ok(run) if run.exit.code.is_some() => {
            if let Some(cache) = cache.filter(|_| run.has_ended())
                && slot.take_away(spec.bring.iter().map(|bring| &bring.path)).is_ok()
            {
                slot.leave_cache(cache);
            }
            question.save_answer(&attempt.site.layout, &own, run)
        }
        _ => Ok(()),
    };
    let removed = file::remove_folder(&own);
    slot.release()?;
    saved?;
    removed?;
    run
}

/// Where a check runs, what is brought there, and where it says it.
type Place<'a> = (&'a mut Slot, Option<&'a Delivery>, Log);

/// Asks until the check says yes, or has said no often enough.
fn ask(attempt: &Attempt<'_>, command: &str, subject: &Subject, (slot, delivery, log): Place<'_>) -> Result<CheckRun, Error> {
    let times = 1 + attempt.site.config.check_retries as usize;
    let mut trials: Vec<Trial> = Vec::new();
    for time in 1..=times {
        if time > 1 {
            slot.reset(subject.commit.1)?;
        }
        slot.put_over(&subject.seen.put_back)?;
        if let Some(delivery) = delivery {
            delivery.put(slot, attempt)?;
        }
        let trial = execute(attempt, command, subject, (slot, &log.path(&attempt.dir, slot.n(), time)))?;
        trials.push(trial);
        if !trial.exit.is_no() || attempt.is_cancelled() {
            break;
        }
    }
    match CheckRun::of_trials(command, subject.seen.tree, &trials) {
        Some(run) => Ok(run),
        None => unreachable!("BUG: a check was asked at least once"),
    }
}

fn execute(attempt: &Attempt<'_>, command: &str, subject: &Subject, (slot, log): (&Slot, &Path)) -> Result<Trial, Error> {
    let index = slot.admin()?.index();
    let spec = QuarantineSpec { index_from: Some(&index), ..quarantine_spec(&attempt.site.repo, &attempt.spec, subject.commit.0) };
    let quarantine = Quarantine::create(&attempt.dir.checking(slot.n()).join("quarantine"), &spec)?;
    if !subject.seen.put_back.is_empty() {
        quarantine.start_with(&spec, &check_files::edits(&subject.seen.put_back))?;
    }
    quarantine.exclude(attempt.spec.bring.iter().map(|bring| bring.path.as_bytes()))?;
    quarantine.attach(&slot.root())?;
    let root = slot.root();
    let cwd = attempt.spec.cwd.below(&root);
    let environment = attempt.placed_environment(&root, &cwd, slot.n());
    let argv: [Text; 3] = ["sh".into(), "-c".into(), attempt.spec.line_in(slot.n(), command).as_ref().into()];
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
        terminal: None,
    };
    let ended = execution.run(|_| Ok::<(), Infallible>(()))?;
    // A check that was stopped has said nothing, whatever its exit code: some end well when they are asked to.
    let exit = if ended.cause == Cause::Exited { ended.exit } else { Exit { code: None, signal: ended.exit.signal } };
    let duration_ms = u64::try_from(ended.duration.as_millis()).unwrap_or(u64::MAX);
    Ok(Trial { exit, duration_ms, with_cache: slot.has_cache() })
}

impl Log {
    /// Each run has its own: the first no is worth reading, too.
    fn path(self, dir: &AttemptDir, slot: u32, time: usize) -> PathBuf {
        match self {
            Self::Own(n) if time == 1 => dir.check_log(n),
            Self::Own(n) => dir.check_log_again(n, time),
            Self::Landing => dir.landing_log(slot, time),
        }
    }
}
