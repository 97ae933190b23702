//! Values: what a task is, and the arrows between its states. No I/O, no clock, no git.

pub(crate) mod batch;
pub(crate) mod bring;
mod halt;
mod landing;
mod moment;
mod path;
pub(crate) mod placeholder;
mod process;
mod record;
mod spec;
mod state;
mod verdict;

pub(crate) use batch::{Batch, Input, Member, Policy, Template};
pub(crate) use bring::{Absent, Bring};
pub use bring::{BringMode, Brought};
pub(crate) use halt::Ended;
pub use halt::Halt;
pub use landing::Shape;
pub(crate) use landing::Trailers;
pub use moment::Moment;
pub use path::{RepoPath, Text};
pub(crate) use process::ProcessId;
pub(crate) use record::{Enforced, Output, OutputKind, Record};
pub use spec::Level;
pub(crate) use spec::{Command, EnvWish, Limits, Spec};
pub use state::State;
pub(crate) use state::{IllegalStep, Step};
pub(crate) use verdict::size;
pub use verdict::{Amount, CheckRun, Checked, Exit, FileCounts, Reason, Trial};
