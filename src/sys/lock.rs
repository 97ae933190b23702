//! Locks that end with their process.
//!
//! A lock is an open file with `flock(2)` on it: a killed process holds none. The file itself stays; its content says who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::file;

const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(10);

/// A held lock: dropped, it is free.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
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

    /// Takes the lock if nobody holds it now.
    ///
    /// # Errors
    ///
    /// [`Error::File`] when it cannot even be tried.
    pub(crate) fn try_acquire(path: &Path) -> Result<Option<Self>, Error> {
        match Self::acquire_within(path, Duration::ZERO) {
            Ok(lock) => Ok(Some(lock)),
            Err(Error::Held { .. }) => Ok(None),
            Err(e) => Err(e),
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
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(e)) => Err(file::Error::of("lock", path)(e)),
            },
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(file::Error::of("open", path)(e)),
        }
    }

    /// Takes over a lock that another process of ours took and handed down as an open file.
    pub(crate) fn inherited(file: File) -> Self {
        Self { file }
    }

    /// The open file, to be handed to a process that goes on holding the lock.
    pub(crate) fn into_file(self) -> File {
        self.file
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
        let me = format!("process {}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(me.as_bytes()))
            .map_err(file::Error::of("write", path))?;
        Ok(Self { file })
    }
}
