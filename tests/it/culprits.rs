//! Who breaks a check that several tasks are to pass together: found by asking about the trees on the way, and left out or named.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::lab::{Lab, said, wait_until};

/// A repository with ready tasks, each with a file `<name>.new` that holds its second word.
fn with(tasks: &[(&str, &str)]) -> Lab {
    let lab = Lab::new();
    lab.git(["config", "takeback.checkRetries", "0"]);
    for (name, text) in tasks {
        lab.ready_task(name, &format!("{name}.new"), text);
    }
    lab
}

/// Eight tasks, of which `c` is bad by itself.
fn one_bad() -> Lab {
    with(&["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| (name, if name == "c" { "bad" } else { "fine" })))
}

const ALL: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Where [`counted`] notes what was asked.
fn asked(lab: &Lab) -> PathBuf {
    lab.outside().join("asked")
}

/// A check that also notes about which files it was asked.
fn counted(lab: &Lab, check: &str) -> String {
    format!("echo $(ls | grep -o '^.*[.]new' | cut -d. -f1) >> {}; {check}", asked(lab).display())
}

/// What the check was asked about, in order, since this was last looked at: the names of the tasks, run together.
fn looked_at(lab: &Lab) -> Vec<String> {
    let text = std::fs::read_to_string(asked(lab)).unwrap_or_default();
    drop(std::fs::remove_file(asked(lab)));
    text.lines().map(|line| line.replace(' ', "")).collect()
}

const NO_BAD: &str = "! grep -q bad *.new";

fn land(lab: &Lab, tasks: &[&str], more: &[&str]) -> (i32, Value) {
    lab.answer([&["land"], tasks, more].concat())
}

/// The message for each task that is refused.
fn refusals(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let refused = answer["refused"].as_array().unwrap();
    assert!(refused.iter().all(|refusal| refusal["kind"] == "check"), "{answer}");
    refused.iter().map(|refusal| (text(&refusal["task"]), text(&refusal["message"]))).collect()
}

fn message_of(answer: &Value, task: &str) -> String {
    let refused = refusals(answer).into_iter().find(|(name, _)| name == task);
    refused.unwrap_or_else(|| panic!("{task} is not refused: {answer}")).1
}

#[test]
fn the_one_who_breaks_a_check_is_named_and_nothing_lands() {
    let lab = one_bad();
    let (before, check) = (lab.picture(), counted(&lab, NO_BAD));
    let (code, answer) = land(&lab, &ALL, &["--check", &check]);
    assert_eq!((code, &answer["culprits"], &answer["landed"]), (1, &json!(["c"]), &json!([])), "{answer}");
    assert_eq!(lab.picture(), before, "a landing that was stopped changed something");
    let told = refusals(&answer);
    assert_eq!(told.iter().map(|(task, _)| task.as_str()).collect::<String>(), "cabdefgh");
    assert_eq!(
        message_of(&answer, "c"),
        format!("breaks the check `{check}` on top of what lands before it, and alone on the branch too")
    );
    assert!(told.iter().all(|(task, why)| task == "c" || *why == format!("is held up: `c` breaks the check `{check}`")));
    // All; the branch; the halves; with it and without it once more; it alone.
    assert_eq!(looked_at(&lab), ["abcdefgh", "", "abcd", "ab", "abc", "abc", "ab", "c"]);
    for task in ALL {
        assert_eq!(lab.task(task)["state"], "ready");
    }
    let rest: Vec<_> = ALL.into_iter().filter(|task| *task != "c").collect();
    lab.json([&["land", "--check", &check], &rest[..]].concat());
}

#[test]
fn what_a_person_reads_names_the_one_once_and_the_others_together() {
    let lab = one_bad();
    let output = lab.run([&["land", "--check", NO_BAD], &ALL[..]].concat());
    let text = said(&output, 1);
    assert!(text.contains("refused: c breaks the check `! grep -q bad *.new` on top of what lands before it"), "{text}");
    assert!(text.contains("  hint: takeback diff c shows what it does; takeback retry c --base HEAD does it again"), "{text}");
    assert!(text.contains("refused: a, b, d, e, f, g and h are held up: `c` breaks the check"), "{text}");
    assert!(text.contains("  hint: takeback land a b d e f g h lands them without it; --culprits evict leaves out"), "{text}");
    assert!(text.ends_with("nothing landed on main\nblamed: c\n"), "{text}");
    let progress = String::from_utf8(output.stderr).unwrap();
    assert!(progress.contains("the check `! grep -q bad *.new` says no: looking for the one who breaks it\n"), "{progress}");
    assert!(progress.contains("it is among 8 tasks (0 runs of the check so far)\n"), "{progress}");
    assert!(progress.contains("making sure of the one who breaks it (4 runs of the check so far)\n"), "{progress}");
    let evicted = lab.ok([&["land", "--culprits", "evict", "--check", NO_BAD], &ALL[..]].concat());
    assert!(evicted.starts_with("a, b, d, e, f, g and h landed on main"), "{evicted}");
    assert!(evicted.contains("refused: c breaks the check") && evicted.ends_with("blamed: c\n"), "{evicted}");
    assert!(evicted.contains("  hint: takeback diff c shows what it does; takeback retry c --base HEAD does it again, on what"));
}

#[test]
fn those_who_break_a_check_are_left_out_and_the_others_land() {
    let lab = with(&["a", "b", "c", "d", "e", "f", "g"].map(|name| (name, if "bf".contains(name) { "bad" } else { "fine" })));
    let (before, check) = (lab.picture(), counted(&lab, NO_BAD));
    let (code, answer) = land(&lab, &ALL[..7], &["--check", &check, "--culprits", "evict"]);
    assert_eq!((code, &answer["culprits"]), (0, &json!(["b", "f"])), "{answer}");
    assert_eq!(answer["landed"], json!(["a", "c", "d", "e", "g"]));
    assert_eq!(refusals(&answer).len(), 2);
    assert_eq!(message_of(&answer, "f"), format!("breaks the check `{check}` on top of what lands before it"));
    // A tree about which the check said yes is not asked about again, but to be sure of a culprit: the second search starts at `a`.
    assert_eq!(
        looked_at(&lab),
        ["abcdefg", "", "abc", "a", "ab", "ab", "a", "acdefg", "acd", "acde", "acdef", "acdef", "acde", "acdeg"]
    );
    assert_eq!(lab.git(["ls-files", "*.new"]), "a.new\nc.new\nd.new\ne.new\ng.new");
    assert_eq!(lab.git(["status", "--porcelain"]), "");
    assert_eq!((&lab.task("b")["state"], &lab.task("c")["state"]), (&json!("ready"), &json!("landed")));
    lab.json(["undo"]);
    assert_eq!(lab.picture(), before);
    lab.git(["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn the_next_search_begins_above_what_was_fine() {
    let lab = with(&ALL[..7].iter().map(|name| (*name, if "fg".contains(name) { "bad" } else { "fine" })).collect::<Vec<_>>());
    let check = counted(&lab, NO_BAD);
    let (code, answer) = land(&lab, &ALL[..7], &["--check", &check, "--culprits", "evict"]);
    assert_eq!((code, &answer["culprits"]), (0, &json!(["f", "g"])), "{answer}");
    // What is left in the end was fine already.
    assert_eq!(looked_at(&lab), ["abcdefg", "", "abc", "abcde", "abcdef", "abcdef", "abcde", "abcdeg", "abcdeg", "abcde"]);
}

#[test]
fn of_two_that_break_it_only_together_the_later_is_blamed_and_alone_it_does_not() {
    let lab = with(&ALL[..6].iter().map(|name| (*name, "fine")).collect::<Vec<_>>());
    let check = "! { test -e b.new && test -e e.new; }";
    for task in ["b", "e"] {
        lab.json(["land", task, "--check", check]);
        lab.json(["undo"]);
    }
    let (code, answer) = land(&lab, &ALL[..6], &["--check", check]);
    assert_eq!((code, &answer["culprits"]), (1, &json!(["e"])), "{answer}");
    let why = format!("breaks the check `{check}` on top of what lands before it; alone on the branch it does not");
    assert_eq!(message_of(&answer, "e"), why);
    let (code, answer) = land(&lab, &ALL[..6], &["--check", check, "--culprits", "evict"]);
    assert_eq!((code, &answer["culprits"], &answer["landed"]), (0, &json!(["e"]), &json!(["a", "b", "c", "d", "f"])), "{answer}");
}

#[test]
fn the_first_of_them_needs_no_further_run_to_be_alone() {
    let lab = with(&[("a", "bad"), ("b", "fine")]);
    let check = counted(&lab, NO_BAD);
    let (_, answer) = land(&lab, &["a", "b"], &["--check", &check]);
    assert_eq!(message_of(&answer, "a"), format!("breaks the check `{check}` on the branch alone"));
    assert_eq!(looked_at(&lab), ["ab", "", "a", "a", ""]);
}

#[test]
fn a_branch_that_fails_the_check_itself_is_said_and_nobody_is_blamed() {
    let lab = with(&[("a", "fine"), ("b", "fine"), ("c", "fine")]);
    lab.write("old.new", "bad\n");
    lab.commit("broken");
    let before = lab.picture();
    for fate in ["stop", "evict"] {
        let check = counted(&lab, NO_BAD);
        let (code, answer) = land(&lab, &["a", "b", "c"], &["--check", &check, "--culprits", fate]);
        assert_eq!((code, &answer["culprits"]), (1, &json!([])), "{answer}");
        let why = format!("would not pass the check `{check}` together with what is there: the branch as it is does not pass it");
        assert_eq!(refusals(&answer), ["a", "b", "c"].map(|task| (task.to_owned(), why.clone())));
        assert_eq!(looked_at(&lab), ["abcold", "old"]);
        assert_eq!(lab.picture(), before);
    }
}

#[test]
fn a_check_that_all_tasks_came_with_says_as_much_of_the_branch() {
    let lab = Lab::new();
    for name in ["a", "b"] {
        lab.json(["run", "--wait", "--name", name, "--check", NO_BAD, "--shell", &format!("echo fine > {name}.new")]);
    }
    lab.write("old.new", "bad\n");
    lab.commit("broken");
    let (code, answer) = land(&lab, &["a", "b"], &["--culprits", "evict"]);
    assert_eq!((code, &answer["culprits"]), (1, &json!([])), "{answer}");
    assert!(message_of(&answer, "a").ends_with(": the branch as it is does not pass it"), "{answer}");
}

#[test]
fn a_check_that_says_both_of_one_tree_blames_nobody() {
    for fate in ["stop", "evict"] {
        let lab = with(&[("a", "fine"), ("b", "bad"), ("c", "fine")]);
        let before = lab.picture();
        // It says yes to what it is asked about for the second time.
        let again = format!("test $(grep -cx \"$(echo $(ls *.new | cut -d. -f1))\" {}) -gt 1", asked(&lab).display());
        let check = counted(&lab, &format!("{NO_BAD} || {again}"));
        let (code, answer) = land(&lab, &["a", "b", "c"], &["--check", &check, "--culprits", fate]);
        assert_eq!((code, &answer["culprits"]), (1, &json!([])), "{answer}");
        assert!(
            message_of(&answer, "b").ends_with("; asked again it said otherwise: it is flaky, and nobody is blamed"),
            "{answer}"
        );
        assert_eq!(looked_at(&lab), ["abc", "", "a", "ab", "ab"]);
        assert_eq!(lab.picture(), before);
    }
}

#[test]
fn a_search_ends_when_its_runs_are_used_up_and_says_how_far_it_came() {
    let lab = one_bad();
    let check = counted(&lab, NO_BAD);
    let why = |runs: &str, far: &str| {
        format!(
            "would not pass the check `{check}` together with what is there; the search for who breaks it ended after {runs} \
             (takeback.culpritRuns) {far}"
        )
    };
    for (limit, message) in [
        ("0", format!("would not pass the check `{check}` together with what is there")),
        ("1", why("1 run", "among 8 tasks, from `a` to `h`")),
        ("3", why("3 runs", "among 2 tasks, from `c` to `d`")),
        ("5", why("5 runs", "at `c`, before that was sure")),
    ] {
        lab.git(["config", "takeback.culpritRuns", limit]);
        // A yes that is known costs no run.
        drop(std::fs::remove_dir_all(lab.root().join(".git/takeback/checks")));
        let (code, answer) = land(&lab, &ALL, &["--check", &check, "--culprits", "evict"]);
        assert_eq!((code, &answer["culprits"]), (1, &json!([])), "{answer}");
        assert_eq!(message_of(&answer, "h"), message);
        assert_eq!(looked_at(&lab).len(), 1 + limit.parse::<usize>().unwrap());
    }
    // Enough to be sure, and not for one more: whether it is so alone is left open.
    lab.git(["config", "takeback.culpritRuns", "6"]);
    drop(std::fs::remove_dir_all(lab.root().join(".git/takeback/checks")));
    let (_, answer) = land(&lab, &ALL, &["--check", &check]);
    assert_eq!(message_of(&answer, "c"), format!("breaks the check `{check}` on top of what lands before it"));
    // What is known by then, the branch and two of them, costs nothing.
    lab.git(["config", "takeback.culpritRuns", "4"]);
    assert_eq!(land(&lab, &ALL, &["--check", &check]).1["culprits"], json!(["c"]));
}

#[test]
fn what_was_found_before_the_runs_were_used_up_is_told() {
    let lab = with(&[("a", "bad"), ("b", "fine"), ("c", "bad"), ("d", "fine")]);
    lab.git(["config", "takeback.culpritRuns", "6"]);
    let before = lab.picture();
    let (code, answer) = land(&lab, &ALL[..4], &["--check", NO_BAD, "--culprits", "evict"]);
    assert_eq!((code, &answer["culprits"], &answer["landed"]), (1, &json!(["a"]), &json!([])), "{answer}");
    assert!(message_of(&answer, "a").starts_with("breaks the check "), "{answer}");
    assert!(message_of(&answer, "b").contains("ended after 6 runs (takeback.culpritRuns)"), "{answer}");
    assert_eq!(lab.picture(), before);
}

#[test]
fn culprits_are_found_and_left_out_in_every_shape() {
    for (shape, commits) in [("merge", 4), ("linear", 3), ("squash", 1)] {
        let lab = with(&[("a", "fine"), ("b", "bad"), ("c", "fine"), ("d", "fine")]);
        let main = lab.git(["rev-parse", "main"]);
        let (_, answer) = land(&lab, &ALL[..4], &["--check", NO_BAD, "--shape", shape]);
        assert_eq!(answer["culprits"], json!(["b"]), "{shape}: {answer}");
        let (code, answer) = land(&lab, &ALL[..4], &["--check", NO_BAD, "--shape", shape, "--culprits", "evict"]);
        assert_eq!((code, &answer["landed"]), (0, &json!(["a", "c", "d"])), "{shape}: {answer}");
        assert_eq!(lab.git(["rev-list", "--count", &format!("{main}..main")]), commits.to_string(), "{shape}");
        assert_eq!(lab.git(["diff", "--name-only", &main, "main"]), "a.new\nc.new\nd.new", "{shape}");
        let revert = lab.json(["revert", "c"]);
        assert_eq!(revert["tasks"], json!(["c"]), "{shape}: {revert}");
        assert_eq!(lab.git(["ls-files", "*.new"]), "a.new\nd.new", "{shape}");
    }
}

#[test]
fn a_task_whose_own_commits_are_kept_is_asked_about_as_a_whole() {
    let lab = Lab::new();
    let script = |name: &str, first: &str, last: &str| {
        let commit = format!("git add -A && git commit -qm {name}");
        format!("echo {first} 1 > {name}.new && {commit}-1 && echo {last} 2 > {name}.new && {commit}-2")
    };
    for (name, first, last) in [("a", "bad", "fine"), ("b", "fine", "bad"), ("c", "fine", "fine")] {
        lab.json(["run", "--wait", "--name", name, "--shell", &script(name, first, last)]);
    }
    let check = counted(&lab, NO_BAD);
    let main = lab.git(["rev-parse", "main"]);
    let (code, answer) = land(&lab, &ALL[..3], &["--check", &check, "--keep-commits", "--culprits", "evict"]);
    assert_eq!((code, &answer["culprits"]), (0, &json!(["b"])), "{answer}");
    assert_eq!(lab.git(["log", "--format=%s", "--no-merges", "--reverse", &format!("{main}..main")]), "a-1\na-2\nc-1\nc-2");
}

#[test]
fn a_check_that_came_with_a_task_is_asked_from_that_task_on() {
    let lab = Lab::new();
    lab.git(["config", "takeback.checkRetries", "0"]);
    for (name, check) in [("a", "true"), ("b", "test -e b.new && test ! -e d.new"), ("c", "true"), ("d", "true")] {
        let check = if name == "b" { counted(&lab, check) } else { check.to_owned() };
        lab.json(["run", "--wait", "--name", name, "--check", &check, "--shell", &format!("echo > {name}.new")]);
    }
    looked_at(&lab);
    let (code, answer) = land(&lab, &["a", "b", "c", "d"], &[]);
    assert_eq!((code, &answer["culprits"]), (1, &json!(["d"])), "{answer}");
    assert_eq!(looked_at(&lab), ["abcd", "", "ab", "abc", "abcd", "abc", "d"]);
    // The other way round it is the task that does not go with what is there by then.
    let (code, answer) = land(&lab, &["a", "d", "b", "c"], &[]);
    assert_eq!((code, &answer["culprits"]), (1, &json!(["b"])), "{answer}");
    let why = message_of(&answer, "b");
    assert!(why.starts_with("does not pass its own check `"), "{why}");
    assert!(why.ends_with("` on top of what lands before it; alone on the branch it does"), "{why}");
    let (code, answer) = land(&lab, &["a", "d", "b", "c"], &["--culprits", "evict"]);
    assert_eq!((code, &answer["landed"]), (0, &json!(["a", "d", "c"])), "{answer}");
}

#[test]
fn files_that_make_a_check_are_the_targets_in_every_tree_that_is_asked_about() {
    let lab = Lab::new();
    lab.write("check.sh", format!("{NO_BAD}\n"));
    lab.commit("a check");
    for (name, script) in [
        ("a", "echo exit 0 > check.sh; echo fine > a.new"),
        ("b", "echo fine > b.new"),
        ("c", "echo fine > c.new"),
        ("d", "echo bad > d.new"),
    ] {
        let check = if name == "d" { vec![] } else { vec!["--check", "sh check.sh", "--check-files", "check.sh"] };
        let done = lab.json([&["run", "--wait", "--name", name], &check[..], &["--shell", script]].concat());
        assert_eq!(done["task"]["state"], "ready", "{done}");
    }
    let (code, answer) = land(&lab, &["a", "b", "d", "c"], &[]);
    assert_eq!((code, &answer["culprits"]), (1, &json!(["d"])), "{answer}");
}

#[test]
fn when_all_break_it_nothing_lands_and_each_is_named() {
    let lab = with(&[("a", "bad"), ("b", "bad")]);
    let before = lab.picture();
    let (code, answer) = land(&lab, &["a", "b"], &["--check", NO_BAD, "--culprits", "evict"]);
    assert_eq!((code, &answer["culprits"], &answer["landed"]), (1, &json!(["a", "b"]), &json!([])), "{answer}");
    assert_eq!((refusals(&answer).len(), &answer["target"]["to"]), (2, &Value::Null), "{answer}");
    assert_eq!(lab.picture(), before);
}

#[test]
fn what_is_left_is_held_against_the_branch_again_in_full() {
    // Without the culprit, another check says no: to another task.
    let lab = with(&[("a", "fine"), ("b", "bad"), ("c", "worse"), ("d", "fine")]);
    let more = ["--check", NO_BAD, "--check", "! grep -q worse *.new", "--culprits", "evict"];
    let (code, answer) = land(&lab, &ALL[..4], &more);
    assert_eq!((code, &answer["culprits"], &answer["landed"]), (0, &json!(["b", "c"]), &json!(["a", "d"])), "{answer}");
    assert!(message_of(&answer, "c").contains("worse"), "{answer}");
}

#[test]
fn one_task_alone_and_a_landing_without_checks_are_not_searched() {
    let lab = with(&[("a", "bad"), ("b", "fine")]);
    let check = counted(&lab, NO_BAD);
    let (code, answer) = land(&lab, &["a"], &["--check", &check, "--culprits", "evict"]);
    assert_eq!((code, &answer["culprits"], looked_at(&lab).len()), (1, &json!([]), 1), "{answer}");
    assert_eq!(message_of(&answer, "a"), format!("would not pass the check `{check}` together with what is there"));
    lab.refused(["land", "a", "b", "--no-check", "--culprits", "evict"], 2);
    assert_eq!(lab.json(["land", "a", "b", "--no-check"])["culprits"], json!([]));
}

#[test]
fn the_hook_is_not_asked_again_about_what_it_has_seen() {
    let lab = with(&[("a", "fine"), ("b", "bad"), ("c", "fine"), ("d", "fine")]);
    let seen = lab.outside().join("seen");
    let hook =
        format!("#!/bin/sh\nhead -n 1 \"$1\" >> {}\necho \"Change-Id: $(wc -l < {})\" >> \"$1\"\n", seen.display(), seen.display());
    lab.write_program(".git/hooks/commit-msg", &hook);
    land(&lab, &ALL[..4], &["--check", NO_BAD, "--culprits", "evict"]);
    let subjects = std::fs::read_to_string(&seen).unwrap();
    assert_eq!(subjects, "Land a\nLand b\nLand c\nLand d\nLand a, b, c, d\nLand a, c, d\n");
    let landed = lab.git([
        "log",
        "--topo-order",
        "--reverse",
        "--format=%(trailers:key=Change-Id,valueonly,separator=%x20)",
        "main^1..main^2",
    ]);
    assert_eq!(landed, "1\n3\n4");
}

#[test]
fn a_search_that_is_interrupted_has_moved_nothing() {
    let lab = with(&[("a", "fine"), ("b", "bad")]);
    let before = lab.picture();
    // The second time it is asked it stays.
    let stays = format!("test $(wc -l < {}) -lt 2 || exec sleep 1000; {NO_BAD}", asked(&lab).display());
    let check = counted(&lab, &stays);
    let mut land =
        lab.takeback(["land", "a", "b", "--check", &check, "--culprits", "evict"]).stderr(Stdio::null()).spawn().unwrap();
    wait_until("it is asked about the branch", || std::fs::read_to_string(asked(&lab)).is_ok_and(|text| text.lines().count() == 2));
    said(&lab.command("kill").args(["-INT", &land.id().to_string()]).output().unwrap(), 0);
    assert!(!land.wait().unwrap().success());
    assert_eq!(lab.picture(), before);
    let (code, answer) = self::land(&lab, &["a", "b"], &["--check", NO_BAD, "--culprits", "evict"]);
    assert_eq!((code, &answer["landed"]), (0, &json!(["a"])), "{answer}");
}
