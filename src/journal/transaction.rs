//! Carrying an operation out, and settling one that a crash left open.

use std::cell::Cell;
use std::collections::HashSet;

use git2::{Oid, Repository};

use super::{CheckoutChange, Entry, Fold, Kind, LogError, Move, Operation, Standing, TaskEntry, TaskRef, append};
use crate::git::intake;
use crate::git::locked_index::LockedIndex;
use crate::git::refs::{self, RefMove};
use crate::git::switch::{Blocker, Switch};
use crate::git::{self, heads, history, repo};
use crate::id::{CommitId, Name, TreeId};
use crate::store::{Layout, layout, tasks};
use crate::sys::fault::Point;
use crate::sys::lock::{self, Lock};
use crate::sys::{clock, file, scratch};
use crate::task::RepoPath;

/// What the `.keep` of an operation's pack says, followed by the operation.
pub(crate) const PACK_LABEL: &str = "operation ";

/// A checkout that follows an operation.
struct Checkout {
    repo: Repository,
    from: TreeId,
    to: TreeId,
}

impl Checkout {
    fn begin(&self, operation: &Operation) -> Result<Switch<'_>, git::Error> {
        Switch::begin(&self.repo, self.from, self.to, &operation.uid)
    }
}

/// The right to decide: held by one process at a time.
pub(crate) struct Writer<'a> {
    repo: &'a Repository,
    layout: &'a Layout,
    _lock: Lock,
}

/// What carrying an operation out came to, beyond what was asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    /// Refs that somebody moved meanwhile; they were left alone.
    pub(crate) refs_left: Vec<String>,
    /// Paths of checkouts that somebody changed meanwhile; they were left alone.
    pub(crate) paths_left: Vec<RepoPath>,
}

/// An operation that a crash had left open, and what became of it.
#[derive(Debug)]
pub(crate) struct Settled {
    /// The operation.
    pub(crate) operation: Operation,
    /// What was done; `None` where nothing had happened and nothing will.
    pub(crate) carried: Option<Carried>,
}

/// An operation, and how the tasks stood when it was decided.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// What is to be carried out.
    pub(crate) operation: Operation,
    /// What the journal said of its tasks.
    pub(crate) seen: Vec<TaskEntry>,
    /// Whether its commits hang on refs by now.
    pinned: Cell<bool>,
}

impl Decision {
    /// Starts a decision about tasks as they stand now: no ref moves yet, no checkout follows.
    pub(crate) fn about(kind: Kind, tasks: &[Standing]) -> Self {
        let about = tasks.iter().map(|t| TaskRef { uid: t.uid().clone(), attempt: t.entry.attempt }).collect();
        let operation = Operation::new(kind, clock::now(), about);
        Self { operation, seen: tasks.iter().map(|t| t.entry.clone()).collect(), pinned: Cell::new(false) }
    }
}

/// An operation was not carried out; nothing of it happened but where the variant says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// Another process decided about the task meanwhile.
    #[error("another command has decided about `{task}` meanwhile")]
    Overtaken {
        /// The task.
        task: Name,
    },
    /// The decisive ref is not where the plan found it.
    #[error("{name} is at {actual}, not at {expected}")]
    Stale {
        /// The ref.
        name: String,
        /// Where the plan found it.
        expected: String,
        /// Where it is.
        actual: String,
    },
    /// Paths of a checkout are in the way.
    #[error("{} of the checkout are in the way", blockers.len())]
    Blocked {
        /// Each with what it is.
        blockers: Vec<Blocker>,
    },
    /// The journal could not be read or written. After the intent, the next writing command settles it.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A ref, object or file could not be written. After the intent, the next writing command settles it.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// The right to decide was not to be had.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// What a crash left cannot be looked at.
    #[error(transparent)]
    File(#[from] file::Error),
}

/// Keeps everybody from deciding until the lock is dropped: for what is decided already and must not change before it is begun.
/// Settles nothing.
///
/// # Errors
///
/// [`lock::Error`] when another process is deciding and does not come to an end.
pub(crate) fn no_decisions(layout: &Layout) -> Result<Lock, lock::Error> {
    Lock::acquire(&layout.writer_lock())
}

impl<'a> Writer<'a> {
    /// Waits for the right to decide, and settles what a crash left open.
    ///
    /// # Errors
    ///
    /// [`Error::Lock`] when another process is deciding and does not come to an end.
    pub(crate) fn new(repo: &'a Repository, layout: &'a Layout) -> Result<(Self, Vec<Settled>), Error> {
        let lock = Lock::acquire(&layout.writer_lock())?;
        let writer = Self { repo, layout, _lock: lock };
        let settled = writer.settle()?;
        Ok((writer, settled))
    }

