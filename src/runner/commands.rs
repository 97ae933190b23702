//! Whether a command will be found, told before anything runs.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::exec::environment::Environment;
use crate::exec::lookup::find_command;

/// Words that a shell knows without looking for a file.
const SHELL_WORDS: &[&str] = &[
    ".", ":", "[", "[[", "!", "{", "(", "alias", "bg", "break", "case", "cd", "command", "continue", "do", "done", "echo", "elif",
    "else", "esac", "eval", "exec", "exit", "export", "false", "fc", "fg", "fi", "for", "function", "getopts", "hash", "if", "in",
    "jobs", "kill", "let", "local", "printf", "pwd", "read", "readonly", "return", "select", "set", "shift", "source", "test",
    "then", "time", "times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset", "until", "wait", "while",
];

/// Where a task will look for commands.
pub(super) struct Lookup<'a> {
    /// Its environment.
    pub(super) environment: &'a Environment,
    /// The caller's checkout.
    pub(super) checkout: &'a Path,
    /// The folder that it runs in, relative to the root.
    pub(super) cwd: &'a Path,
    /// Tells whether the base has a file at a path relative to that folder.
    pub(super) in_base: &'a dyn Fn(&Path) -> bool,
}

impl Lookup<'_> {
    /// Tells whether a program is nowhere to be found.
    pub(super) fn misses(&self, word: &OsStr) -> bool {
        let path = Path::new(word);
        if path.is_relative() && word.as_bytes().contains(&b'/') {
            return !(self.in_base)(path);
        }
        let cwd = self.checkout.join(self.cwd);
        find_command(word, &cwd, self.environment.find("PATH")).is_none()
    }

    /// Returns the first word of a shell command line if it is a plain word, and a program that is nowhere to be found.
    pub(super) fn missed_by_shell(&self, line: &str) -> Option<String> {
        let first = line.split_whitespace().next()?;
        let plain = first.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./+".contains(&b));
        if !plain || SHELL_WORDS.contains(&first) || !self.misses(&OsString::from(first)) {
            return None;
        }
        Some(first.to_owned())
    }
}
