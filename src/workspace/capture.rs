//! STOPGAP until the real capture arrives.
use super::Error;
use super::manifest::Manifest;
use crate::git::{self, Intake};
use crate::id::TreeId;
use crate::sys::command;
use crate::task::{Amount, Output, OutputKind, RepoPath};
use git2::{Oid, Repository};
use std::path::Path;

pub(crate) struct CaptureInput<'a> {
    pub(crate) repo: &'a Repository,
    pub(crate) root: &'a Path,
    pub(crate) manifest: Manifest,
    pub(crate) base: TreeId,
    pub(crate) intake: &'a Intake,
    pub(crate) commit_ignored: &'a [String],
    pub(crate) large_bytes: u64,
}
pub(crate) struct Captured {
    pub(crate) tree: TreeId,
    pub(crate) outputs: Vec<Output>,
    pub(crate) committed_ignored: Amount,
}
pub(crate) fn capture(input: &CaptureInput<'_>) -> Result<Captured, Error> {
    let index = input.intake.path().join("capture-index");
    drop(std::fs::copy(input.repo.path().join("index"), &index));
    let git = || {
        let mut g = command::git(input.repo.path());
        g.env("GIT_WORK_TREE", input.root)
            .env("GIT_INDEX_FILE", &index)
            .env("GIT_OBJECT_DIRECTORY", input.intake.objects())
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", input.repo.commondir().join("objects"))
            .current_dir(input.root);
        g
    };
    command::output(git().args(["add", "-A"])).map_err(git::Error::from)?;
    let tree = command::output(git().arg("write-tree")).map_err(git::Error::from)?;
    let tree = Oid::from_str(String::from_utf8_lossy(&tree).trim()).map_err(git::Error::of("read", "tree"))?;
    let ignored = command::output(git().args(["ls-files", "-o", "-i", "--exclude-standard", "-z"])).map_err(git::Error::from)?;
    let outputs = ignored
        .split(|b| *b == 0)
        .filter(|p| !p.is_empty())
        .map(|p| {
            let path = RepoPath::new(p.to_vec());
            let bytes = input.root.join(path.as_path()).symlink_metadata().map_or(0, |m| m.len());
            Output { path, kind: OutputKind::Ignored, amount: Amount { files: 1, bytes }, kept: false }
        })
        .collect();
    Ok(Captured { tree: tree.into(), outputs, committed_ignored: Amount::default() })
}
