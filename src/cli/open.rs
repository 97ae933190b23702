//! `takeback open`: a task's result in a real worktree, to look at or to work in.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd as _;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGQUIT};

use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::table::{Cell, Table};
use crate::cli::tasks::{next, summary};
use crate::cli::text::{count, plain};
use crate::cli::{Cx, program};
use crate::engine::{Engine, Error, ErrorKind, Exit, Leaving, Looked, Opened, Task, Worktree};
use crate::task::Text;

const EXAMPLES: &str = "\
Examples:
  takeback open tables                  a shell in the result; what you change there is the task's next attempt
  takeback open tables -- make test     a command in it
  cd \"$(takeback open tables)\"          where there is no terminal: prints the folder, and leaves it open
  takeback open --take tables           keep what was done in a worktree that was left open
  takeback open --close tables          remove one in which nothing was done
  takeback open --list

A command there finds the task's name in TAKEBACK_OPEN. The earlier attempt's result stays in reach, and `takeback undo tables` goes back to it. A worktree is removed only when all that
was done in it is kept.";

/// Open a task's result in a worktree of its own, to look at or to work in
///
/// It holds the result, or the base where there is none, and belongs to you: your git, your editor. When the shell or the command
/// ends, what was changed becomes a new attempt of the task, is held against its scope and its checks, and can be landed; what you
/// committed there stays in reach. What `--bring` names is not there; the checks see it. If nothing was changed, the worktree is gone again.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
pub(super) struct Args {
    /// A task that is over: its name, or a prefix that fits one only
    #[arg(value_name = "ID", required_unless_present = "list")]
    id: Option<String>,

    /// Keep what was done in a worktree that is open, as the task's next attempt, and remove it
    #[arg(long, conflicts_with_all = ["close", "list", "command"])]
    take: bool,

    /// Remove a worktree that is open, if nothing was done in it
    #[arg(long, conflicts_with_all = ["list", "command"])]
    close: bool,

    /// Show which worktrees are open
    #[arg(long, conflicts_with_all = ["id", "command"])]
    list: bool,

    /// With --take: show what would be kept, and change nothing
    #[arg(long, requires = "take")]
    dry_run: bool,

