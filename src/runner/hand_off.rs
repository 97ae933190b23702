//! From a wish to a task on disk.
//!
//! `plan` finds every error that can be found before anything runs, and changes nothing. `hand_off` writes the spec and the
//! environment, takes the attempt's lock, and makes the task exist by one line of the journal.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use git2::Odb;

use super::commands;
use super::{RunWish, snapshot, start};
use crate::exec::environment::{self, Taken};
use crate::git::refs::{self, RefMove};
use crate::git::{self, support, tree};
use crate::id::{BadName, CommitId, Name, TreeId, Uid};
use crate::journal::{Book, BookError, CarryError, Entry, LogError, Writer, append};
use crate::store::{Site, layout, site, tasks};
use crate::sys::lock::{self, Lock};
use crate::sys::{clock, file};
use crate::task::{Command, EnvWish, Limits, RepoPath, Spec, Text};
use crate::verify::scope::{self, BadGlob, Scope};

/// A task, decided and not handed off.
pub(crate) struct HandOff {
    /// What will be written.
    pub(crate) spec: Spec,
    /// What the task will see of the caller's environment, and what it will not.
    pub(crate) taken: Taken,
    /// The base's objects that are not in the repository yet.
    pub(crate) snapshot: Option<snapshot::Snapshot>,
    /// What the user should know, a line each.
    pub(crate) lines: Vec<String>,
}

