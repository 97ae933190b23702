//! Bad input: each its own message with object, cause and next step, and its exit code.

use std::fs::{self, File};
use std::path::Path;

use serde_json::Value;

use crate::lab::{Lab, wait_until};

/// Kinds of errors that no test here can bring about, each with why.
const NOT_HERE: [(&str, &str); 3] = [
    ("disk-full", "needs a small file system"),
    ("git", "what libgit2 says about a repository that is broken"),
    ("collected", "needs a foreign gc after our pins are deleted by hand"),
];

/// Runs the program both ways: for scripts it must say `kind`, for people it must have a hint. Returns the error object.
#[track_caller]
fn refused(lab: &Lab, args: &[&str], code: i32, kind: &str) -> Value {
    let stderr = lab.refused(args, code);
    assert!(stderr.contains("error: "), "{stderr}");
    let (_, answer) = lab.answer(args);
    let error = answer["error"].clone();
    assert_eq!(error["kind"], kind, "{answer}");
    assert!(error["hint"].is_string() && stderr.contains("hint: "), "no next step: {stderr}");
    error
}

#[test]
fn a_bare_repository() {
    let lab = Lab::new();
    lab.git(["clone", "-q", "--bare", ".", "../bare.git"]);
    let error = refused(&lab, &["-C", "../bare.git", "run", "--", "ls"], 3, "bare");
    assert!(error["object"].as_str().unwrap().contains("bare.git"), "{error}");
}

#[test]
fn a_branch_without_a_commit() {
    refused(&Lab::without_commits(), &["run", "--", "ls"], 3, "unborn");
}

#[test]
fn no_branch_to_land_on() {
    let lab = Lab::new();
    lab.git(["checkout", "-q", "--detach"]);
    lab.ready_task("k7", "x", "1");
    let error = refused(&lab, &["land", "k7"], 3, "detached");
    assert_eq!(error["object"], "k7");
    assert_eq!(lab.json(["land", "k7", "--to", "main"])["landed"], serde_json::json!(["k7"]));
}

#[test]
fn a_revision_that_does_not_exist() {
    let lab = Lab::new();
    assert_eq!(refused(&lab, &["run", "--base", "ghost", "--", "ls"], 2, "unknown-revision")["object"], "ghost");
    lab.ready_task("k7", "x", "1");
    assert_eq!(refused(&lab, &["land", "k7", "--to", "new", "--onto", "ghost"], 2, "unknown-revision")["object"], "ghost");
}

#[test]
fn a_folder_that_is_not_in_the_base() {
    let lab = Lab::new();
    fs::create_dir(lab.root().join("new")).unwrap();
    refused(&lab, &["run", "--cwd", "new", "--", "ls"], 2, "unknown-folder");
    refused(&lab, &["-C", "new", "run", "--", "ls"], 2, "unknown-folder");
    refused(&lab, &["run", "--cwd", "../..", "--", "ls"], 2, "unknown-folder");
}

#[test]
fn nobody_to_commit_as_is_found_before_the_run() {
    let lab = Lab::new();
    lab.git(["config", "--unset", "user.name"]);
    lab.git(["config", "--unset", "user.email"]);
    let mut command = lab.takeback(["--json", "run", "--", "ls"]);
    for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &answer["error"]["kind"]), (Some(3), &"no-identity".into()), "{answer}");
    assert!(answer["error"]["hint"].as_str().unwrap().contains("git config user.name"), "{answer}");
    assert_eq!(lab.json(["list"])["tasks"], serde_json::json!([]));
}

#[test]
fn a_name_that_is_none_or_is_taken() {
    let lab = Lab::new();
    assert_eq!(refused(&lab, &["run", "--name", "Big Name", "--", "ls"], 2, "bad-name")["object"], "Big Name");
    lab.ready_task("k7", "x", "1");
    assert_eq!(refused(&lab, &["run", "--name", "k7", "--", "ls"], 3, "name-taken")["object"], "k7");
}

#[test]
fn a_prefix_that_several_tasks_have() {
    let lab = Lab::new();
    lab.ready_task("ta", "x", "1");
    lab.ready_task("tb", "y", "1");
    assert_eq!(refused(&lab, &["land", "t"], 3, "ambiguous")["object"], "t");
    refused(&lab, &["show", "x"], 2, "unknown");
}

#[test]
fn a_branch_named_like_the_prefix() {
    let lab = Lab::new();
    lab.git(["branch", "takeback"]);
    let error = refused(&lab, &["run", "--", "ls"], 3, "prefix-is-branch");
    assert!(error["hint"].as_str().unwrap().contains("takeback.branchPrefix"), "{error}");
    lab.git(["config", "takeback.branchPrefix", "tasks"]);
    lab.ready_task("k7", "x", "1");
    assert!(!lab.git(["rev-parse", "tasks/k7"]).is_empty());
}

