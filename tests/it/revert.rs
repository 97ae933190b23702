//! Taking landed changes back with new commits, days later, by what git says of it.

use serde_json::{Value, json};

use crate::lab::{Lab, said};

/// A file of twenty numbered lines.
fn lines() -> String {
    (1..=20).fold(String::new(), |all, n| all + &format!("line {n}\n"))
}

/// A lab whose file `f` has twenty lines.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("f", lines());
    lab.commit("twenty lines");
    lab
}

/// A ready task that puts `word` in place of the `n`-th line of `f`, and makes a file of its own.
fn edits(lab: &Lab, name: &str, n: u32, word: &str) {
    let script = format!("sed -i 's/^line {n}$/{word}/' f; echo {word} > {name}.txt");
    let answer = lab.json(["run", "--wait", "--name", name, "--shell", &script]);
    assert_eq!(answer["task"]["state"], "ready", "{answer}");
}

fn later_in_f(lab: &Lab, n: u32) -> String {
    lab.write("f", lab.read("f").replace(&format!("line {n}\n"), "by others\n"));
    lab.commit("others, later")
}

fn state(lab: &Lab, name: &str) -> String {
    lab.task(name)["state"].as_str().unwrap().to_owned()
}

#[track_caller]
fn sound(lab: &Lab) {
    lab.git(["fsck", "--strict", "--no-dangling"]);
    assert_eq!(lab.git(["status", "--porcelain"]), "");
}

#[test]
fn a_revert_takes_the_change_out_of_files_that_others_have_changed_since_and_leaves_theirs() {
    let lab = lab();
    if !lab.git_merges("a_revert_takes_the_change_out_of_files_that_others_have_changed_since") {
        return;
    }
    edits(&lab, "k7", 3, "three");
    lab.json(["land", "k7"]);
    let landed = lab.git(["rev-parse", "HEAD"]);
    let later = later_in_f(&lab, 15);
    let answer = lab.json(["revert", "k7"]);
    assert_eq!(lab.read("f"), lines().replace("line 15\n", "by others\n"));
    assert!(!lab.root().join("k7.txt").exists());
    assert_eq!((answer["later"][0]["commit"].as_str(), answer["later"][0]["paths"][0].as_str()), (Some(&*later), Some("f")));
    assert_eq!(answer["target"]["from"], later.as_str());
    assert_eq!(lab.git(["log", "-1", "--format=%(trailers:key=Takeback-Reverts,valueonly)"]).trim(), landed);
    assert_eq!(state(&lab, "k7"), "reverted");
    sound(&lab);
}

#[test]
fn landing_again_after_a_revert_brings_the_content_back() {
    let lab = lab();
    edits(&lab, "k7", 3, "three");
    lab.json(["land", "k7"]);
    let landed = lab.git(["rev-parse", "HEAD^{tree}"]);
    lab.write("mine", "1");
    lab.commit("on top");
    lab.json(["revert", "k7"]);
    assert_ne!(lab.git(["rev-parse", "HEAD:f"]), lab.git(["rev-parse", &format!("{landed}:f")]));
    lab.json(["land", "k7"]);
    assert_eq!(lab.git(["diff", "--name-only", &landed, "HEAD"]), "mine");
    assert_eq!(state(&lab, "k7"), "landed");
    lab.json(["undo"]);
    assert_eq!(state(&lab, "k7"), "reverted");
    sound(&lab);
}

#[test]
fn one_task_of_a_joint_landing_goes_and_the_others_stay() {
    let lab = lab();
    for (name, n) in [("a", 3), ("b", 9), ("c", 15)] {
        edits(&lab, name, n, name);
    }
    if !lab.git_merges("one_task_of_a_joint_landing_goes_and_the_others_stay") {
        return;
    }
    lab.json(["land", "a", "b", "c"]);
    let before = lab.picture();
    lab.json(["revert", "b"]);
    assert_eq!(lab.read("f"), lines().replace("line 3\n", "a\n").replace("line 15\n", "c\n"));
    assert_eq!(["a", "b", "c"].map(|name| state(&lab, name)), ["landed", "reverted", "landed"]);
    lab.json(["revert", "c", "a"]);
    assert_eq!(lab.read("f"), lines());
    assert_eq!(lab.git(["diff", "--name-only", "main~2^1", "main"]), "", "all three are out");
    lab.json(["undo"]);
    lab.json(["undo"]);
    assert_eq!(lab.picture(), before, "two undone reverts are as if nothing had been");
}

