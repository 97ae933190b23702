//! The command line: arguments, one file a verb, output, exit codes.
//!
//! A verb asks the engine, hands a [`out::View`] to [`out::Out`] and returns a [`exit::Code`]. It never writes to a stream itself,
//! and never knows the number of an exit code.

mod args;
mod batch;
mod batches;
mod cancel;
mod completions;
mod config;
mod demo;
mod diff;
mod discard;
mod exit;
mod follow;
mod forecast;
mod go_on;
mod hooks;
mod hunt;
mod land;
mod list;
mod logs;
mod man;
mod open;
mod ops;
mod out;
mod outputs;
mod redo;
mod refused;
mod retry;
mod revert;
mod run;
mod screen;
mod show;
mod status;
mod table;
mod taken;
mod task_args;
mod tasks;
mod text;
mod undo;
mod wait;
mod watch;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind as ClapKind;
use clap::{CommandFactory as _, FromArgMatches as _};

use crate::cli::args::{Cli, Verb};
use crate::cli::exit::Code;
use crate::cli::out::Out;
use crate::engine::{Engine, Error, ErrorKind};
use crate::exec::launch;
use crate::keeper;
use crate::runner::start;

/// Runs the program: reads the command line, does what it says, and returns the exit code of DESIGN section 8.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    if let Some(code) = hidden(&words) {
        return code;
    }
    let mut cx = Cx { out: Out::new(wants_json(&words)), verb: None };
    match read(&words) {
        Ok(cli) => cx.obey(&cli).into(),
        Err(refused) => cx.refuse_usage(&refused).into(),
    }
}

/// The verbs that the program calls itself with: the gate before a task's command, and the process that owns an attempt.
fn hidden(words: &[OsString]) -> Option<ExitCode> {
    let (verb, rest) = words.get(1..)?.split_first()?;
    if verb == launch::VERB {
        return Some(launch::child_main(rest.iter().cloned()).into());
    }
    if verb == keeper::VERB {
        return Some(keep(rest));
    }
    (verb == start::VERB).then(|| own(rest))
}

fn keep(words: &[OsString]) -> ExitCode {
    let [git_dir] = words else { return ExitCode::FAILURE };
    told(keeper::main(Path::new(git_dir)))
}

fn own(words: &[OsString]) -> ExitCode {
    let [git_dir, task, attempt] = words else { return ExitCode::FAILURE };
    let (task, attempt) = (task.to_str().and_then(|t| t.parse().ok()), attempt.to_str().and_then(|a| a.parse().ok()));
    let (Some(task), Some(attempt)) = (task, attempt) else { return ExitCode::FAILURE };
    told(start::main(Path::new(git_dir), &task, attempt))
}

/// How a process of ours ends whose words only the one hears that started it.
fn told(done: Result<(), String>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            out::complain(&format!("{why}\n"));
            ExitCode::FAILURE
        }
    }
}

/// What a verb works with.
struct Cx {
    out: Out,
    verb: Option<&'static str>,
}

impl Cx {
    fn obey(&mut self, cli: &Cli) -> Code {
        self.verb = Some(cli.verb.word());
        let done = enter(&cli.dir).and_then(|()| self.dispatch(&cli.verb));
        done.unwrap_or_else(|error| {
            self.out.error(&error, Some(exit::hint(&error, self.verb)));
            exit::code(error.kind())
        })
    }

    fn dispatch(&mut self, verb: &Verb) -> Result<Code, Error> {
        match verb {
            Verb::Run(args) => run::run(args, self),
            Verb::Batch(args) => batch::run(args, self),
            Verb::Continue(args) => go_on::run(args, self),
            Verb::Status(args) => status::run(args, self),
            Verb::List(args) => list::run(args, self),
            Verb::Show(args) => show::run(args, self),
            Verb::Logs(args) => logs::run(args, self),
            Verb::Wait(args) => wait::run(args, self),
            Verb::Watch(args) => watch::run(args, self),
            Verb::Cancel(args) => cancel::run(args, self),
            Verb::Retry(args) => retry::run(args, self),
            Verb::Diff(args) => diff::run(args, self),
            Verb::Outputs(args) => outputs::run(args, self),
            Verb::Open(args) => open::run(args, self),
            Verb::Land(args) => land::run(args, self),
            Verb::Discard(args) => discard::run(args, self),
            Verb::Revert(args) => revert::run(args, self),
            Verb::Undo(args) => undo::run(args, self),
            Verb::Redo(args) => redo::run(args, self),
            Verb::Ops(args) => ops::run(args, self),
            Verb::Config(args) => config::run(args, self),
            Verb::Hooks(args) => hooks::run(args, self),
            Verb::Demo(args) => demo::run(args, self),
            Verb::Completions(args) => completions::run(args, self),
            Verb::Man(args) => man::run(args, self),
        }
    }

    /// Opens the repository that the current folder is in, and says what is to be known of it.
    fn engine(&mut self) -> Result<Engine, Error> {
        let here =
            std::env::current_dir().map_err(|e| Error::new(ErrorKind::Io, "the current folder is not to be found").because(e))?;
        let mut engine = Engine::open(&here)?;
        self.notes(&mut engine);
        Ok(engine)
    }

    /// Opens the repository to decide something. A dry run settles nothing that a crash left open, but says that it is due.
    fn deciding(&mut self, dry_run: bool) -> Result<Engine, Error> {
        let mut engine = self.engine()?;
        if !dry_run {
            engine.settle()?;
            self.notes(&mut engine);
        } else if engine.open_operations()? > 0 {
            self.out.note("an operation that was interrupted would be settled first");
        }
        Ok(engine)
    }

    /// Says what the engine has to say by now.
    fn notes(&mut self, engine: &mut Engine) {
        for note in engine.notes() {
            self.out.note(&note);
        }
    }

    fn refuse_usage(&mut self, refused: &clap::Error) -> Code {
        if matches!(refused.kind(), ClapKind::DisplayHelp | ClapKind::DisplayVersion) {
            self.out.help(&refused.render());
            return Code::Done;
        }
        self.out.usage(refused, exit::usage_hint(refused), exit::usage_object(refused).as_deref());
        Code::Usage
    }
}

/// What the program is called on this command line: `takeback`, or `git takeback`.
fn program() -> &'static str {
    let called = std::env::args_os().next().unwrap_or_default();
    match Path::new(&called).file_name().and_then(OsStr::to_str) {
        Some("git-takeback") => "git takeback",
        _ => "takeback",
    }
}

fn read(words: &[OsString]) -> Result<Cli, clap::Error> {
    let mut command = args::command().bin_name(program());
    let matches = command.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches(&matches).map_err(|e| e.format(&mut Cli::command()))
}

/// Whether `--json` was asked for, also where the rest of the command line cannot be read.
fn wants_json(words: &[OsString]) -> bool {
    words.iter().skip(1).take_while(|w| *w != "--").any(|w| w == "--json")
}

/// Goes to the folders that `-C` names, each relative to the one before.
fn enter(dirs: &[PathBuf]) -> Result<(), Error> {
    for dir in dirs {
        std::env::set_current_dir(dir).map_err(|e| {
            Error::new(ErrorKind::NotARepository, format!("cannot go to {}", dir.display())).about(dir.display()).because(e)
        })?;
    }
    Ok(())
}
