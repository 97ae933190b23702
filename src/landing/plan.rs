//! What a landing would do: decided in full before anything moves.

use std::ops::Range;

use super::elsewhere::{self, Depth};
use super::message::{Brought, Wording};
use super::push::Route;
use super::seal::{Sealed, Sealer};
use super::target::{self, Target};
use super::{LandWish, Refusal, RefusalKind, chain, eligible, named, place, protect};
use crate::git::{self, Intake, refs};
use crate::id::{CommitId, Name, TreeId, Uid};
use crate::journal::{Book, BookError, CheckoutChange, Decision, Fold, Kind, Move, Obstacle, Operation, Standing, followers};
use crate::store::Site;
use crate::task::{RepoPath, Shape, State};
use crate::verify::scope::{BadGlob, Scope};

/// A landing, ready to be carried out, or the reasons why it cannot be.
pub(crate) struct Plan {
    /// The branch.
    pub(crate) target: Target,
    /// The commit that the branch would go to; `None` where something is refused.
    pub(crate) tip: Option<CommitId>,
    /// What the branch would get, each after its parents: drafts until [`Plan::seal`].
    pub(crate) commits: Vec<CommitId>,
    /// The tree of `tip`.
    pub(crate) tree: Option<TreeId>,
    /// The tasks that would land.
    pub(crate) tasks: Vec<Standing>,
    /// The tasks that cannot; nothing lands where there is one.
    pub(crate) refused: Vec<Refusal>,
    /// Paths that change on the branch.
    pub(crate) files: u64,
    /// What was noticed.
    pub(crate) notes: Vec<String>,
    /// The operation, and what was seen when it was decided.
    pub(crate) decision: Option<Decision>,
    /// The new commits, until they are on refs.
    pub(crate) intake: Intake,
    /// What was asked.
    pub(crate) wish: LandWish,
    /// Where it is pushed to, if it is.
    pub(crate) route: Option<Route>,
    /// What makes the commits final; what it was answered goes on to the next plan of the same wish.
    pub(crate) sealer: Sealer,
}

/// No plan can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A task cannot be named or read.
    #[error(transparent)]
    Book(#[from] BookError),
    /// No branch can be landed on.
    #[error(transparent)]
    Target(#[from] target::Error),
    /// `--allow-path` is not a glob.
    #[error(transparent)]
    Glob(#[from] BadGlob),
    /// A task is named twice.
    #[error("`{0}` is named twice")]
    Twice(Name),
    /// Of a batch nothing can be taken.
    #[error("`{batch}` has no task that could {verb}: {why}")]
    None {
        /// The batch.
        batch: Name,
        /// What was to be done.
        verb: &'static str,
        /// How its tasks stand.
        why: String,
    },
    /// `--tasks` without a batch.
    #[error("`--tasks` is about the tasks of a batch, and none is named")]
    NumbersOfNone,
    /// `--split-by codeowners`, and nobody says who owns what.
    #[error("there is no CODEOWNERS file")]
    NoOwners,
    /// `--tasks` is no list of numbers, or names one that no task has.
    #[error("`{0}` is no list of the batch's numbers")]
    BadNumbers(String),
    /// `--keep-commits` with the shape `squash`.
    #[error("`--keep-commits` keeps commits apart, and the shape `squash` makes one of them")]
    KeepsAndSquashes,
    /// `--message` for several commits that nothing joins.
    #[error("`--message` is for one commit, and the shape `linear` has one for each task here")]
    NoPlaceForMessage,
    /// No remote to push to is known.
    #[error("{}", no_remote(branch, remotes))]
    NoRemote {
        /// The branch.
        branch: String,
        /// The remotes that there are.
        remotes: Vec<String>,
    },
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] git::Error),
}

fn no_remote(branch: &str, remotes: &[String]) -> String {
    match remotes {
        [] => format!("there is no remote to push `{branch}` to"),
        several => format!("`{branch}` could be pushed to {}", several.join(", ")),
    }
}

