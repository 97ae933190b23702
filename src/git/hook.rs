//! The user's `commit-msg` hook: asked about a message before the commit that carries it is made.
//!
//! It runs as `git commit` runs it: in the checkout, with the user's environment, `GIT_INDEX_FILE`, `GIT_EDITOR` and `GIT_AUTHOR_*`,
//! and with the file that holds the message as its argument. That file and that index are ours and hold the landing's commit, so
//! whatever it does to them the user's own index and `COMMIT_EDITMSG` stay as they are.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use git2::{Index, Oid, Repository};

use super::commit::Origin;
use super::{Error, Intake};
use crate::sys::{command, file};

const NAME: &str = "commit-msg";

/// As many characters of what a hook writes are shown.
const MOST_SHOWN: usize = 2000;

/// A `commit-msg` hook that git would run.
pub(crate) struct CommitMsg {
    file: PathBuf,
    folder: PathBuf,
    /// The admin dir, in a linked worktree: git tells hooks only then.
    git_dir: Option<PathBuf>,
    by_git: bool,
}

/// What the hook is asked about.
pub(crate) struct Question<'a> {
    /// The commit's tree.
    pub(crate) tree: Oid,
    /// Its author.
    pub(crate) origin: &'a Origin,
    /// Its message.
    pub(crate) message: &'a [u8],
}

/// What the hook says.
#[derive(Debug)]
pub(crate) enum Said {
    /// This is to be the message, and what it wrote beside.
    Yes(Vec<u8>, String),
    /// There is to be no such commit, and why.
    No(String),
}

/// The folder that a `core.hooksPath` names: from the root of the checkout, or in a bare repository from its git dir. Git puts `/` and
/// the hook's name behind the path, so an empty one names the root of the file system.
pub(crate) fn folder(main: &Repository, path: &Path) -> PathBuf {
    if path.as_os_str().is_empty() {
        return PathBuf::from("/");
    }
    main.workdir().unwrap_or_else(|| main.path()).join(path)
}

impl CommitMsg {
    /// Finds the hook: in `core.hooksPath` or the repository's own folder, and only if it may be executed.
    ///
    /// # Errors
    ///
    /// [`Error::Command`] if there is one and git cannot be asked for its version.
    pub(crate) fn find(main: &Repository) -> Result<Option<Self>, Error> {
        let folder = main.workdir().unwrap_or_else(|| main.path()).to_owned();
        let set = main.config().and_then(|config| config.get_path("core.hooksPath"));
        let hooks = set.map_or_else(|_| main.commondir().join("hooks"), |path| self::folder(main, &path));
        let file = hooks.join(NAME);
        if !is_executable(&file) {
            return Ok(None);
        }
        let git_dir = main.is_worktree().then(|| main.path().to_owned());
        Ok(Some(Self { file, folder, git_dir, by_git: git_runs_hooks()? }))
    }

    /// Asks about a message.
    ///
    /// # Errors
    ///
    /// [`Error::Command`] if the hook cannot be started, [`Error::File`] if the message cannot be handed over.
    pub(crate) fn ask(&self, intake: &Intake, question: &Question<'_>) -> Result<Said, Error> {
        let message = intake.passing_file("COMMIT_EDITMSG", question.message)?;
        let mut hook = self.command(&message);
        hook.env("GIT_INDEX_FILE", index(intake, question.tree)?).env("GIT_EDITOR", ":");
        hook.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", intake.objects());
        question.origin.tell(&mut hook);
        let output = command::run(&mut hook)?;
        if !output.status.success() {
            let why = written(&output);
            return Ok(Said::No(if why.is_empty() { format!("{} without a word", output.status) } else { why }));
        }
        let beside = written(&output);
        let edited = file::read(&message)?.unwrap_or_default();
        if edited == question.message {
            return Ok(Said::Yes(edited, beside));
        }
        let edited = tidy(&edited);
        let is_empty = edited.trim_ascii().is_empty() || edited.contains(&0);
        Ok(if is_empty { Said::No("it left no message".to_owned()) } else { Said::Yes(edited, beside) })
    }

    fn command(&self, message: &Path) -> Command {
        let mut hook = if self.by_git {
            let mut git = command::as_user("git");
            git.args(["hook", "run", NAME, "--"]);
            git
        } else {
            command::as_user(&self.file)
        };
        hook.arg(message).current_dir(&self.folder);
        if let Some(git_dir) = &self.git_dir {
            hook.env("GIT_DIR", git_dir);
        }
        hook
    }
}

/// An index that holds what the commit will hold.
fn index(intake: &Intake, tree: Oid) -> Result<PathBuf, Error> {
    let place = intake.path().join("commit-index");
    let tree = intake.repo().find_tree(tree).map_err(Error::of("read", tree))?;
    let mut index = Index::open(&place).map_err(Error::of("make the index", place.display()))?;
    index.read_tree(&tree).and_then(|()| index.write()).map_err(Error::of("write the index", place.display()))?;
    Ok(place)
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// `git hook run` came with 2.36.
fn git_runs_hooks() -> Result<bool, Error> {
    let said = command::output(command::new("git").arg("version"))?;
    let numbers: Vec<u32> = String::from_utf8_lossy(&said).split(['.', ' ']).filter_map(|part| part.parse().ok()).collect();
    Ok(numbers.get(..2).is_some_and(|version| version >= &[2, 36]))
}

/// All that a hook wrote, in one line.
fn written(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).join("\n");
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ").chars().take(MOST_SHOWN).collect()
}

/// A message as git leaves it where nobody edits: no blanks at the ends of lines, no empty lines at its ends, nor two in a row.
fn tidy(message: &[u8]) -> Vec<u8> {
    let mut tidy: Vec<u8> = Vec::new();
    let mut gap = false;
    for line in message.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end) {
        if line.is_empty() {
            gap = !tidy.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            tidy.push(b'\n');
        }
        tidy.extend_from_slice(line);
        tidy.push(b'\n');
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tidied_as_git_does_it() {
        assert_eq!(tidy(b"\n\nSubject  \n\n\n\nbody\t\n# no comment\n\n"), b"Subject\n\nbody\n# no comment\n");
        assert_eq!(tidy(b" \n\t\n"), b"");
    }
}
