//! What a caller asks for, before it is decided whether it can be had.

use std::path::PathBuf;
use std::time::Duration;

use crate::task::{Level, Text};

/// One task to hand off.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
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
    /// Globs, relative to the folder it runs in, of files that make the checks: these are taken from the base.
    pub check_files: Vec<String>,
    /// Its checks find nothing that earlier ones left, whatever `takeback.checkCache` says.
    pub no_check_cache: bool,
    /// Globs, relative to the folder it runs in, that it may change; empty is everything.
    pub only: Vec<String>,
    /// Globs, relative to the folder it runs in, of ignored files that go into the commit.
    pub commit_ignored: Vec<String>,
    /// Paths that git does not have and that it shall see, each with `:ro` or `:copy` behind it or nothing.
    pub bring: Vec<Text>,
    /// Bring nothing of what `takeback.bring` names.
    pub no_bring: bool,
    /// The longest it may run; by default `takeback.timeout`. Zero is no limit.
    pub timeout: Option<Duration>,
    /// The longest it may write nothing; by default no limit.
    pub idle: Option<Duration>,
    /// Who is told when it is over: a command for `sh -c`, `desktop`, or `none`; by default `takeback.notify`.
    pub notify: Option<String>,
    /// It gets the caller's terminal, and has no time limit but one that is asked for.
    pub interactive: bool,
    /// How often it is tried again if it fails.
    pub retries: u32,
    /// A shell text run before the command and its checks.
    pub setup: Option<String>,
    /// `NAME` to pass a variable that looks like a secret, `NAME=VALUE` to set one.
    pub env: Vec<Text>,
    /// The sandbox level.
    pub sandbox: Level,
}
