//! What is left over or in the way: torn files, stale locks, worktrees that somebody removed, copies and moves at a bad moment.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::lab::{Lab, wait_until};

fn journal(lab: &Lab) -> PathBuf {
    lab.root().join(".git/takeback/journal.jsonl")
}

/// The first slot's worktree.
fn slot(lab: &Lab) -> PathBuf {
    let state = lab.outside().join("state/takeback");
    let repository = fs::read_dir(state).unwrap().next().unwrap().unwrap().path();
    repository.join("slots/1/work")
}

/// Its admin dir.
fn admin(lab: &Lab) -> PathBuf {
    let link = fs::read_to_string(slot(lab).join(".git")).unwrap();
    PathBuf::from(link.trim().strip_prefix("gitdir: ").unwrap())
}

/// A whole life of a task.
fn works(lab: &Lab, name: &str) {
    let before = lab.picture();
    lab.ready_task(name, "fresh.txt", "fresh\n");
    lab.ok(["land", name]);
    assert_eq!(lab.read("fresh.txt"), "fresh\n");
    lab.ok(["undo", name]);
    lab.ok(["discard", name]);
    assert_eq!(lab.picture(), before);
}

/// Hands off a task that waits for a file, and waits until it waits.
fn waiting(lab: &Lab, script: &str) -> PathBuf {
    let go = lab.outside().join("go");
    let script = format!("{script}; touch {0}/waits; until test -e {0}/go; do sleep 0.01; done", lab.outside().display());
    lab.ok(["run", "--name", "t", "--shell", &script]);
    wait_until("the task waits", || lab.outside().join("waits").exists());
    go
}

#[test]
fn wherever_the_last_line_of_the_journal_is_torn_reading_works_and_the_next_writing_command_goes_on() {
    let lab = Lab::new();
    lab.ready_task("t", "a.txt", "two\n");
    lab.ok(["land", "t"]);
    let after = lab.picture();
    let whole = fs::read(journal(&lab)).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    for length in last..whole.len() {
        fs::write(journal(&lab), &whole[..length]).unwrap();
        lab.ok(["status"]);
        assert_eq!(fs::read(journal(&lab)).unwrap(), whole[..length], "a reading command wrote");
        let said = lab.refused(["discard", "nothing-such"], 2);
        assert!(said.contains("the landing of t that was interrupted is finished now"), "{said}");
        assert_eq!(lab.task("t")["state"], "landed", "torn at {length}");
    }
    assert_eq!(lab.picture(), after);
    works(&lab, "u");
}

/// Breaks something in a lab.
type Break = fn(&Lab);

#[test]
fn a_slot_that_was_removed_by_hand_is_made_again() {
    let lab = Lab::new();
    lab.ready_task("t", "a.txt", "two\n");
    let trials: [(&str, Break); 7] = [
        ("worktree", |lab| fs::remove_dir_all(slot(lab)).unwrap()),
        ("slot", |lab| fs::remove_dir_all(slot(lab).parent().unwrap()).unwrap()),
        ("admin", |lab| fs::remove_dir_all(admin(lab)).unwrap()),
        ("prune", |lab| {
            fs::remove_dir_all(slot(lab)).unwrap();
            lab.git(["worktree", "prune", "--expire=now"]);
        }),
        ("remove", |lab| {
            let listed = lab.git(["worktree", "list", "--porcelain"]);
            let path = listed.lines().filter_map(|l| l.strip_prefix("worktree ")).find(|p| p.contains("slots")).unwrap();
            lab.git(["worktree", "remove", "--force", path]);
        }),
        ("index", |lab| {
            for admin in fs::read_dir(lab.root().join(".git/worktrees")).unwrap() {
                let admin = admin.unwrap().path();
                fs::write(admin.join("index"), "no index").unwrap();
                fs::write(admin.join("index.lock"), "").unwrap();
            }
        }),
        ("half", |lab| fs::remove_file(admin(lab).join("HEAD")).unwrap()),
    ];
    for (name, break_it) in trials {
        break_it(&lab);
        works(&lab, name);
        let listed = lab.git(["worktree", "list", "--porcelain"]);
        // What is left of an admin dir that somebody broke is git's to prune.
        assert!(name == "half" || listed.matches("/slots/1/").count() == 1, "{name}: {listed}");
    }
}

#[test]
fn a_worktree_that_goes_while_its_task_runs_costs_the_task_alone() {
    let lab = Lab::new();
    let go = waiting(&lab, "echo two > a.txt");
    fs::remove_dir_all(slot(&lab)).unwrap();
    fs::write(go, "").unwrap();
    let (code, answer) = lab.answer(["wait", "t"]);
    assert_eq!(code, 1, "{answer}");
    assert_eq!(answer["task"]["state"], "failed", "{answer}");
    assert!(answer["task"]["message"].as_str().unwrap().contains("worktree was removed"), "{answer}");
    let said = lab.refused(["discard", "nothing-such"], 2);
    assert!(!said.contains("cannot be kept"), "{said}");
    works(&lab, "u");
}

