//! From a wish to a task on disk.
//!
//! `plan` finds every error that can be found before anything runs, and changes nothing. `hand_off` writes the spec and the
//! environment, takes the attempt's lock, and makes the task exist by one line of the journal.

mod base;
mod error;
mod name;

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use git2::Odb;

use super::bring::{self, Asked, Lookout};
use super::commands;
use super::{RunWish, snapshot, start};
use crate::exec::environment::{self, Environment, Taken};
use crate::exec::notify;
use crate::git::refs::{self, RefMove};
use crate::git::{self, support, tree};
use crate::id::{CommitId, TreeId, Uid};
use crate::journal::{Book, Entry, Writer, append};
use crate::store::{Site, layout, tasks};
use crate::sys::lock::Lock;
use crate::sys::{clock, file};
use crate::task::{Absent, Command, EnvWish, Limits, RepoPath, Spec, Text};
use crate::verify::scope::{self, Scope};

pub(crate) use error::Error;

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

/// Decides what would be handed off. `dir` is the caller's folder.
///
/// # Errors
///
/// [`Error`], by what cannot be had; nothing was changed.
pub(crate) fn plan(site: &Site, dir: &Path, wish: &RunWish) -> Result<HandOff, Error> {
    let command = command_of(wish)?;
    let root = site.work_dir()?.to_owned();
    let folder = dir.join(wish.cwd.as_deref().unwrap_or(Path::new("")));
    let cwd = folder_in(&root, &folder)?;
    if site.repo.signature().is_err() && site.repo.author_from_env().is_err() {
        return Err(Error::NoIdentity);
    }
    // To count them takes as long as all the rest: it is done beside it.
    let counting = (wish.base.is_none() && !wish.with_changes).then(|| snapshot::count_changes(&site.repo));
    let (base, snapshot, mut lines) = base::base_of(site, wish)?;
    let tree = snapshot.as_ref().map_or_else(|| tree::of_commit(&site.repo, base), |s| Ok(s.tree))?;
    let odb = snapshot.as_ref().map_or_else(|| git::repo::odb(&site.repo), |s| s.intake.odb())?;
    support::refuse(&site.repo, &odb, tree)?;
    check_folder(&odb, tree, &cwd, base)?;
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    let asked = Asked { words: &wish.bring, no_defaults: wish.no_bring, folder: &folder };
    let bringing = bring::plan(site, &asked, &odb, tree)?;
    let id = name::name_of(site, wish, &command)?;
    let (pass, set) = env_wishes(&wish.env);
    let asked = environment::Wish { withhold: &site.config.withhold, pass: &pass, set: &set };
    let taken = environment::take(std::env::vars_os(), &asked)?;
    let mut spec = Spec {
        uid: Uid::random(),
        branch: layout::branch_ref(&site.config.branch_prefix, &id),
        id,
        command,
        base,
        target: base::head_branch(site)?,
        checks: wish.checks.clone(),
        check_files: globs(&cwd, &wish.check_files)?,
        no_check_cache: wish.no_check_cache,
        only: globs(&cwd, &wish.only)?,
        commit_ignored: globs(&cwd, &wish.commit_ignored)?,
        cwd,
        setup: wish.setup.clone(),
        env: pass
            .iter()
            .map(|n| EnvWish::Pass(n.to_string()))
            .chain(set.iter().map(|(n, _)| EnvWish::Set(n.to_string())))
            .collect(),
        checkout: (!bringing.bring.is_empty()).then(|| root.as_path().into()),
        bring: bringing.bring,
        absent: Vec::new(),
        limits: limits(site, wish),
        interactive: wish.interactive,
        retries: wish.retries,
        notify: notify(site, wish),
        sandbox: wish.sandbox,
        queued_at: clock::now(),
    };
    let hints = hint(site, &mut spec, wish, (&odb, tree), &taken.environment)?;
    drop(odb);
    if let Some(counting) = counting {
        lines.push(snapshot::base_line(&site.repo, base, counting.join().ok().flatten()));
    }
    lines.extend(bringing.lines.into_iter().chain(hints));
    Ok(HandOff { spec, taken, snapshot, lines })
}

/// Refuses a command that will not be found, and says what else is named and will not be there.
fn hint(
    site: &Site,
    spec: &mut Spec,
    wish: &RunWish,
    (odb, tree): (&Odb<'_>, TreeId),
    environment: &Environment,
) -> Result<Vec<String>, Error> {
    let lookout = Lookout::new(site, odb, tree, spec)?;
    match commands::check(odb, spec, environment, tree, site.work_dir()?) {
        Err(Error::CommandNotInBase { word, base, .. }) => {
            let bring = lookout.missing(Path::new(&word)).map(|absent| absent.bring);
            return Err(Error::CommandNotInBase { word, base, bring });
        }
        other => other?,
    }
    let absent = lookout.absent(environment);
    let mut lines = lookout.fruitless("--only", &spec.only, &wish.only)?;
    lines.extend(lookout.idle("--check-files", &spec.check_files, &wish.check_files)?);
    lines.extend(absent.iter().map(Absent::will_not_be_there));
    spec.absent = absent;
    Ok(lines)
}

/// Hands the task off. Returns when its runner has taken over.
///
/// # Errors
///
/// As [`make_task`]; [`Error::Start`] if the runner does not start.
pub(crate) fn hand_off(site: &Site, plan: HandOff) -> Result<Uid, Error> {
    let (uid, lock) = make_task(site, plan)?;
    start::runner(site, &uid, 1, lock)?;
    Ok(uid)
}

/// Makes the task: from the journal's line on it exists. Returns the lock of its first attempt.
///
/// # Errors
///
/// [`Error::NameTaken`] if another command took the name meanwhile.
pub(crate) fn make_task(site: &Site, plan: HandOff) -> Result<(Uid, Lock), Error> {
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
    Ok((spec.uid, lock))
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

fn check_folder(odb: &Odb<'_>, tree: TreeId, cwd: &RepoPath, base: CommitId) -> Result<(), Error> {
    if cwd.is_root() {
        return Ok(());
    }
    match tree::find(odb, tree.into(), cwd)? {
        Some(entry) if entry.is_folder() => Ok(()),
        _ => Err(Error::UnknownFolder { folder: cwd.clone(), base: base.short() }),
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

fn notify(site: &Site, wish: &RunWish) -> Option<String> {
    wish.notify.clone().or_else(|| site.config.notify.clone()).filter(|how| how != notify::NONE && !how.trim().is_empty())
}

fn limits(site: &Site, wish: &RunWish) -> Limits {
    // Somebody is there to end what has the terminal.
    let default = if wish.interactive { Duration::ZERO } else { site.config.timeout };
    let timeout = wish.timeout.unwrap_or(default);
    Limits { timeout: Some(timeout).filter(|t| !t.is_zero()), idle: wish.idle.filter(|t| !t.is_zero()) }
}
