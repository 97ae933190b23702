//! The checks of a tree that is about to land and that no check has seen yet.
//!
//! The files that make a check are those of the target as it was before the landing: what others have changed in them there counts,
//! what the tasks have changed does not.

use std::collections::BTreeSet;

use super::attempt::{Attempt, Error};
use super::check::{self, Log, Subject};
use crate::exec::environment::{self, Wish};
use crate::git::{repo, tree};
use crate::id::{CommitId, TreeId};
use crate::journal::Standing;
use crate::store::Site;
use crate::sys::process;
use crate::task::{CheckRun, RepoPath};
use crate::verify::{check_files, self_changed};

/// A tree that is about to land.
pub(crate) struct Joined<'a> {
    /// The commit, and its tree.
    pub(crate) tip: (CommitId, TreeId),
    /// The target before the landing.
    pub(crate) start: CommitId,
    /// The tasks that are in it.
    pub(crate) tasks: &'a [Standing],
    /// Checks that were asked for beside the tasks' own.
    pub(crate) checks: &'a [String],
    /// Whether the user wants none to run.
    pub(crate) no_check: bool,
    /// Whether a check may be one that the landing changes.
    pub(crate) allow_self_changed: bool,
}

/// What the checks said.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// Which check said no, for people.
    pub(crate) failed: Option<String>,
    /// What the landing changes of the checks that were to be asked; none was.
    pub(crate) self_changed: Vec<RepoPath>,
    /// No check saw the tree, by the user's wish.
    pub(crate) untested: bool,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

/// One check to run.
struct Asked {
    /// The task, by its place in the landing, whose environment it has.
    task: usize,
    /// The shell line.
    command: String,
    /// Globs of the files that make it.
    check_files: Vec<String>,
}

/// Runs what has to be run: the tasks' own checks where the tree to land is not the one they saw, and `land --check` always.
///
/// # Errors
///
/// [`Error`] if a check cannot be run.
pub(crate) fn run(site: &Site, joined: &Joined<'_>) -> Result<Checked, Error> {
    let asked = joined.asked(site)?;
    if asked.is_empty() {
        return Ok(Checked { notes: notes(joined), ..Checked::default() });
    }
    if joined.no_check {
        return Ok(Checked { untested: true, ..Checked::default() });
    }
    let mut checked = Checked { self_changed: joined.self_changed(site, &asked)?, ..Checked::default() };
    if !checked.self_changed.is_empty() {
        return Ok(checked);
    }
    process::become_subreaper();
    for asked in &asked {
        let task = &joined.tasks[asked.task];
        let mut attempt = Attempt::open(site, task.uid(), task.entry.attempt)?;
        attempt.environment = callers_environment(site)?;
        attempt.checkout = site.repo.workdir().map(ToOwned::to_owned);
        let run = check::answer(&attempt, &asked.command, &joined.subject(site, &asked.check_files)?, Log::Landing)?;
        if !run.passed() {
            checked.failed = Some(said_no(&run));
            return Ok(checked);
        }
        if run.flaky {
            checked.notes.push(check::flaky(&run));
        }
    }
    Ok(checked)
}

impl Joined<'_> {
    /// The tasks' own checks, each once, then those that the landing asks for.
    fn asked(&self, site: &Site) -> Result<Vec<Asked>, Error> {
        let seen = self.is_seen(site)?;
        let mut asked: Vec<Asked> = Vec::new();
        for (task, standing) in self.tasks.iter().enumerate().filter(|_| !seen) {
            let spec = &standing.spec;
            for command in &spec.checks {
                let same = |a: &&Asked| {
                    let other = &self.tasks[a.task].spec;
                    a.command == *command && other.cwd == spec.cwd && a.check_files == spec.check_files
                };
                if asked.iter().find(same).is_none() {
                    asked.push(Asked { task, command: command.clone(), check_files: spec.check_files.clone() });
                }
            }
        }
        let all: Vec<String> = self.tasks.iter().flat_map(|task| task.spec.check_files.clone()).collect();
        asked.extend(self.checks.iter().map(|command| Asked { task: 0, command: command.clone(), check_files: all.clone() }));
        Ok(asked)
    }

    /// Tells whether the task's checks have seen this very tree, with these very files of their own.
    fn is_seen(&self, site: &Site) -> Result<bool, Error> {
        let [task] = self.tasks else { return Ok(false) };
        if task.record.tree != Some(self.tip.1) {
            return Ok(false);
        }
        let odb = repo::odb(&site.repo)?;
        let seen = |before| -> Result<TreeId, Error> {
            let before = tree::of_commit(&site.repo, before)?;
            Ok(check_files::seen(&odb, self.tip.1, before, &task.spec.check_files)?.tree)
        };
        Ok(seen(self.start)? == seen(task.record.base)?)
    }

    /// The paths that differ from the target and that the checks name: one task may have changed what judges another.
    fn self_changed(&self, site: &Site, asked: &[Asked]) -> Result<Vec<RepoPath>, Error> {
        let mut found = BTreeSet::new();
        if self.allow_self_changed {
            return Ok(vec![]);
        }
        let (odb, before) = (repo::odb(&site.repo)?, tree::of_commit(&site.repo, self.start)?);
        for asked in asked {
            let spec = &self.tasks[asked.task].spec;
            let lines: Vec<&str> = spec.setup.iter().chain([&asked.command]).map(String::as_str).collect();
            found.extend(self_changed::find(&odb, (before, self.tip.1), &lines, &spec.cwd, &asked.check_files)?);
        }
        Ok(found.into_iter().collect())
    }

    fn subject(&self, site: &Site, check_files: &[String]) -> Result<Subject, Error> {
        let before = tree::of_commit(&site.repo, self.start)?;
        let seen = check_files::seen(&repo::odb(&site.repo)?, self.tip.1, before, check_files)?;
        Ok(Subject { commit: self.tip, seen })
    }
}

fn said_no(run: &CheckRun) -> String {
    format!("would not pass the check `{}` together with what is there", run.command)
}

fn notes(joined: &Joined<'_>) -> Vec<String> {
    let unchecked = joined.tasks.iter().all(|t| t.spec.checks.is_empty());
    if unchecked { vec!["no check saw this change".to_owned()] } else { vec![] }
}

fn callers_environment(site: &Site) -> Result<environment::Environment, Error> {
    let wish = Wish { withhold: &site.config.withhold, pass: &[], set: &[] };
    Ok(environment::take(std::env::vars_os(), &wish)?.environment)
}
