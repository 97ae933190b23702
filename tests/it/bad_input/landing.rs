//! Landings that are refused for their tasks or for their target.

use super::{refused, row};
use crate::lab::{Lab, wait_until};

#[test]
fn a_landing_without_a_branch() {
    let lab = Lab::new();
    lab.git(["checkout", "-q", "--detach"]);
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7");
    let landed = lab.json(["land", "k7", "--to", "for-review"]);
    assert_eq!(landed["target"]["ref"], "refs/heads/for-review");
    assert_eq!(lab.git(["show", "for-review:x"]), "1");
    assert!(!lab.root().join("x").exists(), "the checkout is on no branch");
}

#[test]
fn a_landing_from_several_branches() {
    let lab = Lab::new();
    lab.ready_task("a", "a1", "1\n");
    lab.git(["checkout", "-q", "-b", "other"]);
    lab.ready_task("b", "b1", "1\n");
    refused(&lab, ["land", "a", "b"]).fits(&row!());
}

#[test]
fn a_branch_that_is_gone() {
    let lab = Lab::new();
    lab.git(["checkout", "-q", "-b", "short-lived"]);
    lab.ready_task("k7", "x", "1\n");
    lab.git(["checkout", "-q", "main"]);
    lab.git(["branch", "-q", "-D", "short-lived"]);
    refused(&lab, ["land", "k7"]).fits(&row!()).about("short-lived");
}

#[test]
fn a_bad_branch_name() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    for name in ["two words", "a..b", "x.lock"] {
        refused(&lab, ["land", "k7", "--to", name]).fits(&row!()).about(name);
    }
}

#[test]
fn an_unknown_start() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["land", "k7", "--to", "new", "--onto", "nowhere"]).fits(&row!()).about("nowhere");
}

#[test]
fn a_task_named_twice() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["land", "k7", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn landing_a_running_task() {
    let lab = Lab::new();
    lab.json(["run", "--name", "k7", "--", "sleep", "600"]);
    wait_until("it runs", || lab.task("k7")["started_at"].is_string());
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7");
    lab.json(["cancel", "k7"]);
}

#[test]
fn landing_a_failed_task() {
    let lab = Lab::new();
    lab.answer(["run", "--wait", "--name", "k7", "--shell", "echo 1 > x; false"]);
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7");
    lab.json(["land", "k7", "--allow-failed"]);
}

#[test]
fn landing_a_task_that_changed_nothing() {
    let lab = Lab::new();
    lab.json(["run", "--wait", "--name", "k7", "--", "true"]);
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn landing_a_failed_task_that_changed_nothing() {
    let lab = Lab::new();
    lab.answer(["run", "--wait", "--name", "k7", "--", "false"]);
    refused(&lab, ["land", "k7", "--allow-failed"]).fits(&row!()).about("k7");
}

#[test]
fn landing_a_landed_task() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.json(["land", "k7"]);
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn landing_what_is_there_already() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.git(["switch", "-q", "-c", "review"]);
    lab.write("x", "1\n");
    lab.commit("the same by hand");
    refused(&lab, ["land", "k7", "--to", "review"]).fits(&row!()).about("k7");
}

#[test]
fn landing_a_discarded_task() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.json(["discard", "k7"]);
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn landing_paths_outside_the_scope() {
    let lab = Lab::new();
    lab.answer(["run", "--wait", "--name", "k7", "--only", "b", "--shell", "echo 1 > b/x; echo 2 > y; echo 3 > z"]);
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7").at(&["y", "z"]);
    refused(&lab, ["land", "k7", "--allow-path", "y"]).fits(&row!()).at(&["z"]);
    lab.json(["land", "k7", "--allow-path", "y", "--allow-path", "z"]);
}

#[test]
fn landing_what_changed_its_check() {
    let lab = Lab::new();
    lab.write("check.sh", "false\n");
    lab.commit("a check");
    lab.json(["run", "--wait", "--name", "k7", "--check", "sh check.sh", "--shell", "echo true > check.sh; echo 2 > a.txt"]);
    assert_eq!(lab.task("k7")["checked"], "self-changed");
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7").at(&["check.sh"]);
    lab.json(["land", "k7", "--allow-self-changed"]);
}

#[test]
fn a_landings_check_that_it_changes_itself() {
    let lab = Lab::new();
    lab.write("check.sh", "false\n");
    lab.commit("a check");
    lab.ready_task("k7", "check.sh", "true\n");
    // The first try hangs the commits to be checked on refs of its own; they stay.
    lab.answer(["land", "k7", "--check", "sh check.sh"]);
    let said = super::Said::of(&lab.run(["--json", "land", "k7", "--check", "sh check.sh"]));
    let for_people = String::from_utf8(lab.run(["land", "k7", "--check", "sh check.sh"]).stdout).unwrap();
    assert!(for_people.contains("--allow-self-changed lands it"), "{for_people}");
    said.fits(&row!()).about("k7").at(&["check.sh"]);
    assert_eq!(lab.task("k7")["state"], "ready");
    lab.json(["land", "k7", "--check", "sh check.sh", "--allow-self-changed"]);
}

#[test]
fn a_bad_glob_at_landing() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["land", "k7", "--allow-path", "a[b"]).fits(&row!()).about("a[b");
}

