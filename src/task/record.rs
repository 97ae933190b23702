//! What is known of one attempt: written by its runner, replaced as a whole.

use serde::{Deserialize, Serialize};

use super::spec::is_zero;
use super::{Amount, Brought, CheckRun, Checked, Exit, FileCounts, Level, Moment, ProcessId, Reason, RepoPath, State};
use crate::id::{CommitId, TreeId, Uid};

/// One execution of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// 1 for the first.
    pub(crate) attempt: u32,
    /// How many attempts of the same row failed before this one: `--retries` counts from an attempt that a person asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) retry: u32,
    /// It failed, and another attempt follows by itself; until the journal has that, the task is queued.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) again: bool,
    /// The repository it runs for: a copy of the repository must not touch it.
    pub(crate) repository: Uid,
    /// Queued, running, or how it ended.
    pub(crate) state: State,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Reason>,
    /// What its checks said, where it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checked: Option<Checked>,
    /// A line for people: what happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// The commit it started from.
    pub(crate) base: CommitId,
    /// The commit that holds what it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<CommitId>,
    /// The tree of `result`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tree: Option<TreeId>,
    /// The process that owns the attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) runner: Option<ProcessId>,
    /// The command's process, which leads its group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process: Option<ProcessId>,
    /// How the command ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) exit: Option<Exit>,
    /// Whether the user stopped it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) cancelled: bool,
    /// The folder it ran in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) worktree: Option<super::Text>,
    /// What was brought to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) brought: Vec<Brought>,
    /// How long that took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) brought_ms: Option<u64>,
    /// What the result changes.
    #[serde(default)]
    pub(crate) files: FileCounts,
    /// Its checks' runs, in order, up to the first that said no.
    #[serde(default)]
    pub(crate) checks: Vec<CheckRun>,
    /// Changed paths outside its scope.
    #[serde(default)]
    pub(crate) outside: Vec<RepoPath>,
    /// Changed paths that its checks name: its checks may have said yes for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) self_changed: Vec<RepoPath>,
    /// What it made that git ignores.
    #[serde(default)]
    pub(crate) outputs: Vec<Output>,
    /// Ignored files that went into the commit.
    #[serde(default)]
    pub(crate) committed_ignored: Amount,
    /// Refs to what the task itself committed or stashed.
    #[serde(default)]
    pub(crate) side: Vec<String>,
    /// All that it changed, made and committed is kept: its worktree is not needed any more.
    #[serde(default)]
    pub(crate) kept: bool,
    /// What was noticed on the way and did not decide the outcome.
    #[serde(default)]
    pub(crate) notes: Vec<String>,
    /// What the sandbox gave.
    pub(crate) sandbox: Enforced,
    /// When its command was about to start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) started_at: Option<Moment>,
    /// When its state was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) finished_at: Option<Moment>,
}

/// What the sandbox gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Enforced {
    /// The level had.
    pub(crate) level: Level,
    /// Whether the task could reach the network.
    pub(crate) network: bool,
}

/// A file or folder that a task made and that is not in its commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Output {
    /// Where the task had it.
    pub(crate) path: RepoPath,
    /// Why it is not in the commit.
    pub(crate) kind: OutputKind,
    /// Files in it, and their size.
    #[serde(flatten)]
    pub(crate) amount: Amount,
    /// Whether it lies among the attempt's outputs. Not kept: the outputs together were above the cap.
    #[serde(default)]
    pub(crate) kept: bool,
}

/// Why a file is not in the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OutputKind {
    /// Git ignores it.
    Ignored,
    /// It is too large.
    Large,
    /// It is a git repository of its own.
    Embedded,
    /// Git refuses its name.
    BadName,
    /// It cannot be read, or is no file: a socket, a pipe.
    Unreadable,
    /// It lies in a path that was brought, and the task made or changed it.
    Brought,
    /// It was brought, and the task deleted it: there is nothing to keep.
    BroughtDeleted,
    /// A kind of a later version.
    #[serde(other)]
    Other,
}

impl OutputKind {
    /// The word that users and scripts see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::Large => "large",
            Self::Embedded => "embedded",
            Self::BadName => "bad-name",
            Self::Unreadable => "unreadable",
            Self::Brought => "brought",
            Self::BroughtDeleted => "brought-deleted",
            Self::Other => "other",
        }
    }
}

impl Record {
    /// Starts a record: queued, nothing known yet.
    pub(crate) fn queued(attempt: u32, repository: Uid, base: CommitId) -> Self {
        Self {
            attempt,
            retry: 0,
            again: false,
            repository,
            state: State::Queued,
            reason: None,
            checked: None,
            message: None,
            base,
            result: None,
            tree: None,
            runner: None,
            process: None,
            exit: None,
            cancelled: false,
            worktree: None,
            brought: Vec::new(),
            brought_ms: None,
            files: FileCounts::default(),
            checks: Vec::new(),
            outside: Vec::new(),
            self_changed: Vec::new(),
            outputs: Vec::new(),
            committed_ignored: Amount::default(),
            side: Vec::new(),
            kept: false,
            notes: Vec::new(),
            sandbox: Enforced { level: Level::None, network: true },
            started_at: None,
            finished_at: None,
        }
    }

    /// The outputs that were kept, together.
    pub(crate) fn kept_outputs(&self) -> Amount {
        let mut sum = Amount::default();
        for output in self.outputs.iter().filter(|o| o.kept) {
            sum += output.amount;
        }
        sum
    }
}
