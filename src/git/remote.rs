//! Remotes: which one a branch goes to, and `git push` as the user would type it.

use git2::Repository;

use super::Error;
use crate::sys::command;

/// What a push came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pushed {
    /// The ref at the remote, `refs/heads/…` but where git is configured otherwise.
    pub(crate) name: String,
    /// Whether the remote took it.
    pub(crate) ok: bool,
    /// What git, its hooks and the remote wrote.
    pub(crate) said: String,
}

/// Finds the remote that a branch goes to, as git does it for a plain `git push`; then the one of the branch that `like` names; then
/// the only one, or `origin`.
pub(crate) fn of_branch(repo: &Repository, branch: &str, like: Option<&str>) -> Option<String> {
    let config = repo.config().ok()?;
    let of = |branch: &str, key: &str| config.get_string(&format!("branch.{branch}.{key}")).ok();
    let named = [
        of(branch, "pushRemote"),
        config.get_string("remote.pushDefault").ok(),
        of(branch, "remote"),
        like.and_then(|like| of(like, "pushRemote").or_else(|| of(like, "remote"))),
    ];
    // A branch that follows another one here has the remote `.`.
    if let Some(name) = named.into_iter().flatten().find(|name| name != ".") {
        return Some(name);
    }
    let all = names(repo);
    all.iter().find(|name| *name == "origin" || all.len() == 1).cloned()
}

/// The names of the remotes.
pub(crate) fn names(repo: &Repository) -> Vec<String> {
    let found = repo.remotes();
    found.iter().flatten().filter_map(|name| name.ok().flatten().map(ToOwned::to_owned)).collect()
}

/// Where a remote is, as people know it: `url.….pushInsteadOf` changes the way there alone. A remote that is no name is a place itself.
pub(crate) fn url(repo: &Repository, remote: &str) -> String {
    let own = repo.config().and_then(|config| config.get_string(&format!("remote.{remote}.pushUrl"))).ok();
    let found = || repo.find_remote(remote).ok().and_then(|found| found.url().ok().map(ToOwned::to_owned));
    own.or_else(found).unwrap_or_else(|| remote.to_owned())
}

/// Pushes a branch (`refs/heads/…`) with the user's own settings, hooks and ways to prove who they are. A branch that is new here
/// follows the remote's from then on.
///
/// # Errors
///
/// [`Error::Command`] if git cannot be started. That the remote says no is no error.
pub(crate) fn push(repo: &Repository, remote: &str, branch: &str, is_new: bool) -> Result<Pushed, Error> {
    let mut git = command::as_user("git");
    git.current_dir(repo.workdir().unwrap_or_else(|| repo.path())).args(["push", "--porcelain"]);
    if is_new {
        git.arg("--set-upstream");
    }
    let output = command::run(git.args(["--", remote, branch]))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    // A flag, a tab, `from:to`, a tab, a word.
    let there = stdout.lines().find_map(|line| line.split('\t').nth(1)?.rsplit(':').next().map(ToOwned::to_owned));
    let refused = stdout.lines().filter(|line| line.starts_with('!')).map(|line| line.replace('\t', " "));
    let stderr = String::from_utf8_lossy(&output.stderr);
    let said: Vec<_> = refused.chain([stderr.trim().to_owned()]).filter(|text| !text.is_empty()).collect();
    Ok(Pushed { name: there.unwrap_or_else(|| branch.to_owned()), ok: output.status.success(), said: said.join("\n") })
}