#[test]
fn landing_on_a_protected_branch() {
    let lab = Lab::new();
    lab.git(["config", "takeback.landProtected", "ma*"]);
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7");
    lab.json(["land", "k7", "--to", "for-review"]);
}

#[test]
fn keeping_commits_that_do_not_follow_the_base() {
    let lab = Lab::new();
    lab.json([
        "run",
        "--wait",
        "--name",
        "k7",
        "--shell",
        "echo 1 > x && git checkout -q --orphan o && git add . && git commit -qm o",
    ]);
    refused(&lab, ["land", "k7", "--keep-commits"]).fits(&row!()).about("k7");
    lab.json(["land", "k7"]);
}

#[test]
fn keeping_a_commit_in_conflict() {
    let lab = Lab::new();
    if !lab.git_merges("keeping_a_commit_in_conflict") {
        return;
    }
    let script =
        "echo 2 > a.txt && git commit -qam on && git checkout -q HEAD~1 a.txt && echo 1 > x && git add . && git commit -qm off";
    lab.json(["run", "--wait", "--name", "k7", "--shell", script]);
    lab.write("a.txt", "ours\n");
    lab.commit("meanwhile");
    refused(&lab, ["land", "k7", "--keep-commits"]).fits(&row!()).about("k7").at(&["a.txt"]);
    lab.json(["land", "k7"]);
}

#[test]
fn keeping_a_commit_outside_the_scope() {
    let lab = Lab::new();
    let script = "echo 1 > y && git add . && git commit -qm on && git rm -q y && echo 1 > x && git add . && git commit -qm off";
    lab.json(["run", "--wait", "--name", "k7", "--only", "x", "--shell", script]);
    refused(&lab, ["land", "k7", "--keep-commits"]).fits(&row!()).about("k7").at(&["y"]);
    lab.json(["land", "k7"]);
}

#[test]
fn keeping_commits_in_a_squash() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["land", "k7", "--keep-commits", "--shape", "squash"]).fits(&row!());
}

#[test]
fn a_message_for_a_linear_landing() {
    let lab = Lab::new();
    lab.ready_task("a", "x", "1\n");
    lab.ready_task("b", "y", "1\n");
    refused(&lab, ["land", "a", "b", "-m", "both", "--shape", "linear"]).fits(&row!());
    lab.json(["land", "a", "-m", "one", "--shape", "linear"]);
}

#[test]
fn a_push_without_a_remote() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["land", "k7", "--push"]).fits(&row!()).about("main");
}

#[test]
fn a_push_with_several_remotes() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.git(["remote", "add", "mine", "/nowhere/mine"]);
    lab.git(["remote", "add", "theirs", "/nowhere/theirs"]);
    refused(&lab, ["land", "k7", "--push"]).fits(&row!()).about("main");
}

