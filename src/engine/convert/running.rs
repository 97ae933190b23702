//! The errors of hand-off, attempts and retry.

use super::taking_back::forbidden;
use crate::engine::{Error, ErrorKind};
use crate::exec::environment;
use crate::runner::Error as HandOffError;
use crate::runner::attempt::Error as AttemptError;
use crate::runner::bring::Error as BringError;
use crate::runner::keep;
use crate::runner::retry::RetryError;
use crate::runner::snapshot::Error as SnapshotError;
use crate::workspace::bring::Error as CopyError;

impl From<HandOffError> for Error {
    fn from(e: HandOffError) -> Self {
        let message = e.to_string();
        let new = |kind| Self::new(kind, &message);
        match e {
            HandOffError::NoCommand | HandOffError::Usage(_) => new(ErrorKind::Usage),
            HandOffError::Unborn { branch } => new(ErrorKind::Unborn).about(branch),
            HandOffError::UnknownRevision(revision) => new(ErrorKind::UnknownRevision).about(revision),
            HandOffError::UnknownFolder { folder, .. } => new(ErrorKind::UnknownFolder).about(folder),
            HandOffError::OutsideFolder(path) => {
                new(ErrorKind::UnknownFolder).about(path.display()).hint("name a folder of this checkout: `--cwd DIR`")
            }
            HandOffError::NoIdentity => new(ErrorKind::NoIdentity).about("user.name"),
            HandOffError::BadName(ref name) => new(ErrorKind::BadName).about(name.text()),
            HandOffError::MembersName(name) => new(ErrorKind::BadName).about(name),
            HandOffError::NameTaken(name) => new(ErrorKind::NameTaken).about(name),
            HandOffError::BranchTaken(branch) => {
                let hint = format!("leave `--name` out, or see what it is: `git log {branch}`");
                new(ErrorKind::NameTaken).about(branch).hint(hint)
            }
            HandOffError::PrefixIsBranch { prefix, .. } => new(ErrorKind::PrefixIsBranch).about(prefix),
            HandOffError::CommandNotFound(word) => new(ErrorKind::CommandNotFound).about(word),
            HandOffError::CommandNotInBase { word, bring: Some(bring), .. } => {
                new(ErrorKind::CommandNotFound).about(word).hint(format!("git ignores it: `--bring {bring}` has the task see it"))
            }
            HandOffError::CommandNotInBase { word, .. } => new(ErrorKind::CommandNotFound)
                .about(word)
                .hint("commit it, or hand it over with `--with-changes`; a path is relative to the folder that the task runs in"),
            HandOffError::NotExecutable { word, .. } => {
                let hint = format!("commit it with the right to run: `git add --chmod=+x {word}`");
                new(ErrorKind::CommandNotFound).about(word).hint(hint)
            }
            HandOffError::CheckNotFound { check, .. } => new(ErrorKind::CheckNotFound).about(check),
            HandOffError::GlobOutside(glob) => new(ErrorKind::Usage).about(glob),
            HandOffError::Glob(e) => new(ErrorKind::Usage).about(&e.glob),
            HandOffError::Bring(e) => e.into(),
            HandOffError::Environment(e) => variable(message, e),
            HandOffError::Snapshot(e) => e.into(),
            HandOffError::Start(e) => new(ErrorKind::Command).because(e),
            HandOffError::Site(e) => e.into(),
            HandOffError::Book(e) => e.into(),
            HandOffError::Log(e) => e.into(),
            HandOffError::Carry(e) => e.into(),
            HandOffError::Task(e) => e.into(),
            HandOffError::Lock(e) => e.into(),
            HandOffError::File(e) => e.into(),
            HandOffError::Git(e) => e.into(),
        }
    }
}

