//! `takeback outputs`: the files that a task made and git ignores.

use std::path::PathBuf;

use serde::Serialize;

use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::table::{Cell, Table};
use crate::cli::text::{count, plain, size};
use crate::cli::{Cx, program};
use crate::engine::{Engine, Error, Made};
use crate::task::Text;

const EXAMPLES: &str = "\
Examples:
  takeback outputs tables
  takeback outputs tables --to ~/results

Copying overwrites nothing; delete the copies to take it back, `takeback undo` does not know of them.";

/// List or copy the files that a task, or those of a batch, made and git ignores
///
/// They are kept beside the task's record, up to a size, and never put into git unless --commit-ignored asked for it. So is what it
/// changed in files that were brought to it; those that it deleted are listed.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A task or a batch: its name, or a prefix that fits one only
    #[arg(value_name = "ID")]
    id: String,

    /// Copy them to this folder, of a batch to one below it for each task; files that exist are not overwritten
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

/// What the tasks of a batch made, those that made something.
#[derive(Serialize)]
struct OfBatch {
    batch: String,
    tasks: Vec<Beside>,
}

impl View for OfBatch {
    fn text(&self, page: &Page) -> String {
        if self.tasks.is_empty() {
            return format!("the tasks of {} made nothing that git ignores", self.batch);
        }
        let all = self.tasks.iter().map(|beside| match beside.copied {
            Some(_) => beside.text(page),
            None => format!("{}\n{}", page.bold(&beside.task), beside.table(2, page)),
        });
        let hint = format!("{} outputs {} --to DIR copies them, each task's to a folder of its own", program(), self.batch);
        let hint = Some(hint).filter(|_| self.tasks.iter().all(|beside| beside.copied.is_none()));
        all.chain(hint).collect::<Vec<_>>().join("\n")
    }
}

impl Beside {
    fn table(&self, indent: usize, page: &Page) -> String {
        let mut table = Table::indented(indent);
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
        table.text(page)
    }
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
        format!("{}\n{} outputs {} --to DIR copies them", self.table(0, page), program(), self.task)
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let engine = cx.engine()?;
    if let Some((batch, tasks)) = engine.find_batch(&args.id)? {
        let made = tasks.into_iter().filter(|task| task.outputs.files > 0);
        let tasks = made.map(|task| beside(&engine, task.id.as_str(), args.to.as_deref().map(|to| to.join(task.id.as_str()))));
        cx.out.answer(&OfBatch { batch: batch.id.to_string(), tasks: tasks.collect::<Result<_, _>>()? })?;
        return Ok(Code::Done);
    }
    let answer = beside(&engine, &args.id, args.to.clone())?;
    cx.out.answer(&answer)?;
    Ok(Code::Done)
}

/// What one task made; copied where a folder is named.
fn beside(engine: &Engine, id: &str, to: Option<PathBuf>) -> Result<Beside, Error> {
    let task = engine.task(id)?.id.to_string();
    let outputs = engine.outputs(id)?;
    let copied = match to {
        Some(to) => Some(engine.copy_outputs(id, &to)?.into_iter().map(Text::from).collect()),
        None => None,
    };
    Ok(Beside { task, outputs, copied })
}
