//! Files of a tree, written into a folder one by one.
//!
//! Each file is written beside its place and renamed into it: it is the old one or the new one, whatever happens. A folder above it
//! that is a link is never followed: it is replaced where we own the folder, refused where the user does. What was begun and not
//! finished has a name that begins with `.takeback-` and goes when the path is tried again.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::{self, Write as _};
use std::path::Path;

use git2::{ObjectType, Odb, Repository};

use super::Error;
use super::conversion::Conversion;
use super::on_disk::{self, folders_of, name_of};
use super::tree::{self, Change, Entry};
use crate::id::TreeId;
use crate::sys::fault::Point;
use crate::sys::file;
use crate::sys::folder::{self, Folder};
use crate::task::RepoPath;

/// What must be at a path for it to be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// Anything: the folder is ours. What is in the way goes, whole folders too.
    Whatever,
    /// What git has there, by [`on_disk::holds`]; `None` is nothing at all.
    Like(Option<Entry>),
}

/// What became of a path.
#[derive(Debug)]
#[must_use]
pub(crate) enum Written {
    /// It is written; this is what `lstat(2)` says of it.
    Done(Metadata),
    /// It is removed, and empty folders above it.
    Gone,
    /// It is as it was: not what it must have been before.
    Differs,
}

/// Writes files of one tree below one folder.
pub(crate) struct Writer<'a> {
    repo: &'a Repository,
    odb: Odb<'a>,
    root: Folder,
    conversion: Conversion<'a>,
    links: bool,
    point: Option<Point>,
}

impl<'a> Writer<'a> {
    /// Prepares to write files of `tree` below `root`; each is the durable step `point`, if any.
    ///
    /// The repository is that of the checkout at `root`: for a slot the one that its admin dir opens.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if there is no folder `root`; [`Error::Git`] if configuration or tree is unreadable.
    pub(crate) fn new(repo: &'a Repository, root: &Path, tree: TreeId, point: Option<Point>) -> Result<Self, Error> {
        let odb = super::repo::odb(repo)?;
        let conversion = Conversion::new(repo, &odb, tree.into())?;
        let links = on_disk::trusts(repo, "core.symlinks");
        Ok(Self { repo, odb, root: Folder::open(root)?, conversion, links, point })
    }

    /// Brings paths from what they were to what they are to be, and reports each as it is done. With `careful`, one that is not what
    /// it was is left alone.
    ///
    /// Removals come first, since a file may take a folder's place; attributes files last, since git reads them to tell whether
    /// another file is what it was.
    ///
    /// # Errors
    ///
    /// As [`Writer::prepare`], [`Writer::write`] and [`Writer::remove`]; what was reported is done.
    pub(crate) fn apply(
        &mut self,
        changes: &[Change],
        careful: bool,
        mut report: impl FnMut(&Change, Written) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.prepare(changes.iter().filter_map(|change| Some((&change.path, change.new?))))?;
        let becomes_folder = |path: &RepoPath| changes.iter().any(|other| path.holds(&other.path));
        let is_last = |change: &&Change| change.path.file_name() == b".gitattributes" && !becomes_folder(&change.path);
        let (last, first): (Vec<_>, Vec<_>) = changes.iter().partition(is_last);
        let (removals, writes): (Vec<_>, Vec<_>) = first.into_iter().partition(|change| change.new.is_none());
        for change in removals.into_iter().chain(writes).chain(last) {
            let before = if careful { Before::Like(change.old) } else { Before::Whatever };
            let written = match change.new {
                Some(entry) => self.write(&change.path, entry, before)?,
                None if self.remove(&change.path, before)? => Written::Gone,
                None => Written::Differs,
            };
            report(change, written)?;
        }
        Ok(())
    }

