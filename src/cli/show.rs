//! `takeback show`: all that is known of tasks.

use crate::cli::Cx;
use crate::cli::exit::Code;
use crate::cli::tasks::{InFull, Tasks};
use crate::engine::Error;

const EXAMPLES: &str = "\
Examples:
  takeback show tables
  takeback show tables --json | jq .task.checks

Showing changes nothing, so there is nothing for `takeback undo` to take back.";

/// Show all that is known of tasks
///
/// Command, times, base, result, checks, outputs, and what was noticed on the way.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Tasks: names, or prefixes that fit one only
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let engine = cx.engine()?;
    let tasks = args.ids.iter().map(|id| engine.task(id)).collect::<Result<Vec<_>, _>>()?;
    cx.out.answer(&InFull(Tasks::new(tasks)))?;
    Ok(Code::Done)
}
