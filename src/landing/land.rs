//! Carrying a landing, or a revert, out.

use git2::Oid;

use super::{Plan, RevertPlan};
use crate::git::intake::Cut;
use crate::git::{self, Intake};
use crate::id::CommitId;
use crate::journal::{Carried, CarryError, Decision, PACK_LABEL, Writer};

/// What is new with a plan: commits in a private folder, and the operation that needs them.
pub(crate) struct New<'a> {
    decision: &'a Decision,
    intake: &'a Intake,
    tip: CommitId,
    have: Vec<Oid>,
}

impl Plan {
    /// What would come into the repository; `None` where nothing lands.
    pub(crate) fn new_commits(&self) -> Option<New<'_>> {
        let mut have: Vec<Oid> = vec![self.target.start.into()];
        have.extend(self.tasks.iter().filter_map(|t| t.record.result).map(Oid::from));
        Some(New { decision: self.decision.as_ref()?, intake: &self.intake, tip: self.tip?, have })
    }
}

impl RevertPlan {
    /// What would come into the repository; `None` where nothing is taken back.
    pub(crate) fn new_commits(&self) -> Option<New<'_>> {
        let mut have: Vec<Oid> = vec![self.target.as_ref()?.start.into()];
        have.extend(self.places.iter().flat_map(|p| [p.change.0, p.change.1]).map(Oid::from));
        Some(New { decision: self.decision.as_ref()?, intake: &self.intake, tip: self.tip?, have })
    }
}

/// Puts new commits into the repository, hangs them on refs, and nothing more: checks can run on them then.
///
/// The right to decide is held meanwhile, so a pack that is found later without a holder has no use.
pub(crate) fn bring_in(writer: &Writer<'_>, new: &New<'_>) -> Result<(), git::Error> {
    let operation = &new.decision.operation;
    let mut tips: Vec<Oid> = vec![new.tip.into()];
    tips.extend(operation.keeps.iter().copied().map(Oid::from));
    let label = format!("{PACK_LABEL}{}", operation.uid);
    let pack = new.intake.publish(writer.repo(), &tips, Cut { have: &new.have, strict: false }, &label)?;
    writer.hold(new.decision)?;
    if let Some(pack) = pack {
        pack.release()?;
    }
    Ok(())
}

/// Moves the branch and what follows it.
///
/// # Errors
///
/// [`CarryError::Stale`] if the branch was moved since the plan was made: plan again.
pub(crate) fn land(writer: &Writer<'_>, decision: Option<&Decision>) -> Result<Carried, CarryError> {
    decision.map_or_else(|| Ok(Carried::default()), |decision| writer.carry_out(decision))
}
