//! Throwing finished tasks' results away: their branches go, their commits stay in reach.

use super::undo::{Error, Plan};
use super::words;
use crate::git::{heads, refs};
use crate::id::CommitId;
use crate::journal::{Book, Decision, Kind, Move, Standing};
use crate::store::Site;
use crate::task::{State, Step};

/// Plans to discard tasks.
///
/// # Errors
///
/// [`Error::State`] for a task whose state forbids it, [`Error::Running`] for one that is not over.
pub(crate) fn plan_discard(site: &Site, ids: &[String]) -> Result<Plan, Error> {
    let book = Book::open(site)?;
    let mut tasks: Vec<Standing> = Vec::new();
    for id in ids {
        let task = book.look_up(id)?;
        check(&task)?;
        if tasks.iter().all(|t| t.uid() != task.uid()) {
            tasks.push(task);
        }
    }
    let mut plan = Plan::new(Decision::about(Kind::Discard, &tasks), &tasks);
    for task in &tasks {
        plan_one(site, task, &mut plan)?;
    }
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
