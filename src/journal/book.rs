//! Where every task stands: the journal's decisions over the attempts' records.

use std::collections::HashSet;

use crate::id::{Name, Resolved, Uid, resolve};
use crate::store::{Site, tasks};
use crate::sys::file;
use crate::sys::lock::Lock;
use crate::task::{Record, Spec, State};

use super::log::Error as LogError;
use super::{BatchEntry, Fold, TaskEntry};

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
    /// Whether it is a task of a batch that nobody has begun yet, or that is to be tried again.
    pub(crate) waits: bool,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named<'b> {
    Task(&'b TaskEntry),
    Batch(&'b BatchEntry),
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
    /// A task is meant, and a batch is named.
    #[error("`{batch}` is a batch")]
    IsBatch {
        /// The batch.
        batch: Name,
        /// The first of its tasks.
        first: Name,
    },
    /// A batch is meant, and no batch is called so.
    #[error("there is no batch `{0}`")]
    NoBatch(String),
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
        Ok(Self { site, fold: Fold::read(&site.layout)? })
    }

    /// Finds what a user means: a task or a batch by name, or by a prefix of it that fits no other, or a task by uid. A batch's name
    /// is a prefix of its tasks' names, and stands for the batch.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], [`Error::Ambiguous`].
    pub(crate) fn find_any(&self, text: &str) -> Result<Named<'_>, Error> {
        let is_of_batch = text.contains('.');
        let tasks = self.fold.tasks().iter().filter(|task| is_of_batch || task.member.is_none());
        let tasks = tasks.map(|task| (task.id.as_str(), Named::Task(task)));
        let batches = self.fold.batches().iter().map(|batch| (batch.id.as_str(), Named::Batch(batch)));
        match resolve(text, tasks.chain(batches)) {
            Resolved::One(found) => Ok(found),
            Resolved::Ambiguous(found) => {
                let candidates = found.iter().map(|named| named.id().to_string()).collect();
                Err(Error::Ambiguous { text: text.to_owned(), candidates })
            }
            Resolved::None => {
                let uid = text.parse::<Uid>().map_err(|_| Error::Unknown(text.to_owned()))?;
                let batch = || self.fold.batch(&uid).map(Named::Batch);
                self.fold.task(&uid).map(Named::Task).or_else(batch).ok_or_else(|| Error::Unknown(text.to_owned()))
            }
        }
    }

    /// Finds the task that a user means.
    ///
    /// # Errors
    ///
    /// As [`Self::find_any`]; [`Error::IsBatch`] for a batch.
    pub(crate) fn find(&self, text: &str) -> Result<&TaskEntry, Error> {
        match self.find_any(text)? {
            Named::Task(task) => Ok(task),
            Named::Batch(batch) => Err(Error::IsBatch { batch: batch.id.clone(), first: batch.id.member(1) }),
        }
    }

    /// Finds the batch that a user means.
    ///
    /// # Errors
    ///
    /// [`Error::NoBatch`] where nothing, or a task, is called so.
    pub(crate) fn find_batch(&self, text: &str) -> Result<&BatchEntry, Error> {
        match self.find_any(text) {
            Ok(Named::Batch(batch)) => Ok(batch),
            Ok(Named::Task(_)) | Err(Error::Unknown(_)) => Err(Error::NoBatch(text.to_owned())),
            Err(e) => Err(e),
        }
    }

    /// Finds the tasks that a user means, each once, in the order in which they are named: a batch stands for all that are its now.
    ///
    /// # Errors
    ///
    /// As [`Self::find_any`].
    pub(crate) fn find_all(&self, texts: &[String]) -> Result<Vec<&TaskEntry>, Error> {
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        for text in texts {
            let named: Vec<&TaskEntry> = match self.find_any(text)? {
                Named::Task(task) => vec![task],
                Named::Batch(batch) => self.fold.tasks_of(batch).collect(),
            };
            found.extend(named.into_iter().filter(|task| seen.insert(task.uid.clone())));
        }
        Ok(found)
    }

    /// Reads all that is known of a task.
    ///
    /// # Errors
    ///
    /// [`Error::Task`] if its spec is missing or unreadable.
    pub(crate) fn standing(&self, entry: &TaskEntry) -> Result<Standing, Error> {
        let layout = &self.site.layout;
        if let Some((batch, place)) = self.fold.batch_of(entry)
            && !layout.spec(&entry.uid).exists()
            && let Some(spec) = batch.plan.spec(place)
        {
            return Ok(self.not_begun(entry, spec));
        }
        let spec = tasks::load_spec(layout, &entry.uid)?;
        let own = self.site.repository();
        let record = tasks::load_record(layout, &entry.uid, entry.attempt)?;
        let record = record.unwrap_or_else(|| self.queued(entry, &spec));
        let under_way = entry.decision.is_none() && (record.again || !record.state.is_over());
        let foreign = self.site.is_fresh_copy() || own.is_some_and(|own| *own != record.repository);
        let own_state = if record.again { State::Queued } else { record.state };
        let state = if under_way && foreign { State::Unknown } else { entry.decision.unwrap_or(own_state) };
        let is_alone = under_way && !foreign && !Lock::is_held(&layout.attempt(&entry.uid, entry.attempt).lock())?;
        let waits = is_alone && entry.member.is_some() && own_state == State::Queued;
        Ok(Standing { entry: entry.clone(), spec, record, state, abandoned: is_alone && !waits, waits })
    }

    /// A task of a batch whose turn has not come: there is nothing of it on disk but the batch.
    fn not_begun(&self, entry: &TaskEntry, spec: Spec) -> Standing {
        let record = self.queued(entry, &spec);
        let state = entry.decision.unwrap_or(State::Queued);
        Standing { entry: entry.clone(), spec, record, state, abandoned: false, waits: state == State::Queued }
    }

    fn queued(&self, entry: &TaskEntry, spec: &Spec) -> Record {
        let repository = self.site.repository().cloned().unwrap_or_else(Uid::random);
        Record::queued(entry.attempt, repository, spec.base)
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

impl Named<'_> {
    fn id(&self) -> &Name {
        match self {
            Self::Task(task) => &task.id,
            Self::Batch(batch) => &batch.id,
        }
    }
}

impl Standing {
    /// Tells whether nobody is at work on it, though it is not over.
    pub(crate) fn is_alone(&self) -> bool {
        self.abandoned || self.waits
    }

    /// The task's place on disk and in refs.
    pub(crate) fn uid(&self) -> &Uid {
        &self.entry.uid
    }
}
