//! `takeback land`: put results on a branch.

mod parts;

use clap::ValueEnum;
use serde::Serialize;

use crate::cli::exit::{self, Code};
use crate::cli::out::{Out, Page, View};
use crate::cli::text::{branch, count, join, named, plain, short, words};
use crate::cli::{Cx, forecast, hunt, program, refused};
use crate::engine::{CommitId, Culprits, Engine, Error, LandWish, LandedTask, Landing, Push, Refusal, RefusalKind, Shape, SplitBy};

const EXAMPLES: &str = "\
Examples:
  takeback land tables
  takeback land tables figures --check 'make test'
  takeback land tables figures --check 'make test' --culprits evict      lands what does not break it
  takeback land tables --ready                of a batch, what is ready
  takeback land tables --tasks 1-20,24
  takeback land tables --split-by dir --push  a branch and a pull request for each folder
  takeback land tables --to tables-for-review --push
  takeback land tables figures --shape squash -m 'All tables anew'
  takeback land --dry-run tables figures      says which of them clash, and where
  takeback land tables --as 3f9a2c      it was squash-merged elsewhere, as this commit

`takeback undo` puts the branch, the index and the files back exactly, as long as nothing was built on top.";

/// As many tasks of a landing get a line of their own.
const MOST_LINES: usize = 10;

/// Put results on a branch
///
/// By default on the branch that was checked out at hand-off. One task lands as one commit; several as a chain joined by one merge
/// commit, or in another --shape. The commits pass the commit-msg hook and are signed where git is configured so. A file of your checkout that is modified, staged or
/// untracked and would be overwritten is a reason to refuse; other uncommitted work stays as it is.
///
/// Of several tasks that fail a check together, the one who breaks it is looked for by asking that check about the first half of them,
/// and so on: with it the check says no, without it yes, each asked again before anybody is blamed. That may take many runs of the
/// check (git config takeback.culpritRuns); Ctrl-C ends it, and nothing has moved.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct Args {
    /// Tasks and batches, in the order in which they land: names, or prefixes that fit one only
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,

    /// Of a batch, land what is ready and leave the rest
    #[arg(long)]
    ready: bool,

    /// Of a batch, land the tasks with these numbers, such as 1-20,24
    #[arg(long, value_name = "NUMBERS")]
    tasks: Option<String>,

    /// Land on this branch; a new name is created
    #[arg(long, value_name = "BRANCH")]
    to: Option<String>,

    /// Where a new branch starts
    #[arg(long, value_name = "REV", requires = "to")]
    onto: Option<String>,

    /// Which commits it makes [default: merge, or git config takeback.landingShape]
    #[arg(long, value_name = "SHAPE")]
    shape: Option<Form>,

    /// Keep each task's own commits, and add one with what it had not committed
    #[arg(long)]
    keep_commits: bool,

    /// Land on several new branches, each after the branch of hand-off, for as many pull requests: so many tasks on each (N), one for
    /// each folder that holds what a task changes (dir), or one for those who own the paths (codeowners)
    ///
    /// They are called as --to says, or as the first task or batch, with a number, a folder or owners behind it. Each is a landing of
    /// its own, and is undone by itself.
    #[arg(long, value_name = "N|dir|codeowners", conflicts_with_all = ["landed_as", "message"])]
    split_by: Option<SplitBy>,

    /// Push the branch when it has landed, as `git push` does it; prints the forge's command for a pull request
    ///
    /// Where it cannot be pushed the landing stands, and the exit code is 4.
    #[arg(long)]
    push: bool,

    /// Do not ask the commit-msg hook
    #[arg(long)]
    no_verify: bool,

    /// Land on a protected branch (git config takeback.landProtected)
    #[arg(long)]
    force: bool,

    /// The commit's subject
    #[arg(long, short = 'm', value_name = "TEXT")]
    message: Option<String>,

    /// A further shell line that judges the tree to land; may be given more than once [default: the batch's --final-check]
    #[arg(long = "check", value_name = "LINE")]
    checks: Vec<String>,

    /// What to do about tasks that break a check [default: stop]
    #[arg(long, value_name = "WHAT", conflicts_with = "no_check")]
    culprits: Option<Fate>,

    /// Land a tree that no check has seen
    #[arg(long, conflicts_with = "checks")]
    no_check: bool,

    /// Nothing moves: write down that this commit, made by somebody else, brought the tasks' changes to the branch
    #[arg(long = "as", value_name = "COMMIT", conflicts_with_all = ["onto", "checks", "culprits", "message", "push", "shape", "keep_commits"])]
    landed_as: Option<String>,

    /// Land results of failed and cancelled tasks too
    #[arg(long)]
    allow_failed: bool,

    /// Land results that change what their own check names, such as its script
    #[arg(long)]
    allow_self_changed: bool,

    /// Land paths outside a task's scope that match; may be given more than once
    #[arg(long = "allow-path", value_name = "GLOB")]
    allow_paths: Vec<String>,

    /// Show what would land, and change nothing: no hook is asked, nothing is signed. Of several tasks it says which clash with one
    /// another or with the branch, and at which paths
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One commit a task, joined by a merge commit where there are several
    Merge,
    /// One commit a task
    Linear,
    /// One commit for all
    Squash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Fate {
    /// Name the first, and land nothing: exit code 1
    Stop,
    /// Leave each of them out, check the others again and land them: exit code 0 if they land
    Evict,
}

