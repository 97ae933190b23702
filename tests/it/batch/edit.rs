//! A batch's spec in an editor.

use super::{batch, count, lab};

#[test]
fn a_batch_that_was_edited_runs_its_sample_again_and_the_old_results_stay() {
    let lab = lab(6);
    let words = ["batch", "--wait", "--name", "b", "--sample", "2", "--inputs", "t/*", "--check", "true"];
    lab.ok(words.into_iter().chain(["--", "sed", "-i", "s/a/b/", "{}"]));
    let first = lab.task("b.1")["result"].as_str().unwrap().to_owned();
    let edit = |editor: &str| lab.takeback(["batch", "--edit", "b", "--wait"]).env("GIT_EDITOR", editor).output().unwrap();
    let left = edit("true");
    assert!(String::from_utf8_lossy(&left.stdout).contains("left as it was"), "{left:?}");
    let failed = edit("false");
    assert_eq!(failed.status.code(), Some(4), "{failed:?}");
    let edited = edit("sed -i s,s/a/b/,s/a/c/,");
    assert!(edited.status.success(), "{edited:?}");
    assert_eq!(
        (batch(&lab, "b")["state"].as_str(), count(&lab, "b", "ready"), count(&lab, "b", "queued")),
        (Some("sampled"), 2, 4)
    );
    let names: Vec<_> = batch(&lab, "b")["tasks"].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["b.7", "b.8", "b.9", "b.10", "b.11", "b.12"]);
    assert_eq!(lab.git(["show", &format!("{first}:t/01")]), "b");
    lab.ok(["continue", "b", "--wait"]);
    lab.ok(["land", "b"]);
    assert_eq!((lab.read("t/01"), lab.read("t/06")), ("c\n".to_owned(), "c\n".to_owned()));
}
