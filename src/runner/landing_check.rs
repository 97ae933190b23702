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
use crate::task::RepoPath;
use crate::verify::check_files;
use crate::verify::self_changed::{self, Judges};

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
    /// Which check said no.
    pub(crate) failed: Option<Asked>,
    /// What the landing changes of the checks that were to be asked; none was.
    pub(crate) self_changed: Vec<RepoPath>,
    /// No check saw the tree, by the user's wish.
    pub(crate) untested: bool,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

/// One check to run.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The task, by its index in the landing, whose environment it has: the first that it came with, if it came with any.
    pub(crate) task: usize,
    /// How many tasks it came with; none where the landing asks for it.
    pub(crate) owners: usize,
    /// The shell line.
    pub(crate) command: String,
    /// Globs of the files that make it.
    check_files: Vec<String>,
}

/// What one check said of one tree.
#[derive(Debug)]
pub(crate) struct Said {
    /// Whether it said yes.
    pub(crate) yes: bool,
    /// How often it was run for that.
    pub(crate) runs: u32,
    /// What the user should know.
    pub(crate) note: Option<String>,
}

/// Runs what has to be run: the tasks' own checks where the tree to land is not the one they saw, and `land --check` always. `tell`
/// hears how many of how many have said yes.
///
/// # Errors
///
/// [`Error`] if a check cannot be run.
pub(crate) fn run(site: &Site, joined: &Joined<'_>, tell: &mut dyn FnMut(usize, usize)) -> Result<Checked, Error> {
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
    let all = asked.len();
    for (done, asked) in asked.into_iter().enumerate() {
        tell(done, all);
        let said = joined.ask(site, &asked, joined.tip.0, false)?;
        if !said.yes {
            checked.failed = Some(asked);
            return Ok(checked);
        }
        checked.notes.extend(said.note);
    }
    Ok(checked)
}

impl Joined<'_> {
    /// Asks one of the checks about a commit: the tip, or another on the way there. If it is asked anew, a yes that it said before does
    /// not count.
    ///
    /// # Errors
    ///
    /// [`Error`] if the check cannot be run.
    pub(crate) fn ask(&self, site: &Site, asked: &Asked, commit: CommitId, anew: bool) -> Result<Said, Error> {
        let commit = (commit, tree::of_commit(&site.repo, commit)?);
        let task = &self.tasks[asked.task];
        let mut attempt = Attempt::open(site, task.uid(), task.entry.attempt)?;
        attempt.environment = callers_environment(site)?;
        attempt.checkout = site.repo.workdir().map(ToOwned::to_owned);
        let before = tree::of_commit(&site.repo, self.start)?;
        let seen = check_files::seen(&repo::odb(&site.repo)?, commit.1, before, &asked.check_files)?;
        let run = check::answer(&attempt, &asked.command, &Subject { commit, seen, anew }, Log::Landing)?;
        Ok(Said { yes: run.passed(), runs: run.times(), note: run.flaky.then(|| check::flaky(&run)) })
    }

    /// The tasks' own checks, each once, then those that the landing asks for.
    fn asked(&self, site: &Site) -> Result<Vec<Asked>, Error> {
        let seen = self.is_seen(site)?;
        let mut asked: Vec<Asked> = Vec::new();
        for (task, standing) in self.tasks.iter().enumerate().filter(|_| !seen) {
            let spec = &standing.spec;
            for command in &spec.checks {
                let same = |a: &Asked| {
                    let other = &self.tasks[a.task].spec;
                    a.command == *command && other.cwd == spec.cwd && a.check_files == spec.check_files
                };
                match asked.iter().position(same) {
                    Some(known) => asked[known].owners += 1,
                    None => asked.push(Asked { task, owners: 1, command: command.clone(), check_files: spec.check_files.clone() }),
                }
            }
        }
        let all: Vec<String> = self.tasks.iter().flat_map(|task| task.spec.check_files.clone()).collect();
        let for_all = |command: &String| Asked { task: 0, owners: 0, command: command.clone(), check_files: all.clone() };
        asked.extend(self.checks.iter().map(for_all));
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
        // Once: of a thousand tasks there are as many checks, and as many changes.
        let changes = tree::changes(&odb, Some(before.into()), Some(self.tip.1.into()))?;
        for asked in asked {
            let spec = &self.tasks[asked.task].spec;
            let lines: Vec<&str> = spec.setup.iter().chain([&asked.command]).map(String::as_str).collect();
            let work = spec.input().filter(|_| asked.owners > 0);
            let judges = Judges { lines: &lines, cwd: &spec.cwd, check_files: &asked.check_files, work };
            found.extend(self_changed::find(&odb, (before, self.tip.1), &changes, judges)?);
        }
        Ok(found.into_iter().collect())
    }
}

fn notes(joined: &Joined<'_>) -> Vec<String> {
    let unchecked = joined.tasks.iter().all(|t| t.spec.checks.is_empty());
    if unchecked { vec!["no check saw this change".to_owned()] } else { vec![] }
}

fn callers_environment(site: &Site) -> Result<environment::Environment, Error> {
    let wish = Wish { withhold: &site.config.withhold, pass: &[], set: &[] };
    Ok(environment::take(std::env::vars_os(), &wish)?.environment)
}
