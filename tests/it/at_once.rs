//! Two commands at once: one wins, the other says so, and nothing is half done.

use std::process::{Output, Stdio};

use crate::lab::Lab;

const ROUNDS: usize = 6;

/// Runs two commands at once, to their ends.
fn both(lab: &Lab, one: &[&str], other: &[&str]) -> [Output; 2] {
    let start = |args: &[&str]| lab.takeback(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (one, other) = (start(one), start(other));
    [one.wait_with_output().unwrap(), other.wait_with_output().unwrap()]
}

fn codes(outputs: &[Output; 2]) -> [i32; 2] {
    outputs.each_ref().map(|output| output.status.code().unwrap_or(-1))
}

fn assert_one_won(outputs: &[Output; 2]) {
    let mut sorted = codes(outputs);
    sorted.sort_unstable();
    assert_eq!(sorted, [0, 3], "{outputs:?}");
}

#[test]
fn of_a_landing_and_a_discard_one_wins() {
    let lab = Lab::new();
    for n in 0..ROUNDS {
        let (name, file) = (format!("t{n}"), format!("{n}.txt"));
        lab.ready_task(&name, &file, "x\n");
        let outputs = both(&lab, &["land", &name], &["discard", &name]);
        assert_one_won(&outputs);
        let has_landed = codes(&outputs)[0] == 0;
        assert_eq!(lab.task(&name)["state"], if has_landed { "landed" } else { "discarded" });
        assert_eq!(lab.root().join(&file).exists(), has_landed);
        assert_eq!(lab.git(["status", "--porcelain"]), "");
        assert_eq!(lab.git(["for-each-ref", "refs/heads/takeback/"]), "");
    }
}

#[test]
fn of_two_landings_of_one_task_one_wins() {
    let lab = Lab::new();
    for n in 0..ROUNDS {
        let name = format!("t{n}");
        lab.ready_task(&name, "a.txt", &format!("{n}\n"));
        let before = lab.git(["rev-parse", "main"]);
        let outputs = both(&lab, &["land", &name], &["land", &name]);
        assert_one_won(&outputs);
        assert_eq!(lab.git(["rev-list", "--count", &format!("{before}..main")]), "1");
        assert_eq!(lab.read("a.txt"), format!("{n}\n"));
        assert_eq!(lab.git(["status", "--porcelain"]), "");
    }
}

#[test]
fn two_landings_of_two_tasks_both_land() {
    let lab = Lab::new();
    for n in 0..ROUNDS {
        let (one, other) = (format!("one{n}"), format!("other{n}"));
        lab.ready_task(&one, &format!("{one}.txt"), "1\n");
        lab.ready_task(&other, &format!("{other}.txt"), "2\n");
        let outputs = both(&lab, &["land", &one], &["land", &other]);
        assert_eq!(codes(&outputs), [0, 0], "{outputs:?}");
        assert_eq!(lab.git(["status", "--porcelain"]), "");
        assert!(lab.root().join(format!("{one}.txt")).exists() && lab.root().join(format!("{other}.txt")).exists());
    }
}

#[test]
fn of_two_undos_of_one_landing_one_wins() {
    let lab = Lab::new();
    lab.ready_task("t", "a.txt", "two\n");
    for _ in 0..ROUNDS {
        lab.ok(["land", "t"]);
        assert_one_won(&both(&lab, &["undo", "t"], &["undo", "t"]));
        assert_eq!(lab.read("a.txt"), "one\n");
        assert_eq!(lab.git(["status", "--porcelain"]), "");
    }
}

#[test]
fn of_two_retries_one_wins() {
    let lab = Lab::new();
    let script = format!("echo ran >> {}; echo $TAKEBACK_ATTEMPT > a.txt", lab.outside().join("runs").display());
    lab.ok(["run", "--wait", "--name", "t", "--shell", &script]);
    assert_one_won(&both(&lab, &["retry", "t"], &["retry", "t"]));
    lab.ok(["wait", "t"]);
    assert_eq!(lab.task("t")["attempt"], 2);
    assert_eq!(std::fs::read_to_string(lab.outside().join("runs")).unwrap(), "ran\nran\n");
}

#[test]
fn the_first_two_commands_of_all_agree_on_one_repository() {
    for _ in 0..3 {
        let lab = Lab::new();
        let outputs = both(
            &lab,
            &["run", "--wait", "--name", "a", "--", "touch", "x"],
            &["run", "--wait", "--name", "b", "--", "touch", "y"],
        );
        assert_eq!(codes(&outputs), [0, 0], "{outputs:?}");
        assert_eq!(lab.task("a")["state"], "ready");
        assert_eq!(lab.task("b")["state"], "ready");
        assert_eq!(std::fs::read_dir(lab.outside().join("state/takeback")).unwrap().count(), 1);
    }
}
