//! Batches: the same task over many inputs, from a wish to a row of tasks that wait for their turn.
//!
//! ```text
//! wish ─► inputs ─► plan: each input made a task, those of an earlier asking found again ─► hand off: file, environment, journal
//!                                                                                            └─ keeper: turn after turn
//! ```
//!
//! A batch is one file with its templates and inputs, and lines of the journal that say how much of it may run.

mod at;
mod error;
mod hand_off;
pub(crate) mod inputs;
mod pattern;
mod plan;
mod resume;
mod sample;
pub(crate) mod spec_file;
mod tally;
mod wish;

pub(crate) use error::Error;
pub(crate) use hand_off::{hand_off, tidy, tidy_all};
pub use inputs::Source;
pub(crate) use plan::{Plan, plan};
pub(crate) use resume::{again, resume};
pub use tally::{Counts, State};
pub(crate) use tally::{NOBODY, Share, Standing, Sum, is_kept, standing, sum};
pub use wish::{BatchWish, Sample};
