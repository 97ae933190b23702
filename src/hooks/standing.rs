//! How a hook of ours stands in a folder.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid};

use super::ledger::Line;
use super::{BEFORE, Error, Folder, Ledger, SCRIPTS, Script};
use crate::git;
use crate::id::BlobId;
use crate::sys::file;

/// A hook's place, and what is there.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// Which hook.
    pub(crate) script: &'static Script,
    /// Its place.
    pub(crate) path: PathBuf,
    /// Where a hook is kept that was there before ours.
    pub(crate) kept: PathBuf,
    /// What is at its place.
    pub(crate) state: State,
    /// Whether git looks there now.
    pub(crate) used: bool,
    /// Whether there is a hook that was there before ours.
    pub(crate) before: bool,
    /// What the ledger says.
    pub(super) line: Option<Line>,
}

/// What is at a hook's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing.
    Absent,
    /// Our hook, as this program has it.
    Installed,
    /// Our hook, as another version of this program had it; or it cannot be run.
    Outdated,
    /// Our hook, edited by somebody.
    Edited,
    /// A hook that is not ours.
    Foreign,
}

impl State {
    /// The word that users and scripts see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Installed => "installed",
            Self::Outdated => "outdated",
            Self::Edited => "edited",
            Self::Foreign => "foreign",
        }
    }
}

/// Looks at every hook: in the folder where git looks, and where we have put some before.
///
/// # Errors
///
/// [`Error::File`], [`Error::Git`].
pub(crate) fn all(folder: &Folder, ledger: &Ledger) -> Result<Vec<Standing>, Error> {
    let mut found = Vec::new();
    for script in SCRIPTS {
        found.push(Standing::of(script, &folder.path, ledger, true)?);
        for other in ledger.folders().iter().filter(|other| **other != folder.path) {
            let standing = Standing::of(script, other, ledger, false)?;
            found.extend(Some(standing).filter(|standing| standing.line.is_some()));
        }
    }
    Ok(found)
}

impl Standing {
    fn of(script: &'static Script, folder: &Path, ledger: &Ledger, used: bool) -> Result<Self, Error> {
        let path = folder.join(script.name);
        let kept = folder.join(format!("{}{BEFORE}", script.name));
        let line = ledger.find(script.name, folder).cloned();
        let state = state(script, &path, line.as_ref())?;
        let before = is_there(&kept);
        Ok(Self { script, path, kept, state, used, before, line })
    }

    /// Tells whether what is kept is the very file that is still in use: a crash came between keeping it and replacing it.
    pub(super) fn is_kept_twice(&self) -> bool {
        let identity = |path: &Path| fs::symlink_metadata(path).ok().map(|m| (m.dev(), m.ino()));
        identity(&self.path).is_some_and(|own| identity(&self.kept) == Some(own))
    }

    /// Tells whether the hook that was there before ours is back in its place already.
    pub(super) fn is_restored(&self) -> Result<bool, Error> {
        let before = self.line.as_ref().and_then(|line| line.before);
        Ok(before.is_some() && !self.before && content(&self.path)? == before)
    }
}

fn state(script: &Script, path: &Path, line: Option<&Line>) -> Result<State, Error> {
    let Some(there) = content(path)? else { return Ok(State::Absent) };
    let meta = fs::symlink_metadata(path).map_err(file::Error::of("look at", path))?;
    let is_current = meta.is_file() && there == id_of(script.text.as_bytes())?;
    let can_run = meta.permissions().mode() & 0o100 != 0;
    Ok(match line {
        // Where the ledger knows nothing it was put there by hand, or by another repository that uses the folder.
        _ if is_current && can_run => State::Installed,
        Some(line) if meta.is_file() && line.scripts.contains(&there) => State::Outdated,
        Some(line) if line.before == Some(there) => State::Foreign,
        Some(_) => State::Edited,
        None => State::Foreign,
    })
}

/// What a hook says, or where a link leads; `None` where there is none.
pub(super) fn content(path: &Path) -> Result<Option<BlobId>, Error> {
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(file::Error::of("look at", path)(e).into()),
        Ok(meta) if meta.is_symlink() => {
            let to = fs::read_link(path).map_err(file::Error::of("read", path))?;
            Ok(Some(id_of(to.as_os_str().as_bytes())?))
        }
        Ok(_) => Ok(Some(id_of(&file::read(path)?.unwrap_or_default())?)),
    }
}

pub(super) fn id_of(bytes: &[u8]) -> Result<BlobId, Error> {
    let oid = Oid::hash_object(ObjectType::Blob, bytes).map_err(git::Error::of("name", "a hook's text"))?;
    Ok(oid.into())
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
