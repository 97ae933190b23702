//! What the journal's lines come to: which tasks there are, what was decided of each, what is undone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::log::{self, Error};
use super::{BatchEntry, Entry, Kind, Operation};
use crate::id::{Name, Uid};
use crate::store::{Layout, batches};
use crate::task::{Batch, State};

/// All that the journal says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fold {
    tasks: Vec<TaskEntry>,
    batches: Vec<BatchEntry>,
    operations: Vec<Folded>,
    places: HashMap<Uid, usize>,
}

/// A task, as far as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskEntry {
    /// Its place on disk and in refs.
    pub(crate) uid: Uid,
    /// What people call it.
    pub(crate) id: Name,
    /// Its last attempt.
    pub(crate) attempt: u32,
    /// The highest number that an attempt of it ever had, also one that was undone: the next one's is above.
    pub(crate) highest: u32,
    /// The state decided by an operation; without one the attempt's record says.
    pub(crate) decision: Option<State>,
    /// The last operation about it that holds.
    pub(crate) operation: Option<Uid>,
    /// Where it stands in a batch.
    pub(crate) member: Option<Member>,
}

/// A task's place in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The batch, by its place among all.
    pub(crate) batch: usize,
    /// Its input, by its place among the batch's.
    pub(crate) input: usize,
}

/// An operation with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folded {
    /// As it was written before it was carried out.
    pub(crate) operation: Operation,
    /// How far it came.
    pub(crate) status: Status,
    /// The operation that took it back and still holds.
    pub(crate) undone_by: Option<Uid>,
}

/// How far an operation came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Written, not settled.
    Open,
    /// Carried out.
    Done,
    /// Not carried out.
    Dropped,
}

impl TaskEntry {
    /// The number of the attempt that comes next.
    pub(crate) fn next_attempt(&self) -> u32 {
        self.highest + 1
    }
}

impl Folded {
    /// Tells whether it was carried out and not taken back.
    pub(crate) fn holds(&self) -> bool {
        self.status == Status::Done && self.undone_by.is_none()
    }
}

impl Fold {
    /// Reads the journal, and the batches that it names.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] for a broken line before the last, [`Error::Batch`] for a batch that cannot be read.
    pub(crate) fn read(layout: &Layout) -> Result<Self, Error> {
        Self::of(log::read(layout)?, |batch| Ok(batches::load(layout, batch)?), |task| layout.spec(task).exists())
    }

    /// Folds the journal's lines. `load` reads a batch, and `has_begun` tells whether a task of one was ever started.
    fn of(
        entries: Vec<Entry>,
        load: impl Fn(&Uid) -> Result<Batch, Error>,
        has_begun: impl Fn(&Uid) -> bool,
    ) -> Result<Self, Error> {
        let mut fold = Self::default();
        let mut at = HashMap::new();
        for entry in entries {
            match entry {
                Entry::Task { uid, id, .. } => fold.add_task(uid, id, None),
                batch @ Entry::Batch { .. } => fold.add_batch(batch, &load)?,
                Entry::Stage { batch, at, stage } => {
                    if let Some(batch) = fold.batches.iter_mut().find(|b| b.uid == batch) {
                        batch.enter(at, stage);
                    }
                }
                Entry::Intent(operation) => {
                    at.insert(operation.uid.clone(), fold.operations.len());
                    fold.operations.push(Folded { operation: *operation, status: Status::Open, undone_by: None });
                }
                Entry::Done { operation } => fold.set_status(at.get(&operation), Status::Done),
                Entry::Dropped { operation, .. } => fold.set_status(at.get(&operation), Status::Dropped),
                Entry::Other => {}
            }
        }
        fold.forget_retired(has_begun);
        fold.find_undone(&at);
        fold.decide();
        Ok(fold)
    }

    /// Every task, in the order of hand-off.
    pub(crate) fn tasks(&self) -> &[TaskEntry] {
        &self.tasks
    }

    /// The task with this uid.
    pub(crate) fn task(&self, uid: &Uid) -> Option<&TaskEntry> {
        self.places.get(uid).map(|at| &self.tasks[*at])
    }

    /// Every batch, in the order of hand-off.
    pub(crate) fn batches(&self) -> &[BatchEntry] {
        &self.batches
    }

    /// The batch with this uid.
    pub(crate) fn batch(&self, uid: &Uid) -> Option<&BatchEntry> {
        self.batches.iter().find(|batch| batch.uid == *uid)
    }

    /// The batch that a task is of, and the place of its input there.
    pub(crate) fn batch_of(&self, task: &TaskEntry) -> Option<(&BatchEntry, usize)> {
        let Member { batch, input } = task.member?;
        Some((self.batches.get(batch)?, input))
    }

