//! From the errors of the layers below to the one of the public API.

use super::{Error, ErrorKind};
use crate::exec::environment;
use crate::git::support::Unsupported;
use crate::id::Name;
use crate::journal::{BookError, CarryError, LogError};
use crate::landing::{Error as LandingError, TargetError};
use crate::runner::Error as HandOffError;
use crate::runner::attempt::Error as AttemptError;
use crate::runner::keep;
use crate::runner::retry::RetryError;
use crate::runner::snapshot::Error as SnapshotError;
use crate::store::{format, site, state_dir, tasks};
use crate::sys::{command, file, lock};
use crate::takeback::{Error as TakebackError, Refused};
use crate::task::{IllegalStep, State};
use crate::{config, git, workspace};

impl From<file::Error> for Error {
    fn from(e: file::Error) -> Self {
        let kind = if e.is_disk_full() { ErrorKind::DiskFull } else { ErrorKind::Io };
        Self::new(kind, e.to_string()).about(e.path.display()).because(e.source)
    }
}

impl From<lock::Error> for Error {
    fn from(e: lock::Error) -> Self {
        match e {
            lock::Error::File(e) => e.into(),
            lock::Error::Held { ref path, .. } => {
                let path = path.display().to_string();
                Self::new(ErrorKind::Locked, e.to_string()).about(path)
            }
        }
    }
}

impl From<command::Error> for Error {
    fn from(e: command::Error) -> Self {
        let message = e.to_string();
        let kind = if command::says_disk_full(&message) { ErrorKind::DiskFull } else { ErrorKind::Command };
        Self::new(kind, message)
    }
}

impl From<git::Error> for Error {
    fn from(e: git::Error) -> Self {
        let message = e.to_string();
        match e {
            git::Error::File(e) => e.into(),
            git::Error::Command(e) => e.into(),
            git::Error::NoRepository { path } => Self::new(ErrorKind::NotARepository, message).about(path.display()),
            git::Error::OldGit { .. } => Self::new(ErrorKind::Unsupported, message)
                .about("git")
                .hint("land it on a branch of its own and merge that: takeback land ID --to NAME --onto BASE, then git merge NAME"),
            git::Error::Unsupported(feature) => unsupported(&feature),
            git::Error::Moved { name, .. } => Self::new(ErrorKind::Stale, message).about(name),
            git::Error::IndexLocked { path } | git::Error::RefLocked { path } => {
                let hint = format!(
                    "try again when that command is through; if no git is at work, one has crashed: rm '{}'",
                    path.display()
                );
                Self::new(ErrorKind::Locked, message).about(path.display()).hint(hint)
            }
            git::Error::Git { object, source, .. } => {
                let kind = if command::says_disk_full(source.message()) { ErrorKind::DiskFull } else { ErrorKind::Git };
                Self::new(kind, message).about(object).because(source)
            }
            _ => Self::new(ErrorKind::Git, message),
        }
    }
}

fn unsupported(feature: &Unsupported) -> Error {
    Error::new(ErrorKind::Unsupported, feature.to_string()).about(feature.place()).hint(feature.hint())
}

impl From<config::Error> for Error {
    fn from(e: config::Error) -> Self {
        let message = e.to_string();
        match e {
            config::Error::Value { key, .. } => Self::new(ErrorKind::Configuration, message).about(key),
            config::Error::Git(source) => Self::new(ErrorKind::Configuration, message).because(source),
        }
    }
}

impl From<format::Error> for Error {
    fn from(e: format::Error) -> Self {
        let message = e.to_string();
        match e {
            format::Error::Newer { path, .. } => Self::new(ErrorKind::Format, message).about(path.display()),
            format::Error::Json { path, source } => Self::new(ErrorKind::Damaged, message).about(path.display()).because(source),
            format::Error::File(e) => e.into(),
        }
    }
}

