//! What an attempt's record comes to: its scope, its checks, its state.

use git2::{Patch, Repository};

use crate::git;
use crate::git::tree::{self, Change, Entry};
use crate::id::TreeId;
use crate::task::{Absent, Checked, FileCounts, Reason, Record, Spec, State, Step};
use crate::verify::Error;
use crate::verify::scope::Scope;

/// The largest file whose lines are counted.
const LARGEST_COUNTED_BYTES: usize = 4 << 20;

/// Finds the changed paths that lie outside a task's scope.
pub(super) fn outside(
    main: &Repository,
    record: &Record,
    base: TreeId,
    only: &[String],
) -> Result<Vec<crate::task::RepoPath>, Error> {
    let Some(tree) = record.tree.filter(|_| !only.is_empty()) else { return Ok(vec![]) };
    let scope = Scope::new(only)?;
    let changes = changes(main, base, tree)?;
    Ok(changes.into_iter().map(|c| c.path).filter(|path| !scope.allows(path)).collect())
}

/// Counts what a result changes.
pub(super) fn count(main: &Repository, base: TreeId, tree: TreeId) -> Result<FileCounts, git::Error> {
    let changes = changes(main, base, tree)?;
    let mut counts = FileCounts { changed: changes.len() as u64, insertions: 0, deletions: 0 };
    for change in &changes {
        let (insertions, deletions) = count_lines(main, change).unwrap_or_default();
        counts.insertions += insertions;
        counts.deletions += deletions;
    }
    Ok(counts)
}

fn changes(main: &Repository, base: TreeId, tree: TreeId) -> Result<Vec<Change>, git::Error> {
    let odb = git::repo::odb(main)?;
    tree::changes(&odb, Some(base.into()), Some(tree.into()))
}

/// Lines of a text file added and deleted; `None` for what is no text, or too large.
fn count_lines(main: &Repository, change: &Change) -> Option<(u64, u64)> {
    let blob = |entry: Option<Entry>| entry.filter(|e| e.mode != tree::GITLINK).and_then(|e| main.find_blob(e.id).ok());
    let (old, new) = (blob(change.old), blob(change.new));
    let content = |blob: &Option<git2::Blob<'_>>| blob.as_ref().map(|b| b.content().to_vec()).unwrap_or_default();
    let (old, new) = (content(&old), content(&new));
    if old.len().max(new.len()) > LARGEST_COUNTED_BYTES {
        return None;
    }
    let patch = Patch::from_buffers(&old, None, &new, None, None).ok()?;
    let (_, insertions, deletions) = patch.line_stats().ok()?;
    Some((insertions as u64, deletions as u64))
}

/// Decides the state, from a record that knows how the command ended, what it changed and what its checks said.
pub(super) fn decide(record: &mut Record, spec: &Spec) {
    let skips = |code| spec.batch.as_ref().is_some_and(|member| member.skip_codes.contains(&code));
    if record.reason == Some(Reason::Exit) && record.exit.and_then(|exit| exit.code).is_some_and(skips) {
        pass_over(record);
    }
    let failed_check = record.checks.iter().any(|run| !run.passed());
    if record.reason.is_none() && !record.outside.is_empty() {
        record.reason = Some(Reason::Outside);
    }
    if record.reason.is_none() && failed_check {
        record.reason = Some(Reason::Check);
    }
    let step = match (record.cancelled, record.reason, record.result) {
        (true, ..) => Step::Cancel,
        (false, Some(_), _) => Step::Fail,
        (false, None, None) => Step::ChangeNothing,
        (false, None, Some(_)) => Step::Pass,
    };
    advance(record, step);
    if record.state == State::Ready {
        record.checked = Some(match spec.checks.len() {
            0 => Checked::None,
            _ if record.self_changed.is_empty() => Checked::Passed,
            _ => Checked::SelfChanged,
        });
    }
    if record.message.is_none() {
        record.message = message(record);
    }
}

/// The command passed its input over. What it changed all the same is kept, and does not land unasked.
fn pass_over(record: &mut Record) {
    let code = record.exit.and_then(|exit| exit.code).unwrap_or_default();
    record.message = Some(format!("it passed its input over (exit code {code})"));
    record.reason = record.result.map(|_| Reason::Skipped);
}

/// Says what may be behind a failure: a path that the command names and that was not there.
pub(super) fn hint(record: &mut Record, absent: &[Absent]) {
    if let (Some(Reason::Exit), Some(first)) = (record.reason, absent.first())
        && let Some(message) = &mut record.message
    {
        *message = format!("{message}; {}", first.was_not_there());
    }
}

/// Takes a step of the task's life.
///
/// # Panics
///
/// If there is no such arrow.
pub(super) fn advance(record: &mut Record, step: Step) {
    match record.state.after(step) {
        Ok(state) => record.state = state,
        Err(e) => panic!("BUG: {e}"),
    }
}

/// A line that says what happened, where the state alone does not.
fn message(record: &Record) -> Option<String> {
    match record.reason? {
        Reason::Exit => record.exit.and_then(|e| e.code).map(|code| format!("its command ended with exit code {code}")),
        Reason::Signal => record.exit.and_then(|e| e.signal).map(|signal| format!("signal {signal} ended its command")),
        Reason::Check => {
            let failed = record.checks.iter().find(|run| !run.passed())?;
            Some(format!("the check `{}` said no", failed.command))
        }
        Reason::Outside => {
            let first = record.outside.first()?;
            Some(match record.outside.len() {
                1 => format!("it changed {first}, outside its scope"),
                n => format!("it changed {first} and {} more paths outside its scope", n - 1),
            })
        }
        _ => None,
    }
}
