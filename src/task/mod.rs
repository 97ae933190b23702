//! Values: what a task is, and the arrows between its states. No I/O, no clock, no git.

mod moment;
mod path;

pub use moment::Moment;
pub use path::{RepoPath, Text};
