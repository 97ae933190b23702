//! Making a commit, in a private store of objects.

use git2::{Oid, Repository, Signature};

use super::{Error, Intake};
use crate::sys::command;

/// A commit to make.
#[derive(Clone, Debug)]
pub(crate) struct NewCommit<'a> {
    /// What it holds.
    pub(crate) tree: Oid,
    /// What it follows.
    pub(crate) parents: &'a [Oid],
    /// Its text, with a line end.
    pub(crate) message: &'a str,
}

/// Makes a commit by the program itself: a fixed identity, never signed. Captured results are made so.
///
/// # Errors
///
/// [`Error::Git`] if it cannot be written.
pub(crate) fn by_takeback(intake: &Intake, new: &NewCommit<'_>, at_second: i64) -> Result<Oid, Error> {
    let who = Signature::new("takeback", "takeback@localhost", &git2::Time::new(at_second, 0));
    let who = who.map_err(Error::of("make", "a signature"))?;
    write(intake, new, &who, &who)
}

/// Makes a commit by the user, signed where `commit.gpgSign` says so.
///
/// # Errors
///
/// [`Error::Git`] if git does not know who commits; [`Error::Command`] if it cannot be signed.
pub(crate) fn by_user(main: &Repository, intake: &Intake, new: &NewCommit<'_>) -> Result<Oid, Error> {
    if main.config().and_then(|c| c.get_bool("commit.gpgSign")).unwrap_or(false) {
        return signed(main, intake, new);
    }
    let author = main.author_from_env().map_err(Error::of("tell", "the author"))?;
    let committer = main.committer_from_env().map_err(Error::of("tell", "the committer"))?;
    write(intake, new, &author, &committer)
}

fn write(intake: &Intake, new: &NewCommit<'_>, author: &Signature<'_>, committer: &Signature<'_>) -> Result<Oid, Error> {
    let repo = intake.repo();
    let tree = repo.find_tree(new.tree).map_err(Error::of("read", new.tree))?;
    let mut parents = Vec::new();
    for parent in new.parents {
        parents.push(repo.find_commit(*parent).map_err(Error::of("read", parent))?);
    }
    let parents: Vec<_> = parents.iter().collect();
    repo.commit(None, author, committer, new.message, &tree, &parents).map_err(Error::of("write", "a commit"))
}

/// The one place for signatures: libgit2 makes none.
fn signed(main: &Repository, intake: &Intake, new: &NewCommit<'_>) -> Result<Oid, Error> {
    let mut git = command::git(main.path());
    for (name, value) in std::env::vars_os().filter(|(name, _)| is_identity(name)) {
        git.env(name, value);
    }
    git.args(["commit-tree", "-S", "-m", new.message.trim_end()]);
    for parent in new.parents {
        git.arg("-p").arg(parent.to_string());
    }
    git.arg(new.tree.to_string())
        .env("GIT_OBJECT_DIRECTORY", intake.objects())
        .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", main.commondir().join("objects"));
    let text = command::output(&mut git)?;
    let text = String::from_utf8_lossy(&text);
    Oid::from_str(text.trim()).map_err(Error::of("read the id of", "a signed commit"))
}

fn is_identity(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("GIT_AUTHOR_") || name.starts_with("GIT_COMMITTER_")
}
