//! `takeback show`: all that is known of tasks.

use crate::cli::Cx;
use crate::cli::batches::WithTasks;
use crate::cli::exit::Code;
use crate::cli::tasks::{InFull, Tasks};
use crate::engine::Error;

const EXAMPLES: &str = "\
Examples:
  takeback show tables
  takeback show tables --json | jq .task.checks

Showing changes nothing, so there is nothing for `takeback undo` to take back.";

/// Show all that is known of tasks, or of a batch
///
/// Command, times, base, result, checks, outputs, and what was noticed on the way. Of a batch where it stands, and a line for
/// each of its tasks.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Tasks, or one batch: names, or prefixes that fit one only
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let engine = cx.engine()?;
    if let [id] = args.ids.as_slice()
        && let Some((batch, tasks)) = engine.find_batch(id)?
    {
        cx.out.answer(&WithTasks { batch, tasks })?;
        return Ok(Code::Done);
    }
    let tasks = args.ids.iter().map(|id| engine.task(id)).collect::<Result<Vec<_>, _>>()?;
    cx.out.answer(&InFull(Tasks::new(tasks)))?;
    Ok(Code::Done)
}
