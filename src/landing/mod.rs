//! Putting results on a branch: one ref move.
//!
//! ```text
//! wish ─► target ─► eligible ─► chain ─► plan ─► seal ─► check ─► land
//!         which     which       drafts   the     signa-  the      pins, intent, ref,
//!         branch    tasks may   in the   answer  tures   tree     files, index, done
//!                               intake
//! ```
//!
//! Until the last step nothing but a private folder of objects exists.

mod chain;
mod eligible;
mod land;
mod message;
mod plan;
mod protect;
mod refusal;
mod seal;
mod target;
mod way_back;
mod wish;

pub(crate) use land::{bring_in, land};
pub(crate) use plan::{Error, Plan, plan};
#[expect(unused_imports, reason = "revert and undo ask it too")]
pub(crate) use protect::is_protected;
pub use refusal::{Refusal, RefusalKind};
pub(crate) use target::Error as TargetError;
pub(crate) use way_back::{git_line, git_line_of};
pub use wish::LandWish;
