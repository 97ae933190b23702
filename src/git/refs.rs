//! Refs: read by libgit2, moved one at a time by compare-and-swap, synced to the disk before a function returns.
//!
//! Called by the journal, which has written the intent before, and by capture, for refs that only ever get created.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use git2::{ErrorCode, Oid, Repository};

use super::Error;
use crate::sys::fault::Point;
use crate::sys::file;

const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(5);

/// A ref goes from one object to another; `None` is no ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefMove {
    /// The full name, `refs/…`.
    pub(crate) name: String,
    /// Where it must be before.
    pub(crate) from: Option<Oid>,
    /// Where it is after.
    pub(crate) to: Option<Oid>,
}

/// Returns what a ref leads to, through symbolic refs; `None` where it does not exist.
///
/// # Errors
///
/// [`Error::Git`] when the ref is unreadable.
pub(crate) fn find(repo: &Repository, name: &str) -> Result<Option<Oid>, Error> {
    match repo.refname_to_id(name) {
        Ok(oid) => Ok(Some(oid)),
        Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
        Err(e) => Err(Error::of("read", name)(e)),
    }
}

/// Makes one move: done when the ref is at `to` and on the disk. A ref that is at `to` already is left as it is.
///
/// # Errors
///
/// [`Error::Moved`] if the ref was neither at `from` nor at `to`; [`Error::RefLocked`] if another process held it for two seconds.
pub(crate) fn apply(repo: &Repository, change: &RefMove, why: &str) -> Result<(), Error> {
    apply_all(repo, std::slice::from_ref(change), why)
}

/// Makes moves, one after the other, and syncs them together: a power cut before the end may take any of them back.
///
/// # Errors
///
/// As [`apply`]; the moves before the one that failed are made.
pub(crate) fn apply_all(repo: &Repository, changes: &[RefMove], why: &str) -> Result<(), Error> {
    changes.iter().try_for_each(|change| make(repo, change, why))?;
    sync(repo, changes.iter().map(|change| change.name.as_str()))
}

/// As [`apply_all`], for moves that do not depend on each other: a ref that is neither at `from` nor at `to` is left alone. Returns
/// the names of these.
///
/// # Errors
///
/// [`Error::RefLocked`] if another process held a ref for two seconds.
pub(crate) fn apply_each(repo: &Repository, changes: &[RefMove], why: &str) -> Result<Vec<String>, Error> {
    let mut left = Vec::new();
    for change in changes {
        match make(repo, change, why) {
            Err(Error::Moved { name, .. }) => left.push(name),
            other => other?,
        }
    }
    sync(repo, changes.iter().map(|change| change.name.as_str()))?;
    Ok(left)
}

/// Makes one move, and waits for a lock for a while. Nothing is synced.
fn make(repo: &Repository, change: &RefMove, why: &str) -> Result<(), Error> {
    let start = Instant::now();
    Point::REF.before();
    loop {
        match attempt(repo, change, why) {
            Err(Error::Git { source, .. }) if source.code() == ErrorCode::Locked && start.elapsed() < PATIENCE => {
                std::thread::sleep(PAUSE);
            }
            Err(Error::Git { source, .. }) if source.code() == ErrorCode::Locked => {
                return Err(Error::RefLocked { path: lock_of(repo, &change.name) });
            }
            Err(e) => return Err(e),
            Ok(()) => break,
        }
    }
    Point::REF.after();
    Ok(())
}

fn attempt(repo: &Repository, change: &RefMove, why: &str) -> Result<(), Error> {
    let now = find(repo, &change.name)?;
    if now == change.to {
        return Ok(());
    }
    if now != change.from {
        return Err(moved(change, now));
    }
    let result = match (change.from, change.to) {
        (_, None) => delete(repo, &change.name),
        #[expect(clippy::disallowed_methods, reason = "this is the door")]
        (Some(from), Some(to)) => repo.reference_matching(&change.name, to, true, from, why).map(drop),
        #[expect(clippy::disallowed_methods, reason = "this is the door")]
        (None, Some(to)) => repo.reference(&change.name, to, false, why).map(drop),
    };
    match result {
        Err(e) if matches!(e.code(), ErrorCode::Modified | ErrorCode::Exists) => Err(moved(change, find(repo, &change.name)?)),
        other => other.map_err(Error::of("move", &change.name)),
    }
}

fn delete(repo: &Repository, name: &str) -> Result<(), git2::Error> {
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    repo.find_reference(name)?.delete()
}

fn moved(change: &RefMove, now: Option<Oid>) -> Error {
    let text = |oid: Option<Oid>| oid.map_or_else(|| "nothing".to_owned(), |oid| oid.to_string());
    Error::Moved { name: change.name.clone(), expected: text(change.from), actual: text(now) }
}

/// The lock file that is in the way of a ref: its own, or that of `packed-refs`, from which it is to go.
fn lock_of(repo: &Repository, name: &str) -> PathBuf {
    let own = repo.commondir().join(format!("{name}.lock"));
    if own.exists() { own } else { repo.commondir().join("packed-refs.lock") }
}

/// Syncs each ref's own file, or `packed-refs` where one has none, and the folders they lie in, each once.
fn sync<'a>(repo: &Repository, names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let (mut files, mut folders) = (BTreeSet::new(), BTreeSet::new());
    let packed = repo.commondir().join("packed-refs");
    for name in names {
        let loose = repo.commondir().join(name);
        folders.extend(existing_folder(&loose));
        files.insert(if loose.is_file() { loose } else { packed.clone() });
    }
    for file in files.iter().filter(|file| file.is_file()) {
        file::sync(file)?;
    }
    for folder in &folders {
        file::sync_folder(folder)?;
    }
    Ok(())
}

/// The nearest folder above a path that exists: deleting a ref removes folders that became empty.
fn existing_folder(path: &Path) -> Option<PathBuf> {
    path.ancestors().skip(1).find(|p| p.is_dir()).map(Path::to_owned)
}

/// Lists the refs below a prefix such as `refs/takeback/results/`, with what each leads to, sorted by name.
///
/// # Errors
///
/// [`Error::Git`] when the refs cannot be listed.
pub(crate) fn below(repo: &Repository, prefix: &str) -> Result<Vec<(String, Oid)>, Error> {
    let mut found = Vec::new();
    let all = repo.references_glob(&format!("{prefix}*")).map_err(Error::of("list", prefix))?;
    for reference in all {
        let reference = reference.map_err(Error::of("read a ref below", prefix))?;
        if let (Ok(name), Some(oid)) = (reference.name(), reference.target()) {
            found.push((name.to_owned(), oid));
        }
    }
    found.sort();
    Ok(found)
}
