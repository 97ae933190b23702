//! Worktrees of our own: reusable slots, what a task left in them, what is brought into them.

mod error;
pub(crate) mod record;
pub(crate) mod reset;
pub(crate) mod slot;
pub(crate) mod slots;

pub(crate) use error::Error;
