//! Work that got onto its branch by somebody else's hand: merged, cherry-picked, rebased, squashed by a forge.

use serde_json::Value;

use crate::lab::Lab;

fn lines() -> String {
    (1..=40).fold(String::new(), |all, n| all + &format!("line {n}\n"))
}

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("f", lines());
    lab.commit("forty lines");
    lab
}

/// A ready task that changes one line of `f` and makes a file of its own.
fn edits(lab: &Lab, name: &str, n: u32) {
    let script = format!("sed -i 's/^line {n}$/by {name}/' f; echo 1 > {name}.txt");
    let answer = lab.json(["run", "--wait", "--name", name, "--shell", &script]);
    assert_eq!(answer["task"]["state"], "ready", "{answer}");
}

fn others(lab: &Lab, n: u32) {
    lab.write("f", lab.read("f").replace(&format!("line {n}\n"), "by others\n"));
    lab.commit("others");
}

/// Where a task is said to have landed: state, branch, commit, and whether by somebody else.
fn landed(lab: &Lab, name: &str) -> (String, String, String, bool) {
    let task = lab.task(name);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let place = &task["landed"];
    (text(&task["state"]), text(&place["ref"]), text(&place["commit"]), place["elsewhere"] == true)
}

fn on_main(commit: &str) -> (String, String, String, bool) {
    ("landed".to_owned(), "refs/heads/main".to_owned(), commit.to_owned(), true)
}

