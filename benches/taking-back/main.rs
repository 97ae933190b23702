//! What it costs to take a landing back: with takeback, and with plain git in turn, on generated repositories.
//!
//! Prints a section for `docs/benchmarks.md` to stdout and its progress to stderr. `--quick` takes a small repository and few rounds;
//! `--dir DIR` works there instead of in the folder for temporary files.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a program that measures: what fails ends it, and its output is its result"
)]

#[path = "../common/mod.rs"]
mod common;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::figures::{Pair, raw, row};
use common::machine;
use common::repository::{Lab, done, path, settle};

/// How many tasks land together.
const TOGETHER: u32 = 20;

/// Git, made to sync what it writes as takeback does.
const SYNCED: [&str; 4] = ["-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync"];

/// One landing, taken back again and again.
struct Landing {
    /// The tasks' names.
    tasks: Vec<String>,
    /// What git reverts: the commit of one task, or the merge of several.
    revert: Vec<&'static str>,
    undo: Samples,
    reverts: Samples,
}

/// The same work in three ways.
#[derive(Default)]
struct Samples {
    plain: Pair,
    synced: Vec<Duration>,
}

fn main() {
    let (mut files, mut rounds, mut dir) = (30_000, 9, std::env::temp_dir());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => (files, rounds) = (2_000, 2),
            "--dir" => dir = PathBuf::from(arguments.next().expect("--dir names a folder")),
            _ => {} // what cargo says to every bench
        }
    }
    println!("{}\n", machine::facts(&dir));
    let lab = Lab::new(&dir, files);
    for (names, revert) in [(1, vec![]), (TOGETHER, vec!["-m", "1"])] {
        let tasks: Vec<_> = (0..names).map(|n| format!("t{names}-{n}")).collect();
        for (n, task) in (0..).zip(&tasks) {
            let script = format!("echo {task} >> {}", path(n * 40));
            done(takeback(&lab).args(["run", "--wait", "--name", task, "--", "sh", "-c", &script]));
        }
        let mut landing = Landing { tasks, revert, undo: Samples::default(), reverts: Samples::default() };
        for round in 1..=rounds {
            eprintln!("{files} files, {names} landed, round {round} of {rounds}");
            landing.round(&lab);
        }
        println!("{}", landing.section(&lab));
    }
}

fn takeback(lab: &Lab) -> std::process::Command {
    lab.command(env!("CARGO_BIN_EXE_takeback"))
}

impl Landing {
    /// Takes each sample once; the landing is gone in the end.
    fn round(&mut self, lab: &Lab) {
        let tip = || lab.git(&["rev-parse", "main"]).trim().to_owned();
        let before = tip();
        done(takeback(lab).arg("land").args(&self.tasks));
        let landed = tip();
        self.undo.plain.takeback.push(timed(lab, &before, || done(takeback(lab).args(["undo", "--yes"]))));
        done(takeback(lab).arg("redo"));
        self.undo.plain.by_hand.push(timed(lab, &before, || lab.git(&["reset", "-q", "--hard", &before])));
        lab.git(&["reset", "-q", "--hard", &landed]);
        let synced = [&SYNCED[..], &["reset", "-q", "--hard", &before]].concat();
        self.undo.synced.push(timed(lab, &before, || lab.git(&synced)));
        lab.git(&["reset", "-q", "--hard", &landed]);

        std::fs::write(lab.work().join("later.txt"), &landed).unwrap();
        lab.git(&["add", "later.txt"]);
        lab.git(&["commit", "-q", "-m", "later"]);
        let later = tip();
        let revert = [&["revert", "--no-edit"], &self.revert[..], &[&landed]].concat();
        let mut ends = Vec::new();
        self.reverts.plain.takeback.push(timed(lab, "", || done(takeback(lab).arg("revert").args(&self.tasks))));
        ends.push(lab.git(&["rev-parse", "HEAD^{tree}"]));
        done(takeback(lab).args(["undo", "--yes"]));
        self.reverts.plain.by_hand.push(timed(lab, "", || lab.git(&revert)));
        ends.push(lab.git(&["rev-parse", "HEAD^{tree}"]));
        lab.git(&["reset", "-q", "--hard", &later]);
        self.reverts.synced.push(timed(lab, "", || lab.git(&[&SYNCED[..], &revert].concat())));
        ends.push(lab.git(&["rev-parse", "HEAD^{tree}"]));
        ends.dedup();
        assert_eq!(ends.len(), 1, "three ways to one tree");
        lab.git(&["reset", "-q", "--hard", &landed]);
        done(takeback(lab).args(["undo", "--yes"]));
        assert_eq!(tip(), before);
    }

    fn section(&self, lab: &Lab) -> String {
        let what =
            if self.tasks.len() == 1 { "one task".to_owned() } else { format!("{} tasks that landed together", self.tasks.len()) };
        let against_synced = |samples: &Samples| Pair { by_hand: samples.synced.clone(), takeback: samples.plain.takeback.clone() };
        let rows = [
            row("undo, `git reset --hard`", &self.undo.plain, 1.0, "no slower"),
            row("undo, the same with `core.fsync=all`", &against_synced(&self.undo), 1.0, "no slower"),
            row("revert, `git revert`", &self.reverts.plain, 1.0, "no slower"),
            row("revert, the same with `core.fsync=all`", &against_synced(&self.reverts), 1.0, "no slower"),
        ];
        let raw = [
            raw("undo, git", &self.undo.plain.by_hand),
            raw("undo, git synced", &self.undo.synced),
            raw("undo, takeback", &self.undo.plain.takeback),
            raw("revert, git", &self.reverts.plain.by_hand),
            raw("revert, git synced", &self.reverts.synced),
            raw("revert, takeback", &self.reverts.plain.takeback),
        ];
        format!(
            "### {what}, {} files\n\nMedians in milliseconds; a ratio above 1 means that takeback is faster.\n\n\
             | | git | takeback | ratio | aim | |\n|---|---|---|---|---|---|\n{}\n\nRaw samples:\n\n{}\n",
            lab.files,
            rows.join("\n"),
            raw.join("\n")
        )
    }
}

/// Takes the time of a command in a settled world; where `end` is given the branch must be there afterwards.
fn timed(lab: &Lab, end: &str, command: impl FnOnce() -> String) -> Duration {
    settle();
    let started = Instant::now();
    command();
    let took = started.elapsed();
    if !end.is_empty() {
        assert_eq!(lab.git(&["rev-parse", "main"]).trim(), end);
        assert_eq!(lab.git(&["status", "--porcelain", "--untracked-files=no"]), "");
    }
    took
}
