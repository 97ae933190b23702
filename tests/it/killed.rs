//! Processes killed with -9 at chosen moments: nothing that was recorded is lost, and nothing stays behind.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::lab::{Lab, wait_until};

/// Hands off a task and waits until its command has come to where it sleeps. Returns the runner's and the command's process.
fn sleeping(lab: &Lab, script: &str, more: &[&str]) -> (u32, u32) {
    let script = format!("{script}; echo $$ > {0}/pid.new; mv {0}/pid.new {0}/pid; exec sleep 1000", lab.outside().display());
    let mut args = vec!["run", "--name", "t", "--shell", &script];
    args.extend(more);
    lab.ok(args);
    wait_until("the task sleeps", || lab.outside().join("pid").exists());
    (runner(lab), pid(lab))
}

fn pid(lab: &Lab) -> u32 {
    fs::read_to_string(lab.outside().join("pid")).unwrap().trim().parse().unwrap()
}

/// The runner, as the record on disk names it.
fn runner(lab: &Lab) -> u32 {
    let uid = lab.task("t")["uid"].as_str().unwrap().to_owned();
    let path = lab.root().join(format!(".git/takeback/tasks/{uid}/1/record.json"));
    let record: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    u32::try_from(record["runner"]["pid"].as_u64().unwrap()).unwrap()
}

