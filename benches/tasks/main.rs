//! What one task costs: by hand and with takeback, in turn, on generated repositories.
//!
//! Prints the page `docs/benchmarks.md` to stdout and its progress to stderr. `--quick` takes a small repository and few rounds;
//! `--dir DIR` works there instead of in the folder for temporary files, since the file system decides much.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a program that measures: what fails ends it, and its output is its result"
)]

#[path = "../common/mod.rs"]
mod common;
mod ways;

use std::path::{Path, PathBuf};
use std::time::Duration;

use common::figures::{Pair, median, ms, raw, row, verdict};
use common::machine;
use common::repository::Lab;

/// How much is measured.
struct Plan {
    files: Vec<u32>,
    rounds: u32,
    tasks: u32,
    dir: PathBuf,
}

/// The samples of one repository.
#[derive(Default)]
struct Samples {
    first: Pair,
    later: Pair,
    returning: Vec<Duration>,
}

fn main() {
    let plan = Plan::of(std::env::args().skip(1));
    println!("{}", page_start(&plan.dir));
    for &files in &plan.files {
        let lab = Lab::new(&plan.dir, files);
        let samples = measure(&lab, &plan);
        println!("{}", section(&lab, &samples));
    }
}

impl Plan {
    fn of(arguments: impl Iterator<Item = String>) -> Self {
        let mut plan = Self { files: vec![2_000, 30_000], rounds: 5, tasks: 20, dir: std::env::temp_dir() };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => (plan.files, plan.rounds, plan.tasks) = (vec![2_000], 2, 5),
                "--dir" => plan.dir = arguments.next().expect("--dir names a folder").into(),
                _ => {} // what cargo says to every bench
            }
        }
        plan
    }
}

/// Measures in turn, so that what else the machine does meets both alike: in each round a first task, in the last one further ones.
fn measure(lab: &Lab, plan: &Plan) -> Samples {
    let mut samples = Samples::default();
    for round in 1..=plan.rounds {
        eprintln!("{} files, round {round} of {}", lab.files, plan.rounds);
        lab.forget_takeback();
        let tasks = if round == plan.rounds { plan.tasks } else { 1 };
        for task in 1..=tasks {
            let name = format!("t{round}-{task}");
            let pair = if task == 1 { &mut samples.first } else { &mut samples.later };
            pair.by_hand.push(lab.by_hand(&name));
            pair.takeback.push(lab.takeback(&name));
        }
    }
    for task in 1..=plan.tasks {
        samples.returning.push(lab.returning(&format!("r{task}")));
    }
    samples
}

/// The page's part for one repository.
fn section(lab: &Lab, samples: &Samples) -> String {
    let (first, later, returning) = (&samples.first, &samples.later, median(&samples.returning));
    let rows = [
        row("first task", first, 1.0, "no slower"),
        row("2nd to 20th task", later, 3.0, "3 times faster"),
        format!("| `run` returning | | {} | | 50 ms | {} |", ms(returning), verdict(returning <= Duration::from_millis(50))),
    ];
    let raw = [
        raw("first task, by hand", &first.by_hand),
        raw("first task, takeback", &first.takeback),
        raw("2nd to 20th task, by hand", &later.by_hand),
        raw("2nd to 20th task, takeback", &later.takeback),
        raw("`run` returning", &samples.returning),
    ];
    format!(
        "## {} files, {:.0} MiB\n\nMedians in milliseconds; a ratio above 1 means that takeback is faster.\n\n\
         | | by hand | takeback | ratio | aim | |\n|---|---|---|---|---|---|\n{}\n\n\
         Raw samples in milliseconds, in the order in which they were taken:\n\n{}\n",
        lab.files,
        lab.bytes as f64 / f64::from(1 << 20),
        rows.join("\n"),
        raw.join("\n")
    )
}

/// The head of the page.
fn page_start(dir: &Path) -> String {
    format!(
        "# Benchmarks\n\nMade by `cargo bench --bench tasks`. One file of a generated repository is changed by one task, without a \
         check.\nThe two ways are measured in turn in one run; before each sample everything is synced to the disk.\n\n\
         {}\n\n\
         By hand, in the checkout:\n\n```sh\n{}\n```\n\nWith takeback:\n\n```sh\n{}\n```\n\n\
         *First task*: takeback has never been used in the repository, so it fills its first worktree. *2nd to 20th task*: one \
         after the other;\ntakeback has that worktree and brings it back to the base. *`run` returning*: the same without \
         `--wait`, from the second task on.\n",
        machine::facts(dir),
        "git worktree add -q -b NAME ../NAME\n(cd ../NAME && sh -c 'echo NAME >> FILE' && git add -A && git commit -q -m NAME)\n\
         git worktree remove ../NAME",
        "takeback run --wait --name NAME -- sh -c 'echo NAME >> FILE'",
    )
}
