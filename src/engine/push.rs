//! Pushing what has landed.

use super::Engine;
use super::answer::{Landing, Push};
use crate::landing::{self, Route};

impl Push {
    pub(super) fn planned(route: &Route) -> Self {
        let Route { remote, branch, .. } = route.clone();
        Self { remote, name: branch, ok: None, message: None, pull_request: None }
    }
}

impl Engine {
    /// Pushes a landing that was carried out. What goes wrong is part of the answer: the landing stands.
    pub(super) fn push(&self, plan: &landing::Plan, landing: &mut Landing) {
        let Some(route) = plan.route.as_ref().filter(|_| landing.operation.is_some()) else { return };
        let planned = Push::planned(route);
        let push = match route.push(&self.site) {
            Ok(tried) => {
                landing.notes.extend(tried.note);
                let message = Some(tried.pushed.said).filter(|said| !said.is_empty());
                Push { name: tried.pushed.name, ok: Some(tried.pushed.ok), message, pull_request: tried.pull_request, ..planned }
            }
            Err(e) => Push { ok: Some(false), message: Some(e.to_string()), ..planned },
        };
        if push.ok == Some(true) {
            // The end of the branch here would take nothing back there.
            landing.git_line = plan.decision.as_ref().and_then(|d| landing::git_line_of_commits(&d.operation));
        }
        landing.push = Some(push);
    }
}
