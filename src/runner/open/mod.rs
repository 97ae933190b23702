//! A real worktree of a task's result, for its user to look at or to work in.
//!
//! ```text
//! open:   made ready ─► attended ─► the user's command ─► leave
//! leave:  look ─┬─► nothing new: removed
//!               ├─► kept on refs, checked, recorded ─► one line of the journal: a new attempt ─► outputs ─► removed
//!               └─► something is in the way: left open, as it is
//! ```
//!
//! Its HEAD is at the result, on no branch: what the user commits there moves nothing that others look at. It is removed only when
//! all that was done in it hangs on refs of ours or lies among the outputs. Until the journal's line nothing is decided: a crash
//! leaves the worktree, and the same command begins anew.

mod aside;
mod error;
mod look;
mod take;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::git::tree;
use crate::journal::{Book, Standing};
use crate::store::Site;
use crate::sys::lock::Lock;
use crate::sys::{file, process};
use crate::task::{State, Step};
use crate::workspace::opened::Seen;
use crate::workspace::{self, Open, Opened, Opens, Owner, Role, Wanted};

use look::Look;

pub(crate) use error::Error;
pub(crate) use take::Taken;

/// How long processes are waited for that are still in a worktree: `git commit` leaves one behind for a moment, to tidy up.
const PATIENCE: Duration = Duration::from_secs(2);

/// An opened worktree, held for its user.
pub(crate) struct Session {
    opened: Opened,
    /// Whether it was open before.
    pub(crate) returned: bool,
}

/// What became of an opened worktree when its user left it.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// The new attempt, if there was something for one.
    pub(crate) taken: Option<Taken>,
    /// Ignored files that are among the outputs now.
    pub(crate) outputs: u64,
    /// Refs that hold its user's commits, and what was staged and is in no file.
    pub(crate) side: Vec<String>,
    /// Why it is open still; `None` where it is removed.
    pub(crate) why: Option<Why>,
}

/// Why a worktree stays open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Why {
    /// Processes are in it.
    #[error("{0} still works in it")]
    Inside(String),
    /// A merge or its like is not finished.
    #[error("{0} is under way in it")]
    UnderWay(&'static str),
    /// Submodules were added: their repositories are in the worktree's admin dir, and would go with it.
    #[error("submodules were added in it, and their repositories are in {0:?}")]
    Submodules(PathBuf),
    /// The task runs again.
    #[error("the task is running")]
    Running,
    /// The task's state allows no new attempt.
    #[error("it is {0}, and what is {0} gets no new attempt")]
    State(State),
    /// Its user went on while it was kept.
    #[error("it was changed while its checks ran")]
    Changed,
    /// Ignored files could not be kept.
    #[error("ignored files in it are above what is kept, or are among the outputs already: {0} of them")]
    Outputs(u64),
}

/// The opened worktrees of a repository.
///
/// # Errors
///
/// [`Error::Site`] if there is no folder for them.
pub(crate) fn opens(site: &Site) -> Result<Opens, Error> {
    Ok(Opens::new(&site.state_dir()?.path, &site.repo))
}

/// Opens a task's result, or its base where it has none; one that is open already is returned to, as it is.
///
/// # Errors
///
/// [`Error::Running`], [`Error::Busy`].
pub(crate) fn open(site: &Site, task: &Standing) -> Result<Session, Error> {
    if !task.state.is_over() {
        return Err(Error::Running(task.spec.id.clone()));
    }
    let opens = opens(site)?;
    let mut opened = opens.hold(&task.spec.id).map_err(|e| Error::of(e, task))?;
    if opened.open().is_some() && !opened.root().is_dir() {
        opened = forget(site, task, &opens, opened)?;
    }
    let returned = opened.open().is_some();
    let commit = task.record.result.unwrap_or(task.record.base);
    if !returned {
        let owner = Owner { task: task.uid().clone(), attempt: task.entry.attempt, role: Role::Open };
        opened.fill(&Wanted { tree: tree::of_commit(&site.repo, commit)?, commit, owner })?;
    }
    attend(opened, returned)
}

/// Returns to a task's worktree, which must be open.
///
/// # Errors
///
/// [`Error::NotOpen`], [`Error::Busy`].
pub(crate) fn find(site: &Site, task: &Standing) -> Result<Session, Error> {
    let opens = opens(site)?;
    let opened = opens.find(&task.spec.id).map_err(|e| Error::of(e, task))?;
    let Some(opened) = opened else { return Err(Error::NotOpen(task.spec.id.clone())) };
    if !opened.root().is_dir() {
        forget(site, task, &opens, opened)?;
        return Err(Error::NotOpen(task.spec.id.clone()));
    }
    attend(opened, true)
}

