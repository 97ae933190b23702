//! Folders that one process works in: gone when it is done with them, swept away when it was killed.
//!
//! On disk: `<parent>/lock`, held while a folder is made and while what is left over is looked for; `<parent>/<name>/lock`, held by
//! the process that works there.

use std::fs;
use std::path::{Path, PathBuf};

use super::file;
use super::lock::{Error, Lock};

/// A folder of this process alone.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    _lock: Lock,
}

impl Scratch {
    /// Makes an empty folder; `name` must not have been used before.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be made.
    pub(crate) fn make(parent: &Path, name: &str) -> Result<Self, Error> {
        file::make_folder(parent)?;
        let _one_at_a_time = Lock::acquire(&parent.join("lock"))?;
        let path = parent.join(name);
        file::make_folder(&path)?;
        let lock = Lock::acquire(&path.join("lock"))?;
        Ok(Self { path, _lock: lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    /// What cannot be removed now is swept later.
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.path));
    }
}

/// Removes the folders whose process is gone.
///
/// # Errors
///
/// [`Error::File`] if they cannot be listed.
pub(crate) fn sweep(parent: &Path) -> Result<(), Error> {
    if !parent.is_dir() {
        return Ok(());
    }
    let Some(_one_at_a_time) = Lock::try_acquire(&parent.join("lock"))? else { return Ok(()) };
    for entry in fs::read_dir(parent).map_err(file::Error::of("list", parent))? {
        let path = entry.map_err(file::Error::of("list", parent))?.path();
        // Its owner may be removing it at this moment: what stays is swept the next time.
        if path.is_dir() && matches!(Lock::try_acquire(&path.join("lock")), Ok(Some(_))) {
            drop(file::remove_folder(&path));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_owner_and_one_without_an_owner_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let parent = dir.path().join("scratch");
        let mine = Scratch::make(&parent, "mine").unwrap();
        let left = parent.join("left");
        fs::create_dir_all(left.join("below")).unwrap();
        sweep(&parent).unwrap();
        assert!(mine.path().is_dir() && !left.exists());
        let path = mine.path().to_owned();
        drop(mine);
        assert!(!path.exists());
        sweep(&dir.path().join("none")).unwrap();
    }
}
