//! `takeback wait`: stay until tasks are over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::cli::exit::{self, Code};
use crate::cli::out::Out;
use crate::cli::tasks::{Ended, Tasks, elapsed};
use crate::cli::text::duration;
use crate::cli::{Cx, follow, program};
use crate::engine::{Engine, Error, ErrorKind, Task};
use crate::task::State;

const EXAMPLES: &str = "\
Examples:
  takeback wait tables
  takeback wait tables figures && takeback land tables figures
  takeback wait tables && takeback land tables         of a batch, until it goes on no further

Waiting changes nothing, so there is nothing for `takeback undo` to take back.";

/// Wait until tasks are over
///
/// The exit code is 1 if one of them failed or was cancelled. A batch is waited for until its tasks are over, its sample is, or it
/// pauses or was halted, which is a no. A task that ran well and changed nothing counts as a yes. Ctrl-C stops the waiting and not the task.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Tasks and batches: names, or prefixes that fit one only
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut engine = cx.engine()?;
    let stop = on_interrupt()?;
    if let [id] = args.ids.as_slice()
        && let Some((batch, _)) = engine.find_batch(id)?
    {
        return follow::batch(&engine, batch.uid.as_str(), &stop, cx);
    }
    let (tasks, stopped) = follow(cx, &mut engine, &args.ids, &stop)?;
    let code = if stopped { Code::Interrupted } else { exit::verdict(&tasks) };
    cx.out.answer(&Ended(Tasks::new(tasks)))?;
    Ok(code)
}

/// Waits for all of `ids`, showing progress, or until `stop` is set; returns them, and whether that came first.
pub(super) fn follow(cx: &mut Cx, engine: &mut Engine, ids: &[String], stop: &AtomicBool) -> Result<(Vec<Task>, bool), Error> {
    let mut tasks = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        if let Some((batch, _)) = engine.find_batch(id)? {
            follow::look_on(engine, batch.uid.as_str(), stop, cx)?;
            tasks.extend(engine.find_batch(batch.uid.as_str())?.into_iter().flat_map(|(_, tasks)| tasks));
            continue;
        }
        let mut progress = Progress::new(ids.len() - n - 1);
        let waited = engine.wait(id, &mut |task| {
            progress.show(task, &mut cx.out);
            !stop.load(Ordering::Relaxed)
        });
        cx.out.wipe();
        cx.notes(engine);
        tasks.push(waited?);
    }
    let stopped = stop.load(Ordering::Relaxed) && tasks.iter().any(is_going_on);
    for task in tasks.iter().filter(|t| stopped && is_going_on(t)) {
        cx.out.note(&format!("{id} goes on without you: {us} status {id}", id = task.id, us = program()));
    }
    Ok((tasks, stopped))
}

fn is_going_on(task: &Task) -> bool {
    matches!(task.state, State::Queued | State::Running)
}

/// Turns Ctrl-C from an end into a flag.
pub(super) fn on_interrupt() -> Result<Arc<AtomicBool>, Error> {
    let flag = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&flag))
        .map_err(|e| Error::new(ErrorKind::Io, "cannot listen for Ctrl-C").because(e))?;
    Ok(flag)
}

/// What is shown while one waits: on a terminal a line drawn again and again, else a line for each new state.
struct Progress {
    more: usize,
    drawn: Option<Instant>,
    turn: usize,
    state: Option<State>,
}

impl Progress {
    fn new(more: usize) -> Self {
        Self { more, drawn: None, turn: 0, state: None }
    }

    fn show(&mut self, task: &Task, out: &mut Out) {
        if out.is_live() {
            self.spin(task, out);
        } else if self.state != Some(task.state) && is_going_on(task) {
            self.state = Some(task.state);
            out.note(&format!("{} {}", task.id, task.state));
        }
    }

    fn spin(&mut self, task: &Task, out: &mut Out) {
        if self.drawn.is_some_and(|at| at.elapsed() < Duration::from_millis(100)) {
            return;
        }
        self.drawn = Some(Instant::now());
        self.turn += 1;
        let wheel = ['|', '/', '-', '\\'][self.turn % 4];
        let more = if self.more > 0 { format!(" (and {} more)", self.more) } else { String::new() };
        out.draw(&format!("{wheel} {} {} {}{more}; Ctrl-C leaves it running", task.id, task.state, duration(elapsed(task))));
    }
}
