//! What a batch costs: by hand, with git or with pueue, and with takeback in turn, on generated repositories.
//!
//! Prints a part of `docs/benchmarks.md` to stdout and its progress to stderr. Letters choose what is measured: `a` the tasks, `b` the
//! landing, `c` the queue, `m` the memory; without any, all four. `--quick` takes small numbers; `--dir DIR` works there instead of
//! in the folder for temporary files; `--pueue DIR` has pueue, which is looked for on the `PATH` otherwise.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a program that measures: what fails ends it, and its output is its result"
)]

#[path = "../common/mod.rs"]
mod common;
mod landing;
mod memory;
mod program;
mod pueue;
mod queue;

mod tasks;

use std::path::PathBuf;

use common::machine;
use tasks::Size;

/// How much is measured, and where.
pub(crate) struct Plan {
    parts: String,
    /// Tasks of a batch that is carried out.
    tasks: u32,
    /// Repositories for the tasks.
    sizes: Vec<Size>,
    /// How many files the repository has that is landed on.
    files: u32,
    /// How often a landing is measured.
    rounds: u32,
    /// Tasks in a long queue, the longest last.
    queues: Vec<u32>,
    /// How many tasks pueue gets.
    pueue_tasks: u32,
    dir: PathBuf,
    pueue: Option<PathBuf>,
}

fn main() {
    let plan = Plan::of(std::env::args().skip(1));
    println!("{}\n", machine::facts(&plan.dir));
    let mut carried_out = None;
    for part in plan.parts.chars() {
        let section = match part {
            'a' => tasks::section(&plan, &mut carried_out),
            'b' => landing::section(&plan, carried_out.take()),
            'c' => queue::section(&plan),
            'm' => memory::section(&plan),
            _ => panic!("there is no part `{part}`: a, b, c and m are there"),
        };
        println!("{section}");
    }
}

impl Plan {
    fn of(mut arguments: impl Iterator<Item = String>) -> Self {
        let mut plan = Self {
            parts: String::new(),
            tasks: 1_000,
            sizes: vec![Size { files: 2_000, sample: 25, aim: 3.0 }, Size { files: 30_000, sample: 6, aim: 10.0 }],
            files: 30_000,
            rounds: 3,
            queues: vec![1_000, 10_000],
            pueue_tasks: 2_000,
            dir: std::env::temp_dir(),
            pueue: None,
        };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => plan = plan.quick(),
                "--dir" => plan.dir = arguments.next().expect("--dir names a folder").into(),
                "--pueue" => plan.pueue = Some(arguments.next().expect("--pueue names a folder").into()),
                letters if !letters.starts_with('-') => plan.parts.push_str(letters),
                _ => {} // what cargo says to every bench
            }
        }
        if plan.parts.is_empty() {
            "abcm".clone_into(&mut plan.parts);
        }
        plan
    }

    fn quick(self) -> Self {
        let sizes = vec![Size { files: 2_000, sample: 4, aim: 3.0 }];
        Self { tasks: 50, sizes, files: 2_000, rounds: 2, queues: vec![100, 1_000], pueue_tasks: 50, ..self }
    }
}
