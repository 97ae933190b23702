//! `land --keep-commits`: a task's own commits on the target, by what git says of them.

use serde_json::{Value, json};

use crate::lab::{Lab, said};

/// Two commits by somebody else, the second in Latin-1, and a file that is in neither.
const WORK: &str = "export GIT_AUTHOR_NAME='An Author' GIT_AUTHOR_EMAIL=author@example.org GIT_AUTHOR_DATE='2025-03-04T05:06:07+0130'
    echo 1 > one && git add one && git commit -qm 'First step' -m 'Why it is taken.' -m 'Fixes: #3'
    echo 2 > two && git add two && printf 'Caf\\351\\n' > message && git -c i18n.commitEncoding=latin1 commit -qF message && rm message
    echo 3 > three";

fn handed_off(name: &str, script: &str) -> Lab {
    let lab = Lab::new();
    hand_off(&lab, name, script);
    lab
}

#[track_caller]
fn hand_off(lab: &Lab, name: &str, script: &str) -> Value {
    let answer = lab.json(["run", "--wait", "--name", name, "--shell", script]);
    assert_eq!(answer["task"]["state"], "ready", "{answer}");
    answer["task"].clone()
}

#[track_caller]
fn refused(lab: &Lab, args: &[&str], kind: &str) -> Value {
    let before = lab.picture();
    let (code, answer) = lab.answer([&["land", "--keep-commits"], args].concat());
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &json!(kind)), "{answer}");
    assert_eq!(lab.picture(), before);
    answer["refused"][0].clone()
}

#[test]
fn a_tasks_own_commits_keep_author_date_and_message_and_the_rest_comes_last() {
    let lab = handed_off("k7", WORK);
    let uid = lab.task("k7")["uid"].as_str().unwrap().to_owned();
    lab.write("later.txt", "later\n");
    let start = lab.commit("others went on");
    let before = lab.picture();
    lab.json(["land", "k7", "--keep-commits", "--shape", "linear"]);
    let range = format!("{start}..main");
    assert_eq!(
        lab.git(["log", "--reverse", "--format=%an %ai %cn %s", &range]),
        "An Author 2025-03-04 05:06:07 +0130 A Tester First step\n\
         An Author 2025-03-04 05:06:07 +0130 A Tester Café\n\
         A Tester 2026-01-02 03:04:05 +0000 A Tester Land k7: what it had not committed"
    );
    assert_eq!(lab.git(["log", "--format=%(trailers:key=Takeback-Task,valueonly)", &range]).matches(&uid).count(), 3);
    let first = lab.git(["show", "-s", "--format=%b", "main~2"]);
    assert_eq!(first.trim_end(), format!("Why it is taken.\n\nFixes: #3\nTakeback-Task: {uid}"));
    assert!(lab.git(["cat-file", "commit", "main~1"]).contains("\nencoding latin1\n"));
    assert_eq!(lab.git(["diff", "--name-only", &start, "main"]), "one\nthree\ntwo");
    assert_eq!(lab.git(["diff", "--name-only", "main~2", "main~1"]), "two");
    assert_eq!(lab.git(["status", "--porcelain"]), "");
    lab.git(["fsck", "--strict", "--no-dangling"]);
    lab.json(["undo"]);
    assert_eq!(lab.picture(), before);
}

#[test]
fn the_tree_is_that_of_a_landing_in_one_commit_and_the_printed_line_takes_it_back() {
    for shape in ["merge", "linear"] {
        let lab = handed_off("k7", WORK);
        lab.ready_task("b", "b.new", "b");
        let before = lab.git(["rev-parse", "main^{tree}"]);
        let plain = lab.json(["land", "k7", "--dry-run"]);
        lab.json(["land", "k7"]);
        let tree = lab.git(["rev-parse", "main^{tree}"]);
        lab.json(["undo"]);
        assert_eq!(plain["files"], 3);
        let landed = lab.json(["land", "k7", "--keep-commits", "--shape", shape]);
        assert_eq!(lab.git(["rev-parse", "main^{tree}"]), tree, "{shape}");
        let line = landed["git_line"].as_str().unwrap();
        said(&lab.command("sh").env("GIT_EDITOR", "true").args(["-c", line]).output().unwrap(), 0);
        assert_eq!(lab.git(["rev-parse", "main^{tree}"]), before, "{shape}: {line}");

        let lab = handed_off("k7", WORK);
        lab.ready_task("b", "b.new", "b");
        let landed = lab.json(["land", "k7", "b", "--keep-commits", "--shape", shape]);
        let line = landed["commits"][0]["git_line"].as_str().unwrap();
        said(&lab.command("sh").env("GIT_EDITOR", "true").args(["-c", line]).output().unwrap(), 0);
        assert_eq!(lab.git(["ls-tree", "--name-only", "main"]), "a.txt\nb.new\nb", "{shape}: {line}");
    }
}

