//! Throwing results away, and taking decisions back exactly.
//!
//! An operation is undone by making its ref moves backwards. That is exact, or it is refused: where a ref has moved on, where the
//! commits are known to be elsewhere, where the checkout's own work is in the way.

mod discard;
mod exact;
mod undo;
pub(crate) mod words;

pub(crate) use discard::plan_discard;
pub(crate) use exact::Refused;
pub(crate) use undo::{Error, Plan, plan_redo, plan_undo};
