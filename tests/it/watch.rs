//! `watch`: a picture on a terminal, lines or JSON elsewhere; it changes nothing, leaves the terminal as it was, and costs little.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::lab::{Lab, said, wait_until};
use crate::tty::{self, Tty, takeback};

/// Hands off a task called `name` that runs until the file of its name is there.
fn until_told(lab: &Lab, name: &str, script: &str) {
    let go = lab.outside().join(name).display().to_string();
    lab.ok(["run", "--name", name, "--shell", &format!("{script}; until test -e {go}; do sleep 0.02; done; echo x > {name}.txt")]);
}

fn tell(lab: &Lab, name: &str) {
    fs::write(lab.outside().join(name), "").unwrap();
}

/// The lines that the last picture shows.
fn picture(shown: &str) -> Vec<String> {
    let last = shown.rsplit("\x1b[H").next().unwrap_or_default();
    let last = last.split("\x1b[J").next().unwrap_or_default();
    last.split("\x1b[K").map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[test]
fn on_a_terminal_a_picture_goes_with_the_tasks_and_ends_with_them() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "watch") {
        return;
    }
    until_told(&lab, "one", "echo first line; printf '\\033[2Jsecond\\rthird line'");
    let line = format!("stty -g > ../before; {} watch one; echo code=$?; stty -g > ../after", takeback());
    let tty = Tty::start(&lab, &line);
    tty.wait_for("third line", 1);
    let lines = picture(&tty.shown());
    assert!(lines[0].contains("1 task runs"), "{lines:?}");
    assert!(lines[1].contains("one") && lines[1].contains("running") && !lines[1].contains("second"), "{lines:?}");
    tell(&lab, "one");
    let (code, shown) = tty.end();
    assert_eq!(code, 0, "{shown}");
    let (inside, after) = shown.rsplit_once("\x1b[?1049l").unwrap();
    assert!(inside.contains("\x1b[?1049h") && !inside.contains("code="), "{shown:?}");
    assert!(after.contains("ready") && after.contains("takeback land one") && after.contains("code=0"), "{shown:?}");
    let modes = |name: &str| fs::read_to_string(lab.outside().join(name)).unwrap();
    assert_eq!(modes("before"), modes("after"));
}

#[test]
fn q_leaves_and_so_do_ctrl_c_and_ctrl_backslash_and_the_tasks_go_on() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "leaving a watch") {
        return;
    }
    until_told(&lab, "one", "echo on");
    for (key, ids, code) in [("q", "", 0), ("\x03", "", 130), ("\x1c", "", 130), ("q", "one", 130), ("\x03", "one", 130)] {
        let line = format!("trap : QUIT; stty -g > ../before; {} watch {ids}; c=$?; stty -g > ../after; exit $c", takeback());
        let mut tty = Tty::start(&lab, &line);
        tty.wait_for("running", 1);
        tty.type_keys(key);
        let (ended, shown) = tty.end();
        assert_eq!(ended, code, "{key:?} {ids} {shown:?}");
        assert!(shown.contains("\x1b[?1049l") && shown.contains("\x1b[?25h"), "{shown:?}");
        assert_eq!(fs::read(lab.outside().join("before")).unwrap(), fs::read(lab.outside().join("after")).unwrap());
        assert_eq!(lab.task("one")["state"], "running");
    }
    lab.ok(["cancel", "one"]);
}

#[test]
fn a_signal_and_ctrl_z_leave_the_terminal_in_order_too() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "a watch that is stopped") {
        return;
    }
    until_told(&lab, "one", "echo on");
    let mut tty = Tty::start(&lab, "exec bash --norc -i");
    tty.type_keys(&format!("{} watch\n", takeback()));
    tty.wait_for("\x1b[?1049h", 1);
    tty.wait_for("running", 1);
    tty.type_keys("\x1a");
    tty.wait_for("Stopped", 1);
    assert_eq!(tty.shown().matches("\x1b[?1049l").count(), 1);
    tty.type_keys("fg\n");
    tty.wait_for("\x1b[?1049h", 2);
    tty.wait_for("running", 2);
    let pid = lab.command("pgrep").args(["-f", &format!("^{} watch$", takeback())]).output().unwrap();
    let pid = String::from_utf8(pid.stdout).unwrap();
    let pids: Vec<_> = pid.lines().filter(|pid| in_lab(&lab, pid)).collect();
    assert_eq!(pids.len(), 1, "{pid}");
    assert!(lab.command("kill").args(["-TERM", pids[0]]).status().unwrap().success());
    tty.wait_for("\x1b[?1049l", 2);
    tty.type_keys("echo code=$?\n");
    tty.wait_for("code=130", 1);
    tty.type_keys("exit\n");
    tty.end();
    lab.ok(["cancel", "one"]);
}

