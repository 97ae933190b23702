//! Git, by libgit2 where it is right and fast, by the `git` program where it is not.
//!
//! Nothing here knows of tasks: only of repositories, objects, refs and worktrees.

mod error;
pub(crate) mod refs;

pub(crate) use error::Error;