/// A task cannot be handed off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// There is nothing to run.
    #[error("there is no command to run")]
    NoCommand,
    /// `HEAD` is a branch without a commit.
    #[error("the branch `{branch}` has no commit yet")]
    Unborn {
        /// The branch.
        branch: String,
    },
    /// A revision does not exist.
    #[error("there is no commit `{0}`")]
    UnknownRevision(String),
    /// Options do not go together.
    #[error("{0}")]
    Usage(String),
    /// The folder is not in the base.
    #[error("the folder `{folder}` is not in {base}")]
    UnknownFolder {
        /// Relative to the root.
        folder: RepoPath,
        /// The base.
        base: String,
    },
    /// The folder is not in the repository.
    #[error("{0:?} is not in this checkout")]
    OutsideFolder(PathBuf),
    /// Git does not know who commits.
    #[error("git does not know who you are: user.name and user.email are not set")]
    NoIdentity,
    /// The name cannot be one.
    #[error(transparent)]
    BadName(#[from] BadName),
    /// The name is another task's.
    #[error("there is a task `{0}` already")]
    NameTaken(Name),
    /// The branch that the task would have is there.
    #[error("there is a branch `{0}` already")]
    BranchTaken(String),
    /// A branch is called like the prefix of tasks' branches.
    #[error("the branch `{prefix}` is in the way of `{prefix}/{task}`")]
    PrefixIsBranch {
        /// The prefix.
        prefix: String,
        /// The task.
        task: Name,
    },
    /// The command is not found.
    #[error("the command `{0}` is not found")]
    CommandNotFound(String),
    /// The command is a path that the base does not have.
    #[error("the command `{word}` is not in {base}")]
    CommandNotInBase {
        /// As it was given.
        word: String,
        /// The base.
        base: String,
    },
    /// The command is a file that may not be run.
    #[error("the command `{word}` is not executable in {base}")]
    NotExecutable {
        /// As it was given.
        word: String,
        /// The base.
        base: String,
    },
    /// A check's command is not found.
    #[error("the check `{check}`: the command `{word}` is not found")]
    CheckNotFound {
        /// The check.
        check: String,
        /// Its first word.
        word: String,
    },
    /// A glob leads out of the repository.
    #[error("`{0}` leads out of the repository")]
    GlobOutside(String),
    /// A glob cannot be read.
    #[error(transparent)]
    Glob(#[from] BadGlob),
    /// `--env` cannot be granted.
    #[error(transparent)]
    Environment(#[from] environment::Error),
    /// The checkout's uncommitted changes cannot be captured.
    #[error(transparent)]
    Snapshot(#[from] snapshot::Error),
    /// The repository cannot be used.
    #[error(transparent)]
    Site(#[from] site::Error),
    /// A task cannot be named or read.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The journal cannot be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The right to decide was not to be had.
    #[error(transparent)]
    Carry(#[from] CarryError),
    /// The spec cannot be written.
    #[error(transparent)]
    Task(#[from] tasks::Error),
    /// The attempt's lock cannot be taken.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// The runner cannot be started.
    #[error(transparent)]
    Start(#[from] start::Error),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] file::Error),
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] git::Error),
}

/// Decides what would be handed off. `dir` is the caller's folder.
///
/// # Errors
///
/// [`Error`], by what cannot be had; nothing was changed.
pub(crate) fn plan(site: &Site, dir: &Path, wish: &RunWish) -> Result<HandOff, Error> {
    let command = command_of(wish)?;
    let root = site.work_dir()?.to_owned();
    let cwd = folder_in(&root, &dir.join(wish.cwd.as_deref().unwrap_or(Path::new(""))))?;
    if site.repo.signature().is_err() && site.repo.author_from_env().is_err() {
        return Err(Error::NoIdentity);
    }
    // To count them takes as long as all the rest: it is done beside it.
    let counting = (wish.base.is_none() && !wish.with_changes).then(|| snapshot::count_changes(&site.repo));
    let (base, snapshot, mut lines) = base_of(site, wish)?;
    let tree = snapshot.as_ref().map_or_else(|| tree::of_commit(&site.repo, base), |s| Ok(s.tree))?;
    let odb = snapshot.as_ref().map_or_else(|| git::repo::odb(&site.repo), |s| s.intake.odb())?;
    support::refuse(&site.repo, &odb, tree)?;
    check_folder(&odb, tree, &cwd, base)?;
    let id = name_of(site, wish, &command)?;
    let (pass, set) = env_wishes(&wish.env);
    let asked = environment::Wish { withhold: &site.config.withhold, pass: &pass, set: &set };
    let taken = environment::take(std::env::vars_os(), &asked)?;
    let spec = Spec {
        uid: Uid::random(),
        branch: layout::branch_ref(&site.config.branch_prefix, &id),
        id,
        command,
        base,
        target: head_branch(site)?,
        checks: wish.checks.clone(),
        only: globs(&cwd, &wish.only)?,
        commit_ignored: globs(&cwd, &wish.commit_ignored)?,
        cwd,
        setup: wish.setup.clone(),
        env: pass
            .iter()
            .map(|n| EnvWish::Pass(n.to_string()))
            .chain(set.iter().map(|(n, _)| EnvWish::Set(n.to_string())))
            .collect(),
        limits: limits(site, wish),
        sandbox: wish.sandbox,
        queued_at: clock::now(),
    };
    commands::check(&odb, &spec, &taken.environment, tree, &root)?;
    drop(odb);
    if let Some(counting) = counting {
        lines.push(snapshot::base_line(&site.repo, base, counting.join().ok().flatten()));
    }
    Ok(HandOff { spec, taken, snapshot, lines })
}

/// Hands the task off: from the journal's line on it exists. Returns when its runner has taken over.
///
/// # Errors
///
/// [`Error::NameTaken`] if another command took the name meanwhile; [`Error::Start`] if the runner does not start.
pub(crate) fn hand_off(site: &Site, plan: HandOff) -> Result<Uid, Error> {
    let spec = plan.spec;
    let (writer, _) = Writer::new(&site.repo, &site.layout)?;
    let book = Book::open(site)?;
    if book.fold.tasks().iter().any(|t| t.id == spec.id) {
        return Err(Error::NameTaken(spec.id));
    }
    if let Some(snapshot) = plan.snapshot {
        snapshot.publish(site)?;
    }
    pin_base(site, spec.base)?;
    tasks::save_spec(&site.layout, &spec)?;
    let attempt = site.layout.attempt(&spec.uid, 1);
    file::make_folder(attempt.path())?;
    plan.taken.environment.save(&attempt.environment())?;
    let lock = Lock::acquire(&attempt.lock())?;
    append(&site.layout, &[Entry::Task { uid: spec.uid.clone(), id: spec.id, at: spec.queued_at }])?;
    drop(writer);
    start::runner(site, &spec.uid, 1, lock)?;
    Ok(spec.uid)
}

/// Keeps a base in reach for as long as takeback may need it.
pub(crate) fn pin_base(site: &Site, base: CommitId) -> Result<(), git::Error> {
    let pin = RefMove { name: layout::base_ref(base), from: None, to: Some(base.into()) };
    refs::apply(&site.repo, &pin, "takeback: base")
}

fn command_of(wish: &RunWish) -> Result<Command, Error> {
    match (&wish.shell, wish.argv.is_empty()) {
        (Some(_), false) => Err(Error::Usage("--shell and a command after -- do not go together".to_owned())),
        (Some(text), true) if !text.trim().is_empty() => Ok(Command::Shell(text.clone())),
        (None, false) => Ok(Command::Argv(wish.argv.clone())),
        _ => Err(Error::NoCommand),
    }
}

/// A folder of the file system, relative to the checkout's root.
fn folder_in(root: &Path, folder: &Path) -> Result<RepoPath, Error> {
    let outside = || Error::OutsideFolder(folder.to_owned());
    let absolute = lexical(&std::path::absolute(folder).map_err(|_| outside())?);
    let found = absolute.strip_prefix(root).map(Path::to_owned).or_else(|_| {
        let resolved = absolute.canonicalize().map_err(|_| outside())?;
        resolved.strip_prefix(root.canonicalize().map_err(|_| outside())?).map(Path::to_owned).map_err(|_| outside())
    })?;
    Ok(RepoPath::from(found.as_path()))
}

/// The path without `.` and `..`, as a shell's `cd` reads it.
pub(super) fn lexical(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

fn base_of(site: &Site, wish: &RunWish) -> Result<(CommitId, Option<snapshot::Snapshot>, Vec<String>), Error> {
    let head = head_commit(site)?;
    match (&wish.base, wish.with_changes) {
        (Some(_), true) => Err(Error::Usage("--base and --with-changes do not go together".to_owned())),
        (Some(rev), false) => {
            let found = site.repo.revparse_single(rev).and_then(|o| o.peel_to_commit());
            let base = CommitId::from(found.map_err(|_| Error::UnknownRevision(rev.clone()))?.id());
            Ok((base, None, vec![format!("from {} ({rev})", base.short())]))
        }
        (None, true) => {
            let snapshot = snapshot::take(site, head)?;
            let line = format!("from {} with {} changed files of the checkout", head.short(), snapshot.files);
            Ok((snapshot.commit, Some(snapshot), vec![line]))
        }
        (None, false) => Ok((head, None, vec![])),
    }
}

fn head_commit(site: &Site) -> Result<CommitId, Error> {
    match site.repo.head().and_then(|h| h.peel_to_commit()) {
        Ok(commit) => Ok(commit.id().into()),
        Err(e) if e.code() == git2::ErrorCode::UnbornBranch => {
            let branch = head_branch(site)?.unwrap_or_default();
            Err(Error::Unborn { branch: branch.trim_start_matches("refs/heads/").to_owned() })
        }
        Err(e) => Err(git::Error::of("read", "HEAD")(e).into()),
    }
}

/// The branch that is checked out; `None` if `HEAD` is detached.
fn head_branch(site: &Site) -> Result<Option<String>, git::Error> {
    let head = site.repo.find_reference("HEAD").map_err(git::Error::of("read", "HEAD"))?;
    Ok(head.symbolic_target().ok().flatten().map(ToOwned::to_owned))
}

fn check_folder(odb: &Odb<'_>, tree: TreeId, cwd: &RepoPath, base: CommitId) -> Result<(), Error> {
    if cwd.is_root() {
        return Ok(());
    }
    match tree::find(odb, tree.into(), cwd)? {
        Some(entry) if entry.is_folder() => Ok(()),
        _ => Err(Error::UnknownFolder { folder: cwd.clone(), base: base.short() }),
    }
}

/// The name asked for, if it is free; else the command's word with the first suffix that is free.
fn name_of(site: &Site, wish: &RunWish, command: &Command) -> Result<Name, Error> {
    let prefix = &site.config.branch_prefix;
    let book = Book::open(site)?;
    let is_branch = |name: &str| matches!(refs::find(&site.repo, &format!("refs/heads/{name}")), Ok(Some(_)));
    let branch = |name: &Name| format!("{prefix}/{name}");
    let is_task = |name: &Name| book.fold.tasks().iter().any(|t| t.id == *name);
    let name = match &wish.name {
        Some(text) => {
            let name: Name = text.parse()?;
            if is_task(&name) {
                return Err(Error::NameTaken(name));
            }
            if is_branch(&branch(&name)) {
                return Err(Error::BranchTaken(branch(&name)));
            }
            name
        }
        None => Name::slug(&command.word()).free(|name| is_task(name) || is_branch(&branch(name))),
    };
    match prefix
        .split('/')
        .scan(String::new(), |path, part| {
            path.push_str(if path.is_empty() { "" } else { "/" });
            path.push_str(part);
            Some(path.clone())
        })
        .find(|path| is_branch(path))
    {
        Some(prefix) => Err(Error::PrefixIsBranch { prefix, task: name }),
        None => Ok(name),
    }
}

/// What `--env` passes, and what it sets.
fn env_wishes(wishes: &[Text]) -> (Vec<Text>, Vec<(Text, Text)>) {
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    let mut pass = Vec::new();
    let mut set = Vec::new();
    for wish in wishes {
        let bytes = wish.as_os_str().as_bytes();
        match bytes.iter().position(|b| *b == b'=') {
            None => pass.push(wish.clone()),
            Some(at) => {
                let text = |bytes: &[u8]| Text::from(OsString::from_vec(bytes.to_vec()));
                set.push((text(&bytes[..at]), text(&bytes[at + 1..])));
            }
        }
    }
    (pass, set)
}

fn globs(cwd: &RepoPath, given: &[String]) -> Result<Vec<String>, Error> {
    let stored: Result<Vec<_>, _> =
        given.iter().map(|g| scope::from_folder(cwd, g).ok_or_else(|| Error::GlobOutside(g.clone()))).collect();
    let stored = stored?;
    Scope::new(&stored)?;
    Ok(stored)
}

fn limits(site: &Site, wish: &RunWish) -> Limits {
    let timeout = wish.timeout.unwrap_or(site.config.timeout);
    Limits { timeout: Some(timeout).filter(|t| !t.is_zero()), idle: wish.idle.filter(|t| !t.is_zero()) }
}
