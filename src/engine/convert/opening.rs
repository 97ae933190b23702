//! The errors of opened worktrees.

use crate::engine::{Error, ErrorKind};
use crate::runner::open::{Error as OpenError, Why};

impl From<OpenError> for Error {
    fn from(e: OpenError) -> Self {
        let message = e.to_string();
        let new = |kind| Self::new(kind, &message);
        match e {
            OpenError::Running(task) => new(ErrorKind::Running).about(task),
            OpenError::NotOpen(task) => {
                let hint = format!("`takeback open {task}` opens it; `takeback open --list` shows what is open");
                new(ErrorKind::Open).about(task).hint(hint)
            }
            OpenError::Busy { task, .. } => new(ErrorKind::Open).about(task).hint("leave it there first: `exit`"),
            OpenError::Work { task, can_be_taken: false, .. } => new(ErrorKind::Open).about(task).hint(COMMIT_IT),
            OpenError::Work { task, .. } => {
                let hint = format!("`takeback open --take {task}` makes it the task's next attempt, which can be discarded");
                new(ErrorKind::Open).about(task).hint(hint)
            }
            OpenError::Open { task, why } => new(ErrorKind::Open).about(&task).hint(way_out(task.as_str(), &why)),
            OpenError::Attempt(e) => e.into(),
            OpenError::Retry(e) => e.into(),
            OpenError::HandOff(e) => e.into(),
            OpenError::Glob(e) => new(ErrorKind::Usage).about(&e.glob),
            OpenError::Site(e) => e.into(),
            OpenError::Book(e) => e.into(),
            OpenError::Task(e) => e.into(),
            OpenError::Carry(e) => e.into(),
            OpenError::Workspace(e) => e.into(),
            OpenError::Lock(e) => e.into(),
            OpenError::File(e) => e.into(),
            OpenError::Git(e) => e.into(),
        }
    }
}

/// A task that has landed gets no new attempt; the work is its user's all the same.
const COMMIT_IT: &str =
    "commit it there on a branch of your own: `git switch -c NAME`, `git add -A`, `git commit`; then it can be closed";

/// What to do about a worktree that must stay open.
pub(in crate::engine) fn way_out(task: &str, why: &Why) -> String {
    let again = format!("then `takeback open --take {task}`");
    match why {
        Why::Inside(_) => format!("end it, or leave the folder, {again}"),
        Why::UnderWay(_) => format!("finish it, or give it up (`git status` says how), {again}"),
        Why::Submodules(_) => {
            format!("push what was committed in them, `git submodule deinit --all --force` there, move that folder away, {again}")
        }
        Why::Changed => format!("`takeback open --take {task}` keeps that too"),
        Why::Running => format!("`takeback wait {task}`, {again}"),
        Why::State(_) => COMMIT_IT.to_owned(),
        Why::Outputs(_) => format!("move them away, or allow more: `git config takeback.maxOutputs 8g`; {again}"),
    }
}
