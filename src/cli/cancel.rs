//! `takeback cancel`: end tasks that run or wait to.

use crate::cli::Cx;
use crate::cli::exit::Code;
use crate::cli::tasks::{Ended, Tasks};
use crate::engine::Error;

const EXAMPLES: &str = "\
Examples:
  takeback cancel tables
  takeback cancel tables figures

What a task changed until then is kept as its result: `takeback diff ID` shows it, `takeback retry ID` starts it again.
`takeback undo` cannot make a stopped process go on.";

/// End tasks that run; what they changed is kept
///
/// Every process of the task is told to end: INT, then TERM, then KILL. Of a batch all tasks that are not over are ended, and those
/// whose turn has not come are not begun.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Tasks and batches: names, or prefixes that fit one only
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut engine = cx.engine()?;
    let tasks = engine.cancel(&args.ids)?;
    cx.notes(&mut engine);
    cx.out.answer(&Ended(Tasks::new(tasks)))?;
    Ok(Code::Done)
}
