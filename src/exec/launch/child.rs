//! The child's side: from the gate to the command.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::lookup::find_command;
use crate::sys::command;
use crate::sys::gate::{NotStarted, Waiting};
use crate::sys::process;
use crate::task::Text;

/// The first word after the verb where there is a gate to wait at; `go` behind it, after the setup.
pub(super) const WAIT: &str = "wait";

/// The same, for a command that is to have the caller's terminal.
pub(super) const WAIT_AT_TERMINAL: &str = "wait-at-terminal";

/// The body of `__launch`: takes the words after the verb, and returns an exit code if it cannot become the command.
pub(crate) fn child_main(words: impl IntoIterator<Item = OsString>) -> u8 {
    const REFUSED: u8 = 125;
    let words: Vec<OsString> = words.into_iter().collect();
    let [moment, _, _, input, _, argv @ ..] = words.as_slice() else { return REFUSED };
    let Ok(mut gate) = Waiting::at_stdin() else { return REFUSED };
    // Before anything can be asked of it: what runs in the background of a script has INT ignored.
    process::default_signals();
    // A session of its own is refused to the leader of a group: to this program when somebody types the verb.
    let apart = match moment.to_str() {
        Some(WAIT) => rustix::process::setsid().map(drop),
        Some(WAIT_AT_TERMINAL) => rustix::process::setpgid(None, None),
        _ => Ok(()),
    };
    let waits = moment == WAIT || moment == WAIT_AT_TERMINAL;
    if apart.is_err() || (waits && !gate.wait()) {
        return REFUSED;
    }
    let Err(why) = if waits { behind_the_gate(&mut gate, &words[1..]) } else { become_command(&mut gate, input, argv) };
    gate.tell_failed(&why);
    if matches!(why, NotStarted::NotFound { .. }) { 127 } else { 126 }
}

fn behind_the_gate(gate: &mut Waiting, words: &[OsString]) -> Result<Infallible, NotStarted> {
    let [program, cwd, input, setup, argv @ ..] = words else { return Err(NotStarted::Unreached) };
    // Everything that this program opens closes itself anyway; what a caller left open is worth a try.
    drop(process::close_on_exec());
    std::env::set_current_dir(cwd).map_err(|e| NotStarted::Folder { path: cwd.as_os_str().into(), why: e.to_string() })?;
    if setup.is_empty() { become_command(gate, input, argv) } else { become_setup(program, [input, setup], argv) }
}

fn become_command(gate: &mut Waiting, input: &OsStr, argv: &[OsString]) -> Result<Infallible, NotStarted> {
    let [program, arguments @ ..] = argv else { return Err(NotStarted::Unreached) };
    let stdin = if input.is_empty() { Stdio::null() } else { open(input)? };
    gate.tell_starting();
    Err(replace(command::as_is(program).args(arguments).stdin(stdin)))
}

fn become_setup(program: &OsStr, [input, setup]: [&OsString; 2], argv: &[OsString]) -> Result<Infallible, NotStarted> {
    let path = std::env::var_os("PATH");
    let bash = find_command("bash".as_ref(), Path::new("."), path.as_deref()).is_some();
    let mut command = command::as_is(if bash { "bash" } else { "sh" });
    if bash {
        // With a socket as its stdin it takes itself for a remote shell and would read the user's `.bashrc`.
        command.arg("--norc");
    }
    command.arg("-c").arg(script(setup, bash)).arg(program).arg(input).arg("").args(argv);
    Err(replace(&mut command))
}

fn open(input: &OsStr) -> Result<Stdio, NotStarted> {
    let file = File::open(input).map_err(|e| NotStarted::Input { path: input.into(), why: e.to_string() })?;
    Ok(file.into())
}

/// Becomes another program; returns why not.
fn replace(command: &mut Command) -> NotStarted {
    let error = command.exec();
    let name = command.get_program();
    let program = Text::from(name);
    if error.kind() != io::ErrorKind::NotFound {
        return NotStarted::NotExecutable { program, why: error.to_string() };
    }
    // A script whose interpreter is missing gives the same error as no script.
    let found = find_command(name, Path::new("."), std::env::var_os("PATH").as_deref());
    if found.is_some() { NotStarted::Interpreter { program } } else { NotStarted::NotFound { program } }
}

/// The shell's text: `$0` is our program, the arguments are what follows `__launch go "$0" ""`.
///
/// The gate moves from stdin to 9 meanwhile, the highest number that every `sh` takes.
fn script(setup: &OsStr, bash: bool) -> OsString {
    let mut text = OsString::from("exec 9<&0 </dev/null\n");
    if bash {
        let words = setup.to_string_lossy();
        let uses = |names: &[&str]| words.split(|c: char| !c.is_alphanumeric()).any(|word| names.contains(&word));
        text.push(if uses(&["module", "ml"]) { MODULE } else { "" });
        text.push(if uses(&["conda"]) { CONDA } else { "" });
    }
    text.push(setup);
    text.push("\ntakeback_status=$?; [ \"$takeback_status\" -eq 0 ] || exit \"$takeback_status\"\n");
    text.push("exec \"$0\" __launch go \"$0\" '' \"$@\" <&9 9<&-\n");
    text
}

/// Defines `module` where a login shell would have it (Environment Modules, Lmod) and the caller did not export it.
const MODULE: &str = r#"if ! type module >/dev/null 2>&1; then
  for takeback_file in "${LMOD_PKG:-/nowhere}/init/bash" "${MODULESHOME:-/nowhere}/init/bash" /etc/profile.d/lmod.sh /etc/profile.d/modules.sh; do
    if [ -r "$takeback_file" ]; then . "$takeback_file"; break; fi
  done
fi
"#;

/// Defines `conda`, which is a function of interactive shells only.
const CONDA: &str = r#"if [ "$(type -t conda)" != function ] && [ -x "${CONDA_EXE:-/nowhere}" ]; then
  eval "$("$CONDA_EXE" shell.bash hook)"
fi
"#;
