//! Where a batch stands: its tasks' states, counted, and what that comes to.

use serde::Serialize;

use crate::id::Uid;
use crate::journal::{self, BatchEntry, Book, BookError, Stage};
use crate::store::Site;
use crate::sys::file;
use crate::sys::lock::Lock;
use crate::task;
use crate::task::Moment;

/// What is said of a batch whose tasks wait, and nobody is there to start them.
pub(crate) const NOBODY: &str = "nobody works on it";

/// Where a batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum State {
    /// Its sample is over, and the rest was not handed off.
    Sampled,
    /// Tasks of it run, or wait for their turn.
    Running,
    /// Tasks of it wait, and none will be started before somebody, or the clock, says so.
    Paused,
    /// It was stopped by its own rule.
    Halted,
    /// All its tasks are over.
    Done,
}

/// How many of a batch's tasks are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Waiting for their turn.
    pub queued: usize,
    /// At work.
    pub running: usize,
    /// With a result that can land.
    pub ready: usize,
    /// Failed.
    pub failed: usize,
    /// Ran well and changed nothing.
    pub empty: usize,
    /// Stopped by the user.
    pub cancelled: usize,
    /// On a branch.
    pub landed: usize,
    /// Thrown away.
    pub discarded: usize,
    /// Taken back from a branch.
    pub reverted: usize,
    /// At work where this repository was copied from.
    #[serde(skip_serializing_if = "is_zero")]
    pub unknown: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What a batch's tasks come to.
#[derive(Clone, Debug)]
pub(crate) struct Sum {
    /// Its tasks, counted.
    pub(crate) counts: Counts,
    /// Where it stands.
    pub(crate) state: State,
    /// Why nothing goes on, for people.
    pub(crate) why: Option<String>,
    /// When it goes on by itself.
    pub(crate) until: Option<Moment>,
    /// The time in the middle of those that tasks took which ended well, in milliseconds.
    pub(crate) median_ms: Option<u64>,
    /// How many run whose runner is there.
    pub(crate) at_work: usize,
}

/// A batch with all its tasks.
#[derive(Debug)]
pub(crate) struct Standing<'b> {
    /// What the journal says.
    pub(crate) entry: &'b BatchEntry,
    /// Its tasks, in the order of their numbers.
    pub(crate) tasks: Vec<journal::Standing>,
    /// What they come to.
    pub(crate) sum: Sum,
}

/// What of a task counts for its batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    state: task::State,
    /// Its runner is gone.
    abandoned: bool,
    /// What its command took, in milliseconds, where it ended well.
    time_ms: Option<u64>,
}

impl Share {
    /// A task's.
    pub(crate) fn of(task: &journal::Standing) -> Self {
        let record = &task.record;
        let times = record.started_at.zip(record.finished_at).filter(|_| record.reason.is_none());
        let time_ms = times.map(|(from, to)| u64::try_from(to.since(from).as_millis()).unwrap_or(u64::MAX));
        Self { state: task.state, abandoned: task.abandoned, time_ms }
    }
}

impl State {
    /// The word that users and scripts see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Halted => "halted",
            Self::Done => "done",
        }
    }
}

impl Counts {
    fn of_state(&mut self, state: task::State) -> &mut usize {
        use task::State as S;
        match state {
            S::Queued => &mut self.queued,
            S::Running => &mut self.running,
            S::Ready => &mut self.ready,
            S::Failed => &mut self.failed,
            S::Empty => &mut self.empty,
            S::Cancelled => &mut self.cancelled,
            S::Landed => &mut self.landed,
            S::Discarded => &mut self.discarded,
            S::Reverted => &mut self.reverted,
            S::Unknown => &mut self.unknown,
        }
    }

    /// All of them.
    pub fn all(&self) -> usize {
        self.over() + self.queued + self.running
    }

    /// Those whose own work is over.
    pub fn over(&self) -> usize {
        self.ready + self.failed + self.empty + self.cancelled + self.landed + self.discarded + self.reverted + self.unknown
    }
}

/// Tells whether a process is there that starts the tasks of batches.
///
/// # Errors
///
/// [`file::Error`] if its lock cannot be looked at.
pub(crate) fn is_kept(site: &Site) -> Result<bool, file::Error> {
    Lock::is_held(&site.layout.keeper_lock())
}

/// Reads where a batch stands.
///
/// # Errors
///
/// [`BookError`] where a spec or record is unreadable.
pub(crate) fn standing<'b>(site: &Site, book: &'b Book<'_>, entry: &'b BatchEntry) -> Result<Standing<'b>, BookError> {
    // In this order: whoever kept it may have gone when its last task had ended.
    let is_kept = is_kept(site)?;
    let tasks = book.fold.tasks_of(entry).map(|task| book.standing(task)).collect::<Result<Vec<_>, _>>()?;
    let sum = sum(entry, tasks.iter().map(|task| (task.uid(), Share::of(task))), is_kept);
    Ok(Standing { entry, tasks, sum })
}

/// What a batch's tasks come to; `is_kept` says whether a process was there that starts them, before they were looked at.
pub(crate) fn sum<'t>(entry: &BatchEntry, tasks: impl Iterator<Item = (&'t Uid, Share)>, is_kept: bool) -> Sum {
    let (mut counts, mut due, mut at_work, mut times) = (Counts::default(), 0, 0, Vec::new());
    for (uid, share) in tasks {
        *counts.of_state(share.state) += 1;
        due += usize::from(share.state == task::State::Queued && entry.lets(uid));
        at_work += usize::from(share.state == task::State::Running && !share.abandoned);
        times.extend(share.time_ms);
    }
    times.sort_unstable();
    let (state, why, until) = judge(entry, counts, (due, at_work), is_kept);
    Sum { counts, state, why, until, median_ms: times.get(times.len() / 2).copied(), at_work }
}

fn judge(
    entry: &BatchEntry,
    counts: Counts,
    (due, at_work): (usize, usize),
    is_kept: bool,
) -> (State, Option<String>, Option<Moment>) {
    // One that waits may have its turn, and one whose runner is gone can be recovered.
    let is_due = due > 0 || counts.running > at_work;
    match &entry.held {
        _ if counts.queued == 0 && counts.running == 0 => (State::Done, None, None),
        Some(Stage::Halted { why }) => (State::Halted, Some(why.clone()), None),
        Some(Stage::Paused { why, until }) if due > 0 => (State::Paused, Some(why.clone()), *until),
        // What runs goes on by itself, and after that nothing.
        _ if at_work > 0 && is_due && !is_kept => (State::Running, Some("nobody starts those that wait".to_owned()), None),
        _ if at_work > 0 || (is_due && is_kept) => (State::Running, None, None),
        _ if is_due => (State::Paused, Some(NOBODY.to_owned()), None),
        _ => (State::Sampled, entry.sample_why.clone(), None),
    }
}
