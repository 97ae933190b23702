//! A disk that is full: on a small file system of its own, mounted where no other process sees it.

use std::process::Command;

use serde_json::Value;

use super::row;
use super::table::Row;
use crate::lab::{Lab, said};
use crate::skip;

/// A lab whose repository lies on a file system of 40 MiB, and a shell script to be run there, as root of a namespace of its own.
struct Small {
    lab: Lab,
    script: Command,
}

/// How each script begins: `fill MIB` leaves so much room, `drain` all of it, `answer FILE WORDS…` keeps answer and exit code.
const START: &str = "
    cp -a .git ../saved
    mount -t tmpfs -o size=40m none .git
    cp -a ../saved/. .git
    fill() { dd if=/dev/zero of=.git/filler bs=64k count=$((640 - $1 * 16)) 2> ../dd || true; }
    drain() { rm .git/filler; }
    answer() { to=$1; shift; code=0; $takeback --json \"$@\" > ../$to || code=$?; echo $code > ../$to.code; }
";

impl Small {
    /// `None` where no file system can be mounted: the test is skipped then, and says so.
    fn with(lab: Lab, script: &str) -> Option<Self> {
        let unshare = |script: &str| {
            let mut command = lab.command("unshare");
            command.args(["--user", "--map-root-user", "--mount", "sh", "-eu", "-c", script]);
            command
        };
        if !unshare("mount -t tmpfs none /mnt").output().is_ok_and(|o| o.status.success()) {
            skip("disk full", "no file system can be mounted here");
            return None;
        }
        let mut script = unshare(&format!("{START}\n{script}"));
        script.env("takeback", assert_cmd::cargo::cargo_bin!("takeback"));
        Some(Self { lab, script })
    }

    #[track_caller]
    fn run(&mut self) {
        said(&self.script.output().unwrap(), 0);
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.lab.outside().join(name)).unwrap().trim().to_owned()
    }

    fn answer(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    #[track_caller]
    fn refused(&self, name: &str, row: &Row) {
        let answer = self.answer(name);
        let text = |field: &str| answer["error"][field].as_str().unwrap_or_default().to_owned();
        assert_eq!((text("kind"), self.read(&format!("{name}.code"))), (row.kind.clone(), row.exit.clone()), "{answer}");
        assert!(super::fits(&row.message, &text("message")) && super::fits(&row.next, &text("hint")), "{answer}");
    }
}

#[test]
fn a_disk_full_at_hand_off() {
    let script = "
        fill 0
        answer ran run --name k7 -- true
        drain
        answer list list
        $takeback run --wait --name k7 -- true";
    let Some(mut small) = Small::with(Lab::new(), script) else { return };
    small.run();
    small.refused("ran", &row!());
    assert_eq!(small.answer("list")["tasks"], serde_json::json!([]), "no half task");
}

#[test]
fn a_disk_full_while_keeping() {
    let script = "
        fill 3
        $takeback run --name k7 --shell 'echo 1 > small; head -c 6000000 /dev/urandom > large'
        answer waited wait k7
        answer other run --name k8 -- true
        git fsck --full
        drain
        git gc -q --prune=now
        answer after wait k7
        answer landed land k7
        git fsck --full
        git status --porcelain > ../status
        wc -c < large > ../large";
    let Some(mut small) = Small::with(Lab::new(), script) else { return };
    small.run();
    small.refused("waited", &row!());
    assert_eq!(small.answer("after")["task"]["state"], "ready");
    assert_eq!(small.answer("landed")["landed"], serde_json::json!(["k7"]));
    assert_eq!((small.read("large").as_str(), small.read("status").as_str()), ("6000000", ""));
}

#[test]
fn a_disk_that_fills_up_at_any_step_of_keeping() {
    let mut refusals = 0;
    for room in 4..11 {
        let lab = Lab::new();
        lab.write(".gitignore", "*.log\n");
        lab.commit("ignore logs");
        let script = format!(
            "
            fill {room}
            $takeback run --name k7 --shell '
                head -c 1500000 /dev/urandom > mine && git add mine && git commit -q -m mine && touch committed
                head -c 1500000 /dev/urandom > x; head -c 1500000 /dev/urandom > a.log; head -c 1500000 /dev/urandom > b.log'
            answer waited wait k7
            drain
            git gc -q --prune=now
            answer after wait k7
            git gc -q --prune=now
            git ls-tree -r --name-only takeback/k7 > ../files
            git for-each-ref --format='%(refname) %(contents:subject)' refs/takeback/side > ../side
            git fsck --full
            $takeback outputs k7 --to ../outputs
            cat ../outputs/a.log ../outputs/b.log | wc -c > ../bytes"
        );
        let Some(mut small) = Small::with(lab, &script) else { return };
        small.run();
        if small.answer("waited")["error"].is_object() {
            small.refused("waited", &row!());
            refusals += 1;
        }
        let task = &small.answer("after")["task"];
        assert_eq!((&task["state"], &task["reason"]), (&"ready".into(), &Value::Null), "{room} MiB: {task}");
        let files = small.read("files");
        for file in ["mine", "x"] {
            assert!(files.lines().any(|line| line == file), "{room} MiB: no {file} in {files}");
        }
        let committed = files.lines().any(|line| line == "committed");
        assert_eq!(small.read("side").ends_with("/head mine"), committed, "{room} MiB: {}", small.read("side"));
        assert_eq!((&task["outputs"]["files"], small.read("bytes").as_str()), (&2.into(), "3000000"), "{room} MiB: {task}");
    }
    assert!(refusals > 2, "the room was never short: {refusals}");
}
