//! Child processes: the one place where a program is started.
//!
//! A child of ours never sees the caller's `GIT_*` variables, but where a function says so.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A program could not be run, or said no.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It could not be started.
    #[error("cannot start `{program}`")]
    Start {
        /// Its name.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ended with an error.
    #[error("`{program}` ended with {status}: {stderr}")]
    Failed {
        /// The command line.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it wrote to stderr, trimmed.
        stderr: String,
    },
}

/// Makes a command with the caller's environment less `GIT_*`, without a terminal to ask on.
pub(crate) fn new(program: impl AsRef<OsStr>) -> Command {
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if is_git_variable(&name) {
            command.env_remove(name);
        }
    }
    if cfg!(test) {
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    }
    command.env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
    command
}

/// Makes a command with exactly this environment: for what is not ours to run.
pub(crate) fn with_environment<'a>(program: impl AsRef<OsStr>, all: impl IntoIterator<Item = (&'a OsStr, &'a OsStr)>) -> Command {
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    let mut command = Command::new(program);
    command.env_clear().envs(all).stdin(Stdio::null());
    command
}

/// Makes a command that takes this process's environment over as it is: for what this process is to become.
pub(crate) fn as_is(program: impl AsRef<OsStr>) -> Command {
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    Command::new(program)
}

/// Tells whether a variable steers git.
pub(crate) fn is_git_variable(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"GIT_")
}

/// Makes a `git` command on a git dir, which runs no hook and needs no lock to look.
pub(crate) fn git(git_dir: &Path) -> Command {
    let mut command = new("git");
    command.arg("-c").arg("core.hooksPath=/dev/null").env("GIT_DIR", git_dir).env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
    command
}

/// Variables that lead git to another repository, index or store of objects than the one it is told.
const PLACES: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
];

/// Makes a command as the user would give it: with all settings, hooks and prompts on the terminal, in the folder that the caller
/// says.
pub(crate) fn as_user(program: impl AsRef<OsStr>) -> Command {
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    let mut command = Command::new(program);
    for place in PLACES {
        command.env_remove(place);
    }
    command.stdin(Stdio::null());
    command
}

/// Makes a `git` command for the user's eyes: on the terminal, with the user's settings, pager and colours.
pub(crate) fn interactive_git(git_dir: &Path) -> Command {
    let mut command = as_user("git");
    command.arg("--git-dir").arg(git_dir).stdin(Stdio::inherit());
    command
}

/// Makes a command that runs this very program.
///
/// # Errors
///
/// [`Error::Start`] if the system does not tell where the program is.
pub(crate) fn own() -> Result<Command, Error> {
    let program = own_program().map_err(|source| Error::Start { program: "takeback".to_owned(), source })?;
    Ok(new(program))
}

/// Where this program is. One that an upgrade has replaced since it was started is still had through its process (`/proc/PID/exe`,
/// proc(5)), for as long as that lives.
fn own_program() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let through_process = PathBuf::from(format!("/proc/{}/exe", std::process::id()));
    Ok(if !program.exists() && through_process.exists() { through_process } else { program })
}

/// Runs a command to its end and returns what it wrote to stdout.
///
/// # Errors
///
/// [`Error::Start`], or [`Error::Failed`] with its stderr.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>, Error> {
    let output = run(command)?;
    if output.status.success() { Ok(output.stdout) } else { Err(failed(command, &output)) }
}

/// Runs a command to its end, whatever its exit status.
///
/// # Errors
///
/// [`Error::Start`].
pub(crate) fn run(command: &mut Command) -> Result<Output, Error> {
    command.output().map_err(|source| Error::Start { program: name_of(command), source })
}

/// Makes the error for an output that was not a success.
pub(crate) fn failed(command: &Command, output: &Output) -> Error {
    Error::Failed { program: name_of(command), status: output.status, stderr: said(output) }
}

/// What a program wrote to stderr, as far as its first paragraph, in one line: git's usage of a command goes on for a page.
pub(crate) fn said(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines = stderr.trim().lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// Tells whether a text of git, or of libgit2, gives a full disk as the reason.
pub(crate) fn says_disk_full(text: &str) -> bool {
    ["No space left on device", "Disk quota exceeded", "Out of diskspace"].iter().any(|reason| text.contains(reason))
}

fn name_of(command: &Command) -> String {
    let mut words: Vec<OsString> = vec![command.get_program().to_owned()];
    words.extend(command.get_args().map(OsStr::to_owned));
    words.iter().map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
