//! Batches: handing one off, going on with it, and where it stands.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::decide::operations;
use super::hand_off::lines_of;
use super::{Engine, Error, ErrorKind, Operation, Task};
use crate::batch::{self, BatchWish, Counts, Share, Standing, State, Sum};
use crate::id::{Name, Uid};
use crate::journal::{BatchEntry, Book};
use crate::keeper;
use crate::sys::file;
use crate::task::Moment;

/// A batch as scripts see it: DESIGN's `batch` object.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Batch {
    /// What people call it.
    pub id: Name,
    /// Its random id.
    pub uid: Uid,
    /// Where it stands.
    pub state: State,
    /// How many of its tasks are in each state.
    pub counts: Counts,
    /// Its tasks, in the order of their numbers.
    pub tasks: Vec<Name>,
    /// Why nothing goes on, where that is not plain.
    pub message: Option<String>,
    /// When it goes on by itself; `None` where it does not.
    pub until: Option<Moment>,
    /// The time in the middle of those that its tasks took which ended well, in milliseconds; `None` before one has.
    pub median_ms: Option<u64>,
    /// How many of its tasks run at once.
    pub jobs: u32,
    /// When it was handed off.
    pub queued_at: Moment,
    /// How many of its tasks run whose runner is there.
    #[serde(skip)]
    pub(crate) at_work: usize,
}

/// Tasks and batches.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Overview {
    /// Tasks, those of batches too.
    pub tasks: Vec<Task>,
    /// Batches.
    pub batches: Vec<Batch>,
    /// Operations that were or are being carried out, the last first.
    pub operations: Vec<Operation>,
}

/// A batch, decided and not handed off.
pub struct BatchPlan {
    plan: batch::Plan,
}

impl BatchPlan {
    /// What it will be called.
    pub fn id(&self) -> &Name {
        &self.plan.batch.id
    }

    /// Whether nothing would be done: all of it has run, or is on its way.
    pub fn is_idle(&self) -> bool {
        !self.plan.is_new && self.plan.waiting == 0 && self.plan.again.is_empty()
    }

    /// What the user should know before it runs, a line each.
    pub fn lines(&self) -> Vec<String> {
        let plan = &self.plan;
        let mut lines = plan.lines.clone();
        let policy = &plan.batch.policy;
        let tasks = plan.batch.inputs.iter().filter(|input| input.retired.is_none()).count();
        let number = |count: usize| if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") };
        lines.push(format!("{}, {} at once (--jobs)", number(tasks), policy.jobs));
        if let Some((sample, why)) = &plan.sample {
            let why = why.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
            lines.push(format!("of these {} now; the rest waits for `takeback continue {}`{why}", sample.len(), plan.batch.id));
        }
        lines.extend(lines_of(&plan.first));
        lines
    }
}

impl Batch {
    pub(crate) fn of(entry: &BatchEntry, sum: Sum, tasks: Vec<Name>) -> Self {
        let Sum { counts, state, why, until, median_ms, at_work } = sum;
        Self {
            id: entry.id.clone(),
            uid: entry.uid.clone(),
            state,
            counts,
            tasks,
            message: why,
            until,
            median_ms,
            jobs: entry.plan.policy.jobs,
            queued_at: entry.at,
            at_work,
        }
    }

    fn standing(standing: Standing<'_>) -> Self {
        let names = standing.tasks.iter().map(|task| task.spec.id.clone()).collect();
        Self::of(standing.entry, standing.sum, names)
    }
}

impl Engine {
    /// Decides what a batch would be, and finds every error that can be found before anything runs. Changes nothing. `stdin` is what
    /// was read there, where the inputs come from it.
    ///
    /// # Errors
    ///
    /// As [`Self::plan_run`]; [`ErrorKind::Usage`] for inputs or placeholders that cannot be had,
    /// [`ErrorKind::Running`] where the same batch is under way.
    pub fn plan_batch(&self, wish: &BatchWish, stdin: &[u8]) -> Result<BatchPlan, Error> {
        Ok(BatchPlan { plan: batch::plan(&self.site, &self.dir, wish, stdin)? })
    }

