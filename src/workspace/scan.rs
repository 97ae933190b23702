//! Looks through a checkout, folder by folder, for what is not as the manifest says.
//!
//! A file that lies as it lay is passed by for the price of one `lstat(2)`; nothing is opened but folders, and no link is followed.
//! The `.git` of the root is passed over. Where the folder is our own, rights that are missing to look into a folder are taken.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{FileType, Stat};

use super::Error;
use super::manifest::{Manifest, Print, Tracked, Watch};
use crate::git::tree;
use crate::sys::file;
use crate::sys::folder::Folder;
use crate::task::RepoPath;

/// The owner may run it.
const EXECUTABLE: u32 = 0o100;

/// A look through a checkout under way.
pub(crate) struct Scan<'a> {
    /// `None` if the checkout itself is gone.
    root: Option<Folder>,
    manifest: &'a Manifest,
    /// Which of the manifest's files are there.
    seen: Vec<bool>,
    rights: Rights,
}

/// How far a scan may go, and what it can believe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rights {
    /// The checkout is our own: folders that cannot be read are made readable, and a file that has a second name somewhere is not
    /// taken to be as it was, since it can be changed from there.
    pub(crate) force: bool,
    /// The file system keeps the executable bit (`core.fileMode`).
    pub(crate) modes: bool,
}

/// Something that is new, or not as the manifest says.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where.
    pub(crate) path: RepoPath,
    /// What it is now.
    pub(crate) kind: Kind,
    /// The number of the tracked file that it was; for a folder the manifest was not asked.
    pub(crate) tracked: Option<usize>,
    /// How it lies on the disk; not asked for a folder.
    pub(crate) print: Option<Print>,
}

/// What something is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A plain file.
    File(Lies),
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
    /// A pipe, a socket, a device.
    Other,
}

/// What is of interest in a file's stat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lies {
    /// Its owner may run it.
    pub(crate) executable: bool,
    /// How long it is.
    pub(crate) bytes: u64,
}

impl<'a> Scan<'a> {
    /// Opens a checkout.
    ///
    /// # Errors
    ///
    /// [`Error::NoFolder`] if something else has its place. That it is gone is no error: then all files are.
    pub(crate) fn open(root: &Path, manifest: &'a Manifest, rights: Rights) -> Result<Self, Error> {
        let root = match fs::symlink_metadata(root) {
            Err(e) if e.kind() == ErrorKind::NotFound => None,
            Err(e) => return Err(file::Error::of("look at", root)(e).into()),
            Ok(about) if !about.is_dir() => return Err(Error::NoFolder { path: root.to_owned() }),
            Ok(about) => {
                let mode = about.permissions().mode();
                if rights.force && mode & 0o700 != 0o700 {
                    fs::set_permissions(root, Permissions::from_mode(mode | 0o700)).map_err(file::Error::of("open", root))?;
                }
                Some(Folder::open(root)?)
            }
        };
        let seen = manifest.files().iter().map(|file| file.watch == Watch::Never).collect();
        Ok(Self { root, manifest, seen, rights })
    }

