//! Part a: many tasks of one file each, as a batch and by a loop with git worktrees.

use std::fmt::Write as _;
use std::time::Duration;

use crate::Plan;
use crate::common::figures::{Pair, raw, row};
use crate::common::repository::{Lab, done, path, settle};
use crate::program::{count, timed};

/// As many at once, in both ways.
const AT_ONCE: &str = "2";

/// What both do to a file.
const EDIT: &str = "1s/$/ !/";

/// A repository, and how far it is measured.
pub(crate) struct Size {
    pub(crate) files: u32,
    /// How many tasks by hand make a sample; there are two before the batch and two after it.
    pub(crate) sample: u32,
    /// How many times faster a task is to be.
    pub(crate) aim: f64,
}

/// The samples of one repository: time for each task.
#[derive(Default)]
struct Samples {
    pair: Pair,
    /// Time for each task in each quarter of the batch.
    quarters: Vec<Duration>,
    whole: Duration,
}

/// Measures, and says what came of it; the last repository in which a batch was carried out is `left`.
pub(crate) fn section(plan: &Plan, left: &mut Option<Lab>) -> String {
    let mut page = format!(
        "## A batch of {} tasks, {AT_ONCE} at once\n\nEach task changes another file; nothing is checked in either way. With takeback \
         all of it is one sample, the filling of the first worktrees\nand the hand-off included:\n\n```sh\ntakeback {}\n```\n\nBy hand, a \
         sample of tasks only, two samples before the batch and two after it, in a repository of its own:\n\n```sh\n{}\nxargs -P{AT_ONCE} -L1 sh -c 'one $0 $1' < NAMES-AND-FILES\n```\n\nAll \
         figures are milliseconds a task: the time of all by their number.\n",
        plan.tasks,
        words("FILES").join(" ").replace(EDIT, &format!("'{EDIT}'")),
        by_hand_script().replace("; ", "\n").replace(" && ", " &&\n  "),
    );
    for size in &plan.sizes {
        let [git, ours] = [(); 2].map(|()| Lab::new(&plan.dir, size.files));
        let samples = measure((&git, &ours), size, plan.tasks);
        write!(page, "\n{}", table(&ours, size, &samples, plan.tasks)).unwrap();
        *left = Some(ours);
    }
    page
}

/// Where the n-th of the tasks has its file.
pub(crate) fn file(lab: &Lab, n: u32, tasks: u32) -> String {
    path(n * (lab.files / tasks))
}

/// Hands off a batch with a file for each task and waits until it is over.
pub(crate) fn carry_out(lab: &Lab, tasks: u32) {
    let files: Vec<_> = (0..tasks).map(|n| file(lab, n, tasks)).collect();
    lab.write_inputs(&files);
    done(&mut lab.takeback(&words("../inputs")));
}

fn words(inputs: &str) -> Vec<&str> {
    let options = ["batch", "--wait", "--name", "edit", "--jobs", AT_ONCE, "--accept", "no-check", "--inputs-from", inputs];
    [&options[..], &["--", "sed", "-i", EDIT, "{}"]].concat()
}

fn by_hand_script() -> String {
    format!(
        "one() {{ git worktree add -q -b $1 ../$1 && cd ../$1 && sed -i '{EDIT}' $2 && git commit -q -a -m $1 && cd ../work && \
         git worktree remove ../$1; }}"
    )
}

fn measure((git, ours): (&Lab, &Lab), size: &Size, tasks: u32) -> Samples {
    let mut samples = Samples::default();
    let mut first = 0;
    let mut by_hand = |samples: &mut Samples| {
        eprintln!("{} files: {} tasks by hand", size.files, size.sample);
        samples.pair.by_hand.push(by_hand(git, first, size.sample, tasks));
        first += size.sample;
    };
    (0..2).for_each(|_| by_hand(&mut samples));
    eprintln!("{} files: {tasks} tasks with takeback", size.files);
    settle();
    let (took, ()) = timed(|| carry_out(ours, tasks));
    (0..2).for_each(|_| by_hand(&mut samples));
    assert_eq!(count(&ours.batch("edit"), "ready"), u64::from(tasks));
    let last = ours.git(&["diff", "--name-only", "main", &format!("takeback/edit.{tasks}")]);
    assert_eq!(last.trim(), file(ours, tasks - 1, tasks));
    samples.whole = took;
    samples.pair.takeback.push(took / tasks);
    samples.quarters = quarters(ours, tasks);
    samples
}

/// Some tasks by hand; the time for each.
fn by_hand(lab: &Lab, first: u32, sample: u32, tasks: u32) -> Duration {
    let names: Vec<_> = (first..first + sample).map(|n| format!("t{n} {}", file(lab, n, tasks))).collect();
    lab.write_inputs(&names);
    let script = format!("{}; one $0 $1", by_hand_script());
    settle();
    let (took, _) = timed(|| {
        let loop_of_all = format!("xargs -P{AT_ONCE} -L1 sh -c '{}' < ../inputs", script.replace('\'', "'\\''"));
        done(lab.command("sh").args(["-c", &loop_of_all]))
    });
    for name in names {
        let (name, file) = name.split_once(' ').unwrap();
        assert_eq!(lab.git(&["diff", "--name-only", "main", name]).trim(), file);
    }
    took / sample
}

/// When tasks ended, as the records say: the time for each of them in each quarter of the batch.
fn quarters(lab: &Lab, tasks: u32) -> Vec<Duration> {
    let list: serde_json::Value = serde_json::from_str(&done(&mut lab.takeback(&["show", "--json", "edit"]))).unwrap();
    let moment = |text: &serde_json::Value| text.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let all = list["tasks"].as_array().unwrap();
    let mut ends: Vec<_> = all.iter().map(|task| moment(&task["finished_at"])).collect();
    ends.sort_unstable();
    let start = moment(&all[0]["queued_at"]);
    let at = |quarter: u32| if quarter == 0 { start } else { ends[(tasks * quarter / 4) as usize - 1] };
    (0..4).map(|quarter| Duration::try_from(at(quarter + 1).duration_since(at(quarter))).unwrap() * 4 / tasks).collect()
}

fn table(lab: &Lab, size: &Size, samples: &Samples, tasks: u32) -> String {
    let Size { sample, aim, .. } = size;
    let scaled = crate::common::figures::median(&samples.pair.by_hand) * tasks;
    format!(
        "### {} files, {:.0} MiB\n\n| | by hand | takeback | ratio | aim | |\n|---|---|---|---|---|---|\n{}\n\nThe whole batch took \
         {:.0} s; by hand, scaled from samples of {sample}, it would be {:.0} s.\n\nRaw samples:\n\n{}\n{}\n{}\n",
        size.files,
        lab.bytes as f64 / f64::from(1 << 20),
        row("a task", &samples.pair, *aim, &format!("{aim} times faster")),
        samples.whole.as_secs_f64(),
        scaled.as_secs_f64(),
        raw("by hand", &samples.pair.by_hand),
        raw("takeback", &samples.pair.takeback),
        raw("takeback, each quarter of the batch", &samples.quarters),
    )
}
