//! Worktrees of our own: reusable slots, what a task left in them, what is brought into them.

pub(crate) mod bring;
mod cache;
pub(crate) mod capture;
mod error;
pub(crate) mod ignored;
pub(crate) mod manifest;
mod names;
pub(crate) mod opened;
pub(crate) mod outputs;
pub(crate) mod record;
mod registration;
pub(crate) mod reset;
mod scan;
pub(crate) mod slot;
pub(crate) mod slots;

pub(crate) use cache::Cache;
pub(crate) use error::Error;
pub(crate) use opened::{Opened, Opens};
pub(crate) use record::{Open, Owner, Role};
pub(crate) use slot::{Slot, Wanted};
pub(crate) use slots::{Owned, Slots};
