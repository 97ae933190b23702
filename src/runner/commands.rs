//! Whether a command will be found, told before anything runs.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use git2::Odb;

use super::hand_off::{Error, lexical};
use crate::exec::environment::Environment;
use crate::exec::lookup::find_command;
use crate::git::tree;
use crate::id::{CommitId, TreeId};
use crate::task::{Bring, Command, RepoPath, Spec, Text};

/// Words that a shell knows without looking for a file.
const SHELL_WORDS: &[&str] = &[
    ".", ":", "[", "[[", "!", "{", "(", "alias", "bg", "break", "case", "cd", "command", "continue", "do", "done", "echo", "elif",
    "else", "esac", "eval", "exec", "exit", "export", "false", "fc", "fg", "fi", "for", "function", "getopts", "hash", "if", "in",
    "jobs", "kill", "let", "local", "printf", "pwd", "read", "readonly", "return", "select", "set", "shift", "source", "test",
    "then", "time", "times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset", "until", "wait", "while",
];

/// Finds commands that cannot be found before anything runs. A setup may change `PATH`, so with one nothing can be said.
pub(super) fn check(odb: &Odb<'_>, spec: &Spec, environment: &Environment, tree: TreeId, root: &Path) -> Result<(), Error> {
    if spec.setup.is_some() {
        return Ok(());
    }
    let found = |path: &Path| {
        let path = RepoPath::from(lexical(&spec.cwd.as_path().join(path)).as_path());
        tree::find(odb, tree.into(), &path).ok().flatten()
    };
    let in_tree = |path: &Path| found(path).is_some_and(|entry| !entry.is_folder()) || is_brought(spec, path, root);
    let find = Lookup { environment, checkout: root, cwd: spec.cwd.as_path(), in_base: &in_tree };
    if let Command::Argv(words) = &spec.command
        && let Some(word) = words.first().filter(|word| find.misses(word.as_os_str()))
    {
        return Err(not_found(word, spec.base));
    }
    if let Command::Argv(words) = &spec.command
        && let Some(word) = words.first().filter(|word| is_below(word))
        && matches!(found(word.as_path()), Some(entry) if entry.mode == tree::FILE)
    {
        return Err(Error::NotExecutable { word: word.to_string(), base: spec.base.short() });
    }
    for check in &spec.checks {
        if let Some(word) = find.missed_by_shell(check) {
            return Err(Error::CheckNotFound { check: check.clone(), word });
        }
    }
    Ok(())
}

/// Tells whether a path relative to the folder that a task runs in is a file that is brought to it.
fn is_brought(spec: &Spec, path: &Path, root: &Path) -> bool {
    let path = RepoPath::from(lexical(&spec.cwd.as_path().join(path)).as_path());
    let is_in = |bring: &Bring| bring.path == path || bring.path.holds(&path);
    spec.bring.iter().any(is_in) && root.join(path.as_path()).is_file()
}

/// Tells whether a command is a path that is looked for below the folder it runs in, not in `PATH`.
fn is_below(word: &Text) -> bool {
    word.as_path().is_relative() && word.as_os_str().as_encoded_bytes().contains(&b'/')
}

fn not_found(word: &Text, base: CommitId) -> Error {
    if is_below(word) {
        Error::CommandNotInBase { word: word.to_string(), base: base.short(), bring: None }
    } else {
        Error::CommandNotFound(word.to_string())
    }
}

/// Where a task will look for commands.
struct Lookup<'a> {
    /// Its environment.
    environment: &'a Environment,
    /// The caller's checkout.
    checkout: &'a Path,
    /// The folder that it runs in, relative to the root.
    cwd: &'a Path,
    /// Tells whether the base has a file at a path relative to that folder.
    in_base: &'a dyn Fn(&Path) -> bool,
}

impl Lookup<'_> {
    /// Tells whether a program is nowhere to be found.
    fn misses(&self, word: &OsStr) -> bool {
        let path = Path::new(word);
        if path.is_relative() && word.as_bytes().contains(&b'/') {
            return !(self.in_base)(path);
        }
        let cwd = self.checkout.join(self.cwd);
        find_command(word, &cwd, self.environment.find("PATH")).is_none()
    }

    /// Returns the first word of a shell command line if it is a plain word, and a program that is nowhere to be found.
    fn missed_by_shell(&self, line: &str) -> Option<String> {
        let first = line.split_whitespace().next()?;
        let plain = first.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./+".contains(&b));
        if !plain || SHELL_WORDS.contains(&first) || !self.misses(&OsString::from(first)) {
            return None;
        }
        Some(first.to_owned())
    }
}
