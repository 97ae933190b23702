//! One attempt, carried out by its runner, which holds its lock.

mod ending;
mod error;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::keep::{Keeper, quarantine_spec};
use super::{again, check, judge};
use crate::exec::environment::{Environment, Marks, Place};
use crate::exec::launch::{Launch, Launcher};
use crate::exec::log::Sizes;
use crate::exec::run::{Ended, Execution};
use crate::git::admin::Head;
use crate::git::quarantine::{Quarantine, QuarantineSpec};
use crate::git::refs::{self, RefMove};
use crate::git::{self, tree};
use crate::id::{CommitId, Uid};
use crate::sandbox;
use crate::sandbox::watch::Look;
use crate::store::layout::AttemptDir;
use crate::store::{Site, tasks};
use crate::sys::fault::Point;
use crate::sys::lock::Lock;
use crate::sys::process::Grace;
use crate::sys::terminal::Terminal;
use crate::sys::{clock, command, file, process};
use crate::task::{Reason, Record, Spec, Step};
use crate::workspace::{Owner, Role, Slot, Slots, Wanted};

pub(super) use ending::names;
pub(crate) use error::Error;

/// An attempt under way.
pub(super) struct Attempt<'a> {
    /// The repository.
    pub(super) site: &'a Site,
    /// The task.
    pub(super) spec: Spec,
    /// What is known so far; on disk as of the last `save`.
    pub(super) record: Record,
    /// The attempt's folder.
    pub(super) dir: AttemptDir,
    /// The repository's worktrees.
    pub(super) slots: Slots,
    /// The task's environment, not yet made to fit a worktree.
    pub(super) environment: Environment,
    /// The checkout that things are brought from before the one where the task was handed off.
    pub(super) checkout: Option<PathBuf>,
    /// Set when the user asks to stop.
    pub(super) cancel: Arc<AtomicBool>,
    /// The caller's terminal, where the command is to have it.
    terminal: Option<&'a Terminal>,
}

/// The right to an attempt: its lock is held.
pub(super) struct Held {
    /// The attempt's number.
    pub(super) number: u32,
    /// Its lock.
    pub(super) lock: Lock,
}

/// Carries an attempt out, to a record that is over. What fails on the way fails the task, not the runner; but what could not be
/// kept stays in the slot, and the attempt open: the next writing command tries again.
///
/// # Errors
///
/// [`Error`] where not even a record could be written.
pub(super) fn run(site: &Site, task: &Uid, attempt: &Held, terminal: Option<&Terminal>) -> Result<(), Error> {
    let mut attempt = Attempt { terminal, ..Attempt::open(site, task, attempt.number)? };
    process::become_subreaper();
    attempt.hear_cancel();
    judge::advance(&mut attempt.record, Step::Start);
    attempt.record.runner = process::own();
    attempt.record.sandbox = sandbox::enforce(attempt.spec.sandbox);
    attempt.save()?;
    if attempt.is_cancelled() {
        attempt.record.cancelled = true;
        return attempt.finish();
    }
    let slot = match attempt.prepare() {
        Ok(slot) => slot,
        Err(e) => return attempt.fail_to_start(&e),
    };
    attempt.work(&slot)?;
    attempt.keep_and_release(slot)?;
    attempt.judge()?;
    attempt.finish()
}

impl<'a> Attempt<'a> {
    /// Reads what is known of an attempt.
    pub(super) fn open(site: &'a Site, task: &Uid, attempt: u32) -> Result<Self, Error> {
        let spec = tasks::load_spec(&site.layout, task)?;
        let dir = site.layout.attempt(task, attempt);
        let state_dir = site.state_dir()?.path;
        let repository = site.repository().cloned().unwrap_or_else(Uid::random);
        let record = tasks::load_record(&site.layout, task, attempt)?;
        Ok(Self {
            site,
            record: record.unwrap_or_else(|| Record::queued(attempt, repository, spec.base)),
            spec,
            environment: Environment::load(&dir.environment()).unwrap_or_default(),
            dir,
            slots: Slots::new(&state_dir.join("slots"), &state_dir.join("trash"), &site.repo),
            checkout: None,
            cancel: Arc::new(AtomicBool::new(false)),
            terminal: None,
        })
    }

    /// Replaces the record on disk.
    pub(super) fn save(&self) -> Result<(), Error> {
        Ok(tasks::save_record(&self.site.layout, &self.spec.uid, &self.record)?)
    }

