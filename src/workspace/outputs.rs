//! What a task made and git does not get: moved out of the slot, to lie beside the attempt's record.
//!
//! Each output keeps its path. It is renamed where that is possible, so a folder of any size is moved at once. What does not fit
//! under the cap stays in the slot, whose next reset removes it; the list says so.
//!
//! What the task had beside its worktree (`../x`) lies in a folder of its own: nothing is ever put outside of the outputs' folder.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::Error;
use crate::sys::fault::Point;
use crate::sys::file;
use crate::sys::folder::Folder;
use crate::task::{Output, OutputKind, RepoPath};

/// The folder for what a task had beside its worktree.
const BESIDE: &str = "beside-the-worktree";

/// Where an output lies below the folder of outputs, or of their copies.
pub(crate) fn place(path: &RepoPath) -> PathBuf {
    match path.as_path().strip_prefix("..") {
        Ok(beside) => Path::new(BESIDE).join(beside),
        Err(_) => path.as_path().to_owned(),
    }
}

/// Moves outputs from a slot to a folder, in the order of the list, as long as they are not above `cap` bytes together; notes for each
/// whether it was kept.
///
/// An output that cannot be moved is not kept, and no error: the result's files count more. One that an earlier call has moved is kept.
///
/// # Errors
///
/// [`Error::File`] if the folder cannot be made or synced, or the disk is full: what is not moved is in the slot still.
pub(crate) fn keep(root: &Path, mut outputs: Vec<Output>, to: &Path, cap: u64) -> Result<Vec<Output>, Error> {
    let mut left = cap;
    for output in &mut outputs {
        // Nothing was counted in a pipe, or in a folder of somebody else's; and what was deleted is not there.
        if output.amount.files == 0 || output.kind == OutputKind::BroughtDeleted || output.amount.bytes > left {
            continue;
        }
        file::make_folder(to)?;
        output.kept = is_moved(root, &output.path, to) || move_one(root, &output.path, to)?;
        if output.kept {
            left -= output.amount.bytes;
        }
    }
    if outputs.iter().any(|output| output.kept) {
        Folder::open(to)?.sync_file_system()?;
    }
    Ok(outputs)
}

/// Copies kept outputs below a folder, and returns where they are now.
///
/// # Errors
///
/// [`file::Error`] with the first that cannot be copied.
pub(crate) fn copy(from: &Path, paths: &[RepoPath], to: &Path) -> Result<Vec<PathBuf>, file::Error> {
    let mut made = Vec::new();
    for path in paths {
        let target = to.join(place(path));
        make_parent(&target)?;
        copy_all(&from.join(place(path)), &target).map_err(file::Error::of("copy", &target))?;
        made.push(target);
    }
    Ok(made)
}

fn make_parent(path: &Path) -> Result<(), file::Error> {
    path.parent().map_or(Ok(()), file::make_folder)
}

fn is_moved(root: &Path, path: &RepoPath, to: &Path) -> bool {
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    !is_there(&root.join(path.as_path())) && is_there(&to.join(place(path)))
}

/// Tells whether an output could be moved; a full disk is an error.
fn move_one(root: &Path, path: &RepoPath, to: &Path) -> Result<bool, Error> {
    let (from, target) = (root.join(path.as_path()), to.join(place(path)));
    make_parent(&target)?;
    Point::OUTPUT.before();
    let moved = match rename(root, &from, &target) {
        Err(e) if e.kind() == ErrorKind::CrossesDevices => copy_anew(&from, &target),
        other => other,
    };
    match moved {
        Err(e) if matches!(e.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
            return Err(file::Error::of("keep", &from)(e).into());
        }
        Err(_) => return Ok(false),
        Ok(()) => Point::OUTPUT.after(),
    }
    Ok(true)
}

/// Copies in place of what an earlier call, cut short, has left. What is copied in part only does not stay.
fn copy_anew(from: &Path, to: &Path) -> io::Result<()> {
    clear(to)?;
    copy_all(from, to).inspect_err(|_| drop(clear(to)))
}

fn clear(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
    Folder::open(folder).and_then(|folder| folder.remove_all(name)).map_err(|e| e.source)
}

/// A folder that is moved has to be writable itself, and so has the one it lies in; a task may have taken these rights.
fn rename(root: &Path, from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(e) if e.kind() == ErrorKind::PermissionDenied => {
            for folder in from.ancestors().take_while(|folder| folder.starts_with(root)) {
                let about = fs::symlink_metadata(folder)?;
                if about.is_dir() {
                    fs::set_permissions(folder, Permissions::from_mode(about.permissions().mode() | 0o700))?;
                }
            }
            fs::rename(from, to)
        }
        other => other,
    }
}

/// Copies a file, a link or a whole folder; pipes and sockets are left out.
fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    let about = fs::symlink_metadata(from)?;
    let kind = about.file_type();
    if kind.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    if !kind.is_dir() {
        return if kind.is_file() { fs::copy(from, to).map(drop) } else { Ok(()) };
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    fs::set_permissions(to, about.permissions())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::write;
    use crate::task::Amount;

    fn output(path: &str, files: u64, bytes: u64) -> Output {
        Output { path: RepoPath::from(path), kind: OutputKind::Ignored, amount: Amount { files, bytes }, kept: false }
    }

    fn kept(outputs: &[Output]) -> Vec<bool> {
        outputs.iter().map(|output| output.kept).collect()
    }

    #[test]
    fn outputs_keep_their_paths_and_what_does_not_fit_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (root, to) = (dir.path().join("slot"), dir.path().join("attempt/outputs"));
        write(&root.join("a/b/c"), "123");
        write(&root.join("a/b/d"), "4");
        write(&root.join("big"), "x".repeat(9));
        write(&root.join("e"), "5");
        let outputs = vec![output("a/b", 2, 4), output("big", 1, 9), output("e", 1, 1), output("gone", 1, 1), output("pipe", 0, 0)];
        let outputs = keep(&root, outputs, &to, 10).unwrap();
        assert_eq!(kept(&outputs), [true, false, true, false, false]);
        assert_eq!(fs::read(to.join("a/b/c")).unwrap(), b"123");
        assert!(root.join("big").exists() && !root.join("e").exists() && !root.join("a/b").exists());
        assert_eq!(keep(&root, Vec::new(), &dir.path().join("never"), 0).unwrap(), []);
        assert!(!dir.path().join("never").exists());
    }

    #[test]
    fn a_folder_that_a_task_made_read_only_is_moved_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let (root, to) = (dir.path().join("slot"), dir.path().join("outputs"));
        write(&root.join("a/b/c"), "1");
        for path in ["a/b", "a"] {
            fs::set_permissions(root.join(path), Permissions::from_mode(0o555)).unwrap();
        }
        assert_eq!(kept(&keep(&root, vec![output("a/b", 1, 1)], &to, 10).unwrap()), [true]);
    }

    #[test]
    fn copies_leave_the_outputs_where_they_are_and_overwrite_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("outputs"), dir.path().join("to"));
        write(&from.join("a/b/c"), "1");
        symlink("c", from.join("a/b/link")).unwrap();
        let paths = [RepoPath::from("a/b")];
        assert_eq!(copy(&from, &paths, &to).unwrap(), [to.join("a/b")]);
        assert_eq!(fs::read(to.join("a/b/link")).unwrap(), b"1");
        assert!(from.join("a/b/c").exists());
        assert!(copy(&from, &paths, &to).is_err(), "the folder is there already");
    }
}
