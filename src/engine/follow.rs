//! Looking at tasks, waiting for them, stopping them, trying them again.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Engine, Error, ErrorKind, LandedAs, Task};
use crate::config;
use crate::exec::log::LogReader;
use crate::id::{CommitId, Name, Uid};
use crate::journal::{Book, Kind, Named, Standing};
use crate::landing::{self, Depth, Elsewhere};
use crate::sys::command;
use crate::task::{Output, RepoPath, State};
use crate::workspace::outputs;

/// An ignored file or folder that a task made.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Made {
    /// Where the task had it.
    pub path: RepoPath,
    /// Why it is not in the commit: `ignored`, `large`, `embedded` …
    pub kind: &'static str,
    /// Files in it.
    pub files: u64,
    /// Their size together.
    pub bytes: u64,
    /// Whether it was kept.
    pub kept: bool,
}

/// A `git diff` that is ready to be run.
pub struct Diff {
    /// The task, or the batch.
    pub id: Name,
    /// The command; what it shows is there as long as this value is.
    pub command: Command,
    /// What the user should know, a line each.
    pub notes: Vec<String>,
    #[expect(dead_code, reason = "holds the objects that the command reads")]
    preview: Option<landing::Preview>,
}

/// One setting, as git config has it here.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Setting {
    /// Its name in git config.
    pub key: &'static str,
    /// What it is set to, or its default; nothing where it has neither.
    pub values: Vec<String>,
    /// What it does.
    pub meaning: &'static str,
}

impl Engine {
    /// Lists takeback's settings in this repository.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] if git's configuration files are unreadable.
    pub fn settings(&self) -> Result<Vec<Setting>, Error> {
        let all = config::values(&self.site.repo)?;
        Ok(all.into_iter().map(|(key, values)| Setting { key: key.name, values, meaning: key.meaning }).collect())
    }

    /// Every task, in the order of hand-off.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] where a record is.
    pub fn tasks(&self) -> Result<Vec<Task>, Error> {
        let book = Book::open(&self.site)?;
        self.tasks_of(&book, &book.all()?)
    }

    /// Tasks with where they have landed, as far as a glance shows that.
    pub(super) fn tasks_of(&self, book: &Book<'_>, standings: &[Standing]) -> Result<Vec<Task>, Error> {
        let mut found = landing::find_undecided(&self.site, book, standings, Depth::Glance)?;
        let task = |standing: &Standing| Task::of(standing, landed_as(book, standing, found.remove(standing.uid())));
        Ok(standings.iter().map(task).collect())
    }

    /// One task, by name, by a prefix that fits no other, or by uid.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unknown`], [`ErrorKind::Ambiguous`].
    pub fn task(&self, id: &str) -> Result<Task, Error> {
        let book = Book::open(&self.site)?;
        let standing = book.look_up(id)?;
        let mut found = landing::find_undecided(&self.site, &book, std::slice::from_ref(&standing), Depth::Full)?;
        Ok(Task::of(&standing, landed_as(&book, &standing, found.remove(standing.uid()))))
    }

    /// A task by the journal and its own attempt alone, wherever else its change may be: what a wait for it has to say.
    pub(super) fn own_outcome(&self, uid: &Uid) -> Result<Task, Error> {
        let book = Book::open(&self.site)?;
        let standing = book.look_up(uid.as_str())?;
        Ok(Task::of(&standing, landed_as(&book, &standing, None)))
    }

    /// Operations that a crash left open: the next writing command settles them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if the journal is.
    pub fn open_operations(&self) -> Result<usize, Error> {
        Ok(Book::open(&self.site)?.fold.open().count())
    }

    /// Opens what a task has written so far: the last attempt's output, or another's.
    ///
    /// # Errors
    ///
    /// As [`Self::task`]; [`ErrorKind::Unknown`] if there is no such attempt.
    pub(crate) fn log(&self, id: &str, attempt: Option<u32>) -> Result<LogReader, Error> {
        let standing = self.look_up(id)?;
        let attempt = attempt.unwrap_or(standing.entry.attempt);
        if attempt == 0 || attempt > standing.entry.attempt {
            let message = format!("`{}` has no attempt {attempt}: its last is {}", standing.spec.id, standing.entry.attempt);
            let hint = format!("`takeback show {}` shows its last attempt", standing.spec.id);
            return Err(Error::new(ErrorKind::Unknown, message).about(attempt).hint(hint));
        }
        Ok(LogReader::new(&self.site.layout.attempt(standing.uid(), attempt).log()))
    }

    /// Opens what the n-th check of a task's last attempt has written, from 1, when it was asked for the `time`-th time.
    ///
    /// # Errors
    ///
    /// As [`Self::task`]; [`ErrorKind::Unknown`] if there is no such check, or no such run of it.
    pub(crate) fn check_log(&self, id: &str, n: usize, time: usize) -> Result<LogReader, Error> {
        let standing = self.look_up(id)?;
        if n == 0 || n > standing.spec.checks.len() {
            let message = format!("`{}` has no check {n}: it has {}", standing.spec.id, standing.spec.checks.len());
            let hint = format!("`takeback show {}` shows its checks", standing.spec.id);
            return Err(Error::new(ErrorKind::Unknown, message).about(n).hint(hint));
        }
        let runs = standing.record.checks.get(n - 1).map_or(1, |run| run.runs.len().max(1));
        if time == 0 || time > runs {
            let message = format!("check {n} of `{}` has no run {time}: it was asked {runs} times", standing.spec.id);
            let hint = format!("`takeback show {}` shows its checks", standing.spec.id);
            return Err(Error::new(ErrorKind::Unknown, message).about(time).hint(hint));
        }
        let dir = self.site.layout.attempt(standing.uid(), standing.entry.attempt);
        Ok(LogReader::new(&if time == 1 { dir.check_log(n) } else { dir.check_log_again(n, time) }))
    }

