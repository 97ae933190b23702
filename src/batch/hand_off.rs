//! Making a batch, or a new revision of one: from the journal's line on it is there.

use super::plan::Plan;
use super::{Error, resume, tally};
use crate::id::Uid;
use crate::journal::{Book, Entry, Stage, Writer, append};
use crate::runner;
use crate::store::{Site, batches};
use crate::sys::{clock, file};

/// Hands a batch off: writes it down. Its tasks are started by whoever keeps batches.
///
/// # Errors
///
/// [`Error::Carry`] where another command has decided about it meanwhile: nothing was changed.
pub(crate) fn hand_off(site: &Site, plan: Plan) -> Result<Uid, Error> {
    let Plan { batch, environment, snapshot, sample, again, is_new, is_changed, .. } = plan;
    let (writer, _) = Writer::new(&site.repo, &site.layout)?;
    let book = Book::open(site)?;
    match book.fold.batch(&batch.uid) {
        None if book.fold.is_taken(&batch.id) => return Err(runner::Error::NameTaken(batch.id).into()),
        Some(now) if now.revision + 1 != batch.revision => {
            return Err(Error::Overtaken(batch.id));
        }
        _ => {}
    }
    if let Some(snapshot) = snapshot {
        snapshot.publish(site)?;
    }
    runner::pin_base(site, batch.template().pattern.base)?;
    batches::save(&site.layout, &batch)?;
    let kept = site.layout.batch_environment(&batch.uid);
    if is_new || is_changed || !kept.exists() {
        environment.save(&kept)?;
    }
    let at = clock::now();
    let tasks = u32::try_from(batch.inputs.len()).unwrap_or(u32::MAX);
    let stage = match sample {
        Some((tasks, why)) => Stage::Sample { tasks, why },
        None => Stage::Whole,
    };
    let exists = Entry::Batch { uid: batch.uid.clone(), id: batch.id.clone(), at, tasks, revision: batch.revision };
    append(&site.layout, &[exists, Entry::Stage { batch: batch.uid.clone(), at, stage }])?;
    resume::queue(site, &writer, &again, None)?;
    Ok(batch.uid)
}

/// Removes what batches that are over have needed only while tasks of them waited, and what a crash left half written. The caller holds
/// the right to decide.
///
/// # Errors
///
/// [`Error::Book`] if one of them is unreadable, [`Error::File`] if something cannot be removed.
pub(crate) fn tidy_all(site: &Site, book: &Book<'_>) -> Result<(), Error> {
    let folder = site.layout.batches();
    if folder.exists() {
        file::remove_unfinished(&folder)?;
    }
    for entry in book.fold.batches().iter().filter(|entry| site.layout.batch_environment(&entry.uid).exists()) {
        let counts = tally::standing(site, book, entry)?.sum.counts;
        if counts.queued + counts.running == 0 {
            tidy(site, &entry.uid)?;
        }
    }
    Ok(())
}

/// Removes what a batch needs only while tasks of it wait.
///
/// # Errors
///
/// [`file::Error`] if it cannot be removed.
pub(crate) fn tidy(site: &Site, batch: &Uid) -> Result<(), file::Error> {
    file::remove(&site.layout.batch_environment(batch), crate::sys::fault::Point::ATTEMPT_ENV)
}
