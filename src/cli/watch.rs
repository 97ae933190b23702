//! `takeback watch`: tasks as they go, drawn again and again on a terminal, else a line for each change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::cli::batches::Told;
use crate::cli::exit::{self, Code};
use crate::cli::out::{Out, Page, Reader, View};
use crate::cli::screen::Screen;
use crate::cli::tasks::{self, Ended, Tasks, elapsed, headline, summary};
use crate::cli::text::{count, duration, readable};
use crate::cli::wait::on_interrupt;
use crate::cli::{Cx, batches, program};
use crate::engine::{Batch, BatchState, Error, ErrorKind, Task, Watch};
use crate::sys::clock;
use crate::task::State;

/// Between two looks, and two pictures.
const PAUSE: Duration = Duration::from_millis(200);

/// What ended so long ago is not shown, unless it is named.
const JUST_ENDED: Duration = Duration::from_secs(60);

const EXAMPLES: &str = "\
Examples:
  takeback watch
  takeback watch tables figures                  until both are over
  takeback watch --json | jq -r '.task.state'    a JSON object for each change

Watching changes nothing, so there is nothing for `takeback undo` to take back.";

/// Watch tasks as they go
///
/// On a terminal: name, state, time and the last line of each task that runs or has just ended, as it is now; q or Ctrl-C leaves, and
/// the tasks go on. Elsewhere a line for each change. With names it ends by itself when these are over, and the exit code is that of
/// `wait`; without, on a terminal it stays, and elsewhere it ends when nothing runs.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Tasks: names, or prefixes that fit one only [default: all that run or have just ended]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
}

/// Why the watching ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nothing is left to watch.
    Over,
    /// The user typed q.
    Left,
    /// Ctrl-C, or a signal like it.
    Interrupted,
    /// Nobody reads any more.
    Unread,
}

/// The tasks that are watched.
#[derive(Default, Serialize)]
struct Seen {
    tasks: Vec<Task>,
    #[serde(skip)]
    named: bool,
    #[serde(skip)]
    began: bool,
}