    /// The repository that is decided about.
    pub(crate) fn repo(&self) -> &Repository {
        self.repo
    }

    /// Carries an operation out. Its new objects hang on refs already: see [`Self::hold`].
    ///
    /// # Errors
    ///
    /// [`Error::Overtaken`], [`Error::Stale`] and [`Error::Blocked`] when the world is not as the plan found it: nothing happened.
    pub(crate) fn carry_out(&self, decision: &Decision) -> Result<Carried, Error> {
        let operation = &decision.operation;
        self.confirm(&decision.seen)?;
        append(self.layout, &[Entry::Intent(Box::new(operation.clone()))])?;
        let checkouts = self.checkouts(operation)?;
        let switches = match self.begin(decision, &checkouts) {
            Ok(switches) => switches,
            Err(why) => {
                // If this fails as well, the next writing command does it.
                drop(self.call_off(operation, &why));
                return Err(why);
            }
        };
        let carried = self.finish(operation, switches)?;
        append(self.layout, &[Entry::Done { operation: operation.uid.clone() }])?;
        Ok(carried)
    }

    /// Drops an operation whose decisive move was not made, and lets go of the indexes that it had locked.
    fn call_off(&self, operation: &Operation, why: &Error) -> Result<(), Error> {
        if self.has_happened(operation)? {
            return Ok(());
        }
        for checkout in self.checkouts(operation)? {
            LockedIndex::abandon(&checkout.repo, &operation.uid)?;
        }
        self.drop_operation(operation, &why.to_string())
    }

    /// Makes sure that the tasks stand as they did when it was decided.
    ///
    /// # Errors
    ///
    /// [`Error::Overtaken`].
    pub(crate) fn confirm(&self, seen: &[TaskEntry]) -> Result<(), Error> {
        let fold = Fold::read(self.layout)?;
        match seen.iter().find(|entry| fold.task(&entry.uid) != Some(entry)) {
            Some(entry) => Err(Error::Overtaken { task: entry.id.clone() }),
            None => Ok(()),
        }
    }

