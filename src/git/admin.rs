//! Linked worktrees, registered by hand.
//!
//! On disk: `<common git dir>/worktrees/<name>/` with `HEAD`, `commondir`, `gitdir` (where the worktree's `.git` is), `index`, and
//! `locked` while neither `git worktree prune` nor `git gc` may remove it. The folder is made complete under
//! `takeback/tmp/worktrees/` and renamed into place, so it is whole or not there; it is renamed back there to be deleted. What a
//! crash leaves there goes with the next registration.
//!
//! The worktree is only ever opened from here: its `.git` file belongs to whoever works there, and may say anything.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use git2::{Oid, Repository, RepositoryOpenFlags};

use super::Error;
use crate::id::Uid;
use crate::sys::fault::Point;
use crate::sys::lock::Lock;
use crate::sys::{command, file};

/// `git` removes `worktrees/` when it is empty, also between our making it and our using it.
const ATTEMPTS: u32 = 5;

/// What a worktree's HEAD says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// A branch by its full name, `refs/heads/…`.
    Branch(String),
    /// A commit, on no branch.
    Detached(Oid),
}

impl Head {
    fn text(&self) -> String {
        match self {
            Self::Branch(name) => format!("ref: {name}\n"),
            Self::Detached(commit) => format!("{commit}\n"),
        }
    }

    #[cfg(test)]
    fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?.trim_end();
        match text.strip_prefix("ref:") {
            Some(name) => Some(Self::Branch(name.trim_start().to_owned())),
            None => Oid::from_str(text).ok().map(Self::Detached),
        }
    }
}

/// A worktree to be registered.
#[derive(Debug)]
pub(crate) struct Registration<'a> {
    /// The name of its admin dir: one part of a path.
    pub(crate) name: &'a str,
    /// The folder it is checked out to, absolute; need not exist yet.
    pub(crate) worktree: &'a Path,
    /// What it stands on.
    pub(crate) head: Head,
    /// Why it must not be pruned; it is locked from the start, since its folder may not be there yet.
    pub(crate) reason: &'a str,
}

/// A registered worktree's admin dir, whole when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdminDir {
    path: PathBuf,
}

impl AdminDir {
    /// Registers a worktree; `None` where the name is taken, by a worktree or by what is left of one.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the folder cannot be made, [`Error::Lock`] if another process registers for five seconds.
    pub(crate) fn register(common: &Path, registration: &Registration<'_>) -> Result<Option<Self>, Error> {
        let _lock = lock(common)?;
        sweep(common)?;
        let path = folder(common).join(registration.name);
        if fs::symlink_metadata(&path).is_ok() {
            return Ok(None);
        }
        let made = temporary(common).join(registration.name);
        file::make_folder(&made)?;
        for (name, bytes) in contents(registration) {
            file::fill(&made.join(name), &bytes)?;
        }
        file::sync_folder(&made)?;
        put_in_place(common, &made, &path)?;
        Ok(Some(Self { path }))
    }

    /// Finds a registered worktree; `None` where there is none, or one with parts missing.
    pub(crate) fn find(common: &Path, name: &str) -> Option<Self> {
        let path = folder(common).join(name);
        let whole = ["HEAD", "commondir", "gitdir"].iter().all(|part| path.join(part).is_file());
        whole.then_some(Self { path })
    }

