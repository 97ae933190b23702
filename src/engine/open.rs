//! Opening a task's result in a real worktree, and what becomes of it when its user leaves.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use super::convert::way_out;
use super::{Engine, Error, Operation};
use crate::id::{CommitId, Name};
use crate::journal::{Book, Standing};
use crate::runner::open::{self, Left, Session, Taken};
use crate::store::Site;
use crate::sys::command;
use crate::task::Text;
use crate::workspace::opened::Seen;

/// A worktree that is open for its user, held by this process.
pub struct Worktree {
    session: Session,
    task: Standing,
}

/// An opened worktree, looked at.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Opened {
    /// The task.
    pub task: Name,
    /// Where it is.
    pub path: Text,
    /// The commit that was in it at first.
    pub commit: CommitId,
    /// `attended`: a command of ours is with it; `left`: it waits for its user; `cut-short`: such a command was killed.
    pub state: &'static str,
}

/// What became of an opened worktree.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Leaving {
    /// Where the worktree is, or was.
    pub path: Text,
    /// Whether it is there still.
    pub open: bool,
    /// The attempt that what was changed became; `None` where nothing was, or nothing is decided.
    pub attempt: Option<u32>,
    /// The decision; `undo` takes it back.
    pub operation: Option<Operation>,
    /// Ignored files that are among the outputs now.
    pub outputs: u64,
    /// Refs that hold what was committed there, or staged and is in no file.
    pub side: Vec<String>,
    /// Why it is there still.
    pub why: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What was done in an opened worktree, and would be kept.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Looked {
    /// The task.
    pub task: Name,
    /// Where the worktree is.
    pub path: Text,
    /// Files that are not as they were: with none there is no new attempt.
    pub changed: usize,
    /// Ignored files that were made.
    pub outputs: u64,
}

impl Worktree {
    /// What is brought to the task and to its checks, and is not in this worktree.
    pub fn absent(&self) -> Vec<String> {
        self.task.spec.bring.iter().map(|bring| bring.path.to_string()).collect()
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.session.root()
    }

    /// Whether it was open before.
    pub fn returned(&self) -> bool {
        self.session.returned
    }

    /// The task.
    pub fn task(&self) -> &Name {
        &self.task.spec.id
    }

    /// A command for its user, or the user's shell: in the folder that the task ran in, if that is there.
    pub fn command(&self, argv: &[OsString]) -> Command {
        let shell = || std::env::var_os("SHELL").filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".into());
        let mut command = match argv.split_first() {
            Some((program, rest)) => {
                let mut command = command::as_user(program);
                command.args(rest);
                command
            }
            None => command::as_user(shell()),
        };
        let folder = Some(self.task.spec.cwd.below(&self.path())).filter(|folder| folder.is_dir());
        let folder = folder.unwrap_or_else(|| self.path());
        command.env("PWD", &folder).env("TAKEBACK_OPEN", self.task.spec.id.as_str()).current_dir(folder);
        command
    }
}

impl Engine {
    /// Opens a task's result in a worktree: a new one, or the one that is open already, as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Running`](super::ErrorKind::Running) if the task is not over, [`ErrorKind::Open`](super::ErrorKind::Open) if
    /// another command is with the worktree.
    pub fn open_worktree(&mut self, id: &str) -> Result<Worktree, Error> {
        let task = self.look_up(id)?;
        Ok(Worktree { session: open::open(&self.site, &task)?, task })
    }

    /// Returns to a worktree that is open.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Open`](super::ErrorKind::Open) if it is not, or another command is with it.
    pub fn find_worktree(&mut self, id: &str) -> Result<Worktree, Error> {
        let task = self.look_up(id)?;
        Ok(Worktree { session: open::find(&self.site, &task)?, task })
    }

    /// Lists the opened worktrees.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::StateDir`](super::ErrorKind::StateDir) if the folder for worktrees cannot be used.
    pub fn worktrees(&self) -> Result<Vec<Opened>, Error> {
        if self.site.repository().is_none() {
            return Ok(Vec::new());
        }
        let seen = open::opens(&self.site)?.all().map_err(open::Error::from)?;
        let opened = seen.into_iter().filter_map(|seen| {
            let state = match (seen.held, seen.cut_short) {
                (true, _) => "attended",
                (false, true) => "cut-short",
                (false, false) => "left",
            };
            Some(Opened { task: seen.task.parse().ok()?, path: seen.root.into(), commit: seen.commit, state })
        });
        Ok(opened.collect())
    }

    /// Lets go of a worktree, which stays open.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](super::ErrorKind::Io); it stays open all the same.
    pub fn leave_open(&mut self, worktree: Worktree) -> Result<(), Error> {
        Ok(worktree.session.leave_open()?)
    }

    /// Says what taking a worktree would do. It stays open.
    ///
    /// # Errors
    ///
    /// As [`Self::take`].
    pub fn plan_take(&self, worktree: Worktree) -> Result<Looked, Error> {
        let looked = worktree.session.look(&self.site, &worktree.task)?;
        let outputs = looked.outputs.iter().map(|output| output.amount.files).sum();
        let answer = Looked { task: worktree.task.spec.id.clone(), path: worktree.path().into(), changed: looked.changed, outputs };
        drop(looked);
        worktree.session.leave_open()?;
        Ok(answer)
    }

    /// Keeps what was done in a worktree as a new attempt of its task, and removes it. Where nothing was done there is no attempt;
    /// where something is in the way it stays open, as it is, and the answer says why.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DiskFull`](super::ErrorKind::DiskFull) and its like: it stays open, and nothing is lost.
    pub fn take(&mut self, worktree: Worktree) -> Result<Leaving, Error> {
        let (path, task) = (worktree.path(), worktree.task);
        let id = task.spec.id.clone();
        let left = worktree.session.leave(&self.site, &task)?;
        let Left { taken, outputs, side, why } = left;
        let path = path.into();
        let mut answer = Leaving { path, open: false, attempt: None, operation: None, outputs, side, why: None, hint: None };
        if let Some(Taken { attempt, operation, notes }) = taken {
            answer.attempt = Some(attempt);
            answer.operation = self.operation(&operation)?;
            self.notes.extend(notes);
        }
        answer.open = why.is_some();
        answer.hint = why.as_ref().map(|why| way_out(id.as_str(), why));
        answer.why = why.map(|why| why.to_string());
        Ok(answer)
    }

    /// Removes a worktree in which nothing was done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Open`](super::ErrorKind::Open) where something was: it stays open.
    pub fn close(&mut self, worktree: Worktree) -> Result<(), Error> {
        Ok(worktree.session.close(&self.site, &worktree.task)?)
    }
}

/// Clears away what a crash has left of opened worktrees, and says which of them wait for their user.
pub(super) fn settle(site: &Site, book: &Book<'_>) -> Result<Vec<String>, Error> {
    // Without a folder for worktrees there is none; what needs one will say so.
    if site.state_dir().is_err() {
        return Ok(Vec::new());
    }
    let cut_short = open::settle(site, book)?;
    let line = |seen: &Seen| {
        let (task, path) = (&seen.task, seen.root.display());
        format!("{task} is open still, as a command that was cut short left it: {path}; takeback open --take {task} keeps it")
    };
    Ok(cut_short.iter().map(line).collect())
}
