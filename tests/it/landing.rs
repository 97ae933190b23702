//! Landing and taking back, by what git and the file system say of it.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::lab::{Lab, said};

/// Hands off a shell text and waits; whatever becomes of it.
fn task(lab: &Lab, name: &str, script: &str) -> Value {
    lab.answer(["run", "--wait", "--name", name, "--shell", script]).1["task"].clone()
}

fn status(lab: &Lab) -> String {
    lab.git(["status", "--porcelain"])
}

#[track_caller]
fn sound(lab: &Lab) {
    lab.git(["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn a_target_that_another_worktree_has_takes_its_files_along_and_leaves_this_checkout_alone() {
    let lab = Lab::new();
    let other = lab.outside().join("other tree");
    lab.ready_task("k7", "a.txt", "two\n");
    lab.git(["switch", "-q", "-c", "mine"]);
    lab.git(["worktree", "add", "-q", other.to_str().unwrap(), "main"]);
    let before = lab.picture();
    lab.json(["land", "k7"]);
    assert_eq!(std::fs::read_to_string(other.join("a.txt")).unwrap(), "two\n");
    assert_eq!(lab.git(["-C", other.to_str().unwrap(), "status", "--porcelain"]), "");
    assert_eq!((lab.read("a.txt"), status(&lab)), ("one\n".to_owned(), String::new()));
    lab.json(["undo"]);
    assert_eq!(std::fs::read_to_string(other.join("a.txt")).unwrap(), "one\n");
    assert_eq!(lab.git(["-C", other.to_str().unwrap(), "status", "--porcelain"]), "");
    assert_eq!(lab.picture(), before);
}

#[test]
fn what_is_in_the_way_in_another_worktree_is_said_to_be_there() {
    let lab = Lab::new();
    let other = lab.outside().join("other tree");
    lab.ready_task("k7", "a.txt", "two\n");
    lab.ready_task("k8", "b.txt", "two\n");
    lab.json(["land", "k8"]);
    lab.git(["switch", "-q", "-c", "mine"]);
    lab.git(["worktree", "add", "-q", other.to_str().unwrap(), "main"]);
    for path in ["a.txt", "b.txt"] {
        std::fs::write(other.join(path), "mine\n").unwrap();
    }
    let place = format!("is in the way in the checkout {}", other.display());
    for verb in [["land", "k7"], ["revert", "k8"]] {
        let there = said(&lab.run(verb), 3);
        assert!(there.contains(&place), "{there}");
    }
    let here = said(&lab.takeback(["land", "k7"]).current_dir(&other).output().unwrap(), 3);
    assert!(here.contains("is in the way in the checkout\n"), "{here}");
}

#[test]
fn a_target_that_nobody_has_checked_out_moves_alone() {
    let lab = Lab::new();
    lab.ready_task("k7", "a.txt", "two\n");
    lab.git(["switch", "-q", "--detach"]);
    lab.json(["land", "k7"]);
    assert_eq!(lab.git(["show", "main:a.txt"]), "two");
    assert_eq!((lab.read("a.txt"), status(&lab)), ("one\n".to_owned(), String::new()));
}

#[test]
fn a_new_branch_is_made_for_a_pull_request_and_goes_when_that_is_undone() {
    let lab = Lab::new();
    lab.ready_task("k7", "a.txt", "two\n");
    let before = lab.picture();
    let landed = lab.json(["land", "k7", "--to", "fix/tables"]);
    assert_eq!(landed["target"]["from"], Value::Null);
    assert_eq!(lab.git(["rev-parse", "fix/tables~1"]), lab.git(["rev-parse", "main"]));
    assert_eq!(lab.read("a.txt"), "one\n");
    lab.json(["undo"]);
    assert_eq!(lab.picture(), before);
}

#[test]
fn several_tasks_are_a_commit_each_joined_by_one_merge_and_taken_back_as_one() {
    let lab = Lab::new();
    for name in ["a", "b", "c"] {
        lab.ready_task(name, &format!("{name}.new"), name);
    }
    let before = lab.picture();
    let main = lab.git(["rev-parse", "main"]);
    let said = lab.ok(["land", "a", "b", "c"]);
    assert!(said.contains("git revert -m 1 "), "{said}");
    assert_eq!(lab.git(["rev-parse", "main^1"]), main);
    assert_eq!(lab.git(["rev-list", "--count", "main^2", "^main^1"]), "3");
    assert_eq!(lab.git(["diff", "--name-only", "main^1", "main"]), "a.new\nb.new\nc.new");
    assert_eq!(status(&lab), "");
    let (code, answer) = lab.answer(["undo", "b"]);
    assert_eq!((code, &answer["error"]["kind"]), (3, &json!("stale")), "{answer}");
    assert!(answer["error"]["hint"].as_str().unwrap().contains("takeback undo "), "{answer}");
    let operation = lab.task("b")["landed"]["jointly"].as_str().unwrap().to_owned();
    let shown = lab.ok(["show", "b"]);
    assert!(shown.contains(&format!("takeback undo {operation} | takeback revert b")), "{shown}");
    lab.json(["undo", &operation]);
    assert_eq!(lab.picture(), before);
    sound(&lab);
}

#[test]
fn what_keeps_several_tasks_from_landing_is_said_once() {
    let lab = Lab::new();
    lab.ready_task("a", "a.txt", "two\n");
    lab.ready_task("b", "new.txt", "new\n");
    lab.write("a.txt", "mine\n");
    let output = lab.run(["land", "a", "b"]);
    let text = said(&output, 3);
    assert!(text.starts_with("refused: a and b cannot land: 1 modified file is in the way"), "{text}");
    assert_eq!((text.matches("a.txt").count(), text.matches("hint:").count()), (1, 1), "{text}");
    assert_eq!(lab.answer(["land", "a", "b"]).1["refused"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_said_of_many_tasks_is_a_line_for_all() {
    let lab = Lab::new();
    let names = ["a", "b", "c", "d"];
    for name in names {
        lab.ready_task(name, &format!("{name}.new"), name);
    }
    lab.ok(["land", "a", "b", "c", "d"]);
    for args in [&["revert", "a", "b", "c", "d", "--dry-run"][..], &["undo"]] {
        let answer = lab.json(args);
        assert!(answer["kept"].as_array().unwrap().contains(&json!("the results of a, b, c and 1 more")), "{answer}");
        let outside = answer["not_undone"].as_array().unwrap();
        let about = outside.iter().filter(|line| line.as_str().unwrap().contains("outside their worktrees")).count();
        assert_eq!(about, 1, "{answer}");
    }
    let answer = lab.json(["discard", "a", "b", "c", "d"]);
    let line = json!("the results of a, b, c and 1 more stay in reach, and undo brings them back");
    assert!(answer["kept"].as_array().unwrap().contains(&line), "{answer}");
}

#[test]
fn where_the_target_went_on_the_change_alone_is_brought_and_checked_on_what_comes_of_it() {
    let lab = Lab::new();
    let check = "test \"$(cat a.txt)$(cat other.txt 2>/dev/null)\" != twobad";
    lab.json(["run", "--wait", "--name", "k7", "--check", check, "--shell", "echo two > a.txt"]);
    lab.write("other.txt", "bad\n");
    lab.commit("others went on");
    let before = lab.picture();
    let (code, answer) = lab.answer(["land", "k7"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &json!("check")), "{answer}");
    assert_eq!(lab.picture(), before, "a refused landing changed something");
    let landed = lab.json(["land", "k7", "--no-check"]);
    assert_eq!(landed["untested"], json!(true));
    assert_eq!((lab.read("a.txt"), lab.read("other.txt")), ("two\n".to_owned(), "bad\n".to_owned()));
    lab.json(["undo"]);
    lab.write("other.txt", "good\n");
    lab.commit("mended");
    assert_eq!(lab.json(["land", "k7"])["untested"], json!(false));
}

#[test]
fn a_check_given_to_land_is_asked_even_about_a_tree_that_others_have_seen() {
    let lab = Lab::new();
    lab.ready_task("k7", "a.txt", "two\n");
    let (code, answer) = lab.answer(["land", "k7", "--check", "grep -q three a.txt"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &json!("check")), "{answer}");
    lab.json(["land", "k7", "--check", "grep -q two a.txt"]);
}

#[test]
fn changes_to_different_lines_of_one_file_are_merged_and_to_the_same_line_refused_by_path() {
    let lab = Lab::new();
    if !lab.git_merges("changes_to_different_lines") {
        return;
    }
    let lines = |first: &str, last: &str| format!("{first}\n{}{last}\n", "same\n".repeat(20));
    lab.write("long.txt", lines("1", "20"));
    lab.commit("long");
    lab.ready_task("first", "long.txt", &lines("one", "20"));
    lab.ready_task("last", "long.txt", &lines("1", "twenty"));
    lab.ready_task("clash", "long.txt", &lines("uno", "20"));
    lab.json(["land", "first"]);
    lab.json(["land", "last"]);
    assert_eq!(lab.read("long.txt"), lines("one", "twenty"));
    let before = lab.picture();
    let (code, answer) = lab.answer(["land", "clash"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &json!("conflict")), "{answer}");
    assert_eq!(answer["refused"][0]["paths"], json!(["long.txt"]));
    assert_eq!(lab.picture(), before);
}

#[test]
fn a_file_added_to_a_folder_that_was_renamed_meanwhile_lands_in_the_new_one_as_git_does_it() {
    let lab = Lab::new();
    if !lab.git_merges("a_file_added_to_a_folder_that_was_renamed") {
        return;
    }
    for n in 0..4 {
        lab.write(format!("old/{n}.txt"), format!("{n}\n").repeat(10));
    }
    lab.commit("a folder");
    lab.ready_task("k7", "old/new.txt", "new\n");
    lab.git(["mv", "old", "renamed"]);
    lab.commit("renamed");
    // Git asks by default: merge.directoryRenames=conflict.
    let (code, answer) = lab.answer(["land", "k7"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &json!("conflict")), "{answer}");
    assert_eq!(answer["refused"][0]["paths"], json!(["renamed/new.txt"]));
    lab.git(["config", "merge.directoryRenames", "true"]);
    lab.json(["land", "k7"]);
    assert_eq!(lab.read("renamed/new.txt"), "new\n");
    assert!(!lab.root().join("old").exists());
    assert_eq!(status(&lab), "");
}

#[test]
fn a_file_that_both_sides_renamed_each_to_a_name_of_its_own_is_a_conflict_as_git_has_it() {
    let lab = Lab::new();
    if !lab.git_merges("a_file_that_both_sides_renamed") {
        return;
    }
    assert_eq!(task(&lab, "k7", "mv a.txt theirs.txt")["state"], "ready");
    assert_eq!(task(&lab, "gone", "rm a.txt")["state"], "ready");
    lab.git(["mv", "a.txt", "ours.txt"]);
    lab.commit("renamed");
    let before = lab.picture();
    for name in ["k7", "gone"] {
        let (code, answer) = lab.answer(["land", name]);
        assert_eq!((code, &answer["refused"][0]["kind"]), (1, &json!("conflict")), "{answer}");
    }
    assert_eq!(lab.picture(), before);
}

#[test]
fn work_of_the_user_on_other_paths_is_no_obstacle_and_stays() {
    let lab = Lab::new();
    lab.ready_task("k7", "a.txt", "two\n");
    lab.write("b/c.txt", "mine\n");
    lab.write("staged.txt", "mine too\n");
    lab.git(["add", "staged.txt"]);
    lab.write("untracked.txt", "and this\n");
    let mine = status(&lab);
    let before = lab.picture();
    lab.json(["land", "k7"]);
    assert_eq!((lab.read("a.txt"), status(&lab)), ("two\n".to_owned(), mine));
    lab.json(["undo"]);
    assert_eq!(lab.picture(), before);
}

#[test]
fn a_path_with_work_of_the_user_is_refused_by_its_name_whatever_git_calls_it() {
    let lab = Lab::new();
    lab.write(".gitignore", "*.log\n");
    lab.commit("ignore");
    let script = "echo 2 > a.txt; echo 2 > b/c.txt; echo new > new.txt; echo log > x.log; git add -f x.log";
    let asked = ["run", "--wait", "--name", "k7", "--commit-ignored", "x.log", "--shell", script];
    assert_eq!(lab.json(asked)["task"]["state"], "ready");
    lab.write("a.txt", "modified\n");
    lab.write("b/c.txt", "staged\n");
    lab.git(["add", "b/c.txt"]);
    lab.write("b/c.txt", "c\n");
    lab.write("new.txt", "untracked\n");
    lab.write("x.log", "ignored\n");
    let before = lab.picture();
    let (code, answer) = lab.answer(["land", "k7"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (3, &json!("dirty")), "{answer}");
    assert_eq!(answer["refused"][0]["paths"], json!(["a.txt", "b/c.txt", "new.txt", "x.log"]));
    assert_eq!(lab.picture(), before);
}

#[test]
fn files_folders_links_and_the_exec_bit_change_places_both_ways() {
    let lab = Lab::new();
    lab.write("file", "was a file\n");
    lab.write("folder/x", "was in a folder\n");
    lab.write("tool.sh", "#!/bin/sh\n");
    std::os::unix::fs::symlink("a.txt", lab.root().join("link")).unwrap();
    lab.commit("shapes");
    let script = "rm -r file folder link; mkdir file; echo now > file/inside; echo now > folder; ln -s b/c.txt link; \
                  chmod +x tool.sh; rm b/c.txt";
    assert_eq!(task(&lab, "k7", script)["state"], "ready");
    let before = lab.picture();
    lab.json(["land", "k7"]);
    assert_eq!((lab.read("file/inside"), lab.read("folder")), ("now\n".to_owned(), "now\n".to_owned()));
    assert_eq!(std::fs::read_link(lab.root().join("link")).unwrap().to_str(), Some("b/c.txt"));
    assert_ne!(std::fs::metadata(lab.root().join("tool.sh")).unwrap().permissions().mode() & 0o111, 0);
    assert!(!lab.root().join("b").exists(), "an empty folder was left");
    assert_eq!(status(&lab), "");
    lab.json(["undo"]);
    assert_eq!(lab.picture(), before);
    sound(&lab);
}

#[test]
fn line_ends_that_git_converts_are_written_as_git_writes_them() {
    let lab = Lab::new();
    lab.write(".gitattributes", "*.bat text eol=crlf\n");
    lab.write("run.bat", "one\r\n");
    lab.commit("windows");
    assert_eq!(task(&lab, "k7", "printf 'two\\r\\nthree\\r\\n' > run.bat; printf 'new\\r\\n' > new.bat")["state"], "ready");
    let before = lab.picture();
    lab.json(["land", "k7"]);
    assert_eq!((lab.read("run.bat"), lab.read("new.bat")), ("two\r\nthree\r\n".to_owned(), "new\r\n".to_owned()));
    assert_eq!(lab.git(["cat-file", "-p", "main:run.bat"]), "two\nthree");
    assert_eq!(status(&lab), "");
    lab.json(["undo"]);
    assert_eq!((lab.read("run.bat"), lab.picture()), ("one\r\n".to_owned(), before));
}

#[test]
fn what_failed_or_left_its_scope_lands_when_that_is_said_by_name() {
    let lab = Lab::new();
    assert_eq!(task(&lab, "broken", "echo half > half.txt; exit 3")["reason"], "exit");
    assert_eq!(lab.answer(["land", "broken"]).1["refused"][0]["kind"], "failed");
    lab.json(["land", "broken", "--allow-failed"]);
    assert_eq!(lab.read("half.txt"), "half\n");

    let script = "echo 1 > in.tex; mkdir out; echo 2 > out/side.txt";
    let (code, answer) = lab.answer(["run", "--wait", "--name", "wide", "--only", "*.tex", "--shell", script]);
    assert_eq!((code, &answer["task"]["reason"]), (1, &json!("outside")), "{answer}");
    assert_eq!(answer["task"]["outside"], json!(["out/side.txt"]));
    let (code, answer) = lab.answer(["land", "wide"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &json!("outside")), "{answer}");
    assert_eq!(answer["refused"][0]["paths"], json!(["out/side.txt"]));
    lab.json(["land", "wide", "--allow-path", "out"]);
    assert_eq!(lab.read("out/side.txt"), "2\n");
}

#[test]
fn undo_that_would_not_be_exact_says_why_and_touches_nothing() {
    let lab = Lab::new();
    lab.ready_task("k7", "a.txt", "two\n");
    lab.json(["land", "k7"]);
    let landed = lab.git(["rev-parse", "main"]);
    let refused = |kind: &str| {
        let before = lab.picture();
        let (code, answer) = lab.answer(["undo"]);
        assert_eq!((code, &answer["error"]["kind"]), (3, &json!(kind)), "{answer}");
        assert_eq!(lab.picture(), before);
        answer["error"].to_string()
    };
    lab.write("a.txt", "mine\n");
    assert!(refused("dirty").contains("a.txt"));
    lab.git(["checkout", "-q", "a.txt"]);
    lab.git(["update-ref", "refs/remotes/origin/main", &landed]);
    assert!(refused("pushed").contains("takeback revert k7"));
    lab.git(["update-ref", "-d", "refs/remotes/origin/main"]);
    lab.write("later.txt", "later\n");
    lab.commit("on top");
    let error = refused("stale");
    assert!(error.contains("refs/heads/main") && error.contains("takeback revert k7"), "{error}");
    lab.git(["reset", "-q", "--hard", &landed]);
    lab.json(["undo"]);
    assert_eq!(lab.read("a.txt"), "one\n");
}

#[test]
fn a_branch_that_others_have_built_on_is_not_offered_for_deletion() {
    let lab = Lab::new();
    if !lab.git_merges("a_branch_that_others_have_built_on_is_not_offered_for_deletion") {
        return;
    }
    lab.ready_task("k7", "a.txt", "two\n");
    lab.json(["land", "k7", "--to", "review"]);
    let landed = lab.git(["rev-parse", "--short=10", "review"]);
    lab.git(["switch", "-q", "review"]);
    lab.write("a.txt", "three\n");
    lab.commit("the same line");
    let said = lab.refused(["undo"], 3);
    assert!(said.contains(&format!("on that branch: git revert {landed}\n")), "{said}");
}

#[test]
fn a_branch_that_the_user_moved_is_left_to_the_user() {
    let lab = Lab::new();
    lab.ready_task("k7", "a.txt", "two\n");
    let own = lab.git(["commit-tree", "-m", "mine", "-p", "takeback/k7", "takeback/k7^{tree}"]);
    lab.git(["update-ref", "refs/heads/takeback/k7", &own]);
    lab.json(["land", "k7"]);
    assert_eq!(lab.git(["rev-parse", "takeback/k7"]), own);
    lab.json(["undo"]);
    lab.json(["discard", "k7"]);
    assert_eq!(lab.git(["rev-parse", "takeback/k7"]), own);
}

#[test]
fn what_is_on_the_target_already_is_not_landed_again() {
    let lab = Lab::new();
    lab.ready_task("k7", "a.txt", "two\n");
    lab.git(["cherry-pick", "takeback/k7"]);
    let (code, answer) = lab.answer(["land", "k7"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (3, &json!("landed")), "{answer}");
}

#[test]
fn a_task_from_the_checkouts_uncommitted_changes_lands_its_own_change_alone() {
    let lab = Lab::new();
    lab.write("a.txt", "one\nmine\n");
    lab.write("draft.txt", "draft\n");
    let script = "grep -q mine a.txt && cp draft.txt copy.txt";
    let answer = lab.json(["run", "--wait", "--name", "k7", "--with-changes", "--shell", script]);
    assert_eq!(answer["task"]["files"]["changed"], json!(1), "{answer}");
    let mine = status(&lab);
    lab.json(["land", "k7"]);
    assert_eq!((lab.read("copy.txt"), status(&lab)), ("draft\n".to_owned(), mine));
    assert_eq!(lab.git(["diff", "--name-only", "main~1", "main"]), "copy.txt");
}

#[test]
fn commits_are_signed_where_git_is_told_to() {
    let lab = Lab::new();
    let key = lab.outside().join("key");
    let made = lab.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
    if !made.is_ok_and(|status| status.success()) {
        return crate::skip("commits_are_signed_where_git_is_told_to", "ssh-keygen is missing");
    }
    lab.git(["config", "gpg.format", "ssh"]);
    lab.git(["config", "user.signingKey", key.to_str().unwrap()]);
    lab.git(["config", "commit.gpgSign", "true"]);
    lab.ready_task("k7", "a.txt", "two\n");
    lab.json(["land", "k7"]);
    assert!(lab.git(["cat-file", "-p", "main"]).contains("BEGIN SSH SIGNATURE"));
    assert_eq!(lab.read("a.txt"), "two\n");
}

#[test]
fn whatever_a_task_does_landing_and_undoing_it_is_as_if_nothing_had_been() {
    let edits = [
        "echo x >> a.txt",
        "rm -f a.txt",
        "rm -rf b",
        "mkdir -p deep/er && echo 1 > deep/er/f",
        "mv b c 2>/dev/null || true",
        "chmod +x a.txt 2>/dev/null || true",
        "printf 'bin\\0ary' > bin",
        "ln -sf nowhere dangling",
        "rm -rf b && echo 'b is a file' > b",
        "printf x > \"$(printf 'caf\\351 \\n\"q')\"",
        "git commit -qam mine 2>/dev/null || true",
    ];
    let mut seed = 7_u64;
    let mut pick = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % edits.len()
    };
    let lab = Lab::new();
    for n in 0..12 {
        let script: Vec<_> = (0..4).map(|_| edits[pick()]).collect();
        let name = format!("t{n}");
        let done = task(&lab, &name, &script.join("; "));
        if done["state"] != "ready" {
            continue;
        }
        let before = lab.picture();
        lab.json(["land", &name]);
        assert_eq!(status(&lab), "", "{script:?}");
        let landed = lab.git(["rev-parse", "main^{tree}"]);
        assert_eq!(landed, lab.git(["rev-parse", &format!("{}^{{tree}}", done["result"].as_str().unwrap())]), "{script:?}");
        lab.json(["undo"]);
        assert_eq!(lab.picture(), before, "{script:?}");
    }
    sound(&lab);
}
