//! What a caller asks of a batch, before it is decided whether it can be had.

use super::Source;
use crate::runner::RunWish;
use crate::task::{Halt, Text};

/// A batch to hand off.
#[derive(Clone, Debug, Default)]
pub struct BatchWish {
    /// What each task is to do; its command, checks, scope and environment have placeholders, and its name is the batch's.
    pub task: RunWish,
    /// Where the inputs come from.
    pub source: Option<Source>,
    /// What of it runs first, and alone.
    pub sample: Option<Sample>,
    /// How many tasks run at once; by default as many as there are processors.
    pub jobs: Option<u32>,
    /// When no more tasks are started.
    pub halt: Option<Halt>,
    /// The longest a task may run, in percent of the median of those that ended well; until three have, the task's own limit holds.
    pub timeout_percent: Option<u32>,
    /// Exit codes by which a command passes its input over.
    pub skip_codes: Vec<i32>,
    /// Exit codes by which a command stops its batch.
    pub abort_codes: Vec<i32>,
    /// Shell lines that judge the joined tree when it lands.
    pub final_checks: Vec<String>,
    /// The same as a spec's text, to be edited later.
    pub spec: Option<String>,
    /// Refusals that are answered, by name.
    pub accept: Vec<String>,
}

/// What of a batch runs first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sample {
    /// So many tasks, spread evenly over the inputs.
    Number(u32),
    /// So many of a hundred, at least one.
    Percent(u32),
    /// The tasks of these inputs.
    Inputs(Vec<Text>),
}
