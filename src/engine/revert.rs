//! Taking landed changes back with a new commit.

use serde::Serialize;

use super::answer::RefTarget;
use super::decide::left;
use super::land::TRIES;
use super::{Engine, Error, Operation};
use crate::id::{Name, Resolved, Uid, resolve};
use crate::journal::{Book, CarryError, Writer};
use crate::landing::{self, Later, Refusal, RefusalKind, RevertWish, TargetError};
use crate::takeback::words;
use crate::task::Level;

/// As many later commits, and paths of each, have a line of their own; `later` has all.
const SHOWN: usize = 10;

/// A revert, decided and not carried out.
pub struct RevertPlan {
    plan: landing::RevertPlan,
}

/// What `revert` did, or would do.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Reverted {
    /// The operation; `None` where nothing was taken back, and before it is carried out.
    pub operation: Option<Operation>,
    /// The branch, and where it goes; `None` where the changes are on no branch.
    pub target: Option<RefTarget>,
    /// The tasks it is about.
    pub tasks: Vec<Name>,
    /// What is as it was before the landings, a line each.
    pub restored: Vec<String>,
    /// What stays, a line each.
    pub kept: Vec<String>,
    /// What cannot be taken back, a line each.
    pub not_undone: Vec<String>,
    /// Commits that came later and changed the same paths, the last first; where it is refused for a conflict too.
    pub later: Vec<Later>,
    /// The tasks that cannot be taken back, each with why.
    pub refused: Vec<Refusal>,
    /// Files that change on the branch.
    pub files: u64,
    /// The plain git line that brings the changes back, for those without takeback.
    #[serde(skip)]
    pub git_line: Option<String>,
    /// What was noticed on the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl RevertPlan {
    /// What it would do.
    pub fn answer(&self) -> Reverted {
        let plan = &self.plan;
        let may = plan.decision.is_some();
        let way = |target: &landing::Target| RefTarget { name: target.name.clone(), from: target.from, to: plan.tip };
        Reverted {
            operation: None,
            target: plan.target.as_ref().map(way),
            tasks: plan.names(),
            restored: if may { self.restored() } else { vec![] },
            kept: if may { self.kept() } else { vec![] },
            not_undone: if may { self.not_undone() } else { vec![] },
            later: plan.later.clone(),
            refused: plan.refused.clone(),
            files: plan.files,
            git_line: plan.tip.map(|tip| format!("git revert {}", tip.short())),
            notes: plan.notes.clone(),
        }
    }

    /// The new commit has no name here: before it is signed and past the hook it has not the one that it will have.
    fn restored(&self) -> Vec<String> {
        let Some(target) = self.plan.target.as_ref().filter(|_| self.plan.tip.is_some()) else { return vec![] };
        let name = landing::short(&target.name);
        let files = if self.plan.files == 1 { "1 file".to_owned() } else { format!("{} files", self.plan.files) };
        let way = match target.from {
            Some(from) => format!("{name} goes from {} to one new commit", from.short()),
            None => format!("the branch {name} is made, with one new commit after {}", target.start.short()),
        };
        vec![format!("{way}: {files} without the change")]
    }

    fn kept(&self) -> Vec<String> {
        let line = |later: &Later| {
            let mut paths: Vec<_> = later.paths.iter().take(SHOWN).map(ToString::to_string).collect();
            let more = later.paths.len().saturating_sub(SHOWN);
            paths.extend((more > 0).then(|| format!("{more} more")));
            format!("what {} changed in the same files: {} ({})", later.commit.short(), paths.join(", "), later.subject)
        };
        let results = self.plan.tasks.iter().filter_map(|t| Some((&t.spec.id, t.record.result?.short())));
        let results = words::results(&results.collect::<Vec<_>>());
        let more = self.plan.later.len().saturating_sub(SHOWN);
        let rest = (more > 0)
            .then(|| format!("what {more} earlier {} there", if more == 1 { "commit changed" } else { "commits changed" }));
        self.plan.later.iter().take(SHOWN).map(line).chain(rest).chain(results).collect()
    }

    fn not_undone(&self) -> Vec<String> {
        let unguarded = self.plan.tasks.iter().filter(|t| t.record.sandbox.level == Level::None);
        let outside = words::outside(&unguarded.map(|t| &t.spec.id).collect::<Vec<_>>());
        let history = self.plan.tip.map(|_| "the landing stays in the branch's history".to_owned());
        history.into_iter().chain(outside).collect()
    }
}