/// Plans a landing. Its commits are made in a private folder.
pub(crate) fn plan(site: &Site, wish: &LandWish) -> Result<Plan, Error> {
    let book = Book::open(site)?;
    let named::Tasks { tasks, notes: mut left_out } = named::to_land(&book, wish)?;
    let wish = &LandWish { checks: named::checks(&book, wish, &tasks), ..wish.clone() };
    let allowed = Scope::new(&wish.allow_paths)?;
    let mut refused: Vec<_> = tasks.iter().filter_map(|task| eligible::refuse(task, wish, &allowed)).collect();
    let target = target::find(&site.repo, wish, &tasks)?;
    let mut notes = Vec::new();
    notes.append(&mut left_out);
    refused.extend(find_there(site, &book, &tasks, &target, &mut notes)?);
    let operation = Uid::random();
    let intake = Intake::create_passing(&site.layout.operation_intakes(), operation.as_str(), &site.repo)?;
    name_taken_out(site, &book, (&tasks, &intake), &mut refused)?;
    let mut plan = Plan {
        target,
        tip: None,
        commits: vec![],
        tree: None,
        tasks,
        refused,
        files: 0,
        notes,
        decision: None,
        intake,
        wish: wish.clone(),
        route: None,
        sealer: Sealer::default(),
    };
    if wish.push {
        plan.route = Some(plan.find_route(site)?);
    }
    if !wish.force && protect::is_protected(&site.config, &plan.target.name)? {
        let message = format!("cannot land on {}: it is protected (takeback.landProtected)", target::short(&plan.target.name));
        plan.refuse_all(RefusalKind::Protected, &message, &[]);
    }
    if plan.refused.is_empty() {
        plan.decide(site, &book.fold, (operation, &allowed))?;
    }
    Ok(plan)
}

/// The task that a commit of the landing is of; `None` where it is of all.
fn owner(operation: &Operation, place: usize) -> Option<Uid> {
    let mut commits = operation.landed.iter().flat_map(|l| (0..l.commits).map(|_| &l.task));
    commits.nth(place).filter(|_| operation.keeps.is_empty()).cloned()
}

/// Where the commits of a task stand among those of the landing; nowhere where they are all in one.
fn places(operation: &Operation, task: usize) -> Range<usize> {
    let commits: Vec<_> = operation.landed.iter().map(|l| l.commits as usize).collect();
    match commits.get(task) {
        Some(own) if operation.keeps.is_empty() => {
            let before = commits[..task].iter().sum();
            before..before + own
        }
        _ => 0..0,
    }
}

/// The shape that the wish names, or git config; the rest of the wish has to go with it.
fn shape(site: &Site, wish: &LandWish, tasks: usize) -> Result<Shape, Error> {
    let shape = wish.shape.unwrap_or(site.config.landing_shape);
    let is_long = tasks > 1 || wish.keep_commits;
    match shape {
        Shape::Squash if wish.keep_commits => Err(Error::KeepsAndSquashes),
        Shape::Linear if is_long && wish.message.is_some() => Err(Error::NoPlaceForMessage),
        shape => Ok(shape),
    }
}

/// The commit that brought a task to a branch before it was reverted.
fn earlier(fold: &Fold, task: &Standing) -> Option<CommitId> {
    if task.state != State::Reverted {
        return None;
    }
    let mut landings = fold.operations().iter().rev().filter(|f| f.holds() && f.operation.kind == Kind::Land);
    landings.find_map(|f| f.operation.landed_of(task.uid()).map(|landed| f.operation.commit_of(landed)))
}

