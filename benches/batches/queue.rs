//! Part c: a long queue. Handing it off, and reading with it there; pueue in turn where it is to be had.

use std::fmt::Write as _;
use std::time::Duration;

use crate::Plan;
use crate::common::figures::{Pair, median, ms, raw, row, verdict};
use crate::common::repository::{Lab, done, settle};
use crate::program::{count, timed};
use crate::pueue::Pueue;

/// How often a reading command is measured.
const READS: u32 = 9;

/// A reading command, and how long it may take with the longest queue.
const VERBS: [(&str, Duration); 3] =
    [("list", Duration::from_millis(300)), ("show", Duration::from_millis(30)), ("status", Duration::from_millis(100))];

/// What a queue of one length cost.
struct Samples {
    tasks: u32,
    hand_off: Duration,
    /// As [`VERBS`].
    reads: [Vec<Duration>; 3],
}

/// Measures, and says what came of it.
pub(crate) fn section(plan: &Plan) -> String {
    let queues: Vec<_> = plan.queues.iter().map(|&tasks| measure(plan, tasks)).collect();
    let mut page = format!(
        "## A long queue\n\nA batch is handed off whose first task runs and whose rest waits; then it is read while nothing runs:\n\n\
         ```sh\ntakeback batch --name queue --sample 1 --inputs-from INPUTS -- true {{}}\ntakeback list\ntakeback show queue.HALF\n\
         takeback status\n```\n\nMedians in milliseconds.\n\n{}\n\nRaw samples:\n\n{}\n",
        table(&queues),
        raw_samples(&queues),
    );
    match Pueue::find(plan) {
        Some(pueue) => write!(page, "\n{}", against(&pueue, plan)).unwrap(),
        None => page.push_str("\npueue was not to be had (`--pueue DIR`): it is left out.\n"),
    }
    page
}

fn measure(plan: &Plan, tasks: u32) -> Samples {
    eprintln!("a queue of {tasks}");
    let lab = Lab::new(&plan.dir, 2_000);
    let hand_off = queue(&lab, tasks);
    lab.wait_for("queue", |batch| batch["state"] == "sampled");
    assert_eq!(count(&lab.batch("queue"), "queued"), u64::from(tasks) - 1);
    let half = format!("queue.{}", tasks / 2);
    let reads = VERBS.map(|(verb, _)| {
        let words = if verb == "show" { vec![verb, half.as_str()] } else { vec![verb] };
        (0..READS).map(|_| timed(|| done(&mut lab.takeback(&words))).0).collect()
    });
    Samples { tasks, hand_off, reads }
}

/// Hands a queue off, and returns how long that took.
fn queue(lab: &Lab, tasks: u32) -> Duration {
    lab.write_inputs(&(1..=tasks).map(|n| format!("input-{n}")).collect::<Vec<_>>());
    settle();
    let words = ["batch", "--name", "queue", "--sample", "1", "--inputs-from", "../inputs", "--", "true", "{}"];
    timed(|| done(&mut lab.takeback(&words))).0
}

fn table(queues: &[Samples]) -> String {
    let mut lines = [String::from("| |"), String::from("|---|"), String::from("| hand-off |")];
    for queue in queues {
        write!(lines[0], " {} tasks |", queue.tasks).unwrap();
        lines[1].push_str("---|");
        write!(lines[2], " {} |", ms(queue.hand_off)).unwrap();
    }
    lines[0].push_str(" aim for the last | |");
    lines[1].push_str("---|---|");
    lines[2].push_str(" | |");
    let reads = VERBS.iter().enumerate().map(|(at, (verb, limit))| {
        let medians: Vec<_> = queues.iter().map(|queue| median(&queue.reads[at])).collect();
        let cells: Vec<_> = medians.iter().map(|median| ms(*median)).collect();
        let met = medians.last().is_some_and(|last| last <= limit);
        format!("| `{verb}` | {} | {} ms | {} |", cells.join(" | "), limit.as_millis(), verdict(met))
    });
    lines.iter().cloned().chain(reads).collect::<Vec<_>>().join("\n")
}

fn raw_samples(queues: &[Samples]) -> String {
    let of_one = |queue: &Samples| {
        let what = |verb| format!("`{verb}` with {}", queue.tasks);
        VERBS.iter().zip(&queue.reads).map(|((verb, _), reads)| raw(&what(verb), reads)).collect::<Vec<_>>()
    };
    queues.iter().flat_map(of_one).collect::<Vec<_>>().join("\n")
}

/// The same number of tasks queued in both, in turn.
fn against(pueue: &Pueue, plan: &Plan) -> String {
    let tasks = plan.pueue_tasks;
    let mut pair = Pair::default();
    for round in 1..=plan.rounds {
        eprintln!("{tasks} tasks with pueue and with takeback, round {round} of {}", plan.rounds);
        let lab = Lab::new(&plan.dir, 2_000);
        let daemon = pueue.start(&plan.dir);
        settle();
        pair.by_hand.push(timed(|| (1..=tasks).for_each(|n| daemon.add(&format!("input-{n}")))).0);
        assert_eq!(daemon.queued(), tasks as usize);
        pair.takeback.push(queue(&lab, tasks));
        lab.wait_for("queue", |batch| batch["state"] == "sampled");
    }
    format!(
        "### {tasks} tasks, against pueue\n\n{}, whose queue is paused, gets one task a call, which is its way: `pueue add -- true INPUT`; \
         takeback\ngets them by one command, as above. Milliseconds for all.\n\n\
         | | pueue | takeback | ratio | aim | |\n|---|---|---|---|---|---|\n{}\n\nRaw samples:\n\n{}\n{}\n",
        pueue.version(),
        row(&format!("queueing {tasks}"), &pair, 10.0, "10 times faster"),
        raw("pueue", &pair.by_hand),
        raw("takeback", &pair.takeback),
    )
}
