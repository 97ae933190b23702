//! Which tasks may land, by their state and their record alone.

use super::{LandWish, Refusal, RefusalKind};
use crate::journal::Standing;
use crate::task::{Checked, RepoPath, State, Step};
use crate::verify::scope::Scope;

/// Says why a task may not land; `None` if it may.
pub(crate) fn refuse(task: &Standing, wish: &LandWish, allowed: &Scope) -> Option<Refusal> {
    let refuse = |kind, message: String| Some(Refusal::new(&task.spec.id, kind, message));
    match task.state {
        State::Queued | State::Running => return refuse(RefusalKind::Running, "is still running".to_owned()),
        State::Empty => return refuse(RefusalKind::Empty, "changed nothing".to_owned()),
        State::Failed | State::Cancelled if task.record.result.is_none() => {
            return refuse(RefusalKind::Empty, format!("is {} and changed nothing", task.state));
        }
        State::Landed => return refuse(RefusalKind::Landed, "has landed already".to_owned()),
        state if state.after(Step::Land).is_err() => return refuse(RefusalKind::State, format!("is {state}")),
        _ => {}
    }
    let outside: Vec<RepoPath> = task.record.outside.iter().filter(|p| !allowed.names(p)).cloned().collect();
    if !outside.is_empty() {
        let message = "changed paths outside its scope (--allow-path lets them land)".to_owned();
        return Some(Refusal::new(&task.spec.id, RefusalKind::Outside, message).at(outside));
    }
    if task.record.checked == Some(Checked::SelfChanged) && !wish.allow_self_changed {
        let message = "changed what its check names (--allow-self-changed lets it land)".to_owned();
        let refusal = Refusal::new(&task.spec.id, RefusalKind::SelfChanged, message);
        return Some(refusal.at(task.record.self_changed.clone()));
    }
    match task.state {
        State::Failed if failed_for_scope_alone(task) => None,
        State::Failed | State::Cancelled if !wish.allow_failed => {
            refuse(RefusalKind::Failed, format!("is {} (--allow-failed lets it land)", task.state))
        }
        _ => None,
    }
}

/// A task whose only fault was named by `--allow-path` needs no `--allow-failed` as well.
fn failed_for_scope_alone(task: &Standing) -> bool {
    task.record.reason == Some(crate::task::Reason::Outside)
}
