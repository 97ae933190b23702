//! Deciding about a batch: landed whole or in part, thrown away, stopped, tried again and taken back while another runs.

use std::fs;

use serde_json::json;

use super::{batch, count, hand_off, kill_keeper, lab, lasts, noted, notes, outside, release, state, wait, wait_for_keeper};
use crate::lab::{Lab, wait_until};

/// A batch `b` of six, of which the second fails and the third changes nothing.
fn mixed(lab: &Lab) {
    hand_off(lab, "b", &[], "case {#} in 2) echo b > {}; exit 1;; 3) ;; *) echo b > {};; esac");
    wait(lab, "b");
}

#[test]
fn what_is_ready_lands_and_the_rest_is_left_and_named() {
    let lab = lab(6);
    mixed(&lab);
    let (code, said) = lab.answer(["land", "b"]);
    assert_eq!((code, said["refused"][0]["task"].clone()), (1, json!("b.2")), "{said}");
    assert_eq!(lab.read("t/01"), "a\n");
    let said = lab.ok(["land", "b", "--ready"]);
    assert!(said.contains("of b left out: 1 failed, 1 empty"), "{said}");
    let texts: Vec<_> = (1..=6).map(|n| lab.read(format!("t/0{n}"))).collect();
    assert_eq!(texts, ["b\n", "a\n", "a\n", "b\n", "b\n", "b\n"]);
    assert_eq!(lab.answer(["land", "b", "--ready"]).0, 3);
}

#[test]
fn tasks_land_by_their_numbers() {
    let lab = lab(6);
    hand_off(&lab, "b", &["--wait"], "echo b > {}");
    lab.ok(["land", "b", "--tasks", "1-3,5"]);
    let landed: Vec<_> = (1..=6).filter(|n| lab.read(format!("t/0{n}")) == "b\n").collect();
    assert_eq!(landed, [1, 2, 3, 5]);
    lab.ok(["undo", "b"]);
    assert_eq!((lab.read("t/01"), count(&lab, "b", "ready")), ("a\n".into(), 6));
    lab.ok(["land", "b", "--tasks", "6"]);
    lab.ok(["land", "b"]);
    assert_eq!(count(&lab, "b", "landed"), 6);
}

#[test]
fn tasks_that_run_keep_a_batch_from_landing_and_what_is_ready_can_land_all_the_same() {
    let lab = lab(2);
    hand_off(&lab, "b", &["--jobs", "2"], &format!("test {{#}} = 1 || {{ {}; }}; echo b > {{}}", lasts(&lab)));
    wait_until("the first is ready", || count(&lab, "b", "ready") == 1);
    let (code, said) = lab.answer(["land", "b"]);
    assert_eq!((code, said["refused"][0]["task"].clone()), (3, json!("b.2")), "{said}");
    lab.ok(["land", "b", "--ready"]);
    assert_eq!((lab.read("t/01"), lab.read("t/02")), ("b\n".into(), "a\n".into()));
    release(&lab);
    wait(&lab, "b");
    lab.ok(["land", "b"]);
    assert_eq!(lab.read("t/02"), "b\n");
}

#[test]
fn the_final_check_judges_the_landing_unless_another_is_given() {
    let lab = lab(3);
    hand_off(&lab, "b", &["--wait", "--final-check", "! grep -q b t/02"], "echo b > {}");
    let (code, said) = lab.answer(["land", "b"]);
    assert_eq!((code, lab.read("t/01").as_str()), (1, "a\n"), "{said}");
    assert_eq!(said["refused"][0]["kind"], "check", "{said}");
    lab.ok(["land", "b", "--tasks", "1,3"]);
    assert_eq!(lab.run(["land", "b"]).status.code(), Some(1));
    lab.ok(["land", "b", "--check", "grep -q b t/02"]);
    assert_eq!(lab.read("t/02"), "b\n");
}

#[test]
fn what_failed_is_thrown_away_or_tried_again_by_one_word() {
    let lab = lab(6);
    mixed(&lab);
    lab.ok(["discard", "b", "--failed"]);
    assert_eq!((count(&lab, "b", "discarded"), count(&lab, "b", "ready")), (1, 4));
    lab.ok(["undo"]);
    assert_eq!(count(&lab, "b", "failed"), 1);
    let first = lab.task("b.2")["result"].clone();
    lab.ok(["retry", "b", "--failed"]);
    wait(&lab, "b");
    let task = lab.task("b.2");
    assert_eq!((&task["attempt"], &task["state"]), (&2.into(), &"failed".into()));
    assert!(
        lab.git(["rev-parse", &format!("refs/takeback/results/{}/1", task["uid"].as_str().unwrap())]) == first.as_str().unwrap()
    );
    assert_eq!(count(&lab, "b", "ready"), 4);
    lab.ok(["retry", "b.1", "b.4"]);
    wait(&lab, "b");
    assert_eq!((lab.task("b.1")["attempt"].clone(), lab.task("b.4")["attempt"].clone()), (2.into(), 2.into()));
}

