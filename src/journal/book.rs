//! Where every task stands: the journal's decisions over the attempts' records.

use crate::id::{Resolved, Uid, resolve};
use crate::store::{Site, tasks};
use crate::sys::file;
use crate::sys::lock::Lock;
use crate::task::{Record, Spec, State};

use super::log::Error as LogError;
use super::{Fold, TaskEntry, read};

/// The journal, and the way to what it names.
pub(crate) struct Book<'a> {
    site: &'a Site,
    /// What the journal says.
    pub(crate) fold: Fold,
}

/// A task with all that is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// What the journal says.
    pub(crate) entry: TaskEntry,
    /// What was asked.
    pub(crate) spec: Spec,
    /// What the last attempt came to.
    pub(crate) record: Record,
    /// Where it stands.
    pub(crate) state: State,
    /// Whether the process that owned the attempt is gone, though the attempt is not over.
    pub(crate) abandoned: bool,
}

/// A task cannot be named or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// Nothing is called so.
    #[error("there is no task `{0}`")]
    Unknown(String),
    /// Several tasks start so.
    #[error("`{text}` could be {}", candidates.join(", "))]
    Ambiguous {
        /// What was typed.
        text: String,
        /// The names it could stand for.
        candidates: Vec<String>,
    },
    /// The journal is unreadable.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A spec or record is unreadable.
    #[error(transparent)]
    Task(#[from] tasks::Error),
    /// A lock cannot be looked at.
    #[error(transparent)]
    File(#[from] file::Error),
}

impl<'a> Book<'a> {
    /// Reads the journal.
    ///
    /// # Errors
    ///
    /// [`Error::Log`] if it is damaged.
    pub(crate) fn open(site: &'a Site) -> Result<Self, Error> {
        Ok(Self { site, fold: Fold::of(read(&site.layout)?) })
    }

    /// Finds the task that a user means: by name, by a prefix of it that fits no other, or by uid.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], [`Error::Ambiguous`].
    pub(crate) fn find(&self, text: &str) -> Result<&TaskEntry, Error> {
        let names = self.fold.tasks().iter().map(|t| (t.id.as_str(), t));
        match resolve(text, names) {
            Resolved::One(task) => Ok(task),
            Resolved::Ambiguous(tasks) => {
                let candidates = tasks.iter().map(|t| t.id.to_string()).collect();
                Err(Error::Ambiguous { text: text.to_owned(), candidates })
            }
            Resolved::None => {
                let by_uid = text.parse::<Uid>().ok().and_then(|uid| self.fold.task(&uid));
                by_uid.ok_or_else(|| Error::Unknown(text.to_owned()))
            }
        }
    }

    /// Reads all that is known of a task.
    ///
    /// # Errors
    ///
    /// [`Error::Task`] if its spec is missing or unreadable.
    pub(crate) fn standing(&self, entry: &TaskEntry) -> Result<Standing, Error> {
        let layout = &self.site.layout;
        let spec = tasks::load_spec(layout, &entry.uid)?;
        let own = self.site.repository();
        let record = tasks::load_record(layout, &entry.uid, entry.attempt)?;
        let record = record.unwrap_or_else(|| {
            let repository = own.cloned().unwrap_or_else(Uid::random);
            Record::queued(entry.attempt, repository, spec.base)
        });
        let under_way = entry.decision.is_none() && (record.again || !record.state.is_over());
        let foreign = self.site.is_fresh_copy() || own.is_some_and(|own| *own != record.repository);
        let own_state = if record.again { State::Queued } else { record.state };
        let state = if under_way && foreign { State::Unknown } else { entry.decision.unwrap_or(own_state) };
        let abandoned = under_way && !foreign && !Lock::is_held(&layout.attempt(&entry.uid, entry.attempt).lock())?;
        Ok(Standing { entry: entry.clone(), spec, record, state, abandoned })
    }

    /// Finds a task and reads all that is known of it.
    ///
    /// # Errors
    ///
    /// As [`Self::find`] and [`Self::standing`].
    pub(crate) fn look_up(&self, text: &str) -> Result<Standing, Error> {
        self.standing(self.find(text)?)
    }

    /// Every task, in the order of hand-off.
    ///
    /// # Errors
    ///
    /// As [`Self::standing`].
    pub(crate) fn all(&self) -> Result<Vec<Standing>, Error> {
        self.fold.tasks().iter().map(|entry| self.standing(entry)).collect()
    }
}

impl Standing {
    /// The task's place on disk and in refs.
    pub(crate) fn uid(&self) -> &Uid {
        &self.entry.uid
    }
}
