//! The checks of a tree that is about to land and that no check has seen yet.

use super::attempt::{Attempt, Error};
use super::check;
use crate::exec::environment::{self, Wish};
use crate::id::{CommitId, TreeId};
use crate::journal::Standing;
use crate::store::Site;
use crate::sys::process;
use crate::task::CheckRun;

/// A tree that is about to land.
pub(crate) struct Joined<'a> {
    /// The commit, and its tree.
    pub(crate) tip: (CommitId, TreeId),
    /// The tasks that are in it.
    pub(crate) tasks: &'a [Standing],
    /// Checks that were asked for beside the tasks' own.
    pub(crate) checks: &'a [String],
    /// Whether the user wants none to run.
    pub(crate) no_check: bool,
}

/// What the checks said.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// Which check said no, for people.
    pub(crate) failed: Option<String>,
    /// No check saw the tree, by the user's wish.
    pub(crate) untested: bool,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

/// Runs what has to be run: the tasks' own checks where the tree to land is not the one they saw, and `land --check` always.
///
/// # Errors
///
/// [`Error`] if a check cannot be run.
pub(crate) fn run(site: &Site, joined: &Joined<'_>) -> Result<Checked, Error> {
    let seen = joined.tasks.len() == 1 && joined.tasks[0].record.tree == Some(joined.tip.1);
    let mut asked: Vec<(usize, String)> = Vec::new();
    for (n, task) in joined.tasks.iter().enumerate().filter(|_| !seen) {
        for command in &task.spec.checks {
            let known = asked.iter().any(|(m, c)| c == command && joined.tasks[*m].spec.cwd == task.spec.cwd);
            if !known {
                asked.push((n, command.clone()));
            }
        }
    }
    asked.extend(joined.checks.iter().map(|command| (0, command.clone())));
    if asked.is_empty() {
        return Ok(Checked { notes: notes(joined), ..Checked::default() });
    }
    if joined.no_check {
        return Ok(Checked { untested: true, ..Checked::default() });
    }
    process::become_subreaper();
    for (k, (n, command)) in asked.iter().enumerate() {
        let task = &joined.tasks[*n];
        let mut attempt = Attempt::open(site, task.uid(), task.entry.attempt)?;
        attempt.environment = callers_environment(site)?;
        let run = check::answer(&attempt, command, joined.tip, task.spec.checks.len() + k + 1)?;
        if !run.passed() {
            return Ok(Checked { failed: Some(said_no(&run)), ..Checked::default() });
        }
    }
    Ok(Checked::default())
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
