//! What was done in an opened worktree becomes a new attempt of its task.

use std::path::Path;

use git2::Oid;

use super::look::{Look, look};
use super::{Error, Left, Why, aside};
use crate::git::commit::{self, NewCommit};
use crate::git::intake::{Cut, KeptPack};
use crate::git::{self, Intake, tree};
use crate::id::{CommitId, TreeId, Uid};
use crate::journal::{Book, Decision, Kind, PACK_LABEL, Standing, TaskRef, Writer};
use crate::runner::attempt::Attempt;
use crate::runner::keep::pin;
use crate::runner::{judge, retry};
use crate::store::layout::AttemptDir;
use crate::store::{Site, layout, tasks};
use crate::sys::lock::Lock;
use crate::sys::{clock, file};
use crate::task::{Output, Record, State, Step};
use crate::workspace::{Opened, outputs};

/// Files, commits and what was staged, as they were seen.
type Seen = (TreeId, Vec<Oid>, Option<TreeId>);

/// A new attempt, made by hand.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Its number.
    pub(crate) attempt: u32,
    /// The decision in the journal.
    pub(crate) operation: Uid,
    /// What the user should know, a line each.
    pub(crate) notes: Vec<String>,
}

/// Keeps all that was done in a worktree. `task` is as it was when the worktree was opened; it may have gone on.
///
/// # Errors
///
/// [`Error`]; up to the journal's line nothing is decided, and it can be done again.
pub(super) fn leave(site: &Site, task: &Standing, opened: &Opened) -> Result<Left, Error> {
    let book = Book::open(site)?;
    let mut task = book.look_up(task.uid().as_str())?;
    let open = |why| Ok(Left { why: Some(why), ..Left::default() });
    if !task.state.is_over() {
        return open(Why::Running);
    }
    let look = look(site, &task, opened)?;
    if look.changed == 0 {
        let side = aside::keep(site, (&task, task.entry.attempt), &look.aside())?;
        note_side(site, &mut task, &side)?;
        return Ok(Left { side, ..keep_outputs(site, &task, opened, look.outputs)? });
    }
    if task.state.after(Step::Retry).is_err() {
        return open(Why::State(task.state));
    }
    let taken = take(site, &task, opened, &look)?;
    let seen = (look.tree, look.commits, look.staged);
    let book = Book::open(site)?;
    let task = book.look_up(task.uid().as_str())?;
    let left = keep_outputs(site, &task, opened, task.record.outputs.clone())?;
    // Checks may have taken long, and an editor may be open still.
    let why = left.why.or(has_gone_on(site, &task, opened, &seen)?.then_some(Why::Changed));
    Ok(Left { taken: Some(taken), side: task.record.side, why, ..left })
}

/// Tells whether something was done in a worktree since it was looked at.
fn has_gone_on(site: &Site, task: &Standing, opened: &Opened, seen: &Seen) -> Result<bool, Error> {
    let now = look(site, task, opened)?;
    let made = now.outputs.iter().any(|output| output.amount.files > 0);
    Ok(made || (now.tree, now.commits, now.staged) != *seen)
}

/// Names refs that hang beside the result of a task's last attempt in its record.
fn note_side(site: &Site, task: &mut Standing, side: &[String]) -> Result<(), Error> {
    let new: Vec<_> = side.iter().filter(|name| !task.record.side.contains(name)).cloned().collect();
    if new.is_empty() {
        return Ok(());
    }
    task.record.side.extend(new);
    let _lock = Lock::acquire(&site.layout.attempt(task.uid(), task.entry.attempt).lock())?;
    Ok(tasks::save_record(&site.layout, task.uid(), &task.record)?)
}

fn take(site: &Site, task: &Standing, opened: &Opened, look: &Look) -> Result<Taken, Error> {
    let (uid, number) = (task.uid(), task.entry.next_attempt());
    let dir = site.layout.attempt(uid, number);
    file::make_folder(dir.path())?;
    let _lock = Lock::acquire(&dir.lock())?;
    let from = tasks::load_record(&site.layout, uid, opened.attempt().unwrap_or(task.entry.attempt))?;
    let base = from.map_or(task.record.base, |record| record.base);
    let record = keep(site, task, (number, base), look)?;
    let record = Record { worktree: Some(opened.root().into()), ..record };
    tasks::save_record(&site.layout, uid, &record)?;
    let (environment, notes) = retry::environment(site, task)?;
    let mut attempt = Attempt::open(site, uid, number)?;
    attempt.environment = environment;
    attempt.judge()?;
    attempt.finish()?;
    let operation = decide(site, task, &attempt.record)?;
    Ok(Taken { attempt: number, operation, notes })
}