impl From<BringError> for Error {
    fn from(e: BringError) -> Self {
        let message = e.to_string();
        let new = |kind| Self::new(kind, &message);
        match e {
            BringError::Empty => new(ErrorKind::Usage),
            BringError::Missing { path, .. } => new(ErrorKind::UnknownPath).about(path),
            BringError::NoMatch(glob) => new(ErrorKind::UnknownPath).about(glob),
            BringError::Tracked(path) => new(ErrorKind::Usage).about(path).hint("leave it out: the task has it from git"),
            BringError::NotInFull { path, full } => {
                new(ErrorKind::Usage).about(path).hint(format!("`--bring '{}'`", full.display()))
            }
            BringError::NoPlace { path, .. } => {
                new(ErrorKind::Usage).about(path.display()).hint("the task can be told where it is, by its full path")
            }
            BringError::Special { path, .. } => {
                new(ErrorKind::Usage).about(path).hint("name the files and folders that the task needs")
            }
            BringError::Whole { path, .. } | BringError::GitDir(path) => new(ErrorKind::Usage)
                .about(path.display())
                .hint("name the folders that the task needs; what is committed it has from git"),
            BringError::Glob(e) => new(ErrorKind::Usage).about(&e.glob),
            BringError::Bring(e) => e.into(),
            BringError::Workspace(e) => e.into(),
            BringError::Site(e) => e.into(),
            BringError::Git(e) => e.into(),
        }
    }
}

impl From<CopyError> for Error {
    fn from(e: CopyError) -> Self {
        let message = e.to_string();
        let new = |kind| Self::new(kind, &message);
        match e {
            CopyError::Missing { path, .. } => new(ErrorKind::UnknownPath).about(path),
            CopyError::TooLarge { path, .. } => new(ErrorKind::TooLarge).about(path),
            CopyError::Holds { path, .. } | CopyError::Place { path, .. } => {
                new(ErrorKind::Usage).about(path).hint("name what the task needs of it, without what is in the way")
            }
            CopyError::Stopped => new(ErrorKind::Command),
            CopyError::File(e) => e.into(),
        }
    }
}

impl From<SnapshotError> for Error {
    fn from(e: SnapshotError) -> Self {
        match e {
            SnapshotError::Workspace(e) => e.into(),
            SnapshotError::Site(e) => e.into(),
            SnapshotError::Git(e) => e.into(),
        }
    }
}

impl From<AttemptError> for Error {
    fn from(e: AttemptError) -> Self {
        let message = e.to_string();
        match e {
            AttemptError::Task(e) => e.into(),
            AttemptError::Site(e) => e.into(),
            AttemptError::Workspace(e) | AttemptError::Keep(keep::Error::Workspace(e)) => e.into(),
            AttemptError::Git(e) | AttemptError::Keep(keep::Error::Git(e)) => e.into(),
            AttemptError::File(e) | AttemptError::Keep(keep::Error::File(e)) => e.into(),
            AttemptError::Bring(e) => e.into(),
            AttemptError::Lock(e) => e.into(),
            AttemptError::Again(e) => e.into(),
            AttemptError::Program(e) => e.into(),
            other => Self::new(ErrorKind::Command, message).because(other),
        }
    }
}

impl From<RetryError> for Error {
    fn from(e: RetryError) -> Self {
        let message = e.to_string();
        match e {
            RetryError::Running(task) => Self::new(ErrorKind::Running, message).about(task),
            RetryError::Interactive(task) => Self::new(ErrorKind::State, message).about(&task).hint(format!(
                "`takeback run --interactive -- CMD…` begins a new one; `takeback diff {task}` shows what this one left"
            )),
            RetryError::State { task, why } => forbidden(message, &task, &why),
            RetryError::HandOff(e) => e.into(),
        }
    }
}

/// `--env` asks for what cannot be granted.
fn variable(message: String, e: environment::Error) -> Error {
    match e {
        environment::Error::Reserved { name } => Error::new(ErrorKind::Usage, message)
            .about(&name)
            .hint(format!("leave `--env {name}` out; a task finds TAKEBACK_TASK and its like, and no GIT_DIR or its like")),
        environment::Error::NotAName { name } => {
            Error::new(ErrorKind::Usage, message).about(name).hint("`--env NAME` passes a variable, `--env NAME=VALUE` sets one")
        }
        environment::Error::File(e) => e.into(),
        other => Error::new(ErrorKind::Io, message).because(other),
    }
}
