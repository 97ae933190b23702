//! Throwing finished tasks' results away: their branches go, their commits stay in reach.

use std::collections::HashSet;

use super::undo::{Error, Plan};
use super::words;
use crate::git::{heads, refs};
use crate::id::CommitId;
use crate::journal::{Book, Decision, Kind, Move, Named, Standing};
use crate::store::Site;
use crate::task::{State, Step};

/// Plans to discard tasks.
///
/// # Errors
///
/// [`Error::State`] for a task whose state forbids it, [`Error::Running`] for one that is not over, [`Error::NoneLeft`] for a batch
/// without one. `only_failed` has of a batch the failed ones alone.
pub(crate) fn plan_discard(site: &Site, ids: &[String], only_failed: bool) -> Result<Plan, Error> {
    let book = Book::open(site)?;
    let mut tasks: Vec<Standing> = Vec::new();
    for id in ids {
        match book.find_any(id)? {
            Named::Task(task) => tasks.push(book.standing(task)?),
            Named::Batch(batch) => {
                let all = book.fold.tasks_of(batch).map(|task| book.standing(task)).collect::<Result<Vec<_>, _>>()?;
                // What was decided of a batch's tasks before stays so.
                let is_meant = |task: &Standing| {
                    if only_failed {
                        task.state == State::Failed
                    } else {
                        !matches!(task.state, State::Landed | State::Discarded | State::Reverted)
                    }
                };
                let meant: Vec<_> = all.into_iter().filter(is_meant).collect();
                if meant.is_empty() {
                    return Err(Error::NoneLeft { batch: batch.id.clone() });
                }
                tasks.extend(meant);
            }
        }
    }
    let mut seen = HashSet::new();
    tasks.retain(|task| seen.insert(task.uid().clone()));
    tasks.iter().try_for_each(check)?;
    let mut plan = Plan::new(Decision::about(Kind::Discard, &tasks), &tasks);
    for task in &tasks {
        plan_one(site, task, &mut plan)?;
    }
    let gone = std::mem::take(&mut plan.restored);
    plan.restored = words::lines(&gone, Clone::clone, |all| format!("the branches of {} tasks go", all.len()));
    let results: Vec<_> = tasks.iter().filter_map(|t| Some((&t.spec.id, t.record.result?))).collect();
    plan.kept.extend(words::lines(
        &results,
        |(_, result)| format!("the result {} stays in reach, and undo brings it back", result.short()),
        |all| {
            let names: Vec<_> = all.iter().map(|(name, _)| name).collect();
            format!("the results of {} stay in reach, and undo brings them back", words::named(&names))
        },
    ));
    "discard".clone_into(&mut plan.title);
    Ok(plan)
}

fn check(task: &Standing) -> Result<(), Error> {
    match task.state {
        State::Queued | State::Running => Err(Error::Running { task: task.spec.id.clone() }),
        state => match state.after(Step::Discard) {
            Ok(_) => Ok(()),
            Err(why) => Err(Error::State { task: task.spec.id.clone(), why }),
        },
    }
}

fn plan_one(site: &Site, task: &Standing, plan: &mut Plan) -> Result<(), Error> {
    let name = &task.spec.branch;
    let now = refs::find(&site.repo, name)?.map(CommitId::from);
    let tip = task.record.result.unwrap_or(task.record.base);
    let short = name.trim_start_matches("refs/heads/");
    match now {
        Some(_) if heads::is_checked_out(&site.repo, name)? => {
            plan.kept.push(format!("the branch {short}: it is checked out"));
        }
        Some(now) if now == tip => {
            plan.decision.operation.moves.push(Move { name: name.clone(), from: Some(now), to: None });
            plan.restored.push(format!("the branch {short} goes"));
        }
        Some(_) => plan.kept.push(format!("the branch {short}: it was moved since the task ended")),
        None => {}
    }
    let outputs = task.record.kept_outputs();
    if outputs.files > 0 {
        plan.kept.push(format!("{} output files of {}", outputs.files, task.spec.id));
    }
    Ok(())
}
