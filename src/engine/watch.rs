//! Waiting for tasks, and watching them.

use std::time::{Duration, Instant};

use super::{Engine, Error, ErrorKind, Task};
use crate::exec::log::last_line;
use crate::id::Uid;
use crate::journal::{Lookout, Standing, TaskEntry};
use crate::runner::recovery;

// Between looks at a task that is waited for: a twentieth of the time waited.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Tasks that are looked at again and again.
pub struct Watch<'a> {
    engine: &'a Engine,
    lookout: Lookout<'a>,
    only: Option<Vec<Uid>>,
}

impl Watch<'_> {
    /// Returns the tasks that stand otherwise than when this was last asked, at first all, in the order of hand-off. Whether somebody
    /// else has landed them is not looked for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] where the journal or a record is.
    pub fn changes(&mut self) -> Result<Vec<Task>, Error> {
        let only = self.only.as_deref();
        let wanted = |entry: &TaskEntry| only.is_none_or(|only| only.contains(&entry.uid));
        Ok(self.lookout.changes(wanted)?.iter().map(|standing| Task::of(standing, None)).collect())
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
        let found = ids.iter().map(|id| Ok(lookout.book.find(id)?.uid.clone())).collect::<Result<Vec<_>, Error>>()?;
        Ok(Watch { engine: self, lookout, only: (!ids.is_empty()).then_some(found) })
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
            std::thread::sleep((started.elapsed() / 20).clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
        }
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
