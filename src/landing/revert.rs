//! Taking landed changes back with a new commit, whatever came after them.
//!
//! Each change is taken out of the branch by a three-way merge in memory, the one that landed last first: base is the commit with the
//! change, theirs the one without it. What others did elsewhere stays, also in the same files; where they changed the same lines, the
//! paths are named and nothing happens.

use git2::Oid;

use super::message::{Brought, Wording};
use super::place::{self, Place};
use super::plan::Error;
use super::recorded::changes;
use super::seal::{Sealed, Sealer};
use super::target::{self, Target};
use super::{Refusal, RefusalKind, named, protect};
use crate::git::commit::{self, NewCommit};
use crate::git::merge::{self, Joined, Sides};
use crate::git::{self, Intake, history, refs, tree};
use crate::id::{CommitId, Name, TreeId};
use crate::journal::{Book, Decision, Kind, Move, Obstacle, Standing, followers};
use crate::store::Site;
use crate::sys::clock;
use crate::task::RepoPath;

/// As many later commits are looked at.
const MOST_LATER: usize = 2000;

/// What a caller asks to take back.
#[derive(Clone, Debug, Default)]
pub struct RevertWish {
    /// Tasks that landed.
    pub ids: Vec<String>,
    /// The branch that gets the commit; by default the one that they landed on. A new name is created there.
    pub to: Option<String>,
    /// The commit's subject; by default the tasks' names.
    pub message: Option<String>,
    /// Move the branch though it is protected.
    pub force: bool,
    /// Do not ask the `commit-msg` hook.
    pub no_verify: bool,
    /// A commit of somebody else's that took the changes out: that is written down, and nothing moves.
    pub by: Option<String>,
}

/// A commit that came after a landing and changed the same paths.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Later {
    /// The commit.
    pub commit: CommitId,
    /// The first line of its message.
    pub subject: String,
    /// The paths that the tasks changed too.
    pub paths: Vec<RepoPath>,
}

/// A revert, ready to be carried out, or the reasons why it cannot be.
pub(crate) struct Plan {
    /// The branch; `None` where no change was found on any.
    pub(crate) target: Option<Target>,
    /// The commit that the branch would go to; `None` where something is refused, or nothing is left to take back.
    pub(crate) tip: Option<CommitId>,
    /// The tasks.
    pub(crate) tasks: Vec<Standing>,
    /// Where each change is now.
    pub(crate) places: Vec<Place>,
    /// The tasks that cannot be taken back; nothing is where there is one.
    pub(crate) refused: Vec<Refusal>,
    /// Paths that change on the branch.
    pub(crate) files: u64,
    /// What came after the landings in the same paths, the last first.
    pub(crate) later: Vec<Later>,
    /// What was noticed.
    pub(crate) notes: Vec<String>,
    /// The operation, and what was seen when it was decided.
    pub(crate) decision: Option<Decision>,
    /// The new commit, until it is on refs.
    pub(crate) intake: Intake,
    /// What was asked.
    pub(crate) wish: RevertWish,
    /// What makes the draft final.
    pub(crate) sealer: Sealer,
}

/// Plans a revert. Its commit is made in a private folder.
///
/// # Errors
///
/// [`Error`] where a task or the branch is not to be found.
pub(crate) fn plan(site: &Site, wish: &RevertWish) -> Result<Plan, Error> {
    let book = Book::open(site)?;
    let tasks = named::to_revert(&book, &wish.ids)?;
    let mut places = Vec::new();
    let mut refused = Vec::new();
    for task in &tasks {
        match place::find(site, &book, task)? {
            Ok(place) => places.push(place),
            Err(refusal) => refused.push(refusal),
        }
    }
    place::last_first(&mut places);
    let target = find_target(site, wish, &places)?;
    let mut decision = Decision::about(Kind::Revert, &tasks);
    let intake = Intake::create_passing(&site.layout.operation_intakes(), decision.operation.uid.as_str(), &site.repo)?;
    let mut plan = Plan {
        target,
        tip: None,
        tasks,
        places,
        refused,
        files: 0,
        later: vec![],
        notes: vec![],
        decision: None,
        intake,
        wish: wish.clone(),
        sealer: Sealer::default(),
    };
    if let Some(target) = plan.target.clone().filter(|_| plan.refused.is_empty()) {
        match &wish.by {
            Some(commit) => plan.write_down(site, (&target, commit), &mut decision)?,
            None => plan.decide(site, &target, &mut decision)?,
        }
        plan.decision = plan.refused.is_empty().then_some(decision);
    }
    Ok(plan)
}

