//! The commit that a task starts from.

use super::Error;
use crate::git;
use crate::id::CommitId;
use crate::runner::{RunWish, snapshot};
use crate::store::Site;

/// The base, its objects where they are not in the repository yet, and what the user should know of it.
pub(super) fn base_of(site: &Site, wish: &RunWish) -> Result<(CommitId, Option<snapshot::Snapshot>, Vec<String>), Error> {
    let head = head_commit(site)?;
    match (&wish.base, wish.with_changes) {
        (Some(_), true) => Err(Error::Usage("--base and --with-changes do not go together".to_owned())),
        (Some(rev), false) => {
            let found = site.repo.revparse_single(rev).and_then(|o| o.peel_to_commit());
            let base = CommitId::from(found.map_err(|_| Error::UnknownRevision(rev.clone()))?.id());
            Ok((base, None, vec![format!("from {} ({rev})", base.short())]))
        }
        (None, true) => {
            let snapshot = snapshot::take(site, head)?;
            let line = format!("from {} with {} changed files of the checkout", head.short(), snapshot.files);
            Ok((snapshot.commit, Some(snapshot), vec![line]))
        }
        (None, false) => Ok((head, None, vec![])),
    }
}

fn head_commit(site: &Site) -> Result<CommitId, Error> {
    match site.repo.head().and_then(|h| h.peel_to_commit()) {
        Ok(commit) => Ok(commit.id().into()),
        Err(e) if e.code() == git2::ErrorCode::UnbornBranch => {
            let branch = head_branch(site)?.unwrap_or_default();
            Err(Error::Unborn { branch: branch.trim_start_matches("refs/heads/").to_owned() })
        }
        Err(e) => Err(git::Error::of("read", "HEAD")(e).into()),
    }
}

/// The branch that is checked out; `None` if `HEAD` is detached.
pub(super) fn head_branch(site: &Site) -> Result<Option<String>, git::Error> {
    let head = site.repo.find_reference("HEAD").map_err(git::Error::of("read", "HEAD"))?;
    Ok(head.symbolic_target().ok().flatten().map(ToOwned::to_owned))
}