    /// Up to and including the decisive move.
    fn begin<'c>(&self, decision: &Decision, checkouts: &'c [Checkout]) -> Result<Vec<Switch<'c>>, Error> {
        let operation = &decision.operation;
        if !decision.pinned.get() {
            self.pin(operation)?;
        }
        let mut switches = Vec::new();
        for checkout in checkouts {
            let switch = checkout.begin(operation)?;
            let blockers = switch.blockers()?;
            switches.push(switch);
            if !blockers.is_empty() {
                return Err(Error::Blocked { blockers });
            }
        }
        if let Some(first) = operation.moves.first().filter(|_| operation.decisive) {
            refs::apply(self.repo, &first.as_ref_move(), &reason(operation)).map_err(stale)?;
        }
        Ok(switches)
    }

    /// Opens the checkouts that follow an operation. One that is gone by now does not.
    fn checkouts(&self, operation: &Operation) -> Result<Vec<Checkout>, Error> {
        let common = self.layout.common();
        let mut found = Vec::new();
        for CheckoutChange { git_dir, from, to } in &operation.checkouts {
            let git_dir = heads::from_stored(common, git_dir.as_path());
            if heads::has_checkout(common, &git_dir) {
                found.push(Checkout { repo: repo::open_git_dir(&git_dir)?, from: *from, to: *to });
            }
        }
        Ok(found)
    }

    /// After the decisive move: nothing stops the rest but a crash or a full disk.
    fn finish(&self, operation: &Operation, mut switches: Vec<Switch<'_>>) -> Result<Carried, Error> {
        let mut carried = Carried::default();
        for switch in &mut switches {
            carried.paths_left.extend(switch.go()?);
        }
        for switch in switches {
            switch.end()?;
        }
        let rest: Vec<_> = operation.moves.iter().skip(usize::from(operation.decisive)).map(Move::as_ref_move).collect();
        carried.refs_left = refs::apply_each(self.repo, &rest, &reason(operation))?;
        Ok(carried)
    }

    /// Settles every open operation, oldest first.
    fn settle(&self) -> Result<Vec<Settled>, Error> {
        let fold = Fold::read(self.layout)?;
        let mut settled = Vec::new();
        for operation in fold.open() {
            settled.push(self.settle_one(operation)?);
        }
        self.release_packs()?;
        scratch::sweep(&self.layout.operation_intakes())?;
        self.forget_unborn(&fold)?;
        Ok(settled)
    }

    /// Removes the environment of attempts that a crash kept from being: it is written while the right to decide is held, and the
    /// journal's line comes after it.
    fn forget_unborn(&self, fold: &Fold) -> Result<(), Error> {
        for uid in tasks::list(self.layout)? {
            let known = fold.task(&uid).map_or(0, |task| task.highest);
            if known == 0 {
                file::remove_unfinished(&self.layout.task(&uid))?;
            }
            let unborn = self.layout.attempt(&uid, known + 1);
            if unborn.path().is_dir() && !Lock::is_held(&unborn.lock())? {
                file::remove_unfinished(unborn.path())?;
                file::remove(&unborn.environment(), Point::ATTEMPT_ENV)?;
            }
        }
        Ok(())
    }

    fn settle_one(&self, operation: &Operation) -> Result<Settled, Error> {
        let carried = if self.has_happened(operation)? {
            self.pin(operation)?;
            let checkouts = self.checkouts(operation)?;
            let switches = checkouts.iter().map(|checkout| checkout.begin(operation)).collect::<Result<_, _>>()?;
            let carried = self.finish(operation, switches)?;
            append(self.layout, &[Entry::Done { operation: operation.uid.clone() }])?;
            Some(carried)
        } else {
            for checkout in self.checkouts(operation)? {
                LockedIndex::abandon(&checkout.repo, &operation.uid)?;
            }
            self.drop_operation(operation, "it was interrupted before its first step")?;
            None
        };
        Ok(Settled { operation: operation.clone(), carried })
    }

    /// Tells whether the decisive move was made, from the ref alone: it is at `to`, or has gone on from there. What has gone on from
    /// `from` has gone on from `to` as well where the move goes back in history; that one was not made.
    fn has_happened(&self, operation: &Operation) -> Result<bool, Error> {
        let Some(first) = operation.moves.first().filter(|_| operation.decisive) else { return Ok(true) };
        let now = refs::find(self.repo, &first.name)?;
        let [from, to]: [Option<Oid>; 2] = [first.from.map(Into::into), first.to.map(Into::into)];
        let (Some(now), Some(to)) = (now, to) else { return Ok(now == to) };
        let holds = |tip: Oid, commit: Oid| history::holds(self.repo, tip, commit);
        let goes_back = |from: Oid| holds(from, to) && from != to;
        let not_yet = from.is_some_and(|from| goes_back(from) && holds(now, from));
        Ok(holds(now, to) && !not_yet)
    }

    fn drop_operation(&self, operation: &Operation, why: &str) -> Result<(), Error> {
        let entry = Entry::Dropped { operation: operation.uid.clone(), why: why.to_owned() };
        Ok(append(self.layout, &[entry])?)
    }

    /// Hangs what a decision needs on refs, before it is carried out.
    ///
    /// # Errors
    ///
    /// [`git::Error`] if a ref cannot be written.
    pub(crate) fn hold(&self, decision: &Decision) -> Result<(), git::Error> {
        self.pin(&decision.operation)?;
        decision.pinned.set(true);
        Ok(())
    }

    /// Hangs both ends of every move, and what else the operation keeps, on refs of its own.
    fn pin(&self, operation: &Operation) -> Result<(), git::Error> {
        let ends = operation.moves.iter().flat_map(|m| [m.from, m.to]).flatten();
        let pin = |commit: CommitId| RefMove {
            name: layout::operation_ref(&operation.uid, commit.into()),
            from: None,
            to: Some(commit.into()),
        };
        let held = self.results(operation)?;
        let pins: Vec<_> = ends.chain(operation.keeps.iter().copied()).filter(|commit| !held.contains(commit)).map(pin).collect();
        refs::apply_all(self.repo, &pins, &reason(operation))
    }

    /// The results of an operation's tasks, which hang on refs of their own already.
    fn results(&self, operation: &Operation) -> Result<HashSet<CommitId>, git::Error> {
        let result = |task: &TaskRef| refs::find(self.repo, &layout::result_ref(&task.uid, task.attempt));
        operation.tasks.iter().filter_map(|task| result(task).transpose()).map(|found| Ok(found?.into())).collect()
    }

    /// Lets go of packs that a crash left: an operation's pack is made, hung on refs and let go of by one holder of the right to
    /// decide, so what is found here has no use.
    fn release_packs(&self) -> Result<(), Error> {
        for (label, pack) in intake::left_over(self.repo)? {
            if label.starts_with(PACK_LABEL) {
                pack.release()?;
            }
        }
        Ok(())
    }
}

fn reason(operation: &Operation) -> String {
    format!("takeback: {}", operation.kind.word())
}

fn stale(error: git::Error) -> Error {
    match error {
        git::Error::Moved { name, expected, actual } => Error::Stale { name, expected, actual },
        other => Error::Git(other),
    }
}