#[test]
fn a_command_or_a_check_that_is_not_found() {
    let lab = Lab::new();
    for args in [&["run", "--", "no-such-program"] as &[&str], &["run", "--", "./a.sh"], &["run", "--", ""]] {
        refused(&lab, args, 2, "command-not-found");
    }
    refused(&lab, &["run", "--check", "no-such-check --all", "--", "ls"], 2, "check-not-found");
    let (code, answer) = lab.answer(["run", "--wait", "--setup", "true", "--", "no-such-program"]);
    assert_eq!((code, &answer["task"]["reason"]), (1, &"spawn".into()), "with a setup only the run can tell: {answer}");
}

#[test]
fn options_that_say_nothing() {
    let lab = Lab::new();
    refused(&lab, &["run", "--shell", ""], 2, "usage");
    refused(&lab, &["run", "--only", "[", "--", "ls"], 2, "usage");
    lab.ready_task("k7", "x", "1");
    refused(&lab, &["land", "k7", "k7"], 2, "usage");
    refused(&lab, &["land", "k7", "--allow-path", "["], 2, "usage");
}

#[test]
fn a_state_dir_that_is_not_writable_or_lies_inside() {
    let lab = Lab::new();
    lab.write("../file", "");
    for dir in ["../file/below", "a/folder/inside"] {
        let output = lab.takeback(["--json", "run", "--", "ls"]).env("TAKEBACK_STATE_DIR", lab.root().join(dir)).output().unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &answer["error"]["kind"]), (Some(4), &"state-dir".into()), "{dir}: {answer}");
        assert!(answer["error"]["hint"].as_str().unwrap().contains("takeback.stateDir"));
    }
}

#[test]
fn a_lock_that_another_process_holds() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1");
    let lock = File::options().read(true).write(true).open(lab.root().join(".git/takeback/locks/writer")).unwrap();
    lock.lock().unwrap();
    let (code, answer) = lab.answer(["land", "k7"]);
    assert_eq!((code, &answer["error"]["kind"]), (3, &"locked".into()), "{answer}");
    assert_eq!(lab.task("k7")["state"], "ready", "reading needs no lock");
    drop(lock);
    lab.ok(["land", "k7"]);
}

#[test]
fn files_of_a_newer_version() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1");
    let path = lab.root().join(".git/takeback/format.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"major\":1", "\"major\":2").replace("\"major\": 1", "\"major\": 2")).unwrap();
    assert!(refused(&lab, &["list"], 3, "format")["object"].as_str().unwrap().ends_with("format.json"));
    refused(&lab, &["land", "k7"], 3, "format");
}

#[test]
fn a_journal_that_is_damaged_in_the_middle() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1");
    lab.ok(["land", "k7"]);
    let path = lab.root().join(".git/takeback/journal.jsonl");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.iter().position(|b| *b == b'\n').unwrap() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(refused(&lab, &["list"], 4, "damaged")["object"].as_str().unwrap().ends_with("journal.jsonl"));
}

#[test]
fn a_setting_that_cannot_be_read() {
    let lab = Lab::new();
    lab.git(["config", "takeback.timeout", "soon"]);
    assert_eq!(refused(&lab, &["run", "--", "ls"], 4, "configuration")["object"], "takeback.timeout");
}

#[test]
fn a_repository_that_cannot_be_served_rightly() {
    let lab = Lab::new();
    lab.write(".gitattributes", "*.bin filter=lfs\n");
    lab.commit("large files");
    refused(&lab, &["run", "--", "ls"], 4, "unsupported");
}

#[test]
fn a_task_that_is_still_running_or_already_over() {
    let lab = Lab::new();
    lab.ok(["run", "--name", "k7", "--", "sleep", "600"]);
    wait_until("it runs", || lab.task("k7")["state"] == "running");
    assert_eq!(refused(&lab, &["discard", "k7"], 3, "running")["object"], "k7");
    assert_eq!(lab.answer(["land", "k7"]).1["refused"][0]["kind"], "running");
    lab.ok(["cancel", "k7"]);
    assert_eq!(refused(&lab, &["cancel", "k7"], 3, "state")["object"], "k7");
    refused(&lab, &["diff", "k7"], 3, "state");
}

