//! Bringing to a slot what a task's spec names, as it is in the checkout now.

use std::path::PathBuf;
use std::time::Instant;

use super::{checkout_of, left_out, look};
use crate::git;
use crate::id::TreeId;
use crate::runner::attempt::{Attempt, Error};
use crate::task::Brought;
use crate::workspace::bring::{Ledger, Survey};
use crate::workspace::manifest::Manifest;
use crate::workspace::{self, Slot};

/// What was found in the checkout for one slot.
pub(in crate::runner) struct Delivery {
    found: Survey,
}

impl Delivery {
    /// Looks for what an attempt's spec names, for a slot that holds this tree; `None` where it names nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Bring`] if something is not there any more, or has become too much.
    pub(in crate::runner) fn find(attempt: &Attempt<'_>, tree: TreeId) -> Result<Option<Self>, Error> {
        let bring = &attempt.spec.bring;
        if bring.is_empty() {
            return Ok(None);
        }
        let odb = git::repo::odb(&attempt.site.repo)?;
        let tracked = Manifest::of_tree(&odb, tree.into())?;
        let recorded = attempt.spec.checkout.iter().map(|path| path.as_path().to_owned());
        let checkouts: Vec<PathBuf> = attempt.checkout.iter().cloned().chain(recorded).collect();
        let gone = || super::Error::Missing {
            path: bring.first().map(|b| b.path.to_string()).unwrap_or_default(),
            from: checkouts.last().cloned().unwrap_or_default(),
        };
        let checkout = checkout_of(&checkouts, bring).ok_or_else(gone)?;
        Ok(Some(Self { found: look(attempt.site, &checkout, bring, &tracked)? }))
    }

    /// Says all of it in a few words, for a question's key.
    pub(in crate::runner) fn fingerprint(&self) -> String {
        self.found.fingerprint()
    }

    /// Copies it into a slot.
    ///
    /// # Errors
    ///
    /// [`workspace::Error`], with the path.
    pub(in crate::runner) fn put(&self, slot: &mut Slot, attempt: &Attempt<'_>) -> Result<Ledger, workspace::Error> {
        slot.bring(&self.found, &attempt.cancel)
    }
}

impl Attempt<'_> {
    /// Brings to the task's slot what its spec names, and remembers how it lies there.
    ///
    /// # Errors
    ///
    /// [`Error`], with the path.
    pub(in crate::runner) fn bring(&mut self, slot: &mut Slot, tree: TreeId) -> Result<(), Error> {
        let started = Instant::now();
        let Some(delivery) = Delivery::find(self, tree)? else { return Ok(()) };
        delivery.put(slot, self)?.save(&self.dir.brought())?;
        let found = &delivery.found;
        let brought = |(path, mode, amount): &(_, _, _)| Brought { path: Clone::clone(path), mode: *mode, amount: *amount };
        self.record.brought = found.amounts.iter().map(brought).collect();
        self.record.brought_ms = Some(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
        self.record.notes.extend(left_out(found));
        Ok(())
    }
}
