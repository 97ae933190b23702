//! A task's worktree for unit tests, made by the real `git` and attached to a quarantine.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Quarantine, QuarantineSpec, Snapshot};
use crate::git::testing::{TestRepo, write};
use crate::sys::command;

pub(in crate::git) const BRANCH: &str = "refs/heads/takeback/x";
pub(in crate::git) const PREFIX: &str = "refs/heads/takeback/";

/// A repository and a worktree beside it that is attached to a quarantine.
pub(in crate::git) struct Lab {
    pub(in crate::git) test: TestRepo,
    pub(in crate::git) quarantine: Quarantine,
    pub(in crate::git) worktree: PathBuf,
}

impl Lab {
    /// Attaches a worktree to a new quarantine where takeback has it.
    pub(in crate::git) fn new(test: TestRepo) -> Self {
        let worktree = test.dir().join("slot");
        let quarantine = test.root().join(".git/takeback/quarantine");
        Self::at(test, &quarantine, worktree)
    }

    /// Checks the base out by `git read-tree`, into an index of its own, and hands that to the quarantine.
    pub(in crate::git) fn at(test: TestRepo, quarantine: &Path, worktree: PathBuf) -> Self {
        fs::create_dir_all(&worktree).unwrap();
        let repo = test.repo();
        let index = test.dir().join("index");
        let mut fill = test.command(&worktree, &["read-tree", "-u", "--reset", "HEAD"]);
        fill.env("GIT_DIR", repo.path()).env("GIT_WORK_TREE", &worktree).env("GIT_INDEX_FILE", &index);
        command::output(&mut fill).unwrap();
        let spec = QuarantineSpec { main: &repo, branch: BRANCH, prefix: PREFIX, base: test.head(), index_from: Some(&index) };
        let quarantine = Quarantine::create(quarantine, &spec).unwrap();
        quarantine.attach(&worktree).unwrap();
        Self { test, quarantine, worktree }
    }

    /// What the task started with.
    pub(in crate::git) fn start(&self) -> Snapshot {
        Snapshot::load(self.quarantine.path()).unwrap().unwrap()
    }

    /// Runs `git` as the task would.
    pub(in crate::git) fn git(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.test.git_in(&self.worktree, arguments)).trim_end().to_owned()
    }

    /// Tells whether `git` refuses to do that in the worktree.
    pub(in crate::git) fn refused(&self, arguments: &[&str]) -> bool {
        !command::run(&mut self.test.command(&self.worktree, arguments)).unwrap().status.success()
    }

    /// Writes a file of the worktree.
    pub(in crate::git) fn write(&self, path: &str, text: &str) {
        write(&self.worktree.join(path), text);
    }
}

/// A repository whose only commit holds `a.txt`.
pub(in crate::git) fn one_file() -> TestRepo {
    TestRepo::with(&[("a.txt", "one\n")])
}
