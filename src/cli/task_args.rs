//! What `run` and `batch` ask of a task alike.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use crate::config::parse_duration;
use crate::engine::{Error, ErrorKind, RunWish};
use crate::task::{Level, Text};

/// The options that both have.
#[derive(clap::Args, Debug)]
pub(super) struct TaskArgs {
    /// Start from this revision [default: HEAD]
    #[arg(long, value_name = "REV", conflicts_with = "with_changes")]
    pub(super) base: Option<String>,

    /// Start from HEAD with the checkout's uncommitted changes
    #[arg(long)]
    pub(super) with_changes: bool,

    /// Run in this folder [default: the current one]
    #[arg(long, value_name = "DIR")]
    pub(super) cwd: Option<PathBuf>,

    /// A shell line that judges the result; may be given more than once
    #[arg(long = "check", value_name = "LINE")]
    pub(super) checks: Vec<String>,

    /// Files that make the checks: a check sees them as in the base, whatever the task did to them; may be given more than once
    #[arg(long, value_name = "GLOB")]
    pub(super) check_files: Vec<String>,

    /// Its checks start from a clean worktree, whatever git config takeback.checkCache says
    #[arg(long)]
    pub(super) no_check_cache: bool,

    /// Paths that it may change; may be given more than once
    #[arg(long, value_name = "GLOB")]
    pub(super) only: Vec<String>,

    /// Ignored files that go into the commit; may be given more than once
    #[arg(long, value_name = "GLOB")]
    pub(super) commit_ignored: Vec<String>,

    /// Ignored or outside files that it and its checks see, as a copy; may be given more than once
    #[arg(long, value_name = "PATH[:ro|copy]")]
    pub(super) bring: Vec<OsString>,

    /// Bring nothing of what git config takeback.bring names
    #[arg(long)]
    pub(super) no_bring: bool,

    /// Stop it after this time; 0 is never [default: 1h, or git config takeback.timeout]
    #[arg(long, value_name = "TIME", value_parser = limit)]
    pub(super) timeout: Option<Limit>,

    /// Stop it when it has written nothing for this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) idle: Option<Duration>,

    /// Try it again up to N times if it fails, each time as a new attempt
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(u32).range(..=100))]
    pub(super) retries: u32,

    /// Tell somebody when it is over: `desktop`, `none`, or a line for `sh -c` that finds `TAKEBACK_TASK`, `TAKEBACK_STATE` and more
    #[arg(long, value_name = "LINE")]
    pub(super) notify: Option<String>,

    /// A shell text sourced before the command and its checks
    #[arg(long, value_name = "LINE")]
    pub(super) setup: Option<String>,

    /// Pass a variable that looks like a secret, or set one; may be given more than once
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub(super) env: Vec<OsString>,

    /// How well it is kept to its worktree
    #[arg(long, value_name = "LEVEL", default_value = "auto")]
    pub(super) sandbox: Sandbox,

    /// Whether it can reach the network
    #[arg(long, value_name = "on", default_value = "on")]
    pub(super) network: Network,
}

/// The longest that a task may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    Time(Duration),
    /// Of what the other tasks of its batch take.
    Percent(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Sandbox {
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
pub(super) enum Network {
    On,
    #[value(hide = true)]
    Off,
}

fn time(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "a time is a number of seconds, or such as 90s, 15m or 2h".to_owned())
}

fn limit(text: &str) -> Result<Limit, String> {
    match text.strip_suffix('%').map(str::parse::<u32>) {
        Some(Ok(percent)) if percent > 0 => Ok(Limit::Percent(percent)),
        Some(_) => Err("so many percent of the median is such as 300%".to_owned()),
        None => time(text).map(Limit::Time),
    }
}

impl TaskArgs {
    /// What they ask for, but for what the verb has of its own.
    pub(super) fn wish(&self) -> Result<RunWish, Error> {
        if self.network == Network::Off {
            let why = "`--network off` is not in this version";
            return Err(not_yet("--network off", why).hint("leave it out: the task then has the network that you have"));
        }
        Ok(RunWish {
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
            idle: self.idle,
            notify: self.notify.clone(),
            retries: self.retries,
            setup: self.setup.clone(),
            env: self.env.iter().cloned().map(Text::from).collect(),
            sandbox: self.level()?,
            ..RunWish::default()
        })
    }

    /// The longest that the task may run, where that is a time.
    pub(super) fn time_limit(&self) -> Result<Option<Duration>, Error> {
        match self.timeout {
            None => Ok(None),
            Some(Limit::Time(time)) => Ok(Some(time)),
            Some(Limit::Percent(percent)) => {
                Err(Error::new(ErrorKind::Usage, format!("`--timeout {percent}%` is of the median of a batch's tasks"))
                    .about("--timeout")
                    .hint("a single task has a time: `--timeout 15m`"))
            }
        }
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
