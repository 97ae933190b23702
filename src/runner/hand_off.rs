//! From a wish to a task on disk.
//!
//! `plan` finds every error that can be found before anything runs, and changes nothing. `hand_off` writes the spec and the
//! environment, takes the attempt's lock, and makes the task exist by one line of the journal.

mod base;
mod error;
mod ground;
mod name;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use git2::Odb;

use super::bring::{self, Asked, Lookout};
use super::commands;
use super::{RunWish, snapshot, start};
use crate::exec::environment::{self, Environment, Taken};
use crate::exec::notify;
use crate::git;
use crate::git::refs::{self, RefMove};
use crate::id::{CommitId, TreeId, Uid};
use crate::journal::{Book, Entry, Writer, append};
use crate::store::{Site, layout, tasks};
use crate::sys::lock::Lock;
use crate::sys::{clock, file};
use crate::task::{Absent, Command, EnvWish, Limits, RepoPath, Spec, Text};
use crate::verify::scope::{self, Scope};

pub(crate) use error::Error;
pub(crate) use ground::{Ground, lexical};

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
    command_of(wish)?;
    plan_on(site, Ground::find(site, dir, wish)?, wish)
}

/// Decides what would be handed off on a ground that was found for this wish, or one like it.
///
/// # Errors
///
/// As [`plan`].
pub(crate) fn plan_on(site: &Site, ground: Ground, wish: &RunWish) -> Result<HandOff, Error> {
    let command = command_of(wish)?;
    let (odb, base, tree, cwd) = (ground.odb(site)?, ground.base, ground.tree, &ground.cwd);
    let asked = Asked { words: &wish.bring, no_defaults: wish.no_bring, folder: &ground.folder };
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
        check_files: globs(cwd, &wish.check_files)?,
        no_check_cache: wish.no_check_cache,
        only: globs(cwd, &wish.only)?,
        commit_ignored: globs(cwd, &wish.commit_ignored)?,
        cwd: cwd.clone(),
        setup: wish.setup.clone(),
        env: pass
            .iter()
            .map(|n| EnvWish::Pass(n.to_string()))
            .chain(set.iter().map(|(n, _)| EnvWish::Set(n.to_string())))
            .collect(),
        checkout: (!bringing.bring.is_empty()).then(|| ground.root.as_path().into()),
        bring: bringing.bring,
        absent: Vec::new(),
        limits: limits(site, wish),
        interactive: wish.interactive,
        retries: wish.retries,
        notify: notify(site, wish),
        sandbox: wish.sandbox,
        batch: None,
        queued_at: clock::now(),
    };
    let hints = hint(site, &mut spec, wish, (&odb, tree), &taken.environment)?;
    drop(odb);
    let (snapshot, mut lines) = ground.leave(site);
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
    if book.fold.is_taken(&spec.id) {
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
