//! Starting a command that nobody can lose: it waits at a gate until its process is on record.
//!
//! The parent starts our own program as `__launch`, with the command's environment from its first instruction on. That makes a
//! session of its own (so there is no terminal to ask on; or a process group, where it is to have the caller's), waits at the gate of `sys::gate`, and becomes the command. A crash of the
//! parent at any moment leaves either a recorded process, or one that ends by itself without having run anything.
//!
//! With a setup there is a shell in between, which reads the setup's text and, if its last command succeeded, becomes `__launch`
//! again and then the command: `bash` where there is one, since `module` and `conda activate` are its functions, else `sh`.

mod child;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::io::{self, PipeWriter};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::Environment;
use crate::sys::command;
use crate::sys::gate::Gate;
use crate::sys::process::{self, Awaited, TOKEN};
use crate::sys::terminal::Terminal;
use crate::task::{ProcessId, Text};

pub(crate) use child::child_main;

/// The hidden verb that [`child_main`] is the body of.
pub(crate) const VERB: &str = "__launch";

const PATIENCE: Duration = Duration::from_secs(30);

/// The program that holds [`VERB`].
#[derive(Clone, Debug)]
pub(crate) struct Launcher {
    program: PathBuf,
}

/// What to start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Launch<'a> {
    /// The command and its arguments.
    pub(crate) argv: &'a [Text],
    /// The folder it runs in.
    pub(crate) cwd: &'a Path,
    /// All of its environment, but for the token.
    pub(crate) environment: &'a Environment,
    /// Marks its processes: the value of `TAKEBACK_TOKEN`.
    pub(crate) token: &'a str,
    /// A shell text that is run before it, in the same shell.
    pub(crate) setup: Option<&'a str>,
    /// The file that is its stdin; `/dev/null` if none.
    pub(crate) input: Option<&'a Path>,
}

/// Where a command writes to.
#[derive(Debug)]
pub(crate) enum Output<'a> {
    /// A pipe; the command leads a session of its own, without a terminal.
    Pipe(PipeWriter),
    /// The caller's terminal, which is its input too; the command leads a process group of this session.
    Terminal(&'a Terminal),
}

/// A process that waits at the gate.
#[derive(Debug)]
pub(crate) struct Prepared {
    gate: Gate,
    awaited: Awaited,
    process: ProcessId,
}

/// A process that was let through.
#[derive(Debug)]
pub(crate) struct Running {
    /// The way to hear why it never became the command.
    pub(super) gate: Gate,
    /// The process, to be waited for.
    pub(super) awaited: Awaited,
    /// Its name for ever.
    pub(super) process: ProcessId,
}

/// Our own program could not be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It did not start.
    #[error("cannot start {program:?}")]
    Start {
        /// Our program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It started and did not come to the gate.
    #[error("{program:?} was started and did not answer")]
    NoAnswer {
        /// Our program.
        program: PathBuf,
        /// What was read instead.
        source: io::Error,
    },
    /// The system does not tell of the process.
    #[error("the system does not tell of process {pid}: is /proc mounted?")]
    Unknown {
        /// The process.
        pid: u32,
    },
}

impl Launcher {
    /// Takes this very program.
    ///
    /// # Errors
    ///
    /// [`command::Error`] if the system does not tell where it is.
    pub(crate) fn own() -> Result<Self, command::Error> {
        Ok(Self::of(command::own()?.get_program()))
    }

    /// Takes a program that has the verb.
    pub(crate) fn of(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }

    /// Starts a process that waits to become the command. Both its output streams go to `output`; a terminal is not handed over yet.
    ///
    /// # Errors
    ///
    /// [`Error`]; nothing runs then.
    pub(crate) fn prepare(&self, launch: &Launch<'_>, output: Output<'_>) -> Result<Prepared, Error> {
        let start = |source| Error::Start { program: self.program.clone(), source };
        let (mut gate, stdin) = Gate::new().map_err(start)?;
        let mut command = command::with_environment(&self.program, launch.environment.iter());
        command.env(TOKEN, launch.token).arg(VERB).stdin(stdin);
        match output {
            Output::Pipe(pipe) => {
                let stderr = pipe.try_clone().map_err(start)?;
                command.arg(child::WAIT).args(words_of(&self.program, launch)).stdout(pipe).stderr(stderr);
            }
            Output::Terminal(terminal) => {
                let launch = Launch { input: Some(terminal.path()), ..*launch };
                command.arg(child::WAIT_AT_TERMINAL).args(words_of(&self.program, &launch));
            }
        }
        let awaited = Awaited::spawn(&mut command).map_err(start)?;
        // The command holds our copies of the child's files: the end of its output could not be seen with them open.
        drop(command);
        if let Err(source) = gate.wait_for_child(PATIENCE) {
            abandon(gate, awaited);
            return Err(Error::NoAnswer { program: self.program.clone(), source });
        }
        let pid = awaited.child.id();
        let Some(process) = process::identify(pid) else {
            abandon(gate, awaited);
            return Err(Error::Unknown { pid });
        };
        Ok(Prepared { gate, awaited, process })
    }
}

impl Prepared {
    /// The process, which leads its process group, and mostly its session: they have one number.
    pub(crate) fn process(&self) -> &ProcessId {
        &self.process
    }

    /// Lets it become the command.
    pub(crate) fn go(mut self) -> Running {
        self.gate.open();
        Running { gate: self.gate, awaited: self.awaited, process: self.process }
    }

    /// Lets it end without having run anything.
    pub(crate) fn abandon(self) {
        abandon(self.gate, self.awaited);
    }
}

/// The words after the stage: our program, folder, input, setup, argv. An empty word is one that was not given.
fn words_of(program: &Path, launch: &Launch<'_>) -> Vec<OsString> {
    let input = launch.input.map(Path::as_os_str).unwrap_or_default();
    let setup = launch.setup.map(OsStr::new).unwrap_or_default();
    let front = [program.as_os_str(), launch.cwd.as_os_str(), input, setup].into_iter();
    front.chain(launch.argv.iter().map(Text::as_os_str)).map(OsStr::to_owned).collect()
}

/// Ends a process that waits at the gate.
fn abandon(gate: Gate, mut awaited: Awaited) {
    drop(gate);
    // It would end by itself; what does not answer might not.
    drop(awaited.child.kill());
    drop(awaited.child.wait());
}
