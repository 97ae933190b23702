//! The checks of a tree that is about to land and that no check has seen yet.

use super::attempt::{Attempt, Error};
use super::check;
use crate::exec::environment::{self, Wish};
use crate::landing::Plan;
use crate::store::Site;
use crate::task::CheckRun;

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
pub(crate) fn run(site: &Site, plan: &Plan) -> Result<Checked, Error> {
    let (Some(tip), Some(tree)) = (plan.tip, plan.tree) else { return Ok(Checked::default()) };
    let seen = plan.tasks.len() == 1 && plan.tasks[0].record.tree == Some(tree);
    let mut asked: Vec<(usize, String)> = Vec::new();
    for (n, task) in plan.tasks.iter().enumerate().filter(|_| !seen) {
        for command in &task.spec.checks {
            let known = asked.iter().any(|(m, c)| c == command && plan.tasks[*m].spec.cwd == task.spec.cwd);
            if !known {
                asked.push((n, command.clone()));
            }
        }
    }
    asked.extend(plan.wish.checks.iter().map(|command| (0, command.clone())));
    if asked.is_empty() {
        return Ok(Checked { notes: notes(plan), ..Checked::default() });
    }
    if plan.wish.no_check {
        return Ok(Checked { untested: true, ..Checked::default() });
    }
    for (k, (n, command)) in asked.iter().enumerate() {
        let task = &plan.tasks[*n];
        let mut attempt = Attempt::open(site, task.uid(), task.entry.attempt)?;
        attempt.environment = callers_environment(site)?;
        let run = check::answer(&attempt, command, (tip, tree), task.spec.checks.len() + k + 1)?;
        if !run.passed() {
            return Ok(Checked { failed: Some(said_no(&run)), ..Checked::default() });
        }
    }
    Ok(Checked::default())
}

fn said_no(run: &CheckRun) -> String {
    format!("would not pass the check `{}` together with what is there", run.command)
}

fn notes(plan: &Plan) -> Vec<String> {
    let unchecked = plan.tasks.iter().all(|t| t.spec.checks.is_empty());
    if unchecked { vec!["no check saw this change".to_owned()] } else { vec![] }
}

fn callers_environment(site: &Site) -> Result<environment::Environment, Error> {
    let wish = Wish { withhold: &site.config.withhold, pass: &[], set: &[] };
    Ok(environment::take(std::env::vars_os(), &wish)?.environment)
}
