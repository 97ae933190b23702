//! What may be left over in a repository and what may not, by the file system alone.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::lab::{Lab, wait_until};

/// Every file and folder below a folder, worktrees' own `.git` files included.
pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

/// Waits until no attempt's lock is held: every runner is gone.
pub(crate) fn wait_for_runners(lab: &Lab) {
    wait_for_locks(&lab.root().join(".git/takeback/tasks"));
}

/// Waits until a task's runner is gone.
pub(crate) fn wait_for_runner(lab: &Lab, uid: &str) {
    wait_for_locks(&lab.root().join(".git/takeback/tasks").join(uid));
}

/// One that tries again takes the next lock before it lets go of the last.
fn wait_for_locks(folder: &Path) {
    let locks = || below(folder).into_iter().filter(|path| path.ends_with("lock"));
    wait_until("every runner is gone", || {
        let known = locks().count();
        locks().all(|path| is_free(&path)) && locks().count() == known
    });
}

/// A child that another test's thread forks just now has the file open too: closing alone would let the look last until it execs.
pub(crate) fn is_free(lock: &Path) -> bool {
    File::open(lock).is_ok_and(|file| file.try_lock_shared().is_ok_and(|()| file.unlock().is_ok()))
}

/// Nothing is left over: no lock of git's, no `.keep` of ours, no file begun, no environment of a task that is over.
#[track_caller]
pub(crate) fn assert_tidy(lab: &Lab, checkouts: &[&Path]) {
    let git_dir = lab.root().join(".git");
    for path in below(&git_dir) {
        assert!(!is_debris(&git_dir, &path), "left over: {}", path.display());
    }
    for checkout in checkouts {
        for path in below(checkout) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(path.starts_with(&git_dir) || !name.starts_with(".takeback-"), "left over: {}", path.display());
        }
    }
}

fn is_debris(git_dir: &Path, path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let is_ours = || fs::read_to_string(path).is_ok_and(|text| text.is_empty() || text.starts_with("takeback "));
    let is = |end: &str| path.extension().is_some_and(|extension| extension == end);
    let is_lock = is("lock");
    let is_kept = is("keep") && is_ours();
    // A verdict may be written by several at once: what is begun there has no owner, says nothing secret, and stays.
    let is_verdict = path.starts_with(git_dir.join("takeback/checks"));
    let is_begun =
        !is_verdict && (name.starts_with(".takeback-") || name.starts_with("index.takeback-") || name.starts_with("index.lock."));
    let is_secret = name == "env.json" && is_free(&path.with_file_name("lock"));
    let is_temporary = path.parent() == Some(&git_dir.join("takeback/tmp/intakes")) && path.is_dir();
    is_lock || is_kept || is_begun || is_secret || is_temporary
}