impl From<state_dir::Error> for Error {
    fn from(e: state_dir::Error) -> Self {
        let message = e.to_string();
        match e {
            state_dir::Error::NotWritable(source) => {
                Self::new(ErrorKind::StateDir, message).about(source.path.display()).because(source)
            }
            state_dir::Error::Inside(path) => Self::new(ErrorKind::StateDir, message).about(path.display()),
            state_dir::Error::NoHome => Self::new(ErrorKind::StateDir, message),
        }
    }
}

impl From<site::Error> for Error {
    fn from(e: site::Error) -> Self {
        let message = e.to_string();
        match e {
            site::Error::Open(e) => e.into(),
            site::Error::Config(e) => e.into(),
            site::Error::Format(e) => e.into(),
            site::Error::StateDir(e) => e.into(),
            site::Error::File(e) => e.into(),
            site::Error::Lock(e) => e.into(),
            site::Error::Bare(path) => Self::new(ErrorKind::Bare, message).about(path.display()),
        }
    }
}

impl From<tasks::Error> for Error {
    fn from(e: tasks::Error) -> Self {
        let message = e.to_string();
        match e {
            tasks::Error::Missing(path) => Self::new(ErrorKind::Damaged, message).about(path.display()),
            tasks::Error::Json { path, source } => Self::new(ErrorKind::Damaged, message).about(path.display()).because(source),
            tasks::Error::File(e) => e.into(),
        }
    }
}

impl From<LogError> for Error {
    fn from(e: LogError) -> Self {
        let message = e.to_string();
        match e {
            LogError::File(e) => e.into(),
            LogError::Lock(e) => e.into(),
            LogError::Damaged { path, .. } => Self::new(ErrorKind::Damaged, message).about(path.display()),
            LogError::Json { path, source } => Self::new(ErrorKind::Damaged, message).about(path.display()).because(source),
        }
    }
}

impl From<BookError> for Error {
    fn from(e: BookError) -> Self {
        let message = e.to_string();
        match e {
            BookError::Unknown(text) => Self::new(ErrorKind::Unknown, message).about(text),
            BookError::Ambiguous { text, .. } => Self::new(ErrorKind::Ambiguous, message).about(text),
            BookError::Log(e) => e.into(),
            BookError::Task(e) => e.into(),
            BookError::File(e) => e.into(),
        }
    }
}

impl From<CarryError> for Error {
    fn from(e: CarryError) -> Self {
        let message = e.to_string();
        match e {
            CarryError::Overtaken { task } => Self::new(ErrorKind::Stale, message).about(task),
            CarryError::Stale { name, .. } => Self::new(ErrorKind::Stale, message).about(name),
            CarryError::Blocked { blockers } => {
                let first = blockers.first().map(|b| b.path.to_string()).unwrap_or_default();
                Self::new(ErrorKind::Dirty, git::switch::describe(&blockers)).about(first)
            }
            CarryError::Log(e) => e.into(),
            CarryError::Git(e) => e.into(),
            CarryError::Lock(e) => e.into(),
            CarryError::File(e) => e.into(),
        }
    }
}

impl From<TargetError> for Error {
    fn from(e: TargetError) -> Self {
        let message = e.to_string();
        match e {
            TargetError::Detached { task } => Self::new(ErrorKind::Detached, message).about(task),
            TargetError::Several { .. } => Self::new(ErrorKind::Usage, message).hint("name one: --to BRANCH"),
            TargetError::Gone { branch } => {
                Self::new(ErrorKind::UnknownRevision, message).about(branch).hint("name another: --to BRANCH")
            }
            TargetError::BadName(name) => Self::new(ErrorKind::BadName, message).about(name).hint("for example `--to for-review`"),
            TargetError::UnknownRevision(revision) => Self::new(ErrorKind::UnknownRevision, message).about(revision),
            TargetError::Git(e) => e.into(),
        }
    }
}

impl From<LandingError> for Error {
    fn from(e: LandingError) -> Self {
        let message = e.to_string();
        match e {
            LandingError::Book(e) => e.into(),
            LandingError::Target(e) => e.into(),
            LandingError::Git(e) => e.into(),
            LandingError::Glob(e) => Self::new(ErrorKind::Usage, message).about(&e.glob),
            LandingError::Twice(task) => Self::new(ErrorKind::Usage, message).about(task),
        }
    }
}