#[test]
fn a_branch_that_was_merged_by_hand_counts_as_landed() {
    let lab = lab();
    edits(&lab, "k7", 30);
    others(&lab, 3);
    lab.git(["merge", "-q", "--no-edit", "takeback/k7"]);
    let result = lab.git(["rev-parse", "takeback/k7"]);
    assert_eq!(landed(&lab, "k7"), on_main(&result));
    assert_eq!(lab.json(["list"])["tasks"][0]["state"], "landed");
    let (code, answer) = lab.answer(["land", "k7"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (3, &"landed".into()));
}

#[test]
fn a_cherry_pick_onto_changed_files_is_found_by_its_lines_and_can_be_reverted() {
    let lab = lab();
    edits(&lab, "k7", 30);
    others(&lab, 3);
    lab.git(["cherry-pick", "takeback/k7"]);
    let picked = lab.git(["rev-parse", "HEAD"]);
    assert_eq!(landed(&lab, "k7"), on_main(&picked));
    if !lab.git_merges("a_cherry_pick_onto_changed_files_is_found_by_its_lines_and_can_be_reverted") {
        return;
    }
    others(&lab, 20);
    lab.json(["revert", "k7"]);
    assert_eq!(lab.git(["diff", "--stat", "HEAD~3", "--", "k7.txt"]), "");
    assert!(lab.read("f").contains("line 30\n") && lab.read("f").matches("by others\n").count() == 2);
    let kinds: Vec<_> = lab.json(["ops"])["operations"].as_array().unwrap().iter().map(|o| o["kind"].clone()).collect();
    assert_eq!(kinds, ["revert", "land"], "what was found is written down first");
    lab.json(["undo"]);
    lab.json(["undo"]);
    assert_eq!((lab.git(["rev-parse", "takeback/k7"]), lab.read("k7.txt").as_str()), (result_of(&lab, "k7"), "1\n"));
}

fn result_of(lab: &Lab, name: &str) -> String {
    lab.task(name)["result"].as_str().unwrap().to_owned()
}

#[test]
fn a_squash_with_other_changes_in_it_is_found_by_each_of_its_paths() {
    let lab = lab();
    edits(&lab, "k7", 30);
    lab.git(["merge", "-q", "--squash", "takeback/k7"]);
    lab.write("more", "1");
    let squash = lab.commit("squashed, with more");
    assert_eq!(landed(&lab, "k7"), on_main(&squash));
    lab.json(["revert", "k7"]);
    assert_eq!((lab.read("f"), lab.read("more").as_str()), (lines(), "1"), "what else was in it stays");
}

#[test]
fn a_change_that_came_in_several_commits_is_found_by_what_is_there_now() {
    let lab = lab();
    edits(&lab, "k7", 30);
    lab.git(["checkout", "-q", "takeback/k7", "--", "f"]);
    lab.commit("one half");
    assert_eq!(landed(&lab, "k7").0, "ready", "half of it is not it");
    lab.git(["checkout", "-q", "takeback/k7", "--", "k7.txt"]);
    let second = lab.commit("the other half");
    assert_eq!(landed(&lab, "k7"), on_main(&second));
}

#[test]
fn what_only_looks_alike_is_not_taken_for_it() {
    let lab = lab();
    edits(&lab, "k7", 30);
    edits(&lab, "k8", 10);
    lab.write("f", lab.read("f").replace("line 30\n", "by someone\n"));
    lab.write("k7.txt", "1\n");
    lab.commit("another change in the same places");
    assert_eq!(landed(&lab, "k7").0, "ready");
    assert_eq!(landed(&lab, "k8").0, "ready");
    lab.json(["land", "k8"]);
    assert_eq!(landed(&lab, "k7").0, "ready", "our own landing is nobody else's");
}

#[test]
fn a_pull_request_that_the_forge_has_squashed_is_reverted_where_it_is_now() {
    let lab = lab();
    edits(&lab, "one", 10);
    edits(&lab, "two", 30);
    if !lab.git_merges("a_pull_request_that_the_forge_has_squashed_is_reverted_where_it_is_now") {
        return;
    }
    lab.json(["land", "one", "two", "--to", "review"]);
    others(&lab, 20);
    lab.git(["merge", "-q", "--squash", "review"]);
    lab.commit("one and two (#1)");
    for is_branch_there in [true, false] {
        if !is_branch_there {
            lab.git(["branch", "-q", "-D", "review"]);
        }
        let before = lab.picture();
        lab.json(["revert", "one"]);
        assert_eq!(lab.read("f"), lines().replace("line 30\n", "by two\n").replace("line 20\n", "by others\n"));
        assert!(lab.root().join("two.txt").exists() && !lab.root().join("one.txt").exists());
        lab.json(["undo"]);
        assert_eq!(lab.picture(), before);
    }
}

#[test]
fn a_pull_request_that_was_merged_is_reverted_where_it_is_now_whatever_its_shape() {
    for (how, shape) in [("--ff", "squash"), ("--no-ff", "squash"), ("--ff", "merge"), ("--no-ff", "linear"), ("--ff", "linear")] {
        let lab = lab();
        for name in ["one", "two"] {
            lab.ready_task(name, &format!("{name}.txt"), name);
        }
        let start = lab.git(["rev-parse", "HEAD^{tree}"]);
        lab.json(["land", "one", "two", "--to", "review", "--shape", shape]);
        lab.git(["merge", "-q", "--no-edit", how, "review"]);
        let merged = lab.git(["rev-parse", "review"]);
        let answer = lab.json(["revert", "two"]);
        assert_eq!(answer["target"]["ref"], "refs/heads/main", "{how} {shape}");
        assert!(lab.root().join("one.txt").exists() && !lab.root().join("two.txt").exists(), "{how} {shape}");
        lab.json(["revert", "one"]);
        assert_eq!(lab.git(["rev-parse", "HEAD^{tree}", "review"]), format!("{start}\n{merged}"), "{how} {shape}");
    }
}

#[test]
fn what_a_forge_merged_is_seen_after_a_fetch_and_reverted_on_a_branch_of_its_own() {
    let lab = lab();
    let (remote, clone) = (lab.outside().join("forge.git"), lab.outside().join("clone"));
    let (remote, clone) = (remote.to_str().unwrap(), clone.to_str().unwrap());
    lab.git(["clone", "-q", "--bare", ".", remote]);
    lab.git(["remote", "add", "origin", remote]);
    lab.git(["fetch", "-q"]);
    lab.git(["branch", "-q", "-u", "origin/main"]);
    edits(&lab, "k7", 30);
    lab.git(["push", "-q", "origin", "takeback/k7"]);
    lab.git(["clone", "-q", "-b", "main", remote, clone]);
    lab.git(["-C", clone, "merge", "-q", "--squash", "origin/takeback/k7"]);
    lab.git(["-C", clone, "-c", "user.name=F", "-c", "user.email=f@example.org", "commit", "-q", "-m", "k7 (#1)"]);
    lab.git(["-C", clone, "push", "-q", "origin", "main"]);
    assert_eq!(landed(&lab, "k7").0, "ready");
    lab.git(["fetch", "-q"]);
    let merged = lab.git(["rev-parse", "origin/main"]);
    assert_eq!(landed(&lab, "k7"), ("landed".to_owned(), "refs/remotes/origin/main".to_owned(), merged.clone(), true));
    lab.refused(["revert", "k7"], 3);
    lab.json(["revert", "k7", "--to", "take-back"]);
    assert_eq!(lab.git(["rev-parse", "take-back~1"]), merged);
    assert_eq!(lab.git(["show", "take-back:f"]), lines().trim_end());
}

#[test]
fn land_as_writes_down_what_nobody_could_find_and_undo_forgets_it_again() {
    let lab = lab();
    edits(&lab, "k7", 30);
    lab.write("f", lab.read("f").replace("line 30\n", "by k7, in other words\n"));
    lab.write("k7.txt", "one\n");
    let theirs = lab.commit("k7, reworded");
    assert_eq!(landed(&lab, "k7").0, "ready");
    let before = lab.picture();
    let dry = lab.json(["land", "k7", "--as", "HEAD", "--dry-run"]);
    assert_eq!((&dry["operation"], lab.picture()), (&Value::Null, before.clone()));
    lab.json(["land", "k7", "--as", "HEAD"]);
    assert_eq!(landed(&lab, "k7"), ("landed".to_owned(), "refs/heads/main".to_owned(), theirs.clone(), false));
    assert_eq!(lab.git(["branch", "--list", "takeback/*"]), "");
    lab.json(["revert", "k7"]);
    assert_eq!((lab.read("f"), lab.root().join("k7.txt").exists()), (lines(), false), "as that commit found it");
    lab.json(["undo"]);
    lab.json(["undo"]);
    assert_eq!(lab.picture(), before);
}

#[test]
fn land_as_a_commit_that_is_not_on_the_branch_is_refused() {
    let lab = lab();
    edits(&lab, "k7", 30);
    lab.git(["switch", "-q", "-c", "aside"]);
    others(&lab, 3);
    let before = lab.picture();
    let (code, answer) = lab.answer(["land", "k7", "--as", "aside"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (3, &"state".into()));
    assert_eq!(lab.answer(["land", "k7", "--as", "no-such"]).0, 2);
    assert_eq!(lab.picture(), before);
}

#[test]
fn the_printed_line_of_land_as_is_one_that_git_takes_and_takes_back_no_more_than_the_tasks() {
    let lab = lab();
    edits(&lab, "one", 10);
    edits(&lab, "two", 30);
    if !lab.git_merges("the_printed_line_of_land_as_is_one_that_git_takes_and_takes_back_no_more_than_the_tasks") {
        return;
    }
    let before = lab.git(["rev-parse", "HEAD^{tree}"]);
    lab.git(["switch", "-q", "-c", "pr"]);
    lab.git(["merge", "-q", "--no-edit", "takeback/one"]);
    lab.git(["merge", "-q", "--no-edit", "takeback/two"]);
    lab.git(["switch", "-q", "main"]);
    lab.git(["merge", "-q", "--no-ff", "-m", "Merge pr", "pr"]);
    let line = |ids: &[&str]| {
        let said = lab.ok(["land"].iter().chain(ids).chain(&["--as", "HEAD"]));
        said.lines().find_map(|l| l.trim().strip_prefix("without takeback: git ")).map(ToOwned::to_owned)
    };
    assert_eq!(line(&["one"]), None, "it brought two as well");
    lab.json(["undo"]);
    let line = line(&["one", "two"]).unwrap();
    lab.git(line.split(' ').chain(["--no-edit"]));
    assert_eq!(lab.git(["rev-parse", "HEAD^{tree}"]), before, "{line}");
}

#[test]
fn a_task_cannot_have_landed_as_what_it_was_made_from() {
    let lab = lab();
    edits(&lab, "k7", 30);
    others(&lab, 3);
    for commit in ["HEAD~1", "HEAD~2"] {
        let (code, answer) = lab.answer(["land", "k7", "--as", commit]);
        assert_eq!((code, &answer["refused"][0]["kind"]), (3, &"state".into()), "{answer}");
    }
    assert_eq!(landed(&lab, "k7").0, "ready");
}

#[test]
fn a_deletion_is_not_taken_for_half_of_a_renaming() {
    let lab = lab();
    for name in ["k7", "k8"] {
        lab.json(["run", "--wait", "--name", name, "--shell", "rm a.txt"]);
    }
    lab.git(["mv", "a.txt", "b.txt"]);
    lab.commit("renamed");
    assert_eq!(landed(&lab, "k7").0, "ready");
    lab.git(["mv", "b.txt", "a.txt"]);
    lab.commit("and back");
    lab.git(["rm", "-q", "a.txt"]);
    let deleted = lab.commit("deleted");
    assert_eq!(landed(&lab, "k8"), on_main(&deleted));
}

#[test]
fn a_wait_tells_how_the_task_went_wherever_its_change_is() {
    let lab = lab();
    lab.refused(["run", "--wait", "--name", "k7", "--shell", "echo 1 > new; exit 3"], 1);
    lab.git(["cherry-pick", "takeback/k7"]);
    assert_eq!(landed(&lab, "k7").0, "landed");
    let (code, answer) = lab.answer(["wait", "k7"]);
    assert_eq!((code, &answer["task"]["state"]), (1, &"failed".into()));
}
