//! `takeback undo`: put back exactly what one operation changed.

use crate::cli::exit::Code;
use crate::cli::taken::{Act, Taken};
use crate::cli::{Cx, program};
use crate::engine::Error;

const EXAMPLES: &str = "\
Examples:
  takeback undo                the last decision; asks on a terminal
  takeback undo tables         the landing or discard of one task
  takeback undo 3f9a2c         an operation that `takeback ops` lists
  takeback undo --dry-run

`takeback redo` takes an undo back.";

/// Put back exactly what one decision changed: branch, index, files
///
/// Refused where it would not be exact any more: the branch has moved on, its commits are known to be on a remote, or a file to be put
/// back was changed since. Other work in the checkout, and other tasks, are left alone.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A task or an operation [default: the last operation]
    #[arg(value_name = "ID")]
    what: Option<String>,

    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,

    /// Show what would be undone, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut engine = cx.deciding(args.dry_run)?;
    let plan = engine.plan_undo(args.what.as_deref())?;
    if args.dry_run {
        cx.out.answer(&Taken::planned(Act::Undo, plan.answer()))?;
        return Ok(Code::Done);
    }
    Taken::announce(Act::Undo, &plan.answer(), &mut cx.out);
    let asks = args.what.is_none() && !args.yes;
    if asks && cx.out.ask("Undo this?") == Some(false) {
        cx.out.note("nothing was changed");
        if cx.out.is_json() {
            cx.out.answer(&Taken::planned(Act::Undo, plan.answer()))?;
        }
        return Ok(Code::No);
    }
    let answer = engine.undo(&plan)?;
    cx.notes(&mut engine);
    cx.out.answer(&Taken::done(Act::Undo, answer, format!("{} redo", program())))?;
    Ok(Code::Done)
}
