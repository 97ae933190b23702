//! The program under measurement.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::repository::{Lab, done};

/// How long a batch may take to come to where it is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

impl Lab {
    /// takeback in the checkout.
    pub(crate) fn takeback(&self, words: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_takeback"));
        command.args(words);
        command
    }

    /// Writes inputs where takeback finds them, a line each, beside the checkout.
    pub(crate) fn write_inputs(&self, inputs: &[String]) {
        std::fs::write(self.work().join("../inputs"), inputs.join("\n") + "\n").unwrap();
    }

    /// What a batch has come to, as JSON has it.
    pub(crate) fn batch(&self, name: &str) -> serde_json::Value {
        let text = done(&mut self.takeback(&["status", "--json", name]));
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["batches"][0].take()
    }

    /// Waits until a batch is as a condition says; none of its tasks may fail.
    pub(crate) fn wait_for(&self, name: &str, is_so: impl Fn(&serde_json::Value) -> bool) {
        let started = Instant::now();
        loop {
            let batch = self.batch(name);
            if is_so(&batch) {
                return;
            }
            assert!(count(&batch, "failed") == 0 && started.elapsed() < PATIENCE, "{batch}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// How many of a batch's tasks are in a state.
pub(crate) fn count(batch: &serde_json::Value, state: &str) -> u64 {
    batch["counts"][state].as_u64().unwrap_or_default()
}

/// Takes the time of a command in the state that the machine is in.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let done = work();
    (started.elapsed(), done)
}
