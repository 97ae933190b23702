//! One batch as its keeper sees it: who waits, who runs, who rests, and how the others ended.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::Error;
use super::rules::{self, Outcome};
use crate::id::Uid;
use crate::journal::{BatchEntry, Book, Stage, Standing, TaskEntry};
use crate::store::Site;
use crate::task::{Batch, Moment, State};

/// A batch that is not over, or was not when it was last looked at.
#[derive(Debug)]
pub(super) struct Desk {
    /// The batch.
    pub(super) batch: Uid,
    /// Its file.
    pub(super) plan: Arc<Batch>,
    /// What holds it up.
    pub(super) held: Option<Stage>,
    /// Tasks whose turn will come, the next first.
    pub(super) waiting: VecDeque<Place>,
    /// Tasks whose runner, somewhere, holds their lock, or did when it was last looked.
    pub(super) running: Vec<Place>,
    /// Tasks that failed and are to be tried again by themselves, and when.
    pub(super) resting: Vec<(Place, Moment)>,
    /// How those ended that ended since somebody last said how much of it may run, in that order.
    pub(super) outcomes: Vec<Outcome>,
    /// How many tasks it has.
    pub(super) tasks: usize,
    /// Tasks that wait and may not run.
    pub(super) held_back: usize,
}

/// An attempt of a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The task.
    pub(super) task: Uid,
    /// The place of its input in the batch.
    pub(super) input: usize,
    /// Which attempt of it.
    pub(super) attempt: u32,
}

/// Tasks that are over, and how they ended: these are read once.
pub(super) type Known = HashMap<Uid, (TaskEntry, Option<Outcome>)>;

/// What became of an attempt.
pub(super) enum Seen {
    Waits,
    Rests(Moment),
    Runs,
    Over(Option<Outcome>),
}

impl Seen {
    /// Looks at a task that was begun.
    pub(super) fn of(standing: &Standing) -> Self {
        match standing.state {
            State::Queued if standing.record.again => {
                let ended = standing.record.finished_at.unwrap_or(standing.spec.queued_at);
                Self::Rests(ended.after(rules::rest(standing.record.retry)))
            }
            State::Queued if standing.waits => Self::Waits,
            State::Queued | State::Running => Self::Runs,
            state => Self::Over(Outcome::of(&standing.record, state)),
        }
    }
}

impl Desk {
    /// Looks at all tasks of a batch; those that are over go to `known`, and are not read again. The keeper is there since `began`.
    ///
    /// # Errors
    ///
    /// [`Error::Book`] if a record is unreadable.
    pub(super) fn set(
        site: &Site,
        book: &Book<'_>,
        entry: &BatchEntry,
        (known, began): (&mut Known, Moment),
    ) -> Result<Self, Error> {
        let mut desk = Self {
            batch: entry.uid.clone(),
            plan: Arc::clone(&entry.plan),
            held: entry.held.clone(),
            waiting: VecDeque::new(),
            running: vec![],
            resting: vec![],
            outcomes: vec![],
            tasks: 0,
            held_back: 0,
        };
        for task in book.fold.tasks_of(entry) {
            desk.tasks += 1;
            let Some(member) = task.member else { continue };
            if let Some((_, outcome)) = known.get(&task.uid).filter(|(seen, _)| seen == task) {
                desk.outcomes.extend(outcome.clone());
                continue;
            }
            let is_untouched = task.decision.is_none() && !site.layout.spec(&task.uid).exists();
            let seen = if is_untouched { Seen::Waits } else { Seen::of(&book.standing(task)?) };
            let place = Place { task: task.uid.clone(), input: member.input, attempt: task.attempt };
            match seen {
                Seen::Waits if entry.lets(&task.uid) => desk.waiting.push_back(place),
                Seen::Waits => desk.held_back += 1,
                Seen::Rests(until) => desk.resting.push((place, until)),
                Seen::Runs => desk.running.push(place),
                // It ended just before it was looked at: how it failed is still to be heard.
                Seen::Over(Some(outcome)) if outcome.failure.is_some() && outcome.at >= began => desk.running.push(place),
                Seen::Over(outcome) => {
                    desk.outcomes.extend(outcome.clone());
                    known.insert(task.uid.clone(), (task.clone(), outcome));
                }
            }
        }
        desk.outcomes.retain(|outcome| outcome.at >= entry.since);
        desk.outcomes.sort_by_key(|outcome| outcome.at);
        Ok(desk)
    }

    /// Tells whether the next of its tasks may have a turn now.
    pub(super) fn can_start(&self) -> bool {
        self.held.is_none() && !self.waiting.is_empty() && self.running.len() < self.plan.policy.jobs as usize
    }

    /// Tells whether something of it runs, or will without anybody's word.
    pub(super) fn is_at_work(&self) -> bool {
        let will_run = !self.waiting.is_empty() || !self.resting.is_empty();
        let goes_on = matches!(self.held, None | Some(Stage::Paused { until: Some(_), .. }));
        !self.running.is_empty() || (will_run && goes_on)
    }

    /// Tells whether no task of it will ever be begun again without being asked for.
    pub(super) fn is_over(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty() && self.resting.is_empty() && self.held_back == 0
    }
}
