//! Land.

use super::answer::{LandedTask, Landing, Push, RefTarget};
use super::culprits::{Asking, Hunt, Ruling};
use super::decide::left;
use super::{Engine, Error};
use crate::journal::{self, CarryError, Standing, Writer};
use crate::landing::{self, Forecast, LandWish, Part, Refusal, RefusalKind, SplitBy};
use crate::runner::landing_check::{self, Asked, Checked, Joined};

/// How often a landing is planned anew when its target moves meanwhile.
pub(super) const TRIES: u32 = 3;

/// A landing, decided and not carried out.
pub struct LandPlan {
    plan: landing::Plan,
}

/// What became of one try.
enum Tried {
    /// It has landed, or cannot.
    Answered(Box<Landing>),
    /// The target moved since the plan was made.
    Moved,
    /// This check says no.
    Failed(Asked),
}

impl LandPlan {
    /// What it would do.
    pub fn answer(&self) -> Landing {
        let plan = &self.plan;
        let may = plan.decision.is_some();
        Landing {
            operation: None,
            target: RefTarget { name: plan.target.name.clone(), from: plan.target.from, to: plan.tip },
            landed: if may { plan.tasks.iter().map(|t| t.spec.id.clone()).collect() } else { vec![] },
            refused: plan.refused.clone(),
            culprits: vec![],
            untested: false,
            files: plan.files,
            notes: plan.notes.clone(),
            git_line: plan.decision.as_ref().and_then(|d| landing::git_line(&d.operation)),
            forecast: None,
            push: plan.route.as_ref().filter(|_| may).map(Push::planned),
            commits: plan.decision.as_ref().map(|d| brought(&plan.tasks, &d.operation)).unwrap_or_default(),
        }
    }
}

impl Engine {
    /// Decides what a landing would do. Its commits are made in a private folder, which goes with the plan.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unknown`](super::ErrorKind::Unknown) and its like for the tasks,
    /// [`ErrorKind::Detached`](super::ErrorKind::Detached) where no branch is known. A task that cannot land is no error: the
    /// plan's answer names it.
    pub fn plan_land(&self, wish: &LandWish) -> Result<LandPlan, Error> {
        Ok(LandPlan { plan: landing::plan(&self.site, wish)? })
    }

    /// Parts what would land over several branches.
    ///
    /// # Errors
    ///
    /// As [`Self::plan_land`]; [`ErrorKind::UnknownPath`](super::ErrorKind::UnknownPath) without a `CODEOWNERS` file to part by.
    pub fn split(&self, wish: &LandWish, by: SplitBy) -> Result<Vec<Part>, Error> {
        Ok(landing::split(&self.site, wish, by)?)
    }

    /// Tells which of several tasks clash with one another, or with the target, and which can land together. At most `merges` merges
    /// are made to find out; beyond that it says what may clash.
    ///
    /// # Errors
    ///
    /// As [`Self::plan_land`].
    pub fn forecast(&self, wish: &LandWish, merges: usize) -> Result<Forecast, Error> {
        Ok(landing::forecast(&self.site, wish, merges)?)
    }

    /// Lands: runs the checks that the tree to land has not seen, then moves the branch, then the files and the index of the
    /// checkouts that have it. Where a check says no to several tasks it looks for the one who breaks it; `tell` hears of each time
    /// that a check is asked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DiskFull`](super::ErrorKind::DiskFull) and its like; after the branch has moved the next writing command
    /// finishes the files.
    pub fn land(&mut self, plan: LandPlan, tell: &mut dyn FnMut(&Asking)) -> Result<Landing, Error> {
        let mut plan = plan;
        let mut hunt = Hunt::new(tell);
        let mut moved = 0;
        while plan.plan.decision.is_some() {
            match self.try_to_land(&mut plan, &mut hunt)? {
                Tried::Answered(mut landing) => {
                    self.push(&plan.plan, &mut landing);
                    return Ok(hunt.add_to(*landing));
                }
                Tried::Moved => {
                    moved += 1;
                    if moved == TRIES {
                        let refused = refuse_all(&plan.plan, RefusalKind::Stale, "the branch moved again and again meanwhile");
                        return Ok(hunt.add_to(plan.answer().refuse(refused)));
                    }
                    let sealer = std::mem::take(&mut plan.plan.sealer);
                    plan = LandPlan { plan: landing::plan(&self.site, &plan.plan.wish)? };
                    plan.plan.sealer = sealer;
                }
                Tried::Failed(asked) => match self.judge(&plan.plan, &asked, &mut hunt)? {
                    Ruling::LeaveOut(task) if plan.plan.tasks.len() > 1 => {
                        plan = LandPlan { plan: plan.plan.without(&self.site, task)? };
                    }
                    Ruling::LeaveOut(_) => return Ok(hunt.add_to(plan.answer().refuse(vec![]))),
                    Ruling::Refuse(refused) => return Ok(hunt.add_to(plan.answer().refuse(refused))),
                },
            }
        }
        Ok(hunt.add_to(plan.answer()))
    }

