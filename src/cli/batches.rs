//! Batches as answers: a line for each, and what to type next.

use std::time::Duration;

use serde::Serialize;

use crate::cli::out::{Page, View};
use crate::cli::text::{count, duration, plain};
use crate::cli::{program, tasks};
use crate::engine::{Batch, BatchState, Counts, Task};

/// `{"batch": …}`: a batch that was handed off, or has come to where it goes on no further.
#[derive(Serialize)]
pub(super) struct Told {
    batch: Batch,
    #[serde(skip)]
    is_begun: bool,
}

impl Told {
    /// One that has just been handed off.
    pub(super) fn handed_off(batch: Batch) -> Self {
        Self { batch, is_begun: true }
    }

    /// One that was followed.
    pub(super) fn followed(batch: Batch) -> Self {
        Self { batch, is_begun: false }
    }
}

impl View for Told {
    fn text(&self, page: &Page) -> String {
        let (us, batch) = (program(), &self.batch);
        if !self.is_begun || batch.state != BatchState::Running {
            return in_full(batch, page);
        }
        let steps = [("follow", "watch"), ("see where it is", "status"), ("cancel", "cancel")];
        let lines = steps.map(|(what, verb)| format!("  {:<17}{us} {verb} {}", page.dim(what), batch.id));
        format!("{}: {}\n{}", page.bold(batch.id.as_str()), count(batch.counts.all() as u64, "task"), lines.join("\n"))
    }
}

/// A batch and its tasks, a line each.
#[derive(Serialize)]
pub(super) struct WithTasks {
    pub(super) batch: Batch,
    pub(super) tasks: Vec<Task>,
}

impl View for WithTasks {
    fn text(&self, page: &Page) -> String {
        format!("{}\n{}", in_full(&self.batch, page), tasks::lines(&self.tasks, 2, page))
    }
}

/// Name, state, how far it is, and what to type next.
pub(super) fn in_full(batch: &Batch, page: &Page) -> String {
    let mut lines = vec![line(batch, page)];
    lines.extend(batch.message.iter().map(|why| format!("  {}", plain(why))));
    lines.extend(rest(batch).map(|rest| format!("  the rest: {rest}")));
    lines.extend(next(batch).map(|next| format!("  next: {next}")));
    lines.join("\n")
}

/// Whether there is something left to decide about it, or to do.
pub(super) fn is_open(batch: &Batch) -> bool {
    let counts = &batch.counts;
    let decided = counts.landed + counts.discarded + counts.reverted + counts.empty;
    batch.state != BatchState::Done || decided < counts.all()
}

/// Name, state and how far it is.
pub(super) fn line(batch: &Batch, page: &Page) -> String {
    let state = page.paint(colour(batch.state), batch.state.word());
    format!("{} {state}: {}", page.bold(batch.id.as_str()), progress(&batch.counts))
}

/// As [`line()`], with a bar and the time that is left.
pub(super) fn followed(batch: &Batch, page: &Page) -> String {
    const WIDTH: usize = 20;
    let counts = &batch.counts;
    let full = counts.over() * WIDTH / counts.all().max(1);
    let left = estimate(batch).filter(|_| batch.state == BatchState::Running && counts.queued > 0);
    let left = left.map(|left| format!(", about {} left", duration(left))).unwrap_or_default();
    let why = batch.message.as_ref().map(|why| format!(": {}", plain(why))).unwrap_or_default();
    format!("[{}{}] {}{left}{why}", "=".repeat(full), " ".repeat(WIDTH - full), line(batch, page))
}

/// How many are done, and how they ended.
pub(super) fn progress(counts: &Counts) -> String {
    let parts: Vec<_> = [
        (counts.ready, "ready"),
        (counts.failed, "failed"),
        (counts.empty, "empty"),
        (counts.cancelled, "cancelled"),
        (counts.landed, "landed"),
        (counts.reverted, "reverted"),
        (counts.discarded, "discarded"),
        (counts.unknown, "unknown"),
        (counts.running, "running"),
    ]
    .iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    let done = format!("{} of {} done", counts.over(), counts.all());
    if parts.is_empty() { done } else { format!("{done} ({})", parts.join(", ")) }
}

/// How many wait, and how long they will take, where that can be told.
fn rest(batch: &Batch) -> Option<String> {
    let waits = batch.counts.queued;
    if waits == 0 || batch.state == BatchState::Running {
        return None;
    }
    let time = estimate(batch).map(|time| format!(", about {}", duration(time))).unwrap_or_default();
    let median = batch.median_ms.map(|ms| format!(" ({} each, {} at once)", duration(Duration::from_millis(ms)), batch.jobs));
    Some(format!("{}{time}{}", count(waits as u64, "task"), median.filter(|_| !time.is_empty()).unwrap_or_default()))
}

/// How long those that wait will take, by those that ended.
pub(super) fn estimate(batch: &Batch) -> Option<Duration> {
    let waits = u32::try_from(batch.counts.queued + batch.counts.running).unwrap_or(u32::MAX);
    batch.median_ms.map(|ms| Duration::from_millis(ms).saturating_mul(waits.div_ceil(batch.jobs.max(1))))
}

/// The commands that fit the state.
fn next(batch: &Batch) -> Option<String> {
    let (us, id, counts) = (program(), &batch.id, &batch.counts);
    let failed = (counts.failed > 0).then(|| format!("{us} retry {id} --failed"));
    let steps: Vec<String> = match batch.state {
        BatchState::Running if batch.message.is_some() => vec![format!("{us} continue {id}")],
        BatchState::Running => return None,
        BatchState::Sampled | BatchState::Paused | BatchState::Halted => {
            let look = (counts.ready > 0).then(|| format!("{us} diff {id}"));
            [Some(format!("{us} continue {id}")), look, failed].into_iter().flatten().collect()
        }
        BatchState::Done => {
            let land = (counts.ready > 0).then(|| format!("{us} diff {id} | {us} land {id}"));
            let ready = if counts.failed > 0 { land.map(|land| format!("{land} --ready")) } else { land };
            let undo = (counts.landed > 0).then(|| format!("{us} undo {id}"));
            [ready, failed, undo].into_iter().flatten().collect()
        }
    };
    (!steps.is_empty()).then(|| steps.join(" | "))
}

fn colour(state: BatchState) -> &'static str {
    match state {
        BatchState::Running => "36",
        BatchState::Done => "32",
        _ => "33",
    }
}