    /// Opens one of the checkout's folders; `None` if it cannot be read, and its tracked files then count as unchanged.
    ///
    /// # Errors
    ///
    /// [`Error::File`] for what has nothing to do with this one folder.
    pub(crate) fn enter(&mut self, path: &RepoPath) -> Result<Option<Folder>, Error> {
        let Some(root) = &self.root else { return Ok(None) };
        let entered = match path.as_path().as_os_str() {
            _ if path.is_root() => root.again().map(Some),
            name if self.rights.force => root.enter_by_force(name),
            name => root.enter(name),
        };
        match entered {
            Ok(folder) => Ok(folder),
            Err(e) if is_of_the_folder(&e) => {
                for n in self.manifest.below(path) {
                    self.seen[n] = true;
                }
                Ok(None)
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Lists what is in an open folder and not as the manifest says, and all folders in it. The second answer tells whether the folder
    /// has a file of a name that is of interest.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn list(&mut self, folder: &Folder, path: &RepoPath, interest: &str) -> Result<(Vec<Found>, bool), Error> {
        let mut found = Vec::new();
        let mut interesting = false;
        let mut child = path.as_bytes().to_vec();
        if !child.is_empty() {
            child.push(b'/');
        }
        let above = child.len();
        for (name, kind) in folder.entries()? {
            if path.is_root() && name == ".git" {
                continue;
            }
            interesting |= name == interest;
            child.truncate(above);
            child.extend_from_slice(name.as_bytes());
            let stat = if kind == FileType::Directory { None } else { folder.stat(&name)? };
            let kind = match &stat {
                _ if kind == FileType::Directory => Kind::Folder,
                Some(stat) => kind_of(stat),
                None => continue,
            };
            let tracked = self.manifest.find(&child);
            if let Some(n) = tracked
                && self.is_as_it_was(n, &kind, stat.as_ref())
            {
                continue;
            }
            let print = stat.as_ref().map(Print::of);
            found.push(Found { path: RepoPath::new(child.clone()), kind, tracked, print });
        }
        Ok((found, interesting))
    }

    /// Notes that a tracked file is there, and tells whether nothing else is to be said of it.
    fn is_as_it_was(&mut self, n: usize, kind: &Kind, stat: Option<&Stat>) -> bool {
        let file = &self.manifest.files()[n];
        let gitlink = file.entry.mode == tree::GITLINK;
        self.seen[n] |= match kind {
            Kind::File(_) | Kind::Link => true,
            Kind::Folder => gitlink,
            Kind::Other => false,
        };
        match (kind, stat) {
            _ if file.watch == Watch::Never => true,
            (Kind::Folder, _) => gitlink,
            (Kind::File(lies), Some(stat)) => {
                let mode = if lies.executable { tree::EXECUTABLE } else { tree::FILE };
                let alone = !self.rights.force || stat.st_nlink <= 1;
                file.is_file() && alone && (!self.rights.modes || mode == file.entry.mode) && lies_as_it_lay(file, stat)
            }
            (Kind::Link, Some(stat)) => file.entry.mode == tree::LINK && lies_as_it_lay(file, stat),
            _ => false,
        }
    }

    /// Lists the numbers of the tracked files that were not met.
    pub(crate) fn gone(&self) -> impl Iterator<Item = usize> {
        let missing = |(n, seen): (usize, &bool)| (!seen && self.manifest.files()[n].watch == Watch::Always).then_some(n);
        self.seen.iter().enumerate().filter_map(missing)
    }

    /// Counts the files below a folder and their bytes, as far as it can be read.
    ///
    /// # Errors
    ///
    /// As [`Scan::enter`].
    pub(crate) fn count(&mut self, path: &RepoPath) -> Result<(u64, u64), Error> {
        let (mut files, mut bytes) = (0, 0);
        let mut todo = vec![path.clone()];
        while let Some(path) = todo.pop() {
            let Some(folder) = self.enter(&path)? else { continue };
            for (name, _) in folder.entries()? {
                match folder.stat(&name)?.as_ref().map(kind_of) {
                    Some(Kind::Folder) => todo.push(path.join(name.as_bytes())),
                    Some(Kind::File(lies)) => {
                        files += 1;
                        bytes += lies.bytes;
                    }
                    Some(Kind::Link) => files += 1,
                    _ => {}
                }
            }
        }
        Ok((files, bytes))
    }
}

fn lies_as_it_lay(file: &Tracked, stat: &Stat) -> bool {
    file.on_disk == Some(Print::of(stat))
}

/// Tells whether the fault lies with one folder: its rights, its depth, its disk.
fn is_of_the_folder(error: &file::Error) -> bool {
    use rustix::io::Errno;
    let number = error.source.raw_os_error().unwrap_or_default();
    [Errno::ACCESS, Errno::PERM, Errno::NAMETOOLONG, Errno::IO, Errno::STALE].iter().any(|e| e.raw_os_error() == number)
}

/// What a stat says something is.
pub(crate) fn kind_of(stat: &Stat) -> Kind {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        FileType::RegularFile => {
            Kind::File(Lies { executable: stat.st_mode & EXECUTABLE != 0, bytes: u64::try_from(stat.st_size).unwrap_or_default() })
        }
        _ => Kind::Other,
    }
}