#[test]
fn an_undo_that_would_not_be_exact() {
    let lab = Lab::new();
    refused(&lab, &["undo"], 3, "nothing");
    lab.ready_task("k7", "x", "1\n");
    lab.ok(["land", "k7"]);
    lab.write("x", "changed since\n");
    refused(&lab, &["undo"], 3, "dirty");
    lab.git(["checkout", "-q", "x"]);
    lab.git(["commit", "-q", "--allow-empty", "-m", "on top"]);
    let error = refused(&lab, &["undo"], 3, "stale");
    assert_eq!(error["object"], "refs/heads/main");
    assert!(error["hint"].as_str().unwrap().contains("git revert "), "{error}");
}

#[test]
fn an_undo_of_what_others_have_seen() {
    let lab = Lab::new();
    lab.git(["clone", "-q", "--bare", ".", "../remote.git"]);
    lab.git(["remote", "add", "origin", "../remote.git"]);
    lab.ready_task("k7", "x", "1\n");
    lab.ok(["land", "k7"]);
    lab.git(["push", "-q", "origin", "main"]);
    let error = refused(&lab, &["undo"], 3, "pushed");
    assert!(error["hint"].as_str().unwrap().contains("git revert "), "{error}");
}

#[test]
fn a_git_that_does_not_know_an_option() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    let (code, answer) = lab.answer(["diff", "k7", "--", "--frobnicate"]);
    assert_eq!((code, &answer["error"]["kind"]), (4, &"command".into()), "{answer}");
}

#[test]
fn a_folder_for_outputs_that_cannot_be_made() {
    let lab = Lab::new();
    lab.write(".gitignore", "*.log\n");
    lab.commit("ignore");
    lab.json(["run", "--wait", "--name", "k7", "--shell", "echo > a.log"]);
    lab.write("../file", "");
    let (code, answer) = lab.answer(["outputs", "k7", "--to", "../file/below"]);
    assert_eq!((code, &answer["error"]["kind"]), (4, &"io".into()), "{answer}");
}

#[test]
fn a_checkout_with_changes_is_no_error_at_run() {
    let lab = Lab::new();
    lab.write("a.txt", "mine\n");
    let output = lab.run(["run", "--wait", "--name", "k7", "--", "cp", "a.txt", "b.txt"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--with-changes"), "{output:?}");
    assert_eq!(lab.git(["show", "takeback/k7:b.txt"]), "one");
    lab.json(["run", "--wait", "--with-changes", "--name", "k8", "--", "cp", "a.txt", "b.txt"]);
    assert_eq!(lab.git(["show", "takeback/k8:b.txt"]), "mine");
}

#[test]
fn a_repository_that_was_moved_goes_on() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    let moved = lab.outside().join("moved");
    fs::rename(lab.root(), &moved).unwrap();
    fs::create_dir(lab.root()).unwrap();
    let at = moved.to_str().unwrap();
    assert_eq!(lab.json(["-C", at, "show", "k7"])["task"]["state"], "ready");
    let output = lab.run(["-C", at, "land", "k7"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("moved"), "{output:?}");
    assert_eq!(lab.json(["-C", at, "run", "--wait", "--name", "k8", "--", "touch", "y"])["task"]["state"], "ready");
}

#[test]
fn a_repository_that_was_copied_takes_an_id_of_its_own() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.ok(["run", "--name", "runs", "--", "sleep", "600"]);
    wait_until("it runs", || lab.task("runs")["state"] == "running");
    let copy = lab.outside().join("copy");
    assert!(lab.command("cp").arg("-a").args([&lab.root(), &copy]).status().unwrap().success());
    let at = copy.to_str().unwrap();
    assert_eq!(lab.json(["-C", at, "show", "k7"])["task"]["state"], "ready");
    let output = lab.run(["-C", at, "run", "--wait", "--name", "own", "--", "touch", "y"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("is a copy of"), "{output:?}");
    assert_eq!(lab.json(["-C", at, "show", "runs"])["task"]["state"], "unknown");
    assert_eq!(lab.task("runs")["state"], "running", "the original's task is left alone");
    lab.ok(["cancel", "runs"]);
}

#[test]
fn every_kind_of_error_is_brought_about_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("src/engine/error.rs")).unwrap();
    let kinds: Vec<_> = table.lines().filter_map(|l| l.trim().strip_prefix("Self::")?.split('"').nth(1)).collect();
    assert!(kinds.len() > 30, "the table has moved: {kinds:?}");
    let mut tests = String::new();
    for entry in fs::read_dir(root.join("tests/it")).unwrap() {
        tests.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap_or_default());
    }
    let expected = |kind: &&str| tests.contains(&format!(", \"{kind}\")")) || tests.contains(&format!("&\"{kind}\".into()"));
    let missing: Vec<_> = kinds.iter().filter(|k| !expected(k) && !NOT_HERE.iter().any(|(kind, _)| kind == *k)).collect();
    assert!(missing.is_empty(), "no test expects {missing:?}");
}
