//! A stand-in for our own program: unit tests have no binary but their own.
//!
//! The stand-in is a script that becomes this test program with one test to run, which is [`child_main`]. The words travel as
//! `--skip` arguments, which the test harness takes in any number.

use std::ffi::OsString;
use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::launch::{Launcher, child_main};
use crate::sys::command;

/// Makes a program in `folder` that has the verb `__launch`.
pub(super) fn launcher(folder: &Path) -> Launcher {
    let program = folder.join("takeback");
    let own = std::env::current_exe().unwrap();
    let script = format!(
        "#!/bin/sh\nfor word; do set -- \"$@\" --skip \"$word\"; shift; done\n\
         exec '{}' --exact exec::testing::stand_in --nocapture \"$@\" 8>&1 >/dev/null 2>&1\n",
        own.display()
    );
    write_program(&program, &script);
    Launcher::of(program)
}

/// Writes a program that can be started at once.
///
/// No process but `cp` has it open for writing: a process that another test's thread forks just now would inherit it from this one, and
/// until that has called exec the kernel refuses to run it (`ETXTBSY`).
pub(super) fn write_program(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    crate::sys::file::fill(&draft, text.as_bytes()).unwrap();
    fs::set_permissions(&draft, Permissions::from_mode(0o755)).unwrap();
    command::output(command::new("cp").arg(&draft).arg(path)).unwrap();
}

#[test]
fn stand_in() {
    let words: Vec<OsString> = std::env::args_os().collect();
    let mut words = words.windows(2).filter(|pair| pair[0] == "--skip").map(|pair| pair[1].clone());
    if words.next().is_none_or(|verb| verb != "__launch") {
        return;
    }
    let output = OpenOptions::new().append(true).open("/dev/fd/8").unwrap();
    rustix::stdio::dup2_stdout(&output).unwrap();
    rustix::stdio::dup2_stderr(&output).unwrap();
    drop(output);
    let words: Vec<OsString> = words.collect();
    if words.first().is_some_and(|moment| moment == "go") {
        // Where the real program has nothing to close, this one has its 8.
        crate::sys::process::close_on_exec().unwrap();
    }
    let code = child_main(words);
    #[expect(clippy::exit, reason = "this process is not a test")]
    std::process::exit(i32::from(code));
}
