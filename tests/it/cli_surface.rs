//! The command line's surface: help, usage errors, exit codes, JSON that needs no task.

use std::process::Stdio;

use crate::lab::{Lab, said};

const VERBS: [&str; 22] = [
    "run",
    "status",
    "list",
    "show",
    "logs",
    "watch",
    "wait",
    "cancel",
    "retry",
    "diff",
    "outputs",
    "open",
    "land",
    "discard",
    "undo",
    "redo",
    "ops",
    "config",
    "hooks",
    "demo",
    "completions",
    "man",
];

#[test]
fn the_first_page_of_help_names_every_verb_with_the_daily_ones_first() {
    let help = Lab::without_repository().ok(["--help"]);
    let mut at = 0;
    for verb in VERBS {
        let found = help[at..].find(&format!("\n  {verb} ")).unwrap_or_else(|| panic!("{verb} after {at} in\n{help}"));
        at += found;
    }
    for word in ["merge", "accept", "history", "Exit codes: 0 done"] {
        assert!(help.contains(word), "{word}");
    }
}

#[test]
fn every_verb_has_examples_and_says_what_undo_does() {
    let lab = Lab::without_repository();
    for verb in VERBS {
        let help = lab.ok([verb, "--help"]);
        assert!(help.contains(&format!("takeback {verb}")), "{help}");
        assert!(help.contains("Example") && help.contains("takeback undo"), "{help}");
    }
}

#[test]
fn a_command_line_that_cannot_be_understood_is_exit_2_with_a_next_step() {
    let lab = Lab::new();
    for args in [
        &["frobnicate"] as &[&str],
        &[],
        &["run"],
        &["run", "make"],
        &["run", "--timeout", "soon", "--", "ls"],
        &["run", "--shell", "ls", "--", "ls"],
        &["run", "--base", "main", "--with-changes", "--", "ls"],
        &["run", "--sandbox", "steel", "--", "ls"],
        &["land"],
        &["show"],
        &["diff"],
        &["completions", "tcl"],
        &["land", "a", "--onto", "main"],
    ] {
        let stderr = lab.refused(args, 2);
        assert!(stderr.contains("hint: "), "{args:?}: {stderr}");
        let (code, answer) = lab.answer(args);
        assert_eq!(code, 2, "{args:?}");
        assert_eq!(answer["error"]["kind"], "usage", "{args:?}: {answer}");
        assert!(answer["error"]["message"].as_str().is_some_and(|m| !m.is_empty() && !m.contains('\n')), "{answer}");
        assert!(answer["error"]["hint"].as_str().is_some_and(|h| h.contains("takeback")), "{answer}");
    }
}

#[test]
fn dashes_before_the_command_are_asked_for() {
    let stderr = Lab::new().refused(["run", "make", "-j2"], 2);
    assert!(stderr.contains("takeback run -- CMD"), "{stderr}");
}

#[test]
fn an_isolation_that_does_not_exist_yet_is_an_error_and_never_something_weaker() {
    let lab = Lab::new();
    for args in [&["--sandbox", "namespace"], &["--sandbox", "landlock"], &["--network", "off"]] {
        let (code, answer) = lab.answer([&["run"], args as &[&str], &["--", "touch", "x"]].concat());
        assert_eq!((code, &answer["error"]["kind"]), (4, &"sandbox".into()), "{answer}");
        assert_eq!(answer["error"]["object"], args.join(" "));
    }
    assert_eq!(lab.json(["list"])["tasks"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_repository_without_tasks_answers_with_empty_lists() {
    let lab = Lab::new();
    let before = lab.picture();
    for verb in ["list", "status"] {
        let answer = lab.json([verb]);
        assert_eq!(answer["tasks"], serde_json::json!([]));
        assert_eq!(answer["batches"], serde_json::json!([]));
        assert!(lab.ok([verb]).contains("takeback run"), "{verb}");
    }
    assert_eq!(lab.json(["ops"])["operations"], serde_json::json!([]));
    assert_eq!(lab.picture(), before);
    assert!(!lab.root().join(".git/takeback").exists(), "a reading command wrote");
}

#[test]
fn outside_of_a_repository_every_verb_but_three_says_so() {
    let lab = Lab::without_repository();
    for args in [&["list"] as &[&str], &["status"], &["run", "--", "ls"], &["land", "a"], &["undo"], &["-C", "nowhere", "list"]] {
        let (code, answer) = lab.answer(args);
        assert_eq!((code, &answer["error"]["kind"]), (4, &"not-a-repository".into()), "{args:?}: {answer}");
        assert!(lab.refused(args, 4).contains("hint: `git init`"), "{args:?}");
    }
}

#[test]
fn an_id_that_nothing_has_is_exit_2_and_named() {
    let lab = Lab::new();
    for verb in ["show", "wait", "logs", "diff", "outputs", "land", "discard", "cancel", "retry", "undo", "status"] {
        let (code, answer) = lab.answer([verb, "ghost"]);
        assert_eq!((code, &answer["error"]["kind"]), (2, &"unknown".into()), "{verb}: {answer}");
        assert_eq!(answer["error"]["object"], "ghost", "{verb}");
    }
}

#[test]
fn nothing_to_undo_or_redo_is_exit_3() {
    let lab = Lab::new();
    for verb in ["undo", "redo"] {
        let (code, answer) = lab.answer([verb]);
        assert_eq!((code, &answer["error"]["kind"]), (3, &"nothing".into()), "{verb}: {answer}");
    }
}

#[test]
fn the_dir_option_counts_as_git_has_it() {
    let lab = Lab::without_repository();
    lab.git(["init", "-q", "inner"]);
    lab.git(["-C", "inner", "commit", "-q", "--allow-empty", "-m", "start"]);
    assert_eq!(lab.json(["-C", "inner", "list"])["tasks"], serde_json::json!([]));
    assert_eq!(lab.json(["list", "-C", "inner"])["tasks"], serde_json::json!([]));
}

#[test]
fn the_second_binary_makes_git_takeback_work() {
    let lab = Lab::new();
    let folder = assert_cmd::cargo::cargo_bin!("git-takeback").parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let output = lab.command("git").env("PATH", &path).args(["takeback", "list"]).output().unwrap();
    assert!(said(&output, 0).contains("git takeback run"), "hints speak as the user does");
}

#[test]
fn completions_and_manual_pages_are_made_for_every_shell_and_verb() {
    let lab = Lab::without_repository();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = lab.ok(["completions", shell]);
        assert!(script.contains("with-changes"), "{shell}");
    }
    assert_eq!(lab.json(["completions", "bash"])["shell"], "bash");
    assert!(lab.ok(["man"]).starts_with(".ie") && lab.ok(["man", "land"]).contains("allow"));
    assert!(lab.refused(["man", "fly"], 2).contains("`fly`"));
}

#[test]
fn no_colours_where_nobody_sees_them() {
    let lab = Lab::new();
    for args in [&["--help"] as &[&str], &["list"], &["frobnicate"]] {
        let output = lab.run(args);
        assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b), "{args:?}");
    }
}

#[test]
fn a_reader_that_goes_early_is_no_panic() {
    let lab = Lab::without_repository();
    let mut child = lab.takeback(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_full_disk_under_stdout_is_an_error() {
    let lab = Lab::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = lab.takeback(["list"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
}