#[test]
fn several_commits_of_one_task_are_joined_by_a_merge_that_has_the_users_own_text() {
    let lab = handed_off("k7", WORK);
    lab.json(["land", "k7", "--keep-commits", "-m", "Tables"]);
    assert_eq!(lab.git(["log", "-1", "--format=%s"]), "Tables");
    assert_eq!(lab.git(["rev-list", "--count", "main^1..main^2"]), "3");
}

#[test]
fn a_task_without_commits_of_its_own_lands_as_one_commit() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.json(["land", "k7", "--keep-commits"]);
    assert_eq!(lab.git(["log", "-1", "--format=%s"]), "Land k7");
    assert_eq!(lab.git(["rev-list", "--count", "main"]), "2");
}

#[test]
fn a_merge_of_the_tasks_own_is_one_commit_and_an_empty_one_is_left_out() {
    let script = "git switch -q -c side && echo s > s && git add s && git commit -qm side && git switch -q - && echo m > m && git add m \
                  && git commit -qm mine && git merge -q --no-ff -m 'the merge' side && git commit -q --allow-empty -m nothing";
    let lab = handed_off("k7", script);
    lab.json(["land", "k7", "--keep-commits", "--shape", "linear"]);
    assert_eq!(lab.git(["log", "--format=%s"]), "the merge\nmine\nstart");
    assert_eq!(lab.git(["diff", "--name-only", "main~1", "main"]), "s");
}

#[test]
fn commits_that_do_not_follow_the_base_are_not_kept_and_that_is_said() {
    let lab =
        handed_off("k7", "git checkout -q --orphan other && git commit -qm again && echo x > x && git add x && git commit -qm x");
    refused(&lab, &["k7"], "commits");
    lab.json(["land", "k7"]);
    assert_eq!(lab.git(["diff", "--name-only", "main~1", "main"]), "x");
}

#[test]
fn a_commit_on_the_way_that_meets_the_target_is_named_with_its_paths() {
    let lab = handed_off(
        "k7",
        "echo half > a.txt && git commit -qam half && git checkout -q HEAD~1 a.txt && echo x > x && git add . && git commit -qm whole",
    );
    lab.write("a.txt", "ours\n");
    lab.commit("meanwhile");
    if !lab.git_merges("a_commit_on_the_way_that_meets_the_target") {
        return;
    }
    let refusal = refused(&lab, &["k7"], "commits");
    assert_eq!(refusal["paths"], json!(["a.txt"]));
    lab.json(["land", "k7"]);
    assert_eq!((lab.read("a.txt"), lab.read("x")), ("ours\n".to_owned(), "x\n".to_owned()));
}

#[test]
fn what_a_task_committed_outside_its_scope_and_took_back_is_not_published() {
    let lab = Lab::new();
    let script = "echo secret > .env && git add . && git commit -qm oops && git rm -q .env && echo 1 > in.tex && git add . && git commit -qm good";
    let answer = lab.json(["run", "--wait", "--name", "k7", "--only", "*.tex", "--shell", script]);
    assert_eq!(answer["task"]["state"], "ready", "{answer}");
    assert_eq!(refused(&lab, &["k7"], "outside")["paths"], json!([".env"]));
    lab.json(["land", "k7", "--keep-commits", "--allow-path", ".env"]);
    assert_eq!(lab.git(["rev-list", "--count", "main"]), "4");
}

#[test]
fn kept_commits_are_signed_with_the_author_they_have() {
    let lab = handed_off("k7", WORK);
    let key = lab.outside().join("key");
    let made = lab.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
    if !made.is_ok_and(|status| status.success()) {
        return crate::skip("kept_commits_are_signed_with_the_author_they_have", "ssh-keygen is missing");
    }
    for (name, value) in [("gpg.format", "ssh"), ("user.signingKey", key.to_str().unwrap()), ("commit.gpgSign", "true")] {
        lab.git(["config", name, value]);
    }
    lab.json(["land", "k7", "--keep-commits", "--shape", "linear"]);
    assert_eq!(lab.git(["log", "-2", "--skip=1", "--format=%an %ai"]).matches("An Author 2025-03-04 05:06:07 +0130").count(), 2);
    for commit in ["main", "main~1", "main~2"] {
        let text = lab.git(["cat-file", "commit", commit]);
        assert!(text.contains("BEGIN SSH SIGNATURE"), "{text}");
    }
    assert_eq!(lab.git(["show", "-s", "--format=%s", "main~1"]), "Café");
}
