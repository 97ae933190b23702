//! The process that keeps batches: killed at any moment nothing is lost and nothing runs twice, and it goes when nothing is left.

use std::fs;

use super::{
    batch, count, hand_off, keeper, kill, kill_keeper, lab, lasts, names, noted, notes, outside, release, state, wait,
    wait_for_keeper,
};
use crate::lab::{Lab, wait_until};

#[test]
fn the_keepers_lock_names_the_keeper() {
    let lab = lab(1);
    hand_off(&lab, "b", &[], &lasts(&lab));
    let line = fs::read_to_string(format!("/proc/{}/cmdline", keeper(&lab).unwrap())).unwrap();
    assert!(line.contains("__keeper"), "{line:?}");
    release(&lab);
    wait(&lab, "b");
}

#[test]
fn a_killed_keeper_leaves_its_tasks_at_work_and_the_next_runs_none_of_them_again() {
    let lab = lab(6);
    hand_off(&lab, "b", &["--jobs", "2"], &format!("{}; {}; echo b > {{}}", notes(&lab), lasts(&lab)));
    wait_until("two are at work", || noted(&lab).len() == 2);
    assert!(kill_keeper(&lab));
    release(&lab);
    wait_until("what ran has ended", || count(&lab, "b", "ready") == 2);
    let status = lab.ok(["status"]);
    assert!(status.contains("nobody works on it") && status.contains("continue b"), "{status}");
    for verb in ["status", "list", "ops"] {
        lab.ok([verb]);
    }
    lab.ok(["show", "b"]);
    lab.ok(["logs", "b.1"]);
    assert_eq!(lab.run(["wait", "b"]).status.code(), Some(1), "it goes on no further by itself");
    assert_eq!((keeper(&lab), noted(&lab).len()), (None, 2), "a reading verb started something");
    assert_eq!(state(&lab, "b"), "paused");
    lab.ok(["continue", "b", "--wait"]);
    assert_eq!((state(&lab, "b").as_str(), count(&lab, "b", "ready")), ("done", 6));
    assert_eq!(noted(&lab), names(6));
}

#[test]
fn a_keeper_that_is_killed_again_and_again_runs_each_task_once() {
    let lab = lab(16);
    hand_off(&lab, "b", &["--jobs", "3"], &format!("{}; echo b > {{}}", notes(&lab)));
    let mut killed = 0;
    for pause in 0..60 {
        let seen = noted(&lab).len();
        wait_until("something has happened", || noted(&lab).len() > seen || keeper(&lab).is_none());
        for _ in 0..pause % 4 {
            lab.git(["rev-parse", "HEAD"]);
        }
        killed += usize::from(kill_keeper(&lab));
        let (code, _) = lab.answer(["continue", "b"]);
        if code != 0 {
            break;
        }
    }
    lab.run(["continue", "b"]);
    wait(&lab, "b");
    assert!(killed > 2, "it was killed {killed} times");
    let counts = batch(&lab, "b")["counts"].clone();
    assert_eq!((&counts["ready"], state(&lab, "b").as_str()), (&16.into(), "done"), "{counts}");
    assert_eq!(noted(&lab), names(16));
    wait_for_keeper(&lab);
    // The last may have ended with nobody there: the next writing command clears away.
    lab.refused(["discard", "nothing-such"], 2);
    assert!(environments(&lab).is_empty());
}

#[test]
fn a_task_whose_runner_is_killed_counts_as_interrupted_and_the_batch_goes_on() {
    let lab = lab(3);
    let pid = outside(&lab, "pid");
    let line = format!(
        "{}; case {{}} in *1) echo $PPID > {p}.new; mv {p}.new {p}; sleep 1000;; esac; echo b > {{}}",
        notes(&lab),
        p = pid.display()
    );
    hand_off(&lab, "b", &["--jobs", "1"], &line);
    wait_until("the first is at work", || pid.exists());
    kill_runner(&lab, "b.1");
    wait(&lab, "b");
    assert_eq!(lab.task("b.1")["reason"], "interrupted");
    assert_eq!((count(&lab, "b", "ready"), count(&lab, "b", "failed")), (2, 1));
    assert_eq!(noted(&lab), names(3));
}

