//! The private git dir that a task works in: it sees all of the repository's history and can change none of it.
//!
//! On disk: `HEAD` on the task's branch, which is at the base; `packed-refs`, all refs of the repository as they were, less takeback's
//! own, the user's stash and other tasks' branches; `objects/info/alternates` to the repository's objects; a copied index; a
//! `config` of its own. Beside it lies `<name>.start`, the record of those refs that the task cannot rewrite. Nothing is synced: a
//! quarantine serves one run, and what a power cut leaves of it is read with the same suspicion as what a task leaves.
//!
//! Nothing here opens a quarantine as a repository: its configuration belongs to the task. `survey` and `import` take out what the
//! task has made.
//!
//! It keeps git from changing the repository, not programs: only the sandbox does that. A `git push` to the repository's own path, or
//! an `rm -r` in it, works where the task runs without a sandbox. There is no remote to push to by name.

mod alternates;
mod config;
#[cfg(test)]
pub(in crate::git) mod lab;
mod snapshot;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use git2::{Oid, Repository};

pub(crate) use snapshot::{Snapshot, visible_refs};

use super::tree::{self, Edits};
use super::{Error, repo};
use crate::sys::fault::Point;
use crate::sys::file;

/// The files of a repository that change how its history or its files are read.
const COPIED: &[&str] = &["shallow", "info/exclude", "info/attributes", "info/grafts"];

/// What a quarantine is made from.
pub(crate) struct QuarantineSpec<'a> {
    /// The repository, opened anywhere: its common dir counts.
    pub(crate) main: &'a Repository,
    /// The task's own branch, `refs/heads/…`; need not exist in the repository yet.
    pub(crate) branch: &'a str,
    /// What all tasks' branches begin with, `refs/heads/takeback/`: the task does not see those of others. Empty: it sees all.
    pub(crate) prefix: &'a str,
    /// The commit to start at.
    pub(crate) base: Oid,
    /// An index that fits the files in the worktree.
    pub(crate) index_from: Option<&'a Path>,
}

/// A task's private git dir.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quarantine {
    path: PathBuf,
}

