//! Why a batch cannot be handed off.

use crate::id::Name;
use crate::journal::{BookError, CarryError, LogError};
use crate::runner;
use crate::store::{site, tasks};
use crate::sys::{file, lock};
use crate::task::{IllegalStep, Text};
use crate::{exec, git};

use super::inputs;

/// A batch cannot be handed off, or not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// No inputs were asked for.
    #[error("a batch needs inputs")]
    NoSource,
    /// The inputs cannot be had.
    #[error(transparent)]
    Inputs(#[from] inputs::Error),
    /// A word in braces stands for nothing.
    #[error("`{word}` in {place} stands for nothing")]
    Unbound {
        /// The word.
        word: String,
        /// Where it stands.
        place: String,
        /// The words that would stand for something.
        columns: Vec<String>,
    },
    /// A shell would read an input as its own.
    #[error("`{placeholder}` stands in quotes in {place}, where the shell would read the input `{input}` as its own")]
    Quoted {
        /// As it is written.
        placeholder: String,
        /// Where it stands.
        place: String,
        /// An input that would come apart.
        input: Text,
    },
    /// Two inputs come to the same task.
    #[error("`{first}` and `{second}` come to the same task: {command}")]
    Same {
        /// The one.
        first: Text,
        /// The other.
        second: Text,
        /// What both would do.
        command: String,
    },
    /// `--sample` names what is no input.
    #[error("`{0}` is none of the inputs")]
    NoSuchInput(Text),
    /// The name is a task's.
    #[error("there is a task `{0}` already")]
    IsTask(Name),
    /// It is not over, and nothing would be done otherwise.
    #[error("`{batch}` is under way: {open} of its tasks are not over")]
    UnderWay {
        /// The batch.
        batch: Name,
        /// How many of its tasks are not.
        open: usize,
    },
    /// Another command has changed it meanwhile.
    #[error("another command has changed `{0}` meanwhile")]
    Overtaken(Name),
    /// Nobody can tell whether the rest would go well.
    #[error("`{batch}` has no check, and {rest} of its tasks have not run")]
    NoCheck {
        /// The batch.
        batch: Name,
        /// How many wait.
        rest: usize,
    },
    /// All of it has run.
    #[error("nothing of `{0}` waits for its turn")]
    NothingWaits(Name),
    /// `--accept` names no refusal.
    #[error("`{0}` is no refusal that could be answered")]
    NoSuchRefusal(String),
    /// A task cannot be tried again.
    #[error("`{task}`: {why}")]
    Retry {
        /// The task.
        task: Name,
        /// Which arrow is missing.
        why: IllegalStep,
    },
    /// A task cannot have another attempt.
    #[error(transparent)]
    Again(#[from] runner::retry::RetryError),
    /// As for a single task.
    #[error(transparent)]
    HandOff(#[from] runner::Error),
    /// Its environment cannot be kept or read.
    #[error(transparent)]
    Environment(#[from] exec::environment::Error),
    /// A task or a batch cannot be named or read.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The journal cannot be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A decision was not carried out.
    #[error(transparent)]
    Carry(#[from] CarryError),
    /// Its file cannot be written.
    #[error(transparent)]
    Task(#[from] tasks::Error),
    /// The repository cannot be used.
    #[error(transparent)]
    Site(#[from] site::Error),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] file::Error),
    /// Somebody else is deciding.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] git::Error),
}
