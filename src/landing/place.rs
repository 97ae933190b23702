//! Where the change of a landed task is, and what takes it back.

use super::elsewhere::{self, Depth, Elsewhere, Wanted};
use super::{Refusal, RefusalKind};
use crate::git::merge::{self, Joined, Sides};
use crate::git::{self, Intake, refs, tree};
use crate::id::{CommitId, TreeId, Uid};
use crate::journal::{Book, Folded, Operation, Standing};
use crate::store::Site;
use crate::task::{State, Step};

/// A task's change on a branch.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The task.
    pub(crate) task: Standing,
    /// The branch, `refs/heads/…`, or `refs/remotes/…` where it was found there alone.
    pub(crate) branch: String,
    /// The commit on the branch that brought it.
    pub(crate) commit: CommitId,
    /// A commit without the change, and one with it.
    pub(crate) change: (CommitId, CommitId),
    /// Whether the journal does not know that it landed there.
    pub(crate) unknown: bool,
    /// Its place in the order of landing.
    order: (usize, usize),
}

/// Finds where a task's change is; a refusal where it is nowhere.
///
/// # Errors
///
/// [`git::Error`] if a branch or an object is unreadable.
pub(crate) fn find(site: &Site, book: &Book<'_>, task: &Standing) -> Result<Result<Place, Refusal>, git::Error> {
    let refuse = |kind, message: String| Ok(Err(Refusal::new(&task.spec.id, kind, message)));
    if !task.state.is_over() {
        return refuse(RefusalKind::Running, "is still running".to_owned());
    }
    if task.state.after(Step::Revert).is_err() {
        if !matches!(task.state, State::Ready | State::Failed | State::Cancelled) {
            return refuse(RefusalKind::State, format!("is {}", task.state));
        }
        let found = Wanted::of(task).map(|wanted| look(site, book, wanted)).transpose()?.flatten();
        return match found {
            Some(place) => Ok(Ok(Place::elsewhere(task, &place, true))),
            None => refuse(RefusalKind::State, format!("is {}: it has not landed", task.state)),
        };
    }
    match in_journal(book, task) {
        Some(place) => Ok(Ok(gone_on(site, book, &place)?.unwrap_or(place))),
        None => refuse(RefusalKind::State, "is nowhere in the journal".to_owned()),
    }
}

fn look(site: &Site, book: &Book<'_>, wanted: Wanted) -> Result<Option<Elsewhere>, git::Error> {
    let task = wanted.task.clone();
    Ok(elsewhere::find(site, &book.fold, &[wanted], Depth::Full)?.remove(&task))
}

/// What landed on a branch of its own may have gone on to the branch that it was made for, by somebody else's hand: alone, or together
/// with what landed with it.
fn gone_on(site: &Site, book: &Book<'_>, place: &Place) -> Result<Option<Place>, git::Error> {
    let task = &place.task;
    let Some(wanted) = Wanted::of(task).filter(|w| w.target != place.branch) else { return Ok(None) };
    let target = wanted.target.clone();
    if let Some(found) = look(site, book, wanted.clone())? {
        return Ok(Some(Place { order: place.order, ..Place::elsewhere(task, &found, false) }));
    }
    let operation = task.entry.operation.as_ref().and_then(|uid| book.fold.operation(uid)).map(|f| &f.operation);
    if let Some(change) = operation.and_then(whole)
        && let Some(found) = look(site, book, Wanted { change, ..wanted })?
    {
        return Ok(Some(Place { branch: found.branch, commit: found.commit, ..place.clone() }));
    }
    let is_gone = refs::find(&site.repo, &place.branch)?.is_none();
    Ok(is_gone.then(|| Place { branch: target, ..place.clone() }))
}

/// All that a landing brought: the last commit of it is one that its branch has.
fn whole(operation: &Operation) -> Option<(CommitId, CommitId)> {
    let (first, last) = operation.landed.first().zip(operation.landed.last())?;
    Some((first.before, if operation.decisive { operation.commit_of(last) } else { last.after }))
}

impl Place {
    fn elsewhere(task: &Standing, place: &Elsewhere, unknown: bool) -> Self {
        let Elsewhere { branch, commit, change } = place.clone();
        Self { task: task.clone(), branch, commit, change, unknown, order: (usize::MAX, 0) }
    }

    /// Tells whether the branch has nothing of the change any more. Where only a newer git could tell, it is not said.
    ///
    /// # Errors
    ///
    /// [`git::Error`] if the branch or an object is unreadable.
    pub(super) fn is_taken_out(&self, site: &Site, intake: &Intake) -> Result<bool, git::Error> {
        let Some(tip) = refs::find(&site.repo, &self.branch)? else { return Ok(false) };
        let (before, after) = self.change;
        let sides = Sides { base: after.into(), ours: tip, theirs: before.into() };
        match merge::join(&site.repo, intake, sides) {
            Ok(Joined::Tree(without)) => Ok(TreeId::from(without) == tree::of_commit(&site.repo, tip.into())?),
            Ok(Joined::Conflict(_)) | Err(git::Error::OldGit { .. }) => Ok(false),
            Err(e) => Err(e),
        }
    }
}

/// Puts places in the order in which their changes are to be taken back: what landed last goes first.
pub(crate) fn last_first(places: &mut [Place]) {
    places.sort_by_key(|place| std::cmp::Reverse(place.order));
}

/// The landing that the journal has of a landed task.
pub(crate) fn in_journal(book: &Book<'_>, task: &Standing) -> Option<Place> {
    let (at, folded) = operation(book, task.entry.operation.as_ref()?)?;
    let operation = &folded.operation;
    let branch = operation.branch()?.to_owned();
    let nth = operation.landed.iter().position(|l| l.task == *task.uid());
    let (change, commit) = match operation.landed_of(task.uid()) {
        Some(landed) => ((landed.before, landed.after), operation.commit_of(landed)),
        // An earlier version did not write it down.
        None => ((task.record.base, task.record.result?), task.record.result?),
    };
    Some(Place { task: task.clone(), branch, commit, change, unknown: false, order: (at, nth.unwrap_or_default()) })
}

fn operation<'b>(book: &'b Book<'_>, uid: &Uid) -> Option<(usize, &'b Folded)> {
    book.fold.operations().iter().enumerate().find(|(_, folded)| folded.operation.uid == *uid)
}