fn attend(mut opened: Opened, returned: bool) -> Result<Session, Error> {
    opened.register()?;
    opened.mark(Open::Attended)?;
    Ok(Session { opened, returned })
}

/// Its user has removed the folder by hand; what was committed or staged there is still to be had.
fn forget(site: &Site, task: &Standing, opens: &Opens, opened: Opened) -> Result<Opened, Error> {
    if opened.admin().is_ok() {
        look::keep_without_files(site, task, &opened)?;
    }
    opened.remove()?;
    opens.hold(&task.spec.id).map_err(|e| Error::of(e, task))
}

/// Clears away what a crash has left of opened worktrees. Returns those of which a command that was with them was cut short.
///
/// # Errors
///
/// [`Error`], where something of it cannot be looked at or removed.
pub(crate) fn settle(site: &Site, book: &Book<'_>) -> Result<Vec<Seen>, Error> {
    let opens = opens(site)?;
    opens.sweep()?;
    let mut cut_short = opens.all()?;
    cut_short.retain(|seen| seen.cut_short);
    for entry in cut_short.iter().filter_map(|seen| book.fold.task(&seen.owner.task)) {
        let dir = site.layout.attempt(&entry.uid, entry.attempt);
        if let Some(_lock) = Lock::try_acquire(&dir.lock())? {
            file::remove_unfinished(dir.path())?;
        }
    }
    Ok(cut_short)
}

impl Session {
    /// The worktree.
    pub(crate) fn root(&self) -> PathBuf {
        self.opened.root()
    }

    /// Lets go of it; it stays as it is until its user comes back.
    ///
    /// # Errors
    ///
    /// [`Error::Workspace`]; it stays all the same.
    pub(crate) fn leave_open(mut self) -> Result<(), Error> {
        Ok(self.opened.mark(Open::Left)?)
    }

    /// Says what was done in it.
    ///
    /// # Errors
    ///
    /// [`Error`], if it cannot be captured.
    pub(crate) fn look(&self, site: &Site, task: &Standing) -> Result<Look, Error> {
        look::look(site, task, &self.opened)
    }

    /// Removes it, where nothing was done in it.
    ///
    /// # Errors
    ///
    /// [`Error::Work`] where something was, [`Error::Open`] where something is in the way; it stays open then.
    pub(crate) fn close(mut self, site: &Site, task: &Standing) -> Result<(), Error> {
        let refused = match self.in_the_way()? {
            Some(why) => Some(Error::Open { task: task.spec.id.clone(), why }),
            None => self.look(site, task)?.work().map(|what| {
                let can_be_taken = task.state.after(Step::Retry).is_ok();
                Error::Work { task: task.spec.id.clone(), what, can_be_taken }
            }),
        };
        match refused {
            Some(refused) => {
                self.opened.mark(Open::Left)?;
                Err(refused)
            }
            None => Ok(self.opened.remove()?),
        }
    }

    /// Keeps what was done in it, and removes it.
    ///
    /// # Errors
    ///
    /// [`Error`], on a full disk for example: it stays open, and nothing is lost.
    pub(crate) fn leave(mut self, site: &Site, task: &Standing) -> Result<Left, Error> {
        if !self.root().is_dir() {
            forget(site, task, &opens(site)?, self.opened)?;
            return Ok(Left::default());
        }
        let left = match self.in_the_way() {
            Ok(Some(why)) => Ok(Left { why: Some(why), ..Left::default() }),
            Ok(None) => take::leave(site, task, &self.opened),
            Err(e) => Err(e.into()),
        };
        match &left {
            Ok(Left { why: None, .. }) => self.opened.remove()?,
            Ok(_) => self.opened.mark(Open::Left)?,
            // The first error is the one to tell.
            Err(_) => drop(self.opened.mark(Open::Left)),
        }
        left
    }

    /// What forbids to touch it, whatever was done in it.
    fn in_the_way(&self) -> Result<Option<Why>, workspace::Error> {
        let started = Instant::now();
        let mut inside = process::inside(&self.root());
        while !inside.is_empty() && started.elapsed() < PATIENCE {
            std::thread::sleep(PATIENCE / 20);
            inside = process::inside(&self.root());
        }
        if !inside.is_empty() {
            return Ok(Some(Why::Inside(super::attempt::names(&inside))));
        }
        let admin = self.opened.admin()?;
        let modules = admin.path().join("modules");
        if modules.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Ok(Some(Why::Submodules(modules)));
        }
        Ok(crate::git::switch::under_way(&admin.open()?).map(Why::UnderWay))
    }
}
