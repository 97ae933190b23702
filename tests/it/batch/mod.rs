//! Batches: one task for each input, sampled, handed off, landed and taken back as one.

mod life;
mod obstacles;

use serde_json::Value;

use crate::lab::Lab;

/// A lab with so many files `t/01` … that hold `a`.
pub(super) fn lab(files: usize) -> Lab {
    let lab = Lab::new();
    for n in 1..=files {
        lab.write(format!("t/{n:02}"), "a\n");
    }
    lab.commit("files");
    lab
}

/// Where a batch stands.
pub(super) fn batch(lab: &Lab, name: &str) -> Value {
    lab.json(["show", name])["batch"].clone()
}

/// How many of a batch's tasks are in a state.
pub(super) fn count(lab: &Lab, name: &str, state: &str) -> u64 {
    batch(lab, name)["counts"][state].as_u64().expect("a count")
}