/// The branch that the wish names, or the one that the changes are on.
fn find_target(site: &Site, wish: &RevertWish, places: &[Place]) -> Result<Option<Target>, Error> {
    let mut branches: Vec<&str> = places.iter().map(|p| p.branch.as_str()).collect();
    branches.sort_unstable();
    branches.dedup();
    if let Some(name) = wish.to.as_ref().filter(|_| !places.is_empty()) {
        let name = target::full_name(name)?;
        let from = refs::find(&site.repo, &name)?.map(CommitId::from);
        let start = match (from, branches.as_slice()) {
            (Some(tip), _) => tip,
            (None, [branch]) => tip_of(site, branch)?,
            (None, _) => return Err(several(&branches)),
        };
        return Ok(Some(Target { name, from, start }));
    }
    match branches.as_slice() {
        [] => Ok(None),
        [branch] if branch.starts_with("refs/remotes/") => {
            Err(target::Error::AtRemote { branch: target::short(branch).to_owned() }.into())
        }
        [branch] => {
            let start = tip_of(site, branch)?;
            Ok(Some(Target { name: (*branch).to_owned(), from: Some(start), start }))
        }
        _ => Err(several(&branches)),
    }
}

fn tip_of(site: &Site, branch: &str) -> Result<CommitId, Error> {
    let gone = || target::Error::Gone { branch: target::short(branch).to_owned() };
    Ok(refs::find(&site.repo, branch)?.map(CommitId::from).ok_or_else(gone)?)
}

fn several(branches: &[&str]) -> Error {
    target::Error::Landed { branches: branches.iter().map(|b| target::short(b).to_owned()).collect() }.into()
}

impl Plan {
    /// The names of its tasks.
    pub(crate) fn names(&self) -> Vec<Name> {
        self.tasks.iter().map(|t| t.spec.id.clone()).collect()
    }

    /// Somebody else took the changes out: only that is recorded.
    fn write_down(&mut self, site: &Site, (target, by): (&Target, &str), decision: &mut Decision) -> Result<(), Error> {
        let by = target::commit(&site.repo, by)?;
        let holds_it = |tip: CommitId| history::holds(&site.repo, tip.into(), by.into());
        let is_there = holds_it(target.start);
        for place in self.places.iter().filter(|place| !is_there || holds_it(place.commit)) {
            let branch = target::short(&target.name);
            let message = if is_there {
                format!("cannot have been taken back by {}: it landed later, as {}", by.short(), place.commit.short())
            } else {
                format!("cannot have been taken back by {}: that is not on {branch}", by.short())
            };
            self.refused.push(Refusal::new(&place.task.spec.id, RefusalKind::State, message).about(by));
        }
        self.notes.push(format!("{} took it back: only its state is recorded", by.short()));
        decision.operation.target = Some(target.name.clone());
        decision.operation.keeps = vec![by];
        Ok(())
    }

