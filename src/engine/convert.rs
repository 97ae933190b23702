//! From the errors of the layers below to the one of the public API.

mod batches;
mod opening;
mod running;
mod taking_back;

use super::{Error, ErrorKind};
use crate::git::support::Unsupported;
use crate::journal::{BookError, CarryError, LogError};
use crate::landing::{Error as LandingError, TargetError};
use crate::store::{format, site, state_dir, tasks};
use crate::sys::{command, file, lock};
use crate::{config, git, workspace};

pub(super) use opening::way_out;

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
            git::Error::Signing { .. } => Self::new(ErrorKind::Signing, message),
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
            LogError::Batch(e) => e.into(),
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
            BookError::IsBatch { batch, first } => {
                Self::new(ErrorKind::Usage, message).about(batch).hint(format!("name one of its tasks, such as `{first}`"))
            }
            BookError::NoBatch(name) => Self::new(ErrorKind::Unknown, message)
                .about(name)
                .hint("`takeback status` shows batches; `takeback batch --inputs GLOB -- CMD {}` hands one off"),
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
            TargetError::Landed { .. } => {
                Self::new(ErrorKind::Usage, message).hint("take them back one by one, or on a branch of its own: --to BRANCH")
            }
            TargetError::AtRemote { branch } => Self::new(ErrorKind::State, message)
                .about(&branch)
                .hint(format!("make a branch for it: --to BRANCH; or bring {branch} here first: git pull")),
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
            LandingError::NoRemote { branch, remotes } => {
                let first = if remotes.is_empty() {
                    "`git remote add origin URL` makes one"
                } else {
                    "`git config remote.pushDefault NAME` says which"
                };
                Self::new(ErrorKind::NoRemote, message).about(branch).hint(format!("{first}; without --push it lands here alone"))
            }
            LandingError::KeepsAndSquashes => {
                Self::new(ErrorKind::Usage, message).hint("`--shape merge` or `--shape linear` goes with it")
            }
            LandingError::NoPlaceForMessage => Self::new(ErrorKind::Usage, message)
                .hint("leave it out, or have a commit for it: `--shape merge` or `--shape squash`"),
            LandingError::Twice(task) => Self::new(ErrorKind::Usage, message).about(task),
            LandingError::None { batch, .. } => {
                Self::new(ErrorKind::State, message).about(&batch).hint(format!("`takeback status {batch}` shows where it stands"))
            }
            LandingError::NumbersOfNone => {
                Self::new(ErrorKind::Usage, message).about("--tasks").hint("leave it out, or name the batch")
            }
            LandingError::NoOwners => Self::new(ErrorKind::UnknownPath, message)
                .about("CODEOWNERS")
                .hint("commit one, or part by something else: `--split-by dir`"),
            LandingError::BadNumbers(numbers) => Self::new(ErrorKind::Usage, message)
                .about(numbers)
                .hint("such as `--tasks 1-20,24`; `takeback status ID` shows numbers"),
        }
    }
}

impl From<workspace::Error> for Error {
    fn from(e: workspace::Error) -> Self {
        let message = e.to_string();
        match e {
            workspace::Error::Git(e) => e.into(),
            workspace::Error::File(e) => e.into(),
            workspace::Error::Bring(e) => e.into(),
            workspace::Error::Lock(e) => e.into(),
            workspace::Error::Command(e) => e.into(),
            other => Self::new(ErrorKind::Io, message).because(other),
        }
    }
}