#[test]
fn a_revert_for_a_pull_request_moves_no_branch_but_its_own() {
    let lab = lab();
    edits(&lab, "k7", 3, "three");
    lab.json(["land", "k7"]);
    lab.write("mine", "1");
    let tip = lab.commit("on top");
    lab.write("f", "not committed");
    let before = lab.git(["status", "--porcelain"]);
    lab.json(["revert", "k7", "--to", "take-back"]);
    assert_eq!(lab.git(["rev-parse", "main", "take-back~1"]), format!("{tip}\n{tip}"));
    assert_eq!(lab.git(["show", "take-back:f"]), lines().trim_end());
    assert_eq!((lab.git(["status", "--porcelain"]), lab.read("f").as_str()), (before, "not committed"));
    lab.json(["undo"]);
    assert_eq!(lab.git(["branch", "--list", "take*"]), "");
    assert_eq!(state(&lab, "k7"), "landed");
}

#[test]
fn where_others_changed_the_same_lines_the_paths_are_named_and_nothing_happens() {
    let lab = lab();
    if !lab.git_merges("where_others_changed_the_same_lines_the_paths_are_named_and_nothing_happens") {
        return;
    }
    edits(&lab, "k7", 3, "three");
    lab.json(["land", "k7"]);
    lab.write("f", lab.read("f").replace("three\n", "drei\n"));
    lab.commit("the same line");
    let before = lab.picture();
    for args in [&["revert", "k7"][..], &["revert", "k7", "--dry-run"]] {
        let (code, answer) = lab.answer(args);
        assert_eq!(code, 1);
        assert_eq!((&answer["refused"][0]["kind"], &answer["refused"][0]["paths"][0]), (&"conflict".into(), &"f".into()));
        assert_eq!(answer["operation"], Value::Null);
        assert_eq!((&answer["later"][0]["subject"], &answer["later"][0]["paths"]), (&"the same line".into(), &json!(["f"])));
    }
    let said = said(&lab.run(["revert", "k7"]), 1);
    assert!(said.contains("\n  f\n  changed since by ") && said.contains(": the same line\n"), "{said}");
    assert_eq!(lab.picture(), before);
}

#[test]
fn of_tasks_that_landed_together_the_one_that_meets_later_work_is_named() {
    let lab = lab();
    if !lab.git_merges("of_tasks_that_landed_together_the_one_that_meets_later_work_is_named") {
        return;
    }
    for (name, n) in [("a", 3), ("b", 9), ("c", 15)] {
        edits(&lab, name, n, name);
    }
    lab.json(["land", "a", "b", "c"]);
    lab.write("f", lab.read("f").replace("b\n", "by others\n"));
    lab.commit("the line of b");
    let (code, answer) = lab.answer(["revert", "a", "b", "c"]);
    let refused = answer["refused"].as_array().unwrap();
    assert_eq!(
        (code, refused.len(), &refused[0]["task"], &refused[0]["kind"]),
        (1, 1, &"b".into(), &"conflict".into()),
        "{answer}"
    );
    lab.json(["revert", "a", "c"]);
    assert_eq!(lab.read("f"), lines().replace("line 9\n", "by others\n"));
    assert_eq!((lab.read("a.txt").as_str(), lab.read("b.txt").as_str()), ("one\n", "b\n"));
    assert!(!lab.root().join("c.txt").exists());
}

#[test]
fn the_way_out_of_a_conflict_is_typed_as_it_stands_from_whatever_folder() {
    let lab = lab();
    if !lab.git_merges("the_way_out_of_a_conflict_is_typed_as_it_stands_from_whatever_folder") {
        return;
    }
    lab.write("sub/it's [o]dd", "one\n");
    lab.commit("an odd name");
    lab.json(["run", "--wait", "--name", "k7", "--shell", "echo two > \"sub/it's [o]dd\""]);
    lab.json(["land", "k7"]);
    lab.write("sub/it's [o]dd", "three\n");
    lab.commit("the same line");
    let said = said(&lab.run(["-C", "sub", "revert", "k7"]), 1);
    let line = said.lines().find_map(|l| l.trim().strip_prefix("hint: ")?.split_once(" shows what").map(|(line, _)| line)).unwrap();
    let log = lab.command("sh").current_dir(lab.root().join("sub")).args(["-c", line]).output().unwrap();
    assert!(String::from_utf8_lossy(&log.stdout).contains("+three"), "{line}: {log:?}");
}