impl Engine {
    /// Decides what taking landed changes back by a new commit would do. The commit is made in a private folder, which goes with the
    /// plan.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unknown`](super::ErrorKind::Unknown) and its like for the tasks,
    /// [`ErrorKind::UnknownRevision`](super::ErrorKind::UnknownRevision) where the branch is gone. A task that cannot be taken back
    /// is no error: the plan's answer names it.
    pub fn plan_revert(&self, wish: &RevertWish) -> Result<RevertPlan, Error> {
        Ok(RevertPlan { plan: landing::plan_revert(&self.site, wish)? })
    }

    /// Takes landed changes back: moves the branch to the new commit, then the files and the index of the checkouts that have it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DiskFull`](super::ErrorKind::DiskFull) and its like; after the branch has moved the next writing command
    /// finishes the files.
    pub fn revert(&mut self, plan: RevertPlan) -> Result<Reverted, Error> {
        let mut plan = plan;
        for _ in 0..TRIES {
            if plan.plan.decision.is_none() {
                return Ok(plan.answer());
            }
            let is_new_to_us = self.record_places(&plan.plan)?;
            if !is_new_to_us {
                plan.plan.seal(&self.site)?;
                if let Some(reverted) = self.try_to_revert(&plan)? {
                    return Ok(reverted);
                }
            }
            let sealer = std::mem::take(&mut plan.plan.sealer);
            plan = self.plan_revert(&plan.plan.wish)?;
            plan.plan.sealer = sealer;
        }
        let mut answer = plan.answer();
        let moved = |task: &Name| Refusal::new(task, RefusalKind::Stale, "the branch moved again and again meanwhile");
        answer.refused = answer.tasks.iter().map(moved).collect();
        Ok(answer)
    }

    /// Writes down what somebody else put on a branch, before it is taken back. Returns whether there was something to write.
    fn record_places(&mut self, plan: &landing::RevertPlan) -> Result<bool, Error> {
        let unknown = landing::record(&self.site, &plan.places)?;
        for decision in &unknown {
            let (writer, _) = Writer::new(&self.site.repo, &self.site.layout)?;
            self.notes.extend(left(&landing::land(&writer, Some(decision))?));
        }
        Ok(!unknown.is_empty())
    }

    /// `None` where the branch moved since the plan was made.
    fn try_to_revert(&mut self, plan: &RevertPlan) -> Result<Option<Reverted>, Error> {
        let Some(decision) = &plan.plan.decision else { return Ok(Some(plan.answer())) };
        let (writer, _) = Writer::new(&self.site.repo, &self.site.layout)?;
        if let Some(new) = plan.plan.new_commits() {
            landing::bring_in(&writer, &new)?;
        }
        let carried = match landing::land(&writer, Some(decision)) {
            Err(CarryError::Stale { .. }) => return Ok(None),
            other => other?,
        };
        let mut answer = plan.answer();
        answer.notes.extend_from_slice(plan.plan.sealer.notes());
        answer.notes.extend(left(&carried));
        answer.operation = self.operation(&decision.operation.uid)?;
        Ok(Some(answer))
    }

    /// The revert that does what an undo would have done, where that is not exact any more: of the task named, or of every task that
    /// the operation landed. `None` where it was no landing.
    ///
    /// # Errors
    ///
    /// As [`Self::plan_revert`].
    pub fn plan_revert_instead(&self, what: Option<&str>) -> Result<Option<RevertPlan>, Error> {
        let book = Book::open(&self.site)?;
        let of_operation = |uid: &Uid| -> Vec<String> {
            let folded = book.fold.operation(uid).into_iter();
            let uids = folded.flat_map(|f| f.operation.tasks.iter().map(|t| t.uid.to_string()));
            uids.collect()
        };
        let ids = match what {
            None => book.fold.last_to_undo().map(|f| of_operation(&f.operation.uid)).unwrap_or_default(),
            Some(text) => match book.find(text) {
                Ok(task) => vec![task.uid.to_string()],
                Err(_) => operation_named(&book, text).map(|uid| of_operation(&uid)).unwrap_or_default(),
            },
        };
        if ids.is_empty() {
            return Ok(None);
        }
        let plan = match landing::plan_revert(&self.site, &RevertWish { ids, ..RevertWish::default() }) {
            Err(landing::Error::Target(TargetError::Gone { .. } | TargetError::AtRemote { .. })) => return Ok(None),
            other => other?,
        };
        Ok(Some(RevertPlan { plan }).filter(|p| p.plan.decision.is_some()))
    }
}

fn operation_named(book: &Book<'_>, text: &str) -> Option<Uid> {
    let all = book.fold.operations().iter().map(|f| (f.operation.uid.as_str(), &f.operation.uid));
    match resolve(text, all) {
        Resolved::One(uid) => Some(uid.clone()),
        _ => None,
    }
}