impl Quarantine {
    /// Makes a quarantine in `folder`, in place of whatever is there.
    ///
    /// # Errors
    ///
    /// [`Error::File`], [`Error::Git`] if the repository's configuration is unreadable, [`Error::Corrupt`] if its refs are.
    pub(crate) fn create(folder: &Path, spec: &QuarantineSpec<'_>) -> Result<Self, Error> {
        let quarantine = Self::at(folder);
        quarantine.remove()?;
        let common = spec.main.commondir();
        let (snapshot, symbolic) = Snapshot::take(spec)?;
        for part in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
            file::make_folder(&folder.join(part))?;
        }
        put(&folder.join("HEAD"), format!("ref: {}\n", spec.branch).as_bytes())?;
        put(&folder.join("config"), &config::text(spec.main)?)?;
        put(&folder.join("objects/info/alternates"), &alternates::text(&alternates::chain(&common.join("objects"))?))?;
        put(&folder.join("packed-refs"), &snapshot.packed)?;
        put(&folder.join(spec.branch), format!("{}\n", spec.base).as_bytes())?;
        for (name, target) in &symbolic {
            put(&folder.join(std::ffi::OsStr::from_bytes(name)), &[b"ref: ", target.as_slice(), b"\n"].concat())?;
        }
        for name in COPIED {
            copy(&common.join(name), &folder.join(name))?;
        }
        if let Some(index) = spec.index_from {
            copy(index, &folder.join("index"))?;
        }
        snapshot.store(folder)?;
        Ok(quarantine)
    }

    /// Lets the quarantine, just made, start at a commit of its own: the base with other files at some paths, and the base's parents. The
    /// repository gets nothing of it.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] if it cannot be written, [`Error::File`].
    pub(crate) fn start_with(&self, spec: &QuarantineSpec<'_>, edits: &Edits) -> Result<(), Error> {
        // Nobody else has written to it yet: its configuration is what we have put there.
        let own = repo::open_git_dir(&self.path)?;
        let odb = repo::odb(&own)?;
        let base = own.find_commit(spec.base).map_err(Error::of("read", spec.base))?;
        let tree = tree::edit(&odb, &odb, Some(base.tree_id()), edits)?;
        let tree = own.find_tree(tree).map_err(Error::of("read", tree))?;
        let parents: Vec<_> = base.parents().collect();
        let parents: Vec<_> = parents.iter().collect();
        let text = base.message().unwrap_or_default();
        let start = own.commit(None, &base.author(), &base.committer(), text, &tree, &parents);
        let start = start.map_err(Error::of("write", "a commit"))?;
        let branch = self.path.join(spec.branch);
        let moved = OpenOptions::new().write(true).truncate(true).open(&branch);
        let moved = moved.and_then(|mut file| file.write_all(format!("{start}\n").as_bytes()));
        Ok(moved.map_err(file::Error::of("write", &branch))?)
    }

    /// Has the task's git ignore these places, and what is below them.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn exclude<'p>(&self, places: impl Iterator<Item = &'p [u8]>) -> Result<(), Error> {
        let path = self.path.join("info/exclude");
        // A pattern cannot name what has a newline in it.
        let lines = places.filter(|place| !place.contains(&b'\n')).map(pattern);
        let text = [b"\n".to_vec()].into_iter().chain(lines).collect::<Vec<_>>().concat();
        let opened = File::options().append(true).create(true).open(&path);
        Ok(opened.and_then(|mut file| file.write_all(&text)).map_err(file::Error::of("write", &path))?)
    }

    /// Names the quarantine in a folder, there or not.
    pub(crate) fn at(folder: &Path) -> Self {
        Self { path: folder.to_owned() }
    }

    /// The git dir.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The objects that the task wrote: to be read through `import` only.
    pub(crate) fn objects(&self) -> PathBuf {
        self.path.join("objects")
    }

    /// What the task started with. Where the record of it is lost, the repository's refs as they are now serve.
    ///
    /// # Errors
    ///
    /// As [`Quarantine::create`].
    pub(crate) fn snapshot(&self, spec: &QuarantineSpec<'_>) -> Result<Snapshot, Error> {
        match Snapshot::load(&self.path)? {
            Some(snapshot) => Ok(snapshot),
            None => Ok(Snapshot::take(spec)?.0),
        }
    }

    /// Makes a worktree use this quarantine: whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn attach(&self, worktree: &Path) -> Result<(), Error> {
        Ok(file::replace_from_above(&worktree.join(".git"), &self.link(), Point::SLOT_LINK)?)
    }

    /// Tells whether a worktree's `.git` still leads here and nowhere else.
    pub(crate) fn is_attached(&self, worktree: &Path) -> bool {
        let link = worktree.join(".git");
        let expected = self.link();
        let plain = fs::symlink_metadata(&link).is_ok_and(|m| m.is_file() && m.len() == expected.len() as u64);
        plain && fs::read(&link).is_ok_and(|text| text == expected)
    }

    /// Deletes the quarantine and its record, if they are there.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn remove(&self) -> Result<(), Error> {
        Snapshot::forget(&self.path)?;
        match fs::remove_dir_all(&self.path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(file::Error::of("remove", &self.path)(e).into()),
            _ => Ok(()),
        }
    }

    /// git strips newlines from the end only, so any other path is written as it is.
    fn link(&self) -> Vec<u8> {
        [b"gitdir: ", self.path.as_os_str().as_bytes(), b"\n"].concat()
    }
}

/// The line of an ignore file that names one place and no other (gitignore(5)).
fn pattern(place: &[u8]) -> Vec<u8> {
    let mut line = b"/".to_vec();
    for byte in place {
        if b"\\*?[ ".contains(byte) {
            line.push(b'\\');
        }
        line.push(*byte);
    }
    line.push(b'\n');
    line
}

/// Writes a file that is not there yet, and the folders above it.
fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        file::make_folder(folder)?;
    }
    let written = File::create_new(path).and_then(|mut file| file.write_all(bytes));
    Ok(written.map_err(file::Error::of("write", path))?)
}

/// Copies a file, if it is there.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    match fs::copy(from, to) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(file::Error::of("copy", from)(e).into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "quarantine/tests.rs"]
mod tests;
