//! Batches on disk.

use super::Layout;
use super::tasks::{self, Error};
use crate::id::Uid;
use crate::sys::fault::Point;
use crate::sys::file;
use crate::task::Batch;

/// Reads a batch, with its inputs.
///
/// # Errors
///
/// [`Error::Missing`] where there is none.
pub(crate) fn load(layout: &Layout, batch: &Uid) -> Result<Batch, Error> {
    let path = layout.batch(batch);
    tasks::load(&path)?.ok_or(Error::Missing(path))
}

/// Writes a batch, or a new revision of it. What of it counts is what the journal says, so a line there comes after this.
///
/// # Errors
///
/// [`Error::File`].
pub(crate) fn save(layout: &Layout, batch: &Batch) -> Result<(), Error> {
    let path = layout.batch(&batch.uid);
    if let Some(folder) = path.parent() {
        file::make_folder(folder)?;
    }
    tasks::save(&path, batch, Point::BATCH)
}