#[test]
fn a_landing_that_the_hook_refuses() {
    let lab = Lab::new();
    lab.write_program(".git/hooks/commit-msg", "#!/bin/sh\necho no ticket >&2\nexit 1\n");
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7");
    lab.json(["land", "k7", "--no-verify"]);
}

#[test]
fn a_landing_that_cannot_be_signed() {
    let lab = Lab::new();
    lab.git(["config", "gpg.program", "false"]);
    lab.git(["config", "commit.gpgSign", "true"]);
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["land", "k7"]).fits(&row!());
    assert_eq!(lab.task("k7")["state"], "ready");
    lab.json(["land", "k7", "--dry-run"]);
    lab.git(["config", "commit.gpgSign", "false"]);
    lab.json(["land", "k7"]);
}

#[test]
fn a_landing_in_conflict() {
    let lab = Lab::new();
    lab.write("many.txt", "1\n");
    lab.commit("more");
    lab.json(["run", "--wait", "--name", "k7", "--shell", "echo theirs > a.txt; echo theirs > b/c.txt; echo 2 >> many.txt"]);
    lab.write("a.txt", "ours\n");
    lab.write("b/c.txt", "ours\n");
    lab.commit("meanwhile");
    refused(&lab, ["land", "k7"]).fits(&row!()).about("k7").at(&["a.txt", "b/c.txt"]);
    assert_eq!(lab.task("k7")["state"], "ready");
}

/// Three ready tasks of which `b` has a file `bad`, and what is said when they are to land with a check.
#[track_caller]
fn three(lab: &Lab, check: &str, limit: &str) -> super::Said {
    lab.git(["config", "takeback.culpritRuns", limit]);
    lab.git(["config", "takeback.checkRetries", "0"]);
    for (name, path) in [("a", "x"), ("b", "bad"), ("c", "y")] {
        lab.ready_task(name, path, "1\n");
    }
    let before = lab.picture();
    let args = ["land", "a", "b", "c", "--check", check];
    let mut said = super::Said::of(&lab.run([&["--json"], &args[..]].concat()));
    // Asked again, a check that counts its runs may say something else; the hint is the same.
    said.hint = super::hint_for_people(lab.takeback(["--json"]).args(args));
    assert_eq!(lab.picture(), before);
    said
}

#[test]
fn a_landing_that_one_task_breaks() {
    let said = three(&Lab::new(), "test ! -e bad", "200").fits(&row!()).about("b");
    assert_eq!(said.answer["culprits"], serde_json::json!(["b"]));
}

#[test]
fn a_landing_on_a_branch_that_fails_the_check() {
    three(&Lab::new(), "false", "200").fits(&row!()).about("a");
}

#[test]
fn a_landing_whose_check_is_flaky() {
    let lab = Lab::new();
    // Of `a` and `b` it says yes, then no, and so on.
    let turn = lab.outside().join("turn");
    let check = format!("test ! -e bad || {{ test ! -e y && {{ mkdir {0} 2>/dev/null || ! rmdir {0}; }}; }}", turn.display());
    three(&lab, &check, "200").fits(&row!()).about("a");
}

#[test]
fn a_search_for_who_breaks_a_landing_that_is_cut_short() {
    three(&Lab::new(), "test ! -e bad", "1").fits(&row!()).about("a");
}

#[test]
fn a_landing_whose_check_says_no() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    // The first try hangs the commits to be checked on refs of its own; they stay.
    lab.answer(["land", "k7", "--check", "test ! -e x"]);
    let said = super::Said::of(&lab.run(["--json", "land", "k7", "--check", "test ! -e x"]));
    said.fits(&row!()).about("k7");
    assert_eq!(lab.task("k7")["state"], "ready");
    assert_eq!(lab.git(["rev-parse", "main"]), lab.git(["rev-parse", "takeback/k7~1"]));
    assert_eq!(lab.git(["status", "--porcelain"]), "");
}
