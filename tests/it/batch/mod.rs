//! Batches: one task for each input, sampled, handed off, landed and taken back as one.

mod again;
mod edit;
mod inputs;
mod keeper;
mod land;
mod life;
mod obstacles;
mod outputs;
mod parts;
mod policy;
mod sample;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::lab::{Lab, wait_until};
use crate::tidy::is_free;

/// A lab with so many files `t/01` … that hold `a`.
pub(super) fn lab(files: usize) -> Lab {
    let lab = Lab::new();
    for n in 1..=files {
        lab.write(format!("t/{n:02}"), "a\n");
    }
    lab.commit("files");
    lab
}

/// Where a batch stands.
#[track_caller]
pub(super) fn batch(lab: &Lab, name: &str) -> Value {
    lab.json(["show", name])["batch"].clone()
}

/// The word for where a batch stands.
#[track_caller]
pub(super) fn state(lab: &Lab, name: &str) -> String {
    batch(lab, name)["state"].as_str().expect("a state").to_owned()
}

/// How many of a batch's tasks are in a state.
#[track_caller]
pub(super) fn count(lab: &Lab, name: &str, state: &str) -> u64 {
    batch(lab, name)["counts"][state].as_u64().expect("a count")
}

/// Hands off a batch over `t/*` whose tasks are a shell line each.
#[track_caller]
pub(super) fn hand_off(lab: &Lab, name: &str, options: &[&str], line: &str) {
    let words = ["batch", "--name", name, "--accept", "no-check", "--inputs", "t/*"];
    lab.ok([&words[..], options, &["--shell", line]].concat());
}

/// Waits until a batch is over, or goes on no further by itself; whatever came of it.
#[track_caller]
pub(super) fn wait(lab: &Lab, name: &str) {
    let code = lab.run(["wait", name]).status.code();
    assert!(matches!(code, Some(0 | 1)), "{code:?}");
}

/// A file beside the checkout, which the tasks of these tests can write to.
pub(super) fn outside(lab: &Lab, name: &str) -> PathBuf {
    lab.outside().join(name)
}

/// A shell line that notes `{}` in a file outside.
pub(super) fn notes(lab: &Lab) -> String {
    format!("echo {{}} >> {}", outside(lab, "ran").display())
}

/// What was noted, sorted.
pub(super) fn noted(lab: &Lab) -> Vec<String> {
    let text = fs::read_to_string(outside(lab, "ran")).unwrap_or_default();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The names `t/01` … of so many inputs.
pub(super) fn names(files: usize) -> Vec<String> {
    (1..=files).map(|n| format!("t/{n:02}")).collect()
}

/// A shell line that lasts until [`release`] is called.
pub(super) fn lasts(lab: &Lab) -> String {
    format!("until test -e {}; do sleep 0.02; done", outside(lab, "go").display())
}

/// Lets end what [`lasts`].
pub(super) fn release(lab: &Lab) {
    fs::write(outside(lab, "go"), "").unwrap();
}

/// The process that keeps batches; `None` where there is none.
pub(super) fn keeper(lab: &Lab) -> Option<u32> {
    let lock = lab.root().join(".git/takeback/locks/keeper");
    if !lock.exists() || is_free(&lock) {
        return None;
    }
    fs::read_to_string(&lock).ok()?.trim().strip_prefix("process ")?.parse().ok()
}

/// Kills the process that keeps batches with -9, and waits until it is gone. Tells whether there was one.
#[track_caller]
pub(super) fn kill_keeper(lab: &Lab) -> bool {
    let Some(pid) = keeper(lab) else { return false };
    kill(lab, pid);
    wait_until("the keeper is gone", || keeper(lab) != Some(pid));
    true
}

pub(super) fn kill(lab: &Lab, pid: u32) {
    // It may have ended meanwhile.
    drop(lab.command("kill").args(["-9", &pid.to_string()]).output().unwrap());
}

/// Waits until nobody keeps batches.
#[track_caller]
pub(super) fn wait_for_keeper(lab: &Lab) {
    wait_until("the keeper has ended", || keeper(lab).is_none());
}
