//! Tasks as answers: one or several, each as a paragraph or as a line of a table.

use serde::Serialize;

use crate::cli::out::{Page, View};
use crate::cli::program;
use crate::cli::table::{Cell, Table};
use crate::cli::text::{ago, branch, count, duration, files, plain, short, size};
use crate::engine::{BringMode, LandedAs, Task};
use crate::sys::clock;
use crate::task::{CheckRun, Checked, Exit, State};

/// `{"task": …}`, or `{"tasks": […]}` where several were asked for.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Tasks {
    One { task: Box<Task> },
    Several { tasks: Vec<Task> },
}

impl Tasks {
    /// One where one was asked for, else all of them.
    pub(super) fn new(mut tasks: Vec<Task>) -> Self {
        match tasks.pop() {
            Some(task) if tasks.is_empty() => Self::One { task: Box::new(task) },
            last => {
                tasks.extend(last);
                Self::Several { tasks }
            }
        }
    }

    pub(super) fn one(task: Task) -> Self {
        Self::One { task: Box::new(task) }
    }

    fn all(&self) -> &[Task] {
        match self {
            Self::One { task } => std::slice::from_ref(task),
            Self::Several { tasks } => tasks,
        }
    }
}

/// Tasks with how they ended, and what can be done next.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Ended(pub(super) Tasks);

/// Tasks with all that is known of them.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct InFull(pub(super) Tasks);

impl View for Ended {
    fn text(&self, page: &Page) -> String {
        self.0.all().iter().map(|t| ended(t, page)).collect::<Vec<_>>().join("\n")
    }
}

impl View for InFull {
    fn text(&self, page: &Page) -> String {
        self.0.all().iter().map(|t| in_full(t, page)).collect::<Vec<_>>().join("\n\n")
    }
}

fn ended(task: &Task, page: &Page) -> String {
    let mut lines = vec![headline(task, page)];
    lines.extend(trouble(task).iter().map(|line| format!("  {}", plain(line))));
    lines.extend(next(task).map(|next| format!("  next: {next}")));
    lines.join("\n")
}

pub(super) fn headline(task: &Task, page: &Page) -> String {
    let state = page.paint(colour(task.state), task.state.word());
    let about = summary(task);
    let about = if about.is_empty() { about } else { format!(": {}", plain(&about)) };
    format!("{} {state}{about}", page.bold(task.id.as_str()))
}

/// What happened, in a few words.
pub(super) fn summary(task: &Task) -> String {
    let mut words = Vec::new();
    match task.state {
        State::Queued | State::Running if task.abandoned => words.extend(task.message.clone()),
        State::Running => words.push(format!("for {}", duration(elapsed(task)))),
        State::Failed => words.push(task.message.clone().unwrap_or_else(|| why(task))),
        State::Ready if task.checked == Some(Checked::Passed) => {
            let flaky = task.checks.iter().filter(|run| run.flaky).count();
            let flaky = if flaky > 0 { format!(" ({flaky} flaky)") } else { String::new() };
            words.push(format!("{} passed{flaky}", count(task.checks.len() as u64, "check")));
        }
        State::Ready if task.checked == Some(Checked::SelfChanged) => words.push("it changed what its check names".to_owned()),
        State::Ready => words.push("not checked".to_owned()),
        State::Empty => words.push("it changed nothing".to_owned()),
        _ => {}
    }
    if task.result.is_some() {
        words.push(files(task.files));
    }
    if task.outputs.files > 0 {
        words.push(format!("{} beside git", count(task.outputs.files, "output")));
    }
    words.join("; ")
}

fn why(task: &Task) -> String {
    let reason = task.reason.map_or("unknown", crate::task::Reason::word);
    match (reason, task.exit) {
        ("exit", Some(Exit { code: Some(code), .. })) => format!("its command ended with exit code {code}"),
        ("signal", Some(Exit { signal: Some(signal), .. })) => format!("signal {signal} ended its command"),
        ("timeout", _) => "it ran into its time limit".to_owned(),
        ("idle", _) => "it wrote nothing for too long".to_owned(),
        ("check", _) => task
            .checks
            .iter()
            .find(|c| !c.passed())
            .map_or("a check said no".to_owned(), |c| format!("check `{}` said no", c.command)),
        ("outside", _) => format!("it changed {} outside its scope", count(task.outside.len() as u64, "path")),
        ("interrupted", _) => "its runner was killed".to_owned(),
        ("spawn", _) => "its command could not be started".to_owned(),
        _ => reason.to_owned(),
    }
}

/// What a person should know beyond the summary: message, notes, paths outside the scope, paths that a check names.
fn trouble(task: &Task) -> Vec<String> {
    let outside = task.outside.iter().map(|p| format!("outside its scope: {p}"));
    // A failure's message stands in the headline, and that a task was cancelled is its state.
    let message =
        task.message.iter().filter(|_| !task.abandoned && !matches!(task.state, State::Failed | State::Cancelled)).cloned();
    let own = task.self_changed.iter().map(|p| format!("its check names what it changed: {p}"));
    message.chain(task.notes.iter().cloned()).chain(outside).chain(own).collect()
}