    /// Lists the names of all that is registered, ours and others', whole or not.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the folder cannot be read.
    #[cfg(test)]
    pub(crate) fn names(common: &Path) -> Result<Vec<std::ffi::OsString>, Error> {
        let folder = folder(common);
        match fs::read_dir(&folder).and_then(|all| all.map(|entry| Ok(entry?.file_name())).collect()) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            other => Ok(other.map_err(file::Error::of("list", &folder))?),
        }
    }

    /// The admin dir's own path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The admin dir's name.
    #[cfg(test)]
    pub(crate) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    /// The path of its index.
    pub(crate) fn index(&self) -> PathBuf {
        self.path.join("index")
    }

    /// The folder that the worktree is said to be in.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the record is empty or gone.
    pub(crate) fn worktree(&self) -> Result<PathBuf, Error> {
        let record = self.path.join("gitdir");
        let bytes = file::read(&record)?.unwrap_or_default();
        let bytes = bytes.trim_ascii_end();
        let bytes = bytes.strip_suffix(b"/.git").unwrap_or(bytes);
        if bytes.is_empty() {
            return Err(Error::Corrupt { object: record.display().to_string(), why: "it names no worktree".to_owned() });
        }
        Ok(self.path.join(OsStr::from_bytes(bytes)))
    }

    /// Says that the worktree is in another folder now.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn point_worktree(&self, worktree: &Path) -> Result<(), Error> {
        Ok(file::replace(&self.path.join("gitdir"), &link_text(b"", worktree, b"/.git\n"), Point::SLOT_ADMIN)?)
    }

    /// What HEAD says.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if it is neither a branch nor a commit.
    #[cfg(test)]
    pub(crate) fn head(&self) -> Result<Head, Error> {
        let path = self.path.join("HEAD");
        let bytes = file::read(&path)?.unwrap_or_default();
        Head::parse(&bytes)
            .ok_or_else(|| Error::Corrupt { object: path.display().to_string(), why: "it names no commit".to_owned() })
    }

    /// Sets HEAD; index and files stay as they are.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn point_head(&self, head: &Head) -> Result<(), Error> {
        Ok(file::replace_lightly(&self.path.join("HEAD"), head.text().as_bytes(), Point::SLOT_HEAD)?)
    }

    /// Keeps `git worktree prune`, `remove` and `move` away, with a reason that git shows.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn lock(&self, reason: &str) -> Result<(), Error> {
        Ok(file::replace_lightly(&self.path.join("locked"), format!("{reason}\n").as_bytes(), Point::SLOT_HOLD)?)
    }

    /// Lets them have it again.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn unlock(&self) -> Result<(), Error> {
        Ok(file::remove(&self.path.join("locked"), Point::SLOT_HOLD)?)
    }

    /// Opens the repository of this worktree, whatever the worktree's own `.git` says.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] if libgit2 cannot; [`Error::Corrupt`] if it would work in another folder than the one recorded.
    pub(crate) fn open(&self) -> Result<Repository, Error> {
        let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
        let repo = Repository::open_ext(&self.path, flags, &[] as &[&OsStr])
            .map_err(Error::of("open the worktree", self.path.display()))?;
        let expected = self.worktree()?;
        if repo.is_worktree() && repo.workdir() == Some(expected.as_path()) {
            return Ok(repo);
        }
        let actual = repo.workdir().unwrap_or(Path::new("no folder"));
        let why = format!("libgit2 would work in {}, not in {}", actual.display(), expected.display());
        Err(Error::Corrupt { object: self.path.display().to_string(), why })
    }

    /// Makes a `git` command on this worktree, whatever the worktree's own `.git` says.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the worktree is not recorded.
    pub(crate) fn git(&self) -> Result<Command, Error> {
        let worktree = self.worktree()?;
        let mut git = command::git(&self.path);
        git.env("GIT_WORK_TREE", &worktree).current_dir(worktree);
        Ok(git)
    }

    /// Puts the worktree's `.git` file right, whatever is in its place.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be replaced, as where its place is a folder that is not empty.
    pub(crate) fn write_link(&self) -> Result<(), Error> {
        let link = self.worktree()?.join(".git");
        let text = link_text(b"gitdir: ", &self.path, b"\n");
        let is_file = fs::symlink_metadata(&link).is_ok_and(|m| m.is_file());
        if is_file && file::read(&link)?.as_deref() == Some(&text) {
            return Ok(());
        }
        Ok(file::replace_from_above(&link, &text, Point::SLOT_LINK)?)
    }

    /// Takes the registration back; the worktree's files stay.
    ///
    /// # Errors
    ///
    /// [`Error::File`]; what could not be deleted any more goes with the next registration.
    pub(crate) fn remove(self, common: &Path) -> Result<(), Error> {
        let _lock = lock(common)?;
        let trash = temporary(common).join(Uid::random().as_str());
        file::rename(&self.path, &trash, Point::TRASH)?;
        sweep(common)
    }
}

fn contents(registration: &Registration<'_>) -> [(&'static str, Vec<u8>); 4] {
    [
        ("HEAD", registration.head.text().into_bytes()),
        ("commondir", b"../..\n".to_vec()),
        ("gitdir", link_text(b"", registration.worktree, b"/.git\n")),
        ("locked", format!("{}\n", registration.reason).into_bytes()),
    ]
}

fn link_text(before: &[u8], path: &Path, after: &[u8]) -> Vec<u8> {
    [before, &path.as_os_str().to_owned().into_vec(), after].concat()
}

fn put_in_place(common: &Path, made: &Path, path: &Path) -> Result<(), Error> {
    let mut attempt = 0;
    loop {
        file::make_folder(&folder(common))?;
        attempt += 1;
        match file::rename(made, path, Point::SLOT_ADMIN) {
            Err(e) if e.is_not_found() && attempt < ATTEMPTS => {}
            other => return Ok(other?),
        }
    }
}

/// One registration at a time: its half-made folder is then nobody else's.
fn lock(common: &Path) -> Result<Lock, Error> {
    let folder = temporary(common);
    file::make_folder(&folder)?;
    Ok(Lock::acquire(&folder.join("lock"))?)
}

/// Deletes what crashes have left.
fn sweep(common: &Path) -> Result<(), Error> {
    let temporary = temporary(common);
    let failed = || file::Error::of("empty", &temporary);
    for entry in fs::read_dir(&temporary).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        if entry.file_type().map_err(failed())?.is_dir() {
            fs::remove_dir_all(entry.path()).map_err(failed())?;
        }
    }
    Ok(())
}

fn folder(common: &Path) -> PathBuf {
    common.join("worktrees")
}

fn temporary(common: &Path) -> PathBuf {
    common.join("takeback/tmp/worktrees")
}

#[cfg(test)]
#[path = "admin_tests.rs"]
mod tests;
