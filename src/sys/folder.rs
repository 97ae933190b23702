//! Open folders: what happens in one happens there, whatever its path leads to by then.
//!
//! No function here follows a symbolic link, but for the path that a [`Folder`] is first opened by.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::file::Error;

/// A folder's own rights that are needed to empty it.
const RIGHTS: Mode = Mode::RWXU;

/// Folders deeper than this are moved up before they are emptied: each level holds one open file.
const DEPTH: u32 = 64;

/// An open folder.
#[derive(Debug)]
pub(crate) struct Folder {
    fd: OwnedFd,
    /// What it was opened by, for errors only.
    path: PathBuf,
}

impl Folder {
    /// Opens a folder by its path.
    ///
    /// # Errors
    ///
    /// [`Error`] with the path, also where it is no folder.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let fd = rustix::fs::openat(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        Ok(Self { fd: fd.map_err(|e| Error::of("open", path)(e.into()))?, path: path.to_owned() })
    }

    /// The same folder, opened once more.
    ///
    /// # Errors
    ///
    /// [`Error`] if the process has too many open files.
    pub(crate) fn again(&self) -> Result<Self, Error> {
        let fd = self.fd.try_clone().map_err(Error::of("open", &self.path))?;
        Ok(Self { fd, path: self.path.clone() })
    }

    /// The path that the folder was opened by.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a folder in this one; `None` where there is none: nothing, or a file, or a link, wherever it leads.
    ///
    /// # Errors
    ///
    /// [`Error`] if it cannot be opened.
    pub(crate) fn enter(&self, name: &OsStr) -> Result<Option<Self>, Error> {
        match self.try_enter(name) {
            Ok(folder) => Ok(Some(folder)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(e) => Err(self.error("open", name, e)),
        }
    }

    fn try_enter(&self, name: &OsStr) -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty())?;
        Ok(Self { fd, path: self.path.join(name) })
    }

    /// Opens a folder below this one, step by step, as [`Folder::enter`] does each.
    ///
    /// # Errors
    ///
    /// [`Error`] if one cannot be opened.
    pub(crate) fn enter_path<'p>(&self, names: impl Iterator<Item = &'p OsStr>) -> Result<Option<Self>, Error> {
        let mut at = self.again()?;
        for name in names {
            match at.enter(name)? {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// Opens a folder in this one, and takes the rights that are needed to change it.
    ///
    /// # Errors
    ///
    /// [`Error`] if it is somebody else's.
    pub(crate) fn enter_by_force(&self, name: &OsStr) -> Result<Option<Self>, Error> {
        let entered = match self.try_enter(name) {
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
            Err(Errno::ACCESS) if self.stat(name)?.is_some_and(|stat| is_folder(&stat)) => {
                rustix::fs::chmodat(&self.fd, name, RIGHTS, AtFlags::empty()).map_err(|e| self.error("open", name, e))?;
                self.try_enter(name)
            }
            other => other,
        };
        let folder = entered.map_err(|e| self.error("open", name, e))?;
        let mode = Mode::from_raw_mode(rustix::fs::fstat(&folder.fd).map_err(|e| self.error("look at", name, e))?.st_mode);
        if !mode.contains(RIGHTS) {
            rustix::fs::fchmod(&folder.fd, mode | RIGHTS).map_err(|e| self.error("open", name, e))?;
        }
        Ok(Some(folder))
    }

    /// Makes a folder in this one.
    ///
    /// # Errors
    ///
    /// [`Error`], also where something of that name is there.
    pub(crate) fn make(&self, name: &OsStr) -> Result<Self, Error> {
        rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(0o777)).map_err(|e| self.error("make the folder", name, e))?;
        self.try_enter(name).map_err(|e| self.error("open", name, e))
    }

    /// Looks at what has a name in this folder, without following it; `None` where there is nothing.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub(crate) fn stat(&self, name: &OsStr) -> Result<Option<Stat>, Error> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(e) => Err(self.error("look at", name, e)),
        }
    }

    /// Makes a file that was not there, with the rights that the user's umask leaves.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub(crate) fn create(&self, name: &OsStr, executable: bool) -> Result<File, Error> {
        let mode = Mode::from_raw_mode(if executable { 0o777 } else { 0o666 });
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, mode).map_err(|e| self.error("make", name, e))?;
        Ok(File::from(fd))
    }

    /// Makes a symbolic link that was not there.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub(crate) fn link(&self, name: &OsStr, target: &[u8]) -> Result<(), Error> {
        rustix::fs::symlinkat(OsStr::from_bytes(target), &self.fd, name).map_err(|e| self.error("make the link", name, e))
    }

    /// Reads where a symbolic link leads.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub(crate) fn read_link(&self, name: &OsStr) -> Result<Vec<u8>, Error> {
        let target = rustix::fs::readlinkat(&self.fd, name, Vec::new()).map_err(|e| self.error("read the link", name, e))?;
        Ok(target.into_bytes())
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// [`Error`], also where it is a link.
    pub(crate) fn read(&self, name: &OsStr) -> Result<File, Error> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty()).map_err(|e| self.error("read", name, e))?;
        Ok(File::from(fd))
    }

    /// Gives what is here another name here, in the place of what had it.
    ///
    /// # Errors
    ///
    /// [`Error`], also where a folder that is not empty has the name.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> Result<(), Error> {
        rustix::fs::renameat(&self.fd, from, &self.fd, to).map_err(|e| self.error("replace", to, e))
    }

    /// Removes a file or link, if it is there.
    ///
    /// # Errors
    ///
    /// [`Error`], also where it is a folder.
    pub(crate) fn remove_file(&self, name: &OsStr) -> Result<(), Error> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(e) => Err(self.error("remove", name, e)),
        }
    }

    /// Removes a folder if it is empty, and tells whether it is gone.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub(crate) fn remove_if_empty(&self, name: &OsStr) -> Result<bool, Error> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR | Errno::BUSY) => Ok(false),
            Err(e) => Err(self.error("remove", name, e)),
        }
    }

    /// Removes whatever has a name here, a folder with all that is in it, however deep and whatever its rights.
    ///
    /// # Errors
    ///
    /// [`Error`] with the first path that cannot be removed.
    pub(crate) fn remove_all(&self, name: &OsStr) -> Result<(), Error> {
        let Some(folder) = self.enter_by_force(name)? else { return self.remove_file(name) };
        let mut moved = 0;
        loop {
            let before = moved;
            folder.clear(&folder, 0, &mut moved)?;
            if moved == before {
                break;
            }
        }
        drop(folder);
        if self.remove_if_empty(name)? { Ok(()) } else { Err(self.error("empty", name, Errno::NOTEMPTY)) }
    }

    /// Empties this folder; what is too deep is moved to the top, for another turn.
    fn clear(&self, top: &Self, depth: u32, moved: &mut u64) -> Result<(), Error> {
        for (name, _) in self.entries()? {
            let Some(child) = self.enter_by_force(&name)? else {
                self.remove_file(&name)?;
                continue;
            };
            if depth < DEPTH {
                child.clear(top, depth + 1, moved)?;
                self.remove_if_empty(&name)?;
            } else {
                *moved += 1;
                let new_name = OsString::from(format!(".takeback-deep-{moved}"));
                rustix::fs::renameat(&self.fd, &name, &top.fd, &new_name).map_err(|e| self.error("move", &name, e))?;
            }
        }
        Ok(())
    }

    /// Lists what is in this folder, with what kind of thing it is where the file system says so at once.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub(crate) fn entries(&self) -> Result<Vec<(OsString, FileType)>, Error> {
        let failed = |e: Errno| Error::of("list", &self.path)(e.into());
        let mut found = Vec::new();
        for entry in Dir::read_from(&self.fd).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                found.push((OsString::from_vec(name.to_vec()), entry.file_type()));
            }
        }
        Ok(found)
    }

    /// Writes everything on this folder's file system to the disk, in one go.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub(crate) fn sync_file_system(&self) -> Result<(), Error> {
        #[cfg(target_os = "linux")]
        rustix::fs::syncfs(self.fd.as_fd()).map_err(|e| Error::of("sync", &self.path)(e.into()))?;
        #[cfg(not(target_os = "linux"))]
        rustix::fs::sync();
        Ok(())
    }

    fn error(&self, what: &'static str, name: &OsStr, source: Errno) -> Error {
        Error::of(what, &self.path.join(name))(io::Error::from(source))
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Tells whether this is a folder.
pub(crate) fn is_folder(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn name(text: &str) -> &OsStr {
        OsStr::new(text)
    }

    #[test]
    fn everything_is_removed_whatever_its_rights_and_nothing_beyond_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        fs::create_dir_all(dir.path().join("debris/a/b")).unwrap();
        fs::create_dir(&victim).unwrap();
        File::create(victim.join("kept")).unwrap();
        File::create(dir.path().join("debris/a/b/file")).unwrap();
        symlink(&victim, dir.path().join("debris/a/link")).unwrap();
        for (path, mode) in [("debris/a/b", 0o500), ("debris/a", 0o000), ("debris", 0o111)] {
            fs::set_permissions(dir.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
        }
        let folder = Folder::open(dir.path()).unwrap();
        folder.remove_all(name("debris")).unwrap();
        assert!(!dir.path().join("debris").exists());
        assert!(victim.join("kept").exists());
        symlink(&victim, dir.path().join("link")).unwrap();
        folder.remove_all(name("link")).unwrap();
        assert!(victim.join("kept").exists());
        folder.remove_all(name("never there")).unwrap();
    }

    #[test]
    fn a_folder_deeper_than_a_process_may_have_open_files_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let top = Folder::open(dir.path()).unwrap();
        let mut folder = top.make(name("deep")).unwrap();
        for _ in 0..3000 {
            drop(folder.create(name("f"), false).unwrap());
            folder = folder.make(name("d")).unwrap();
        }
        drop(folder);
        top.remove_all(name("deep")).unwrap();
        assert_eq!(top.entries().unwrap(), []);
    }

    #[test]
    fn a_link_is_never_entered() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("real")).unwrap();
        symlink("real", dir.path().join("link")).unwrap();
        File::create(dir.path().join("file")).unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        assert!(folder.enter(name("real")).unwrap().is_some());
        for not in ["link", "file", "nothing"] {
            assert!(folder.enter(name(not)).unwrap().is_none(), "{not}");
            assert!(folder.enter_by_force(name(not)).unwrap().is_none(), "{not}");
        }
    }
}