    /// A signal tells the runner to look for a request to stop.
    fn hear_cancel(&self) {
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
            // Without the handler the request is found all the same, a little later.
            drop(signal_hook::flag::register(signal, Arc::clone(&self.cancel)));
        }
    }

    /// Whether the user has asked to stop: this attempt, or the one before it, when this one was about to follow by itself.
    pub(super) fn is_cancelled(&self) -> bool {
        self.dir.cancel().exists() || self.earlier().is_some_and(|earlier| earlier.cancel().exists())
    }

    /// The folder of the failed attempt that this one followed by itself.
    fn earlier(&self) -> Option<AttemptDir> {
        (self.record.retry > 0).then(|| self.site.layout.attempt(&self.spec.uid, self.record.attempt - 1))
    }

    fn fail_to_start(&mut self, e: &Error) -> Result<(), Error> {
        if e.is_stop() {
            self.record.cancelled = true;
            self.record.message = Some("it was cancelled".to_owned());
        } else {
            self.record.reason = Some(if is_disk_full(e) { Reason::Disk } else { Reason::Spawn });
            self.record.message = Some(format!("it could not be started: {}", chain(e)));
        }
        for slot in self.slots.claim(&self.spec.uid, self.record.attempt)? {
            slot.release()?;
        }
        self.finish()
    }

    /// Gets a worktree that holds the base, with the task's branch and a private git dir.
    fn prepare(&mut self) -> Result<Slot, Error> {
        let base = self.record.base;
        let owner = Owner { task: self.spec.uid.clone(), attempt: self.record.attempt, role: Role::Task };
        let wanted = Wanted { tree: tree::of_commit(&self.site.repo, base)?, commit: base, owner };
        let mut slot = self.slots.take(&wanted)?;
        self.bring(&mut slot, wanted.tree)?;
        self.place_branch(base)?;
        slot.admin()?.point_head(&Head::Branch(self.spec.branch.clone()))?;
        let spec = quarantine_spec(&self.site.repo, &self.spec, base);
        let index = slot.admin()?.index();
        let quarantine = Quarantine::create(&self.dir.quarantine(), &QuarantineSpec { index_from: Some(&index), ..spec })?;
        quarantine.exclude(self.spec.bring.iter().map(|bring| bring.path.as_bytes()))?;
        quarantine.attach(&slot.root())?;
        self.record.worktree = Some(slot.root().into());
        Ok(slot)
    }

    /// The task's branch is at the base while it runs; one that somebody else has moved there stays.
    fn place_branch(&self, base: CommitId) -> Result<(), git::Error> {
        let branch = RefMove { name: self.spec.branch.clone(), from: None, to: Some(base.into()) };
        match refs::apply(&self.site.repo, &branch, "takeback: start") {
            Err(git::Error::Moved { .. }) => Ok(()),
            other => other,
        }
    }

    /// Runs the command, and records how it ended before anything else is done.
    fn work(&mut self, slot: &Slot) -> Result<(), Error> {
        let before = Look::at(&self.site.repo, &self.branch_prefix())?;
        let ended = match self.execute(slot) {
            Ok(ended) => ended,
            Err(e) => {
                self.record.reason = Some(Reason::Spawn);
                self.record.message = Some(format!("it could not be started: {}", chain(&e)));
                return self.save();
            }
        };
        self.note_end(&ended);
        let changes = before.changes(&Look::at(&self.site.repo, &self.branch_prefix())?);
        if !changes.is_empty() {
            self.record.notes.push(format!("while it ran, the repository was changed, by it or by others: {}", changes.join(", ")));
        }
        if !Quarantine::at(&self.dir.quarantine()).is_attached(&slot.root()) {
            self.note_escape(slot);
        }
        self.save()
    }

    fn execute(&mut self, slot: &Slot) -> Result<Ended, Error> {
        let root = slot.root();
        let cwd = self.spec.cwd.below(&root);
        let mut environment = self.placed_environment(&root, &cwd, slot.n());
        if self.terminal.is_some() {
            environment.attend(|name| std::env::var_os(name));
        }
        let argv = self.spec.argv_in(slot.n());
        let token = token(&self.spec.uid, self.record.attempt);
        let launch = Launch {
            argv: &argv,
            cwd: &cwd,
            environment: &environment,
            token: &token,
            setup: self.spec.setup.as_deref(),
            input: None,
        };
        let execution = Execution {
            launcher: &Launcher::own()?,
            launch,
            limits: self.spec.limits,
            grace: Grace::default(),
            log: &self.dir.log(),
            sizes: Sizes::default(),
            cancel: &self.cancel,
            terminal: self.terminal,
        };
        let mut record = self.record.clone();
        let (layout, uid) = (&self.site.layout, &self.spec.uid);
        let ended = execution.run(|process| {
            record.process = Some(process.clone());
            record.started_at = Some(clock::now());
            tasks::save_record(layout, uid, &record)
        });
        self.record = record;
        Ok(ended?)
    }

    /// The environment as a command in a worktree sees it.
    pub(super) fn placed_environment(&self, root: &Path, cwd: &Path, slot: u32) -> Environment {
        let handed_off = self.spec.checkout.iter().map(|path| path.as_path().to_owned());
        let here = self.site.repo.workdir().map(Path::to_owned);
        let main: Vec<PathBuf> = here.into_iter().chain([self.site.main_work_dir()]).chain(handed_off).collect();
        let base = self.record.base.to_string();
        let marks = Marks {
            task: self.spec.id.as_str(),
            attempt: self.record.attempt,
            base: &base,
            batch: self.spec.batch.as_ref().map(|member| member.name.as_str()),
            input: self.spec.batch.as_ref().map(|member| member.input.as_os_str()),
            slot: Some(slot),
        };
        self.environment.placed(&Place { main: &main, worktree: root, cwd }, &marks)
    }

    /// Keeps what the task changed, and gives the worktree back.
    pub(super) fn keep_and_release(&mut self, slot: Slot) -> Result<(), Error> {
        let keeper = Keeper { main: &self.site.repo, config: &self.site.config, spec: &self.spec, dir: &self.dir, slot: &slot };
        let (layout, uid) = (&self.site.layout, &self.spec.uid);
        if let Err(e) = keeper.keep(&mut self.record, |record| Ok(tasks::save_record(layout, uid, record)?)) {
            self.record.notes.push(format!("what it changed could not be kept at once: {}", chain(&e)));
            self.save()?;
            return Err(e.into());
        }
        self.save()?;
        slot.release()?;
        Ok(())
    }

    /// Holds the result against its scope and its checks.
    pub(super) fn judge(&mut self) -> Result<(), Error> {
        match self.find_to_check()? {
            Some(result) => check::run_all(self, result),
            None => Ok(()),
        }
    }

    /// Holds the result against its scope. Returns it if it is still to be checked.
    pub(super) fn find_to_check(&mut self) -> Result<Option<CommitId>, Error> {
        let base = tree::of_commit(&self.site.repo, self.record.base)?;
        self.record.outside = judge::outside(&self.site.repo, &self.record, base, &self.spec.only)?;
        let is_decided = self.record.reason.is_some() || self.record.cancelled || !self.record.outside.is_empty();
        Ok(self.record.result.filter(|_| !is_decided && !self.spec.checks.is_empty()))
    }

    /// Writes the record's last form, which says whether another attempt follows, and removes what only a running attempt needs.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        judge::decide(&mut self.record, &self.spec);
        judge::hint(&mut self.record, &self.spec.absent);
        self.record.again = again::is_due(&self.spec, &self.record) && !self.is_cancelled();
        self.record.finished_at = Some(clock::now());
        self.save()?;
        self.tidy()
    }

    /// Removes what only a running attempt needs. The environment goes last: while it is there, this is not done. The one that the
    /// next attempt is to take over stays until that is over.
    pub(super) fn tidy(&self) -> Result<(), Error> {
        Quarantine::at(&self.dir.quarantine()).remove()?;
        for folder in [self.dir.intake(), self.dir.scratch()] {
            file::remove_folder(&folder)?;
        }
        // As many worktrees stay as tasks can run at once, each with one for its checks.
        let at_once = self.spec.batch.as_ref().map_or(0, |member| member.jobs as usize);
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        self.slots.shrink(2 * jobs.max(at_once))?;
        if !self.spec.bring.is_empty() {
            file::remove(&self.dir.brought(), Point::BROUGHT)?;
        }
        if let Some(earlier) = self.earlier() {
            file::remove(&earlier.environment(), Point::ATTEMPT_ENV)?;
        }
        if self.record.again {
            return Ok(());
        }
        Ok(file::remove(&self.dir.environment(), Point::ATTEMPT_ENV)?)
    }

    fn branch_prefix(&self) -> String {
        self.spec.branch.rsplit_once('/').map(|(prefix, _)| format!("{prefix}/")).unwrap_or_default()
    }
}

/// Marks the processes of an attempt.
pub(super) fn token(task: &Uid, attempt: u32) -> String {
    format!("{task}.{attempt}")
}

/// An error and all that lies behind it, in one line.
pub(crate) fn chain(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut source = e.source();
    while let Some(e) = source {
        let part = e.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        source = e.source();
    }
    text
}

/// Tells whether a full disk is what lies behind an error.
fn is_disk_full(e: &Error) -> bool {
    command::says_disk_full(&chain(e))
}
