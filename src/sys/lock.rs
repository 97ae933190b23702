//! Locks that end with their process.
//!
//! A lock is an open file with `flock(2)` on it: a killed process holds none. The file itself stays; its content says who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::file;

const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(10);

/// How long those who only look may keep others from a lock, at the very most: one after another, on a machine under load.
const A_LOOK: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// A held lock: dropped, it is free.
#[derive(Debug)]
pub(crate) struct Lock {
    /// There until the lock is handed on.
    file: Option<File>,
}

impl Drop for Lock {
    /// Closing is not enough: a child that another thread is about to start has the file open too, until it execs.
    fn drop(&mut self) {
        drop(self.file.take().map(|file| file.unlock()));
    }
}

/// A lock could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Somebody else holds it.
    #[error("{path:?} is held by {holder}")]
    Held {
        /// The lock's file.
        path: PathBuf,
        /// What the holder wrote of itself.
        holder: String,
    },
    /// The file cannot be opened or locked.
    #[error(transparent)]
    File(#[from] file::Error),
}

impl Lock {
    /// Takes the lock, waiting up to five seconds.
    ///
    /// # Errors
    ///
    /// [`Error::Held`] when it was not let go of in that time.
    pub(crate) fn acquire(path: &Path) -> Result<Self, Error> {
        Self::acquire_within(path, PATIENCE)
    }

    /// Takes the lock if nobody holds it now. Who only looks whether it is held is no holder, and waited for.
    ///
    /// # Errors
    ///
    /// [`Error::File`] when it cannot even be tried.
    pub(crate) fn try_acquire(path: &Path) -> Result<Option<Self>, Error> {
        let start = Instant::now();
        loop {
            match Self::acquire_within(path, Duration::ZERO) {
                Ok(lock) => return Ok(Some(lock)),
                Err(Error::Held { .. }) if start.elapsed() < A_LOOK && !Self::is_held(path)? => std::thread::sleep(BETWEEN_LOOKS),
                Err(Error::Held { .. }) => return Ok(None),
                Err(e) => return Err(e),
            }
        }
    }

    /// Tells whether somebody holds the lock now.
    ///
    /// # Errors
    ///
    /// [`file::Error`] when the file is there and cannot be tried.
    pub(crate) fn is_held(path: &Path) -> Result<bool, file::Error> {
        match File::open(path) {
            Ok(file) => match file.try_lock_shared() {
                // Closing is not enough: see the end of a lock.
                Ok(()) => file.unlock().map(|()| false).map_err(file::Error::of("unlock", path)),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(e)) => Err(file::Error::of("lock", path)(e)),
            },
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(file::Error::of("open", path)(e)),
        }
    }

    /// Takes over a lock that another process of ours took and handed down as an open file.
    pub(crate) fn inherited(mut file: File) -> Self {
        sign(&mut file);
        Self { file: Some(file) }
    }

    /// The open file, to be handed to a process that goes on holding the lock.
    pub(crate) fn into_file(mut self) -> File {
        let file = self.file.take();
        file.unwrap_or_else(|| unreachable!("BUG: a lock is handed on only once"))
    }

    /// Tells whether the lock is on the file that has this path now: one on a file that was deleted meanwhile is worth nothing.
    pub(crate) fn is_on(&self, path: &Path) -> bool {
        let held = self.file.as_ref().and_then(|file| file.metadata().ok());
        let there = std::fs::symlink_metadata(path).ok();
        held.zip(there).is_some_and(|(held, there)| held.ino() == there.ino() && held.dev() == there.dev())
    }

    fn acquire_within(path: &Path, patience: Duration) -> Result<Self, Error> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(file::Error::of("open", path))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(e)) => return Err(file::Error::of("lock", path)(e).into()),
                Err(TryLockError::WouldBlock) if start.elapsed() >= patience => {
                    let mut holder = String::new();
                    drop(file.read_to_string(&mut holder));
                    let holder = if holder.is_empty() { "another process".to_owned() } else { holder.trim().to_owned() };
                    return Err(Error::Held { path: path.to_owned(), holder });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
        sign(&mut file);
        Ok(Self { file: Some(file) })
    }
}

/// Writes down who holds it.
fn sign(file: &mut File) {
    let me = format!("process {}\n", std::process::id());
    // Only for the message of whoever finds it held: a full disk must not keep anybody from the lock.
    drop(file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(me.as_bytes())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_lock_is_free_though_a_child_that_just_started_has_the_file_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let lock = Lock::acquire(&path).unwrap();
        let childs = lock.file.as_ref().unwrap().try_clone().unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        drop(lock);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
        drop(childs);
    }

    #[test]
    fn who_looks_whether_a_lock_is_held_keeps_nobody_from_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        drop(Lock::acquire(&path).unwrap());
        let looker = File::open(&path).unwrap();
        looker.try_lock_shared().unwrap();
        let looks = std::thread::spawn(move || {
            std::thread::sleep(PAUSE);
            looker.unlock().unwrap();
        });
        let lock = Lock::try_acquire(&path).unwrap();
        assert!(lock.is_some(), "a look was taken for a holder");
        looks.join().unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
    }

    #[test]
    fn a_lock_that_is_handed_on_stays_held() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let file = Lock::acquire(&path).unwrap().into_file();
        assert!(Lock::is_held(&path).unwrap());
        let lock = Lock::inherited(file);
        assert!(lock.is_on(&path));
        std::fs::rename(&path, dir.path().join("old")).unwrap();
        assert!(!lock.is_on(&path));
        drop(Lock::acquire(&path).unwrap());
        assert!(!lock.is_on(&path));
    }
}
