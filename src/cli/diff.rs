//! `takeback diff`: what a task changed, shown by git.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::cli::Cx;
use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::engine::{Error, ErrorKind};
use crate::sys::command;
use crate::task::Text;

const EXAMPLES: &str = "\
Examples:
  takeback diff tables
  takeback diff tables -- --stat
  takeback diff tables.7               one task of a batch
  takeback diff tables -- --word-diff src/

Looking changes nothing, so there is nothing for `takeback undo` to take back.";

/// Show what a task or a batch changed, with git's pager and colours
///
/// From its base to its result; also of a task that failed or was cancelled. Of a batch, all that is ready, as if it had landed.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A task or a batch: its name, or a prefix that fits one only
    #[arg(value_name = "ID")]
    id: String,

    /// Options and paths for `git diff`
    #[arg(last = true, value_name = "GIT-DIFF-ARG")]
    extra: Vec<OsString>,
}

#[derive(Serialize)]
struct Diff {
    task: String,
    diff: Text,
}

impl View for Diff {
    fn text(&self, _page: &Page) -> String {
        self.diff.to_string()
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let engine = cx.engine()?;
    if cx.out.is_json() {
        let plain = ["--no-color".into(), "--no-ext-diff".into()];
        let extra: Vec<OsString> = plain.into_iter().chain(args.extra.iter().cloned()).collect();
        let mut diff = engine.diff_command(&args.id, &extra)?;
        return answer(diff.id.to_string(), &mut diff.command, cx);
    }
    let mut diff = engine.diff_command(&args.id, &args.extra)?;
    for note in &diff.notes {
        cx.out.note(note);
    }
    show(&mut diff.command)
}

fn answer(task: String, git: &mut Command, cx: &mut Cx) -> Result<Code, Error> {
    use std::os::unix::ffi::OsStringExt as _;
    let output = command::run(git).map_err(|e| Error::new(ErrorKind::Command, "cannot run git").because(e))?;
    let code = match output.status.code() {
        Some(0) => Code::Done,
        Some(1) => Code::No,
        _ => return Err(Error::new(ErrorKind::Command, "git cannot show it").because(command::failed(git, &output))),
    };
    cx.out.answer(&Diff { task, diff: OsString::from_vec(output.stdout).into() })?;
    Ok(code)
}

/// Gives git the terminal; a pager that is left early is no error.
fn show(git: &mut Command) -> Result<Code, Error> {
    git.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let status = git.status().map_err(|e| Error::new(ErrorKind::Command, "cannot run git").because(e))?;
    match status.code() {
        Some(0) => Ok(Code::Done),
        Some(1) => Ok(Code::No),
        None if status.signal() == Some(signal_hook::consts::SIGPIPE) => Ok(Code::Done),
        _ => Err(Error::new(ErrorKind::Command, format!("git diff ended with {status}"))),
    }
}
