//! Families of real processes, found and ended.

use std::collections::BTreeSet;
use std::process::Child;
use std::time::{Duration, Instant};

use super::*;
use crate::sys::command;

fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn quick() -> Grace {
    let ms = Duration::from_millis;
    Grace { settle: ms(50), interrupt: ms(300), terminate: ms(300), kill: Duration::from_secs(20) }
}

fn token(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

/// Starts a shell that carries `token`, in a session of its own.
fn shell(script: &str, token: &str) -> Child {
    command::new("setsid").args(["sh", "-c", script]).env(TOKEN, token).stdout(std::process::Stdio::null()).spawn().unwrap()
}

fn process(pid: u32, parent: u32) -> Process {
    Process { pid, parent, group: pid, session: pid, started: 10, over: false, name: "x".to_owned() }
}

fn here_of(machine: &str, pid_namespace: u64, boot: &str) -> Here {
    Here { machine: machine.to_owned(), pid_namespace, boot: boot.to_owned() }
}

#[test]
fn a_process_is_declared_dead_only_where_this_system_can_know() {
    let id = ProcessId { machine: "m".into(), pid_namespace: 1, boot: "b".into(), pid: 7, started: 10 };
    let same = || Some(process(7, 1));
    let later = || Some(Process { started: 11, ..process(7, 1) });
    let ended = || Some(Process { over: true, ..process(7, 1) });
    let rows: [(&str, u64, &str, Option<Process>, Liveness); 8] = [
        ("m", 1, "b", same(), Liveness::Alive),
        ("m", 1, "b", later(), Liveness::Dead),
        ("m", 1, "b", ended(), Liveness::Dead),
        ("m", 1, "b", None, Liveness::Dead),
        ("m", 1, "other boot", same(), Liveness::Dead),
        ("other machine", 1, "other boot", None, Liveness::Unknown),
        ("renamed", 1, "b", same(), Liveness::Alive),
        ("m", 2, "b", None, Liveness::Unknown),
    ];
    for (machine, namespace, boot, found, expected) in rows {
        let here = here_of(machine, namespace, boot);
        assert_eq!(judge(&id, &here, |_| found), expected, "{here:?}");
    }
}

#[test]
fn a_process_lives_until_it_has_ended_even_before_it_is_waited_for() {
    let mut child = command::new("sleep").arg("60").spawn().unwrap();
    let id = identify(child.id()).unwrap();
    assert_eq!(liveness(&id), Liveness::Alive);
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(serde_json::from_str::<ProcessId>(&json).unwrap(), id);
    child.kill().unwrap();
    until("the killed process is dead", || liveness(&id) == Liveness::Dead);
    child.wait().unwrap();
    assert_eq!(liveness(&id), Liveness::Dead);
    assert_eq!(own().map(|own| liveness(&own)), Some(Liveness::Alive));
}

#[test]
fn descendants_are_found_through_any_number_of_parents() {
    let table = Table::of([process(1, 0), process(5, 1), process(6, 5), process(7, 6), process(8, 1)]);
    let mut members = BTreeSet::from([5]);
    table.add_descendants(&mut members);
    assert_eq!(members, BTreeSet::from([5, 6, 7]));
    assert_eq!(table.line_of(7), BTreeSet::from([1, 5, 6, 7]));
}

#[test]
fn whoever_carries_the_token_is_ended_though_it_left_session_and_parent() {
    let token = token("carrier");
    let mut child = shell("setsid sh -c 'setsid sleep 97 & setsid sleep 98 &'; exit 0", &token);
    child.wait().unwrap();
    let family = Family { root: None, token: &token };
    until("both sleep", || family.living().iter().filter(|p| p.name == "sleep").count() == 2);
    assert_eq!(end(&family, &quick()), []);
    assert_eq!(family.living(), []);
}

#[test]
fn what_hears_neither_interrupt_nor_terminate_is_killed_and_a_stopped_one_too() {
    let token = token("deaf");
    let mut child = shell("trap '' INT TERM; sh -c 'kill -STOP $$; sleep 96' & while :; do sleep 0.05; done", &token);
    let root = identify(child.id()).unwrap();
    let family = Family { root: Some(&root), token: &token };
    until("it has children", || family.living().len() >= 3);
    assert_eq!(end(&family, &quick()), []);
    child.wait().unwrap();
}

#[test]
fn a_member_without_the_token_is_found_in_the_session() {
    let token = token("bare");
    let mut child = shell("env -i sleep 95 & wait", &token);
    let root = identify(child.id()).unwrap();
    let family = Family { root: Some(&root), token: &token };
    until("the bare one sleeps", || family.living().iter().any(|p| p.name == "sleep"));
    assert_eq!(end(&family, &Grace { interrupt: Duration::ZERO, ..quick() }), []);
    child.wait().unwrap();
}

#[test]
fn a_number_that_went_to_another_process_is_left_alone() {
    let mut child = shell("sleep 94", "somebody-else");
    let mut root = identify(child.id()).unwrap();
    root.started -= 1;
    let token = token("reused");
    let family = Family { root: Some(&root), token: &token };
    assert_eq!(family.living(), []);
    root.started += 1;
    root.boot.push('x');
    assert_eq!(Family { root: Some(&root), token: &token }.living(), []);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn forks_that_race_the_end_lose() {
    let token = token("race");
    let folder = tempfile::TempDir::new().unwrap();
    let script = folder.path().join("script");
    // Each generation ends as soon as the next is there: hardly any that was listed is there when the list has been read.
    crate::sys::file::fill(&script, b"trap '' INT TERM; [ $1 -gt 0 ] && sh $0 $(($1 - 1)) || touch $0.end &").unwrap();
    let mut child = shell(&format!("sh {} 20000; sleep 840", script.display()), &token);
    let root = identify(child.id()).unwrap();
    let family = Family { root: Some(&root), token: &token };
    until("it sleeps", || family.living().iter().any(|process| process.name == "sleep"));
    until("they race", || family.living().len() >= 2);
    let grace = Grace { interrupt: Duration::ZERO, terminate: Duration::ZERO, kill: Duration::from_secs(60), ..quick() };
    assert_eq!(end(&family, &grace), []);
    assert!(!script.with_extension("end").exists(), "they ended by themselves");
    child.wait().unwrap();
    assert_eq!(family.living(), []);
}

#[test]
fn a_group_is_killed_with_those_that_were_not_listed() {
    let token = token("unlisted");
    let mut child = shell("sleep 83 & wait", &token);
    let family = Family { root: None, token: &token };
    until("it sleeps", || family.living().iter().any(|process| process.name == "sleep"));
    end::kill(&family::Members { living: Vec::new(), ..family.members() });
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    until("the sleeper is gone too", || family.living().is_empty());
}

#[test]
fn a_group_that_others_are_in_is_not_signalled_as_a_whole() {
    let token = token("shared");
    let in_group = |group: u32, token: &str| {
        let mut sleep = command::new("sleep");
        std::os::unix::process::CommandExt::process_group(&mut sleep, i32::try_from(group).unwrap());
        sleep.arg("86").env(TOKEN, token).spawn().unwrap()
    };
    let mut stranger = in_group(0, "somebody-else");
    let mut shared = in_group(stranger.id(), &token);
    let mut apart = in_group(0, &token);
    let family = Family { root: None, token: &token };
    assert_eq!(family.members().groups, BTreeSet::from([apart.id()]));
    assert_eq!(end(&family, &quick()), []);
    shared.wait().unwrap();
    apart.wait().unwrap();
    assert_eq!(stranger.try_wait().unwrap(), None);
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

/// Runs a test of this file in a process of its own: what it does holds for the whole process. True inside.
fn alone(test: &str) -> bool {
    const INSIDE: &str = "TAKEBACK_TEST_ALONE";
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let name = format!("sys::process::tests::{test}");
    let mut run = command::new(std::env::current_exe().unwrap());
    let output = command::run(run.args(["--exact", &name, "--nocapture"]).env(INSIDE, "1")).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    false
}

#[test]
fn a_subreaper_ends_and_reaps_orphans_that_show_nothing_else() {
    if !alone("a_subreaper_ends_and_reaps_orphans_that_show_nothing_else") {
        return;
    }
    become_subreaper();
    let before = Awaited::spawn(command::new("setsid").args(["sleep", "92"])).unwrap();
    let ours = before.child.id();
    drop(before);
    // Started before the family's root: not of the family, though it has a session of its own.
    until("a clock tick has passed", || later_than(ours));
    let mut leader = command::new("setsid");
    leader.args(["sh", "-c", "env -i setsid sh -c 'env -i setsid sleep 93 & exit' & sleep 0.2"]);
    let mut leader = Awaited::spawn(&mut leader).unwrap();
    let root = identify(leader.child.id()).unwrap();
    let family = Family { root: Some(&root), token: "none" };
    until("the orphan is ours", || {
        let living = family.living();
        living.iter().any(|p| p.name == "sleep" && p.parent == std::process::id())
    });
    leader.child.wait().unwrap();
    assert_eq!(end(&family, &quick()), []);
    until("no orphan stays in the table", || {
        reap_orphans();
        Table::read().iter().filter(|p| p.parent == std::process::id()).all(|p| p.pid == ours)
    });
    assert_eq!(liveness(&identify(ours).unwrap()), Liveness::Alive);
    rustix::process::kill_process(pid_of(ours).unwrap(), rustix::process::Signal::KILL).unwrap();
}

/// Tells whether a process that starts now is told from `pid` by its start.
fn later_than(pid: u32) -> bool {
    let mut child = command::new("true").spawn().unwrap();
    let later = identify(child.id()).unwrap().started > identify(pid).unwrap().started;
    child.wait().unwrap();
    later
}
