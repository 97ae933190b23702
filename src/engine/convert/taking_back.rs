//! The errors of undo, redo and discard.

use crate::engine::{Error, ErrorKind};
use crate::id::Name;
use crate::journal::Kind;
use crate::landing::git_line_of_commits;
use crate::takeback::{Error as TakebackError, Refused};
use crate::task::{IllegalStep, State};

impl From<TakebackError> for Error {
    fn from(e: TakebackError) -> Self {
        let message = e.to_string();
        match e {
            TakebackError::Nothing { .. } => Self::new(ErrorKind::Nothing, message),
            TakebackError::Running { task } => Self::new(ErrorKind::Running, message).about(task),
            TakebackError::State { task, why } => forbidden(message, &task, &why),
            TakebackError::Undecided { task, .. } => Self::new(ErrorKind::State, message).about(task),
            TakebackError::NoneLeft { batch } | TakebackError::NothingOf { batch } => Self::new(ErrorKind::Nothing, message)
                .about(&batch)
                .hint(format!("`takeback status {batch}` shows where it stands")),
            TakebackError::Kind { kind } => Self::new(ErrorKind::State, message).about(kind),
            TakebackError::Over { operation, .. } => Self::new(ErrorKind::State, message).about(operation),
            TakebackError::Joint { task, operation, .. } => {
                let hint = format!("takeback undo {} takes all of them back", operation.short());
                Self::new(ErrorKind::Stale, message).about(task).hint(hint).or_revert()
            }
            TakebackError::Refused { source, operation, .. } => refused(message, source, &operation),
            TakebackError::Book(e) => e.into(),
            TakebackError::Carry(e) => e.into(),
            TakebackError::Git(e) => e.into(),
        }
    }
}

/// A task's state forbids a step. What has landed is to be taken back first.
pub(super) fn forbidden(message: String, task: &Name, why: &IllegalStep) -> Error {
    let error = Error::new(ErrorKind::State, message).about(task);
    if why.from == State::Landed { error.hint(format!("`takeback undo {task}` takes the landing back first")) } else { error }
}

/// An undo that would not be exact: says why, and what takes the content back all the same.
fn refused(message: String, why: Refused, (operation, tasks): &(crate::journal::Operation, Vec<Name>)) -> Error {
    let (kind, object) = match &why {
        Refused::Stale { name, .. } | Refused::CheckedOut { name } => (ErrorKind::Stale, name.clone()),
        Refused::Later { task } => (ErrorKind::Stale, task.to_string()),
        Refused::Pushed { commit, .. } => (ErrorKind::Pushed, commit.to_string()),
        Refused::Dirty { checkout, .. } => (ErrorKind::Dirty, checkout.to_string()),
        Refused::Collected(commit) => (ErrorKind::Collected, commit.to_string()),
    };
    let error = Error::new(kind, message).about(object);
    let error = if matches!(why, Refused::Stale { .. } | Refused::Pushed { .. } | Refused::Later { .. }) {
        error.or_revert()
    } else {
        error
    };
    match (&why, git_line_of_commits(operation)) {
        (Refused::Dirty { blockers, .. }, _) if blockers.is_empty() => {
            error.hint("finish it, or give it up (`git status` says how), then try again").because(why)
        }
        (Refused::CheckedOut { .. }, _) => {
            error.hint("check out another branch there: `git switch BRANCH`, then try again").because(why)
        }
        (Refused::Collected(_), _) => error.hint("`takeback ops` shows what can be taken back").because(why),
        (Refused::Dirty { blockers, .. }, _) => {
            let paths: Vec<_> = blockers.iter().take(5).map(|b| format!("{} ({})", b.path, b.kind.word())).collect();
            error.hint(format!("commit, stash or move these away, then try again: {}", paths.join(", "))).because(why)
        }
        (Refused::Stale { .. } | Refused::Pushed { .. }, _) if operation.kind == Kind::Revert => {
            let names: Vec<_> = tasks.iter().map(Name::as_str).collect();
            error.hint(format!("takeback land {} brings the change back with new commits", names.join(" "))).because(why)
        }
        (Refused::Stale { .. } | Refused::Pushed { .. }, Some(line)) => {
            error.hint(format!("to take the content back with a new commit, on that branch: {line}")).because(why)
        }
        _ => error.because(why),
    }
}
