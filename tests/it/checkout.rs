//! What a landing must not do to the user's checkout.

use crate::lab::{Lab, said};

#[test]
fn a_change_in_the_second_of_the_last_commit_is_still_seen_after_a_landing() {
    let lab = Lab::new();
    let at = |time: &str, path: &str| said(&lab.command("touch").args(["-d", time, path]).output().unwrap(), 0);
    at("2026-01-01T00:00:00.1Z", "a.txt");
    lab.git(["update-index", "--refresh"]);
    lab.write("a.txt", "two\n");
    at("2026-01-01T00:00:00.2Z", "a.txt");
    at("2026-01-01T00:00:00.3Z", ".git/index");
    assert_eq!(lab.git(["--no-optional-locks", "status", "--porcelain"]), " M a.txt");
    lab.ready_task("k7", "x", "1\n");
    at("2026-01-01T00:00:00.3Z", ".git/index");
    lab.ok(["land", "k7"]);
    assert_eq!(lab.git(["--no-optional-locks", "status", "--porcelain"]), " M a.txt");
    lab.ok(["undo"]);
    assert_eq!(lab.git(["--no-optional-locks", "status", "--porcelain"]), " M a.txt");
}

#[test]
fn a_tasks_branch_that_is_checked_out_stays_where_its_files_are() {
    let verbs = ["land t", "discard t", "retry t", "retry t --base main", "open t -- sh -c 'echo more >> a.txt'"];
    for verb in verbs {
        let lab = Lab::new();
        let result = lab.ready_task("t", "a.txt", "two\n");
        lab.write("b/c.txt", "later\n");
        lab.commit("later");
        lab.git(["switch", "-q", "takeback/t"]);
        lab.ok(shlex::split(verb).unwrap());
        lab.run(["wait", "t"]);
        assert_eq!(lab.git(["rev-parse", "HEAD"]), result, "{verb}");
        assert_eq!(lab.git(["status", "--porcelain"]), "", "{verb}");
    }
}

#[test]
fn the_branch_of_a_task_without_a_result_stays_too_when_it_gets_one() {
    let lab = Lab::new();
    let base = lab.git(["rev-parse", "HEAD"]);
    lab.ok(["run", "--wait", "--name", "t", "--shell", "test $TAKEBACK_ATTEMPT = 1 || echo two > a.txt"]);
    lab.git(["switch", "-q", "takeback/t"]);
    lab.ok(["retry", "t"]);
    lab.run(["wait", "t"]);
    assert_eq!(lab.task("t")["state"], "ready");
    assert_eq!((lab.git(["rev-parse", "HEAD"]), lab.git(["status", "--porcelain"])), (base, String::new()));
}