    /// Lists what a task's last attempt made and git ignores.
    ///
    /// # Errors
    ///
    /// As [`Self::task`].
    pub fn outputs(&self, id: &str) -> Result<Vec<Made>, Error> {
        Ok(self.look_up(id)?.record.outputs.iter().map(Made::of).collect())
    }

    /// Copies kept outputs below a folder, each at the place where the task had it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Dirty`] if a file is there already: nothing was copied then.
    pub fn copy_outputs(&self, id: &str, to: &Path) -> Result<Vec<PathBuf>, Error> {
        let standing = self.look_up(id)?;
        let from = self.site.layout.attempt(standing.uid(), standing.entry.attempt).outputs();
        let kept: Vec<_> = standing.record.outputs.iter().filter(|o| o.kept).map(|o| o.path.clone()).collect();
        if let Some(there) = kept.iter().map(|p| to.join(outputs::place(p))).find(|p| p.symlink_metadata().is_ok()) {
            let message = format!("{} is there already", there.display());
            return Err(Error::new(ErrorKind::Dirty, message).about(there.display()).hint("name an empty folder: --to DIR"));
        }
        Ok(outputs::copy(&from, &kept, to)?)
    }

    /// The `git diff` of a task's change, or of what is ready of a batch, with the user's pager and colours; `extra` are further arguments of `git diff`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] if the task has no result.
    pub fn diff_command(&self, id: &str, extra: &[OsString]) -> Result<Diff, Error> {
        let book = Book::open(&self.site)?;
        let standing = match book.find_any(id)? {
            Named::Task(task) => book.standing(task)?,
            Named::Batch(_) => return self.diff_of_batch(id, extra),
        };
        let Some(result) = standing.record.result else {
            let message = format!("`{}` has no result: it is {}", standing.spec.id, standing.state);
            return Err(Error::new(ErrorKind::State, message).about(&standing.spec.id));
        };
        let command = self.git_diff((standing.record.base, result), extra);
        Ok(Diff { id: standing.spec.id, command, notes: vec![], preview: None })
    }

    /// The change of all that is ready of a batch, as if it had landed where it started.
    fn diff_of_batch(&self, id: &str, extra: &[OsString]) -> Result<Diff, Error> {
        let preview = landing::preview(&self.site, id)?;
        let mut command = self.git_diff((preview.from, preview.tip), extra);
        command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", preview.intake.objects());
        let mut notes = preview.notes.clone();
        notes.extend(preview.left_out.iter().map(|refusal| format!("{} is not in it: it {}", refusal.task, refusal.message)));
        let id = Book::open(&self.site)?.find_batch(id)?.id.clone();
        Ok(Diff { id, command, notes, preview: Some(preview) })
    }

    fn git_diff(&self, (from, to): (CommitId, CommitId), extra: &[OsString]) -> Command {
        let mut git = command::interactive_git(self.site.repo.path());
        let (options, paths): (Vec<_>, Vec<_>) = split_at_dashes(extra);
        git.arg("diff").args(options).arg(from.to_string()).arg(to.to_string()).arg("--").args(paths);
        if let Some(root) = self.site.repo.workdir() {
            git.current_dir(root);
        }
        git
    }

    pub(super) fn look_up(&self, id: &str) -> Result<Standing, Error> {
        Ok(Book::open(&self.site)?.look_up(id)?)
    }

    /// The names of tasks that a user may mean, for completion.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if the journal is.
    pub fn names(&self) -> Result<Vec<Name>, Error> {
        Ok(Book::open(&self.site)?.fold.tasks().iter().map(|t| t.id.clone()).collect())
    }
}

/// Where a task's change is: by the journal, or where it was found.
fn landed_as(book: &Book<'_>, standing: &Standing, found: Option<Elsewhere>) -> Option<LandedAs> {
    if let Some(Elsewhere { branch, commit, .. }) = found {
        return Some(LandedAs { branch, commit, elsewhere: true, jointly: None });
    }
    let place = landing::in_journal(book, standing).filter(|_| standing.state == State::Landed)?;
    let operation = book.fold.operation(standing.entry.operation.as_ref()?).map(|folded| &folded.operation);
    let jointly = operation.filter(|o| o.kind == Kind::Land && o.tasks.len() > 1).map(|o| o.uid.clone());
    Some(LandedAs { branch: place.branch, commit: place.commit, elsewhere: false, jointly })
}

fn split_at_dashes(extra: &[OsString]) -> (Vec<OsString>, Vec<OsString>) {
    let at = extra.iter().position(|a| a == "--").unwrap_or(extra.len());
    (extra[..at].to_vec(), extra.iter().skip(at + 1).cloned().collect())
}

impl Made {
    fn of(output: &Output) -> Self {
        let Output { path, kind, amount, kept } = output;
        Self { path: path.clone(), kind: kind.word(), files: amount.files, bytes: amount.bytes, kept: *kept }
    }
}
