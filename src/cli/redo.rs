//! `takeback redo`: take the last undo back.

use crate::cli::exit::Code;
use crate::cli::taken::{Act, Taken};
use crate::cli::{Cx, program};
use crate::engine::Error;

const EXAMPLES: &str = "\
Examples:
  takeback redo
  takeback redo --dry-run

`takeback undo` takes it back once more.";

/// Take the last undo back
///
/// Until a new decision is made; then there is nothing to redo any more.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Show what would be done again, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut engine = cx.deciding(args.dry_run)?;
    let plan = engine.plan_redo()?;
    if args.dry_run {
        cx.out.answer(&Taken::planned(Act::Redo, plan.answer()))?;
        return Ok(Code::Done);
    }
    Taken::announce(Act::Redo, &plan.answer(), &mut cx.out);
    let answer = engine.redo(&plan)?;
    cx.notes(&mut engine);
    cx.out.answer(&Taken::done(Act::Redo, answer, format!("{} undo", program())))?;
    Ok(Code::Done)
}
