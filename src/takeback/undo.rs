//! Undo and redo: the inverse of an operation, as an operation.

use std::collections::HashSet;

use super::exact::{self, Refused};
use super::words;
use crate::git;
use crate::id::{Name, Resolved, Uid, resolve};
use crate::journal::{
    BatchEntry, Book, BookError, Carried, CarryError, Decision, Folded, Kind, Move, Named, Operation, Standing, Writer,
};
use crate::store::Site;
use crate::task::{IllegalStep, Level, State};

/// A decision that takes something back, ready to be carried out.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The operation, and what was seen when it was decided.
    pub(crate) decision: Decision,
    /// What it is, in a few words.
    pub(crate) title: String,
    /// Its tasks' names.
    pub(crate) tasks: Vec<Name>,
    /// What is as it was before, a line each.
    pub(crate) restored: Vec<String>,
    /// What stays, a line each.
    pub(crate) kept: Vec<String>,
    /// What cannot be taken back, a line each.
    pub(crate) not_undone: Vec<String>,
}

/// Nothing can be taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// There is no operation that could be.
    #[error("there is nothing to {verb}")]
    Nothing {
        /// `undo` or `redo`.
        verb: &'static str,
    },
    /// The task is not over.
    #[error("`{task}` is still running")]
    Running {
        /// The task.
        task: Name,
    },
    /// The task's state forbids it.
    #[error("`{task}`: {why}")]
    State {
        /// The task.
        task: Name,
        /// Which arrow is missing.
        why: IllegalStep,
    },
    /// No decision about the task could be taken back.
    #[error("nothing was decided about `{task}`: it is {state}")]
    Undecided {
        /// The task.
        task: Name,
        /// The state it is in.
        state: State,
    },
    /// Of a batch there is no such task.
    #[error("`{batch}` has no task that could be discarded")]
    NoneLeft {
        /// The batch.
        batch: Name,
    },
    /// Nothing was decided about a batch that could be taken back.
    #[error("nothing was decided about `{batch}` that could be undone")]
    NothingOf {
        /// The batch.
        batch: Name,
    },
    /// The operation is of a kind that cannot be taken back.
    #[error("a {kind} cannot be undone")]
    Kind {
        /// Its kind.
        kind: &'static str,
    },
    /// The operation was taken back already, or never happened.
    #[error("operation {operation} was {how}")]
    Over {
        /// The operation.
        operation: Uid,
        /// What became of it.
        how: &'static str,
    },
    /// The task landed together with others.
    #[error("`{task}` landed together with {}", words::named(others))]
    Joint {
        /// The task.
        task: Name,
        /// The others.
        others: Vec<String>,
        /// The operation.
        operation: Uid,
    },
    /// It would not be exact.
    #[error("{title} cannot be taken back exactly")]
    Refused {
        /// What was to be taken back.
        title: String,
        /// The operation that was to be taken back, and its tasks' names.
        operation: Box<(Operation, Vec<Name>)>,
        /// Why not.
        source: Refused,
    },
    /// A task or operation cannot be named or read.
    #[error(transparent)]
    Book(#[from] BookError),
    /// It could not be carried out.
    #[error(transparent)]
    Carry(#[from] CarryError),
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] git::Error),
}

impl Plan {
    /// Starts a plan for an operation about these tasks.
    pub(crate) fn new(decision: Decision, tasks: &[Standing]) -> Self {
        Self {
            decision,
            title: String::new(),
            tasks: tasks.iter().map(|t| t.spec.id.clone()).collect(),
            restored: vec![],
            kept: vec![],
            not_undone: vec![],
        }
    }

    /// Carries it out.
    ///
    /// # Errors
    ///
    /// [`Error::Carry`] when the world moved on since it was planned.
    pub(crate) fn carry_out(&self, writer: &Writer<'_>) -> Result<Carried, Error> {
        Ok(writer.carry_out(&self.decision)?)
    }
}

