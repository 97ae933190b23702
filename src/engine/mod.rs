//! The public API: `plan_x` decides and changes nothing, `x` carries it out.
//!
//! Reading methods take `&self`, start no work and repair nothing. Writing methods take `&mut self`; before they do what they are
//! asked for they settle what a crash left open, and [`Engine::notes`] says so.

mod answer;
mod batch;
mod convert;
mod culprits;
mod decide;
mod error;
mod follow;
mod hand_off;
mod hooks;
mod joining;
mod land;
mod open;
mod push;
mod recorded;
mod revert;
mod steer;
mod task;
mod watch;

use std::path::{Path, PathBuf};

use crate::batch::tidy_all;
use crate::hooks as installed;
use crate::journal::{Book, Settled, Writer};
use crate::runner::recovery;
use crate::store::Site;

pub use answer::{LandedTask, Landing, Operation, Push, RefChange, RefTarget, TakenBack};
pub use batch::{Batch, BatchPlan, Overview};
pub use culprits::Asking;
pub use decide::Plan;
pub use error::{Error, ErrorKind};
pub use follow::{Diff, Made, Setting};
pub use hand_off::RunPlan;
pub use hooks::Hook;
#[doc(hidden)]
pub use joining::Joining;
pub use land::LandPlan;
pub use open::{Leaving, Looked, Opened, Worktree};
pub use recorded::RecordPlan;
pub use revert::{RevertPlan, Reverted};
pub use task::{LandedAs, Sandbox, Task, Tries};
pub use watch::Watch;

pub use crate::batch::{BatchWish, Counts, Sample, Source, State as BatchState};
pub use crate::id::{BadName, BadObjectId, BadUid, BlobId, CommitId, Name, TreeId, Uid};
pub use crate::landing::{
    BadSplit, Between, Blame, Clash, CulpritSearch, Culprits, Forecast, LandWish, Later, Part, Probe, Refusal, RefusalKind,
    RevertWish, SplitBy,
};
pub use crate::runner::RunWish;
pub use crate::task::{
    Amount, BringMode, Brought, CheckRun, Checked, Exit, FileCounts, Halt, Level, Moment, Reason, RepoPath, Shape, State, Text,
    Trial,
};

/// One repository.
pub struct Engine {
    site: Site,
    dir: PathBuf,
    notes: Vec<String>,
}

impl Engine {
    /// Opens the repository that `dir` lies in.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotARepository`], [`ErrorKind::Unsupported`] where libgit2 cannot read it, [`ErrorKind::Format`] where a version
    /// wrote our folder that we cannot read, [`ErrorKind::Configuration`] for a setting of ours that is wrong.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        Ok(Self { site: Site::open(dir)?, dir: dir.to_owned(), notes: Vec::new() })
    }

    /// Takes what the user should know of what was noticed and settled on the way: a line each.
    pub fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Settles what a crash left open, before something new is decided: operations, and attempts whose runner is gone. Makes our
    /// folder where there is none. [`Self::notes`] says what was done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Locked`] if another command is deciding and does not come to an end, [`ErrorKind::Format`] if a newer version
    /// wrote our folder.
    pub fn settle(&mut self) -> Result<(), Error> {
        self.notes.extend(self.site.prepare_to_write()?);
        let (settled, book) = {
            let (_writer, settled) = Writer::new(&self.site.repo, &self.site.layout)?;
            installed::tidy(&self.site.layout)?;
            let book = Book::open(&self.site)?;
            tidy_all(&self.site, &book)?;
            (settled, book)
        };
        self.notes.extend(settled.iter().map(|s| settled_note(s, &book)));
        self.notes.extend(recovery::recover_all(&self.site, &book)?);
        self.notes.extend(open::settle(&self.site, &book)?);
        Ok(())
    }
}

fn settled_note(settled: &Settled, book: &Book<'_>) -> String {
    let operation = &settled.operation;
    let names: Vec<_> = operation.tasks.iter().filter_map(|t| book.fold.task(&t.uid)).map(|t| t.id.to_string()).collect();
    let what = format!("the {} of {} that was interrupted", operation.kind.noun(), names.join(", "));
    match &settled.carried {
        None => format!("{what} had not begun: nothing was changed"),
        Some(carried) if carried.paths_left.is_empty() => format!("{what} is finished now"),
        Some(carried) => {
            let paths: Vec<_> = carried.paths_left.iter().map(ToString::to_string).collect();
            format!("{what} is finished now, but for files changed meanwhile: {}", paths.join(", "))
        }
    }
}
