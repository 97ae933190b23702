//! A place to try the program in: a temporary repository made by real git, a cleared environment, fixed author and dates.
//!
//! Nothing of the caller's configuration is seen, and nothing outside the temporary folder is written.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long a condition may take before a test gives up.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A temporary repository, and the program at work in it.
pub(crate) struct Lab {
    dir: TempDir,
}

impl Lab {
    /// Makes a repository with one commit on `main`: `a.txt` (one line) and `b/c.txt`.
    pub(crate) fn new() -> Self {
        let lab = Self::without_commits();
        lab.write("a.txt", "one\n");
        lab.write("b/c.txt", "c\n");
        lab.commit("start");
        lab
    }

    /// Makes a repository whose branch `main` has no commit yet.
    pub(crate) fn without_commits() -> Self {
        let lab = Self::without_repository();
        lab.git(["init", "-q", "-b", "main"]);
        lab.git(["config", "user.name", "A Tester"]);
        lab.git(["config", "user.email", "tester@example.org"]);
        lab
    }

    /// Makes the folders alone.
    pub(crate) fn without_repository() -> Self {
        let dir = tempfile::Builder::new().prefix("takeback-lab-").tempdir().expect("a temporary folder");
        for folder in ["work", "home", "state", "tmp"] {
            std::fs::create_dir(dir.path().join(folder)).expect("a folder");
        }
        Self { dir }
    }

    /// The user's checkout.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    /// The folder that holds everything, for further repositories and files.
    pub(crate) fn outside(&self) -> &Path {
        self.dir.path()
    }

    /// The program with this lab's environment, in the checkout.
    pub(crate) fn takeback<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.command(assert_cmd::cargo::cargo_bin!("takeback"));
        command.args(args);
        command
    }

    /// Any program with this lab's environment, in the checkout.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.root()).stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, folder) in [("HOME", "home"), ("TMPDIR", "tmp"), ("TAKEBACK_STATE_DIR", "state")] {
            command.env(name, self.dir.path().join(folder));
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "A Tester");
            command.env(format!("GIT_{role}_EMAIL"), "tester@example.org");
            command.env(format!("GIT_{role}_DATE"), "2026-01-02T03:04:05Z");
        }
        command
    }

    /// Runs the program to its end, whatever it says.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Output {
        self.takeback(args).output().expect("the program starts")
    }

    /// Runs the program, which must exit with 0, and returns what it wrote to stdout.
    #[track_caller]
    pub(crate) fn ok<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> String {
        said(&self.run(args), 0)
    }

    /// Runs the program, which must exit with `code`, and returns what it wrote to stderr.
    #[track_caller]
    pub(crate) fn refused<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>, code: i32) -> String {
        let output = self.run(args);
        said(&output, code);
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Runs the program with `--json` and returns its exit code and its one object, whose first field must be `"schema": 1`.
    #[track_caller]
    pub(crate) fn answer<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> (i32, Value) {
        let mut command = self.takeback(["--json"]);
        let output = command.args(args).output().expect("the program starts");
        let text = String::from_utf8(output.stdout.clone()).expect("JSON is UTF-8");
        let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).take(11).collect();
        assert_eq!(squeezed, "{\"schema\":1", "{output:?}");
        let value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("one object, but {e}: {text}"));
        (output.status.code().unwrap_or(-1), value)
    }

    /// Runs the program with `--json`; it must exit with 0.
    #[track_caller]
    pub(crate) fn json<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Value {
        let (code, value) = self.answer(args);
        assert_eq!(code, 0, "{value}");
        value
    }

    /// Hands off a task that writes `text` to `path`, waits until it is ready, and returns its result.
    #[track_caller]
    pub(crate) fn ready_task(&self, name: &str, path: &str, text: &str) -> String {
        let script = format!("printf %s {} > {}", shlex::try_quote(text).unwrap(), shlex::try_quote(path).unwrap());
        let answer = self.json(["run", "--wait", "--name", name, "--shell", &script]);
        assert_eq!(answer["task"]["state"], "ready", "{answer}");
        answer["task"]["result"].as_str().expect("a result").to_owned()
    }

    /// The task as `show` has it.
    #[track_caller]
    pub(crate) fn task(&self, name: &str) -> Value {
        self.json(["show", name])["task"].clone()
    }

    /// Runs git in the checkout; it must succeed. Returns its stdout without the last line's end.
    #[track_caller]
    pub(crate) fn git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> String {
        let output = self.command("git").args(args).output().expect("git starts");
        said(&output, 0).trim_end_matches('\n').to_owned()
    }

    /// Tells whether git can merge changes to the same file for us; says aloud if not.
    pub(crate) fn git_merges(&self, test: &str) -> bool {
        let version = self.git(["--version"]);
        let numbers: Vec<u32> = version.split(['.', ' ']).filter_map(|part| part.parse().ok()).collect();
        let can = numbers.get(..2).is_some_and(|n| n >= &[2, 40]);
        if !can {
            crate::skip(test, &format!("{version} has no merge-tree --merge-base"));
        }
        can
    }

    /// Writes a file of the checkout, and the folders it needs.
    pub(crate) fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// Writes a program that can be started at once, and the folders it needs; a path that is not absolute is the checkout's.
    ///
    /// No process but `cp` has it open for writing: a process that another test's thread forks just now would inherit it from this one,
    /// and until that has called exec the kernel refuses to run it (`ETXTBSY`).
    pub(crate) fn write_program(&self, path: impl AsRef<Path>, text: &str) {
        let (path, draft) = (self.root().join(path), self.outside().join("program-draft"));
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&draft, text).expect("a file");
        std::fs::set_permissions(&draft, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
        said(&self.command("cp").arg(&draft).arg(&path).output().expect("cp starts"), 0);
        std::fs::remove_file(draft).expect("no draft");
    }

    /// Reads a file of the checkout.
    #[track_caller]
    pub(crate) fn read(&self, path: impl AsRef<Path>) -> String {
        let path = self.root().join(path);
        String::from_utf8(std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).expect("UTF-8")
    }

    /// Commits everything in the checkout and returns the commit.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(["add", "-A"]);
        self.git(["commit", "-q", "-m", message]);
        self.git(["rev-parse", "HEAD"])
    }

    /// All that a user could look at: refs but takeback's own, HEAD, the index, `git status`, and every file's content.
    pub(crate) fn picture(&self) -> String {
        let refs = self.git(["for-each-ref", "--format=%(refname) %(objectname)"]);
        let refs: Vec<_> = refs.lines().filter(|l| !l.starts_with("refs/takeback/")).collect();
        let files = self.git(["ls-files", "-z", "--cached", "--others"]);
        let mut seen = vec![
            refs.join("\n"),
            self.git(["symbolic-ref", "HEAD"]),
            self.git(["ls-files", "--stage"]),
            self.git(["status", "--porcelain", "--ignored"]),
        ];
        for file in files.split('\0').filter(|f| !f.is_empty()) {
            seen.push(format!("{file}: {:?}", std::fs::read(self.root().join(file)).map(|b| b.escape_ascii().to_string()).ok()));
        }
        seen.join("\n--\n")
    }
}

/// Waits until `done` says yes, or gives up with `what`.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < DEADLINE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Holds an output to an exit code and returns its stdout.
#[track_caller]
pub(crate) fn said(output: &Output, code: i32) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "stdout:\n{stdout}\nstderr:\n{stderr}");
    stdout.into_owned()
}
