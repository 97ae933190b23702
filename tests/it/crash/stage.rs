//! A repository that can be put back to how it was prepared, in the same place, and the program that crashes in it.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use crate::lab::Lab;
use crate::tidy::wait_for_runners;
use crate::tty::{self, Tty};

/// One passing of a fault point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passing {
    /// The verb of the process.
    pub(super) role: String,
    /// The point, the side and the count, as `TAKEBACK_FAULT` takes them.
    pub(super) at: String,
}

impl Passing {
    /// The passing of a point by a process with this verb.
    pub(super) fn of(role: &str, at: &str) -> Self {
        Self { role: role.to_owned(), at: at.to_owned() }
    }

    /// The point's name alone.
    pub(super) fn point(&self) -> &str {
        self.at.split(':').next().unwrap()
    }

    fn wish(&self) -> String {
        format!("{} {}", self.role, self.at)
    }
}

/// A lab with a way back.
pub(super) struct Stage {
    pub(super) lab: Lab,
    template: TempDir,
    crash: RefCell<Option<Passing>>,
    reported: RefCell<Vec<String>>,
}

impl Stage {
    /// Prepares a repository; [`Self::reset`] comes back to it.
    pub(super) fn prepared(prepare: impl Fn(&Lab)) -> Self {
        let lab = Lab::new();
        lab.write(".gitignore", "*.log\n");
        lab.write("mine.txt", "mine\n");
        lab.commit("with the user's files");
        lab.write("mine.txt", "mine, changed\n");
        lab.write("notes.txt", "untracked\n");
        lab.write("my.log", "ignored\n");
        // Reflogs are not relied on: `git gc` drops them here, whatever their age.
        lab.git(["config", "gc.reflogExpire", "now"]);
        lab.git(["config", "gc.reflogExpireUnreachable", "now"]);
        lab.git(["config", "gc.auto", "0"]);
        prepare(&lab);
        wait_for_runners(&lab);
        let template = tempfile::Builder::new().prefix("takeback-template-").tempdir().unwrap();
        copy(&lab, lab.outside(), template.path());
        Self { lab, template, crash: RefCell::default(), reported: RefCell::default() }
    }

    /// Puts everything back to how it was prepared. What runs next crashes at the passing given, if any.
    pub(super) fn reset(&self, crash: Option<&Passing>) {
        for entry in fs::read_dir(self.lab.outside()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
        }
        copy(&self.lab, self.template.path(), self.lab.outside());
        self.reported.borrow_mut().clear();
        *self.crash.borrow_mut() = crash.cloned();
    }

    /// Runs the program with the crash that was wished for; it may end as it likes.
    pub(super) fn run(&self, args: &[&str]) -> Output {
        let mut command = self.lab.takeback(args);
        command.arg("--json").env("TAKEBACK_FAULT_LOG", self.log());
        if let Some(passing) = &*self.crash.borrow() {
            command.env("TAKEBACK_FAULT", passing.wish());
        }
        let output = command.output().unwrap();
        self.note_reported(&output);
        output
    }

    /// Runs the program at a terminal, with the crash that was wished for; it may end as it likes.
    pub(super) fn run_at_terminal(&self, args: &[&str]) {
        let crash = self.crash.borrow().as_ref().map(|passing| format!("TAKEBACK_FAULT={}", quoted(&passing.wish())));
        let log = format!("TAKEBACK_FAULT_LOG={}", quoted(self.log().to_str().unwrap()));
        let words = args.iter().map(|word| quoted(word));
        let line: Vec<_> = crash.into_iter().chain([log, tty::takeback()]).chain(words).collect();
        Tty::start(&self.lab, &line.join(" ")).end();
    }

    /// Runs the program as it is.
    pub(super) fn run_unharmed(&self, args: &[&str]) -> Output {
        let output = self.lab.takeback(args).arg("--json").output().unwrap();
        self.note_reported(&output);
        output
    }

    /// Every passing since the last reset, in order.
    pub(super) fn passings(&self) -> Vec<Passing> {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let passing = |line: &str| {
            let (role, at) = line.split_once(' ').unwrap();
            Passing::of(role, at)
        };
        text.lines().map(passing).collect()
    }

    /// Every object id that the program has said since the last reset.
    pub(super) fn reported(&self) -> Vec<String> {
        self.reported.borrow().clone()
    }

    fn note_reported(&self, output: &Output) {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let words = text.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() == 40);
        self.reported.borrow_mut().extend(words.map(ToOwned::to_owned));
    }

    fn log(&self) -> PathBuf {
        self.lab.outside().join("passings")
    }
}

/// The script of a task that does a bit of everything, and counts its runs.
pub(super) fn work(lab: &Lab) -> String {
    format!(
        "echo ran >> {}; printf own > own.txt; git add own.txt; git commit -q -m own; printf stashed > a.txt; git stash -q; \
         printf 'two\\n' > a.txt; rm b/c.txt; mkdir n; printf new > n/new.txt; printf out > made.log",
        runs(lab).display()
    )
}

/// The file that counts the runs of [`work`].
pub(super) fn runs(lab: &Lab) -> PathBuf {
    lab.outside().join("runs")
}

/// How often [`work`] ran.
pub(super) fn run_count(lab: &Lab) -> usize {
    fs::read_to_string(runs(lab)).unwrap_or_default().lines().count()
}

fn quoted(word: &str) -> String {
    shlex::try_quote(word).unwrap().into_owned()
}

fn copy(lab: &Lab, from: &Path, to: &Path) {
    let mut cp = lab.command("cp");
    let status = cp.current_dir("/").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(status.success());
}
