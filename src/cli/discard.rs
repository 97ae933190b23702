//! `takeback discard`: throw finished tasks' changes away.

use crate::cli::exit::Code;
use crate::cli::taken::{Act, Taken};
use crate::cli::{Cx, program};
use crate::engine::Error;

const EXAMPLES: &str = "\
Examples:
  takeback discard tables
  takeback discard --dry-run tables figures
  takeback discard tables --failed       of a batch, what failed

`takeback undo` brings the results and their branches back.";

/// Throw finished tasks' changes away
///
/// Their branches go; their commits stay reachable, so `takeback undo` brings everything back.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Tasks and batches: names, or prefixes that fit one only
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,

    /// Of a batch, the tasks that failed
    #[arg(long)]
    failed: bool,

    /// Show what would be discarded, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut engine = cx.deciding(args.dry_run)?;
    let plan = engine.plan_discard(&args.ids, args.failed)?;
    if args.dry_run {
        cx.out.answer(&Taken::planned(Act::Discard, plan.answer()))?;
        return Ok(Code::Done);
    }
    Taken::announce(Act::Discard, &plan.answer(), &mut cx.out);
    let answer = engine.discard(&plan)?;
    cx.notes(&mut engine);
    cx.out.answer(&Taken::done(Act::Discard, answer, format!("{} undo", program())))?;
    Ok(Code::Done)
}