/// A landing, done or planned.
#[derive(Serialize)]
struct Landed {
    #[serde(flatten)]
    landing: Landing,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut engine = cx.deciding(args.dry_run)?;
    if let Some(by) = args.split_by {
        return parts::land(args, by, &mut engine, cx);
    }
    let landing = match &args.landed_as {
        Some(commit) => record(args, commit, &mut engine)?,
        None => land(&args.wish(), args.dry_run, &mut engine, &mut cx.out)?,
    };
    cx.notes(&mut engine);
    let code = code(&landing);
    cx.out.answer(&Landed { landing })?;
    Ok(code)
}

fn code(landing: &Landing) -> Code {
    let has_failed = landing.push.as_ref().is_some_and(|push| push.ok == Some(false));
    if has_failed { Code::Impossible } else { exit::landing(landing) }
}

fn land(wish: &LandWish, dry_run: bool, engine: &mut Engine, out: &mut Out) -> Result<Landing, Error> {
    let plan = engine.plan_land(wish).inspect_err(|e| forecast::beside(engine, wish, e, out))?;
    let mut landing = plan.answer();
    if !dry_run && !landing.landed.is_empty() {
        let mut progress = hunt::Progress::default();
        let landed = engine.land(plan, &mut |asking| progress.show(asking, out));
        progress.wipe(out);
        landing = landed?;
    }
    forecast::add(engine, wish, dry_run, &mut landing)?;
    Ok(landing)
}

fn record(args: &Args, commit: &str, engine: &mut Engine) -> Result<Landing, Error> {
    let plan = engine.plan_land_as(&args.wish(), commit)?;
    if args.dry_run { Ok(plan.answer()) } else { engine.land_as(&plan) }
}

impl Args {
    fn wish(&self) -> LandWish {
        LandWish {
            ids: self.ids.clone(),
            ready: self.ready,
            numbers: self.tasks.clone(),
            to: self.to.clone(),
            onto: self.onto.clone(),
            shape: self.shape.map(|form| match form {
                Form::Merge => Shape::Merge,
                Form::Linear => Shape::Linear,
                Form::Squash => Shape::Squash,
            }),
            keep_commits: self.keep_commits,
            push: self.push,
            no_verify: self.no_verify,
            force: self.force,
            checks: self.checks.clone(),
            no_check: self.no_check,
            culprits: self.culprits.map_or(Culprits::Stop, |fate| match fate {
                Fate::Stop => Culprits::Stop,
                Fate::Evict => Culprits::Evict,
            }),
            allow_failed: self.allow_failed,
            allow_self_changed: self.allow_self_changed,
            allow_paths: self.allow_paths.clone(),
            message: self.message.clone(),
        }
    }
}

