//! Handing a task off.

use super::{Engine, Error, Task};
use crate::exec::notify;
use crate::id::Name;
use crate::runner::{self, HandOff, RunWish, start};
use crate::sys::terminal::Terminal;

/// A task, decided and not handed off.
pub struct RunPlan {
    plan: HandOff,
}

impl RunPlan {
    /// What it will be called, unless another command takes the name first.
    pub fn id(&self) -> &Name {
        &self.plan.spec.id
    }

    /// What the user should know before it runs, a line each: what it starts from, what it will not see, how it is limited, and
    /// how the three questions are answered.
    pub fn lines(&self) -> Vec<String> {
        lines_of(&self.plan)
    }
}

/// What the user should know of a task before it runs.
pub(super) fn lines_of(plan: &HandOff) -> Vec<String> {
    let spec = &plan.spec;
    let mut lines = plan.lines.clone();
    if !plan.taken.withheld.is_empty() {
        let names: Vec<_> = plan.taken.withheld.iter().map(ToString::to_string).collect();
        lines.push(format!("withheld: {} (--env NAME passes one)", names.join(", ")));
    }
    for name in &plan.taken.missing {
        lines.push(format!("{name} is not in your environment: the task does not have it either"));
    }
    if spec.notify.as_deref() == Some(notify::DESKTOP) && notify::find_desktop(std::env::var_os("PATH").as_deref()).is_none() {
        lines.push("nobody will be told on the desktop: there is neither notify-send nor osascript".to_owned());
    }
    let after = |limit| format!("stopped after {:#} (--timeout)", jiff::SignedDuration::try_from(limit).unwrap_or_default());
    let timeout = spec.limits.timeout.map_or_else(|| "no time limit".to_owned(), after);
    let again = match spec.retries {
        0 => String::new(),
        1 => ", tried again once if it fails".to_owned(),
        n => format!(", tried again up to {n} times if it fails"),
    };
    let checks = match spec.checks.len() {
        0 => "verified: no check (--check)".to_owned(),
        1 => "verified: 1 check".to_owned(),
        n => format!("verified: {n} checks"),
    };
    lines.push(format!(
        "specified: yes, {timeout}{again}; {checks}; reversible: in git, yes; outside its worktree, no (sandbox: none)"
    ));
    lines
}

impl Engine {
    /// Decides what would be handed off, and finds every error that can be found before anything runs. Changes nothing.
    ///
    /// # Errors
    ///
    /// By what cannot be had: [`ErrorKind::Bare`](super::ErrorKind::Bare), [`ErrorKind::Unborn`](super::ErrorKind::Unborn),
    /// [`ErrorKind::UnknownRevision`](super::ErrorKind::UnknownRevision),
    /// [`ErrorKind::NoIdentity`](super::ErrorKind::NoIdentity), [`ErrorKind::NameTaken`](super::ErrorKind::NameTaken),
    /// [`ErrorKind::PrefixIsBranch`](super::ErrorKind::PrefixIsBranch),
    /// [`ErrorKind::CommandNotFound`](super::ErrorKind::CommandNotFound),
    /// [`ErrorKind::CheckNotFound`](super::ErrorKind::CheckNotFound),
    /// [`ErrorKind::Unsupported`](super::ErrorKind::Unsupported).
    pub fn plan_run(&self, wish: &RunWish) -> Result<RunPlan, Error> {
        Ok(RunPlan { plan: runner::plan(&self.site, &self.dir, wish)? })
    }

    /// Runs the task in this process, with the caller's terminal for its command, and returns when it is over.
    ///
    /// # Errors
    ///
    /// As [`Self::run`]; and what kept its change from being kept now: the next writing command tries again.
    pub(crate) fn run_interactive(&mut self, plan: RunPlan, terminal: &Terminal) -> Result<Task, Error> {
        self.settle()?;
        self.notes.extend(self.site.state_dir()?.note);
        let (uid, lock) = runner::make_task(&self.site, plan.plan)?;
        start::here(&self.site, &uid, lock, terminal)?;
        self.own_outcome(&uid)
    }

    /// Hands the task off and returns at once: a runner of its own session has taken it over.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::StateDir`](super::ErrorKind::StateDir) if there is no place for worktrees,
    /// [`ErrorKind::DiskFull`](super::ErrorKind::DiskFull) and its like.
    pub fn run(&mut self, plan: RunPlan) -> Result<Task, Error> {
        self.settle()?;
        self.notes.extend(self.site.state_dir()?.note);
        let uid = runner::hand_off(&self.site, plan.plan)?;
        self.own_outcome(&uid)
    }
}
