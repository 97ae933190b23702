//! Behaviour of the whole program, as its users see it.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "tests: a failed expectation is their answer, and scenarios are long"
)]

mod at_once;
mod bad_input;
mod batch;
mod bring;
mod checkout;
mod checks;
mod children;
mod cli_flow;
mod cli_surface;
#[cfg(feature = "fault-points")]
mod crash;
mod culprits;
mod debris;
mod demo;
mod durable;
mod elsewhere;
mod examples;
mod fixtures;
mod forecast;
mod hooks;
mod interactive;
mod kept;
mod killed;
mod lab;
mod landing;
mod launch;
mod layers;
mod model;
mod notify;
mod open;
mod pushing;
mod quarantine;
mod retries;
mod revert;
mod sealing;
mod shapes;
mod source;
mod story;
mod tidy;
mod tty;
mod upgraded;
mod watch;

/// Says aloud that a test cannot run here, and why: past the test runner, which hides what a passing test prints. CI counts these.
fn skip(test: &str, why: &str) {
    use std::io::Write as _;
    drop(std::io::stderr().write_all(format!("skipped: {test}: {why}\n").as_bytes()));
}