#[test]
fn what_somebody_took_out_by_hand_is_written_down_and_lands_again() {
    let lab = lab();
    if !lab.git_merges("what_somebody_took_out_by_hand_is_written_down_and_lands_again") {
        return;
    }
    edits(&lab, "k7", 3, "three");
    let base = lab.git(["rev-parse", "HEAD"]);
    lab.json(["land", "k7"]);
    lab.write("f", lab.read("f").replace("three\n", "drei\n"));
    lab.commit("the same line");
    std::fs::remove_file(lab.root().join("k7.txt")).unwrap();
    lab.write("f", lines().replace("line 3\n", "line three\n"));
    let by = lab.commit("k7 is out, by hand");
    assert_eq!(lab.answer(["revert", "k7"]).0, 1, "what is there now is neither");
    lab.git(["branch", "aside", &base]);
    lab.git(["commit", "-q", "--allow-empty", "-m", "aside"]);
    lab.git(["branch", "-f", "aside"]);
    lab.git(["reset", "-q", "--hard", "HEAD~1"]);
    for wrong in ["aside", base.as_str(), "HEAD~2"] {
        let (code, answer) = lab.answer(["revert", "k7", "--as", wrong]);
        assert_eq!((code, &answer["refused"][0]["kind"]), (3, &"state".into()), "{wrong}: {answer}");
    }
    assert_eq!(lab.answer(["revert", "k7", "--as", "no-such"]).0, 2);
    let before = lab.picture();
    assert_eq!(lab.json(["revert", "k7", "--as", &by, "--dry-run"])["operation"], Value::Null);
    lab.json(["revert", "k7", "--as", &by]);
    assert_eq!((lab.picture(), state(&lab, "k7").as_str()), (before.clone(), "reverted"));
    lab.json(["undo"]);
    assert_eq!((lab.picture(), state(&lab, "k7").as_str()), (before, "landed"));
    lab.json(["revert", "k7", "--as", "HEAD"]);
    let said = said(&lab.run(["land", "k7"]), 1);
    let line = said.lines().find_map(|l| l.trim().strip_prefix("hint: ")?.split_once(" brings").map(|(line, _)| line.to_owned()));
    let words = line.unwrap();
    assert!(!lab.command("git").args(words.split(' ').skip(1)).output().unwrap().status.success(), "the conflict is git's as well");
    lab.write("f", lines().replace("line 3\n", "three\n"));
    lab.git(["add", "-A"]);
    lab.git(["-c", "core.editor=true", "cherry-pick", "--continue"]);
    lab.json(["land", "k7", "--as", "HEAD"]);
    assert_eq!(state(&lab, "k7"), "landed");
    sound(&lab);
}

#[test]
fn a_landing_that_a_co_author_took_back_with_the_printed_line_is_told_apart_from_one_that_stands() {
    let lab = lab();
    for shape in ["merge", "linear", "squash"] {
        let names = ["a", "b"].map(|nth| format!("{shape}-{nth}"));
        for name in &names {
            lab.ready_task(name, &format!("{name}.txt"), name);
        }
        let line = lab.ok(["land", "--shape", shape, &names[0], &names[1]]);
        let line = line.lines().find_map(|l| l.trim().strip_prefix("without takeback: git ")).unwrap().to_owned();
        assert_eq!(lab.answer(["land", &names[0]]).1["refused"][0]["kind"], "landed");
        let before = lab.git(["rev-parse", "HEAD^{tree}"]);
        lab.git(line.split(' ').chain(["--no-edit"]));
        let (code, answer) = lab.answer(["land", &names[0]]);
        assert_eq!((code, &answer["refused"][0]["kind"]), (3, &"taken-out".into()), "{shape}: {answer}");
        let said = said(&lab.run(["land", &names[0], &names[1]]), 3);
        let both = names.join(" ");
        let hint = format!("hint: takeback revert {both} writes that down; then takeback land {both} brings it back");
        assert!(said.contains(&hint), "{said}");
        // Nothing moves, so a protected branch is no obstacle.
        lab.git(["config", "takeback.landProtected", "main"]);
        lab.json(["revert", &names[0], &names[1]]);
        lab.git(["config", "--unset", "takeback.landProtected"]);
        lab.json(["land", &names[0], &names[1]]);
        assert_eq!(lab.git(["rev-parse", "HEAD^{tree}"]), before);
    }
    sound(&lab);
}