    /// Hands a batch off and returns at once: a process in the background starts its tasks.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn batch(&mut self, plan: BatchPlan) -> Result<Batch, Error> {
        self.settle()?;
        self.notes.extend(self.site.state_dir()?.note);
        let uid = batch::hand_off(&self.site, plan.plan)?;
        keeper::ensure(&self.site)?;
        self.batch_by_uid(&uid)
    }

    /// Hands off what of a batch waits: the rest after its sample, or what was held up. `accept` answers a refusal by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unknown`], [`ErrorKind::Nothing`] where nothing waits,
    /// [`ErrorKind::Unchecked`] where nobody can tell whether it goes well.
    pub fn continue_batch(&mut self, id: &str, accept: &[String]) -> Result<Batch, Error> {
        self.settle()?;
        self.notes.extend(self.site.state_dir()?.note);
        let uid = batch::resume(&self.site, id, accept)?;
        keeper::ensure(&self.site)?;
        self.batch_by_uid(&uid)
    }

    /// The spec that a batch was last asked for with, and what it is called.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unknown`] where no batch is called so, [`ErrorKind::State`]
    /// where its options cannot be said in a spec.
    pub fn batch_spec(&self, id: &str) -> Result<(Name, String), Error> {
        let book = Book::open(&self.site)?;
        let batch = book.find_batch(id)?;
        let spec = batch.plan.policy.spec.clone().ok_or_else(|| {
            Error::new(ErrorKind::State, format!("`{}` was asked for with words that no spec can hold", batch.id))
                .about(&batch.id)
                .hint(format!("give its command anew: `takeback batch --name {} … -- CMD`", batch.id))
        })?;
        Ok((batch.id.clone(), spec))
    }

    /// Every task and every batch, in the order of hand-off.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] where a record is.
    pub fn overview(&self) -> Result<Overview, Error> {
        let is_kept = batch::is_kept(&self.site)?;
        let book = Book::open(&self.site)?;
        let all = book.all()?;
        let tasks = self.tasks_of(&book, &all)?;
        let shares: HashMap<_, _> = all.iter().map(|task| (task.uid(), task)).collect();
        let one = |entry: &BatchEntry| {
            let its: Vec<_> = book.fold.tasks_of(entry).filter_map(|task| shares.get(&task.uid).copied()).collect();
            let sum = batch::sum(entry, its.iter().map(|task| (task.uid(), Share::of(task))), is_kept);
            Batch::of(entry, sum, its.iter().map(|task| task.spec.id.clone()).collect())
        };
        let batches = book.fold.batches().iter().map(one).map(|batch| self.last_words(batch)).collect();
        Ok(Overview { tasks, batches, operations: operations(&book) })
    }

    /// The tasks and batches that are named, and the operations about them; a batch's tasks are among the tasks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unknown`], [`ErrorKind::Ambiguous`].
    pub fn overview_of(&self, ids: &[String]) -> Result<Overview, Error> {
        let mut overview = Overview { tasks: vec![], batches: vec![], operations: vec![] };
        for id in ids {
            match self.find_batch(id)? {
                Some((batch, tasks)) => {
                    overview.batches.push(batch);
                    overview.tasks.extend(tasks);
                }
                None => overview.tasks.push(self.task(id)?),
            }
        }
        let names: HashSet<&Name> = overview.tasks.iter().map(|task| &task.id).collect();
        let all = operations(&Book::open(&self.site)?);
        overview.operations = all.into_iter().filter(|o| o.tasks.iter().any(|name| names.contains(name))).collect();
        Ok(overview)
    }

    /// A batch with its tasks; `None` where no batch is called so.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ambiguous`].
    pub fn find_batch(&self, id: &str) -> Result<Option<(Batch, Vec<Task>)>, Error> {
        // With a dot it is the name of a task.
        if id.contains('.') {
            return Ok(None);
        }
        let book = Book::open(&self.site)?;
        let entry = match book.find_batch(id) {
            Ok(entry) => entry,
            Err(crate::journal::BookError::NoBatch(_)) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        let standing = batch::standing(&self.site, &book, entry)?;
        let tasks = self.tasks_of(&book, &standing.tasks)?;
        Ok(Some((self.last_words(Batch::standing(standing)), tasks)))
    }

    /// What last kept the process that starts tasks from its work, where nobody does it now.
    fn last_words(&self, batch: Batch) -> Batch {
        if batch.state != State::Paused || batch.message.as_deref() != Some(batch::NOBODY) {
            return batch;
        }
        let log = file::read(&self.site.layout.keeper_log()).ok().flatten();
        let words = log.map(|text| String::from_utf8_lossy(&text).trim().to_owned()).filter(|words| !words.is_empty());
        Batch { message: words.map_or(batch.message, |words| Some(format!("{}: {words}", batch::NOBODY))), ..batch }
    }

    fn batch_by_uid(&self, uid: &Uid) -> Result<Batch, Error> {
        let book = Book::open(&self.site)?;
        let entry = book.fold.batch(uid).ok_or_else(|| crate::journal::BookError::NoBatch(uid.to_string()))?;
        Ok(Batch::standing(batch::standing(&self.site, &book, entry)?))
    }
}
