//! `takeback status`: one screen of what runs, what waits for a decision, what was decided lately, and what is due.

use serde::Serialize;

use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::text::count;
use crate::cli::{Cx, batches, ops, program, tasks};
use crate::engine::{Batch, Engine, Error, Opened, Operation, Overview, Task};
use crate::task::State;

/// How many of the last decisions are shown.
const LATELY: usize = 5;

const EXAMPLES: &str = "\
Examples:
  takeback status
  takeback status tables          of one task, or of a batch and what went wrong in it
  takeback watch                  the same, as it goes

Status changes nothing and repairs nothing, so there is nothing for `takeback undo` to take back.";

/// Show what runs, what waits for you, and what was decided lately
///
/// Also what is due: tasks whose runner was killed, and decisions that a crash cut short. The next command that writes settles these.
/// And how many worktrees of `open` wait for you.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Tasks and batches to look at alone: names, or prefixes that fit one only
    #[arg(value_name = "ID")]
    ids: Vec<String>,
}

#[derive(Serialize)]
struct Status {
    tasks: Vec<Task>,
    batches: Vec<Batch>,
    operations: Vec<Operation>,
    due: Vec<Due>,
    opened: Vec<Opened>,
    #[serde(skip)]
    is_chosen: bool,
}

/// Something that the next writing command settles.
#[derive(Serialize)]
struct Due {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let engine = cx.engine()?;
    let status = if args.ids.is_empty() { Status::of_all(&engine)? } else { Status::of(&engine, &args.ids)? };
    cx.out.answer(&status)?;
    Ok(Code::Done)
}

impl Status {
    fn of_all(engine: &Engine) -> Result<Self, Error> {
        let Overview { tasks, batches, mut operations, .. } = engine.overview()?;
        let due = due(&tasks, &operations);
        operations.truncate(LATELY);
        let tasks = tasks.into_iter().filter(is_open).collect();
        let batches = batches.into_iter().filter(batches::is_open).collect();
        Ok(Self { tasks, batches, operations, due, opened: opened(engine), is_chosen: false })
    }

    fn of(engine: &Engine, ids: &[String]) -> Result<Self, Error> {
        let Overview { tasks, batches, mut operations, .. } = engine.overview_of(ids)?;
        if !batches.is_empty() {
            operations.truncate(LATELY);
        }
        let due = due(&tasks, &operations);
        let mut opened = opened(engine);
        opened.retain(|opened| tasks.iter().any(|t| t.id == opened.task));
        Ok(Self { tasks, batches, operations, due, opened, is_chosen: true })
    }

    /// A batch's tasks have lines of their own where it is asked for, and these say more than their number.
    fn has_line(&self, task: &Task) -> bool {
        task.batch.is_none() || (self.is_chosen && (self.batches.is_empty() || !is_plain(task)))
    }

    fn section(&self, title: &str, belongs: impl Fn(&&Task) -> bool, page: &Page) -> Option<String> {
        let lines = tasks::lines(self.tasks.iter().filter(belongs).filter(|task| self.has_line(task)), 2, page);
        (!lines.is_empty()).then(|| format!("{}\n{lines}", page.bold(title)))
    }
}

impl View for Status {
    fn text(&self, page: &Page) -> String {
        let runs = |t: &&Task| !t.state.is_over();
        let decided = |t: &&Task| t.state.is_over() && !is_open(t);
        let waits = |t: &&Task| t.state.is_over() && is_open(t);
        let batches: Vec<_> = self.batches.iter().map(|batch| batches::in_full(batch, page)).collect();
        let mut parts = vec![
            (!batches.is_empty()).then(|| batches.join("\n")),
            self.section("Running", runs, page),
            self.section("Waiting for you: diff, land or discard", waits, page),
            self.section("Decided", decided, page),
        ];
        if !self.operations.is_empty() {
            parts.push(Some(format!("{}\n{}", page.bold("Decided lately"), ops::lines(&self.operations, 2, page))));
        }
        if !self.due.is_empty() {
            let lines: Vec<_> = self.due.iter().map(Due::line).collect();
            parts.push(Some(format!("{}\n{}", page.bold("Due, at the next command that writes"), lines.join("\n"))));
        }
        parts.push(open_line(&self.opened));
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        if parts.is_empty() && !self.is_chosen {
            return format!("nothing runs, nothing waits for you; `{} run -- CMD…` hands something off", program());
        }
        parts.join("\n\n")
    }
}

/// Whether it waits for its turn, or did what it should: of a batch these are counted.
fn is_plain(task: &Task) -> bool {
    matches!(task.state, State::Queued | State::Ready | State::Empty | State::Landed | State::Discarded | State::Reverted)
}

/// Whether nothing was decided about it yet.
fn is_open(task: &Task) -> bool {
    !matches!(task.state, State::Landed | State::Discarded | State::Reverted)
}

/// The worktrees that are open. Where their folder cannot be used the status is told without them; the next `open` says why.
fn opened(engine: &Engine) -> Vec<Opened> {
    engine.worktrees().unwrap_or_default()
}

/// How many are open, in one line; `None` with none.
fn open_line(opened: &[Opened]) -> Option<String> {
    let cut_short = opened.iter().filter(|opened| opened.state == "cut-short").count() as u64;
    let among = if cut_short > 0 { format!(", {cut_short} of them cut short") } else { String::new() };
    let number = count(opened.len() as u64, "worktree");
    (!opened.is_empty()).then(|| format!("{number} open{among}: {} open --list", program()))
}

fn due(tasks: &[Task], operations: &[Operation]) -> Vec<Due> {
    let abandoned = tasks.iter().filter(|t| t.abandoned);
    let unsettled = operations.iter().filter(|o| !o.settled);
    abandoned
        .map(|t| Due { kind: "abandoned", task: Some(t.id.to_string()), operation: None })
        .chain(unsettled.map(|o| Due { kind: "unsettled", task: None, operation: Some(o.id.to_string()) }))
        .collect()
}

impl Due {
    fn line(&self) -> String {
        match (&self.task, &self.operation) {
            (Some(task), _) => format!("  {task}: its runner was killed; what it changed will be kept"),
            (_, Some(operation)) => format!("  operation {operation} was cut short; it will be finished or taken back"),
            _ => String::new(),
        }
    }
}