#[test]
fn half_made_worktrees_and_objects_that_a_crash_left_are_cleared() {
    let lab = Lab::new();
    lab.ready_task("t", "a.txt", "two\n");
    let tmp = lab.root().join(".git/takeback/tmp");
    fs::create_dir_all(tmp.join("worktrees/takeback-2")).unwrap();
    fs::write(tmp.join("worktrees/takeback-2/HEAD"), "ref: ref").unwrap();
    fs::create_dir_all(tmp.join("intakes/left/objects")).unwrap();
    fs::remove_dir_all(admin(&lab)).unwrap();
    works(&lab, "u");
    assert!(!tmp.join("worktrees/takeback-2").exists() && !tmp.join("intakes/left").exists());
    lab.git(["worktree", "prune"]);
    lab.git(["fsck", "--strict"]);
}

#[test]
fn a_lock_that_somebody_left_on_a_ref_or_an_index_is_named_and_costs_nothing() {
    let lab = Lab::new();
    lab.ready_task("t", "a.txt", "two\n");
    let before = lab.picture();
    for lock in ["index.lock", "refs/heads/main.lock"] {
        let lock = lab.root().join(".git").join(lock);
        fs::write(&lock, "").unwrap();
        let output = lab.run(["land", "t"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(3 | 4)), "{said}");
        assert!(said.contains("main") || said.contains("index.lock"), "{said}");
        assert!(lock.exists());
        fs::remove_file(&lock).unwrap();
        lab.refused(["discard", "nothing-such"], 2);
        assert_eq!(lab.picture(), before);
        assert_eq!(lab.task("t")["state"], "ready");
    }
    lab.ok(["land", "t"]);
}

#[test]
fn a_branch_of_somebody_elses_in_a_tasks_place_is_left_alone() {
    let lab = Lab::new();
    lab.git(["branch", "takeback/t"]);
    lab.git(["branch", "takeback/u/below"]);
    assert!(lab.refused(["run", "--name", "t", "--", "touch", "x"], 3).contains('t'));
    let before = lab.git(["for-each-ref", "refs/heads"]);
    let (code, answer) = lab.answer(["run", "--wait", "--name", "u", "--", "touch", "x"]);
    assert!(code == 3 || answer["task"]["state"] == "failed", "{answer}");
    assert_eq!(lab.git(["for-each-ref", "refs/heads"]), before);
    works(&lab, "v");
}

#[test]
fn a_copy_leaves_the_originals_running_task_alone() {
    let lab = Lab::new();
    let go = waiting(&lab, "echo two > a.txt");
    let copy = lab.outside().join("copy");
    assert!(Command::new("cp").arg("-a").arg(lab.root()).arg(&copy).status().unwrap().success());
    let there = |args: &[&str]| lab.takeback(args).current_dir(&copy).output().unwrap();
    let shown = there(&["show", "t", "--json"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("\"unknown\""), "{shown:?}");
    let first = there(&["discard", "nothing-such"]);
    assert!(String::from_utf8_lossy(&first.stderr).contains("copy of"), "{first:?}");
    for verb in ["cancel", "retry", "discard", "land"] {
        let refused = there(&[verb, "t"]);
        assert!(matches!(refused.status.code(), Some(1 | 3)), "{verb}: {refused:?}");
    }
    let mut run = lab.takeback(["run", "--wait", "--name", "u", "--", "touch", "x"]);
    let run = run.current_dir(&copy).output().unwrap();
    assert!(run.status.success(), "{run:?}");
    assert_eq!(lab.task("t")["state"], "running");
    fs::write(go, "").unwrap();
    lab.ok(["wait", "t"]);
    lab.ok(["land", "t"]);
    assert_eq!(fs::read_to_string(copy.join("a.txt")).unwrap(), "one\n");
}

#[test]
fn after_a_move_slots_belong_to_the_repository_again() {
    let lab = Lab::new();
    lab.ready_task("t", "a.txt", "two\n");
    lab.ok(["land", "t"]);
    let moved = lab.outside().join("moved");
    fs::rename(lab.root(), &moved).unwrap();
    fs::create_dir(lab.root()).unwrap();
    let there = |args: &[&str]| {
        let output = lab.takeback(args).current_dir(&moved).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        output
    };
    there(&["undo", "t"]);
    there(&["land", "t"]);
    there(&["run", "--wait", "--name", "u", "--shell", "echo u > u.txt"]);
    there(&["land", "u"]);
    let listed = lab.command("git").current_dir(&moved).args(["worktree", "list", "--porcelain"]).output().unwrap();
    assert!(!String::from_utf8_lossy(&listed.stdout).contains("prunable"), "{listed:?}");
    let link = fs::read_to_string(slot(&lab).join(".git")).unwrap_or_default();
    assert!(link.is_empty() || link.contains("/moved/.git/worktrees/"), "{link}");
    assert_eq!(fs::read_to_string(moved.join("u.txt")).unwrap(), "u\n");
}
