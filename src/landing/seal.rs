//! Making a landing's drafts final: the `commit-msg` hook has seen them, and they are signed where git is configured so.
//!
//! The trees stay; a commit that changes takes all that follow it along. Where there is nothing to do the drafts are final as they
//! are, and no program is started.

use std::collections::HashMap;
use std::ops::Range;

use git2::{Oid, Repository};

use crate::git::commit::{self, NewCommit, Origin};
use crate::git::hook::{CommitMsg, Question, Said};
use crate::git::{self, Intake};
use crate::id::CommitId;

/// What makes drafts final.
#[derive(Default)]
pub(crate) struct Sealer {
    /// What the hook made of a message, by the commit's place in the landing: when a landing is planned again it is not asked again, as
    /// each answer may hold a new `Change-Id`.
    answers: HashMap<(usize, Vec<u8>), Vec<u8>>,
    /// What the hook wrote where it said yes.
    notes: Vec<String>,
}

/// What became of the drafts.
pub(crate) enum Sealed {
    /// What each is now, where it has changed.
    All(HashMap<CommitId, CommitId>),
    /// The hook said no to one, by its place, and why.
    No(usize, String),
}

impl Sealer {
    /// Makes drafts final; each stands after its parents.
    ///
    /// # Errors
    ///
    /// [`git::Error::Signing`] if git cannot sign, [`git::Error::Command`] if a hook cannot be started.
    pub(crate) fn seal(&mut self, site: (&Repository, &Intake), drafts: &[CommitId], hooked: bool) -> Result<Sealed, git::Error> {
        let (main, intake) = site;
        let hook = if hooked { CommitMsg::find(main)? } else { None };
        let mut sealed = HashMap::new();
        if hook.is_none() && !commit::is_signing(main) {
            return Ok(Sealed::All(sealed));
        }
        for (place, draft) in drafts.iter().enumerate() {
            let old = intake.repo().find_commit((*draft).into()).map_err(git::Error::of("read", draft))?;
            let origin = Origin::of(&old);
            let mut message = old.message_raw_bytes().to_vec();
            if let Some(hook) = &hook {
                let question = Question { tree: old.tree_id(), origin: &origin, message: &message };
                message = match self.ask(hook, intake, place, &question)? {
                    Said::Yes(message, _) => message,
                    Said::No(why) => return Ok(Sealed::No(place, why)),
                };
            }
            let parents: Vec<Oid> = old.parent_ids().map(|id| sealed.get(&id.into()).copied().map_or(id, Into::into)).collect();
            let new = NewCommit { tree: old.tree_id(), parents: &parents, message: &message, origin: Some(&origin) };
            sealed.insert(*draft, CommitId::from(commit::by_user(main, intake, &new)?));
        }
        Ok(Sealed::All(sealed))
    }

    /// Forgets what was answered about some places; the commits behind them move up.
    pub(super) fn leave_out(&mut self, places: &Range<usize>) {
        let answers = std::mem::take(&mut self.answers).into_iter().filter(|((place, _), _)| !places.contains(place));
        let up = |place: usize| if place < places.end { place } else { place - places.len() };
        self.answers = answers.map(|((place, message), answer)| ((up(place), message), answer)).collect();
    }

    /// What the user should know of what the hook wrote, a line each.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    fn ask(&mut self, hook: &CommitMsg, intake: &Intake, place: usize, question: &Question<'_>) -> Result<Said, git::Error> {
        let key = (place, question.message.to_vec());
        if let Some(known) = self.answers.get(&key) {
            return Ok(Said::Yes(known.clone(), String::new()));
        }
        let said = hook.ask(intake, question)?;
        if let Said::Yes(message, beside) = &said {
            self.answers.insert(key, message.clone());
            let note = format!("the commit-msg hook says: {beside}");
            if !beside.is_empty() && !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        Ok(said)
    }
}
