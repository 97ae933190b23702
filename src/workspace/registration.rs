//! What git is told of a worktree of ours: its admin dir's name, why it must be left alone, and which folder it serves.

use std::fs;
use std::path::Path;

use super::Error;
use super::record::{Owner, Role};
use crate::git::admin::AdminDir;

/// The number of every worktree that the user has opened: those have a task's name for their folder.
pub(super) const OPENED: u32 = 0;

/// Why git must leave a worktree alone that the user has opened.
pub(super) const FOR_ITS_USER: &str = "takeback: open for its user; takeback open --list";

/// The name of a worktree's admin dir, if that is free.
pub(super) fn admin_name(folder: &Path, n: u32) -> String {
    match folder.file_name() {
        Some(task) if n == OPENED => format!("takeback-open-{}", task.to_string_lossy()),
        _ => format!("takeback-{n}"),
    }
}

/// Why nobody else may remove the worktree, for `git worktree list --verbose`. The hook `reference-transaction` reads it too.
pub(super) fn reason(owner: &Owner) -> String {
    match owner.role {
        Role::Open => FOR_ITS_USER.to_owned(),
        Role::Task | Role::Check => format!("takeback: in use by {} {}", owner.task, owner.attempt),
    }
}

/// Tells whether an admin dir is that of a folder; one whose folder is nowhere any more (the repository was moved) becomes so.
pub(super) fn serves(admin: &AdminDir, root: &Path) -> Result<bool, Error> {
    let recorded = admin.worktree()?;
    if recorded == root {
        return Ok(true);
    }
    let same = recorded.canonicalize().is_ok_and(|path| root.canonicalize().is_ok_and(|root| path == root));
    if same || fs::symlink_metadata(recorded.join(".git")).is_err() {
        admin.point_worktree(root)?;
        return Ok(true);
    }
    Ok(false)
}
