//! A disk that is full: on a small file system of its own, mounted where no other process sees it.

use std::process::Command;

use super::row;
use crate::lab::{Lab, said};
use crate::skip;

/// A shell script in a mount namespace of its own, as root of it; `None` where that cannot be had.
fn in_own_mounts(lab: &Lab, script: &str) -> Option<Command> {
    let unshare = |command: &mut Command| {
        command.args(["--user", "--map-root-user", "--mount", "sh", "-eu", "-c"]);
    };
    let mut probe = lab.command("unshare");
    unshare(&mut probe);
    let can = probe.arg("mount -t tmpfs none /mnt").output().is_ok_and(|o| o.status.success());
    let mut command = lab.command("unshare");
    unshare(&mut command);
    command.arg(script).env("takeback", assert_cmd::cargo::cargo_bin!("takeback"));
    can.then_some(command)
}

#[test]
fn a_disk_full_while_keeping() {
    let lab = Lab::new();
    // The repository moves onto a file system of 3 MiB; the task writes 6 MiB into its worktree, which is elsewhere.
    let script = r"
        cp -a .git ../saved
        mount -t tmpfs -o size=3m none .git
        cp -a ../saved/. .git
        git for-each-ref > ../refs-before
        $takeback run --name k7 --shell 'echo 1 > small; head -c 6000000 /dev/urandom > large' >&2
        code=0; $takeback --json wait k7 > ../waited || code=$?
        echo $code > ../waited-code
        code=0; $takeback --json run --name k8 -- true > ../ran || code=$?
        echo $code > ../ran-code
        git fsck --full >&2
        mount -o remount,size=64m none .git
        git gc -q --prune=now
        $takeback --json wait k7 > ../after
        git cat-file blob takeback/k7:small >&2
        git cat-file blob takeback/k7:large | wc -c > ../large
        $takeback --json land k7 > ../landed
        git fsck --full >&2
        git status --porcelain > ../status
    ";
    let Some(mut command) = in_own_mounts(&lab, script) else { return skip("a_disk_full", "no file system can be mounted") };
    said(&command.output().unwrap(), 0);
    let read = |name: &str| std::fs::read_to_string(lab.outside().join(name)).unwrap();
    let value = |name: &str| -> serde_json::Value { serde_json::from_str(&read(name)).unwrap() };
    let waited = value("waited");
    assert_eq!(
        (waited["error"]["kind"].as_str().unwrap(), read("waited-code").trim()),
        (row!().kind.as_str(), row!().exit.as_str())
    );
    assert!(super::fits(&row!().message, waited["error"]["message"].as_str().unwrap()), "{waited}");
    assert!(super::fits(&row!().next, waited["error"]["hint"].as_str().unwrap()), "{waited}");
    assert_eq!(value("after")["task"]["state"], "ready", "{}", read("after"));
    assert_eq!(read("large").trim(), "6000000");
    assert_eq!(value("landed")["landed"], serde_json::json!(["k7"]));
    assert_eq!(read("status"), "");
}

#[test]
fn a_disk_full_at_hand_off() {
    let lab = Lab::new();
    let script = r"
        cp -a .git ../saved
        mount -t tmpfs -o size=2m none .git
        cp -a ../saved/. .git
        cat /dev/zero > .git/filler || true
        code=0; $takeback --json run --name k7 -- true > ../ran || code=$?
        echo $code > ../ran-code
        rm .git/filler
        $takeback --json list > ../list
        $takeback --json run --wait --name k7 -- true > ../after
    ";
    let Some(mut command) = in_own_mounts(&lab, script) else { return skip("a_disk_full", "no file system can be mounted") };
    said(&command.output().unwrap(), 0);
    let read = |name: &str| std::fs::read_to_string(lab.outside().join(name)).unwrap();
    let ran: serde_json::Value = serde_json::from_str(&read("ran")).unwrap();
    assert_eq!((ran["error"]["kind"].as_str().unwrap(), read("ran-code").trim()), (row!().kind.as_str(), row!().exit.as_str()));
    assert!(super::fits(&row!().message, ran["error"]["message"].as_str().unwrap()), "{ran}");
    assert!(read("list").contains("\"tasks\":[]"), "no half task: {}", read("list"));
}