/// Hangs the files, and the user's own commits, on refs. Returns the attempt's record as far as it is known then.
fn keep(site: &Site, task: &Standing, (number, base): (u32, CommitId), look: &Look) -> Result<Record, Error> {
    let uid = task.uid();
    let repository = site.repository().cloned().unwrap_or_else(Uid::random);
    // The user has tried it again by hand: it does not try itself.
    let mut record = Record { retry: task.spec.retries, ..Record::queued(number, repository, base) };
    judge::advance(&mut record, Step::Start);
    record.started_at = Some(clock::now());
    record.tree = Some(look.tree);
    record.notes.push("it was changed by hand, in an open worktree".to_owned());
    record.committed_ignored = look.committed_ignored;
    record.outputs.clone_from(&look.outputs);
    let (writer, _) = Writer::new(&site.repo, &site.layout)?;
    writer.confirm(std::slice::from_ref(&task.entry))?;
    let of_base = tree::of_commit(&site.repo, base)?;
    if look.tree != of_base {
        let (result, pack) = publish(site, task, &look.intake, (look.tree, base), "what was changed by hand")?;
        pin(&site.repo, (uid, number), &layout::result_ref(uid, number), result)?;
        pack.map_or(Ok(()), KeptPack::release)?;
        record.result = Some(result.into());
        record.files = judge::count(&site.repo, of_base, look.tree)?;
    }
    record.side = aside::keep(site, (task, number), &look.aside())?;
    record.kept = true;
    Ok(record)
}

/// Makes a commit of `tree` after `parent`, and brings it into the repository. `what` is what its message says.
pub(super) fn publish(
    site: &Site,
    task: &Standing,
    intake: &Intake,
    (tree, parent): (TreeId, CommitId),
    what: &str,
) -> Result<(Oid, Option<KeptPack>), git::Error> {
    let message = format!("{}: {what}\n\nTakeback-Task: {}\n", task.spec.id, task.uid());
    let parents = [parent.into()];
    let new = NewCommit::new(tree.into(), &parents, &message);
    let made = commit::by_takeback(intake, &new, clock::now().as_second())?;
    let label = format!("{PACK_LABEL}open {}", task.uid());
    let pack = intake.publish(&site.repo, &[made], Cut { have: &parents, strict: false }, &label)?;
    Ok((made, pack))
}

/// One line of the journal: from here on the new attempt is the task's last.
fn decide(site: &Site, task: &Standing, record: &Record) -> Result<Uid, Error> {
    let mut decision = Decision::about(Kind::Open, std::slice::from_ref(task));
    decision.operation.tasks = vec![TaskRef { uid: task.uid().clone(), attempt: record.attempt }];
    let to = record.result.unwrap_or(record.base);
    decision.operation.moves.extend(retry::branch_move(&site.repo, task, to)?);
    let (writer, _) = Writer::new(&site.repo, &site.layout)?;
    writer.carry_out(&decision)?;
    Ok(decision.operation.uid)
}

/// Moves ignored files to the outputs of the task's last attempt. What has no room there, or whose place is taken, stays.
fn keep_outputs(site: &Site, task: &Standing, opened: &Opened, found: Vec<Output>) -> Result<Left, Error> {
    let dir: AttemptDir = site.layout.attempt(task.uid(), task.entry.attempt);
    let mut found: Vec<_> = found.into_iter().filter(|output| output.amount.files > 0).collect();
    // What was moved when a crash came is not yet known as kept.
    let moved = |output: &&Output| !output.kept && !is_absent(&dir.outputs(), output) && is_absent(&opened.root(), output);
    let is_new = |output: &&Output| found.iter().all(|other| other.path != output.path);
    let earlier: Vec<_> = task.record.outputs.iter().filter(moved).filter(is_new).cloned().collect();
    found.extend(earlier);
    if found.is_empty() {
        return Ok(Left::default());
    }
    let _lock = Lock::acquire(&dir.lock())?;
    let mut record = task.record.clone();
    debug_assert!(record.state != State::Running, "BUG: a running attempt's record is its runner's");
    let (root, to) = (opened.root(), dir.outputs());
    let is_free = |output: &Output| is_absent(&to, output) || is_absent(&root, output);
    let (movable, mut left): (Vec<_>, Vec<_>) = found.into_iter().partition(is_free);
    let cap = site.config.max_outputs_bytes.saturating_sub(record.kept_outputs().bytes);
    let moved = outputs::keep(&root, movable, &to, cap)?;
    let (kept, more): (Vec<_>, Vec<_>) = moved.into_iter().partition(|output| output.kept);
    left.extend(more);
    let files = kept.iter().map(|output| output.amount.files).sum();
    record.outputs.retain(|known| kept.iter().all(|output| output.path != known.path));
    record.outputs.extend(kept);
    record.outputs.sort_by(|a, b| a.path.cmp(&b.path));
    tasks::save_record(&site.layout, task.uid(), &record)?;
    let left: u64 = left.iter().map(|output| output.amount.files).sum();
    Ok(Left { outputs: files, why: (left > 0).then_some(Why::Outputs(left)), ..Left::default() })
}

fn is_absent(folder: &Path, output: &Output) -> bool {
    folder.join(output.path.as_path()).symlink_metadata().is_err()
}
