//! Carrying an operation out, and settling one that a crash left open.

use git2::{Oid, Repository};

use super::{CheckoutChange, Entry, Error as LogError, Fold, Move, Operation, append, read};
use crate::git::intake::{self, KeptPack};
use crate::git::refs::{self, RefMove};
use crate::git::switch::{self, Blocker, IndexLock};
use crate::git::{self, repo};
use crate::id::Uid;
use crate::store::{Layout, layout};
use crate::sys::lock::{self, Lock};
use crate::task::RepoPath;

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

/// An operation was not carried out; nothing of it happened but where the variant says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
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

    /// Carries an operation out. `pack` holds its new objects until refs do.
    ///
    /// # Errors
    ///
    /// [`Error::Stale`] and [`Error::Blocked`] when the world is not as the plan found it: nothing happened then.
    pub(crate) fn carry_out(&self, operation: &Operation, pack: Option<KeptPack>) -> Result<Carried, Error> {
        append(self.layout, &[Entry::Intent(Box::new(operation.clone()))])?;
        let carried = self.begin(operation).and_then(|locks| self.finish(operation, locks));
        match &carried {
            Ok(_) => append(self.layout, &[Entry::Done { operation: operation.uid.clone() }])?,
            Err(e @ (Error::Stale { .. } | Error::Blocked { .. })) => self.drop_operation(operation, &e.to_string())?,
            Err(_) => return carried,
        }
        if let Some(pack) = pack {
            pack.release()?;
        }
        carried
    }

    /// Up to and including the decisive move.
    fn begin(&self, operation: &Operation) -> Result<Vec<IndexLock>, Error> {
        self.pin(operation)?;
        let mut locks = Vec::new();
        for change in &operation.checkouts {
            let checkout = open(change)?;
            locks.push(IndexLock::take(&checkout, &operation.uid)?);
            let blockers = switch::blockers(&checkout, change.from.into(), change.to.into())?;
            if !blockers.is_empty() {
                release(locks)?;
                return Err(Error::Blocked { blockers });
            }
        }
        if let Some(first) = operation.moves.first().filter(|_| operation.decisive)
            && let Err(e) = refs::apply(self.repo, &first.as_ref_move(), &reason(operation))
        {
            release(locks)?;
            return Err(stale(e));
        }
        Ok(locks)
    }

    /// After the decisive move: nothing stops the rest but a crash or a full disk.
    fn finish(&self, operation: &Operation, locks: Vec<IndexLock>) -> Result<Carried, Error> {
        let mut carried = Carried::default();
        for (change, lock) in operation.checkouts.iter().zip(&locks) {
            let left = switch::switch(&open(change)?, change.from.into(), change.to.into(), lock)?;
            carried.paths_left.extend(left);
        }
        release(locks)?;
        for step in operation.moves.iter().skip(usize::from(operation.decisive)) {
            match refs::apply(self.repo, &step.as_ref_move(), &reason(operation)) {
                Err(git::Error::Moved { name, .. }) => carried.refs_left.push(name),
                other => other?,
            }
        }
        Ok(carried)
    }

    /// Settles every open operation, oldest first.
    fn settle(&self) -> Result<Vec<Settled>, Error> {
        let fold = Fold::of(read(self.layout)?);
        let mut settled = Vec::new();
        for operation in fold.open() {
            settled.push(self.settle_one(operation)?);
        }
        if !settled.is_empty() {
            self.release_packs(&settled)?;
        }
        Ok(settled)
    }

    fn settle_one(&self, operation: &Operation) -> Result<Settled, Error> {
        let carried = if self.has_happened(operation)? {
            self.pin(operation)?;
            let mut locks = Vec::new();
            for change in &operation.checkouts {
                locks.push(IndexLock::take(&open(change)?, &operation.uid)?);
            }
            let carried = self.finish(operation, locks)?;
            append(self.layout, &[Entry::Done { operation: operation.uid.clone() }])?;
            Some(carried)
        } else {
            for change in &operation.checkouts {
                IndexLock::abandon(&open(change)?, &operation.uid)?;
            }
            self.drop_operation(operation, "it was interrupted before its first step")?;
            None
        };
        Ok(Settled { operation: operation.clone(), carried })
    }

    /// Tells whether the decisive move was made, from the ref alone: it is at `to`, or has gone on from there.
    fn has_happened(&self, operation: &Operation) -> Result<bool, Error> {
        let Some(first) = operation.moves.first().filter(|_| operation.decisive) else { return Ok(true) };
        let now = refs::find(self.repo, &first.name)?;
        let to: Option<Oid> = first.to.map(Into::into);
        Ok(match (now, to) {
            (now, to) if now == to => true,
            (Some(now), Some(to)) => self.repo.graph_descendant_of(now, to).unwrap_or(false),
            _ => false,
        })
    }

    fn drop_operation(&self, operation: &Operation, why: &str) -> Result<(), Error> {
        let entry = Entry::Dropped { operation: operation.uid.clone(), why: why.to_owned() };
        Ok(append(self.layout, &[entry])?)
    }

    /// Hangs both ends of every move on refs of the operation's own.
    fn pin(&self, operation: &Operation) -> Result<(), Error> {
        for end in operation.moves.iter().flat_map(|m| [m.from, m.to]).flatten() {
            let name = layout::operation_ref(&operation.uid, end.into());
            let pin = RefMove { name, from: None, to: Some(end.into()) };
            refs::apply(self.repo, &pin, &reason(operation))?;
        }
        Ok(())
    }

    /// Lets go of packs whose operation was settled: its refs hold what they held.
    fn release_packs(&self, settled: &[Settled]) -> Result<(), Error> {
        for (label, pack) in intake::left_over(self.repo)? {
            if settled.iter().any(|s| label == pack_label(&s.operation.uid)) {
                pack.release()?;
            }
        }
        Ok(())
    }
}

/// What the `.keep` of an operation's pack says.
pub(crate) fn pack_label(operation: &Uid) -> String {
    format!("operation {operation}")
}

fn open(change: &CheckoutChange) -> Result<Repository, Error> {
    Ok(repo::open_git_dir(change.git_dir.as_path())?)
}

fn release(locks: Vec<IndexLock>) -> Result<(), Error> {
    for lock in locks {
        lock.release()?;
    }
    Ok(())
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

/// Moves in the opposite direction, in the same order.
pub(crate) fn reversed(moves: &[Move]) -> Vec<Move> {
    moves.iter().map(Move::reversed).collect()
}