    fn try_to_land(&mut self, plan: &mut LandPlan, hunt: &mut Hunt<'_>) -> Result<Tried, Error> {
        plan.plan.seal(&self.site)?;
        if plan.plan.decision.is_none() {
            return Ok(Tried::answered(plan.answer()));
        }
        self.bring_in(&plan.plan)?;
        let checked = self.check_joined(&plan.plan, hunt)?;
        if let Some(failed) = checked.failed {
            return Ok(Tried::Failed(failed));
        }
        if !checked.self_changed.is_empty() {
            let message = "would change what its check names (--allow-self-changed lets it land)";
            let refused = refuse_all(&plan.plan, RefusalKind::SelfChanged, message);
            let refused = refused.into_iter().map(|refusal| refusal.at(checked.self_changed.clone())).collect();
            return Ok(Tried::answered(plan.answer().refuse(refused)));
        }
        let mut answer = plan.answer();
        let Some(decision) = &mut plan.plan.decision else { return Ok(Tried::answered(answer)) };
        decision.operation.untested = checked.untested;
        let uid = decision.operation.uid.clone();
        let (writer, _) = Writer::new(&self.site.repo, &self.site.layout)?;
        let carried = match landing::land(&writer, plan.plan.decision.as_ref()) {
            Err(CarryError::Stale { .. }) => return Ok(Tried::Moved),
            other => other?,
        };
        answer.untested = checked.untested;
        answer.notes.extend_from_slice(plan.plan.sealer.notes());
        answer.notes.extend(checked.notes);
        answer.notes.extend(left(&carried));
        answer.operation = self.operation(&uid)?;
        Ok(Tried::answered(answer))
    }

    /// Puts a plan's commits into the repository, on refs of their own, for checks to run on them.
    pub(super) fn bring_in(&self, plan: &landing::Plan) -> Result<(), Error> {
        let (writer, _) = Writer::new(&self.site.repo, &self.site.layout)?;
        if let Some(new) = plan.new_commits() {
            landing::bring_in(&writer, &new)?;
        }
        Ok(())
    }

    fn check_joined(&self, plan: &landing::Plan, hunt: &mut Hunt<'_>) -> Result<Checked, Error> {
        let Some(joined) = joined(plan) else { return Ok(Checked::default()) };
        Ok(landing_check::run(&self.site, &joined, &mut |done, all| hunt.count(done, all))?)
    }
}

impl Tried {
    fn answered(landing: Landing) -> Self {
        Self::Answered(Box::new(landing))
    }
}

/// The tree that a plan would land, as its checks are asked about it.
pub(super) fn joined(plan: &landing::Plan) -> Option<Joined<'_>> {
    let LandWish { checks, no_check, allow_self_changed, .. } = &plan.wish;
    Some(Joined {
        tip: (plan.tip?, plan.tree?),
        start: plan.target.start,
        tasks: &plan.tasks,
        checks,
        no_check: *no_check,
        allow_self_changed: *allow_self_changed,
    })
}

/// What each task brought to the branch.
fn brought(tasks: &[Standing], operation: &journal::Operation) -> Vec<LandedTask> {
    let task = |task: &Standing| {
        let landed = operation.landed_of(task.uid())?;
        let git_line = landing::git_line_of(operation, task.uid());
        Some(LandedTask { task: task.spec.id.clone(), before: landed.before, after: landed.after, git_line })
    };
    tasks.iter().filter_map(task).collect()
}

/// Refuses every task of a landing for one reason.
pub(super) fn refuse_all(plan: &landing::Plan, kind: RefusalKind, message: &str) -> Vec<Refusal> {
    plan.tasks.iter().map(|t| Refusal::new(&t.spec.id, kind, message)).collect()
}
