//! `takeback retry`: run tasks again.

use crate::cli::Cx;
use crate::cli::exit::Code;
use crate::cli::tasks::{Ended, Tasks};
use crate::engine::Error;

const EXAMPLES: &str = "\
Examples:
  takeback retry tables
  takeback retry tables --base main     from where main is now
  takeback retry tables --failed        of a batch, what failed; as many at once as before

The earlier attempt's result and log stay in reach. `takeback cancel ID` stops the new attempt, `takeback discard ID` throws its
result away; `takeback undo` does not take a retry back.";

/// Run tasks again, as new attempts
///
/// The same command, checks and limits, from the same base unless --base names another.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Tasks that are over, and batches: names, or prefixes that fit one only
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,

    /// Of a batch, the tasks that failed
    #[arg(long)]
    failed: bool,

    /// Start from this revision [default: the task's own base]
    #[arg(long, value_name = "REV")]
    base: Option<String>,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut engine = cx.engine()?;
    let tasks = engine.retry(&args.ids, args.base.as_deref(), args.failed)?;
    cx.notes(&mut engine);
    cx.out.answer(&Ended(Tasks::new(tasks)))?;
    Ok(Code::Done)
}