impl View for Landed {
    fn text(&self, page: &Page) -> String {
        let landing = &self.landing;
        let mut lines = Vec::new();
        if !landing.landed.is_empty() {
            lines.push(self.headline(page));
        }
        if landing.operation.is_some() && landing.untested {
            lines.push("  no check has seen this tree: --no-check".to_owned());
        }
        lines.extend(landing.notes.iter().map(|n| format!("  {}", plain(n))));
        if landing.operation.is_some() {
            let is_pushed = landing.push.as_ref().is_some_and(|push| push.ok == Some(true));
            let verb = if is_pushed { format!("revert {}", words(&landing.landed)) } else { "undo".to_owned() };
            lines.push(format!("  {}: {} {verb}", if is_pushed { "take it back" } else { "undo" }, program()));
            lines.extend(landing.git_line.as_ref().map(|line| format!("  without takeback: {line}")));
            lines.extend(self.lines_of_tasks());
        }
        lines.extend(landing.push.iter().flat_map(|push| pushed(push, &landing.target.name)));
        for row in refused::rows(&landing.refused) {
            lines.extend(refused::lines(row, |refusal, id| self.way_out(refusal, id), page));
        }
        if let Some(clashes) = &landing.forecast {
            lines.extend(forecast::lines(clashes, &landing.target.name, page));
        }
        if landing.operation.is_none() && !landing.refused.is_empty() {
            lines.push(format!("nothing landed on {}", branch(&landing.target.name)));
        }
        if !landing.culprits.is_empty() {
            lines.push(format!("blamed: {}", join(&landing.culprits)));
        }
        lines.join("\n")
    }
}

impl Landed {
    /// The next command to type, for the tasks `id`.
    fn way_out(&self, refusal: &Refusal, id: &str) -> String {
        let (us, landing) = (program(), &self.landing);
        if refusal.kind != RefusalKind::Check || landing.culprits.is_empty() {
            return way_out(refusal, id);
        }
        if !landing.culprits.contains(&refusal.task) {
            let id = self.not_blamed(id);
            return format!("{us} land {id} lands them without it; --culprits evict leaves out whoever breaks the check");
        }
        let one = &refusal.task;
        let (look, it) = if one.as_str() == id {
            (format!("{us} diff {one} shows what it does"), "it")
        } else {
            (format!("{us} diff {one}, and so on, shows what they do"), "them")
        };
        let anew = format!("{look}; {us} retry {id} --base HEAD does {it} again");
        if landing.operation.is_some() {
            format!("{anew}, on what has landed")
        } else {
            format!("{anew}; {us} land {id} --no-check lands {it} all the same")
        }
    }

    /// Those of a batch who are not to blame, by their numbers, where `id` stands for all of it; else `id`.
    fn not_blamed(&self, id: &str) -> String {
        let is_fine = |refusal: &&Refusal| refusal.kind == RefusalKind::Check && !self.landing.culprits.contains(&refusal.task);
        let fine = self.landing.refused.iter().filter(is_fine);
        let numbers: Option<Vec<u32>> =
            fine.map(|refusal| refusal.task.as_str().strip_prefix(id)?.strip_prefix('.')?.parse().ok()).collect();
        numbers.map_or_else(|| id.to_owned(), |numbers| format!("{id} --tasks {}", ranges(numbers)))
    }

    /// How one of several tasks is taken back without takeback; of many, how to find it.
    fn lines_of_tasks(&self) -> Vec<String> {
        let of_one = |task: &LandedTask| task.git_line.as_ref().map(|line| format!("  {} alone: {line}", task.task));
        let lines: Vec<_> = self.landing.commits.iter().filter_map(of_one).collect();
        if lines.len() <= MOST_LINES { lines } else { vec!["  one task alone: git revert COMMIT of its commit".to_owned()] }
    }

    fn headline(&self, page: &Page) -> String {
        let landing = &self.landing;
        let word = if landing.operation.is_some() { "landed" } else { "would land" };
        let target = branch(&landing.target.name);
        let way = match (landing.target.from, landing.target.to) {
            (Some(from), Some(to)) if from == to => return self.recorded(to, page),
            (Some(from), Some(to)) => format!(" ({} -> {})", short(from), short(to)),
            (None, Some(to)) => format!(" (new, at {})", short(to)),
            _ => String::new(),
        };
        let what = page.bold(&named(&landing.landed));
        format!("{what} {} on {target}{way}: {}", page.paint("32", word), count(landing.files, "file"))
    }

