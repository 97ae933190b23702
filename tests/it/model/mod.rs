//! Random sequences of every verb and of what people do with git, against a small model.
//!
//! After each step git and the file system are asked: every base, result and end of a move that was ever said hangs on a ref of ours;
//! what the user has not committed is as it was, but for the paths that a landing or its undoing moved; what was refused has changed
//! nothing; there and back is the same; the states are those that DESIGN's arrows lead to; nothing is left over.
//!
//! The seed is fixed, so that every run tries the same. `PROPTEST_CASES=500` tries more, `PROPTEST_RNG_SEED=7` others. What once
//! failed is in `regressions.rs`, as the sequence that it shrank to.

mod by_hand;
mod files;
mod foreign;
mod ledger;
mod regressions;
mod reverts;
mod seen;
mod step;
mod verbs;
mod world;

use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::lab::Lab;
use step::Step;
use world::World;

/// What fits the time of the whole suite.
const CASES: u32 = 16;

/// Takes the steps, and looks after each.
fn play(steps: &[Step]) {
    let mut world = World::new();
    for step in steps {
        world.step(step);
        world.look();
    }
    world.end();
}

impl World {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Run(work) => self.run(work),
            Step::Start(edits) => self.start(edits),
            Step::Finish(number) => self.finish(*number),
            Step::Land(landing) => self.land(landing),
            Step::Discard(number) => self.discard(self.ledger.task(*number)),
            Step::Revert(number) => self.revert(self.ledger.task(*number)),
            Step::Undo(what) => self.undo(*what),
            Step::Redo => self.redo(),
            Step::Retry { task, from_head } => self.retry(self.ledger.task(*task), *from_head),
            Step::Cancel(number) => self.cancel(self.ledger.task(*number)),
            Step::Open(number, edits) => self.open(self.ledger.task(*number), edits),
            Step::LandAs { task, back } => self.land_as(self.ledger.task(*task), *back),
            Step::Git(git) => self.foreign(git),
        }
    }
}

/// Git says what a merge must come to.
fn can_play(test: &str) -> bool {
    Lab::new().git_merges(test)
}

fn config() -> Config {
    let asked = Config::default();
    let cases = std::env::var("PROPTEST_CASES").map_or(CASES, |_| asked.cases);
    let seed = if asked.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { asked.rng_seed };
    Config { cases, rng_seed: seed, failure_persistence: None, ..asked }
}

#[test]
fn whatever_people_do_nothing_is_lost_and_everything_is_as_the_model_says() {
    if !can_play("whatever_people_do") {
        return;
    }
    let run = TestRunner::new(config()).run(&step::sequence(), |steps| {
        play(&steps);
        Ok(())
    });
    run.unwrap();
}