    /// The tasks that are a batch's now, in the order of their numbers.
    pub(crate) fn tasks_of<'f>(&'f self, batch: &'f BatchEntry) -> impl Iterator<Item = &'f TaskEntry> + 'f {
        batch.places().filter_map(|place| self.task(&batch.plan.inputs[place].uid))
    }

    /// Tells whether a task or a batch is called so.
    pub(crate) fn is_taken(&self, name: &Name) -> bool {
        self.batches.iter().any(|batch| batch.id == *name) || self.tasks.iter().any(|task| task.id == *name)
    }

    /// Every operation, in the order of decision.
    pub(crate) fn operations(&self) -> &[Folded] {
        &self.operations
    }

    /// The operation with this uid.
    pub(crate) fn operation(&self, uid: &Uid) -> Option<&Folded> {
        self.operations.iter().find(|f| f.operation.uid == *uid)
    }

    /// Operations that a crash left open.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|f| f.status == Status::Open).map(|f| &f.operation)
    }

    /// The last operation that holds and that `undo` can take back.
    pub(crate) fn last_to_undo(&self) -> Option<&Folded> {
        self.operations.iter().rev().find(|f| f.holds() && f.operation.kind.can_be_undone())
    }

    /// The last undo that holds, unless something was decided since.
    pub(crate) fn last_to_redo(&self) -> Option<&Folded> {
        self.operations
            .iter()
            .rev()
            .filter(|f| f.status == Status::Done)
            .find(|f| match f.operation.kind {
                Kind::Undo => f.undone_by.is_none(),
                Kind::Redo => false,
                _ => true,
            })
            .filter(|f| f.operation.kind == Kind::Undo)
    }

    fn add_task(&mut self, uid: Uid, id: Name, member: Option<Member>) {
        if !self.places.contains_key(&uid) {
            self.places.insert(uid.clone(), self.tasks.len());
            self.tasks.push(TaskEntry { uid, id, attempt: 1, highest: 1, decision: None, operation: None, member });
        }
    }

    /// A batch's tasks exist from its line on, whether they were started or not.
    fn add_batch(&mut self, line: Entry, load: impl Fn(&Uid) -> Result<Batch, Error>) -> Result<(), Error> {
        let Entry::Batch { uid, id, at, tasks, revision } = line else { return Ok(()) };
        let place = self.batches.iter().position(|batch| batch.uid == uid).unwrap_or(self.batches.len());
        if let Some(batch) = self.batches.get_mut(place) {
            (batch.tasks, batch.revision) = (tasks, revision);
        } else {
            let plan = Arc::new(load(&uid)?);
            let (sample, sample_why, held) = (None, None, None);
            self.batches.push(BatchEntry { uid, id, at, since: at, tasks, revision, sample, sample_why, held, plan });
        }
        let plan = Arc::clone(&self.batches[place].plan);
        for (input, task) in plan.inputs.iter().enumerate().take(tasks as usize) {
            self.add_task(task.uid.clone(), plan.task_name(input), Some(Member { batch: place, input }));
        }
        Ok(())
    }

    /// What was never started and is none of its batch's any more was never there.
    fn forget_retired(&mut self, has_begun: impl Fn(&Uid) -> bool) {
        let batches = &self.batches;
        let stays =
            |task: &TaskEntry| task.member.is_none_or(|member| batches[member.batch].has(member.input)) || has_begun(&task.uid);
        if self.tasks.iter().all(stays) {
            return;
        }
        self.tasks.retain(stays);
        self.places = self.tasks.iter().enumerate().map(|(at, task)| (task.uid.clone(), at)).collect();
    }

    fn set_status(&mut self, at: Option<&usize>, status: Status) {
        if let Some(at) = at {
            self.operations[*at].status = status;
        }
    }

    /// From the last backwards: what is undone itself undoes nothing.
    fn find_undone(&mut self, at: &HashMap<Uid, usize>) {
        let mut undone = HashSet::new();
        for i in (0..self.operations.len()).rev() {
            let folded = &self.operations[i];
            if folded.status != Status::Done || undone.contains(&i) {
                continue;
            }
            if let Some(target) = folded.operation.undoes.as_ref().and_then(|uid| at.get(uid)).copied() {
                let by = folded.operation.uid.clone();
                self.operations[target].undone_by = Some(by);
                undone.insert(target);
            }
        }
    }

    fn count_attempts(&mut self) {
        for folded in self.operations.iter().filter(|f| f.status == Status::Done && f.operation.kind.makes_attempt()) {
            for task in &folded.operation.tasks {
                if let Some(at) = self.places.get(&task.uid) {
                    self.tasks[*at].highest = self.tasks[*at].highest.max(task.attempt);
                }
            }
        }
    }

    fn decide(&mut self) {
        self.count_attempts();
        for folded in self.operations.iter().filter(|f| f.holds()) {
            let operation = &folded.operation;
            for task in &operation.tasks {
                let Some(entry) = self.places.get(&task.uid).map(|at| &mut self.tasks[*at]) else { continue };
                if operation.kind.makes_attempt() {
                    entry.attempt = task.attempt;
                    entry.decision = None;
                } else if let Some(state) = operation.kind.decides() {
                    entry.decision = Some(state);
                } else {
                    continue;
                }
                entry.operation = Some(operation.uid.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::TaskRef;
    use crate::task::Moment;

    fn moment() -> Moment {
        serde_json::from_str("\"2026-01-02T03:04:05Z\"").unwrap()
    }

    fn task() -> (Uid, Entry) {
        let uid = Uid::random();
        (uid.clone(), Entry::Task { uid, id: Name::slug("t"), at: moment() })
    }

    fn done(kind: Kind, task: &Uid, undoes: Option<&Uid>) -> (Uid, [Entry; 2]) {
        let attempt = if matches!(kind, Kind::Retry | Kind::Open) { 2 } else { 1 };
        let mut operation = Operation::new(kind, moment(), vec![TaskRef { uid: task.clone(), attempt }]);
        operation.undoes = undoes.cloned();
        let uid = operation.uid.clone();
        (uid.clone(), [Entry::Intent(Box::new(operation)), Entry::Done { operation: uid }])
    }

    fn fold(parts: &[&[Entry]]) -> Fold {
        Fold::of(parts.concat(), |batch| panic!("no batch {batch}"), |_| true).unwrap()
    }

    #[test]
    fn a_landing_holds_until_it_is_undone_and_again_when_the_undo_is() {
        let (t, handed_off) = task();
        let (land, landed) = done(Kind::Land, &t, None);
        let (undo, undone) = done(Kind::Undo, &t, Some(&land));
        let (_, redone) = done(Kind::Redo, &t, Some(&undo));
        let start = std::slice::from_ref(&handed_off);
        let state = |parts: &[&[Entry]]| fold(parts).task(&t).unwrap().decision;
        assert_eq!(state(&[start]), None);
        assert_eq!(state(&[start, &landed]), Some(State::Landed));
        assert_eq!(state(&[start, &landed, &undone]), None);
        assert_eq!(state(&[start, &landed, &undone, &redone]), Some(State::Landed));
    }

    #[test]
    fn undo_walks_back_past_what_is_undone_and_redo_ends_with_a_new_decision() {
        let (t, handed_off) = task();
        let (discard, discarded) = done(Kind::Discard, &t, None);
        let (retry, retried) = done(Kind::Retry, &t, None);
        let (land, landed) = done(Kind::Land, &t, None);
        let (undo, undone) = done(Kind::Undo, &t, Some(&land));
        let all: &[&[Entry]] = &[&[handed_off], &discarded, &retried, &landed, &undone];
        let before = fold(all);
        assert_eq!(before.last_to_undo().unwrap().operation.uid, discard);
        assert_eq!(before.last_to_redo().unwrap().operation.uid, undo);
        assert_eq!(before.task(&t).unwrap().attempt, 2);
        assert_eq!(before.task(&t).unwrap().operation, Some(retry));
        let (_, again) = done(Kind::Land, &t, None);
        let after = fold(&[&all.concat(), &again]);
        assert!(after.last_to_redo().is_none());
    }

    #[test]
    fn an_attempt_that_is_undone_keeps_its_number() {
        let (t, handed_off) = task();
        let (open, opened) = done(Kind::Open, &t, None);
        let (undo, undone) = done(Kind::Undo, &t, Some(&open));
        let (_, redone) = done(Kind::Redo, &t, Some(&undo));
        let start = std::slice::from_ref(&handed_off);
        let numbers = |parts: &[&[Entry]]| fold(parts).task(&t).map(|task| (task.attempt, task.highest)).unwrap();
        assert_eq!(numbers(&[start]), (1, 1));
        assert_eq!(numbers(&[start, &opened]), (2, 2));
        assert_eq!(numbers(&[start, &opened, &undone]), (1, 2));
        assert_eq!(numbers(&[start, &opened, &undone, &redone]), (2, 2));
    }

    #[test]
    fn an_operation_that_is_open_or_dropped_decides_nothing() {
        let (t, handed_off) = task();
        let (land, landed) = done(Kind::Land, &t, None);
        let open = fold(&[std::slice::from_ref(&handed_off), &landed[..1]]);
        assert_eq!(open.task(&t).unwrap().decision, None);
        assert_eq!(open.open().count(), 1);
        let dropped = fold(&[&[handed_off], &landed[..1], &[Entry::Dropped { operation: land, why: String::new() }]]);
        assert_eq!(dropped.task(&t).unwrap().decision, None);
        assert_eq!(dropped.open().count(), 0);
    }
}
