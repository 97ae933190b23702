//! What several results come to together, before any of them lands: to be looked at.

use super::chain::{self, Order};
use super::message::{Brought, Wording};
use super::plan::Error;
use super::{LandWish, Refusal, named};
use crate::git::Intake;
use crate::id::{CommitId, Uid};
use crate::journal::Book;
use crate::store::Site;
use crate::task::{Shape, Trailers};
use crate::verify::scope::Scope;

/// Results joined on the commit that the first of them starts from.
pub(crate) struct Preview {
    /// That commit.
    pub(crate) from: CommitId,
    /// A draft with all their changes.
    pub(crate) tip: CommitId,
    /// Where the draft is; gone with this value.
    pub(crate) intake: Intake,
    /// Results that do not go together with those before them.
    pub(crate) left_out: Vec<Refusal>,
    /// What of a batch was not looked at, a line for each batch.
    pub(crate) notes: Vec<String>,
}

/// Joins the results of the tasks that are ready.
///
/// # Errors
///
/// [`Error::None`] for a batch without any.
pub(crate) fn preview(site: &Site, id: &str) -> Result<Preview, Error> {
    let book = Book::open(site)?;
    let wish = LandWish { ids: vec![id.to_owned()], ready: true, ..LandWish::default() };
    let named::Tasks { mut tasks, notes } = named::to_land(&book, &wish)?;
    let from = tasks.first().map_or_else(|| unreachable!("BUG: a batch without tasks was taken"), |task| task.record.base);
    let intake = Intake::create_passing(&site.layout.operation_intakes(), Uid::random().as_str(), &site.repo)?;
    let mut left_out = Vec::new();
    loop {
        let brought: Vec<_> = tasks.iter().map(|task| Brought { task, by: None }).collect();
        let chain = chain::make(&Order {
            main: &site.repo,
            intake: &intake,
            start: from,
            tasks: &brought,
            shape: Shape::Linear,
            wording: Wording { trailers: Trailers::None, text: None },
            keep: false,
            allowed: &Scope::new(&[])?,
        })?;
        if chain.refused.is_empty() {
            return Ok(Preview { from, tip: chain.tip, intake, left_out, notes });
        }
        tasks.retain(|task| chain.refused.iter().all(|refusal| refusal.task != task.spec.id));
        left_out.extend(chain.refused);
    }
}
