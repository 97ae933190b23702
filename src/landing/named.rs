//! Which tasks a landing or a revert is about: those that are named, and of a batch those that it can be about.

use super::LandWish;
use super::plan::Error;
use crate::journal::{BatchEntry, Book, Named, Standing, TaskEntry};
use crate::task::State;

/// The tasks, each once, in the order in which they are named.
pub(super) struct Tasks {
    pub(super) tasks: Vec<Standing>,
    /// What of a batch was left out, a line for each batch.
    pub(super) notes: Vec<String>,
}

/// Finds the tasks that are to land. A batch stands for its tasks that have not landed, were not thrown away and changed something; with
/// `ready` for those that are ready.
///
/// # Errors
///
/// [`Error::Twice`] for a task that is named twice, [`Error::None`] for a batch of which nothing can land.
pub(super) fn to_land(book: &Book<'_>, wish: &LandWish) -> Result<Tasks, Error> {
    let numbers = wish.numbers.as_deref().map(numbers).transpose()?;
    let wanted = |task: &TaskEntry| {
        let number = task.member.map_or(0, |member| member.input + 1);
        numbers.as_ref().is_none_or(|ranges| ranges.iter().any(|(from, to)| (*from..=*to).contains(&number)))
    };
    let lands = |state: State| match state {
        State::Ready | State::Reverted => true,
        State::Landed | State::Discarded | State::Empty => false,
        _ => !wish.ready,
    };
    let is_batch = |id: &String| matches!(book.find_any(id), Ok(Named::Batch(_)));
    if wish.numbers.is_some() && !wish.ids.iter().any(is_batch) {
        return Err(Error::NumbersOfNone);
    }
    let mut found = Tasks { tasks: vec![], notes: vec![] };
    for id in &wish.ids {
        match book.find_any(id)? {
            Named::Task(task) => add_named(&mut found.tasks, book.standing(task)?)?,
            Named::Batch(batch) => {
                let all = members(book, batch, wanted)?;
                if numbers.is_some() && all.is_empty() {
                    return Err(Error::BadNumbers(wish.numbers.clone().unwrap_or_default()));
                }
                let note = add(&mut found.tasks, batch, all, ("land", lands))?;
                found.notes.extend(note);
            }
        }
    }
    Ok(found)
}

/// Finds the tasks that are to be taken back. A batch stands for its tasks that have landed; where none has by us, for all that have a
/// result, which somebody else may have landed.
///
/// # Errors
///
/// As [`to_land`].
pub(super) fn to_revert(book: &Book<'_>, ids: &[String]) -> Result<Vec<Standing>, Error> {
    let mut found = Vec::new();
    for id in ids {
        match book.find_any(id)? {
            Named::Task(task) => add_named(&mut found, book.standing(task)?)?,
            Named::Batch(batch) => {
                let all = members(book, batch, |_| true)?;
                let has_landed = all.iter().any(|task| task.state == State::Landed);
                let reverts = |state: State| if has_landed { state == State::Landed } else { state == State::Ready };
                add(&mut found, batch, all, ("be taken back", reverts))?;
            }
        }
    }
    Ok(found)
}

/// The checks of a landing: those that were asked for, else those that the batches were handed off with.
pub(super) fn checks(book: &Book<'_>, wish: &LandWish, tasks: &[Standing]) -> Vec<String> {
    if !wish.checks.is_empty() || wish.no_check {
        return wish.checks.clone();
    }
    let mut checks: Vec<String> = Vec::new();
    for batch in tasks.iter().filter_map(|task| book.fold.batch_of(&task.entry)).map(|(batch, _)| batch) {
        let new = batch.plan.policy.final_checks.iter().filter(|check| !checks.contains(check)).cloned();
        checks.extend(new.collect::<Vec<_>>());
    }
    checks
}

fn members(book: &Book<'_>, batch: &BatchEntry, wanted: impl Fn(&TaskEntry) -> bool) -> Result<Vec<Standing>, Error> {
    let tasks = book.fold.tasks_of(batch).filter(|task| wanted(task));
    Ok(tasks.map(|task| book.standing(task)).collect::<Result<Vec<_>, _>>()?)
}

fn add_named(found: &mut Vec<Standing>, task: Standing) -> Result<(), Error> {
    if found.iter().any(|other| other.uid() == task.uid()) {
        return Err(Error::Twice(task.spec.id));
    }
    found.push(task);
    Ok(())
}

/// Adds those tasks of a batch that can be meant, and says how the others stand.
fn add(
    found: &mut Vec<Standing>,
    batch: &BatchEntry,
    all: Vec<Standing>,
    (verb, is_meant): (&'static str, impl Fn(State) -> bool),
) -> Result<Option<String>, Error> {
    let (meant, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|task| is_meant(task.state));
    let why = states(&others);
    if meant.is_empty() {
        return Err(Error::None { batch: batch.id.clone(), verb, why });
    }
    let known: std::collections::HashSet<_> = found.iter().map(|task| task.uid().clone()).collect();
    found.extend(meant.into_iter().filter(|task| !known.contains(task.uid())));
    Ok((!others.is_empty()).then(|| format!("of {} left out: {why}", batch.id)))
}

/// How many tasks are in which state.
fn states(tasks: &[Standing]) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for task in tasks {
        *counts.entry(task.state).or_insert(0) += 1;
    }
    counts.iter().map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", ")
}

/// Reads `1-20,24`.
fn numbers(text: &str) -> Result<Vec<(usize, usize)>, Error> {
    let bad = || Error::BadNumbers(text.to_owned());
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|n| *n > 0);
    let range = |part: &str| match part.split_once('-') {
        Some((from, to)) => number(from).zip(number(to)).filter(|(from, to)| from <= to),
        None => number(part).map(|n| (n, n)),
    };
    text.split(',').map(|part| range(part).ok_or_else(bad)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_single_ones_and_ranges() {
        assert_eq!(numbers("1-20,24").unwrap(), [(1, 20), (24, 24)]);
        for bad in ["", "0", "3-1", "a", "1,,2", "1-"] {
            assert!(matches!(numbers(bad), Err(Error::BadNumbers(_))), "{bad}");
        }
    }
}
