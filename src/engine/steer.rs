//! Stopping tasks, and trying them again.

use super::{Engine, Error, ErrorKind, Task};
use crate::batch;
use crate::journal::{Book, Decision, Kind, Named, Standing, Writer};
use crate::keeper;
use crate::runner::{cancel, retry};
use crate::task::State;

impl Engine {
    /// Stops tasks: everything that belongs to them is ended, and what they changed is kept. A batch stands for its tasks that are not
    /// over; those whose turn has not come are taken out of the row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] for a task that is over, or a batch.
    pub fn cancel(&mut self, ids: &[String]) -> Result<Vec<Task>, Error> {
        self.settle()?;
        let mut asked = Vec::new();
        for id in ids {
            asked.extend(self.find_open(id)?);
        }
        loop {
            let begun = self.cancel_waiting(&asked)?;
            if begun.is_empty() {
                return self.outcomes(&asked);
            }
            // One that ended just before it was asked to may wait for its next attempt then.
            self.end(&begun)?;
        }
    }

    /// Asks tasks that are at work to end, and waits until they have.
    fn end(&mut self, begun: &[Standing]) -> Result<(), Error> {
        for standing in begun {
            cancel::request(&self.site.layout, standing)?;
            // The next attempt may have begun by itself meanwhile: it looked for a request before this one was there.
            let now = self.look_up(standing.uid().as_str())?;
            if now.entry.attempt != standing.entry.attempt && !now.state.is_over() {
                cancel::request(&self.site.layout, &now)?;
            }
        }
        for standing in begun {
            self.wait(standing.uid().as_str(), &mut |_| true)?;
        }
        Ok(())
    }

    /// The tasks as they are now, by the journal and their own attempts.
    fn outcomes(&self, asked: &[Standing]) -> Result<Vec<Task>, Error> {
        let book = Book::open(&self.site)?;
        let now = asked.iter().filter_map(|task| book.fold.task(task.uid()));
        now.map(|entry| Ok(Task::of(&book.standing(entry)?, None))).collect()
    }

    fn find_open(&self, id: &str) -> Result<Vec<Standing>, Error> {
        let book = Book::open(&self.site)?;
        let over = |name: &crate::id::Name, message: String| Error::new(ErrorKind::State, message).about(name);
        match book.find_any(id)? {
            Named::Task(task) => {
                let standing = book.standing(task)?;
                if standing.state.is_over() {
                    let name = &standing.spec.id;
                    return Err(over(name, format!("`{name}` is over: it is {}", standing.state)));
                }
                Ok(vec![standing])
            }
            Named::Batch(batch) => {
                let all = book.fold.tasks_of(batch).map(|task| book.standing(task)).collect::<Result<Vec<_>, _>>()?;
                let open: Vec<_> = all.into_iter().filter(|task| !task.state.is_over()).collect();
                if open.is_empty() {
                    return Err(over(&batch.id, format!("all tasks of `{}` are over", batch.id)));
                }
                Ok(open)
            }
        }
    }

    /// Takes those out of the row whose turn has not come; returns the others, as they are by then.
    fn cancel_waiting(&self, asked: &[Standing]) -> Result<Vec<Standing>, Error> {
        let (writer, _) = Writer::new(&self.site.repo, &self.site.layout)?;
        let book = Book::open(&self.site)?;
        let now = asked.iter().filter_map(|task| book.fold.task(task.uid())).map(|task| book.standing(task));
        let (waiting, begun): (Vec<_>, Vec<_>) = now.collect::<Result<Vec<_>, _>>()?.into_iter().partition(|task| task.waits);
        if !waiting.is_empty() {
            writer.carry_out(&Decision::about(Kind::Cancel, &waiting))?;
            batch::tidy_all(&self.site, &Book::open(&self.site)?)?;
        }
        Ok(begun.into_iter().filter(|task| !task.state.is_over()).collect())
    }

    /// Tries tasks again, each as a new attempt from its own base, or from `base`. With `only_failed` a batch stands for its tasks that
    /// failed; those of batches wait for their turn.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Running`], [`ErrorKind::State`] where a task's state forbids it; [`ErrorKind::Usage`] for a batch without
    /// `only_failed`, [`ErrorKind::Nothing`] where none of it failed.
    pub fn retry(&mut self, ids: &[String], base: Option<&str>, only_failed: bool) -> Result<Vec<Task>, Error> {
        self.settle()?;
        let asked = self.find_to_retry(ids, only_failed)?;
        let (members, alone): (Vec<_>, Vec<_>) = asked.iter().partition(|task| task.entry.member.is_some());
        for standing in alone {
            let started = retry::again(&self.site, standing, base)?;
            self.notes.extend(started.notes);
        }
        if !members.is_empty() {
            let members: Vec<_> = members.into_iter().cloned().collect();
            self.notes.extend(batch::again(&self.site, &members, base)?);
            keeper::ensure(&self.site)?;
        }
        self.outcomes(&asked)
    }

    fn find_to_retry(&self, ids: &[String], only_failed: bool) -> Result<Vec<Standing>, Error> {
        let book = Book::open(&self.site)?;
        let mut found: Vec<Standing> = Vec::new();
        for id in ids {
            match book.find_any(id)? {
                Named::Task(task) => found.push(book.standing(task)?),
                Named::Batch(batch) if only_failed => {
                    let all = book.fold.tasks_of(batch).map(|task| book.standing(task)).collect::<Result<Vec<_>, _>>()?;
                    let failed: Vec<_> = all.into_iter().filter(|task| task.state == State::Failed).collect();
                    if failed.is_empty() {
                        let message = format!("no task of `{}` has failed", batch.id);
                        return Err(Error::new(ErrorKind::Nothing, message).about(&batch.id));
                    }
                    found.extend(failed);
                }
                Named::Batch(batch) => {
                    let message = format!("`{}` is a batch: which of its tasks?", batch.id);
                    let hint = format!("`takeback retry {0} --failed` takes those that failed; one is `{0}.1`", batch.id);
                    return Err(Error::new(ErrorKind::Usage, message).about(&batch.id).hint(hint));
                }
            }
        }
        Ok(found)
    }
}
