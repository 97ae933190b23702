//! Part m: what keeper and runners hold in memory while a long queue waits.

use std::fs;

use crate::Plan;
use crate::common::figures::verdict;
use crate::common::repository::{Lab, done};
use crate::program::count;

/// As many tasks run.
const RUNNING: u64 = 4;

/// As much may be used, in KiB.
const MOST: u64 = 50 * 1024;

/// A process of ours.
struct Process {
    what: String,
    /// Its share of the memory, in KiB: what several have in common is divided among them.
    pss: u64,
}

/// Measures, and says what came of it.
pub(crate) fn section(plan: &Plan) -> String {
    let tasks = *plan.queues.last().unwrap();
    eprintln!("memory with a queue of {tasks}");
    let lab = Lab::new(&plan.dir, 2_000);
    lab.write_inputs(&(1..=tasks).map(|n| format!("input-{n}")).collect::<Vec<_>>());
    let jobs = RUNNING.to_string();
    let options = ["batch", "--name", "queue", "--jobs", &jobs, "--accept", "no-check", "--inputs-from", "../inputs"];
    done(lab.takeback(&options).args(["--", "sh", "-c", "exec sleep 1000", "{}"]));
    lab.wait_for("queue", |batch| count(batch, "running") == RUNNING && has_begun(&lab));
    let processes = processes(&lab);
    done(&mut lab.takeback(&["cancel", "queue"]));
    done_with(&lab);
    let sum = processes.iter().map(|process| process.pss).sum::<u64>();
    let rows: Vec<_> = processes.iter().map(|process| format!("| {} | {} | | |", process.what, mib(process.pss))).collect();
    format!(
        "## Memory\n\n{RUNNING} tasks of {tasks} run (`sleep 1000`), the others wait. Proportional set size (`Pss` of \
         `/proc/PID/smaps_rollup`) of the processes of ours:\nthe keeper, and a runner for each task; the commands themselves are not \
         in it.\n\n| | MiB | aim | |\n|---|---|---|---|\n{}\n| all | {} | 50 | {} |\n",
        rows.join("\n"),
        mib(sum),
        verdict(sum <= MOST)
    )
}

/// Whether each task's command is there: what its runner does before that is over.
fn has_begun(lab: &Lab) -> bool {
    let text = done(&mut lab.takeback(&["show", "--json", "queue"]));
    let batch: serde_json::Value = serde_json::from_str(&text).unwrap();
    let tasks = batch["tasks"].as_array().unwrap();
    tasks.iter().filter(|task| !task["started_at"].is_null()).count() as u64 == RUNNING
}

/// The keeper and the runners of a repository.
fn processes(lab: &Lab) -> Vec<Process> {
    let git_dir = lab.work().join(".git");
    let git_dir = git_dir.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
        let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
        if words.len() > 2 && words[1].starts_with("__") && words[2].starts_with(git_dir) {
            let what = words[1].trim_start_matches('_').to_owned();
            found.push(Process { what, pss: pss(&entry.path().join("smaps_rollup")) });
        }
    }
    found.sort_by(|a, b| a.what.cmp(&b.what));
    let runners = found.iter().filter(|process| process.what == "runner").count() as u64;
    assert_eq!((runners, found.len() as u64), (RUNNING, RUNNING + 1), "a keeper and its runners");
    found
}

fn pss(rollup: &std::path::Path) -> u64 {
    let text = fs::read_to_string(rollup).unwrap();
    let kib = text.lines().find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.parse().ok());
    kib.expect("the kernel says how much")
}

/// Waits until nothing runs any more, so that the folder can go.
fn done_with(lab: &Lab) {
    lab.wait_for("queue", |batch| count(batch, "running") == 0);
}

fn mib(kib: u64) -> String {
    format!("{:.1}", kib as f64 / 1024.0)
}