    fn decide(&mut self, site: &Site, target: &Target, decision: &mut Decision) -> Result<(), Error> {
        self.later = self.find_later(site, target.start)?;
        let Some(without) = self.take_out(site, target.start)? else { return Ok(()) };
        let before = tree::of_commit(&site.repo, target.start)?;
        let changes = tree::changes(&self.intake.odb()?, Some(before.into()), Some(without.into()))?;
        self.files = changes.len() as u64;
        let operation = &mut decision.operation;
        if changes.is_empty() {
            let branch = target::short(&target.name);
            self.notes.push(format!("{branch} has nothing of it any more: only its state is recorded"));
            operation.target = Some(target.name.clone());
            return Ok(());
        }
        if !self.may_move(site, target)? {
            return Ok(());
        }
        let text = self.text(site)?;
        let parents = [target.start.into()];
        let new = NewCommit::new(without.into(), &parents, &text);
        let tip: CommitId = commit::draft(&site.repo, &self.intake, &new)?.into();
        operation.moves = vec![Move { name: target.name.clone(), from: target.from, to: Some(tip) }];
        operation.decisive = true;
        if target.from.is_some() {
            let found = followers(&site.repo, &target.name, (before, without), &self.intake.odb()?)?;
            operation.checkouts = found.changes;
            found.obstacles.iter().for_each(|obstacle| self.refuse_in_checkout(site, obstacle));
        }
        self.tip = self.refused.is_empty().then_some(tip);
        Ok(())
    }

    /// Refuses where the branch is protected.
    fn may_move(&mut self, site: &Site, target: &Target) -> Result<bool, Error> {
        let may = self.wish.force || !protect::is_protected(&site.config, &target.name)?;
        if !may {
            let message =
                format!("cannot be taken back on {}: it is protected (takeback.landProtected)", target::short(&target.name));
            self.refuse_each(RefusalKind::Protected, &message, &[]);
        }
        Ok(may)
    }

    /// Takes the changes out of the branch's tree; `None` where one could not be. Changes that follow each other, as in one landing,
    /// go in one piece; where that meets what came later, they go one by one, so that the task is named.
    fn take_out(&mut self, site: &Site, start: CommitId) -> Result<Option<TreeId>, Error> {
        let mut now: Oid = start.into();
        for row in self.places.chunk_by(|later, earlier| later.change.0 == earlier.change.1) {
            let whole = row.last().zip(row.first()).map(|(first, last)| (first.change.0, last.change.1));
            if let Some(whole) = whole.filter(|_| row.len() > 1)
                && let Ok(without) = self.without(site, now, whole)?
            {
                now = without;
                continue;
            }
            for place in row {
                match self.without(site, now, place.change)? {
                    Ok(without) => now = without,
                    Err(paths) => {
                        let message = "cannot be taken back: the same lines were changed since";
                        self.refused.push(Refusal::new(&place.task.spec.id, RefusalKind::Conflict, message).at(paths));
                    }
                }
            }
        }
        let tree = tree::of_commit(self.intake.repo(), now.into())?;
        Ok(self.refused.is_empty().then_some(tree))
    }

    /// A commit after `now` without a change, or the paths that keep it from being.
    fn without(
        &self,
        site: &Site,
        now: Oid,
        (before, after): (CommitId, CommitId),
    ) -> Result<Result<Oid, Vec<RepoPath>>, git::Error> {
        let sides = Sides { base: after.into(), ours: now, theirs: before.into() };
        match merge::join(&site.repo, &self.intake, sides)? {
            Joined::Conflict(paths) => Ok(Err(paths)),
            Joined::Tree(same) if TreeId::from(same) == tree::of_commit(self.intake.repo(), now.into())? => Ok(Ok(now)),
            Joined::Tree(without) => {
                let new = NewCommit::new(without, std::slice::from_ref(&now), "between two reverts\n");
                commit::by_takeback(&self.intake, &new, clock::now().as_second()).map(Ok)
            }
        }
    }

