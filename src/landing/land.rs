//! Carrying a landing out.

use git2::Oid;

use super::plan::Plan;
use crate::git;
use crate::git::intake::Cut;
use crate::journal::{Carried, CarryError, PACK_LABEL, Writer};

/// Puts the landing's commits into the repository, hangs them on refs, and nothing more: checks can run on them then.
///
/// The right to decide is held meanwhile, so a pack that is found later without a holder has no use.
pub(crate) fn bring_in(writer: &Writer<'_>, plan: &Plan) -> Result<(), git::Error> {
    let (Some(decision), Some(tip)) = (&plan.decision, plan.tip) else { return Ok(()) };
    let mut have: Vec<Oid> = vec![plan.target.start.into()];
    have.extend(plan.tasks.iter().filter_map(|t| t.record.result).map(Oid::from));
    let label = format!("{PACK_LABEL}{}", decision.operation.uid);
    let tips: Vec<Oid> = decision.operation.keeps.iter().chain([&tip]).map(|commit| (*commit).into()).collect();
    let pack = plan.intake.publish(writer.repo(), &tips, Cut { have: &have, strict: false }, &label)?;
    writer.pin(&decision.operation)?;
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
pub(crate) fn land(writer: &Writer<'_>, plan: &Plan) -> Result<Carried, CarryError> {
    plan.decision.as_ref().map_or_else(|| Ok(Carried::default()), |decision| writer.carry_out(decision))
}
