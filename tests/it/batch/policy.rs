//! When a batch pauses or stops, and what of it is tried again.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::{batch, count, hand_off, lab, lasts, noted, notes, outside, release, state, wait, wait_for_keeper};
use crate::lab::{Lab, wait_until};

#[test]
fn three_failures_alike_at_the_beginning_pause_it_and_going_on_does_not_count_them_again() {
    let lab = lab(8);
    let line = format!("{}; test -e {} || exit 7; echo b > {{}}", notes(&lab), outside(&lab, "good").display());
    hand_off(&lab, "b", &["--jobs", "1"], &line);
    wait(&lab, "b");
    let now = batch(&lab, "b");
    assert_eq!((&now["state"], &now["counts"]["failed"]), (&"paused".into(), &3.into()));
    assert_eq!(now["message"], "the first 3 that ended failed alike: exit code 7");
    let status = lab.ok(["status"]);
    assert!(status.contains("exit code 7") && status.contains("continue b"), "{status}");
    assert_eq!(lab.run(["wait", "b"]).status.code(), Some(1));
    fs::write(outside(&lab, "good"), "").unwrap();
    lab.answer(["continue", "b", "--wait"]);
    assert_eq!((state(&lab, "b").as_str(), count(&lab, "b", "ready"), count(&lab, "b", "failed")), ("done", 5, 3));
    lab.ok(["retry", "b", "--failed"]);
    wait(&lab, "b");
    assert_eq!(count(&lab, "b", "ready"), 8);
    assert_eq!(noted(&lab).len(), 11);
}

#[test]
fn five_failures_alike_in_a_row_pause_it() {
    let lab = lab(9);
    hand_off(&lab, "b", &["--jobs", "1"], &format!("{}; echo b > {{}}; test {{#}} = 1", notes(&lab)));
    wait(&lab, "b");
    let now = batch(&lab, "b");
    assert_eq!((&now["state"], &now["counts"]["failed"], &now["counts"]["queued"]), (&"paused".into(), &5.into(), &3.into()));
    assert!(now["message"].as_str().unwrap().starts_with("5 in a row failed alike"), "{now}");
}

#[test]
fn halt_now_ends_those_that_run_even_where_none_would_follow() {
    for inputs in [2, 5] {
        let lab = lab(inputs);
        let line = format!(
            "case {{#}} in 1) until test -s {0}; do sleep 0.02; done; exit 1;; esac; echo {{#}} >> {0}; echo b > {{}}; sleep 1000",
            outside(&lab, "up").display()
        );
        hand_off(&lab, "b", &["--jobs", "2", "--halt", "now,fail=1"], &line);
        wait(&lab, "b");
        wait_for_keeper(&lab);
        let counts = batch(&lab, "b")["counts"].clone();
        assert_eq!((&counts["failed"], &counts["cancelled"], &counts["running"]), (&1.into(), &1.into(), &0.into()), "{counts}");
        assert_eq!(lab.git(["show", "takeback/b.2:t/02"]), "b", "what it had changed is kept");
        assert_eq!(state(&lab, "b"), if inputs == 2 { "done" } else { "halted" });
    }
}

#[test]
fn halt_soon_lets_those_that_run_end_and_starts_no_more() {
    let lab = lab(6);
    let line = format!("{}; case {{#}} in 3) {};; *) exit 1;; esac; echo b > {{}}", notes(&lab), lasts(&lab));
    hand_off(&lab, "b", &["--jobs", "3", "--halt", "soon,fail=2"], &line);
    wait_until("it is halted", || state(&lab, "b") == "halted" && count(&lab, "b", "running") == 1);
    release(&lab);
    wait(&lab, "b");
    let now = batch(&lab, "b");
    assert_eq!((&now["counts"]["ready"], &now["message"]), (&1.into(), &"--halt soon,fail=2".into()), "{now}");
    assert!(count(&lab, "b", "queued") >= 1);
    assert_eq!(lab.run(["continue", "b", "--wait"]).status.code(), Some(1));
}

