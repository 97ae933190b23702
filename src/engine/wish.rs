//! What a caller asks for, before it is decided whether it can be had.

use std::path::PathBuf;
use std::time::Duration;

use crate::task::{Level, Text};

/// One task to hand off.
#[derive(Clone, Debug, Default)]
pub struct RunWish {
    /// The program and its arguments; with `shell`, empty.
    pub argv: Vec<Text>,
    /// A text for `sh -c`, instead of `argv`.
    pub shell: Option<String>,
    /// What to call it; by default the command's word.
    pub name: Option<String>,
    /// The revision it starts from; by default `HEAD`.
    pub base: Option<String>,
    /// Start from `HEAD` with the checkout's uncommitted changes.
    pub with_changes: bool,
    /// The folder it runs in, relative to the caller's; by default the caller's.
    pub cwd: Option<PathBuf>,
    /// Shell command lines that judge the result.
    pub checks: Vec<String>,
    /// Globs, relative to the folder it runs in, that it may change; empty is everything.
    pub only: Vec<String>,
    /// Globs, relative to the folder it runs in, of ignored files that go into the commit.
    pub commit_ignored: Vec<String>,
    /// The longest it may run; by default `takeback.timeout`. Zero is no limit.
    pub timeout: Option<Duration>,
    /// The longest it may write nothing; by default no limit.
    pub idle: Option<Duration>,
    /// A shell text run before the command and its checks.
    pub setup: Option<String>,
    /// `NAME` to pass a variable that looks like a secret, `NAME=VALUE` to set one.
    pub env: Vec<Text>,
    /// The sandbox level.
    pub sandbox: Level,
}

/// Results to put on a branch.
#[derive(Clone, Debug, Default)]
pub struct LandWish {
    /// Tasks, in the order in which they land.
    pub ids: Vec<String>,
    /// The branch; by default the one that was checked out at hand-off. A new name is created.
    pub to: Option<String>,
    /// Where a new branch starts; by default at the branch that was checked out at hand-off.
    pub onto: Option<String>,
    /// Further shell command lines that judge the tree to land.
    pub checks: Vec<String>,
    /// Land without running a check on a tree that none has seen.
    pub no_check: bool,
    /// Land results of failed and cancelled tasks too.
    pub allow_failed: bool,
    /// Globs, relative to the root, of paths outside a task's scope that may land.
    pub allow_paths: Vec<String>,
    /// The commit's subject; by default the tasks' names.
    pub message: Option<String>,
}
