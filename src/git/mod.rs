//! Git, by libgit2 where it is right and fast, by the `git` program where it is not.
//!
//! Nothing here knows of tasks: only of repositories, objects, refs and worktrees.

pub(crate) mod admin;
pub(crate) mod attributes;
pub(crate) mod checkout;
pub(crate) mod clean;
pub(crate) mod commit;
mod conversion;
mod error;
pub(crate) mod gather;
mod glob;
pub(crate) mod heads;
pub(crate) mod history;
pub(crate) mod hook;
pub(crate) mod ignore;
pub(crate) mod import;
pub(crate) mod intake;
pub(crate) mod locked_index;
pub(crate) mod merge;
pub(crate) mod on_disk;
mod packed_refs;
pub(crate) mod quarantine;
mod reach;
pub(crate) mod refs;
pub(crate) mod refusal;
pub(crate) mod remote;
pub(crate) mod repo;
pub(crate) mod support;
pub(crate) mod survey;
pub(crate) mod switch;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod tree;

pub(crate) use error::Error;
pub(crate) use intake::Intake;
