//! A batch from its sample to its landing, and back.

use super::{batch, count, lab};

#[test]
fn a_batch_runs_its_sample_then_the_rest_and_lands_and_is_taken_back_as_one_and_in_part() {
    let lab = lab(12);
    let before = lab.picture();
    let check = ["--check", "grep -q b {}"];
    let words = ["batch", "--wait", "--name", "tables", "--sample", "3", "--inputs", "t/*"];
    lab.ok(words.into_iter().chain(check).chain(["--", "sed", "-i", "s/a/b/", "{}"]));
    assert_eq!((batch(&lab, "tables")["state"].as_str(), count(&lab, "tables", "ready")), (Some("sampled"), 3));
    lab.ok(["continue", "tables", "--wait"]);
    assert_eq!((batch(&lab, "tables")["state"].as_str(), count(&lab, "tables", "ready")), (Some("done"), 12));
    let task = lab.task("tables.7");
    assert_eq!((&task["batch"], &task["input"]), (&"tables".into(), &"t/07".into()));
    assert_eq!(task["command"], serde_json::json!(["sed", "-i", "s/a/b/", "t/07"]));
    lab.ok(["land", "tables"]);
    assert_eq!((lab.read("t/01"), lab.read("t/12")), ("b\n".to_owned(), "b\n".to_owned()));
    lab.ok(["undo", "tables"]);
    assert_eq!(lab.picture(), with_branches(&lab, &before));
    lab.ok(["land", "tables"]);
    lab.ok(["revert", "tables.7", "tables.9"]);
    assert_eq!((lab.read("t/06"), lab.read("t/07"), lab.read("t/09")), ("b\n".into(), "a\n".into(), "a\n".into()));
    assert_eq!((count(&lab, "tables", "landed"), count(&lab, "tables", "reverted")), (10, 2));
    lab.ok(["land", "tables"]);
    assert_eq!(lab.read("t/07"), "b\n");
    lab.ok(["revert", "tables"]);
    assert_eq!((lab.read("t/01"), count(&lab, "tables", "reverted")), ("a\n".to_owned(), 12));
    assert!(lab.git(["fsck", "--strict"]).is_empty());
}

/// What was seen before the tasks ran, with their branches, which are there again.
fn with_branches(lab: &crate::lab::Lab, before: &str) -> String {
    let (refs, rest) = before.split_once("\n--\n").expect("a picture");
    let branches = lab.git(["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/takeback"]);
    let mut all: Vec<&str> = refs.lines().chain(branches.lines()).collect();
    all.sort_unstable();
    format!("{}\n--\n{rest}", all.join("\n"))
}