/// The commands that fit the state.
pub(super) fn next(task: &Task) -> Option<String> {
    let (us, id) = (program(), &task.id);
    let steps = match task.state {
        State::Ready if task.checked == Some(Checked::SelfChanged) => {
            format!("{us} diff {id} | {us} land {id} --allow-self-changed | {us} discard {id}")
        }
        State::Ready => format!("{us} diff {id} | {us} land {id} | {us} discard {id}"),
        State::Failed if task.result.is_some() => format!("{us} logs {id} | {us} diff {id} | {us} retry {id} | {us} discard {id}"),
        State::Failed => format!("{us} logs {id} | {us} retry {id} | {us} discard {id}"),
        State::Cancelled if task.result.is_some() => format!("{us} diff {id} | {us} retry {id} | {us} discard {id}"),
        State::Empty | State::Cancelled => format!("{us} retry {id} | {us} discard {id}"),
        State::Queued | State::Running => format!("{us} logs -f {id} | {us} wait {id} | {us} cancel {id}"),
        State::Landed => match &task.landed {
            Some(landed) if landed.elsewhere => format!("{us} revert {id}"),
            Some(LandedAs { jointly: Some(operation), .. }) => format!("{us} undo {operation} | {us} revert {id}"),
            _ => format!("{us} undo {id}"),
        },
        State::Discarded => format!("{us} undo {id}"),
        State::Reverted => format!("{us} land {id} | {us} undo {id}"),
        _ => return None,
    };
    // Nobody could give it the terminal again.
    let again = format!("{us} retry {id}");
    let possible = steps.split(" | ").filter(|step| !task.interactive || *step != again);
    Some(possible.collect::<Vec<_>>().join(" | "))
}

fn in_full(task: &Task, page: &Page) -> String {
    let mut table = Table::indented(2);
    let mut row = |name: &str, value: String| table.row([Cell::painted(name, "2"), Cell::new(value)]);
    row("command", task.line.clone());
    row("ran", ran(task));
    row("base", short(task.base));
    if let Some(result) = task.result {
        row("result", format!("{} on {}: {}", short(result), task.branch, files(task.files)));
    }
    if let Some(landed) = &task.landed {
        let how = if landed.elsewhere { ", found there" } else { "" };
        row("landed", format!("on {} as {}{how}", branch(&landed.branch), short(landed.commit)));
    }
    for run in &task.checks {
        row("check", check(run));
    }
    row("sandbox", format!("{}, network {}", task.sandbox.level.word(), task.sandbox.network));
    for brought in &task.brought {
        let how = if brought.mode == BringMode::Ro { ", read-only" } else { "" };
        let amount = brought.amount;
        row("brought", format!("{}: {}, {}{how}", brought.path, count(amount.files, "file"), size(amount.bytes)));
    }
    if task.outputs.files > 0 {
        row(
            "outputs",
            format!("{}, {}: {} outputs {}", count(task.outputs.files, "file"), size(task.outputs.bytes), program(), task.id),
        );
    }
    for side in &task.side {
        row("its own ref", side.clone());
    }
    for line in trouble(task) {
        row("note", line);
    }
    if let Some(next) = next(task) {
        row("next", next);
    }
    format!("{}\n{}", headline(task, page), table.text(&Page::PLAIN))
}

fn ran(task: &Task) -> String {
    let attempt = attempt(task).map(|text| format!("{text}, ")).unwrap_or_default();
    let Some(started) = task.started_at else {
        return format!("{attempt}not yet; handed off {}", ago(task.queued_at));
    };
    let end = match task.exit {
        Some(Exit { code: Some(code), .. }) => format!(", exit code {code}"),
        Some(Exit { signal: Some(signal), .. }) => format!(", signal {signal}"),
        _ => String::new(),
    };
    format!("{attempt}{}{end}, started {}", duration(elapsed(task)), ago(started))
}

/// Which attempt it is, where that says something: `attempt 2`, or `attempt 2 of 3` where it is tried again by itself.
fn attempt(task: &Task) -> Option<String> {
    match task.tries {
        Some(tries) => Some(format!("attempt {} of {}", task.attempt, task.attempt - tries.this + tries.most)),
        None => (task.attempt > 1).then(|| format!("attempt {}", task.attempt)),
    }
}

fn check(run: &CheckRun) -> String {
    let word = match (run.passed(), run.flaky) {
        (true, true) => "yes, flaky",
        (true, false) => "yes",
        (false, _) => "no",
    };
    let how = if run.cached { "taken from an earlier run on the same tree".to_owned() } else { duration(run.duration()) };
    let cache = if run.with_cache { ", with what an earlier check had built" } else { "" };
    let runs = if run.runs.is_empty() { String::new() } else { format!(", asked {} times", run.runs.len()) };
    format!("{word}: {} ({how}{cache}{runs})", run.command)
}

/// The time since its command started, up to its end or to now.
pub(super) fn elapsed(task: &Task) -> std::time::Duration {
    let until = task.finished_at.unwrap_or_else(clock::now);
    task.started_at.map(|at| until.since(at)).unwrap_or_default()
}

/// Tasks as lines: name, state, when, what.
pub(super) fn lines<'a>(tasks: impl IntoIterator<Item = &'a Task>, indent: usize, page: &Page) -> String {
    let mut table = Table::indented(indent);
    for task in tasks {
        let what = summary(task);
        let what = if what.is_empty() { task.line.clone() } else { format!("{what}  ({})", task.line) };
        let when = ago(task.finished_at.or(task.started_at).unwrap_or(task.queued_at));
        let state = Cell::painted(task.state.word(), colour(task.state));
        table.row([Cell::painted(task.id.as_str(), "1"), state, Cell::painted(when, "2"), Cell::new(what)]);
    }
    table.text(page)
}

/// The colour of a state, as the number of an ANSI sequence.
pub(super) fn colour(state: State) -> &'static str {
    match state {
        State::Queued | State::Running => "36",
        State::Ready => "32",
        State::Failed => "31",
        State::Cancelled | State::Empty | State::Unknown => "33",
        State::Landed => "34",
        _ => "2",
    }
}
