//! The forecast of a landing of several tasks.

use serde_json::{Value, json};

use crate::lab::Lab;

/// Twenty lines with other ones first and last.
fn lines(first: &str, last: &str) -> String {
    format!("{first}\n{}{last}\n", "same\n".repeat(20))
}

/// The dry run of a landing, which must change nothing.
#[track_caller]
fn forecast(lab: &Lab, ids: &[&str]) -> (i32, Value) {
    let before = lab.picture();
    let answer = lab.answer([&["land", "--dry-run"], ids].concat());
    assert_eq!(lab.picture(), before);
    answer
}

#[test]
fn tasks_that_change_other_paths_are_in_nobodys_way() {
    let lab = Lab::new();
    lab.ready_task("a", "a.txt", "a\n");
    lab.ready_task("b", "b/c.txt", "b\n");
    lab.ready_task("c", "new.txt", "c\n");
    let (code, answer) = forecast(&lab, &["c", "a", "b"]);
    assert_eq!((code, &answer["forecast"]), (0, &json!([])), "{answer}");
    assert_eq!(answer["together"], json!(["c", "a", "b"]));
    let said = lab.ok(["land", "--dry-run", "a", "b", "c"]);
    assert!(said.contains("no two of them are in each other's way"), "{said}");
    // Of one task there is nothing to say.
    assert!(forecast(&lab, &["a"]).1.get("forecast").is_none());
    assert!(lab.json(["land", "a", "b", "c"]).get("forecast").is_none());
}

#[test]
fn conflicts_of_tasks_with_one_another_and_with_the_target_are_named_path_by_path() {
    let lab = Lab::new();
    if !lab.git_merges("conflicts_of_tasks_with_one_another") {
        return;
    }
    lab.write("long.txt", lines("1", "20"));
    lab.write("theirs.txt", "1\n");
    lab.commit("long");
    lab.ready_task("first", "long.txt", &lines("one", "20"));
    lab.ready_task("last", "long.txt", &lines("1", "twenty"));
    lab.ready_task("uno", "long.txt", &lines("uno", "20"));
    lab.ready_task("late", "theirs.txt", "late\n");
    lab.ready_task("other", "other.txt", "other\n");
    lab.write("theirs.txt", "2\n");
    lab.commit("others went on");
    let (code, answer) = forecast(&lab, &["first", "last", "uno", "late", "other"]);
    assert_eq!(code, 1);
    // Different lines of one file are no conflict, the same line is.
    let expected = json!([
        {"tasks": ["first", "uno"], "paths": ["long.txt"]},
        {"task": "late", "with": "target", "paths": ["theirs.txt"]},
    ]);
    assert_eq!(answer["forecast"], expected, "{answer}");
    assert_eq!(answer["together"], json!(["first", "last", "other"]));
    let output = lab.run(["land", "--dry-run", "first", "last", "uno", "late", "other"]);
    let said = String::from_utf8(output.stdout).unwrap();
    for line in [
        "  first and uno conflict: long.txt",
        "  late and main conflict: theirs.txt",
        "  land these first: takeback land first last other",
    ] {
        assert!(said.lines().any(|l| l == line), "{line}: {said}");
    }
    // A landing that is refused for it says the same; what is offered lands.
    let (code, refused) = lab.answer(["land", "uno", "first", "other"]);
    assert_eq!((code, &refused["forecast"][0]["tasks"]), (1, &json!(["uno", "first"])), "{refused}");
    lab.json(["land", "first", "last", "other"]);
}

#[test]
fn what_a_task_has_against_the_target_it_has_not_against_another_task() {
    let lab = Lab::new();
    if !lab.git_merges("what_a_task_has_against_the_target") {
        return;
    }
    lab.write("long.txt", lines("1", "20"));
    lab.commit("long");
    lab.ready_task("first", "long.txt", &lines("one", "20"));
    lab.ready_task("last", "long.txt", &lines("1", "twenty"));
    // Two that do the same are in nobody's way; but one of them has nothing to land then.
    lab.ready_task("same", "long.txt", &lines("one", "20"));
    lab.write("long.txt", lines("1", "XX"));
    lab.commit("others went on");
    let answer = forecast(&lab, &["first", "last", "same"]).1;
    assert_eq!(answer["forecast"], json!([{"task": "last", "with": "target", "paths": ["long.txt"]}]), "{answer}");
    assert_eq!(answer["together"], json!(["first"]));
}

#[test]
fn what_may_not_land_for_another_reason_is_not_offered() {
    let lab = Lab::new();
    lab.ready_task("a", "a.txt", "a\n");
    lab.answer(["run", "--wait", "--name", "failed", "--shell", "echo 1 > x; false"]);
    lab.json(["run", "--wait", "--name", "empty", "--", "true"]);
    let (code, answer) = forecast(&lab, &["failed", "a", "empty"]);
    assert_eq!((code, &answer["forecast"]), (1, &json!([])), "{answer}");
    assert_eq!(answer["together"], json!(["a"]));
    let (_, answer) = forecast(&lab, &["failed", "a", "--allow-failed"]);
    assert_eq!(answer["together"], json!(["failed", "a"]));
}

#[test]
fn a_file_added_to_a_folder_that_another_task_renames_is_a_conflict_where_git_says_so() {
    let lab = Lab::new();
    if !lab.git_merges("a_file_added_to_a_folder_that_another_task_renames") {
        return;
    }
    for n in 0..4 {
        lab.write(format!("old/{n}.txt"), format!("{n}\n").repeat(10));
    }
    lab.commit("a folder");
    lab.json(["run", "--wait", "--name", "renames", "--shell", "mv old new"]);
    lab.ready_task("adds", "old/more.txt", "more\n");
    let answer = forecast(&lab, &["renames", "adds"]).1;
    assert_eq!(answer["forecast"], json!([{"tasks": ["renames", "adds"], "paths": ["new/more.txt"]}]), "{answer}");
    lab.git(["config", "merge.directoryRenames", "true"]);
    assert_eq!(forecast(&lab, &["renames", "adds"]).1["forecast"], json!([]));
}

#[test]
fn with_a_git_that_cannot_merge_it_is_said_what_may_conflict() {
    let lab = Lab::new();
    lab.ready_task("a", "a.txt", "a\n");
    lab.ready_task("b", "a.txt", "b\n");
    lab.ready_task("c", "b/c.txt", "d\n");
    // A git that does not know the option.
    let old = lab.outside().join("old");
    let real = lab.command("sh").args(["-c", "command -v git"]).output().unwrap().stdout;
    let real = String::from_utf8(real).unwrap();
    let script = format!("#!/bin/sh\ncase \" $* \" in *' merge-tree '*) exit 129 ;; esac\nexec {} \"$@\"\n", real.trim());
    lab.write_program(old.join("git"), &script);
    let path = format!("{}:{}", old.display(), std::env::var("PATH").unwrap());
    let mut land = lab.takeback(["land", "--dry-run", "a", "b", "c"]);
    let output = land.env("PATH", path).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("a and b may conflict: a.txt"), "{said}");
    assert!(said.contains("land these first: takeback land a c"), "{said}");
}
