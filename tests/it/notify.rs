//! `run --notify`: somebody is told when a task is over, and that changes nothing in how it ended.

use std::fs;

use crate::lab::{Lab, wait_until};

fn notes(lab: &Lab) -> String {
    lab.task("t")["notes"].to_string()
}

#[test]
fn a_command_of_the_users_is_told_all_that_there_is_to_say_once_after_the_last_attempt() {
    let lab = Lab::new();
    let told = lab.outside().join("told");
    let line = format!(
        "echo \"$TAKEBACK_TASK $TAKEBACK_STATE $TAKEBACK_REASON $TAKEBACK_ATTEMPT $TAKEBACK_BRANCH $TAKEBACK_RESULT\" >> {0}.new; \
         pwd >> {0}.new; echo \"$TAKEBACK_MESSAGE\" >> {0}.new; mv {0}.new {0}",
        told.display()
    );
    let run = ["run", "--wait", "--name", "t", "--retries", "1", "--notify", &line, "--shell", "echo two > a.txt; exit 3"];
    assert_eq!(lab.answer(run).0, 1);
    wait_until("somebody is told", || told.exists());
    let result = lab.task("t")["result"].as_str().unwrap().to_owned();
    let root = lab.root().canonicalize().unwrap();
    let expected = format!("t failed exit 2 takeback/t {result}\n{}\nits command ended with exit code 3\n", root.display());
    assert_eq!(fs::read_to_string(&told).unwrap(), expected);
    assert!(!notes(&lab).contains("notifier"));
}

#[test]
fn a_notifier_that_fails_is_a_note_and_no_outcome() {
    let lab = Lab::new();
    lab.ok(["run", "--wait", "--name", "t", "--notify", "echo no such host >&2; exit 7", "--", "touch", "x"]);
    wait_until("it is noted", || notes(&lab).contains("its notifier failed: exit code 7: no such host"));
    assert_eq!(lab.task("t")["state"], "ready");
    lab.ok(["land", "t"]);
}

#[test]
fn the_setting_holds_unless_the_command_line_says_otherwise() {
    let lab = Lab::new();
    let told = lab.outside().join("told");
    lab.git(["config", "takeback.notify", &format!("echo $TAKEBACK_TASK >> {}", told.display())]);
    lab.ok(["run", "--wait", "--name", "quiet", "--notify", "none", "--", "true"]);
    lab.ok(["run", "--wait", "--name", "loud", "--", "true"]);
    wait_until("somebody is told", || fs::read_to_string(&told).is_ok_and(|text| text == "loud\n"));
}

#[test]
fn the_desktop_is_told_by_the_program_that_is_there_and_its_absence_is_said_at_once() {
    let lab = Lab::new();
    let (bin, told) = (lab.outside().join("bin"), lab.outside().join("told"));
    fs::create_dir(&bin).unwrap();
    for program in ["git", "sh", "true"] {
        let path = std::env::split_paths(&std::env::var_os("PATH").unwrap()).map(|p| p.join(program)).find(|p| p.exists());
        std::os::unix::fs::symlink(path.unwrap(), bin.join(program)).unwrap();
    }
    let run = |name: &str| {
        let mut run = lab.takeback(["run", "--wait", "--name", name, "--notify", "desktop", "--", "true"]);
        String::from_utf8(run.env("PATH", &bin).output().unwrap().stderr).unwrap()
    };
    assert!(run("before").contains("nobody will be told on the desktop"));
    wait_until("it is noted", || lab.task("before")["notes"].to_string().contains("neither notify-send nor osascript"));
    let script = format!("#!/bin/sh\nfor word; do echo \"[$word]\"; done >> {0}.new\n/bin/mv {0}.new {0}\n", told.display());
    lab.write_program(bin.join("notify-send"), &script);
    assert!(!run("after").contains("nobody will be told"));
    wait_until("the desktop is told", || told.exists());
    assert_eq!(fs::read_to_string(&told).unwrap(), "[--app-name=takeback]\n[--]\n[after is empty]\n[true]\n");
}
