//! Telling somebody that something is over: by a command of the user's, or on the desktop.
//!
//! The one door to the desktop: `notify-send` (libnotify) or `osascript` (macOS), whichever is there.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::environment::Environment;
use super::launch::{Launch, Launcher};
use super::log::{Sizes, last_line};
use super::lookup::find_command;
use super::run::{self, Cause, Ended, Execution};
use crate::sys::process::Grace;
use crate::task::{Limits, Text};

/// The word that asks for a notice on the desktop.
pub(crate) const DESKTOP: &str = "desktop";

/// The word that asks for none, whatever the configuration says.
pub(crate) const NONE: &str = "none";

/// The longest that a notifier may run.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is said on the desktop.
#[derive(Clone, Debug)]
pub(crate) struct News {
    /// A few words.
    pub(crate) title: String,
    /// A line.
    pub(crate) body: String,
}

/// A notifier to be run.
pub(crate) struct Notifier<'a> {
    /// A command for `sh -c`, or [`DESKTOP`].
    pub(crate) how: &'a str,
    /// What is said.
    pub(crate) news: &'a News,
    /// The folder it runs in.
    pub(crate) cwd: &'a Path,
    /// What it sees.
    pub(crate) environment: &'a Environment,
    /// Marks its processes.
    pub(crate) token: &'a str,
    /// Where its output goes.
    pub(crate) log: &'a Path,
}

/// Finds the program that shows notices on the desktop.
pub(crate) fn find_desktop(path: Option<&OsStr>) -> Option<&'static str> {
    ["notify-send", "osascript"].into_iter().find(|program| find_command(program.as_ref(), Path::new("/"), path).is_some())
}

impl Notifier<'_> {
    /// Runs it to its end, at most half a minute. Returns what went wrong, if something did.
    ///
    /// # Errors
    ///
    /// [`run::Error`] if it could not be started.
    pub(crate) fn run(&self, launcher: &Launcher) -> Result<Option<String>, run::Error> {
        let Some(argv) = self.argv() else {
            return Ok(Some("there is neither notify-send nor osascript".to_owned()));
        };
        let execution = Execution {
            launcher,
            launch: Launch {
                argv: &argv,
                cwd: self.cwd,
                environment: self.environment,
                token: self.token,
                setup: None,
                input: None,
            },
            limits: Limits { timeout: Some(PATIENCE), idle: None },
            grace: Grace::default(),
            log: self.log,
            sizes: Sizes::default(),
            cancel: &AtomicBool::new(false),
            terminal: None,
        };
        let ended = execution.run(|_| Ok::<(), Infallible>(()))?;
        Ok(self.complaint(&ended))
    }

    fn argv(&self) -> Option<Vec<Text>> {
        if self.how != DESKTOP {
            return Some(["sh", "-c", self.how].map(Text::from).into());
        }
        let (title, body) = (self.news.title.as_str(), self.news.body.as_str());
        let words: &[&str] = match find_desktop(self.environment.find("PATH"))? {
            "osascript" => &[
                "osascript",
                "-e",
                "on run argv",
                "-e",
                "display notification (item 2 of argv) with title (item 1 of argv)",
                "-e",
                "end run",
                title,
                body,
            ],
            program => &[program, "--app-name=takeback", "--", title, body],
        };
        Some(words.iter().copied().map(Text::from).collect())
    }

    fn complaint(&self, ended: &Ended) -> Option<String> {
        let what = match &ended.cause {
            Cause::Exited if ended.exit.is_success() => return None,
            Cause::Timeout => format!("it ran longer than {PATIENCE:?}"),
            Cause::NotStarted(why) => why.to_string(),
            _ => match (ended.exit.code, ended.exit.signal) {
                (Some(code), _) => format!("exit code {code}"),
                (_, Some(signal)) => format!("signal {signal}"),
                _ => "it could not be ended".to_owned(),
            },
        };
        let said = last_line(self.log).ok().flatten().map(|line| String::from_utf8_lossy(&line).into_owned());
        Some(said.map_or_else(|| what.clone(), |said| format!("{what}: {said}")))
    }
}
