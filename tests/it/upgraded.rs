//! The program is replaced, as an upgrade does, while its tasks run: they go on as what they were started as.

use std::fs;

use crate::lab::{Lab, said, wait_until};
use crate::tidy::wait_for_runners;

#[test]
fn a_task_whose_program_is_replaced_ends_as_if_nothing_had_been() {
    let lab = Lab::new();
    let program = lab.outside().join("takeback");
    said(&lab.command("cp").arg(assert_cmd::cargo::cargo_bin!("takeback")).arg(&program).output().unwrap(), 0);
    let go = lab.outside().join("go");
    let script = format!("until test -e '{}'; do sleep 0.02; done; echo two > a.txt", go.display());
    let options = ["--name", "t", "--setup", "x=1", "--retries", "1", "--check", "test $TAKEBACK_ATTEMPT = 2"];
    let output = lab.command(&program).arg("run").args(options).args(["--shell", &script]).output().unwrap();
    said(&output, 0);
    wait_until("it runs", || lab.task("t")["started_at"].is_string());
    lab.write_program(lab.outside().join("newer"), "#!/bin/sh\nexit 1\n");
    fs::rename(lab.outside().join("newer"), &program).unwrap();
    fs::write(go, "").unwrap();
    wait_for_runners(&lab);
    let task = lab.task("t");
    assert_eq!((&task["state"], &task["checked"], &task["attempt"]), (&"ready".into(), &"passed".into(), &2.into()), "{task}");
}
