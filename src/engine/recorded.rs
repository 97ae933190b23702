//! `land --as`: writing down that somebody else put results on a branch.

use super::answer::{Landing, RefTarget};
use super::decide::left;
use super::{Engine, Error};
use crate::journal::Writer;
use crate::landing::{self, LandWish};

/// A landing by somebody else, found and not written down.
pub struct RecordPlan {
    plan: landing::RecordedPlan,
}

impl RecordPlan {
    /// What would be written down.
    pub fn answer(&self) -> Landing {
        let plan = &self.plan;
        let may = plan.decision.is_some();
        let commit = may.then_some(plan.commit);
        Landing {
            operation: None,
            target: RefTarget { name: plan.branch.clone(), from: commit, to: commit },
            landed: if may { plan.tasks.iter().map(|t| t.spec.id.clone()).collect() } else { vec![] },
            refused: plan.refused.clone(),
            culprits: vec![],
            untested: false,
            files: 0,
            commits: vec![],
            forecast: None,
            notes: plan.notes.clone(),
            push: None,
            git_line: plan.git_line.clone().filter(|_| may),
        }
    }
}

impl Engine {
    /// Looks whether `commit` can have brought the tasks' changes to their branch.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownRevision`](super::ErrorKind::UnknownRevision) where there is no such commit. A task that cannot have
    /// landed so is no error: the answer names it.
    pub fn plan_land_as(&self, wish: &LandWish, commit: &str) -> Result<RecordPlan, Error> {
        Ok(RecordPlan { plan: landing::plan_as(&self.site, wish, commit)? })
    }

    /// Writes down that the tasks landed so. No branch but the tasks' own moves.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stale`](super::ErrorKind::Stale) if another command decided about a task meanwhile.
    pub fn land_as(&mut self, plan: &RecordPlan) -> Result<Landing, Error> {
        let mut answer = plan.answer();
        let Some(decision) = &plan.plan.decision else { return Ok(answer) };
        let (writer, _) = Writer::new(&self.site.repo, &self.site.layout)?;
        let carried = landing::land(&writer, Some(decision))?;
        answer.notes.extend(left(&carried));
        answer.operation = self.operation(&decision.operation.uid)?;
        Ok(answer)
    }
}