    /// The commits of the branch that came after the landings and changed the same paths.
    fn find_later(&self, site: &Site, start: CommitId) -> Result<Vec<Later>, Error> {
        let mut paths: Vec<RepoPath> = Vec::new();
        let mut known: Vec<Oid> = Vec::new();
        for Place { change: (before, after), commit, .. } in &self.places {
            paths.extend(changes(site, (*before, *after))?.into_iter().map(|c| c.path));
            known.push((*commit).into());
        }
        paths.sort_unstable();
        paths.dedup();
        let mut later = Vec::new();
        for step in history::since(&site.repo, start.into(), &known, MOST_LATER)? {
            let both: Vec<_> = paths.iter().filter(|p| history::at(&step.changes, p).is_some()).cloned().collect();
            if !both.is_empty() && self.places.iter().all(|p| p.change.1 != step.id.into()) {
                later.push(Later { commit: step.id.into(), subject: step.subject, paths: both });
            }
        }
        Ok(later)
    }

    fn text(&self, site: &Site) -> Result<String, git::Error> {
        let in_order: Vec<_> = self.places.iter().rev().map(|p| Brought { task: &p.task, by: Some(p.commit) }).collect();
        let mut taken: Vec<String> = Vec::new();
        for place in self.places.iter().rev() {
            let line = format!("This reverts {}.", self.taken(site, place)?);
            if !taken.contains(&line) {
                taken.push(line);
            }
        }
        let wording = Wording { trailers: site.config.landing_trailers, text: self.wish.message.as_deref() };
        Ok(wording.revert(&in_order, &taken))
    }

    /// What a revert takes back, in the words that git has for it: a commit, some of them, or a part of one that brought other files too.
    fn taken(&self, site: &Site, place: &Place) -> Result<String, git::Error> {
        let commit = site.repo.find_commit(place.commit.into()).map_err(git::Error::of("read", place.commit))?;
        let Some(parent) = commit.parent_ids().next().map(CommitId::from) else { return Ok(format!("commit {}", place.commit)) };
        if place.change.1 == place.commit && place.change.0 != parent {
            return Ok(format!("commits {}..{}", place.change.0, place.commit));
        }
        let mut left = changes(site, (parent, place.commit))?;
        for other in self.places.iter().filter(|other| other.commit == place.commit) {
            let ours = changes(site, other.change)?;
            left.retain(|change| history::at(&ours, &change.path).is_none());
        }
        Ok(format!("{}commit {}", if left.is_empty() { "" } else { "part of " }, place.commit))
    }

    /// Makes the draft final: the `commit-msg` hook has seen it, and it is signed where git is configured so.
    ///
    /// # Errors
    ///
    /// [`git::Error::Signing`] if git cannot sign, [`git::Error::Command`] if a hook cannot be started.
    pub(crate) fn seal(&mut self, site: &Site) -> Result<(), git::Error> {
        let Some(draft) = self.tip else { return Ok(()) };
        match self.sealer.seal((&site.repo, &self.intake), &[draft], !self.wish.no_verify)? {
            Sealed::All(sealed) => {
                let tip = sealed.get(&draft).copied().unwrap_or(draft);
                self.tip = Some(tip);
                let moves = self.decision.iter_mut().flat_map(|d| &mut d.operation.moves);
                moves.take(1).for_each(|first| first.to = Some(tip));
            }
            Sealed::No(_, why) => {
                (self.tip, self.decision) = (None, None);
                self.refuse_each(RefusalKind::Hook, &format!("the commit-msg hook said no: {why}"), &[]);
            }
        }
        Ok(())
    }

    fn refuse_in_checkout(&mut self, site: &Site, Obstacle { checkout, what, blockers }: &Obstacle) {
        let paths: Vec<_> = blockers.iter().map(|b| b.path.clone()).collect();
        self.refuse_each(
            RefusalKind::Dirty,
            &format!("cannot be taken back: {what} in {}", target::checkout(site, checkout)),
            &paths,
        );
    }

    fn refuse_each(&mut self, kind: RefusalKind, message: &str, paths: &[RepoPath]) {
        for task in &self.tasks {
            self.refused.push(Refusal::new(&task.spec.id, kind, message).at(paths.to_vec()));
        }
    }
}