impl Plan {
    fn decide(&mut self, site: &Site, fold: &Fold, (operation, allowed): (Uid, &Scope)) -> Result<(), Error> {
        let shape = shape(site, &self.wish, self.tasks.len())?;
        let brought: Vec<_> = self.tasks.iter().map(|task| Brought { task, by: earlier(fold, task) }).collect();
        let chain = chain::make(&chain::Order {
            main: &site.repo,
            intake: &self.intake,
            start: self.target.start,
            tasks: &brought,
            shape,
            wording: Wording { trailers: site.config.landing_trailers, text: self.wish.message.as_deref() },
            keep: self.wish.keep_commits,
            allowed,
        })?;
        self.refused = chain.refused;
        if !self.refused.is_empty() {
            return Ok(());
        }
        let before = git::tree::of_commit(&site.repo, self.target.start)?;
        self.files = git::tree::changes(&self.intake.odb()?, Some(before.into()), Some(chain.tree.into()))?.len() as u64;
        let checkouts = self.checkouts(site, before, chain.tree)?;
        if !self.refused.is_empty() {
            return Ok(());
        }
        self.tip = Some(chain.tip);
        self.commits = chain.commits;
        self.tree = Some(chain.tree);
        let moves = self.moves(site, chain.tip)?;
        let mut decision = Decision::about(Kind::Land, &self.tasks);
        decision.operation.uid = operation;
        decision.operation.moves = moves;
        decision.operation.decisive = true;
        decision.operation.checkouts = checkouts;
        decision.operation.landed = chain.landed;
        decision.operation.keeps = chain.keeps;
        self.decision = Some(decision);
        Ok(())
    }

    /// The commit that has the first so many tasks, and no other.
    pub(crate) fn commit_with(&self, tasks: usize) -> CommitId {
        let landed = self.decision.iter().flat_map(|decision| &decision.operation.landed);
        landed.take(tasks).last().map_or(self.target.start, |landed| landed.after)
    }

    /// Plans the same landing without one of its tasks, by its index. What the hook has said about the others still holds.
    ///
    /// # Errors
    ///
    /// As [`plan`].
    pub(crate) fn without(mut self, site: &Site, task: usize) -> Result<Self, Error> {
        if let Some(decision) = &self.decision {
            self.sealer.leave_out(&places(&decision.operation, task));
        }
        self.tasks.remove(task);
        // By what nothing else is called.
        let ids = self.tasks.iter().map(|task| task.uid().to_string()).collect();
        let rest = plan(site, &LandWish { ids, ..self.wish })?;
        Ok(Self { sealer: self.sealer, ..rest })
    }

    /// Makes the drafts final. Before that nothing but our own code has seen them. Where the hook says no, nothing lands.
    ///
    /// # Errors
    ///
    /// [`git::Error::Signing`] if git cannot sign, [`git::Error::Command`] if a hook cannot be started.
    pub(crate) fn seal(&mut self, site: &Site) -> Result<(), Error> {
        let sealed = match self.sealer.seal((&site.repo, &self.intake), &self.commits, !self.wish.no_verify)? {
            Sealed::All(sealed) => sealed,
            Sealed::No(place, why) => {
                self.refuse_at(place, &why);
                return Ok(());
            }
        };
        let now = |commit: &mut CommitId| *commit = sealed.get(commit).copied().unwrap_or(*commit);
        self.commits.iter_mut().chain(&mut self.tip).for_each(now);
        if let Some(decision) = &mut self.decision {
            let operation = &mut decision.operation;
            operation.moves.iter_mut().take(1).filter_map(|m| m.to.as_mut()).for_each(now);
            operation.landed.iter_mut().flat_map(|l| [&mut l.before, &mut l.after]).for_each(now);
        }
        Ok(())
    }

    /// The hook said no to a commit: of one task, or of all.
    fn refuse_at(&mut self, place: usize, why: &str) {
        let Some(decision) = self.decision.take() else { return };
        self.tip = None;
        let message = format!("the commit-msg hook said no: {why}");
        let owner = owner(&decision.operation, place);
        match self.tasks.iter().find(|t| Some(t.uid()) == owner.as_ref()) {
            Some(task) => self.refused.push(Refusal::new(&task.spec.id, RefusalKind::Hook, message)),
            None => self.refuse_all(RefusalKind::Hook, &message, &[]),
        }
    }

