//! `takeback list`: every task, a line each.

use serde::Serialize;

use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::{Cx, batches, program, tasks};
use crate::engine::{Batch, Error, Overview, Task};

const EXAMPLES: &str = "\
Examples:
  takeback list
  takeback list tables          every task of a batch
  takeback list --json | jq -r '.tasks[] | select(.state == \"ready\").id'

Listing changes nothing, so there is nothing for `takeback undo` to take back.";

/// List tasks and batches, a line each
///
/// Name, state, since when, and what happened; the newest last. A batch has one line, unless it is named. With --json every task is
/// there.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Tasks and batches [default: all]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
}

#[derive(Serialize)]
struct List {
    tasks: Vec<Task>,
    batches: Vec<Batch>,
    #[serde(skip)]
    is_chosen: bool,
}

impl View for List {
    fn text(&self, page: &Page) -> String {
        if self.tasks.is_empty() {
            return format!("no tasks yet; `{} run -- CMD…` hands one off", program());
        }
        let batches = self.batches.iter().map(|batch| batches::line(batch, page));
        let single = tasks::lines(self.tasks.iter().filter(|task| self.is_chosen || task.batch.is_none()), 0, page);
        batches.chain(Some(single).filter(|lines| !lines.is_empty())).collect::<Vec<_>>().join("\n")
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let engine = cx.engine()?;
    let is_chosen = !args.ids.is_empty();
    let Overview { tasks, batches, .. } = if is_chosen { engine.overview_of(&args.ids)? } else { engine.overview()? };
    cx.out.answer(&List { tasks, batches, is_chosen })?;
    Ok(Code::Done)
}
