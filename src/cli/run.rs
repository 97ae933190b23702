//! `takeback run`: hand off one command.

use std::ffi::OsString;

use serde::Serialize;

use crate::cli::exit::{self, Code};
use crate::cli::out::{Page, View};
use crate::cli::task_args::TaskArgs;
use crate::cli::tasks::{Ended, Tasks};
use crate::cli::{Cx, program, wait};
use crate::engine::{Engine, Error, ErrorKind, RunWish, Task};
use crate::sys::terminal::Terminal;
use crate::task::Text;

const USAGE: &str = "takeback run [OPTIONS] -- CMD…\n       takeback run [OPTIONS] --shell LINE\n       takeback run [OPTIONS] --interactive [-- CMD…]";

const EXAMPLES: &str = "\
Examples:
  takeback run -- make figures
  takeback run --check 'make test' --only 'src/**' -- ./tools/rename.sh old new
  takeback run --check 'pytest' --check-files 'tests/**' -- ./tools/port.sh
  takeback run --shell 'sed -i s/colour/color/ *.txt && make' --name spelling
  takeback run --bring data:ro --bring .venv -- .venv/bin/python clean.py data/raw.csv
  takeback run --wait --timeout 10m --with-changes -- Rscript clean.R
  takeback run --notify desktop -- make all
  takeback run --notify 'echo $TAKEBACK_TASK is $TAKEBACK_STATE >> ~/tasks' -- make all
  takeback run --interactive                     your shell, in a worktree of its own
  takeback run --interactive -- vim notes.txt
  takeback run --retries 2 --timeout 5m -- ./download.sh

To take it back:
  takeback cancel NAME      while it runs; what it changed until then is kept
  takeback discard NAME     when it is over
Nothing reaches your branch before `takeback land NAME`, so `takeback undo` has nothing to do for a run.";

/// Hand off a command; returns at once
///
/// The command runs in a git worktree of its own, in the same subfolder as yours, from the last commit. What it changes becomes a
/// commit on the branch takeback/NAME, whether it succeeds, fails, is stopped or is killed. Your checkout is not touched.
#[derive(clap::Args, Debug)]
#[command(override_usage = USAGE, after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The command and its arguments; no shell reads them
    #[arg(last = true, value_name = "CMD", required_unless_present_any = ["shell", "interactive"])]
    argv: Vec<OsString>,

    /// A line for `sh -c` instead of CMD
    #[arg(long, value_name = "LINE", conflicts_with = "argv")]
    shell: Option<String>,

    /// What to call the task [default: the command's word]
    #[arg(long)]
    name: Option<String>,

    /// Stay until it is over; Ctrl-C leaves it running
    #[arg(long)]
    wait: bool,

    /// Give the command this terminal, and keep what it changed when it ends [CMD: your shell]
    ///
    /// A shell ends with the exit code of its last command: if that failed, so did the task. `exit 0` leaves it as a success, and
    /// `takeback land --allow-failed` lands it all the same.
    #[arg(short, long, conflicts_with_all = ["idle", "retries"])]
    interactive: bool,

    #[command(flatten)]
    task: TaskArgs,
}

impl Args {
    fn wish(&self) -> Result<RunWish, Error> {
        Ok(RunWish {
            argv: self.argv(),
            shell: self.shell.clone(),
            name: self.name.clone(),
            interactive: self.interactive,
            timeout: self.task.time_limit()?,
            ..self.task.wish()?
        })
    }

    /// The terminal that the command is to have, if it is to.
    fn terminal(&self) -> Result<Option<Terminal>, Error> {
        if !self.interactive {
            return Ok(None);
        }
        let missing = || {
            Error::new(ErrorKind::Usage, "there is no terminal that `--interactive` could give to the command")
                .about("--interactive")
                .hint(format!(
                    "stdin, stdout and stderr must be one, in the foreground; without: `{} run --wait -- CMD…`",
                    program()
                ))
        };
        Terminal::of_caller().map(Some).ok_or_else(missing)
    }

    /// The command; where there is somebody to use one and none was given, the user's shell.
    fn argv(&self) -> Vec<Text> {
        if self.interactive && self.argv.is_empty() && self.shell.is_none() {
            let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty());
            return vec![shell.unwrap_or_else(|| "sh".into()).into()];
        }
        self.argv.iter().cloned().map(Text::from).collect()
    }
}

/// A task that was handed off.
#[derive(Serialize)]
struct Handed {
    task: Task,
}

impl View for Handed {
    fn text(&self, page: &Page) -> String {
        let (us, id) = (program(), &self.task.id);
        let steps = [("follow", "status"), ("read its log", "logs -f"), ("cancel", "cancel")];
        let lines = steps.map(|(what, verb)| format!("  {:<14}{us} {verb} {id}", page.dim(what)));
        format!("{}\n{}", page.bold(id.as_str()), lines.join("\n"))
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let wish = args.wish()?;
    let terminal = args.terminal()?;
    let mut engine = cx.engine()?;
    let plan = engine.plan_run(&wish)?;
    for line in plan.lines() {
        cx.out.note(&line);
    }
    if let Some(terminal) = terminal {
        cx.out.note(&format!("{} has the terminal now; when it ends, what it changed is kept", plan.id()));
        let task = engine.run_interactive(plan, &terminal)?;
        return ended(vec![task], false, cx, &mut engine);
    }
    // From before the hand-off: a Ctrl-C that comes just after it leaves nobody in doubt whether the task goes on.
    let stop = if args.wait { Some(wait::on_interrupt()?) } else { None };
    let task = engine.run(plan)?;
    cx.notes(&mut engine);
    let Some(stop) = stop else {
        cx.out.answer(&Handed { task })?;
        return Ok(Code::Done);
    };
    let (tasks, stopped) = wait::follow(cx, &mut engine, &[task.id.to_string()], &stop)?;
    ended(tasks, stopped, cx, &mut engine)
}

fn ended(tasks: Vec<Task>, stopped: bool, cx: &mut Cx, engine: &mut Engine) -> Result<Code, Error> {
    cx.notes(engine);
    let code = if stopped { Code::Interrupted } else { exit::verdict(&tasks) };
    cx.out.answer(&Ended(Tasks::new(tasks)))?;
    Ok(code)
}
