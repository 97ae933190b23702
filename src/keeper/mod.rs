//! The keeper: one process for each repository while tasks of batches wait or run. It starts them, turn after turn.
//!
//! ```text
//! batch, continue, retry ─► journal ─► keeper there? ── no ─► started with its lock, which it holds for its life
//!
//! keeper:  journal ─► desks: who waits, who runs, how the others ended
//!              ▲          ├─ a place is free: the next turn; runners hold their own locks and need no keeper
//!              │          ├─ a rule says stop: written to the journal
//!              └──────────┴─ nothing left, and nobody is writing: the lock goes, and whoever writes next starts another
//! ```
//!
//! It knows nothing that is not on disk. Killed at any moment, what runs goes on; the next one reads who waits, and finds who runs
//! by the locks that they hold. It decides nothing but that a batch pauses or stops, and writes that down.

mod desk;
mod error;
mod news;
mod obstacle;
mod room;
mod rules;

use std::path::Path;

use crate::runner::start;
use crate::store::Site;
use crate::sys::file;
use crate::sys::lock::Lock;

pub(crate) use error::Error;
use room::Room;

/// The hidden verb that [`main`] is the body of.
pub(crate) const VERB: &str = "__keeper";

/// Makes sure that there is a keeper. Whatever was written to the journal before is seen by it.
///
/// # Errors
///
/// [`Error::Start`] if it does not start.
pub(crate) fn ensure(site: &Site) -> Result<(), Error> {
    match Lock::try_acquire(&site.layout.keeper_lock())? {
        Some(lock) => Ok(start::hand_over(site.layout.common(), &[VERB], lock)?),
        None => Ok(()),
    }
}

/// The keeper itself.
///
/// # Errors
///
/// What kept it from its work, as a text; it stands in its log too.
pub(crate) fn main(git_dir: &Path) -> Result<(), String> {
    let (site, lock) = start::take_over(git_dir)?;
    if site.layout.keeper_log().exists() {
        note(&site, "");
    }
    match Room::open(&site).and_then(|mut room| room.keep()) {
        Ok(still) => {
            // In this order: whoever writes after this finds no keeper, and starts one.
            drop(lock);
            drop(still);
            Ok(())
        }
        Err(e) => {
            note(&site, &format!("{}\n", crate::runner::chain(&e)));
            Err(e.to_string())
        }
    }
}

/// Nobody listens: it is kept for whoever looks.
fn note(site: &Site, text: &str) {
    drop(file::replace_lightly(&site.layout.keeper_log(), text.as_bytes(), crate::sys::fault::Point::RECORD));
}
