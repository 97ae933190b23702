//! Every path below `.git/takeback` and every ref name, in one place.
//!
//! ```text
//! .git/takeback/format.json
//!               journal.jsonl
//!               hooks.json                            which hooks were installed
//!               locks/writer                          held while a decision is carried out
//!               locks/keeper                          held by the process that starts the tasks of batches
//!               batches/<uid>.json                    what a batch is, and its inputs
//!               batches/<uid>.env                     what its tasks see of the caller's environment, until all have started
//!               tasks/<uid>/task.json
//!               tasks/<uid>/<attempt>/{lock,record.json,env.json,brought.json,cancel,log,log.1…,check-<n>.log,notice.log}
//!               tasks/<uid>/<attempt>/{outputs,quarantine,intake}/
//!               checks/<key>.json
//! refs/takeback/bases/<oid>
//!               results/<uid>/<attempt>
//!               side/<uid>/<attempt>/…
//!               ops/<op>/<oid>
//! ```

use std::path::{Path, PathBuf};

use git2::Oid;

use crate::id::{CommitId, Uid};

/// The places of one repository.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    common: PathBuf,
    root: PathBuf,
}

/// The places of one attempt.
#[derive(Clone, Debug)]
pub(crate) struct AttemptDir(PathBuf);

impl Layout {
    /// The places of the repository with this common git dir.
    pub(crate) fn new(common: &Path) -> Self {
        Self { common: common.to_owned(), root: common.join("takeback") }
    }

    /// The common git dir.
    pub(crate) fn common(&self) -> &Path {
        &self.common
    }

    /// `.git/takeback`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn format(&self) -> PathBuf {
        self.root.join("format.json")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.root.join("journal.jsonl")
    }

    /// What `hooks install` has put in place.
    pub(crate) fn hooks(&self) -> PathBuf {
        self.root.join("hooks.json")
    }

    pub(crate) fn locks(&self) -> PathBuf {
        self.root.join("locks")
    }

    pub(crate) fn writer_lock(&self) -> PathBuf {
        self.locks().join("writer")
    }

    pub(crate) fn journal_lock(&self) -> PathBuf {
        self.locks().join("journal")
    }

    pub(crate) fn keeper_lock(&self) -> PathBuf {
        self.locks().join("keeper")
    }

    /// What the keeper has to say where nobody listens.
    pub(crate) fn keeper_log(&self) -> PathBuf {
        self.root.join("keeper.log")
    }

    pub(crate) fn batches(&self) -> PathBuf {
        self.root.join("batches")
    }

    pub(crate) fn batch(&self, batch: &Uid) -> PathBuf {
        self.batches().join(format!("{batch}.json"))
    }

    pub(crate) fn batch_environment(&self, batch: &Uid) -> PathBuf {
        self.batches().join(format!("{batch}.env"))
    }

    pub(crate) fn batch_notice_log(&self, batch: &Uid) -> PathBuf {
        self.batches().join(format!("{batch}.notice.log"))
    }

    pub(crate) fn tasks(&self) -> PathBuf {
        self.root.join("tasks")
    }

    pub(crate) fn task(&self, task: &Uid) -> PathBuf {
        self.tasks().join(task.as_str())
    }

    pub(crate) fn spec(&self, task: &Uid) -> PathBuf {
        self.task(task).join("task.json")
    }

    pub(crate) fn attempt(&self, task: &Uid, attempt: u32) -> AttemptDir {
        AttemptDir(self.task(task).join(attempt.to_string()))
    }

    pub(crate) fn verdict(&self, key: &str) -> PathBuf {
        self.root.join("checks").join(format!("{key}.json"))
    }

    /// The folder for the objects of operations on their way in.
    pub(crate) fn operation_intakes(&self) -> PathBuf {
        self.root.join("tmp/intakes")
    }
}

impl AttemptDir {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.0.join("record.json")
    }

    pub(crate) fn environment(&self) -> PathBuf {
        self.0.join("env.json")
    }

    /// What was brought, as it lay when the command started.
    pub(crate) fn brought(&self) -> PathBuf {
        self.0.join("brought.json")
    }

    pub(crate) fn cancel(&self) -> PathBuf {
        self.0.join("cancel")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    pub(crate) fn check_log(&self, n: usize) -> PathBuf {
        self.0.join(format!("check-{n}.log"))
    }

    pub(crate) fn notice_log(&self) -> PathBuf {
        self.0.join("notice.log")
    }

    pub(crate) fn outputs(&self) -> PathBuf {
        self.0.join("outputs")
    }

    pub(crate) fn quarantine(&self) -> PathBuf {
        self.0.join("quarantine")
    }

    /// What a check writes when it is asked about the same tree once more.
    pub(crate) fn check_log_again(&self, n: usize, time: usize) -> PathBuf {
        self.0.join(format!("check-{n}.{time}.log"))
    }

    /// What a check of a tree that is to land writes: who holds the slot is the only one to write there.
    pub(crate) fn landing_log(&self, slot: u32, time: usize) -> PathBuf {
        self.0.join(format!("landing-check-{slot}.{time}.log"))
    }

    /// What belongs to a check that runs in a slot, and goes with it: several landings may ask about one attempt at once.
    pub(crate) fn checking(&self, slot: u32) -> PathBuf {
        self.0.join("checking").join(slot.to_string())
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.0.join("scratch")
    }

    pub(crate) fn intake(&self) -> PathBuf {
        self.0.join("intake")
    }
}

/// All refs of ours but the tasks' branches.
pub(crate) const REFS: &str = "refs/takeback/";

/// The ref that keeps a base.
pub(crate) fn base_ref(base: CommitId) -> String {
    format!("{REFS}bases/{base}")
}

/// The ref that keeps an attempt's result.
pub(crate) fn result_ref(task: &Uid, attempt: u32) -> String {
    format!("{REFS}results/{task}/{attempt}")
}

/// The refs that keep what an attempt committed or stashed itself start with this.
pub(crate) fn side_prefix(task: &Uid, attempt: u32) -> String {
    format!("{REFS}side/{task}/{attempt}/")
}

/// The ref that keeps one end of an operation's ref moves.
pub(crate) fn operation_ref(operation: &Uid, end: Oid) -> String {
    format!("{REFS}ops/{operation}/{end}")
}

/// A task's branch.
pub(crate) fn branch_ref(prefix: &str, id: &crate::id::Name) -> String {
    format!("refs/heads/{prefix}/{id}")
}