#[test]
fn a_revert_says_what_of_the_branch_it_takes_back_and_each_commit_once() {
    let lab = lab();
    for name in ["a", "b", "c"] {
        lab.ready_task(name, &format!("{name}.txt"), name);
    }
    let taken = |args: &[&str]| {
        lab.json(args);
        let text = lab.git(["log", "-1", "--format=%B"]);
        text.lines().filter(|l| l.starts_with("This ")).collect::<Vec<_>>().join("|")
    };
    lab.json(["land", "--shape", "squash", "a", "b", "c"]);
    let squash = lab.git(["rev-parse", "HEAD"]);
    assert_eq!(taken(&["revert", "a", "b"]), format!("This reverts part of commit {squash}."));
    lab.json(["undo"]);
    assert_eq!(taken(&["revert", "a", "b", "c"]), format!("This reverts commit {squash}."));
    let two = "echo 1 > d; git add -A; git commit -qm 1; echo 2 > d; git commit -qam 2";
    lab.json(["run", "--wait", "--name", "d", "--shell", two]);
    lab.json(["land", "--keep-commits", "--shape", "linear", "d"]);
    let range = lab.git(["rev-parse", "HEAD~2", "HEAD"]).replace('\n', "..");
    assert_eq!(taken(&["revert", "d"]), format!("This reverts commits {range}."));
}