    fn recorded(&self, commit: CommitId, page: &Page) -> String {
        let landing = &self.landing;
        let word = if landing.operation.is_some() { "written down as landed" } else { "would be written down as landed" };
        let target = branch(&landing.target.name);
        format!("{} {} on {target}: {}", page.bold(&named(&landing.landed)), page.paint("32", word), short(commit))
    }
}

/// Numbers as `--tasks` takes them: `1-20,24`.
fn ranges(mut numbers: Vec<u32>) -> String {
    numbers.sort_unstable();
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let words = runs.filter_map(|run| match run {
        [] => None,
        [one] => Some(one.to_string()),
        [first, .., last] => Some(format!("{first}-{last}")),
    });
    words.collect::<Vec<_>>().join(",")
}

/// What came of the push, and how to go on.
fn pushed(push: &Push, here: &str) -> Vec<String> {
    let (remote, there) = (plain(&push.remote), plain(branch(&push.name)));
    let mut lines = vec![match push.ok {
        None => format!("  would be pushed to {remote}"),
        Some(true) => format!("  pushed to {remote}: {there}"),
        Some(false) => format!("  not pushed to {remote}; the landing stands, to try again: git push {remote} {}", branch(here)),
    }];
    lines.extend(push.message.iter().flat_map(|text| text.lines()).map(|line| format!("    {}", plain(line.trim_end()))));
    lines.extend(push.pull_request.iter().map(|line| format!("  for a pull request: {line}")));
    lines
}

/// The next command to type, for the tasks `id`.
fn way_out(refusal: &Refusal, id: &str) -> String {
    use RefusalKind as R;
    let us = program();
    match (refusal.kind, refusal.commit.map(|commit| commit.short())) {
        (R::Conflict, Some(result)) => {
            format!("git cherry-pick {result} brings it by hand; then {us} land {id} --as HEAD writes it down")
        }
        (R::Conflict, None) => format!("{us} retry {id} --base HEAD starts it from here; or merge its branch by hand"),
        (R::Dirty, _) if refusal.paths.is_empty() => format!("finish it, or give it up (git status says how), then {us} land {id}"),
        (R::Dirty, _) => "commit, stash or move these files away: git stash push --include-untracked".to_owned(),
        (R::Outside, _) => format!("{us} land {id} --allow-path GLOB lands them all the same"),
        (R::SelfChanged, _) => {
            format!(
                "look at it: {us} diff {id}; {us} land {id} --allow-self-changed lands it, run --check-files keeps checks apart"
            )
        }
        (R::Failed, _) => match refusal.task.as_str().split_once('.') {
            Some((batch, _)) => format!("{us} land {batch} --ready lands the others; --allow-failed lands these too"),
            None => format!("{us} land {id} --allow-failed lands what it did all the same"),
        },
        (R::Running, _) => match refusal.task.as_str().split_once('.') {
            Some((batch, _)) => format!("{us} land {batch} --ready lands what is ready; {us} wait {batch}"),
            None => format!("{us} wait {id}"),
        },
        (R::Check, _) => format!("{us} land {id} --no-check lands it all the same"),
        (R::Empty, _) => format!("{us} retry {id}"),
        (R::Stale, _) => format!("{us} land {id} tries again"),
        (R::Landed, Some(commit)) => {
            format!("{us} land {id} --as {commit} writes it down; {us} revert {id} takes it back")
        }
        (R::Landed, _) => format!("{us} show {id}"),
        (R::TakenOut, _) => format!("{us} revert {id} writes that down; then {us} land {id} brings it back"),
        (R::Commits, _) => format!("{us} land {id} without --keep-commits lands its change as one commit"),
        (R::Hook, _) => format!("{us} land {id} -m TEXT words it another way; --no-verify does not ask the hook"),
        (R::Protected, _) => format!("{us} land {id} --to NEW-BRANCH makes a branch for a pull request; --force lands it here"),
        (R::State, Some(_)) => "git log --oneline shows which commit it was; --to BRANCH names another branch".to_owned(),
        (R::State, _) => format!("{us} undo {id} takes back what was decided about it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_a_range() {
        assert_eq!(ranges(vec![7, 1, 3, 2, 9, 10]), "1-3,7,9-10");
        assert_eq!(ranges(vec![4]), "4");
    }
}
