//! takeback's own folder: of another version, damaged, copied, moved.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Said, picture, refused, row};
use crate::lab::{Lab, wait_until};

fn ready() -> Lab {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab
}

fn ours(lab: &Lab, path: &str) -> PathBuf {
    lab.root().canonicalize().unwrap().join(".git/takeback").join(path)
}

fn set_version(lab: &Lab, field: &str, to: u32) {
    let path = ours(lab, "format.json");
    let mut format: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    format[field] = json!(to);
    std::fs::write(path, format.to_string()).unwrap();
}

#[test]
fn a_newer_minor_version() {
    let lab = ready();
    set_version(&lab, "minor", 99);
    assert_eq!(lab.json(["show", "k7"])["task"]["state"], "ready", "it can be read");
    let before = std::fs::read(ours(&lab, "journal.jsonl")).unwrap();
    for words in [&["run", "--", "true"][..], &["land", "k7"], &["discard", "k7"], &["undo"], &["retry", "k7"]] {
        refused(&lab, words).fits(&row!()).about(ours(&lab, "format.json").to_str().unwrap());
    }
    assert_eq!(std::fs::read(ours(&lab, "journal.jsonl")).unwrap(), before);
}

#[test]
fn another_major_version() {
    let lab = ready();
    set_version(&lab, "major", 2);
    for words in [&["list"][..], &["run", "--", "true"], &["land", "k7"]] {
        refused(&lab, words).fits(&row!()).about(ours(&lab, "format.json").to_str().unwrap());
    }
}

#[test]
fn a_damaged_journal() {
    let lab = ready();
    lab.ready_task("k8", "y", "1\n");
    let path = ours(&lab, "journal.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.iter().position(|b| *b == b'k').unwrap();
    bytes[at] = b'j';
    std::fs::write(&path, &bytes).unwrap();
    for words in [&["list"][..], &["run", "--", "true"], &["land", "k7"], &["undo"]] {
        refused(&lab, words).fits(&row!()).about(path.to_str().unwrap());
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "it is left as it is");
}

#[test]
fn a_damaged_format() {
    let lab = ready();
    std::fs::write(ours(&lab, "format.json"), "{").unwrap();
    refused(&lab, ["list"]).fits(&row!()).about(ours(&lab, "format.json").to_str().unwrap());
}

#[test]
fn a_damaged_record() {
    let lab = ready();
    let uid = lab.task("k7")["uid"].as_str().unwrap().to_owned();
    let path = ours(&lab, &format!("tasks/{uid}/1/record.json"));
    std::fs::write(&path, "{}").unwrap();
    refused(&lab, ["show", "k7"]).fits(&row!()).about(path.to_str().unwrap());
    refused(&lab, ["land", "k7"]).fits(&row!());
}

#[test]
fn a_spec_that_is_gone() {
    let lab = ready();
    let uid = lab.task("k7")["uid"].as_str().unwrap().to_owned();
    let path = ours(&lab, &format!("tasks/{uid}/task.json"));
    std::fs::remove_file(&path).unwrap();
    refused(&lab, ["show", "k7"]).fits(&row!()).about(path.to_str().unwrap());
}

#[test]
fn a_moved_repository() {
    let lab = ready();
    let (old, new) = (lab.root(), lab.outside().join("moved"));
    std::fs::rename(&old, &new).unwrap();
    let at = |words: &[&str]| lab.takeback(["--json"]).args(words).current_dir(&new).output().unwrap();
    let landed = |output: &std::process::Output| {
        assert_eq!(output.status.code().unwrap().to_string(), row!().exit, "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    // The lab's commands start in the old folder, so it has to be there; it is no repository any more.
    std::fs::create_dir(&old).unwrap();
    landed(&at(&["list"]));
    let said = landed(&at(&["land", "k7"]));
    assert!(said.lines().any(|line| super::fits(&row!().message, line)), "{said}");
    let said = landed(&at(&["run", "--wait", "--name", "k8", "--shell", "echo 2 > y; git log -1 --format=%s"]));
    assert!(!said.contains("was moved"), "said once: {said}");
    landed(&at(&["land", "k8"]));
    assert_eq!(std::fs::read_to_string(new.join("y")).unwrap(), "2\n");
    assert!(std::fs::read_dir(&old).unwrap().next().is_none(), "something was made at the old place");
}

#[test]
fn a_copied_repository() {
    let lab = ready();
    lab.json(["run", "--name", "runs", "--", "sleep", "600"]);
    wait_until("it runs", || lab.task("runs")["started_at"].is_string());
    let copy = lab.outside().join("copy");
    assert!(lab.command("cp").arg("-a").arg(lab.root()).arg(&copy).status().unwrap().success());
    let before = picture(&lab);
    let at = |words: &[&str]| {
        let output = lab.takeback(["--json"]).args(words).current_dir(&copy).output().unwrap();
        assert_eq!(output.status.code().unwrap().to_string(), row!().exit, "{output:?}");
        (serde_json::from_slice::<Value>(&output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(at(&["show", "runs"]).0["task"]["state"], "unknown");
    let (_, said) = at(&["land", "k7"]);
    assert!(said.lines().any(|line| super::fits(&row!().message, line)), "{said}");
    assert_eq!(at(&["show", "runs"]).0["task"]["state"], "unknown");
    at(&["run", "--wait", "--name", "k8", "--shell", "echo 2 > y"]);
    at(&["land", "k8"]);
    assert_eq!(picture(&lab), before, "the original is not touched");
    assert_eq!(lab.task("runs")["state"], "running");
    assert_eq!(lab.task("k7")["state"], "ready");
    lab.json(["cancel", "runs"]);
    let refused = lab.takeback(["--json", "land", "runs"]).current_dir(&copy).output().unwrap();
    assert_eq!(Said::of(&refused).code, 3);
}