#[test]
fn a_batch_is_stopped_with_those_that_wait_and_can_be_had_again() {
    let lab = lab(5);
    hand_off(&lab, "b", &["--jobs", "2"], &format!("{}; echo b > {{}}; {}", notes(&lab), lasts(&lab)));
    wait_until("two are at work", || noted(&lab).len() == 2);
    lab.ok(["cancel", "b"]);
    assert_eq!((state(&lab, "b").as_str(), count(&lab, "b", "cancelled")), ("done", 5));
    wait_for_keeper(&lab);
    assert_eq!(noted(&lab).len(), 2, "none was begun after that");
    assert_eq!(lab.run(["wait", "b"]).status.code(), Some(1));
    assert_eq!(lab.answer(["cancel", "b"]).0, 3);
    release(&lab);
    lab.ok(["retry", "b.3"]);
    wait(&lab, "b");
    assert_eq!(lab.task("b.3")["state"], "ready");
    // The same command again has all of it.
    hand_off(&lab, "b", &["--jobs", "2", "--wait"], &format!("{}; echo b > {{}}; {}", notes(&lab), lasts(&lab)));
    assert_eq!(count(&lab, "b", "ready"), 5);
}

#[test]
fn a_cancel_of_tasks_that_rest_or_that_nobody_keeps_does_not_wait_for_them() {
    let lab = lab(2);
    hand_off(&lab, "b", &["--jobs", "1", "--retries", "9"], &format!("{}; exit 1", notes(&lab)));
    wait_until("one has been tried again", || noted(&lab).len() >= 4);
    kill_keeper(&lab);
    lab.ok(["cancel", "b"]);
    let seen = noted(&lab).len();
    assert_eq!((state(&lab, "b").as_str(), count(&lab, "b", "cancelled") + count(&lab, "b", "failed")), ("done", 2));
    hand_off(&lab, "other", &["--wait"], "echo b > {}");
    assert_eq!(noted(&lab).len(), seen);
}

#[test]
fn one_batch_is_taken_back_while_another_runs() {
    let lab = lab(4);
    hand_off(&lab, "one", &["--wait"], "echo b > {}");
    lab.ok(["land", "one"]);
    hand_off(&lab, "two", &["--jobs", "2"], &format!("{}; {}; echo c > {{}}", notes(&lab), lasts(&lab)));
    wait_until("two are at work", || noted(&lab).len() == 2);
    lab.ok(["undo", "one"]);
    assert_eq!((lab.read("t/01"), count(&lab, "one", "ready")), ("a\n".into(), 4));
    assert_eq!((state(&lab, "two").as_str(), count(&lab, "two", "running")), ("running", 2));
    lab.ok(["land", "one"]);
    lab.ok(["revert", "one"]);
    release(&lab);
    wait(&lab, "two");
    assert_eq!((count(&lab, "two", "ready"), lab.read("t/04")), (4, "a\n".into()));
    assert!(lab.git(["fsck", "--strict"]).is_empty());
}

#[test]
fn status_is_one_screen_and_the_list_has_a_line_for_a_batch() {
    let lab = lab(30);
    hand_off(&lab, "b", &[], "test {#} != 7 || exit 1; echo b > {}");
    wait(&lab, "b");
    let all = lab.ok(["status"]);
    assert!(all.lines().count() < 24 && all.contains("b done: 30 of 30 done (29 ready, 1 failed)"), "{all}");
    let one = lab.ok(["status", "b"]);
    assert!(one.lines().count() < 24 && one.contains("b.7  failed"), "{one}");
    let list = lab.ok(["list"]);
    assert_eq!(list.lines().count(), 1, "{list}");
    assert_eq!(lab.ok(["list", "b"]).lines().count(), 31);
    let watched = lab.run(["watch", "b"]);
    let text = String::from_utf8_lossy(&watched.stdout).into_owned() + &String::from_utf8_lossy(&watched.stderr);
    assert!(watched.status.code().is_some_and(|code| code < 2) && text.contains("b.7 failed"), "{text}");
}

#[test]
fn a_batch_that_is_waited_for_ends_the_wait_as_it_ended() {
    let lab = lab(3);
    hand_off(&lab, "b", &[], "echo b > {}");
    lab.ok(["wait", "b"]);
    assert_eq!(count(&lab, "b", "ready"), 3);
    hand_off(&lab, "c", &[], &format!("test {{#}} != 2 || exit 1; test -e {}; echo b > {{}}", outside(&lab, "no").display()));
    let (code, said) = lab.answer(["wait", "b", "c"]);
    assert_eq!((code, said["tasks"].as_array().unwrap().len()), (1, 6), "{said}");
    fs::write(outside(&lab, "go"), "").unwrap();
    assert_eq!(batch(&lab, "c")["counts"]["failed"], 1);
}
