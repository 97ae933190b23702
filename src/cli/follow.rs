//! Following a batch to where it goes on no further: a bar on a terminal, else a line for what happens.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::batches::{self, Told};
use crate::cli::exit::{self, Code};
use crate::cli::out::Page;
use crate::cli::tasks::headline;
use crate::cli::text::{duration, plain};
use crate::cli::{Cx, program};
use crate::engine::{Batch, BatchState, Engine, Error, Task};
use crate::task::State;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Follows a batch that was handed off, where the caller stays; else says how it can be followed.
///
/// # Errors
///
/// As [`Engine::watch`].
pub(super) fn or_told(engine: &Engine, batch: Batch, stop: Option<&AtomicBool>, cx: &mut Cx) -> Result<Code, Error> {
    if let Some(stop) = stop {
        return self::batch(engine, batch.uid.as_str(), stop, cx);
    }
    cx.out.answer(&Told::handed_off(batch))?;
    Ok(Code::Done)
}

/// Follows a batch, and answers where it has come to.
///
/// # Errors
///
/// As [`Engine::watch`].
pub(super) fn batch(engine: &Engine, id: &str, stop: &AtomicBool, cx: &mut Cx) -> Result<Code, Error> {
    let stopped = look_on(engine, id, stop, cx)?;
    let Some((batch, tasks)) = engine.find_batch(id)? else { return Ok(Code::Done) };
    if stopped {
        cx.out.note(&format!("{} goes on without you: {} status {}", batch.id, program(), batch.id));
    }
    let code = match batch.state {
        _ if stopped => Code::Interrupted,
        BatchState::Paused | BatchState::Halted => Code::No,
        _ => exit::verdict(tasks.iter().filter(|task| task.state.is_over())),
    };
    cx.out.answer(&Told::followed(batch))?;
    Ok(code)
}

/// Returns when it goes on no further, or `stop` is set; tells which.
pub(super) fn look_on(engine: &Engine, id: &str, stop: &AtomicBool, cx: &mut Cx) -> Result<bool, Error> {
    let mut watch = engine.watch(&[id.to_owned()])?;
    let mut bar = Bar::new(cx.out.is_live());
    let mut is_first = true;
    loop {
        let changes = watch.changes()?;
        let Some(batch) = watch.batches().into_iter().next() else { return Ok(false) };
        for task in changes.iter().filter(|task| !is_first && is_worth_a_line(task)) {
            bar.aside(cx, &headline(task, &Page::PLAIN));
        }
        is_first = false;
        let goes_on = batch.state == BatchState::Running || batch.at_work > 0 || batch.until.is_some();
        if goes_on {
            bar.show(&batch, cx);
        }
        let stopped = stop.load(Ordering::Relaxed);
        if !goes_on || stopped {
            bar.end();
            return Ok(goes_on && stopped);
        }
        std::thread::sleep(PAUSE);
    }
}

/// What went wrong is told at once; that all goes well shows by the count.
fn is_worth_a_line(task: &Task) -> bool {
    matches!(task.state, State::Failed | State::Cancelled | State::Unknown)
}

/// How far a batch is.
struct Bar {
    drawn: Option<ProgressBar>,
    said: Option<String>,
}

impl Bar {
    fn new(is_live: bool) -> Self {
        let style = ProgressStyle::with_template("{prefix} [{bar:24}] {pos}/{len} {msg}");
        let drawn = style.ok().filter(|_| is_live).map(|style| {
            ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()).with_style(style.progress_chars("=> "))
        });
        Self { drawn, said: None }
    }

    fn show(&mut self, batch: &Batch, cx: &mut Cx) {
        let counts = &batch.counts;
        if let Some(bar) = &self.drawn {
            let left = batches::estimate(batch).map(|time| format!(", about {} left", duration(time))).unwrap_or_default();
            let why = batch.message.as_ref().map(|why| format!("; {}", plain(why))).unwrap_or_default();
            bar.set_prefix(batch.id.to_string());
            bar.set_length(counts.all() as u64);
            bar.set_position(counts.over() as u64);
            bar.set_message(format!("{} failed, {} running{left}{why}; Ctrl-C leaves it running", counts.failed, counts.running));
            return;
        }
        // Without a terminal a line for each tenth of the way is enough.
        let tenth = counts.over() * 10 / counts.all().max(1);
        let step = format!("{tenth} {}", batch.state.word());
        if self.said.as_ref() != Some(&step) {
            self.said = Some(step);
            cx.out.note(&batches::line(batch, &Page::PLAIN));
        }
    }

    fn aside(&self, cx: &mut Cx, line: &str) {
        match &self.drawn {
            Some(bar) => bar.println(line),
            None => cx.out.note(line),
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.drawn {
            bar.finish_and_clear();
        }
    }
}
