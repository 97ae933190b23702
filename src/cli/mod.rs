//! The command line.

use std::process::ExitCode;

use crate::exec::launch;

/// Runs the program with this process's arguments.
pub fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|verb| verb == launch::VERB) {
        return launch::child_main(words).into();
    }
    ExitCode::FAILURE
}
