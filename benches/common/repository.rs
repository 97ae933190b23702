//! A generated repository with a checkout.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

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

    /// The checkout.
    pub(crate) fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    /// A program in the checkout.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).current_dir(self.work()).stdin(Stdio::null());
        command.env("HOME", self.dir.path()).env("TAKEBACK_STATE_DIR", self.dir.path().join("state"));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    /// Runs git in the checkout; it must succeed.
    pub(crate) fn git(&self, words: &[&str]) -> String {
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
            write!(input, "M 100644 inline {}\ndata {}\n", path(n), text.len()).unwrap();
            input.write_all(&text).unwrap();
            input.write_all(b"\n").unwrap();
        }
        input.flush().unwrap();
        drop(input);
        assert!(import.wait().unwrap().success());
    }
}

/// Where the n-th file lies. About 20 files in a folder, 30 folders in a folder: as in source trees.
pub(crate) fn path(n: u32) -> String {
    format!("d{}/d{}/f{n}.txt", n / 600, n / 20 % 30)
}

/// Leaves no work of the sample before to the next one.
pub(crate) fn settle() {
    done(&mut Command::new("sync"));
}

/// Runs a program, which must succeed, and returns what it wrote.
pub(crate) fn done(command: &mut Command) -> String {
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
