//! Folders that somebody else has written, and may be writing while they are read.
//!
//! Every step opens one name within an open folder: no symbolic link is followed, no fifo waited on, no device touched, and nothing
//! is read beyond a limit.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::file;

/// A foreign folder is not what it must be, or unreadable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A symbolic link, a device, or a file where a folder must be, or the other way round.
    #[error("{path:?} is not a plain {wanted}")]
    NotPlain {
        /// Which.
        path: PathBuf,
        /// `file` or `folder`.
        wanted: &'static str,
    },
    /// A file is longer, or a folder fuller, than what is read.
    #[error("{path:?} is larger than {limit}")]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Bytes or names.
        limit: u64,
    },
    /// The system refuses.
    #[error(transparent)]
    File(#[from] file::Error),
}

/// What a name in a foreign folder is, without following it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A plain file of so many bytes.
    File(u64),
    /// A folder.
    Folder,
    /// Anything else.
    Other,
}

/// An open foreign folder.
#[derive(Debug)]
pub(crate) struct Folder {
    fd: OwnedFd,
    path: PathBuf,
}

impl Folder {
    /// Opens a folder; its own last part must not be a link, what is above it may. `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::NotPlain`], [`Error::File`].
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, Error> {
        opened(rustix::fs::openat(CWD, path, folder_flags(), Mode::empty()), path.to_owned())
    }

    /// Opens a folder in this one; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::NotPlain`], [`Error::File`].
    pub(crate) fn folder(&self, name: &OsStr) -> Result<Option<Self>, Error> {
        opened(rustix::fs::openat(&self.fd, name, folder_flags(), Mode::empty()), self.path.join(name))
    }

    /// Reads a file in this folder; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::NotPlain`], [`Error::TooLarge`], [`Error::File`].
    pub(crate) fn file(&self, name: &OsStr, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path.join(name);
        match self.look(name)? {
            None => return Ok(None),
            Some(Kind::File(size)) if size > limit => return Err(Error::TooLarge { path, limit }),
            Some(Kind::File(_)) => {}
            Some(_) => return Err(Error::NotPlain { path, wanted: "file" }),
        }
        let failed = || file::Error::of("read", &path);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file: File =
            rustix::fs::openat(&self.fd, name, flags, Mode::empty()).map_err(io::Error::from).map_err(failed())?.into();
        if !file.metadata().map_err(failed())?.is_file() {
            return Err(Error::NotPlain { path, wanted: "file" });
        }
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).map_err(failed())?;
        if bytes.len() as u64 > limit { Err(Error::TooLarge { path, limit }) } else { Ok(Some(bytes)) }
    }

    /// Tells what a name in this folder is; `None` where it is not there.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(crate) fn look(&self, name: &OsStr) -> Result<Option<Kind>, Error> {
        let about = match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(None),
            other => other.map_err(io::Error::from).map_err(file::Error::of("look at", &self.path.join(name)))?,
        };
        Ok(Some(match FileType::from_raw_mode(about.st_mode) {
            FileType::RegularFile => Kind::File(u64::try_from(about.st_size).unwrap_or(0)),
            FileType::Directory => Kind::Folder,
            _ => Kind::Other,
        }))
    }

    /// Lists the names in this folder, in no order, and no more than `limit`.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`], [`Error::File`].
    pub(crate) fn names(&self, limit: usize) -> Result<Vec<OsString>, Error> {
        let failed = || file::Error::of("list", &self.path);
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.fd).map_err(io::Error::from).map_err(failed())? {
            let entry = entry.map_err(io::Error::from).map_err(failed())?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            if names.len() == limit {
                return Err(Error::TooLarge { path: self.path.clone(), limit: limit as u64 });
            }
            names.push(OsStr::from_bytes(name).to_owned());
        }
        Ok(names)
    }

    /// Gives a plain file of this folder a second name in a folder of ours, and tells its size.
    ///
    /// # Errors
    ///
    /// [`Error::NotPlain`], [`Error::File`].
    pub(crate) fn link(&self, name: &OsStr, to: &Self) -> Result<u64, Error> {
        let path = self.path.join(name);
        let failed = || file::Error::of("link", &path);
        rustix::fs::linkat(&self.fd, name, &to.fd, name, AtFlags::empty()).map_err(io::Error::from).map_err(failed())?;
        match to.look(name)? {
            Some(Kind::File(size)) => Ok(size),
            _ => Err(Error::NotPlain { path, wanted: "file" }),
        }
    }

    /// Where it was when it was opened.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn folder_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

fn opened(result: Result<OwnedFd, Errno>, path: PathBuf) -> Result<Option<Folder>, Error> {
    match result {
        Ok(fd) => Ok(Some(Folder { fd, path })),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::NOTDIR | Errno::LOOP) => Err(Error::NotPlain { path, wanted: "folder" }),
        Err(e) => Err(file::Error::of("open", &path)(e.into()).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::open(temp.path()).unwrap().unwrap();
        (temp, folder)
    }

    #[test]
    fn no_link_is_followed_to_a_file_or_a_folder() {
        let (temp, folder) = folder();
        symlink("/etc/hostname", temp.path().join("file")).unwrap();
        symlink("/etc", temp.path().join("folder")).unwrap();
        assert!(matches!(folder.file("file".as_ref(), 1000), Err(Error::NotPlain { .. })));
        assert!(matches!(folder.folder("folder".as_ref()), Err(Error::NotPlain { .. })));
        assert!(matches!(Folder::open(&temp.path().join("folder")), Err(Error::NotPlain { .. })));
        let ours = tempfile::tempdir().unwrap();
        let ours = Folder::open(ours.path()).unwrap().unwrap();
        assert!(matches!(folder.link("file".as_ref(), &ours), Err(Error::NotPlain { .. })));
    }

    #[test]
    fn a_fifo_is_not_waited_on() {
        let (temp, folder) = folder();
        rustix::fs::mkfifoat(CWD, temp.path().join("fifo"), Mode::RUSR).unwrap();
        assert!(matches!(folder.file("fifo".as_ref(), 1000), Err(Error::NotPlain { .. })));
    }

    #[test]
    fn nothing_is_read_beyond_the_limit() {
        let (temp, folder) = folder();
        file::fill(&temp.path().join("a"), b"12345").unwrap();
        assert_eq!(folder.file("a".as_ref(), 5).unwrap().unwrap(), b"12345");
        assert!(matches!(folder.file("a".as_ref(), 4), Err(Error::TooLarge { .. })));
        fs::create_dir(temp.path().join("b")).unwrap();
        assert_eq!(folder.names(2).unwrap().len(), 2);
        assert!(matches!(folder.names(1), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn what_is_not_there_is_no_error() {
        let (temp, folder) = folder();
        assert!(folder.file("a".as_ref(), 5).unwrap().is_none());
        assert!(folder.folder("a".as_ref()).unwrap().is_none());
        assert!(Folder::open(&temp.path().join("a")).unwrap().is_none());
    }
}
