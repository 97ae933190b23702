//! The two ways of doing one task.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::repository::{Lab, done, path, settle};

impl Lab {
    /// Makes the repository one that takeback has never seen.
    pub(crate) fn forget_takeback(&self) {
        for folder in ["../state", ".git/takeback", ".git/worktrees"] {
            drop(std::fs::remove_dir_all(self.work().join(folder)));
        }
        for name in self.git(&["for-each-ref", "--format=%(refname)", "refs/takeback/", "refs/heads/takeback/"]).lines() {
            self.git(&["update-ref", "-d", name]);
        }
    }

    /// One task by hand, from the worktree's making to its removal.
    pub(crate) fn by_hand(&self, name: &str) -> Duration {
        settle();
        let started = Instant::now();
        let worktree = format!("../{name}");
        self.git(&["worktree", "add", "-q", "-b", name, &worktree]);
        let there = self.work().join(&worktree);
        done(self.command("sh").args(["-c", &script(name)]).current_dir(&there));
        done(self.command("git").args(["add", "-A"]).current_dir(&there));
        done(self.command("git").args(["commit", "-q", "-m", name]).current_dir(&there));
        self.git(&["worktree", "remove", &worktree]);
        let took = started.elapsed();
        assert_eq!(self.git(&["diff", "--name-only", "main", name]).trim(), path(0));
        self.git(&["branch", "-q", "-D", name]);
        took
    }

    /// One task with takeback, until it is over.
    pub(crate) fn takeback(&self, name: &str) -> Duration {
        settle();
        let started = Instant::now();
        done(self.run(name).arg("--wait").args(["--", "sh", "-c", &script(name)]));
        let took = started.elapsed();
        self.expect_result(name);
        took
    }

    /// The hand-off alone; waits for the task's end afterwards.
    pub(crate) fn returning(&self, name: &str) -> Duration {
        settle();
        let started = Instant::now();
        done(self.run(name).args(["--", "sh", "-c", &script(name)]));
        let took = started.elapsed();
        done(self.command(env!("CARGO_BIN_EXE_takeback")).args(["wait", name]));
        self.expect_result(name);
        took
    }

    fn run(&self, name: &str) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_takeback"));
        command.args(["run", "--name", name]);
        command
    }

    fn expect_result(&self, name: &str) {
        let branch = format!("takeback/{name}");
        assert_eq!(self.git(&["diff", "--name-only", "main", &branch]).trim(), path(0));
    }
}

fn script(name: &str) -> String {
    format!("echo {name} >> {}", path(0))
}
