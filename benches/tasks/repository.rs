//! A generated repository, and the work that is measured in it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The file that every task changes.
const FILE: &str = "d0/d0/f0.txt";

/// A repository of its own with a checkout, which nothing of the user's configuration reaches.
pub(crate) struct Lab {
    dir: TempDir,
    /// How many files it has.
    pub(crate) files: u32,
    /// How many bytes they have.
    pub(crate) bytes: u64,
}

impl Lab {
    /// Makes a repository of one commit; the same number of files makes the same commit everywhere.
    pub(crate) fn new(below: &Path, files: u32) -> Self {
        let dir = tempfile::Builder::new().prefix("takeback-bench-").tempdir_in(below).expect("a folder");
        std::fs::create_dir(dir.path().join("work")).unwrap();
        let mut lab = Self { dir, files, bytes: 0 };
        lab.git(&["init", "-q", "-b", "main"]);
        lab.git(&["config", "user.name", "Bench"]);
        lab.git(&["config", "user.email", "bench@example.org"]);
        lab.git(&["config", "gc.auto", "0"]);
        lab.fill();
        lab.git(&["reset", "-q", "--hard"]);
        lab
    }

    fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).current_dir(self.work()).stdin(Stdio::null());
        command.env("HOME", self.dir.path()).env("TAKEBACK_STATE_DIR", self.dir.path().join("state"));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    fn git(&self, words: &[&str]) -> String {
        done(self.command("git").args(words))
    }

    /// Commits the files by `git fast-import`.
    fn fill(&mut self) {
        let mut import = self.command("git").args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
        let mut input = std::io::BufWriter::new(import.stdin.take().unwrap());
        input.write_all(b"commit refs/heads/main\ncommitter Bench <bench@example.org> 1700000000 +0000\ndata 5\nstart\n").unwrap();
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        for n in 0..self.files {
            let text = text(&mut chance);
            self.bytes += text.len() as u64;
            // About 20 files in a folder, 30 folders in a folder: as in source trees.
            write!(input, "M 100644 inline d{}/d{}/f{n}.txt\ndata {}\n", n / 600, n / 20 % 30, text.len()).unwrap();
            input.write_all(&text).unwrap();
            input.write_all(b"\n").unwrap();
        }
        input.flush().unwrap();
        drop(input);
        assert!(import.wait().unwrap().success());
    }

    /// Makes the repository one that takeback has never seen.
    pub(crate) fn forget_takeback(&self) {
        for folder in ["state", "work/.git/takeback", "work/.git/worktrees"] {
            drop(std::fs::remove_dir_all(self.dir.path().join(folder)));
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
        assert_eq!(self.git(&["diff", "--name-only", "main", name]).trim(), FILE);
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
        assert_eq!(self.git(&["diff", "--name-only", "main", &branch]).trim(), FILE);
    }
}

fn script(name: &str) -> String {
    format!("echo {name} >> {FILE}")
}

/// Leaves no work of the sample before to the next one.
fn settle() {
    done(&mut Command::new("sync"));
}

fn done(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Numbers that look random and are the same in every run (xorshift64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Words that compress about as source text does. Sizes: half below 3 KiB, one in a hundred around 100 KiB.
fn text(chance: &mut Chance) -> Vec<u8> {
    let doublings = (0..3).map(|_| chance.next() % 4).sum::<u64>();
    let size = (100 << doublings) + chance.next() % 500 + if chance.next().is_multiple_of(100) { 100_000 } else { 0 };
    let mut text = Vec::new();
    while (text.len() as u64) < size {
        let word = chance.next() % 4096;
        let (before, after) = (if word.is_multiple_of(3) { "let " } else { "" }, if word.is_multiple_of(7) { ";\n" } else { " " });
        text.extend_from_slice(format!("{before}{word:x}{after}").as_bytes());
    }
    text
}
