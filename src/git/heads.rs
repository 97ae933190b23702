//! Which checkouts have which branch.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use git2::Repository;

use super::Error;
use crate::sys::file;

/// Finds the git dirs whose `HEAD` is the branch `name` (`refs/heads/…`): the repository's own and linked worktrees' admin dirs.
///
/// Reads the `HEAD` files themselves: opening every worktree costs 0.08 ms each.
///
/// # Errors
///
/// [`Error::File`] when the folder of worktrees cannot be read.
pub(crate) fn checkouts_of(repo: &Repository, name: &str) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for git_dir in git_dirs(repo)? {
        if is_at(&git_dir, name) && work_dir_exists(repo, &git_dir) {
            found.push(git_dir);
        }
    }
    Ok(found)
}

fn git_dirs(repo: &Repository) -> Result<Vec<PathBuf>, Error> {
    let common = repo.commondir().to_owned();
    let admins = common.join("worktrees");
    let mut all = if is_bare(repo) { Vec::new() } else { vec![common] };
    match std::fs::read_dir(&admins) {
        Ok(entries) => all.extend(entries.filter_map(Result::ok).map(|e| e.path())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(file::Error::of("read", &admins)(e).into()),
    }
    all.sort();
    Ok(all)
}

/// Whether the main repository is bare, also when asked from a linked worktree of it.
fn is_bare(repo: &Repository) -> bool {
    repo.config().and_then(|c| c.get_bool("core.bare")).unwrap_or_else(|_| repo.is_bare())
}

fn is_at(git_dir: &Path, name: &str) -> bool {
    let head = file::read(&git_dir.join("HEAD")).ok().flatten().unwrap_or_default();
    head.strip_prefix(b"ref:").map(<[u8]>::trim_ascii) == Some(name.as_bytes())
}

/// A worktree whose folder is gone has nothing to follow a branch with.
fn work_dir_exists(repo: &Repository, git_dir: &Path) -> bool {
    if git_dir == repo.commondir() {
        return true;
    }
    let link = file::read(&git_dir.join("gitdir")).ok().flatten().unwrap_or_default();
    let link = link.strip_suffix(b"\n").unwrap_or(&link);
    Path::new(OsStr::from_bytes(link)).exists()
}