impl From<TakebackError> for Error {
    fn from(e: TakebackError) -> Self {
        let message = e.to_string();
        match e {
            TakebackError::Nothing { .. } => Self::new(ErrorKind::Nothing, message),
            TakebackError::Running { task } => Self::new(ErrorKind::Running, message).about(task),
            TakebackError::State { task, why } => forbidden(message, &task, &why),
            TakebackError::Undecided { task, .. } => Self::new(ErrorKind::State, message).about(task),
            TakebackError::Kind { kind } => Self::new(ErrorKind::State, message).about(kind),
            TakebackError::Over { operation, .. } => Self::new(ErrorKind::State, message).about(operation),
            TakebackError::Joint { task, operation, .. } => {
                let hint = format!("takeback undo {} takes all of them back", operation.short());
                Self::new(ErrorKind::Stale, message).about(task).hint(hint)
            }
            TakebackError::Refused { source, operation, .. } => refused(message, source, &operation),
            TakebackError::Book(e) => e.into(),
            TakebackError::Carry(e) => e.into(),
            TakebackError::Git(e) => e.into(),
        }
    }
}

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
            HandOffError::NameTaken(name) => new(ErrorKind::NameTaken).about(name),
            HandOffError::BranchTaken(branch) => {
                let hint = format!("leave `--name` out, or see what it is: `git log {branch}`");
                new(ErrorKind::NameTaken).about(branch).hint(hint)
            }
            HandOffError::PrefixIsBranch { prefix, .. } => new(ErrorKind::PrefixIsBranch).about(prefix),
            HandOffError::CommandNotFound(word) => new(ErrorKind::CommandNotFound).about(word),
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

impl From<workspace::Error> for Error {
    fn from(e: workspace::Error) -> Self {
        let message = e.to_string();
        match e {
            workspace::Error::Git(e) => e.into(),
            workspace::Error::File(e) => e.into(),
            workspace::Error::Lock(e) => e.into(),
            workspace::Error::Command(e) => e.into(),
            other => Self::new(ErrorKind::Io, message).because(other),
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
            AttemptError::Lock(e) => e.into(),
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

/// A task's state forbids a step. What has landed is to be taken back first.
fn forbidden(message: String, task: &Name, why: &IllegalStep) -> Error {
    let error = Error::new(ErrorKind::State, message).about(task);
    if why.from == State::Landed { error.hint(format!("`takeback undo {task}` takes the landing back first")) } else { error }
}

/// An undo that would not be exact: says why, and the plain git line that takes the content back all the same.
fn refused(message: String, why: Refused, operation: &crate::journal::Operation) -> Error {
    let (kind, object) = match &why {
        Refused::Stale { name, .. } | Refused::CheckedOut { name } => (ErrorKind::Stale, name.clone()),
        Refused::Later { task } => (ErrorKind::Stale, task.to_string()),
        Refused::Pushed { commit, .. } => (ErrorKind::Pushed, commit.to_string()),
        Refused::Dirty { checkout, .. } => (ErrorKind::Dirty, checkout.to_string()),
        Refused::Collected(commit) => (ErrorKind::Collected, commit.to_string()),
    };
    let error = Error::new(kind, message).about(object);
    match (&why, git_line(operation)) {
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
        (Refused::Stale { .. } | Refused::Pushed { .. }, Some(line)) => {
            error.hint(format!("to take the content back with a new commit, on that branch: {line}")).because(why)
        }
        _ => error.because(why),
    }
}

/// The plain git line that takes a landing back: a new commit, or the branch's end where the landing made it.
pub(super) fn git_line(operation: &crate::journal::Operation) -> Option<String> {
    let first = operation.moves.first().filter(|_| operation.decisive)?;
    let to = first.to?;
    if first.from.is_none() {
        return Some(format!("git branch -D {}", first.name.trim_start_matches("refs/heads/")));
    }
    let mainline = if operation.tasks.len() > 1 { "-m 1 " } else { "" };
    Some(format!("git revert {mainline}{}", to.short()))
}
