//! Joining results and nothing more: what a benchmark holds against git's own merges.

use super::{Engine, Error};
use crate::id::TreeId;
use crate::landing::{self, LandWish};

/// Results that are about to be joined; what a landing reads of them is read.
#[doc(hidden)]
pub struct Joining<'a> {
    engine: &'a Engine,
    joining: landing::Joining,
}

impl Engine {
    /// Reads what a landing would join.
    ///
    /// # Errors
    ///
    /// As [`Self::plan_land`].
    #[doc(hidden)]
    pub fn joining(&self, wish: &LandWish) -> Result<Joining<'_>, Error> {
        Ok(Joining { engine: self, joining: landing::joining(&self.site, wish)? })
    }
}

impl Joining<'_> {
    /// Joins them to one tree, with a draft of each task's commit; `None` where they are in each other's way.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DiskFull`](super::ErrorKind::DiskFull) and its like.
    pub fn tree(&self) -> Result<Option<TreeId>, Error> {
        Ok(self.joining.tree(&self.engine.site)?)
    }
}
