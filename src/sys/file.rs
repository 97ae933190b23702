//! Files that are whole or not there, whatever happens.
//!
//! Each function that changes the disk takes the [`Point`] it is. It has synced file and folder when it returns, but where its text
//! says otherwise.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::fault::Point;

/// What the name of a file that was begun and not finished starts with.
const BEGUN: &str = ".takeback-";

/// A file or folder could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {path:?}")]
pub(crate) struct Error {
    /// The deed, as a verb: `read`, `write` …
    pub(crate) what: &'static str,
    /// What it was to be done to.
    pub(crate) path: PathBuf,
    /// What the system said.
    pub(crate) source: io::Error,
}

impl Error {
    /// Makes the mapping for `map_err`: which deed, on what.
    pub(crate) fn of(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { what, path: path.to_owned(), source }
    }

    /// Tells whether the disk is full, or the user's share of it.
    pub(crate) fn is_disk_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }

    /// Tells whether there is no such file.
    pub(crate) fn is_not_found(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }
}

/// What a file looks like from outside. Another look is another content; the same look most likely the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Looks at a file from outside; `None` where there is none, or it cannot be seen.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let seen = fs::symlink_metadata(path).ok()?;
    Some(Stamp {
        inode: seen.ino(),
        length: seen.len(),
        modified: (seen.mtime(), seen.mtime_nsec()),
        changed: (seen.ctime(), seen.ctime_nsec()),
    })
}

/// Reads a whole file; `None` where there is none.
///
/// # Errors
///
/// [`Error`] with the path.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::of("read", path)(e)),
    }
}

/// Replaces a file by one that holds `bytes`. Only for a file that has one writer at a time: what a crash leaves beside it has a name
/// of its own, and goes with the next call.
///
/// # Errors
///
/// [`Error`] with the path; the old file is then still there.
pub(crate) fn replace(path: &Path, bytes: &[u8], point: Point) -> Result<(), Error> {
    put(begin(path, folder_of(path), 0o666)?, path, bytes, point)
}

/// As [`replace`], for a file that several processes may write at once: by way of a folder that is the caller's alone.
///
/// # Errors
///
/// [`Error`] with the path; the old file is then still there.
pub(crate) fn replace_by_way_of(own: &Path, path: &Path, bytes: &[u8], point: Point) -> Result<(), Error> {
    put(begin(path, own, 0o666)?, path, bytes, point)
}

/// As [`replace`], for a file that only its user can read or write.
///
/// # Errors
///
/// [`Error`] with the path; the old file is then still there.
pub(crate) fn replace_private(path: &Path, bytes: &[u8], point: Point) -> Result<(), Error> {
    put(begin(path, folder_of(path), 0o600)?, path, bytes, point)
}

/// As [`replace`], for a file that can be run.
///
/// # Errors
///
/// [`Error`] with the path; the old file is then still there.
pub(crate) fn replace_program(path: &Path, bytes: &[u8], point: Point) -> Result<(), Error> {
    put(begin(path, folder_of(path), 0o777)?, path, bytes, point)
}

/// Gives a file, or a link as such, a second name on the same file system.
///
/// # Errors
///
/// [`Error`] with the path, for example where the second name is taken, or the file system has no such thing.
pub(crate) fn name_twice(path: &Path, second: &Path, point: Point) -> Result<(), Error> {
    point.before();
    fs::hard_link(path, second).map_err(Error::of("keep", path))?;
    sync_folder(folder_of(second))?;
    point.after();
    Ok(())
}

/// Begins the file that is to replace `path`, always under the same name.
fn begin(path: &Path, folder: &Path, mode: u32) -> Result<tempfile::NamedTempFile, Error> {
    use std::os::unix::fs::PermissionsExt as _;
    let name = path.file_name().unwrap_or_default();
    let mut begun = OsString::from(BEGUN);
    begun.push(name);
    let left = folder.join(begun);
    match fs::remove_file(&left) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(Error::of("remove", &left)(e)),
        _ => {}
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(BEGUN).suffix(name).rand_bytes(0).permissions(fs::Permissions::from_mode(mode));
    builder.tempfile_in(folder).map_err(Error::of("make a file beside", path))
}