    /// The checkouts that follow the branch; refuses where their own work is in the way.
    fn checkouts(&mut self, site: &Site, from: TreeId, to: TreeId) -> Result<Vec<CheckoutChange>, Error> {
        if self.target.from.is_none() {
            return Ok(vec![]);
        }
        let found = followers(&site.repo, &self.target.name, (from, to), &self.intake.odb()?)?;
        for Obstacle { checkout, what, blockers } in found.obstacles {
            let paths: Vec<_> = blockers.into_iter().map(|b| b.path).collect();
            let message = format!("cannot land: {what} in {}", target::checkout(site, &checkout));
            self.refuse_all(RefusalKind::Dirty, &message, &paths);
        }
        Ok(found.changes)
    }

    fn refuse_all(&mut self, kind: RefusalKind, message: &str, paths: &[RepoPath]) {
        for task in &self.tasks {
            self.refused.push(Refusal::new(&task.spec.id, kind, message).at(paths.to_vec()));
        }
    }

    /// The target first; then the tasks' branches go.
    fn moves(&mut self, site: &Site, tip: CommitId) -> Result<Vec<Move>, Error> {
        let mut moves = vec![Move { name: self.target.name.clone(), from: self.target.from, to: Some(tip) }];
        moves.extend(let_go(site, &self.tasks, &self.target.name, &mut self.notes)?);
        Ok(moves)
    }
}

/// The tasks' branches go, but for those that somebody has moved, and the target.
pub(super) fn let_go(site: &Site, tasks: &[Standing], target: &str, notes: &mut Vec<String>) -> Result<Vec<Move>, git::Error> {
    let mut moves = Vec::new();
    for task in tasks {
        let name = &task.spec.branch;
        let now = refs::find(&site.repo, name)?.map(CommitId::from);
        if now.is_some() && name != target && git::heads::is_checked_out(&site.repo, name)? {
            notes.push(format!("{} is checked out: it stays", target::short(name)));
        } else if now.is_some() && now == task.record.result && name != target {
            moves.push(Move { name: name.clone(), from: now, to: None });
        } else if now.is_some() {
            notes.push(format!("{} was moved since the task ended: it stays", target::short(name)));
        }
    }
    Ok(moves)
}

/// Of the tasks that have landed already, tells which somebody has taken out of their branch since without us.
fn name_taken_out(
    site: &Site,
    book: &Book<'_>,
    (tasks, intake): (&[Standing], &Intake),
    refused: &mut [Refusal],
) -> Result<(), git::Error> {
    for task in tasks.iter().filter(|task| task.state == State::Landed) {
        let Some(refusal) = refused.iter_mut().find(|refusal| refusal.task == task.spec.id) else { continue };
        let Some(place) = place::in_journal(book, task) else { continue };
        if place.is_taken_out(site, intake)? {
            refusal.kind = RefusalKind::TakenOut;
            refusal.message = format!("has landed, and somebody took that out of {} since", target::short(&place.branch));
        }
    }
    Ok(())
}

/// Refuses the tasks whose changes somebody else has put on the target; notes those that are at its remote.
fn find_there(
    site: &Site,
    book: &Book<'_>,
    tasks: &[Standing],
    target: &Target,
    notes: &mut Vec<String>,
) -> Result<Vec<Refusal>, git::Error> {
    let found = elsewhere::find_undecided(site, book, tasks, Depth::Full)?;
    let mut refused = Vec::new();
    for (task, there) in tasks.iter().filter_map(|t| Some((t, found.get(t.uid())?))) {
        let message = format!("is on {} already, as {}", target::short(&there.branch), there.commit.short());
        if there.branch == target.name {
            refused.push(Refusal::new(&task.spec.id, RefusalKind::Landed, message).about(there.commit));
        } else if there.branch.starts_with("refs/remotes/") {
            notes.push(format!("{} {message}", task.spec.id));
        }
    }
    Ok(refused)
}
