//! Pushing what has landed: `land --push`. By then the landing stands, whatever the remote says.

use super::forge::{self, Request};
use super::plan::{Error, Plan};
use super::target::short;
use crate::git::{self, refs, remote};
use crate::store::Site;

/// Where a landing is pushed to.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// The remote.
    pub(crate) remote: String,
    /// The branch here, `refs/heads/…`.
    pub(crate) branch: String,
    /// Whether the landing makes that branch.
    is_new: bool,
    /// The branch of the hand-off, where that is another one.
    base: Option<String>,
}

/// A push that was tried.
pub(crate) struct Tried {
    /// What it came to.
    pub(crate) pushed: remote::Pushed,
    /// The forge's command for a pull request.
    pub(crate) pull_request: Option<String>,
    /// What the user should know.
    pub(crate) note: Option<String>,
}

impl Plan {
    /// Finds where the landing is to be pushed to.
    ///
    /// # Errors
    ///
    /// [`Error::NoRemote`] if git does not know either.
    pub(super) fn find_route(&self, site: &Site) -> Result<Route, Error> {
        let branch = short(&self.target.name);
        let handed_off = self.tasks.iter().find_map(|t| t.spec.target.as_deref()).map(short);
        let remote = remote::of_branch(&site.repo, branch, handed_off);
        let remote = remote.ok_or_else(|| Error::NoRemote { branch: branch.to_owned(), remotes: remote::names(&site.repo) })?;
        let base = handed_off.filter(|base| *base != branch).map(ToOwned::to_owned);
        Ok(Route { remote, branch: self.target.name.clone(), is_new: self.target.from.is_none(), base })
    }
}

impl Route {
    /// Pushes. No lock is held meanwhile: hooks and remotes take their time.
    ///
    /// # Errors
    ///
    /// [`git::Error::Command`] if git cannot be started.
    pub(crate) fn push(&self, site: &Site) -> Result<Tried, git::Error> {
        let pushed = remote::push(&site.repo, &self.remote, &self.branch, self.is_new)?;
        let pull_request = self.pull_request(site).filter(|_| pushed.ok);
        let tip = refs::find(&site.repo, &self.branch)?;
        let is_known = refs::below(&site.repo, "refs/remotes/")?.iter().any(|(_, at)| Some(*at) == tip);
        let unknown = "no branch of refs/remotes/ follows what was pushed: undo does not know of it";
        Ok(Tried { note: (pushed.ok && !is_known).then(|| unknown.to_owned()), pushed, pull_request })
    }

    fn pull_request(&self, site: &Site) -> Option<String> {
        let base = self.base.as_deref()?;
        let url = remote::url(&site.repo, &self.remote);
        let config = site.repo.config().ok()?;
        let base_remote = config.get_string(&format!("branch.{base}.remote")).unwrap_or_else(|_| self.remote.clone());
        let base_url = remote::url(&site.repo, &base_remote);
        forge::line(&Request { head: short(&self.branch), url: &url, base, base_url: &base_url })
    }
}