/// Plans to take back an operation: the one named, the last about the task named, or the last of all.
///
/// # Errors
///
/// [`Error::Refused`] where it would not be exact, with why.
pub(crate) fn plan_undo(site: &Site, what: Option<&str>) -> Result<Plan, Error> {
    let book = Book::open(site)?;
    let target = match what {
        None => book.fold.last_to_undo().ok_or(Error::Nothing { verb: "undo" })?,
        Some(text) => find(&book, text)?,
    };
    inverse(site, &book, target, Kind::Undo)
}

/// Plans to take back the last undo, if nothing was decided since.
///
/// # Errors
///
/// As [`plan_undo`].
pub(crate) fn plan_redo(site: &Site) -> Result<Plan, Error> {
    let book = Book::open(site)?;
    let target = book.fold.last_to_redo().ok_or(Error::Nothing { verb: "redo" })?;
    inverse(site, &book, target, Kind::Redo)
}

fn find<'b>(book: &'b Book<'_>, text: &str) -> Result<&'b Folded, Error> {
    match book.find_any(text) {
        Ok(Named::Task(task)) => of_task(book, task),
        Ok(Named::Batch(batch)) => of_batch(book, batch),
        Err(not_a_task @ BookError::Unknown(_)) => {
            let all = book.fold.operations().iter().map(|f| (f.operation.uid.as_str(), f));
            match resolve(text, all) {
                Resolved::One(found) => check(found),
                _ => Err(not_a_task.into()),
            }
        }
        Err(e) => Err(e.into()),
    }
}

fn of_task<'b>(book: &'b Book<'_>, task: &crate::journal::TaskEntry) -> Result<&'b Folded, Error> {
    let found = task.operation.as_ref().and_then(|uid| book.fold.operation(uid));
    let Some(found) = found.filter(|found| task.decision.is_some() || found.operation.kind == Kind::Open) else {
        let state = book.standing(task)?.state;
        return Err(Error::Undecided { task: task.id.clone(), state });
    };
    if found.operation.tasks.len() > 1 && found.operation.kind == Kind::Land {
        let others = found.operation.tasks.iter().filter(|t| t.uid != task.uid);
        let others = others.filter_map(|t| book.fold.task(&t.uid)).map(|t| t.id.to_string()).collect();
        return Err(Error::Joint { task: task.id.clone(), others, operation: found.operation.uid.clone() });
    }
    check(found)
}

/// The last decision about tasks of a batch alone that can be taken back.
fn of_batch<'b>(book: &'b Book<'_>, batch: &BatchEntry) -> Result<&'b Folded, Error> {
    let its: HashSet<&Uid> = batch.plan.inputs.iter().map(|input| &input.uid).collect();
    let is_its = |found: &&Folded| {
        let operation = &found.operation;
        found.holds() && operation.kind.can_be_undone() && operation.tasks.iter().all(|task| its.contains(&task.uid))
    };
    let last = book.fold.operations().iter().rev().find(is_its);
    last.ok_or_else(|| Error::NothingOf { batch: batch.id.clone() })
}

fn check(found: &Folded) -> Result<&Folded, Error> {
    if !found.operation.kind.can_be_undone() {
        return Err(Error::Kind { kind: found.operation.kind.word() });
    }
    if !found.holds() {
        let how = if found.undone_by.is_some() { "undone already" } else { "never carried out" };
        return Err(Error::Over { operation: found.operation.uid.clone(), how });
    }
    Ok(found)
}

fn inverse(site: &Site, book: &Book<'_>, target: &Folded, kind: Kind) -> Result<Plan, Error> {
    let operation = &target.operation;
    let mut tasks = Vec::new();
    for task in operation.tasks.iter().filter_map(|t| book.fold.task(&t.uid)) {
        tasks.push(book.standing(task)?);
    }
    let title = title(kind, &title_of(book, operation), &tasks);
    let about = || Box::new((operation.clone(), tasks.iter().map(|t| t.spec.id.clone()).collect()));
    let refused = |source| Error::Refused { title: title.clone(), operation: about(), source };
    if let Some(later) = decided_later(book, target, &tasks) {
        return Err(refused(Refused::Later { task: later }));
    }
    let back = exact::backwards(&site.repo, operation)?.map_err(refused)?;
    let mut decision = Decision::about(kind, &tasks);
    decision.operation.moves = back.moves;
    decision.operation.decisive = operation.decisive;
    decision.operation.checkouts = back.checkouts;
    decision.operation.undoes = Some(operation.uid.clone());
    let mut plan = Plan::new(decision, &tasks);
    plan.title = title;
    report(site, &mut plan, &tasks)?;
    Ok(plan)
}

