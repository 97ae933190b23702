//! The joining of results to one tree, without what a landing does before and after it. Benchmarks take its time.

use super::message::{Brought, Wording};
use super::plan::Error;
use super::target::{self, Target};
use super::{LandWish, chain, named};
use crate::git::{self, Intake};
use crate::id::{TreeId, Uid};
use crate::journal::{Book, Standing};
use crate::store::Site;
use crate::task::{Shape, Trailers};
use crate::verify::scope::Scope;

/// Results that are to be joined: all that a landing reads of them is read.
pub(crate) struct Joining {
    tasks: Vec<Standing>,
    target: Target,
    intake: Intake,
    nothing: Scope,
}

/// Reads what is to be joined.
///
/// # Errors
///
/// [`Error`] where a task or the branch is not to be found.
pub(crate) fn prepare(site: &Site, wish: &LandWish) -> Result<Joining, Error> {
    let tasks = named::to_land(&Book::open(site)?, wish)?.tasks;
    let target = target::find(&site.repo, wish, &tasks)?;
    let intake = Intake::create_passing(&site.layout.operation_intakes(), Uid::random().as_str(), &site.repo)?;
    Ok(Joining { tasks, target, intake, nothing: Scope::new(&[])? })
}

impl Joining {
    /// Makes the tree, and a draft of each task's commit on the way; `None` where tasks are in each other's way.
    ///
    /// # Errors
    ///
    /// [`git::Error`] if an object is missing or cannot be written.
    pub(crate) fn tree(&self, site: &Site) -> Result<Option<TreeId>, git::Error> {
        let brought: Vec<_> = self.tasks.iter().map(|task| Brought { task, by: None }).collect();
        let chain = chain::make(&chain::Order {
            main: &site.repo,
            intake: &self.intake,
            start: self.target.start,
            tasks: &brought,
            shape: Shape::Linear,
            wording: Wording { trailers: Trailers::None, text: None },
            keep: false,
            allowed: &self.nothing,
        })?;
        Ok(chain.refused.is_empty().then_some(chain.tree))
    }
}
