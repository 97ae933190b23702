//! `takeback outputs`: the files that a task made and git ignores.

use std::path::PathBuf;

use serde::Serialize;

use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::table::{Cell, Table};
use crate::cli::text::{count, plain, size};
use crate::cli::{Cx, program};
use crate::engine::{Error, Made};
use crate::task::Text;

const EXAMPLES: &str = "\
Examples:
  takeback outputs tables
  takeback outputs tables --to ~/results

Copying overwrites nothing; delete the copies to take it back, `takeback undo` does not know of them.";

/// List or copy the files that a task made and git ignores
///
/// They are kept beside the task's record, up to a size, and never put into git unless --commit-ignored asked for it. So is what it
/// changed in files that were brought to it; those that it deleted are listed.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A task: its name, or a prefix that fits one only
    #[arg(value_name = "ID")]
    id: String,

    /// Copy them to this folder; files that exist are not overwritten
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Serialize)]
struct Beside {
    task: String,
    outputs: Vec<Made>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copied: Option<Vec<Text>>,
}

impl View for Beside {
    fn text(&self, page: &Page) -> String {
        if let Some(copied) = &self.copied {
            let lines: Vec<_> = copied.iter().map(|p| plain(&p.to_string())).collect();
            return lines.join("\n");
        }
        if self.outputs.is_empty() {
            return format!("{} made nothing that git ignores", self.task);
        }
        let mut table = Table::default();
        for output in &self.outputs {
            let kept = match output.kind {
                _ if output.kept => "",
                "brought-deleted" => "deleted by the task",
                "unreadable" => "not kept: no file, or unreadable",
                _ => "not kept: too much",
            };
            let path = Cell::new(output.path.to_string());
            let amount = Cell::new(count(output.files, "file"));
            table.row([path, Cell::new(output.kind), amount, Cell::new(size(output.bytes)), Cell::painted(kept, "33")]);
        }
        format!("{}\n{} outputs {} --to DIR copies them", table.text(page), program(), self.task)
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let engine = cx.engine()?;
    let task = engine.task(&args.id)?.id.to_string();
    let outputs = engine.outputs(&args.id)?;
    let copied = match &args.to {
        Some(to) => Some(engine.copy_outputs(&args.id, to)?.into_iter().map(Text::from).collect()),
        None => None,
    };
    cx.out.answer(&Beside { task, outputs, copied })?;
    Ok(Code::Done)
}