/// The kind of decision that is taken back, or, for a redo, done again.
fn title_of(book: &Book<'_>, operation: &Operation) -> String {
    let first = operation.undoes.as_ref().and_then(|uid| book.fold.operation(uid));
    match first.filter(|_| operation.kind == Kind::Undo) {
        Some(first) => title_of(book, &first.operation),
        None => operation.kind.noun().to_owned(),
    }
}

fn title(kind: Kind, what: &str, tasks: &[Standing]) -> String {
    let names: Vec<_> = tasks.iter().map(|t| t.spec.id.as_str()).collect();
    match kind {
        Kind::Redo => format!("the undone {what} of {}", words::named(&names)),
        _ => format!("the {what} of {}", words::named(&names)),
    }
}

/// A task about which a later decision holds. For a redo that is none, since the undone decision left the task as it was.
fn decided_later(book: &Book<'_>, target: &Folded, tasks: &[Standing]) -> Option<Name> {
    let after = book.fold.operations().iter().skip_while(|f| f.operation.uid != target.operation.uid).skip(1);
    let later: Vec<_> = after.filter(|f| f.holds() && f.operation.kind != Kind::Undo && f.operation.kind != Kind::Redo).collect();
    let about = |task: &&Standing| later.iter().any(|f| f.operation.tasks.iter().any(|t| t.uid == *task.uid()));
    tasks.iter().find(about).map(|t| t.spec.id.clone())
}

/// What a move of a ref does, in a line.
fn moved(step: &Move) -> Option<String> {
    let name = step.name.trim_start_matches("refs/heads/");
    Some(match (step.from, step.to) {
        (Some(from), Some(to)) => format!("{name} goes from {} back to {}", from.short(), to.short()),
        (None, Some(to)) => format!("the branch {name} is at {} again", to.short()),
        (Some(_), None) => format!("the branch {name} goes"),
        (None, None) => return None,
    })
}

/// Says what is restored, what stays and what cannot be taken back, before anything happens.
fn report(site: &Site, plan: &mut Plan, tasks: &[Standing]) -> Result<(), Error> {
    let operation = &plan.decision.operation;
    let (target, branches) = operation.moves.split_at(usize::from(operation.decisive).min(operation.moves.len()));
    plan.restored.extend(target.iter().filter_map(moved));
    let (again, others): (Vec<_>, Vec<_>) = branches.iter().partition(|step| step.from.is_none());
    let lines = |steps: &[&Move], all: &str| {
        words::lines(steps, |step| moved(step).unwrap_or_default(), |steps| format!("the branches of {} tasks {all}", steps.len()))
    };
    plan.restored.extend(lines(&again, "are there again"));
    plan.restored.extend(lines(&others, "go where they were"));
    for change in &operation.checkouts {
        let odb = git::repo::odb(&site.repo)?;
        let files = git::tree::changes(&odb, Some(change.from.into()), Some(change.to.into()))?.len();
        plan.restored.push(format!("{files} {} and the index of the checkout", if files == 1 { "file" } else { "files" }));
    }
    let name = |task: &Standing| task.spec.id.clone();
    let results: Vec<_> = tasks.iter().filter_map(|t| Some((name(t), t.record.result?.short()))).collect();
    plan.kept.extend(words::results(&results));
    let unguarded: Vec<_> = tasks.iter().filter(|t| t.record.sandbox.level == Level::None).map(name).collect();
    plan.not_undone.extend(words::outside(&unguarded));
    Ok(())
}
