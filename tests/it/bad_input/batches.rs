//! Batches that cannot be had, or cannot go on.

use super::{refused, row};
use crate::lab::Lab;

#[test]
fn going_on_unchecked() {
    let lab = Lab::new();
    for n in 0..7 {
        lab.write(format!("t/{n}"), "a");
    }
    lab.commit("seven");
    lab.ok(["batch", "--wait", "--name", "b", "--inputs", "t/*", "--", "sed", "-i", "s/a/b/"]);
    refused(&lab, ["continue", "b"]).fits(&row!()).about("b");
    lab.ok(["continue", "b", "--wait", "--accept", "no-check"]);
}
