//! `takeback undo`: put back exactly what one operation changed.

use crate::cli::exit::Code;
use crate::cli::taken::{Act, Taken};
use crate::cli::text::words;
use crate::cli::{Cx, program, revert};
use crate::engine::{Engine, Error};

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
/// back was changed since. Where a new commit can take the change back all the same, as `revert` does, that is shown. Other work in the checkout, and other tasks, are left alone.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A task, a batch or an operation [default: the last operation]
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
    let plan = match engine.plan_undo(args.what.as_deref()) {
        Err(why) if why.revert_would_do() => {
            return revert_instead(args, why, &mut engine, cx);
        }
        other => other?,
    };
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

/// It would not be exact any more. A revert would do: shows it, and on a terminal asks for it.
fn revert_instead(args: &Args, why: Error, engine: &mut Engine, cx: &mut Cx) -> Result<Code, Error> {
    let Some(plan) = engine.plan_revert_instead(args.what.as_deref())? else { return Err(why) };
    let answer = plan.answer();
    let source = std::error::Error::source(&why).map(|e| format!(": {e}")).unwrap_or_default();
    cx.out.note(&format!("{why}{source}; a new commit can take it back:"));
    revert::announce(&answer, &mut cx.out);
    if !args.dry_run && cx.out.ask("Revert instead?") == Some(true) {
        let reverted = engine.revert(plan)?;
        cx.notes(engine);
        cx.out.answer(&revert::Answer::of(reverted))?;
        return Ok(Code::Done);
    }
    let hint = format!("{} revert {} takes it back with a new commit", program(), words(&answer.tasks));
    let others = why.next_step().filter(|step| step.starts_with(program())).map(|step| format!("; {step}")).unwrap_or_default();
    Err(why.hint(hint + &others))
}
