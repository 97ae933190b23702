//! How many times `git` is started: by a simple task's life, never.
//!
//! A `git` of ours stands first in `PATH`, writes down what it is called with, and becomes the real one.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::lab::Lab;

struct Counter {
    lab: Lab,
    bin: PathBuf,
    log: PathBuf,
}

impl Counter {
    fn new() -> Self {
        let lab = Lab::new();
        let (bin, log) = (lab.outside().join("bin"), lab.outside().join("calls"));
        let real = lab.command("sh").args(["-c", "command -v git"]).output().unwrap().stdout;
        let real = String::from_utf8(real).unwrap();
        let script = format!("#!/bin/sh\necho \"$*\" >> '{}'\nexec '{}' \"$@\"\n", log.display(), real.trim());
        lab.write_program(bin.join("git"), &script);
        Self { lab, bin, log }
    }

    fn takeback(&self, args: &[&str]) -> Output {
        let mut command = self.lab.takeback(["--json"]);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(self.bin.clone()).chain(std::env::split_paths(&path));
        Self::run(command.args(args).env("PATH", std::env::join_paths(all).unwrap()))
    }

    fn run(command: &mut Command) -> Output {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output
    }

    /// What git was started with since the last question.
    fn calls(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        drop(std::fs::remove_file(&self.log));
        text.lines().map(ToOwned::to_owned).collect()
    }
}

#[test]
fn a_simple_tasks_life_starts_no_git_but_its_own() {
    let counter = Counter::new();
    counter.takeback(&["run", "--wait", "--name", "first", "--", "touch", "first"]);
    let filling = counter.calls();
    assert!(
        !filling.is_empty() && filling.iter().all(|call| call.contains("read-tree") || call.contains("update-index")),
        "{filling:?}"
    );

    counter.takeback(&["run", "--name", "k7", "--check", "test -e x", "--shell", "git rev-parse HEAD > x; echo two >> a.txt"]);
    counter.takeback(&["wait", "k7"]);
    assert_eq!(counter.calls(), ["rev-parse HEAD"], "of the task itself");
    for words in
        [&["show", "k7"][..], &["list"], &["status"], &["land", "--dry-run", "k7"], &["land", "k7"], &["undo", "k7"], &["redo"]]
    {
        counter.takeback(words);
        assert_eq!(counter.calls(), Vec::<String>::new(), "{words:?}");
    }
    assert_eq!(counter.lab.read("a.txt"), "one\ntwo\n", "it has landed");
    counter.takeback(&["undo", "k7"]);
    counter.takeback(&["discard", "k7"]);
    counter.takeback(&["undo"]);
    counter.takeback(&["retry", "k7"]);
    counter.takeback(&["wait", "k7"]);
    assert_eq!(counter.calls(), ["rev-parse HEAD"], "of the task itself, once more");
}

#[test]
fn tasks_that_differ_in_their_base_or_fail_or_make_outputs_start_no_git_either() {
    let counter = Counter::new();
    let lab = &counter.lab;
    lab.write(".gitignore", "*.log\n");
    lab.write(".gitattributes", "* text=auto\n");
    let base = lab.commit("ignore logs");
    lab.write("deep/er/file", "1\n");
    lab.commit("more");
    counter.takeback(&["run", "--wait", "--name", "first", "--", "touch", "first"]);
    counter.calls();
    let wait = |name: &str| -> Value { serde_json::from_slice(&lab.run(["--json", "wait", name]).stdout).unwrap() };
    counter.takeback(&["run", "--name", "older", "--base", &base, "--", "touch", "older"]);
    assert_eq!(wait("older")["task"]["state"], "ready");
    counter.takeback(&["run", "--name", "logs", "--shell", "echo 1 > run.log; rm -r deep; exit 3"]);
    assert_eq!(wait("logs")["task"]["state"], "failed");
    lab.write("mine", "1\n");
    counter.takeback(&["run", "--name", "mine", "--with-changes", "--", "touch", "x"]);
    assert_eq!(wait("mine")["task"]["state"], "ready");
    assert_eq!(counter.calls(), Vec::<String>::new());
    counter.takeback(&["land", "older"]);
    assert_eq!(counter.calls(), Vec::<String>::new(), "joined with a branch that has gone on");
}

#[test]
fn a_landing_of_several_in_any_shape_starts_no_git_where_nothing_is_signed_or_hooked() {
    let counter = Counter::new();
    for name in ["x", "y", "z"] {
        counter.takeback(&["run", "--wait", "--name", name, "--", "touch", name]);
    }
    counter.calls();
    for shape in ["merge", "linear", "squash"] {
        counter.takeback(&["land", "--shape", shape, "x", "y", "z"]);
        counter.takeback(&["undo"]);
        assert_eq!(counter.calls(), Vec::<String>::new(), "{shape}");
    }
    counter.takeback(&["land", "--keep-commits", "x", "y", "z"]);
    assert_eq!(counter.calls(), Vec::<String>::new(), "no commits of their own to keep");
}
