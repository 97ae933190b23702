//! `takeback run`: hand off one command.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;

use crate::cli::exit::{self, Code};
use crate::cli::out::{Page, View};
use crate::cli::tasks::{Ended, Tasks};
use crate::cli::{Cx, program, wait};
use crate::config::parse_duration;
use crate::engine::{Engine, Error, ErrorKind, RunWish, Task};
use crate::sys::terminal::Terminal;
use crate::task::{Level, Text};

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
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
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

    /// Start from this revision [default: HEAD]
    #[arg(long, value_name = "REV", conflicts_with = "with_changes")]
    base: Option<String>,

    /// Start from HEAD with the checkout's uncommitted changes
    #[arg(long)]
    with_changes: bool,

    /// Run in this folder [default: the current one]
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,

    /// A shell line that judges the result; may be given more than once
    #[arg(long = "check", value_name = "LINE")]
    checks: Vec<String>,

    /// Files that make the checks: a check sees them as in the base, whatever the task did to them; may be given more than once
    #[arg(long, value_name = "GLOB")]
    check_files: Vec<String>,

    /// Its checks start from a clean worktree, whatever git config takeback.checkCache says
    #[arg(long)]
    no_check_cache: bool,

    /// Paths that it may change; may be given more than once
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,

    /// Ignored files that go into the commit; may be given more than once
    #[arg(long, value_name = "GLOB")]
    commit_ignored: Vec<String>,

    /// Ignored or outside files that it and its checks see, as a copy; may be given more than once
    #[arg(long, value_name = "PATH[:ro|copy]")]
    bring: Vec<OsString>,

    /// Bring nothing of what git config takeback.bring names
    #[arg(long)]
    no_bring: bool,

    /// Stop it after this time; 0 is never [default: 1h, or git config takeback.timeout]
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,

    /// Stop it when it has written nothing for this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    idle: Option<Duration>,

    /// Try it again up to N times if it fails, each time as a new attempt
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(u32).range(..=100))]
    retries: u32,

    /// Tell somebody when it is over: `desktop`, `none`, or a line for `sh -c` that finds `TAKEBACK_TASK`, `TAKEBACK_STATE` and more
    #[arg(long, value_name = "LINE")]
    notify: Option<String>,

    /// A shell text sourced before the command and its checks
    #[arg(long, value_name = "LINE")]
    setup: Option<String>,

    /// Pass a variable that looks like a secret, or set one; may be given more than once
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<OsString>,

    /// How well it is kept to its worktree
    #[arg(long, value_name = "LEVEL", default_value = "auto")]
    sandbox: Sandbox,

    /// Whether it can reach the network
    #[arg(long, value_name = "on", default_value = "on")]
    network: Network,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sandbox {
    /// The best that there is; what it was is recorded
    Auto,
    /// Own worktree and own git dir, and nothing that stops a command which means harm
    None,
    #[value(hide = true)]
    Namespace,
    #[value(hide = true)]
    Landlock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Network {
    On,
    #[value(hide = true)]
    Off,
}

fn time(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "a time is a number of seconds, or such as 90s, 15m or 2h".to_owned())
}

impl Args {
    fn wish(&self) -> Result<RunWish, Error> {
        if self.network == Network::Off {
            let why = "`--network off` is not in this version";
            return Err(not_yet("--network off", why).hint("leave it out: the task then has the network that you have"));
        }
        Ok(RunWish {
            argv: self.argv(),
            shell: self.shell.clone(),
            name: self.name.clone(),
            base: self.base.clone(),
            with_changes: self.with_changes,
            cwd: self.cwd.clone(),
            checks: self.checks.clone(),
            check_files: self.check_files.clone(),
            no_check_cache: self.no_check_cache,
            only: self.only.clone(),
            commit_ignored: self.commit_ignored.clone(),
            bring: self.bring.iter().cloned().map(Text::from).collect(),
            no_bring: self.no_bring,
            timeout: self.timeout,
            idle: self.idle,
            interactive: self.interactive,
            notify: self.notify.clone(),
            retries: self.retries,
            setup: self.setup.clone(),
            env: self.env.iter().cloned().map(Text::from).collect(),
            sandbox: self.level()?,
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

    /// A level asked for by name is had, or is an error (DESIGN, promise 10).
    fn level(&self) -> Result<Level, Error> {
        match self.sandbox {
            Sandbox::Auto => Ok(Level::Auto),
            Sandbox::None => Ok(Level::None),
            Sandbox::Namespace => Err(not_yet("--sandbox namespace", "`--sandbox namespace` is not in this version")),
            Sandbox::Landlock => Err(not_yet("--sandbox landlock", "`--sandbox landlock` is not in this version")),
        }
    }
}

fn not_yet(object: &str, why: &str) -> Error {
    Error::new(ErrorKind::Sandbox, why).about(object)
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
