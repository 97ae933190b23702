//! A task as scripts see it: DESIGN's `task` object.

use serde::Serialize;

use crate::id::{CommitId, Name, Uid};
use crate::journal::Standing;
use crate::task::{Amount, Brought, CheckRun, Checked, Exit, FileCounts, Level, Moment, Reason, RepoPath, State, Text};

/// One task, and its last attempt.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Task {
    /// What people call it.
    pub id: Name,
    /// Its random id, in folders, refs and trailers.
    pub uid: Uid,
    /// The batch that it is of; `None` where it is of none.
    pub batch: Option<Name>,
    /// Its input there.
    pub input: Option<Text>,
    /// Where it stands.
    pub state: State,
    /// Why it failed; `None` unless it did.
    pub reason: Option<Reason>,
    /// What its checks said; `None` unless it is, or was, ready.
    pub checked: Option<Checked>,
    /// Its branch, without `refs/heads/`.
    pub branch: String,
    /// The commit it started from.
    pub base: CommitId,
    /// Where its change is on a branch; `None` unless it has landed.
    pub landed: Option<LandedAs>,
    /// The commit that holds its change; `None` where there is none yet, or nothing changed.
    pub result: Option<CommitId>,
    /// 1 for the first.
    pub attempt: u32,
    /// How many attempts there can be of the row that this one is of; `None` where it is tried once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries: Option<Tries>,
    /// The command line as a system call takes it.
    pub command: Vec<Text>,
    /// What its change amounts to.
    pub files: FileCounts,
    /// How its command ended; `None` while it has not.
    pub exit: Option<Exit>,
    /// Its checks' runs, in order.
    pub checks: Vec<CheckRun>,
    /// What the sandbox gave.
    pub sandbox: Sandbox,
    /// Files that git does not have and that were brought to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub brought: Vec<Brought>,
    /// Ignored files that it made and that were kept.
    pub outputs: Amount,
    /// Refs to what the task itself committed or stashed.
    pub side: Vec<String>,
    /// When it was handed off.
    pub queued_at: Moment,
    /// When its command started.
    pub started_at: Option<Moment>,
    /// When its state was decided.
    pub finished_at: Option<Moment>,
    /// A line for people: what happened, what was noticed.
    pub message: Option<String>,
    /// What was noticed on the way and did not decide the outcome.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Changed paths outside its scope.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<RepoPath>,
    /// Changed paths that its checks name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub self_changed: Vec<RepoPath>,
    /// Whether its command had the terminal.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub interactive: bool,
    #[serde(skip)]
    pub(crate) line: String,
    #[serde(skip)]
    pub(crate) abandoned: bool,
}

/// A row of attempts: the first by hand, each further one by itself after a failure.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct Tries {
    /// Which one of its row the last attempt is, from 1.
    pub this: u32,
    /// How many there are at most.
    pub most: u32,
}

/// Where a landed task's change is.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct LandedAs {
    /// The branch, `refs/heads/…` or `refs/remotes/…`.
    #[serde(rename = "ref")]
    pub branch: String,
    /// The commit that brought it.
    pub commit: CommitId,
    /// Whether somebody else brought it, and it was found there.
    pub elsewhere: bool,
    /// The operation that landed it together with others; `None` where it landed alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jointly: Option<Uid>,
}

/// How a task was kept to its worktree.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct Sandbox {
    /// The level had.
    pub level: Level,
    /// `on` or `off`.
    pub network: &'static str,
}

impl Task {
    /// `landed` says where its change is; found by somebody else's commit, it counts as landed.
    pub(crate) fn of(standing: &Standing, landed: Option<LandedAs>) -> Self {
        let (spec, record) = (&standing.spec, &standing.record);
        Self {
            id: spec.id.clone(),
            uid: spec.uid.clone(),
            batch: spec.batch.as_ref().map(|member| member.name.clone()),
            input: spec.batch.as_ref().map(|member| member.input.clone()),
            state: if landed.is_some() { State::Landed } else { standing.state },
            landed,
            reason: record.reason,
            checked: record.checked,
            branch: spec.branch.trim_start_matches("refs/heads/").to_owned(),
            base: record.base,
            result: record.result,
            attempt: standing.entry.attempt,
            tries: (spec.retries > 0).then(|| Tries { this: record.retry + 1, most: spec.retries + 1 }),
            command: spec.command.argv(),
            files: record.files,
            exit: record.exit,
            checks: record.checks.clone(),
            sandbox: Sandbox { level: record.sandbox.level, network: if record.sandbox.network { "on" } else { "off" } },
            brought: record.brought.clone(),
            outputs: record.kept_outputs(),
            side: record.side.clone(),
            queued_at: spec.queued_at,
            started_at: record.started_at,
            finished_at: record.finished_at,
            message: message(standing),
            notes: record.notes.clone(),
            outside: record.outside.clone(),
            self_changed: record.self_changed.clone(),
            interactive: spec.interactive,
            line: spec.command.line(),
            abandoned: standing.abandoned,
        }
    }
}

fn message(standing: &Standing) -> Option<String> {
    if standing.abandoned {
        return Some("its runner is gone; the next command that writes keeps what it changed".to_owned());
    }
    let message = standing.record.message.clone();
    if standing.state == State::Queued && standing.record.again {
        return Some(format!("{}; it is tried again", message.unwrap_or_else(|| "it failed".to_owned())));
    }
    message
}