impl View for Seen {
    fn text(&self, page: &Page) -> String {
        tasks::lines(&self.tasks, 0, page)
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let engine = cx.engine()?;
    let mut watch = engine.watch(&args.ids)?;
    let mut seen = Seen { named: !args.ids.is_empty(), ..Seen::default() };
    let stop = on_end()?;
    let on_screen = cx.out.has_screen();
    let end =
        if on_screen { live(&mut watch, &mut seen, &stop, &cx.out)? } else { stream(&mut watch, &mut seen, &stop, &mut cx.out)? };
    let batch = match args.ids.as_slice() {
        [id] if on_screen && end == End::Over => engine.find_batch(id)?,
        _ => None,
    };
    if let Some((batch, _)) = batch {
        cx.out.answer(&Told::followed(batch))?;
    } else if on_screen && seen.named && end == End::Over {
        let last = seen.tasks.iter().map(|task| engine.task(task.uid.as_str())).collect::<Result<_, _>>()?;
        cx.out.answer(&Ended(Tasks::new(last)))?;
    } else if on_screen {
        cx.out.answer(&seen)?;
    }
    Ok(match end {
        End::Over | End::Unread if seen.tasks.iter().any(|task| seen.named && task.abandoned) => Code::No,
        End::Over if seen.named => exit::verdict(&seen.tasks),
        End::Left if seen.named => Code::Interrupted,
        End::Over | End::Left | End::Unread => Code::Done,
        End::Interrupted => Code::Interrupted,
    })
}

/// Turns every signal that would end this process into a flag: the terminal is left in order first.
fn on_end() -> Result<Arc<AtomicBool>, Error> {
    use signal_hook::consts::{SIGHUP, SIGQUIT, SIGTERM};
    let stop = on_interrupt()?;
    for signal in [SIGHUP, SIGQUIT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .map_err(|e| Error::new(ErrorKind::Io, "cannot listen for signals").because(e))?;
    }
    Ok(stop)
}

/// A line, or a JSON object, for each change.
fn stream(watch: &mut Watch<'_>, seen: &mut Seen, stop: &AtomicBool, out: &mut Out) -> Result<End, Error> {
    loop {
        for task in seen.take(watch.changes()?) {
            let reads = if out.is_json() {
                out.object(&Tasks::one(task))?
            } else if waits_in_batch(&task) {
                // They are many, and their batch has them in its count.
                continue;
            } else if is_going_on(&task) {
                out.bytes(format!("{} {}\n", task.id, task.state).as_bytes())?
            } else {
                out.bytes(format!("{}\n", headline(&task, &Page::PLAIN)).as_bytes())?
            };
            if reads == Reader::Gone {
                return Ok(End::Unread);
            }
        }
        if !goes_on(watch, seen) {
            return Ok(End::Over);
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(End::Interrupted);
        }
        std::thread::sleep(PAUSE);
    }
}

/// A picture of all of them, again and again.
fn live(watch: &mut Watch<'_>, seen: &mut Seen, stop: &AtomicBool, out: &Out) -> Result<End, Error> {
    let mut screen = Screen::enter()?;
    loop {
        seen.take(watch.changes()?);
        if seen.named && !goes_on(watch, seen) {
            return Ok(End::Over);
        }
        screen.draw(picture(watch, seen, Screen::size(), out.page())?);
        let key = screen.key(PAUSE);
        if stop.load(Ordering::Relaxed) {
            return Ok(End::Interrupted);
        }
        if matches!(key, Some(b'q' | b'Q')) {
            return Ok(End::Left);
        }
    }
}

/// The lines of a picture: those that go on first, then those that ended last. What has no room is counted.
fn picture(watch: &Watch<'_>, seen: &Seen, (rows, columns): (usize, usize), page: &Page) -> Result<Vec<String>, Error> {
    let (active, mut over): (Vec<_>, Vec<_>) = seen.tasks.iter().partition(|task| is_going_on(task));
    over.sort_by_key(|task| std::cmp::Reverse(task.finished_at));
    let head = match active.iter().filter(|task| !waits_in_batch(task)).count() {
        0 => "nothing runs".to_owned(),
        1 => "1 task runs".to_owned(),
        n => format!("{n} tasks run"),
    };
    let mut lines = vec![cut(&format!("{head}; q leaves"), columns, |text| page.dim(text))];
    let batches = watch.batches();
    let shown = batches.iter().filter(|batch| seen.named || batches::is_open(batch)).take(rows / 3);
    lines.extend(shown.map(|batch| cut(&batches::followed(batch, &Page::PLAIN), columns, |text| page.bold(text))));
    // What waits for its turn is counted with its batch, and so is what went well.
    let has_line = |task: &&&Task| task.batch.is_none() || !matches!(task.state, State::Queued | State::Ready | State::Empty);
    let all: Vec<_> = active.iter().chain(&over).filter(has_line).collect();
    // One line for what has no room.
    let free = rows.saturating_sub(lines.len());
    let room = if all.len() <= free { all.len() } else { free.saturating_sub(1) };
    let width = all.iter().take(room).map(|task| task.id.as_str().len()).max().unwrap_or(0);
    for task in all.iter().take(room) {
        lines.push(line(task, watch.last_line(task)?, (width, columns), page));
    }
    if room < all.len() && rows > lines.len() {
        let more = count((all.len() - room) as u64, "more task");
        lines.push(cut(&format!("and {more}: {} list", program()), columns, |text| page.dim(text)));
    }
    Ok(lines)
}

fn line(task: &Task, wrote: Option<String>, (width, columns): (usize, usize), page: &Page) -> String {
    let name = format!("{:width$}  ", task.id.as_str());
    let state = format!("{:<9}  ", task.state.word());
    let time = format!("{:>7}  ", if task.started_at.is_some() { duration(elapsed(task)) } else { String::new() });
    let what = if is_going_on(task) { wrote.unwrap_or_default() } else { summary(task) };
    let mut left = columns;
    let mut fit = |text: &str| {
        let text: String = text.chars().take(left).collect();
        left -= text.chars().count();
        text
    };
    let (name, state, time, what) = (fit(&name), fit(&state), fit(&time), fit(&readable(&what)));
    format!("{}{}{time}{what}", page.bold(&name), page.paint(tasks::colour(task.state), &state))
}

fn cut(text: &str, columns: usize, paint: impl Fn(&str) -> String) -> String {
    paint(&text.chars().take(columns).collect::<String>())
}

/// Whether something is left to watch: a task of a batch that waits goes on as long as its batch does.
fn goes_on(watch: &Watch<'_>, seen: &Seen) -> bool {
    if seen.tasks.iter().any(|task| is_going_on(task) && !waits_in_batch(task)) {
        return true;
    }
    let moves = |batch: &Batch| batch.counts.queued > 0 && (batch.state == BatchState::Running || batch.until.is_some());
    seen.tasks.iter().any(waits_in_batch) && watch.batches().iter().any(moves)
}

/// Whether it is a task of a batch whose turn has not come.
fn waits_in_batch(task: &Task) -> bool {
    task.batch.is_some() && task.state == State::Queued
}

fn is_going_on(task: &Task) -> bool {
    !task.state.is_over() && !task.abandoned
}

impl Seen {
    /// Takes changes over, and returns those that are watched.
    fn take(&mut self, changes: Vec<Task>) -> Vec<Task> {
        let is_first = !std::mem::replace(&mut self.began, true);
        let mut taken = Vec::new();
        for task in changes {
            let known = self.tasks.iter().position(|old| old.uid == task.uid);
            let just_ended = || task.finished_at.is_some_and(|at| clock::now().since(at) < JUST_ENDED);
            if !(self.named || known.is_some() || !task.state.is_over() || !is_first || just_ended()) {
                continue;
            }
            match known {
                Some(at) => self.tasks[at] = task.clone(),
                None => self.tasks.push(task.clone()),
            }
            taken.push(task);
        }
        taken
    }
}