    /// Run this there instead of a shell
    #[arg(last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// It is open, and stays so.
#[derive(Serialize)]
struct Place {
    task: String,
    path: Text,
    open: bool,
}

#[derive(Serialize)]
struct List {
    opened: Vec<Opened>,
}

/// Its user has left it.
#[derive(Serialize)]
struct End {
    task: Task,
    #[serde(rename = "left")]
    leaving: Leaving,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit: Option<Exit>,
}

impl View for Place {
    fn text(&self, _page: &Page) -> String {
        if self.open { self.path.to_string() } else { format!("{}: its worktree is removed", self.task) }
    }
}

impl View for List {
    fn text(&self, page: &Page) -> String {
        if self.opened.is_empty() {
            return format!("nothing is open; `{} open ID` opens a task's result", program());
        }
        let mut table = Table::default();
        for opened in &self.opened {
            let state = Cell::painted(opened.state, "33");
            table.row([Cell::painted(opened.task.as_str(), "1"), state, Cell::new(plain(&opened.path.to_string()))]);
        }
        table.text(page)
    }
}

impl View for Looked {
    fn text(&self, page: &Page) -> String {
        let task = page.bold(self.task.as_str());
        match (self.changed, self.outputs) {
            (0, 0) => format!("{task}: nothing was changed in {}", self.path),
            (0, n) => format!("{task}: {} would go to its outputs", count(n, "ignored file")),
            (n, _) => format!("{task}: {} would be its next attempt", count(n as u64, "changed file")),
        }
    }
}

impl View for End {
    fn text(&self, page: &Page) -> String {
        let (leaving, us) = (&self.leaving, program());
        let id = page.bold(self.task.id.as_str());
        let mut lines = Vec::new();
        match leaving.attempt {
            Some(attempt) => {
                lines.push(format!("{id} {}, attempt {attempt}, by hand: {}", self.task.state, plain(&summary(&self.task))));
                lines.extend(next(&self.task).map(|next| format!("  next: {next}")));
                lines.push(format!("  to take it back: {us} undo {}", self.task.id));
            }
            None if !leaving.open && !leaving.side.is_empty() => {
                lines.push(format!("{id}: no file was changed, its worktree is removed"));
            }
            None if !leaving.open => lines.push(format!("{id}: nothing was changed, its worktree is removed")),
            None => {}
        }
        if leaving.outputs > 0 {
            let files = count(leaving.outputs, "ignored file");
            lines.push(format!("  {files} that you made there: {us} outputs {}", self.task.id));
        }
        lines.extend(leaving.side.iter().map(|name| format!("  stays in reach: git log {}", plain(name))));
        if let Some(why) = &leaving.why {
            lines.push(format!("{id} is open still, in {}: {}", plain(&leaving.path.to_string()), plain(why)));
        }
        lines.extend(leaving.hint.iter().map(|hint| format!("  hint: {}", plain(hint))));
        lines.join("\n")
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let Some(id) = args.id.as_deref() else {
        let opened = cx.engine()?.worktrees()?;
        cx.out.answer(&List { opened })?;
        return Ok(Code::Done);
    };
    let mut engine = cx.deciding(args.dry_run)?;
    if args.take {
        let worktree = engine.find_worktree(id)?;
        if args.dry_run {
            let looked = engine.plan_take(worktree)?;
            cx.out.answer(&looked)?;
            return Ok(Code::Done);
        }
        return leave(&mut engine, worktree, None, cx);
    }
    if args.close {
        let worktree = engine.find_worktree(id)?;
        let (task, path) = (worktree.task().to_string(), worktree.path().into());
        engine.close(worktree)?;
        cx.out.answer(&Place { task, path, open: false })?;
        return Ok(Code::Done);
    }
    let worktree = engine.open_worktree(id)?;
    let absent = worktree.absent();
    if !absent.is_empty() {
        let all: Vec<String> = absent.iter().map(|path| format!("`{}`", plain(path))).collect();
        cx.out.note(&format!("not there, since it is brought to the task and its checks alone: {}", all.join(", ")));
    }
    if args.command.is_empty() && (cx.out.is_json() || !cx.out.has_terminal()) {
        return leave_open(&mut engine, worktree, cx);
    }
    match work(&worktree, &args.command, cx) {
        Ok(exit) => leave(&mut engine, worktree, Some(exit), cx),
        Err(e) => {
            // Nobody was in it, this time.
            drop(if worktree.returned() { engine.leave_open(worktree) } else { engine.take(worktree).map(drop) });
            Err(e)
        }
    }
}

fn leave_open(engine: &mut Engine, worktree: Worktree, cx: &mut Cx) -> Result<Code, Error> {
    let (task, path) = (worktree.task().to_string(), worktree.path().into());
    engine.leave_open(worktree)?;
    let us = program();
    cx.out.note(&format!(
        "{task} is open; `{us} open --take {task}` keeps what is done there, `{us} open --close {task}` removes it"
    ));
    cx.out.answer(&Place { task, path, open: true })?;
    Ok(Code::Done)
}

/// Gives the terminal to the user's command.
fn work(worktree: &Worktree, argv: &[OsString], cx: &mut Cx) -> Result<Exit, Error> {
    let mut command = worktree.command(argv);
    command.stdin(Stdio::inherit()).stderr(Stdio::inherit()).stdout(Stdio::inherit());
    if cx.out.is_json() {
        // The answer has stdout for itself.
        let stderr = io::stderr().as_fd().try_clone_to_owned();
        command.stdout(stderr.map_err(|e| Error::new(ErrorKind::Io, "cannot use stderr").because(e))?);
    } else if argv.is_empty() {
        let again = if worktree.returned() { " again" } else { "" };
        cx.out.note(&format!("{} is open{again}; `exit` leaves it, and keeps what you have changed", worktree.task()));
    }
    let attended = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGQUIT] {
        // While the user's command has the terminal, Ctrl-C is for that alone; afterwards it ends this program, as ever.
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&attended))
            .map_err(|e| Error::new(ErrorKind::Io, "cannot listen for Ctrl-C").because(e))?;
    }
    let status = command.status();
    attended.store(true, Ordering::Relaxed);
    let name = command.get_program().to_string_lossy().into_owned();
    let status = status.map_err(|e| {
        let message = format!("cannot start `{name}` in {}", worktree.path().display());
        Error::new(ErrorKind::CommandNotFound, message).about(&name).because(e)
    })?;
    Ok(exit_of(status))
}

fn exit_of(status: ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt as _;
    Exit { code: status.code(), signal: status.signal() }
}

fn leave(engine: &mut Engine, worktree: Worktree, exit: Option<Exit>, cx: &mut Cx) -> Result<Code, Error> {
    let id = worktree.task().to_string();
    let leaving = engine.take(worktree)?;
    cx.notes(engine);
    let task = engine.task(&id)?;
    let code = match (&exit, &leaving.why) {
        (Some(exit), _) if !exit.is_success() => Code::No,
        (None, Some(_)) => Code::Forbidden,
        _ => Code::Done,
    };
    cx.out.answer(&End { task, leaving, exit })?;
    Ok(code)
}