/// Kills the runner of a task's first attempt, as the record on disk names it.
fn kill_runner(lab: &Lab, task: &str) {
    let uid = lab.task(task)["uid"].as_str().unwrap().to_owned();
    let path = lab.root().join(format!(".git/takeback/tasks/{uid}/1/record.json"));
    let record: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    kill(lab, u32::try_from(record["runner"]["pid"].as_u64().unwrap()).unwrap());
}

#[test]
fn waiting_for_a_batch_ends_where_both_its_keeper_and_its_runner_were_killed() {
    let lab = lab(1);
    hand_off(&lab, "b", &[], &format!("{}; sleep 1000", notes(&lab)));
    wait_until("it is at work", || noted(&lab).len() == 1);
    kill_keeper(&lab);
    kill_runner(&lab, "b.1");
    let mut waiting = lab.takeback(["wait", "b"]).spawn().unwrap();
    wait_until("the wait is over", || waiting.try_wait().unwrap().is_some());
    assert_eq!(waiting.wait().unwrap().code(), Some(1));
    lab.run(["continue", "b"]);
    wait(&lab, "b");
    assert_eq!(lab.task("b.1")["reason"], "interrupted");
    assert_eq!(noted(&lab).len(), 1);
}

#[test]
fn two_batches_share_the_places_and_no_more_run_at_once_than_either_allows() {
    let lab = lab(8);
    let (now, starts) = (outside(&lab, "now"), outside(&lab, "starts"));
    fs::create_dir_all(&now).unwrap();
    let line = |name: &str| {
        format!(
            "touch {0}/{name}{{#}}; ls {0} | wc -l >> {0}.seen; echo {name} >> {1}; until test -e {2}; do sleep 0.02; done; \
             rm {0}/{name}{{#}}; echo {name} > {{}}",
            now.display(),
            starts.display(),
            outside(&lab, "go").display(),
        )
    };
    hand_off(&lab, "one", &["--jobs", "2"], &line("one"));
    wait_until("both places are taken", || fs::read_to_string(&starts).is_ok_and(|text| text.lines().count() == 2));
    hand_off(&lab, "two", &["--jobs", "2"], &line("two"));
    fs::write(outside(&lab, "go"), "").unwrap();
    wait(&lab, "one");
    wait(&lab, "two");
    let seen = fs::read_to_string(outside(&lab, "now.seen")).unwrap();
    assert_eq!(seen.lines().filter_map(|n| n.trim().parse::<u32>().ok()).max(), Some(2), "{seen}");
    let starts = fs::read_to_string(&starts).unwrap();
    let first: Vec<_> = starts.lines().skip_while(|name| *name == "one").take(8).collect();
    let ones = first.iter().filter(|name| **name == "one").count();
    assert!((2..=6).contains(&ones), "they did not take turns:\n{starts}");
    assert_eq!((count(&lab, "one", "ready"), count(&lab, "two", "ready")), (8, 8));
}

#[test]
fn the_keeper_goes_when_nothing_is_left_and_takes_the_environment_along() {
    let lab = lab(3);
    hand_off(&lab, "b", &["--sample", "1"], "echo b > {}");
    wait(&lab, "b");
    wait_for_keeper(&lab);
    assert_eq!(environments(&lab).len(), 1, "the rest will need it");
    lab.ok(["continue", "b", "--wait"]);
    wait_for_keeper(&lab);
    assert_eq!(environments(&lab), Vec::<String>::new());
}

#[test]
fn the_environment_goes_with_a_batch_that_ends_while_nobody_keeps_it() {
    let lab = lab(3);
    hand_off(&lab, "b", &["--sample", "1"], "echo b > {}");
    wait(&lab, "b");
    wait_for_keeper(&lab);
    lab.ok(["cancel", "b"]);
    assert_eq!(state(&lab, "b"), "done");
    wait_until("its environment is gone", || environments(&lab).is_empty());
}

/// The environments of batches that are kept on disk.
fn environments(lab: &Lab) -> Vec<String> {
    let entries = fs::read_dir(lab.root().join(".git/takeback/batches")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "env"));
    paths.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn a_batch_that_is_handed_off_while_the_keeper_is_about_to_go_is_not_left_alone() {
    let lab = lab(1);
    for n in 0..40 {
        let name = format!("b{n}");
        let line = format!("echo {n} > {{}}");
        let words = ["batch", "--wait", "--name", &name, "--inputs", "t/*", "--shell", &line];
        lab.ok(words);
        assert_eq!(count(&lab, &name, "ready"), 1);
    }
}
