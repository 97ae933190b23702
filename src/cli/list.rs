//! `takeback list`: every task, a line each.

use serde::Serialize;

use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::{Cx, program, tasks};
use crate::engine::{Error, Task};

const EXAMPLES: &str = "\
Examples:
  takeback list
  takeback list --json | jq -r '.tasks[] | select(.state == \"ready\").id'

Listing changes nothing, so there is nothing for `takeback undo` to take back.";

/// List every task, a line each
///
/// Name, state, since when, and what happened; the newest last.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {}

/// Tasks; batches come with a later version, their list is there for scripts.
#[derive(Serialize)]
struct List {
    tasks: Vec<Task>,
    batches: [(); 0],
}

impl View for List {
    fn text(&self, page: &Page) -> String {
        if self.tasks.is_empty() {
            return format!("no tasks yet; `{} run -- CMD…` hands one off", program());
        }
        tasks::lines(&self.tasks, 0, page)
    }
}

pub(super) fn run(_args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let tasks = cx.engine()?.tasks()?;
    cx.out.answer(&List { tasks, batches: [] })?;
    Ok(Code::Done)
}
