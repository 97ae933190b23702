//! What a checkout has at a path, compared with what git has.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;

use git2::{ObjectType, Oid, Repository};
use rustix::fs::FileType;

use super::tree::{self, Entry};
use super::{Error, conversion};
use crate::sys::file;
use crate::sys::folder::Folder;
use crate::task::RepoPath;

const EXECUTABLE: u32 = 0o100;

/// What is at a path, as it lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnDisk {
    /// Nothing, also where a folder above is a link or a file.
    Absent,
    /// A folder.
    Folder,
    /// A file.
    File {
        /// Its bytes as a blob, before git converts any.
        id: Oid,
        /// Its owner may run it.
        executable: bool,
    },
    /// A symbolic link.
    Link {
        /// Its target as a blob.
        id: Oid,
    },
    /// A pipe, a socket, a device.
    Other,
}

/// Looks at a path below a folder; no link is followed.
///
/// # Errors
///
/// [`Error::File`] if a file there cannot be read.
pub(crate) fn state_of(root: &Folder, path: &RepoPath) -> Result<OnDisk, Error> {
    let Some(folder) = parent(root, path)? else { return Ok(OnDisk::Absent) };
    let name = name_of(path);
    let Some(stat) = folder.stat(name)? else { return Ok(OnDisk::Absent) };
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => OnDisk::Folder,
        FileType::Symlink => OnDisk::Link { id: blob_id(path, &folder.read_link(name)?)? },
        FileType::RegularFile => {
            let mut bytes = Vec::new();
            folder.read(name)?.read_to_end(&mut bytes).map_err(file::Error::of("read", path.as_path()))?;
            OnDisk::File { id: blob_id(path, &bytes)?, executable: stat.st_mode & EXECUTABLE != 0 }
        }
        _ => OnDisk::Other,
    })
}

/// Tells whether a path of the repository's own checkout is as git has it: the same bytes, or bytes that git would store as the
/// same; `None` is nothing at all. A folder is never what git has.
///
/// Bytes are compared, never times: what was written and reads the same is no change.
///
/// # Errors
///
/// [`Error::File`], [`Error::Command`] if git cannot say what it would store.
pub(crate) fn holds(repo: &Repository, root: &Folder, path: &RepoPath, expected: Option<Entry>) -> Result<bool, Error> {
    let Some(expected) = expected else { return Ok(state_of(root, path)? == OnDisk::Absent) };
    let (modes, links) = (trusts(repo, "core.fileMode"), trusts(repo, "core.symlinks"));
    match state_of(root, path)? {
        OnDisk::Link { id } => Ok(expected.mode == tree::LINK && id == expected.id),
        OnDisk::File { id, .. } if expected.mode == tree::LINK => Ok(!links && id == expected.id),
        OnDisk::File { id, executable } => {
            let same_mode = !modes || executable == (expected.mode & 0o111 != 0);
            Ok(same_mode && (id == expected.id || is_stored_as(repo, root, path, expected.id)?))
        }
        OnDisk::Absent | OnDisk::Folder | OnDisk::Other => Ok(false),
    }
}

fn is_stored_as(repo: &Repository, root: &Folder, path: &RepoPath, id: Oid) -> Result<bool, Error> {
    let Some(folder) = parent(root, path)? else { return Ok(false) };
    Ok(conversion::cleaned(repo, path, folder.read(name_of(path))?)? == Some(id))
}

/// A file system without modes or links has the key set to false; git writes it when it makes the repository.
pub(crate) fn trusts(repo: &Repository, key: &str) -> bool {
    repo.config().and_then(|config| config.get_bool(key)).unwrap_or(true)
}

fn blob_id(path: &RepoPath, bytes: &[u8]) -> Result<Oid, Error> {
    Oid::hash_object(ObjectType::Blob, bytes).map_err(Error::of("hash", path))
}

/// Opens the folder that a path lies in; `None` where it is not there, or not a folder.
pub(crate) fn parent(root: &Folder, path: &RepoPath) -> Result<Option<Folder>, Error> {
    Ok(root.enter_path(folders_of(path))?)
}

/// A path's last part, for the file system.
pub(crate) fn name_of(path: &RepoPath) -> &OsStr {
    OsStr::from_bytes(path.file_name())
}

/// A path's parts but for the last, for the file system.
pub(super) fn folders_of(path: &RepoPath) -> impl Iterator<Item = &OsStr> {
    let bytes = path.as_bytes();
    let end = bytes.iter().rposition(|b| *b == b'/').unwrap_or(0);
    bytes[..end].split(|b| *b == b'/').filter(|part| !part.is_empty()).map(OsStr::from_bytes)
}
