//! What released versions have written must load for ever.
//!
//! `tests/fixtures/<version>/` is a `.git/takeback` as that version left it, without logs and objects. A new version adds a folder;
//! none is ever changed.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::lab::Lab;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn lab_with(version: &str) -> Lab {
    let lab = Lab::new();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(version);
    copy(&fixture, &lab.root().join(".git/takeback"));
    lab
}

#[test]
fn what_version_1_0_wrote_is_read_in_full() {
    let lab = lab_with("1.0");
    let list = lab.json(["list"]);
    let tasks: Vec<_> = list["tasks"].as_array().unwrap().iter().map(|t| (&t["id"], &t["state"], &t["attempt"])).collect();
    assert_eq!(tasks, [(&json!("tables"), &json!("ready"), &json!(1)), (&json!("broken"), &json!("failed"), &json!(2))]);
    let tables = lab.task("tables");
    assert_eq!(tables["checks"][0]["command"], "grep -q two a.txt");
    assert_eq!((&tables["checked"], &tables["files"]["changed"]), (&json!("passed"), &json!(1)));
    assert_eq!((&lab.task("broken")["reason"], &lab.task("broken")["exit"]["code"]), (&json!("exit"), &json!(3)));
    let operations = lab.json(["ops"])["operations"].clone();
    let kinds: Vec<_> = operations.as_array().unwrap().iter().map(|o| o["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["retry", "discard", "undo", "land"]);
}
