//! How often a check is run to find those of 1,000 tasks that break it: by our search, and by halving as bors does it.
//!
//! A simulation: no check is run, a set of tasks is said to pass or not. Prints a section for `docs/benchmarks.md` to stdout.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program that measures: its output is its result, and means are shown with one digit"
)]

use std::collections::{BTreeSet, HashSet, VecDeque};

use takeback::engine::{Blame, CulpritSearch};

const TASKS: usize = 1000;
const SEEDS: u64 = 200;

/// What breaks the check: each of these by itself, or all of them together and no fewer.
struct World {
    planted: BTreeSet<usize>,
    only_together: bool,
}

/// Runs of the check, and whom they found.
#[derive(Default)]
struct Spent {
    runs: usize,
    /// Those of them that ask again what was answered, before somebody is blamed.
    sure: usize,
    found: BTreeSet<usize>,
}

fn main() {
    println!("| culprits | halving | ours, without asking again | ours |\n|---|---|---|---|");
    for (what, planted, only_together) in [
        ("none", 0, false),
        ("1", 1, false),
        ("5", 5, false),
        ("10", 10, false),
        ("50", 50, false),
        ("2 that fail only together", 2, true),
    ] {
        let (mut halving, mut once, mut all) = (0, 0, 0);
        for seed in 1..=SEEDS {
            let world = World { planted: draw(seed, planted), only_together };
            let (bors, ours) = (halve(&world), search(&world));
            world.holds(&bors.found);
            world.holds(&ours.found);
            halving += bors.runs;
            once += ours.runs - ours.sure;
            all += ours.runs;
        }
        let mean = |sum: usize| format!("{:.1}", sum as f64 / SEEDS as f64);
        println!("| {what} | {} | {} | {} |", mean(halving), mean(once), mean(all));
    }
}

impl World {
    fn passes(&self, tasks: &[usize]) -> bool {
        let there = tasks.iter().filter(|task| self.planted.contains(task)).count();
        if self.only_together { there < self.planted.len() } else { there == 0 }
    }

    /// Holds what was found to what was planted: of those that fail only together, the last.
    fn holds(&self, found: &BTreeSet<usize>) {
        let expected = if self.only_together { self.planted.last().copied().into_iter().collect() } else { self.planted.clone() };
        assert_eq!(*found, expected);
    }
}

/// As `land --culprits evict` does it: all together, a search, the rest together, and so on. A set that passed is not asked again, but
/// to be sure of a culprit.
fn search(world: &World) -> Spent {
    let mut spent = Spent::default();
    let mut tasks: Vec<usize> = (0..TASKS).collect();
    let mut known = HashSet::new();
    let mut fine = 0;
    loop {
        spent.runs += 1;
        if world.passes(&tasks) {
            return spent;
        }
        let mut search = CulpritSearch::new(tasks.len(), u32::MAX).starting_at(fine);
        while let Some(probe) = search.probe() {
            let set = &tasks[..probe.prefix];
            let is_asked = probe.anew || !known.contains(set);
            let yes = world.passes(set);
            if yes {
                known.insert(set.to_vec());
            }
            spent.runs += usize::from(is_asked);
            spent.sure += usize::from(probe.anew);
            search.told(yes, u32::from(is_asked));
        }
        let Blame::Task(place) = search.blame() else { unreachable!("the check is not flaky, and the branch is fine") };
        spent.found.insert(tasks.remove(place - 1));
        fine = place - 1;
    }
}

/// As bors does it: what passes is put on the branch, what does not is split in two, which queue up; one alone is a culprit. Each is
/// tested on top of what has landed by then.
fn halve(world: &World) -> Spent {
    let mut spent = Spent::default();
    let mut landed: Vec<usize> = Vec::new();
    let mut queue = VecDeque::from([(0..TASKS).collect::<Vec<_>>()]);
    while let Some(batch) = queue.pop_front() {
        spent.runs += 1;
        let together = [&landed[..], &batch].concat();
        if world.passes(&together) {
            landed = together;
        } else if let [one] = batch[..] {
            spent.found.insert(one);
        } else {
            let (first, second) = batch.split_at(batch.len() / 2);
            queue.extend([first.to_vec(), second.to_vec()]);
        }
    }
    spent
}

/// Picks so many of the tasks; the same for the same seed everywhere (xorshift64).
fn draw(seed: u64, count: usize) -> BTreeSet<usize> {
    let mut chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut drawn = BTreeSet::new();
    while drawn.len() < count {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        drawn.insert(usize::try_from(chance % TASKS as u64).unwrap_or_default());
    }
    drawn
}
