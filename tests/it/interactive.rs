//! `run --interactive`: the command has the terminal, and whatever ends it, what it changed is kept.

use std::fs;

use crate::lab::{Lab, wait_until};
use crate::tty::{self, Tty, takeback};

/// Starts a task called `t` whose shell text has the terminal, and waits until it has said `on`.
fn at_terminal(lab: &Lab, script: &str) -> Tty {
    let line = format!("exec {} run --interactive --name t --shell {}", takeback(), shlex::try_quote(script).unwrap());
    let tty = Tty::start(lab, &line);
    tty.wait_for("on\r\n", 1);
    tty
}

fn is_over(lab: &Lab) -> bool {
    !["queued", "running"].contains(&lab.task("t")["state"].as_str().unwrap())
}

#[test]
fn a_command_reads_and_writes_the_terminal_and_what_it_changed_is_captured_and_checked() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "interactive") {
        return;
    }
    let check = "test -f new.txt && ! test -t 0 && test $PAGER = cat";
    let script = "test -t 0 && test -t 1 && test -t 2 && echo on; echo pager=$PAGER; read line; echo $line > new.txt";
    let quoted = |text: &str| shlex::try_quote(text).unwrap().into_owned();
    let line = format!("{} run -i --name t --check {} --shell {}; echo code=$?", takeback(), quoted(check), quoted(script));
    let mut tty = Tty::start(&lab, &line);
    tty.wait_for("on\r\npager=\r\n", 1);
    tty.type_keys("hello\n");
    let (code, shown) = tty.end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("no time limit") && shown.contains("1 check passed") && shown.contains("code=0"), "{shown}");
    assert_eq!(lab.git(["show", "takeback/t:new.txt"]), "hello");
    assert!(lab.ok(["logs", "t"]).contains("not kept"));
    lab.ok(["land", "t"]);
}

#[test]
fn without_a_command_it_is_the_users_shell() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "the user's shell") {
        return;
    }
    let mut tty = Tty::start(&lab, &format!("exec {} run --interactive", takeback()));
    tty.wait_for("> ", 1);
    tty.type_keys("echo two > a.txt\nexit 3\n");
    let (code, shown) = tty.end();
    assert_eq!(code, 1, "{shown}");
    let task = &lab.json(["show", "sh"])["task"];
    assert_eq!((&task["state"], &task["exit"]["code"]), (&"failed".into(), &3.into()), "{task}");
    assert_eq!(lab.git(["show", "takeback/sh:a.txt"]), "two");
}

#[test]
fn ctrl_c_is_the_commands() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "Ctrl-C") {
        return;
    }
    let mut tty = at_terminal(&lab, "trap 'echo caught > c.txt; exit 0' INT; echo on; while :; do sleep 0.05; done");
    tty.type_keys("\x03");
    assert_eq!(tty.end().0, 0);
    assert_eq!(lab.git(["show", "takeback/t:c.txt"]), "caught");
}

#[test]
fn ctrl_z_gives_the_terminal_back_to_the_shell_and_fg_to_the_command() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "Ctrl-Z") {
        return;
    }
    let mut tty = Tty::start(&lab, "exec bash --norc -i");
    let script = "echo on; read a; read b; echo $a $b > ab.txt";
    tty.type_keys(&format!("{} run -i --name t --shell {}\n", takeback(), shlex::try_quote(script).unwrap()));
    tty.wait_for("\non\r\n", 1);
    tty.type_keys("one\n");
    tty.wait_for("one\r\n", 1);
    tty.type_keys("\x1a");
    tty.wait_for("Stopped", 1);
    tty.type_keys("echo in-the-$((1+1))nd-shell\n");
    tty.wait_for("in-the-2nd-shell", 1);
    assert_eq!(lab.task("t")["state"], "running");
    // In the background it goes on until it reads.
    tty.type_keys("bg; until jobs | grep -q Stopped; do sleep 0.05; done; echo again-$((1+1))\n");
    tty.wait_for("again-2", 1);
    tty.wait_for("[1]+  Stopped", 2);
    // What is typed before the shell has left its own line editing is a line to nobody.
    let named = tty.shown().matches("run -i --name t").count();
    tty.type_keys("fg\n");
    tty.wait_for("run -i --name t", named + 1);
    tty.type_keys("two\n");
    tty.wait_for("next:", 1);
    tty.type_keys("exit\n");
    tty.end();
    assert_eq!(lab.git(["show", "takeback/t:ab.txt"]), "one two");
}

#[test]
fn a_terminal_that_goes_away_takes_nothing_with_it() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "hang-up") {
        return;
    }
    let mut tty = at_terminal(&lab, "echo two > a.txt; trap '' HUP; echo on; while :; do sleep 0.05; done");
    tty.close();
    wait_until("it is over", || is_over(&lab));
    let task = lab.task("t");
    assert_eq!((&task["state"], &task["reason"]), (&"failed".into(), &"interrupted".into()), "{task}");
    assert_eq!(lab.git(["show", "takeback/t:a.txt"]), "two");
}

#[test]
fn a_caller_that_is_killed_leaves_it_to_the_next_command() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "a killed caller") {
        return;
    }
    let tty = at_terminal(&lab, "echo two > a.txt; echo on; exec sleep 1000");
    let uid = lab.task("t")["uid"].as_str().unwrap().to_owned();
    let record = fs::read(lab.root().join(format!(".git/takeback/tasks/{uid}/1/record.json"))).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    let (runner, command) = (record["runner"]["pid"].to_string(), record["process"]["pid"].as_u64().unwrap());
    assert!(lab.command("kill").args(["-9", &runner]).status().unwrap().success());
    drop(tty);
    wait_until("it is gone", || lab.task("t")["message"].as_str().is_some_and(|text| text.contains("runner is gone")));
    let said = lab.refused(["discard", "nothing-such"], 2);
    assert!(said.contains("t was interrupted: what it changed is kept"), "{said}");
    assert_eq!(lab.git(["show", "takeback/t:a.txt"]), "two");
    assert!(!fs::read_to_string(format!("/proc/{command}/stat")).is_ok_and(|stat| !stat.contains(") Z ")), "it still runs");
}

#[test]
fn the_terminal_is_left_as_it_was_whoever_changed_its_modes() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "modes") {
        return;
    }
    let run = format!("{} run -i --name t --shell 'stty raw -echo; echo two > a.txt; kill -9 $$'", takeback());
    let (_, shown) = Tty::start(&lab, &format!("stty -g > ../before; {run}; stty -g > ../after")).end();
    let modes = |name: &str| fs::read_to_string(lab.outside().join(name)).unwrap();
    assert_eq!(modes("before"), modes("after"), "{shown}");
    assert_eq!(lab.task("t")["reason"], "signal");
}

#[test]
fn a_shell_that_hears_no_interrupt_is_cancelled_from_elsewhere() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "cancel") {
        return;
    }
    let tty = Tty::start(&lab, &format!("exec {} run -i --name t -- bash --norc -i", takeback()));
    tty.wait_for("> ", 1);
    lab.ok(["cancel", "t"]);
    let task = lab.task("t");
    assert_eq!(task["state"], "cancelled");
    assert_ne!(task["exit"]["signal"], 9, "it was not told that its terminal is gone, and had to be killed: {task}");
    assert_eq!(tty.end().0, 1);
}
