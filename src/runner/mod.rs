//! One task, from hand-off to its record.
//!
//! ```text
//! run:     wish ─► hand_off: spec, environment, lock, journal ─► start: the runner, which inherits the lock
//! runner:  attempt: slot, branch, quarantine, launch, watch ─► keep: result, outputs, side refs ─► judge: scope, checks ─► record
//!          again: where it failed and retries are left, the next attempt, by the same process
//!          With `--interactive` that is the command which was typed itself: who is to have its terminal must be in its session.
//! batch:   turn: spec, environment, locks of several tasks at once ─► start, and again for those that failed: by the batch's keeper
//! by hand: open: a worktree of the result; what its user changed is the next attempt, kept and judged as any
//! later:   recovery: an attempt whose lock nobody holds is ended, kept and recorded as interrupted
//! ```
//!
//! The holder of an attempt's lock is the only writer of its record. What is on disk when it is killed:
//! 1. before `process` is recorded, nothing was run;
//! 2. before `result` is recorded, the slot is owned by the attempt and holds what the task did;
//! 3. after it, the result hangs on a ref, and checks can be run again.

mod again;
pub(crate) mod attempt;
pub(crate) mod bring;
pub(crate) mod cancel;
mod check;
mod commands;
mod hand_off;
mod judge;
pub(crate) mod keep;
pub(crate) mod landing_check;
mod notice;
pub(crate) mod open;
pub(crate) mod recovery;
pub(crate) mod retry;
pub(crate) mod snapshot;
pub(crate) mod start;
pub(crate) mod turn;
mod wish;

pub(crate) use attempt::chain;
pub(crate) use hand_off::{Error, Ground, HandOff, hand_off, make_task, pin_base, plan, plan_on};
pub use wish::RunWish;