    /// Says which files will be written, so that those that git has to convert are converted in one call. A file that needs it and
    /// was not named would be written unconverted: this comes first, and once.
    ///
    /// # Errors
    ///
    /// [`Error::Command`] if git fails; [`Error::Git`] if an object is not there.
    pub(crate) fn prepare<'p>(&mut self, files: impl Iterator<Item = (&'p RepoPath, Entry)>) -> Result<(), Error> {
        self.conversion.stage(&self.odb, files)
    }

    /// Tells whether a path is as git has it.
    ///
    /// # Errors
    ///
    /// As [`on_disk::holds`].
    pub(crate) fn holds(&self, path: &RepoPath, expected: Option<Entry>) -> Result<bool, Error> {
        on_disk::holds(self.repo, &self.root, path, expected)
    }

    /// Writes one file, link or (empty) submodule folder, and the folders above it.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] for a name that must not be written; [`Error::Missing`] if the blob is not there; [`Error::File`].
    pub(crate) fn write(&self, path: &RepoPath, entry: Entry, before: Before) -> Result<Written, Error> {
        refuse_name(path)?;
        let Some(folder) = self.ready(path, before)? else { return Ok(Written::Differs) };
        self.pass(Point::before);
        self.put(&folder, path, entry)?;
        let place = self.root.path().join(path.as_path());
        let metadata = std::fs::symlink_metadata(&place).map_err(file::Error::of("look at", &place))?;
        self.pass(Point::after);
        Ok(Written::Done(metadata))
    }

    /// Removes one file or link, and the folders above it that are then empty, but never `root`. Returns false where it is not what
    /// it must have been before; what is gone already counts as removed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] for a name that must not be written; [`Error::File`].
    pub(crate) fn remove(&self, path: &RepoPath, before: Before) -> Result<bool, Error> {
        refuse_name(path)?;
        let Some(folder) = on_disk::parent(&self.root, path)? else { return Ok(true) };
        if folder.stat(name_of(path))?.is_some() {
            match before {
                Before::Like(expected) if !self.holds(path, expected)? => return Ok(false),
                _ => {}
            }
            self.pass(Point::before);
            folder.remove_all(name_of(path))?;
            self.pass(Point::after);
        }
        self.prune(path)?;
        Ok(true)
    }

    /// Writes all that was done here to the disk.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn sync(&self) -> Result<(), Error> {
        Ok(self.root.sync_file_system()?)
    }

    fn pass(&self, side: impl Fn(Point)) {
        if let Some(point) = self.point {
            side(point);
        }
    }

    /// Opens the folder for a file and clears the file's place; `None` where that would be against the precondition.
    fn ready(&self, path: &RepoPath, before: Before) -> Result<Option<Folder>, Error> {
        let by_force = before == Before::Whatever;
        if let Before::Like(expected) = before
            && !self.holds(path, expected)?
            && !self.is_empty_folder(path, expected)?
        {
            if let Some(folder) = on_disk::parent(&self.root, path)? {
                folder.remove_file(&temporary(path))?;
            }
            return Ok(None);
        }
        let Some(folder) = self.folder_for(path, by_force)? else { return Ok(None) };
        let name = name_of(path);
        if folder.stat(name)?.is_some_and(|stat| folder::is_folder(&stat)) {
            if by_force {
                folder.remove_all(name)?;
            } else if !folder.remove_if_empty(name)? {
                return Ok(None);
            }
        }
        Ok(Some(folder))
    }

    /// Git does not see an empty folder either: one in the place of a new file is no obstacle.
    fn is_empty_folder(&self, path: &RepoPath, expected: Option<Entry>) -> Result<bool, Error> {
        if expected.is_some() {
            return Ok(false);
        }
        let Some(parent) = on_disk::parent(&self.root, path)? else { return Ok(false) };
        Ok(match parent.enter(name_of(path))? {
            Some(folder) => folder.entries()?.is_empty(),
            None => false,
        })
    }

    fn folder_for(&self, path: &RepoPath, by_force: bool) -> Result<Option<Folder>, Error> {
        let mut at = self.root.again()?;
        for part in folders_of(path) {
            let entered = if by_force { at.enter_by_force(part)? } else { at.enter(part)? };
            at = match entered {
                Some(next) => next,
                None if at.stat(part)?.is_none() => at.make(part)?,
                None if by_force => {
                    at.remove_file(part)?;
                    at.make(part)?
                }
                None => return Ok(None),
            };
        }
        Ok(Some(at))
    }

    fn put(&self, folder: &Folder, path: &RepoPath, entry: Entry) -> Result<(), Error> {
        let name = name_of(path);
        if entry.mode == tree::GITLINK {
            folder.remove_file(name)?;
            folder.make(name)?;
            return Ok(());
        }
        let blob = tree::read(&self.odb, entry.id, ObjectType::Blob)?;
        let converted = self.conversion.find(path)?;
        let bytes = converted.as_deref().unwrap_or(blob.data());
        let temporary = temporary(path);
        folder.remove_file(&temporary)?;
        if entry.mode == tree::LINK && self.links {
            folder.link(&temporary, bytes)?;
        } else {
            let mut file = folder.create(&temporary, entry.mode & 0o111 != 0)?;
            file.write_all(bytes).map_err(|e| not_written(folder, path, e))?;
        }
        Ok(folder.rename(&temporary, name)?)
    }

    /// Removes the folders above a path, from the lowest up, while they are empty.
    fn prune(&self, path: &RepoPath) -> Result<(), Error> {
        let mut at = path.parent();
        while let Some(folder) = at.filter(|folder| !folder.is_root()) {
            match on_disk::parent(&self.root, &folder)? {
                Some(parent) if parent.remove_if_empty(name_of(&folder))? => at = folder.parent(),
                _ => break,
            }
        }
        Ok(())
    }
}

/// A disk that is full must not also keep the half-written file.
fn not_written(folder: &Folder, path: &RepoPath, error: io::Error) -> Error {
    drop(folder.remove_file(&temporary(path)));
    file::Error::of("write", path.as_path())(error).into()
}

/// The same for the same file each time, so that what a crash left is found again.
fn temporary(path: &RepoPath) -> OsString {
    OsString::from(format!(".takeback-{:08x}", crc32fast::hash(path.file_name())))
}

/// libgit2 reads trees with names that git itself never writes, and that lead out of the folder or into its `.git`.
fn refuse_name(path: &RepoPath) -> Result<(), Error> {
    let bad = |part: &[u8]| {
        part.is_empty()
            || part.contains(&0)
            || part == b"."
            || part == b".."
            || part.eq_ignore_ascii_case(b".git")
            || part.eq_ignore_ascii_case(b"git~1")
    };
    if path.as_bytes().split(|b| *b == b'/').any(bad) {
        return Err(Error::Corrupt { object: path.to_string(), why: "git allows no such path".to_owned() });
    }
    Ok(())
}

#[cfg(test)]
#[path = "checkout_tests.rs"]
mod tests;
