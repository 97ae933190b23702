//! Putting results on a branch: one ref move.
//!
//! ```text
//! wish ─► target ─► eligible ─► chain ─► plan ─► check ─► land
//!         which     which       commits  the     the      pins, intent, ref,
//!         branch    tasks may   in the   answer  tree     files, index, done
//!                               intake
//! ```
//!
//! Until the last step nothing but a private folder of objects exists.

mod chain;
mod eligible;
mod land;
mod plan;
mod refusal;
mod target;
mod wish;

pub(crate) use land::{bring_in, land};
pub(crate) use plan::{Error, Plan, plan};
pub use refusal::{Refusal, RefusalKind};
pub(crate) use target::Error as TargetError;
pub use wish::LandWish;