fn put(mut file: tempfile::NamedTempFile, path: &Path, bytes: &[u8], point: Point) -> Result<(), Error> {
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(Error::of("write", path))?;
    point.before();
    file.persist(path).map_err(|e| Error::of("replace", path)(e.error))?;
    sync_folder(folder_of(path))?;
    point.after();
    Ok(())
}

/// As [`replace`]: whole for every process, but not yet on the disk. For what is found out again after a power cut.
///
/// # Errors
///
/// [`Error`] with the path; the old file is then still there.
pub(crate) fn replace_lightly(path: &Path, bytes: &[u8], point: Point) -> Result<(), Error> {
    put_lightly(begin(path, folder_of(path), 0o666)?, path, bytes, point)
}

/// As [`replace_lightly`], by way of the folder above: for a file in a folder whose content is somebody else's, where a crash must
/// leave nothing.
///
/// # Errors
///
/// [`Error`] with the path; the old file is then still there.
pub(crate) fn replace_from_above(path: &Path, bytes: &[u8], point: Point) -> Result<(), Error> {
    put_lightly(begin(path, folder_of(folder_of(path)), 0o666)?, path, bytes, point)
}

fn put_lightly(mut file: tempfile::NamedTempFile, path: &Path, bytes: &[u8], point: Point) -> Result<(), Error> {
    file.write_all(bytes).map_err(Error::of("write", path))?;
    point.before();
    file.persist(path).map_err(|e| Error::of("replace", path)(e.error))?;
    point.after();
    Ok(())
}

/// Writes a new file into a folder that nobody looks at yet, and syncs it; the folder is the caller's to sync and put in place.
///
/// # Errors
///
/// [`Error`] with the path.
pub(crate) fn fill(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = File::create_new(path).map_err(Error::of("make", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::of("write", path))
}

/// Renames within one file system, and syncs the folder it goes to.
///
/// # Errors
///
/// [`Error`] with the old path.
pub(crate) fn rename(from: &Path, to: &Path, point: Point) -> Result<(), Error> {
    rename_lightly(from, to, point)?;
    sync_folder(folder_of(to))
}

/// Renames within one file system; the caller syncs the folder it goes to, once for several.
///
/// # Errors
///
/// [`Error`] with the old path.
pub(crate) fn rename_lightly(from: &Path, to: &Path, point: Point) -> Result<(), Error> {
    point.before();
    fs::rename(from, to).map_err(Error::of("rename", from))?;
    point.after();
    Ok(())
}

/// Removes a file, if it is there. Nothing is synced: what a power cut brings back is removed again.
///
/// # Errors
///
/// [`Error`] with the path.
pub(crate) fn remove(path: &Path, point: Point) -> Result<(), Error> {
    point.before();
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(Error::of("remove", path)(e)),
        _ => {}
    }
    point.after();
    Ok(())
}

/// Removes the files of a folder that a crash left unfinished. Nobody else may be writing in it.
///
/// # Errors
///
/// [`Error`] with the path.
pub(crate) fn remove_unfinished(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::of("list", folder))? {
        let entry = entry.map_err(Error::of("list", folder))?;
        if entry.file_name().as_encoded_bytes().starts_with(BEGUN.as_bytes()) {
            fs::remove_file(entry.path()).map_err(Error::of("remove", folder))?;
        }
    }
    Ok(())
}

/// Removes a folder of ours and all that is in it, if it is there.
///
/// # Errors
///
/// [`Error`] with the path.
pub(crate) fn remove_folder(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::of("remove", path)(e)),
        _ => Ok(()),
    }
}

/// Makes a folder and all above it.
///
/// # Errors
///
/// [`Error`] with the path.
pub(crate) fn make_folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(Error::of("make the folder", path))
}

/// Writes what the system holds of a file to the disk.
///
/// # Errors
///
/// [`Error`] with the path.
pub(crate) fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|f| f.sync_all()).map_err(Error::of("sync", path))
}

/// Writes a folder's entries to the disk.
///
/// # Errors
///
/// [`Error`] with the path.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    sync(path)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
