//! Looking at tasks again and again, for as little as it costs: what has not changed on disk is not read again.
//!
//! A change shows by the file: the journal grows, a record is replaced. As a file system's clock may be too coarse to show one,
//! everything that is not over is read again now and then, whatever its file looks like.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::book::{Book, Error, Standing};
use super::{Fold, TaskEntry};
use crate::id::Uid;
use crate::store::Site;
use crate::sys::file::{self, Stamp};
use crate::sys::lock::Lock;

/// How long the looks of files are trusted.
const TRUST: Duration = Duration::from_secs(1);

/// Somebody who keeps looking.
pub(crate) struct Lookout<'a> {
    site: &'a Site,
    journal: Option<Stamp>,
    /// The journal as of the last look.
    pub(crate) book: Book<'a>,
    seen: HashMap<Uid, Seen>,
    read_all: Instant,
    /// The folder of tasks: it changes when one of a batch is begun.
    folder: Option<Stamp>,
}

/// A task as of the last look.
struct Seen {
    entry: TaskEntry,
    record: Option<Stamp>,
    /// Nobody holds its lock, though it is not over.
    is_alone: bool,
    /// Only a decision can change it.
    rests: bool,
    /// There is more of it on disk than its batch.
    begun: bool,
}

impl<'a> Lookout<'a> {
    /// Starts, and has seen nothing yet.
    ///
    /// # Errors
    ///
    /// [`Error::Log`] if the journal is damaged.
    pub(crate) fn new(site: &'a Site) -> Result<Self, Error> {
        let journal = file::stamp(&site.layout.journal());
        Ok(Self { site, journal, book: Book::open(site)?, seen: HashMap::new(), read_all: Instant::now(), folder: None })
    }

    /// Looks, and returns the tasks that stand otherwise than at the last look, in the order of hand-off; at first, all.
    ///
    /// # Errors
    ///
    /// As [`Book::standing`].
    pub(crate) fn changes(&mut self, wanted: impl Fn(&TaskEntry) -> bool) -> Result<Vec<Standing>, Error> {
        let trusts = self.read_all.elapsed() < TRUST;
        if !trusts {
            self.read_all = Instant::now();
        }
        self.read_journal()?;
        let folder = file::stamp(&self.site.layout.tasks());
        let has_begun = folder != self.folder || !trusts;
        self.folder = folder;
        let mut changed = Vec::new();
        for entry in self.book.fold.tasks().iter().filter(|entry| wanted(entry)) {
            changed.extend(look(self.site, &self.book, self.seen.get(&entry.uid), entry, (trusts, has_begun))?);
        }
        // A runner writes, and lets go of its lock: whoever was seen without one may have written since.
        if changed.iter().any(|(standing, seen)| standing.is_alone() && seen.begun) {
            self.read_journal()?;
            for (standing, seen) in &mut changed {
                if let Some(entry) = self.book.fold.task(&standing.entry.uid).filter(|_| standing.is_alone() && seen.begun) {
                    let record = file::stamp(&self.site.layout.attempt(&entry.uid, entry.attempt).record());
                    *standing = self.book.standing(entry)?;
                    *seen = Seen::of(self.site, standing, record);
                }
            }
        }
        let mut standings = Vec::new();
        for (standing, seen) in changed {
            self.seen.insert(standing.entry.uid.clone(), seen);
            standings.push(standing);
        }
        Ok(standings)
    }

    fn read_journal(&mut self) -> Result<(), Error> {
        // Before it is read: a line that comes in between is then seen by the next look.
        let now = file::stamp(&self.site.layout.journal());
        if now != self.journal {
            self.book.fold = Fold::read(&self.site.layout)?;
            self.journal = now;
        }
        Ok(())
    }
}

/// Looks at one task; `None` where nothing has changed.
fn look(
    site: &Site,
    book: &Book<'_>,
    seen: Option<&Seen>,
    entry: &TaskEntry,
    (trusts, has_begun): (bool, bool),
) -> Result<Option<(Standing, Seen)>, Error> {
    let seen = seen.filter(|seen| seen.entry == *entry);
    if seen.is_some_and(|seen| seen.rests) {
        return Ok(None);
    }
    if seen.is_some_and(|seen| !seen.begun) && !(has_begun && site.layout.spec(&entry.uid).exists()) {
        return Ok(None);
    }
    let folder = site.layout.attempt(&entry.uid, entry.attempt);
    let now = file::stamp(&folder.record());
    if let Some(seen) = seen.filter(|seen| seen.record == now && trusts)
        && seen.is_alone != Lock::is_held(&folder.lock())?
    {
        return Ok(None);
    }
    let standing = book.standing(entry)?;
    let is_new = seen.is_none_or(|seen| seen.record != now || seen.is_alone != standing.is_alone());
    let new = Seen::of(site, &standing, now);
    Ok(is_new.then_some((standing, new)))
}

impl Seen {
    fn of(site: &Site, standing: &Standing, record: Option<Stamp>) -> Self {
        let rests = standing.state.is_over() && standing.record.state.is_over();
        let begun = record.is_some() || standing.entry.member.is_none() || site.layout.spec(standing.uid()).exists();
        Self { entry: standing.entry.clone(), record, is_alone: standing.is_alone(), rests, begun }
    }
}
