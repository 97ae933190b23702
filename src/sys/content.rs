//! Copying what is in a file: shared with the original where the file system can (btrfs, XFS, bcachefs), else byte by byte.
//!
//! Either way the two files have nothing to do with each other from then on. Holes stay holes.

use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{AtFlags, Timespec, Timestamps};

use super::folder::Folder;

/// What a file system counts its blocks in, whatever their size is (stat(2)).
const BLOCK: u64 = 512;

/// Fills an empty file with what is in another.
///
/// # Errors
///
/// What the system said; the file may then hold a part.
pub(crate) fn copy(from: &File, to: &File) -> io::Result<()> {
    if share(from, to) {
        return Ok(());
    }
    let about = from.metadata()?;
    if on_disk(&about) < about.len() && copy_with_holes(from, to, about.len())? {
        return Ok(());
    }
    io::copy(&mut &*from, &mut &*to).map(drop)
}

/// The bytes that a file takes: less than its length where it has holes.
pub(crate) fn on_disk(about: &Metadata) -> u64 {
    about.len().min(about.blocks().saturating_mul(BLOCK))
}

/// Tells whether a copy of a file in a folder can share the file's blocks, by trying it with a file that nobody sees.
pub(crate) fn can_share(file: &Path, folder: &Path) -> bool {
    let Ok(from) = File::open(file) else { return false };
    tempfile::tempfile_in(folder).is_ok_and(|to| share(&from, &to))
}

#[cfg(target_os = "linux")]
fn share(from: &File, to: &File) -> bool {
    rustix::fs::ioctl_ficlone(to, from).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn share(_from: &File, _to: &File) -> bool {
    false
}

/// Copies what lies between the holes; `false` where the file system does not say where they are.
#[cfg(target_os = "linux")]
fn copy_with_holes(from: &File, to: &File, length: u64) -> io::Result<bool> {
    use std::io::{Read as _, Seek as _, SeekFrom};

    use rustix::fs::{SeekFrom as Find, seek};
    use rustix::io::Errno;
    let mut at = 0;
    while at < length {
        let start = match seek(from, Find::Data(at)) {
            Ok(start) => start,
            Err(Errno::NXIO) => break,
            Err(_) if at == 0 => return Ok(false),
            Err(e) => return Err(e.into()),
        };
        at = seek(from, Find::Hole(start))?;
        (&*from).seek(SeekFrom::Start(start))?;
        (&*to).seek(SeekFrom::Start(start))?;
        io::copy(&mut from.take(at - start), &mut &*to)?;
    }
    to.set_len(length)?;
    Ok(true)
}

#[cfg(not(target_os = "linux"))]
fn copy_with_holes(_from: &File, _to: &File, _length: u64) -> io::Result<bool> {
    Ok(false)
}

/// Gives an open file or folder its rights.
///
/// # Errors
///
/// What the system said.
pub(crate) fn set_mode(file: impl AsFd, mode: u32) -> io::Result<()> {
    File::from(file.as_fd().try_clone_to_owned()?).set_permissions(Permissions::from_mode(mode))
}

/// Gives an open file or folder the time of its last change, in seconds and nanoseconds.
///
/// # Errors
///
/// What the system said.
pub(crate) fn set_time(file: impl AsFd, changed: (i64, i64)) -> io::Result<()> {
    Ok(rustix::fs::futimens(file, &times(changed))?)
}

/// Gives a link in a folder the time of its last change.
///
/// # Errors
///
/// What the system said.
pub(crate) fn set_link_time(folder: &Folder, name: &std::ffi::OsStr, changed: (i64, i64)) -> io::Result<()> {
    Ok(rustix::fs::utimensat(folder, name, &times(changed), AtFlags::SYMLINK_NOFOLLOW)?)
}

fn times((seconds, nanos): (i64, i64)) -> Timestamps {
    let at = Timespec { tv_sec: seconds, tv_nsec: nanos };
    Timestamps { last_access: at, last_modification: at }
}

/// Waits until the clock of a folder's file system has gone past a moment, in seconds and nanoseconds: what is changed there from
/// then on can be told by its ctime. On a file system that counts in whole seconds it gives up.
///
/// # Errors
///
/// What the system said.
pub(crate) fn wait_past(folder: &Path, moment: (i64, i64)) -> io::Result<()> {
    const TRIES: u32 = 50;
    let file = tempfile::tempfile_in(folder)?;
    for _ in 0..TRIES {
        io::Write::write_all(&mut &file, b".")?;
        let about = file.metadata()?;
        if (about.ctime(), about.ctime_nsec()) > moment {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, SeekFrom, Write as _};

    use super::*;

    #[test]
    fn a_copy_holds_the_same_bytes_and_its_holes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("from");
        let mut from = File::create_new(&path).unwrap();
        from.write_all(b"start").unwrap();
        from.seek(SeekFrom::Start(40 << 20)).unwrap();
        from.write_all(b"middle").unwrap();
        from.set_len(64 << 20).unwrap();
        from.sync_all().unwrap();
        let from = File::open(&path).unwrap();
        let to = File::create_new(dir.path().join("to")).unwrap();
        copy(&from, &to).unwrap();
        let about = to.metadata().unwrap();
        assert_eq!(about.len(), 64 << 20);
        assert!(std::fs::read(&path).unwrap() == std::fs::read(dir.path().join("to")).unwrap());
        assert!(on_disk(&about) <= on_disk(&from.metadata().unwrap()) + (1 << 20), "{} bytes", on_disk(&about));
    }

    #[test]
    fn a_change_after_the_wait_has_a_later_time() {
        let dir = tempfile::tempdir().unwrap();
        let file = File::create_new(dir.path().join("a")).unwrap();
        let at = |file: &File| file.metadata().map(|m| (m.ctime(), m.ctime_nsec())).unwrap();
        let before = at(&file);
        wait_past(dir.path(), before).unwrap();
        (&file).write_all(b"x").unwrap();
        assert!(at(&file) > before);
    }
}
