//! `takeback revert`: take landed changes back with a new commit.

use serde::Serialize;

use crate::cli::exit::{self, Code};
use crate::cli::out::{Out, Page, View};
use crate::cli::text::{branch, count, named, plain, words};
use crate::cli::{Cx, program, refused};
use crate::engine::{Error, Later, Refusal, RefusalKind, RepoPath, RevertWish, Reverted};

const EXAMPLES: &str = "\
Examples:
  takeback revert tables
  takeback revert tables figures        what each of them changed, in one commit
  takeback revert tables --to revert-tables    on a new branch, for a pull request
  takeback revert tables --as 3f9a2c    somebody took it out by hand, with this commit
  takeback revert --dry-run tables      what came later in the same files, and what would conflict

`takeback land tables` brings the change back; `takeback undo` takes the revert itself back, as long as nothing was built on top.";

/// Take landed changes back with a new commit, whatever came after them
///
/// For branches that others have seen, or built on. Each change is taken out by a three-way merge; what others changed since stays,
/// and where they changed the same lines, the paths are named and nothing happens. Work that was squashed, rebased or cherry-picked
/// elsewhere is found there.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Tasks that landed, and batches: names, or prefixes that fit one only
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,

    /// Put the commit on this branch; a new name is created where the changes are
    #[arg(long, value_name = "BRANCH")]
    to: Option<String>,

    /// The commit's subject
    #[arg(long, short = 'm', value_name = "TEXT")]
    message: Option<String>,

    /// Move the branch though `takeback.landProtected` names it
    #[arg(long)]
    force: bool,

    /// Do not ask the `commit-msg` hook
    #[arg(long)]
    no_verify: bool,

    /// Nothing moves: write down that this commit, made by somebody else, took the changes out of the branch
    #[arg(long = "as", value_name = "COMMIT", conflicts_with_all = ["to", "message", "force", "no_verify"])]
    taken_by: Option<String>,

    /// Show what would be taken back, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// As many later commits are named for a conflict.
const SHOWN: usize = 5;

/// A revert, done or planned.
#[derive(Serialize)]
pub(super) struct Answer {
    #[serde(flatten)]
    reverted: Reverted,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut engine = cx.deciding(args.dry_run)?;
    let wish = args.wish();
    let plan = engine.plan_revert(&wish)?;
    let mut reverted = plan.answer();
    if !args.dry_run && reverted.refused.is_empty() {
        announce(&reverted, &mut cx.out);
        reverted = engine.revert(plan)?;
        cx.notes(&mut engine);
    }
    let code = exit::refusals(&reverted.refused);
    cx.out.answer(&Answer { reverted })?;
    Ok(code)
}

impl Args {
    fn wish(&self) -> RevertWish {
        RevertWish {
            ids: self.ids.clone(),
            to: self.to.clone(),
            message: self.message.clone(),
            force: self.force,
            no_verify: self.no_verify,
            by: self.taken_by.clone(),
        }
    }
}

/// Says on stderr what is about to happen.
pub(super) fn announce(plan: &Reverted, out: &mut Out) {
    out.note(&facts(plan).join("\n"));
}

impl Answer {
    /// The answer of a verb that reverts.
    pub(super) fn of(reverted: Reverted) -> Self {
        Self { reverted }
    }
}

impl View for Answer {
    fn text(&self, page: &Page) -> String {
        let reverted = &self.reverted;
        if reverted.operation.is_some() {
            return done(reverted, page);
        }
        if reverted.refused.is_empty() {
            return facts(reverted).join("\n");
        }
        let refusals = refused::rows(&reverted.refused).flat_map(|row| {
            let mut lines = refused::lines(row, way_out, page);
            let hint = lines.pop();
            lines.extend(row.first().map(|refusal| changed_since(refusal, &reverted.later)).unwrap_or_default());
            lines.extend(hint);
            lines
        });
        refusals.chain(["nothing was taken back".to_owned()]).collect::<Vec<_>>().join("\n")
    }
}

fn facts(reverted: &Reverted) -> Vec<String> {
    let groups = [("restored: ", &reverted.restored), ("kept: ", &reverted.kept), ("cannot be undone: ", &reverted.not_undone)];
    let facts = groups.into_iter().flat_map(|(word, lines)| lines.iter().map(move |l| format!("  {word}{}", plain(l))));
    let notes = reverted.notes.iter().map(|note| format!("  {}", plain(note)));
    std::iter::once(format!("revert {}", named(&reverted.tasks))).chain(facts).chain(notes).collect()
}

fn done(reverted: &Reverted, page: &Page) -> String {
    let mut lines = vec![match reverted.target.as_ref().filter(|t| t.to.is_some()) {
        Some(target) => {
            let place = branch(&target.name);
            format!("reverted {} on {place}: {}", page.bold(&named(&reverted.tasks)), count(reverted.files, "file"))
        }
        None => format!("reverted {}", page.bold(&named(&reverted.tasks))),
    }];
    lines.extend(reverted.notes.iter().map(|note| format!("  {}", plain(note))));
    lines.push(format!("  to bring it back: {} land {}", program(), words(&reverted.tasks)));
    lines.extend(reverted.git_line.as_ref().map(|line| format!("  without takeback: {line}")));
    lines.join("\n")
}

/// Who changed the paths of a conflict after the landing.
fn changed_since(refusal: &Refusal, later: &[Later]) -> Vec<String> {
    let meets = |later: &&Later| refusal.kind == RefusalKind::Conflict && later.paths.iter().any(|p| refusal.paths.contains(p));
    let all: Vec<_> = later.iter().filter(meets).collect();
    let line = |later: &&Later| format!("  changed since by {}: {}", later.commit.short(), plain(&later.subject));
    let more = all.len().saturating_sub(SHOWN);
    let rest = (more > 0).then(|| format!("  … and by {}: --json lists all", count(more as u64, "more commit")));
    all.iter().take(SHOWN).map(line).chain(rest).collect()
}

/// The next command to type, for the tasks `id`.
fn way_out(refusal: &Refusal, id: &str) -> String {
    use RefusalKind as R;
    let us = program();
    match refusal.kind {
        R::Conflict => {
            let paths: Vec<_> = refusal.paths.iter().take(3).map(pathspec).collect();
            let paths = paths.join(" ");
            format!(
                "git log -p -- {paths} shows what came later; take the change out by hand, then {us} revert {id} --as COMMIT writes it down"
            )
        }
        R::Dirty if refusal.paths.is_empty() => "finish it, or give it up (git status says how), then try again".to_owned(),
        R::Dirty => "commit, stash or move these files away: git stash push --include-untracked".to_owned(),
        R::Protected => format!("{us} revert {id} --to NEW-BRANCH makes a branch for a pull request; --force moves it"),
        R::Hook => format!("{us} revert {id} -m TEXT words it another way; --no-verify does not ask the hook"),
        R::Running => format!("{us} wait {id}"),
        R::Stale => format!("{us} revert {id} tries again"),
        R::State if refusal.commit.is_some() => "git log --oneline shows which commit it was".to_owned(),
        _ => format!("{us} show {id}"),
    }
}

/// A path as a shell and git take it, from whatever folder.
fn pathspec(path: &RepoPath) -> String {
    let spec = format!(":(top,literal){}", plain(&path.to_string()));
    shlex::try_quote(&spec).map_or_else(|_| spec.clone(), Into::into)
}
