//! Batches, as far as the journal knows them: that they are there, how much of each may run, and what holds it up.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{Name, Uid};
use crate::task::{Batch, Moment};

/// How much of a batch may run, or why none of it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "lowercase")]
pub(crate) enum Stage {
    /// These tasks alone.
    Sample {
        /// Which.
        tasks: Vec<Uid>,
        /// Why, where the user did not ask for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// All of them.
    Whole,
    /// None for now.
    Paused {
        /// Why, for people.
        why: String,
        /// When it goes on by itself; without, it does not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Moment>,
    },
    /// None.
    Halted {
        /// Why, for people.
        why: String,
    },
    /// A stage of a later version.
    #[serde(other)]
    Other,
}

/// A batch.
#[derive(Clone, Debug)]
pub(crate) struct BatchEntry {
    /// Its place on disk.
    pub(crate) uid: Uid,
    /// What people call it.
    pub(crate) id: Name,
    /// When it was handed off.
    pub(crate) at: Moment,
    /// When somebody last said how much of it may run.
    pub(crate) since: Moment,
    /// How many of its inputs there are.
    pub(crate) tasks: u32,
    /// Which revision of it holds.
    pub(crate) revision: u32,
    /// The tasks that may run; `None` where all may.
    pub(crate) sample: Option<HashSet<Uid>>,
    /// Why only these may, where the user did not ask for it.
    pub(crate) sample_why: Option<String>,
    /// What holds it up.
    pub(crate) held: Option<Stage>,
    /// Its file.
    pub(crate) plan: Arc<Batch>,
}

impl BatchEntry {
    /// Takes a line of the journal over.
    pub(super) fn enter(&mut self, at: Moment, stage: Stage) {
        if matches!(stage, Stage::Sample { .. } | Stage::Whole) {
            self.since = at;
        }
        match stage {
            Stage::Sample { tasks, why } => {
                (self.sample, self.sample_why, self.held) = (Some(tasks.into_iter().collect()), why, None);
            }
            Stage::Whole => (self.sample, self.sample_why, self.held) = (None, None, None),
            held @ (Stage::Paused { .. } | Stage::Halted { .. }) => self.held = Some(held),
            Stage::Other => {}
        }
    }

    /// How much of it may run, as it was last said.
    pub(crate) fn stage(&self) -> Stage {
        match &self.sample {
            Some(sample) => {
                let tasks = self.plan.inputs.iter().map(|input| &input.uid).filter(|uid| sample.contains(*uid)).cloned().collect();
                Stage::Sample { tasks, why: self.sample_why.clone() }
            }
            None => Stage::Whole,
        }
    }

    /// Tells whether a task may run, as far as that was decided.
    pub(crate) fn lets(&self, task: &Uid) -> bool {
        self.sample.as_ref().is_none_or(|sample| sample.contains(task))
    }

    /// The places of the inputs that are the batch's now.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> + '_ {
        let inputs = self.plan.inputs.iter().take(self.tasks as usize).enumerate();
        inputs.filter(|(_, input)| input.is_in(self.revision)).map(|(place, _)| place)
    }

    /// Tells whether the input at a place is the batch's now.
    pub(crate) fn has(&self, place: usize) -> bool {
        self.plan.inputs.get(place).is_some_and(|input| input.is_in(self.revision))
    }
}
