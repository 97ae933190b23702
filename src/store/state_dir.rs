//! The folder outside the repository that holds worktrees.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::id::Uid;
use crate::sys::file;

/// Where worktrees are, and what the user should know of it.
#[derive(Debug)]
pub(crate) struct StateDir {
    /// `<state dir>/takeback/<repository id>`.
    pub(crate) path: PathBuf,
    /// Said once when it was not the natural place.
    pub(crate) note: Option<String>,
}

/// No folder can be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// It lies inside the repository: tools walk up and find it.
    #[error("the state dir {0:?} lies inside the repository")]
    Inside(PathBuf),
    /// There is no home folder to put it in.
    #[error("there is no folder for worktrees: HOME is not set")]
    NoHome,
    /// It cannot be made or written.
    #[error("the state dir is not writable")]
    NotWritable(#[source] file::Error),
}

/// Finds the folder, in this order: `$TAKEBACK_STATE_DIR`, `configured`, the user's state folder if it is on the repository's file
/// system, a folder beside the repository, the user's state folder with a note. Makes it.
///
/// # Errors
///
/// [`Error::NotWritable`] if the place that is asked for, or the last of the others, cannot be made.
pub(crate) fn find(repository: &Uid, work_dir: &Path, configured: Option<&str>) -> Result<StateDir, Error> {
    let asked = std::env::var_os("TAKEBACK_STATE_DIR").filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(dir) = asked.or_else(|| configured.map(expand_home)) {
        return make(&dir, repository, work_dir).map(|path| StateDir { path, note: None });
    }
    let home = user_state_dir().ok_or(Error::NoHome)?;
    if device_of(&home) == device_of(work_dir) {
        return make(&home, repository, work_dir).map(|path| StateDir { path, note: None });
    }
    if let Some(parent) = work_dir.parent()
        && let Ok(path) = make(&parent.join(".takeback-state"), repository, work_dir)
    {
        return Ok(StateDir { path, note: None });
    }
    let path = make(&home, repository, work_dir)?;
    let note =
        format!("worktrees are in {}, on another file system than the repository: the first task takes longer", path.display());
    Ok(StateDir { path, note: Some(note) })
}

/// The folder that [`find`] would take, without the repository's part, and without making it.
pub(crate) fn likely(work_dir: &Path, configured: Option<&str>) -> PathBuf {
    let asked = std::env::var_os("TAKEBACK_STATE_DIR").filter(|v| !v.is_empty()).map(PathBuf::from);
    let dir = asked.or_else(|| configured.map(expand_home)).or_else(|| {
        let home = user_state_dir().filter(|home| device_of(home) == device_of(work_dir));
        home.or_else(|| Some(work_dir.parent()?.join(".takeback-state")))
    });
    let dir = dir.unwrap_or_default();
    resolved(&std::path::absolute(&dir).unwrap_or(dir)).join("takeback")
}

fn make(dir: &Path, repository: &Uid, work_dir: &Path) -> Result<PathBuf, Error> {
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    if resolved(&absolute).starts_with(resolved(work_dir)) {
        return Err(Error::Inside(absolute));
    }
    let path = absolute.join("takeback").join(repository.as_str());
    file::make_folder(&path.join("slots")).map_err(Error::NotWritable)?;
    rustix::fs::access(&path, rustix::fs::Access::WRITE_OK)
        .map_err(|e| Error::NotWritable(file::Error::of("write into", &path)(e.into())))?;
    Ok(path)
}

/// The path with its links followed, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match there.and_then(|(above, real)| Some(real.join(path.strip_prefix(above).ok()?))) {
        Some(real) => real,
        None => path.to_owned(),
    }
}

fn user_state_dir() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")))
}

fn expand_home(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(text),
    }
}

/// The device of a path, or of the nearest folder above it that exists.
fn device_of(path: &Path) -> Option<u64> {
    path.ancestors().find_map(|p| p.metadata().ok()).map(|m| m.dev())
}
