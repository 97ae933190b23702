//! Decisions about refs and tasks: written down before they are carried out, never rewritten.
//!
//! ```text
//!            append intent        move refs, files, index        append done
//! decided ───────────────► open ──────────────────────────────► done
//!                           │  crash; the next writer compares refs with `from` and `to`:
//!                           ├─ the decisive ref is at `to`, or there is none ─► carried out to the end, done
//!                           └─ it is at `from` ──────────────────────────────► dropped, nothing happened
//! ```
//!
//! What holds on disk:
//! 1. A line of `journal.jsonl` is whole and synced, or it is the last and counts as not written.
//! 2. Both ends of every move of an open or done operation, and what it keeps beside them, hang on refs.
//! 3. Only the holder of `locks/writer` has an open operation; an open one without a holder is left over from a crash.

mod batches;
mod book;
mod fold;
mod follow;
mod log;
mod lookout;
mod operation;
mod transaction;

pub(crate) use batches::{BatchEntry, Stage};
pub(crate) use book::{Book, Error as BookError, Named, Standing};
pub(crate) use fold::{Fold, Folded, Status, TaskEntry};
pub(crate) use follow::{Obstacle, followers};
pub(crate) use log::{Entry, Error as LogError, append};
pub(crate) use lookout::Lookout;
pub(crate) use operation::{CheckoutChange, Kind, Landed, Move, Operation, TaskRef};
pub(crate) use transaction::{Carried, Decision, Error as CarryError, PACK_LABEL, Settled, Writer, no_decisions};