/// How many characters of a line are shown: all but colours.
fn width(line: &str) -> usize {
    let mut parts = line.split('\x1b');
    let first = parts.next().unwrap_or_default().chars().count();
    first + parts.map(|part| part.split_once('m').map_or(0, |(_, text)| text.chars().count())).sum::<usize>()
}

fn in_lab(lab: &Lab, pid: &str) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == lab.root().canonicalize().unwrap())
}

#[test]
fn a_small_terminal_shows_what_has_room_and_counts_the_rest() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "a small terminal") {
        return;
    }
    let names: Vec<String> = (1..=5).map(|n| format!("task-with-a-long-name-{n}")).collect();
    for name in &names {
        until_told(
            &lab,
            name,
            "echo 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
        );
    }
    let mut tty = Tty::start(&lab, &format!("stty rows 5 columns 40; exec {} watch", takeback()));
    tty.wait_for("2 more tasks", 1);
    let lines = picture(&tty.shown());
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(lines.iter().all(|line| width(line) <= 40), "{lines:?}");
    assert!(tty.shown().contains("\x1b[?7l"), "lines could wrap");
    tty.type_keys("q");
    tty.end();
    for name in &names {
        lab.ok(["cancel", name]);
    }
}

#[test]
fn elsewhere_it_is_a_line_for_each_change_and_the_exit_code_that_of_wait() {
    let lab = Lab::new();
    until_told(&lab, "one", "echo on");
    let mut watch = lab.takeback(["watch", "one"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    // What comes and goes between two looks is not seen, so it ends when the watch has said that it runs.
    assert!(lines.any(|line| line == "one running"), "the watch ended without having said so");
    tell(&lab, "one");
    assert_eq!(lines.last().as_deref(), Some("one ready: not checked; 1 file, +1 -0"));
    assert!(watch.wait().unwrap().success());
    lab.run(["run", "--wait", "--name", "bad", "--", "false"]);
    assert!(said(&lab.run(["watch", "bad"]), 1).contains("bad failed"));
    let text = said(&lab.run(["watch"]), 0);
    assert!(text.contains("one ready") && text.contains("bad failed"), "what has just ended: {text}");
}

#[test]
fn for_scripts_it_is_json_lines_and_a_retry_shows_as_one() {
    let lab = Lab::new();
    let script = "test $TAKEBACK_ATTEMPT -ge 2 && echo x > x.txt";
    lab.ok(["run", "--name", "t", "--retries", "1", "--shell", script]);
    let text = lab.ok(["watch", "t", "--json"]);
    let objects: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(text.lines().all(|line| line.starts_with("{\"schema\":1,\"task\":{")), "{text}");
    let last = &objects.last().unwrap()["task"];
    assert_eq!((&last["state"], &last["attempt"]), (&"ready".into(), &2.into()), "{last}");
}

#[test]
fn a_task_whose_runner_is_gone_ends_the_watch_and_is_not_touched_by_it() {
    let lab = Lab::new();
    until_told(&lab, "one", "echo on");
    wait_until("it runs", || lab.task("one")["started_at"].is_string());
    let uid = lab.task("one")["uid"].as_str().unwrap().to_owned();
    let record = lab.root().join(format!(".git/takeback/tasks/{uid}/1/record.json"));
    let before = fs::read(&record).unwrap();
    let known: Value = serde_json::from_slice(&before).unwrap();
    let mut watch = lab.takeback(["watch", "one"]).stdout(Stdio::piped()).spawn().unwrap();
    assert!(lab.command("kill").args(["-9", &known["runner"]["pid"].to_string()]).status().unwrap().success());
    wait_until("it ends", || watch.try_wait().unwrap().is_some());
    let text = said(&watch.wait_with_output().unwrap(), 1);
    assert!(text.contains("its runner is gone"), "{text}");
    assert_eq!(fs::read(&record).unwrap(), before);
    lab.refused(["discard", "nothing-such"], 2);
}
