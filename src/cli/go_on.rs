//! `takeback continue`: hand off what of a batch waits.

use crate::cli::exit::Code;
use crate::cli::{Cx, follow, wait};
use crate::engine::Error;

const EXAMPLES: &str = "\
Examples:
  takeback continue tables                     the rest, when its sample is good; or what a pause or a reboot has left
  takeback continue tables --wait
  takeback continue tables --accept no-check   though no check can tell whether it goes well

To take it back: `takeback cancel NAME`, while it runs. Nothing has landed, so `takeback undo` has nothing to do.";

/// Hand off what of a batch waits for its turn
///
/// The rest after a sample, and what was left when the batch paused, was halted, or the machine was stopped. Tasks that have run are
/// not run again: `takeback retry` does that.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The batch
    #[arg(value_name = "ID")]
    id: String,

    /// Stay until it is over, or goes on no further by itself; Ctrl-C leaves it running
    #[arg(long)]
    wait: bool,

    /// Answer a refusal: `no-check` lets more than five tasks run unseen without a check
    #[arg(long, value_name = "NAME")]
    accept: Vec<String>,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut engine = cx.engine()?;
    let stop = if args.wait { Some(wait::on_interrupt()?) } else { None };
    let batch = engine.continue_batch(&args.id, &args.accept)?;
    cx.notes(&mut engine);
    follow::or_told(&engine, batch, stop.as_deref(), cx)
}
