//! `takeback ops`: the decisions, newest first.

use serde::Serialize;

use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::table::{Cell, Table};
use crate::cli::text::{ago, branch, named, short};
use crate::cli::{Cx, program};
use crate::engine::{Error, Operation, RefChange};

const EXAMPLES: &str = "\
Examples:
  takeback ops
  takeback ops -n 3
  takeback undo 3f9a2c            an operation by the start of its id

Listing changes nothing; what it lists is what `takeback undo` can take back.";

/// List decisions, newest first: landings, discards, undos
///
/// Each with its id, which `takeback undo` takes, and with where it moved the branch.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Show the last N only
    #[arg(short = 'n', value_name = "N")]
    last: Option<usize>,
}

#[derive(Serialize)]
struct Operations {
    operations: Vec<Operation>,
}

impl View for Operations {
    fn text(&self, page: &Page) -> String {
        if self.operations.is_empty() {
            return format!("nothing was decided yet; `{} land ID` and `{0} discard ID` decide", program());
        }
        lines(&self.operations, 0, page)
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut operations = cx.engine()?.operations()?;
    operations.truncate(args.last.unwrap_or(usize::MAX));
    cx.out.answer(&Operations { operations })?;
    Ok(Code::Done)
}

/// Operations as lines: id, when, kind, tasks, the branch's way.
pub(super) fn lines(operations: &[Operation], indent: usize, page: &Page) -> String {
    let mut table = Table::indented(indent);
    for operation in operations {
        let id: String = operation.id.to_string().chars().take(8).collect();
        let kind = Cell::painted(operation.kind, if operation.undone_by.is_some() { "2" } else { "1" });
        table.row([
            Cell::painted(id, "33"),
            kind,
            Cell::new(named(&operation.tasks)),
            Cell::painted(ago(operation.at), "2"),
            Cell::new(about(operation)),
        ]);
    }
    table.text(page)
}

fn about(operation: &Operation) -> String {
    let mut words: Vec<_> = users_ref(operation).into_iter().collect();
    if operation.undone_by.is_some() {
        words.push("undone".to_owned());
    }
    if !operation.settled {
        words.push("cut short".to_owned());
    }
    words.join("; ")
}

/// The way of the branch that the decision is about; tasks' own branches merely come and go with it.
fn users_ref(operation: &Operation) -> Option<String> {
    let about = operation.branch.as_ref()?;
    let moved = operation.refs.iter().find(|change| change.name == *about);
    Some(moved.map_or_else(|| format!("{}: written down", branch(about)), way))
}

fn way(change: &RefChange) -> String {
    let end = |commit: Option<crate::id::CommitId>| commit.map_or("none".to_owned(), short);
    format!("{}: {} -> {}", branch(&change.name), end(change.from), end(change.to))
}
