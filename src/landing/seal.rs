//! Making a landing's drafts final: signed where git is configured so.
//!
//! The trees stay; a commit that changes takes all that follow it along. Where there is nothing to do the drafts are final as they
//! are, and no program is started.

use std::collections::HashMap;

use git2::{Oid, Repository};

use crate::git::commit::{self, NewCommit, Origin};
use crate::git::{self, Intake};
use crate::id::CommitId;

/// What each draft has become.
pub(crate) type Sealed = HashMap<CommitId, CommitId>;

/// Makes drafts final; each stands after its parents.
///
/// # Errors
///
/// [`git::Error::Signing`] if git cannot sign.
pub(crate) fn seal(main: &Repository, intake: &Intake, drafts: &[CommitId]) -> Result<Sealed, git::Error> {
    let mut sealed = Sealed::new();
    if !commit::is_signing(main) {
        return Ok(sealed);
    }
    for draft in drafts {
        let old = intake.repo().find_commit((*draft).into()).map_err(git::Error::of("read", draft))?;
        let parents: Vec<Oid> = old.parent_ids().map(|id| sealed.get(&id.into()).copied().map_or(id, Into::into)).collect();
        let origin = Origin::of(&old);
        let new = NewCommit { tree: old.tree_id(), parents: &parents, message: old.message_raw_bytes(), origin: Some(&origin) };
        sealed.insert(*draft, commit::by_user(main, intake, &new)?.into());
    }
    Ok(sealed)
}