#[test]
fn of_very_many_later_commits_the_last_are_named_and_each_path_once() {
    let lab = lab();
    edits(&lab, "a", 3, "three");
    edits(&lab, "b", 9, "nine");
    if !lab.git_merges("of_very_many_later_commits_the_last_are_named_and_each_path_once") {
        return;
    }
    lab.json(["land", "a", "b"]);
    for n in 0..12 {
        lab.write("f", lab.read("f") + &format!("{n}\n"));
        lab.commit(&format!("later {n}"));
    }
    let answer = lab.json(["revert", "a", "b", "--dry-run"]);
    assert_eq!((answer["later"].as_array().unwrap().len(), &answer["later"][0]["paths"]), (12, &json!(["f"])));
    let kept: Vec<_> = answer["kept"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect();
    assert!(kept[0].ends_with("changed in the same files: f (later 11)"), "{kept:?}");
    assert_eq!((kept.len(), kept[10].as_str()), (13, "what 2 earlier commits changed there"), "{kept:?}");
}

#[test]
fn a_revert_that_others_built_on_is_taken_back_by_landing_again() {
    let lab = lab();
    edits(&lab, "k7", 3, "three");
    lab.json(["land", "k7"]);
    lab.json(["revert", "k7"]);
    lab.write("mine", "1");
    lab.commit("on top");
    let said = lab.refused(["undo"], 3);
    assert!(said.ends_with("hint: takeback land k7 brings the change back with new commits\n"), "{said}");
}

#[test]
fn other_work_in_the_checkout_stays_and_a_file_in_the_way_refuses() {
    let lab = lab();
    edits(&lab, "k7", 3, "three");
    lab.json(["land", "k7"]);
    lab.write("k7.txt", "mine");
    let before = lab.picture();
    let (code, answer) = lab.answer(["revert", "k7"]);
    assert_eq!((code, &answer["refused"][0]["kind"], &answer["refused"][0]["paths"][0]), (3, &"dirty".into(), &"k7.txt".into()));
    assert_eq!(lab.picture(), before);
    lab.git(["checkout", "-q", "k7.txt"]);
    lab.write("a.txt", "mine");
    lab.json(["revert", "k7"]);
    assert_eq!((lab.read("a.txt").as_str(), lab.git(["status", "--porcelain"]).trim()), ("mine", "M a.txt"));
    lab.json(["undo"]);
    assert_eq!(lab.read("a.txt"), "mine");
}

#[test]
fn an_undo_that_is_not_exact_any_more_shows_the_revert_that_would_do() {
    let lab = lab();
    edits(&lab, "k7", 3, "three");
    lab.json(["land", "k7"]);
    lab.write("mine", "1");
    lab.commit("on top");
    let before = lab.picture();
    for args in [&["undo"][..], &["undo", "k7"], &["undo", "k7", "--dry-run"]] {
        let said = lab.refused(args, 3);
        assert!(said.contains("a new commit can take it back:\nrevert k7\n  restored: main goes from"), "{said}");
        assert!(said.ends_with("hint: takeback revert k7 takes it back with a new commit\n"), "{said}");
    }
    assert_eq!(lab.picture(), before);
}

#[test]
fn a_change_that_somebody_took_back_already_is_written_down_alone() {
    let lab = lab();
    edits(&lab, "k7", 3, "three");
    lab.json(["land", "k7"]);
    lab.git(["revert", "--no-edit", "HEAD"]);
    let before = lab.picture();
    let answer = lab.json(["revert", "k7"]);
    assert_eq!((&answer["files"], &answer["target"]["to"]), (&0.into(), &Value::Null));
    assert_eq!((lab.picture(), state(&lab, "k7").as_str()), (before, "reverted"));
    lab.json(["land", "k7"]);
    assert_eq!(lab.read("k7.txt"), "three\n");
    sound(&lab);
}

#[test]
fn the_line_that_is_printed_for_plain_git_brings_the_change_back() {
    let lab = lab();
    edits(&lab, "k7", 3, "three");
    lab.json(["land", "k7"]);
    let landed = lab.git(["rev-parse", "HEAD^{tree}"]);
    let said = lab.ok(["revert", "k7"]);
    let line = said.lines().find_map(|l| l.trim().strip_prefix("without takeback: git ")).expect(&said).to_owned();
    lab.git(line.split(' ').chain(["--no-edit"]));
    assert_eq!(lab.git(["rev-parse", "HEAD^{tree}"]), landed);
}

#[test]
fn a_revert_on_a_branch_that_is_checked_out_nowhere_leaves_every_file_alone() {
    let lab = lab();
    edits(&lab, "k7", 3, "three");
    lab.json(["land", "k7"]);
    lab.git(["switch", "-q", "-c", "aside"]);
    let files = lab.git(["ls-files", "--stage"]);
    lab.json(["revert", "k7"]);
    assert_eq!(lab.git(["show", "main:f"]), lines().trim_end());
    assert_eq!(lab.git(["ls-files", "--stage"]), files);
    sound(&lab);
}

#[test]
fn a_revert_passes_the_commit_msg_hook_and_leaves_protected_branches_alone() {
    let lab = lab();
    edits(&lab, "k7", 3, "three");
    lab.json(["land", "k7"]);
    lab.write_program(".git/hooks/commit-msg", "#!/bin/sh\ngrep -q '^Why: ' \"$1\" || { echo 'say why' >&2; exit 1; }\n");
    let before = lab.picture();
    let (code, answer) = lab.answer(["revert", "k7"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &"hook".into()), "{answer}");
    lab.git(["config", "takeback.landProtected", "main"]);
    let (code, answer) = lab.answer(["revert", "k7", "--no-verify"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (3, &"protected".into()), "{answer}");
    assert_eq!(lab.picture(), before);
    lab.json(["revert", "k7", "--force", "-m", "Out with it\n\nWhy: the figures moved"]);
    assert_eq!(lab.git(["log", "-1", "--format=%(trailers:key=Why,valueonly)"]).trim(), "the figures moved");
    assert_eq!(lab.read("f"), lines());
}

#[test]
fn one_task_goes_and_comes_back_whatever_the_shape_of_the_landing() {
    let lab = lab();
    if !lab.git_merges("one_task_goes_and_comes_back_whatever_the_shape_of_the_landing") {
        return;
    }
    for shape in ["merge", "linear", "squash"] {
        for (nth, n) in [("a", 3), ("b", 9), ("c", 15)] {
            edits(&lab, &format!("{shape}-{nth}"), n, nth);
        }
        let start = lab.git(["rev-parse", "HEAD^{tree}"]);
        let names = ["a", "b", "c"].map(|nth| format!("{shape}-{nth}"));
        lab.json(["land", "--shape", shape, &names[0], &names[1], &names[2]]);
        let all = lab.git(["rev-parse", "HEAD^{tree}"]);
        // What only a squash's pins hold is needed now, and nothing else may hold it.
        lab.git(["reflog", "expire", "--expire=all", "--all"]);
        lab.git(["gc", "-q", "--prune=now"]);
        lab.json(["revert", &names[1]]);
        assert_eq!(lab.read("f"), lines().replace("line 3\n", "a\n").replace("line 15\n", "c\n"), "{shape}");
        lab.json(["land", &names[1]]);
        assert_eq!(lab.git(["rev-parse", "HEAD^{tree}"]), all, "{shape}");
        lab.json(["revert", &names[2], &names[0], &names[1]]);
        assert_eq!(lab.git(["rev-parse", "HEAD^{tree}"]), start, "{shape}");
        sound(&lab);
    }
}
