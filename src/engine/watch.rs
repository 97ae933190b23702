//! Waiting for tasks, and watching them.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::{Batch, Engine, Error, ErrorKind, Task};
use crate::batch::{self, Share};
use crate::exec::log::last_line;
use crate::id::Uid;
use crate::journal::{Book, Lookout, Standing, TaskEntry};
use crate::runner::recovery;
use crate::task::State;

// Between looks at a task that is waited for: a twentieth of the time waited.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Tasks that are looked at again and again.
pub struct Watch<'a> {
    engine: &'a Engine,
    lookout: Lookout<'a>,
    only: Option<HashSet<Uid>>,
    shares: HashMap<Uid, Share>,
    /// Somebody kept batches just before the last look.
    is_kept: bool,
}

impl Watch<'_> {
    /// Returns the tasks that stand otherwise than when this was last asked, at first all, in the order of hand-off. Whether somebody
    /// else has landed them is not looked for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] where the journal or a record is.
    pub fn changes(&mut self) -> Result<Vec<Task>, Error> {
        self.is_kept = batch::is_kept(&self.engine.site)?;
        let only = self.only.as_ref();
        let wanted = |entry: &TaskEntry| only.is_none_or(|only| only.contains(&entry.uid));
        let changes = self.lookout.changes(wanted)?;
        let of_batches = changes.iter().filter(|task| task.entry.member.is_some());
        self.shares.extend(of_batches.map(|task| (task.uid().clone(), Share::of(task))));
        Ok(changes.iter().map(|standing| Task::of(standing, None)).collect())
    }

    /// Where the batches stand whose tasks are watched, as of the last look at these; their tasks are not named.
    pub fn batches(&self) -> Vec<Batch> {
        let fold = &self.lookout.book.fold;
        let mut all = Vec::new();
        for entry in fold.batches() {
            let tasks = fold.tasks_of(entry).filter_map(|task| Some((&task.uid, *self.shares.get(&task.uid)?)));
            let sum = batch::sum(entry, tasks, self.is_kept);
            if sum.counts.all() > 0 {
                all.push(Batch::of(entry, sum, vec![]));
            }
        }
        all
    }

    /// The last line that a task's command has written.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if its log cannot be read.
    pub fn last_line(&self, task: &Task) -> Result<Option<String>, Error> {
        let log = self.engine.site.layout.attempt(&task.uid, task.attempt).log();
        Ok(last_line(&log)?.map(|line| String::from_utf8_lossy(&line).into_owned()))
    }
}

impl Engine {
    /// Begins to watch these tasks; all that there are and will be, if none is named.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unknown`], [`ErrorKind::Ambiguous`].
    pub fn watch(&self, ids: &[String]) -> Result<Watch<'_>, Error> {
        let lookout = Lookout::new(&self.site)?;
        let found = lookout.book.find_all(ids)?.into_iter().map(|task| task.uid.clone()).collect();
        Ok(Watch { engine: self, lookout, only: (!ids.is_empty()).then_some(found), shares: HashMap::new(), is_kept: false })
    }

    /// Waits until a task is over, or `tick`, called with what is known every now and then, returns false.
    ///
    /// # Errors
    ///
    /// As [`Self::task`].
    pub fn wait(&mut self, id: &str, tick: &mut dyn FnMut(&Task) -> bool) -> Result<Task, Error> {
        let uid = self.look_up(id)?.uid().clone();
        while let Some(abandoned) = self.wait_for_runner(&uid, tick)? {
            self.recover(&abandoned)?;
        }
        self.own_outcome(&uid)
    }

    /// Waits as [`Self::wait`] does, or until the task's runner is gone: the task is returned then.
    fn wait_for_runner(&self, uid: &Uid, tick: &mut dyn FnMut(&Task) -> bool) -> Result<Option<Standing>, Error> {
        let started = Instant::now();
        let mut lookout = Lookout::new(&self.site)?;
        let mut last = None;
        loop {
            if let Some(standing) = lookout.changes(|entry| entry.uid == *uid)?.pop() {
                if standing.abandoned {
                    return Ok(Some(standing));
                }
                last = Some((standing.state.is_over(), Task::of(&standing, None)));
            }
            if last.as_ref().is_none_or(|(is_over, task)| *is_over || !tick(task)) {
                return Ok(None);
            }
            if last.as_ref().is_some_and(|(_, task)| task.state == State::Queued) && self.is_held_up(uid)? {
                return Ok(None);
            }
            std::thread::sleep((started.elapsed() / 20).clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
        }
    }

    /// Tells whether a task of a batch waits for a turn that does not come by itself.
    fn is_held_up(&self, uid: &Uid) -> Result<bool, Error> {
        if batch::is_kept(&self.site)? {
            let book = Book::open(&self.site)?;
            let entry = book.fold.task(uid);
            let batch = entry.and_then(|task| book.fold.batch_of(task)).map(|(batch, _)| batch);
            return Ok(batch.is_some_and(|batch| batch.held.is_some() || !batch.lets(uid)));
        }
        let book = Book::open(&self.site)?;
        Ok(book.look_up(uid.as_str())?.waits)
    }

    /// Keeps what a task changed whose runner is gone; an error where that cannot be done now: waiting would not help.
    fn recover(&mut self, standing: &Standing) -> Result<(), Error> {
        self.notes.extend(self.site.prepare_to_write()?);
        match recovery::recover(&self.site, standing) {
            Ok(Some(line)) if self.look_up(standing.uid().as_str())?.abandoned => {
                return Err(Error::new(ErrorKind::State, line).about(&standing.spec.id));
            }
            Ok(Some(line)) => self.notes.push(line),
            Ok(None) => std::thread::sleep(LONGEST_PAUSE),
            Err(e) => {
                let e = Error::from(e);
                let message = format!("what `{}` changed cannot be kept now", standing.spec.id);
                return Err(Error::new(e.kind(), message).about(&standing.spec.id).because(e));
            }
        }
        Ok(())
    }
}