#[test]
fn an_abort_code_stops_it_and_a_skip_code_passes_its_input_over() {
    let lab = lab(5);
    let line = "case {#} in 1) exit 9;; 2) echo b > {}; exit 9;; 3) echo b > {};; 4) exit 8;; esac";
    hand_off(&lab, "b", &["--jobs", "1", "--skip-code", "9", "--abort-code", "8", "--halt", "soon,fail=1"], line);
    wait(&lab, "b");
    let states: Vec<_> = (1..=5).map(|n| lab.task(&format!("b.{n}"))["state"].as_str().unwrap().to_owned()).collect();
    assert_eq!(states, ["empty", "failed", "ready", "failed", "queued"]);
    assert_eq!((lab.task("b.2")["reason"].clone(), lab.task("b.4")["reason"].clone()), ("skipped".into(), "exit".into()));
    let now = batch(&lab, "b");
    assert_eq!((&now["state"], &now["message"]), (&"halted".into(), &"a task ended with exit code 8 (--abort-code)".into()));
}

#[test]
fn a_task_that_fails_is_tried_again_after_a_rest_and_no_more_often_than_asked() {
    let lab = lab(2);
    let line = format!(
        "{0}; case $(grep -c {{}} {1}) in 1) exit 1;; 2) test {{#}} = 1 || exit 1;; 3) exit 1;; esac; echo b > {{}}",
        notes(&lab),
        outside(&lab, "ran").display()
    );
    hand_off(&lab, "b", &["--retries", "2"], &line);
    wait(&lab, "b");
    assert_eq!(state(&lab, "b"), "done");
    let [one, two] = ["b.1", "b.2"].map(|name| lab.task(name));
    assert_eq!((&one["state"], &one["attempt"]), (&"ready".into(), &2.into()), "{one}");
    assert_eq!((&two["state"], &two["attempt"]), (&"failed".into(), &3.into()), "{two}");
    let [first, second] = [1, 2].map(|n| record(&lab, &one, n));
    let rest = time(&second["started_at"]).checked_sub(time(&first["finished_at"]));
    assert!(rest >= Some(Duration::from_secs(1)), "it had no rest: {rest:?}");
}

fn record(lab: &Lab, task: &Value, attempt: u32) -> Value {
    let path = lab.root().join(format!(".git/takeback/tasks/{}/{attempt}/record.json", task["uid"].as_str().unwrap()));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The time of the day.
fn time(value: &Value) -> Duration {
    let Some(text) = value.as_str() else { return Duration::ZERO };
    let clock = text.split_once('T').unwrap().1.trim_end_matches('Z');
    let parts: Vec<f64> = clock.split(':').map(|part| part.parse().unwrap()).collect();
    Duration::from_secs_f64(parts[0] * 3600.0 + parts[1] * 60.0 + parts[2])
}

#[test]
fn a_task_that_takes_much_longer_than_the_others_is_stopped() {
    let lab = lab(4);
    hand_off(&lab, "b", &["--jobs", "1", "--timeout", "300%"], "echo b > {}; test {#} != 4 || sleep 1000");
    wait(&lab, "b");
    assert_eq!((count(&lab, "b", "ready"), &lab.task("b.4")["reason"]), (3, &"timeout".into()));
}

#[test]
fn the_user_is_told_once_of_each_end() {
    let lab = lab(4);
    let told = outside(&lab, "told");
    let notify = format!("echo \"$TAKEBACK_BATCH $TAKEBACK_STATE\" >> {}", told.display());
    hand_off(&lab, "one", &["--sample", "1", "--notify", &notify], "echo b > {}");
    wait(&lab, "one");
    wait_for_keeper(&lab);
    // Its decisions make the keeper look at all batches again.
    hand_off(&lab, "two", &["--jobs", "1", "--retries", "1", "--notify", &notify], "echo c > {}; exit 1");
    wait(&lab, "two");
    wait_for_keeper(&lab);
    lab.ok(["continue", "one", "--wait"]);
    wait_for_keeper(&lab);
    assert_eq!(fs::read_to_string(told).unwrap(), "one sampled\ntwo paused\none done\n");
}
