//! Putting results on a branch: one ref move.
//!
//! ```text
//! wish ─► target ─► eligible ─► chain ─► plan ─► seal ─► check ─► land
//!         which     which       drafts   the     signa-  the      pins, intent, ref,
//!         branch    tasks may   in the   answer  tures   tree     files, index, done
//!                               intake
//! ```
//!
//! Until the last step nothing but a private folder of objects exists. A revert goes the same way, from `place`, which says where a
//! task's change is, to a new commit without it. What somebody else put on a branch is found by `elsewhere`, and `recorded`.

mod apart;
mod chain;
mod culprit;
mod eligible;
mod elsewhere;
mod forecast;
mod forge;
mod joining;
mod kept;
mod land;
mod message;
mod named;
mod place;
mod plan;
mod preview;
mod protect;
mod push;
mod recorded;
mod refusal;
mod revert;
mod seal;
mod split;
mod target;
mod way_back;
mod wish;

pub use culprit::{Blame, CulpritSearch, Probe};
pub(crate) use elsewhere::{Depth, Elsewhere, find_undecided};
pub(crate) use forecast::of as forecast;
pub use forecast::{Between, Clash, Forecast};
pub(crate) use joining::{Joining, prepare as joining};
pub(crate) use land::{bring_in, land};
pub(crate) use place::in_journal;
pub(crate) use plan::{Error, Plan, plan};
pub(crate) use preview::{Preview, preview};
pub(crate) use push::Route;
pub(crate) use recorded::{Plan as RecordedPlan, plan as plan_as, record};
pub use refusal::{Refusal, RefusalKind};
pub use revert::{Later, RevertWish};
pub(crate) use revert::{Plan as RevertPlan, plan as plan_revert};
pub(crate) use split::split;
pub use split::{BadSplit, Part, SplitBy};
pub(crate) use target::{Error as TargetError, Target, short};
pub(crate) use way_back::{git_line, git_line_of, git_line_of_commits};
pub use wish::{Culprits, LandWish};
