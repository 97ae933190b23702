//! The public API: `plan_x` decides and changes nothing, `x` does it.

mod answer;
mod error;
mod task;
mod wish;

pub use answer::{Landing, Operation, RefChange, RefTarget, Refusal, RefusalKind, TakenBack};
pub use error::{Error, ErrorKind};
pub use task::{Sandbox, Task};
pub use wish::{LandWish, RunWish};
