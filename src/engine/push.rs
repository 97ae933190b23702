//! Pushing what has landed.

use super::Engine;
use super::answer::{Landing, Push};
use crate::landing::Route;

impl Push {
    pub(super) fn planned(route: &Route) -> Self {
        let Route { remote, branch, .. } = route.clone();
        Self { remote, name: branch, ok: None, message: None, pull_request: None }
    }
}

impl Engine {
    /// Pushes a landing that was carried out. What goes wrong is part of the answer: the landing stands.
    pub(super) fn push(&self, route: Option<&Route>, landing: &mut Landing) {
        let Some(route) = route.filter(|_| landing.operation.is_some()) else { return };
        let planned = Push::planned(route);
        let push = match route.push(&self.site) {
            Ok(tried) => {
                landing.notes.extend(tried.note);
                let message = Some(tried.pushed.said).filter(|said| !said.is_empty());
                Push { name: tried.pushed.name, ok: Some(tried.pushed.ok), message, pull_request: tried.pull_request, ..planned }
            }
            Err(e) => Push { ok: Some(false), message: Some(e.to_string()), ..planned },
        };
        landing.push = Some(push);
    }
}
