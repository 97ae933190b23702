//! `run --retries`: a task that fails is tried again by itself, each time as a new attempt that keeps its log and its result.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::lab::{Lab, wait_until};

/// A script that counts its runs, leaves a file of its own, and fails until the n-th.
fn fails_until(lab: &Lab, n: usize) -> String {
    let runs = lab.outside().join("runs").display().to_string();
    format!("echo ran >> {runs}; n=$(($(wc -l < {runs}))); echo try $n; ls; echo $n > try$n.txt; test $n -ge {n}")
}

fn runs(lab: &Lab) -> usize {
    fs::read_to_string(lab.outside().join("runs")).unwrap_or_default().lines().count()
}

fn attempts(lab: &Lab) -> std::path::PathBuf {
    let uid = lab.task("t")["uid"].as_str().unwrap().to_owned();
    lab.root().join(".git/takeback/tasks").join(uid)
}

fn kill(lab: &Lab, pid: &Value) {
    assert!(lab.command("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

fn record(lab: &Lab, attempt: u32) -> Value {
    serde_json::from_slice(&fs::read(attempts(lab).join(format!("{attempt}/record.json"))).unwrap()).unwrap()
}

#[test]
fn a_task_that_fails_is_tried_again_until_it_does_not_and_every_attempt_stays_in_reach() {
    let lab = Lab::new();
    let answer = lab.json(["run", "--wait", "--name", "t", "--retries", "5", "--shell", &fails_until(&lab, 3)]);
    let task = &answer["task"];
    assert_eq!((&task["state"], &task["attempt"]), (&"ready".into(), &3.into()), "{answer}");
    assert_eq!(task["tries"], serde_json::json!({"this": 3, "most": 6}));
    assert_eq!(runs(&lab), 3);
    for n in 1..=3 {
        let log = lab.ok(["logs", "t", "--attempt", &n.to_string()]);
        assert!(log.starts_with(&format!("try {n}\na.txt\nb\n")) && !log.contains(".txt\nb\ntry"), "from a clean base: {log}");
        let result = format!("refs/takeback/results/{}/{n}", task["uid"].as_str().unwrap());
        assert_eq!(lab.git(["diff", "--name-only", "HEAD", &result]), format!("try{n}.txt"));
    }
    let shown = lab.ok(["show", "t"]);
    assert!(shown.contains("attempt 3 of 6"), "{shown}");
    lab.ok(["land", "t"]);
    assert_eq!(lab.read("try3.txt"), "3\n");
}

#[test]
fn a_task_that_fails_for_good_is_tried_as_often_as_was_asked_and_a_retry_by_hand_begins_anew() {
    let lab = Lab::new();
    let (code, answer) = lab.answer(["run", "--wait", "--name", "t", "--retries", "1", "--shell", &fails_until(&lab, 99)]);
    let task = &answer["task"];
    assert_eq!((code, &task["state"], &task["reason"], &task["attempt"]), (1, &"failed".into(), &"exit".into(), &2.into()));
    assert!(lab.ok(["show", "t"]).contains("attempt 2 of 2"));
    lab.ok(["retry", "t"]);
    assert_eq!(lab.answer(["wait", "t"]).1["task"]["attempt"], 4);
    assert_eq!(runs(&lab), 4);
    assert!(lab.ok(["show", "t"]).contains("attempt 4 of 4"));
}

#[test]
fn every_reason_that_can_be_gone_next_time_is_tried_again_and_no_other() {
    let lab = Lab::new();
    let rows: [(&str, &[&str], &str, u32); 5] = [
        ("check", &["--check", "false"], "echo x > a.txt", 2),
        ("signal", &[], "kill -9 $$", 2),
        ("timeout", &["--timeout", "300ms"], "sleep 60", 2),
        ("outside", &["--only", "b/**"], "echo x > a.txt", 1),
        ("spawn", &["--setup", "exit 3"], "true", 2),
    ];
    for (reason, options, script, attempts) in rows {
        let options = [&["run", "--wait", "--name", reason, "--retries", "1"], options, &["--shell", script]].concat();
        let (code, answer) = lab.answer(options);
        let task = &answer["task"];
        assert_eq!((code, &task["reason"], &task["attempt"]), (1, &reason.into(), &attempts.into()), "{task}");
    }
    let (code, answer) = lab.answer(["run", "--wait", "--name", "empty", "--retries", "1", "--", "true"]);
    assert_eq!((code, &answer["task"]["attempt"]), (0, &1.into()));
}

#[test]
fn the_environment_is_there_for_every_attempt_and_private_and_gone_in_the_end() {
    let lab = Lab::new();
    let go = lab.outside().join("go");
    let script = format!(
        "echo value=$VALUE; test $TAKEBACK_ATTEMPT -ge 2 || exit 1; touch {0}.there; until test -e {0}; do sleep 0.01; done",
        go.display()
    );
    lab.ok(["run", "--name", "t", "--retries", "1", "--env", "VALUE=17", "--shell", &script]);
    wait_until("the second attempt runs", || lab.outside().join("go.there").exists());
    let kept = attempts(&lab).join("2/env.json");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&go, "").unwrap();
    lab.ok(["wait", "t"]);
    assert_eq!(lab.ok(["logs", "t"]), "value=17\n");
    wait_until("no environment is left", || !kept.exists() && !attempts(&lab).join("1/env.json").exists());
}

#[test]
fn a_log_that_is_followed_goes_on_with_the_next_attempt() {
    let lab = Lab::new();
    let go = lab.outside().join("go");
    let script = format!(
        "echo try $TAKEBACK_ATTEMPT; until test -e {}; do sleep 0.01; done; echo end; test $TAKEBACK_ATTEMPT -ge 3",
        go.display()
    );
    lab.ok(["run", "--name", "t", "--retries", "5", "--shell", &script]);
    let mut logs = lab.takeback(["logs", "-f", "t"]);
    let mut logs = logs.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut first = [0; 6];
    logs.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    fs::write(&go, "").unwrap();
    let output = logs.wait_with_output().unwrap();
    assert_eq!(&first, b"try 1\n");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "end\ntry 2\nend\ntry 3\nend\n");
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(notes.contains("attempt 2") && notes.contains("attempt 3"), "{notes}");
}

#[test]
fn cancel_stops_the_attempt_and_those_that_would_follow() {
    let lab = Lab::new();
    let runs_file = lab.outside().join("runs");
    lab.ok([
        "run",
        "--name",
        "t",
        "--retries",
        "100",
        "--shell",
        &format!("echo ran >> {}; sleep 0.05; false", runs_file.display()),
    ]);
    wait_until("it was tried again", || runs(&lab) >= 3);
    lab.ok(["cancel", "t"]);
    let task = lab.task("t");
    assert!(["cancelled", "failed"].contains(&task["state"].as_str().unwrap()), "{task}");
    let count = runs(&lab);
    assert!(count < 100);
    lab.ok(["run", "--wait", "--name", "later", "--shell", "sleep 0.3; touch x"]);
    assert_eq!(runs(&lab), count, "it went on");
    lab.ok(["discard", "t"]);
}

#[test]
fn an_attempt_whose_runner_was_killed_is_tried_again_by_the_next_command_only_where_that_was_asked_for() {
    let lab = Lab::new();
    let runs_file = lab.outside().join("runs");
    let script = format!(
        "echo $TAKEBACK_ATTEMPT > mark.txt; echo ran >> {0}; test $(wc -l < {0}) -ge 2 || exec sleep 1000",
        runs_file.display()
    );
    lab.ok(["run", "--name", "t", "--retries", "1", "--shell", &script]);
    wait_until("it runs", || runs(&lab) == 1);
    kill(&lab, &record(&lab, 1)["runner"]["pid"]);
    wait_until("the runner is gone", || lab.task("t")["message"].as_str().is_some_and(|text| text.contains("gone")));
    assert_eq!(runs(&lab), 1, "a reading command starts nothing");
    let said = lab.refused(["discard", "nothing-such"], 2);
    assert!(said.contains("t was interrupted: what it changed is kept, and it is tried again: attempt 2"), "{said}");
    let answer = lab.json(["wait", "t"]);
    assert_eq!((&answer["task"]["state"], &answer["task"]["attempt"]), (&"ready".into(), &2.into()), "{answer}");
    assert_eq!(record(&lab, 1)["reason"], "interrupted");
    let first = format!("refs/takeback/results/{}/1:mark.txt", answer["task"]["uid"].as_str().unwrap());
    assert_eq!(lab.git(["show", &first]), "1");
    assert_eq!(lab.git(["show", "takeback/t:mark.txt"]), "2");
    assert_eq!(runs(&lab), 2);
}
