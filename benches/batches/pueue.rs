//! pueue, another program with a queue: its daemon in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Plan;
use crate::common::repository::done;

/// The two programs.
pub(crate) struct Pueue {
    client: PathBuf,
    daemon: PathBuf,
}

/// A daemon whose tasks wait.
pub(crate) struct Daemon<'a> {
    programs: &'a Pueue,
    process: Child,
    dir: TempDir,
}

impl Pueue {
    /// Finds it in the folder that is named, or on the `PATH`.
    pub(crate) fn find(plan: &Plan) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = plan.pueue.iter().cloned().chain(std::env::split_paths(&path));
        let programs = folders.map(|folder| Self { client: folder.join("pueue"), daemon: folder.join("pueued") });
        programs.into_iter().find(|found| found.client.is_file() && found.daemon.is_file())
    }

    /// What it calls itself.
    pub(crate) fn version(&self) -> String {
        done(Command::new(&self.client).arg("--version")).trim().to_owned()
    }

    /// Starts a daemon that runs nothing.
    pub(crate) fn start(&self, below: &Path) -> Daemon<'_> {
        let dir = tempfile::Builder::new().prefix("takeback-bench-").tempdir_in(below).expect("a folder");
        let config =
            format!("shared:\n  pueue_directory: {0}\n  runtime_directory: {0}\n  use_unix_socket: true\n", dir.path().display());
        std::fs::write(dir.path().join("pueue.yml"), config).unwrap();
        let mut command = command(&self.daemon, dir.path());
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let daemon = Daemon { programs: self, process, dir };
        let started = Instant::now();
        while !daemon.client(&["status"]).output().unwrap().status.success() {
            assert!(started.elapsed() < Duration::from_secs(30), "pueued does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        done(&mut daemon.client(&["pause"]));
        daemon
    }
}

impl Daemon<'_> {
    /// Queues a task.
    pub(crate) fn add(&self, input: &str) {
        done(&mut self.client(&["add", "--", "true", input]));
    }

    /// How many tasks it has.
    pub(crate) fn queued(&self) -> usize {
        let status: serde_json::Value = serde_json::from_str(&done(&mut self.client(&["status", "--json"]))).unwrap();
        status["tasks"].as_object().map_or(0, serde_json::Map::len)
    }

    fn client(&self, words: &[&str]) -> Command {
        let mut command = command(&self.programs.client, self.dir.path());
        command.args(words);
        command
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        drop(self.client(&["shutdown"]).output());
        drop(self.process.wait());
    }
}

fn command(program: &Path, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--config").arg(dir.join("pueue.yml")).current_dir(dir).stdin(Stdio::null());
    command.env("HOME", dir).env("XDG_RUNTIME_DIR", dir);
    command
}