fn kill(lab: &Lab, pid: u32) {
    assert!(lab.command("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_task_whose_runner_is_killed_is_ended_by_the_next_writing_command_and_its_change_is_kept() {
    let lab = Lab::new();
    let (runner, command) = sleeping(&lab, "echo two > a.txt; echo n > new.txt", &[]);
    kill(&lab, runner);
    wait_until("the runner is gone", || !is_alive(runner));
    assert!(lab.task("t")["message"].as_str().unwrap().contains("runner is gone"));
    assert!(is_alive(command), "a reading command ends nothing");
    let said = lab.refused(["discard", "nothing-such"], 2);
    assert!(said.contains("t was interrupted"), "{said}");
    assert!(!is_alive(command));
    let task = lab.task("t");
    assert_eq!((&task["state"], &task["reason"]), (&"failed".into(), &"interrupted".into()));
    assert_eq!(lab.git(["show", "takeback/t:a.txt"]), "two");
    assert_eq!(lab.git(["show", "takeback/t:new.txt"]), "n");
    lab.ok(["land", "t", "--allow-failed"]);
    assert_eq!(lab.read("a.txt"), "two\n");
}

#[test]
fn a_worktree_that_is_in_other_hands_when_its_task_is_recovered_counts_for_what_it_holds() {
    let lab = Lab::new();
    let (runner, command) = sleeping(&lab, "echo two > a.txt", &[]);
    kill(&lab, runner);
    kill(&lab, command);
    wait_until("both are gone", || !is_alive(runner) && !is_alive(command));
    let slot = lab.command("sh").args(["-c", "echo \"$TAKEBACK_STATE_DIR\"/takeback/*/slots/1"]).output().unwrap();
    let lock = fs::File::open(format!("{}/lock", String::from_utf8(slot.stdout).unwrap().trim())).unwrap();
    lock.lock().unwrap();
    let said = lab.refused(["discard", "nothing-such"], 2);
    assert!(said.contains("what t changed cannot be kept now: the worktree") && said.contains("is in use"), "{said}");
    assert_eq!(lab.task("t")["state"], "running");
    lock.unlock().unwrap();
    lab.refused(["discard", "nothing-such"], 2);
    assert_eq!(lab.task("t")["reason"], "interrupted");
    assert_eq!(lab.git(["show", "takeback/t:a.txt"]), "two");
}

#[test]
fn a_change_whose_worktree_is_gone_is_called_lost_and_never_kept_or_none() {
    let lab = Lab::new();
    let (runner, command) = sleeping(&lab, "echo two > a.txt", &[]);
    kill(&lab, runner);
    kill(&lab, command);
    wait_until("both are gone", || !is_alive(runner) && !is_alive(command));
    assert!(lab.command("sh").args(["-c", "rm -r \"$TAKEBACK_STATE_DIR\"/takeback/*/slots/1"]).status().unwrap().success());
    let said = lab.refused(["discard", "nothing-such"], 2);
    assert!(said.contains("its worktree is gone") && !said.contains("is kept"), "{said}");
    let task = lab.task("t");
    assert_eq!((&task["state"], &task["reason"]), (&"failed".into(), &"interrupted".into()));
    assert!(task["message"].as_str().unwrap().contains("its worktree is gone"), "{task}");
}

#[test]
fn a_task_killed_together_with_its_runner_keeps_its_change() {
    let lab = Lab::new();
    let (runner, command) = sleeping(&lab, "rm a.txt", &[]);
    kill(&lab, runner);
    kill(&lab, command);
    let (code, answer) = lab.answer(["wait", "t"]);
    assert_eq!(code, 1);
    assert_eq!(answer["task"]["reason"], "interrupted");
    assert_eq!(lab.git(["ls-tree", "--name-only", "-r", "takeback/t"]), "b/c.txt");
}

#[test]
fn a_runner_killed_while_a_check_runs_leaves_a_result_and_no_verdict() {
    let lab = Lab::new();
    let mark = lab.outside().join("checks");
    let check = format!("echo $$ >> {0}; test $(wc -l < {0}) -gt 1 || exec sleep 1000", mark.display());
    lab.ok(["run", "--name", "t", "--check", &check, "--", "touch", "x"]);
    wait_until("the check runs", || fs::read_to_string(&mark).is_ok_and(|text| text.ends_with('\n')));
    let checking: u32 = fs::read_to_string(&mark).unwrap().trim().parse().unwrap();
    kill(&lab, runner(&lab));
    let (code, answer) = lab.answer(["wait", "t"]);
    assert_eq!(code, 1);
    assert_eq!(answer["task"]["reason"], "interrupted", "{answer}");
    assert!(!is_alive(checking), "the check of the dead runner still runs");
    assert_eq!(lab.git(["ls-tree", "--name-only", "takeback/t", "x"]), "x");
    lab.ok(["retry", "t"]);
    lab.ok(["wait", "t"]);
    lab.ok(["land", "t"]);
}

#[test]
fn a_run_killed_right_after_its_start_hands_off_whole_or_not_at_all() {
    let lab = Lab::new();
    for pause in [0, 2, 5, 10, 15, 20, 30, 40, 60, 80] {
        let name = format!("t{pause}");
        let count = lab.outside().join(&name);
        let script = format!("echo ran >> {}; echo {name} > {name}.txt", count.display());
        let mut run = lab.takeback(["run", "--name", &name, "--shell", &script]).spawn().unwrap();
        // No condition to wait for: the moment is what is tried.
        std::thread::sleep(Duration::from_millis(pause));
        run.kill().unwrap();
        run.wait().unwrap();
        lab.refused(["discard", "nothing-such"], 2);
        let list = lab.json(["list"]);
        let task = list["tasks"].as_array().unwrap().iter().find(|task| task["id"] == name.as_str()).cloned();
        let ran = || fs::read_to_string(&count).unwrap_or_default().lines().count();
        if task.is_none() {
            assert_eq!(ran(), 0, "{name}");
            continue;
        }
        lab.run(["wait", &name]);
        let task = lab.task(&name);
        assert_eq!(ran(), usize::from(task["state"] == "ready"), "{task}");
    }
    lab.git(["fsck", "--strict"]);
}

#[test]
fn a_landing_killed_while_its_check_runs_has_landed_nothing_and_frees_its_worktree() {
    let lab = Lab::new();
    lab.ready_task("t", "a.txt", "two\n");
    let mark = lab.outside().join("checks");
    let check = format!("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 1000", mark.display());
    let mut land = lab.takeback(["land", "t", "--check", &check]).spawn().unwrap();
    wait_until("the check runs", || mark.exists());
    let checking: u32 = fs::read_to_string(&mark).unwrap().trim().parse().unwrap();
    land.kill().unwrap();
    land.wait().unwrap();
    lab.refused(["discard", "nothing-such"], 2);
    assert!(!is_alive(checking), "the check of the dead landing still runs");
    assert_eq!(lab.read("a.txt"), "one\n");
    assert_eq!(lab.task("t")["state"], "ready");
    let listed = lab.git(["worktree", "list", "--porcelain"]);
    assert!(!listed.contains("\nlocked"), "{listed}");
    lab.ok(["land", "t"]);
}
