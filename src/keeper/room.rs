//! All batches of a repository, and the keeper's round: see who has ended, hold that against the rules, give the next turns.

mod ends;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use super::desk::{Desk, Known, Place};
use super::obstacle::Obstacles;
use super::rules::{self, Verdict};
use super::{Error, news};
use crate::batch;
use crate::exec::environment::Environment;
use crate::git::gather::{self, Gathering};
use crate::id::Uid;
use crate::journal::{Book, Entry, Fold, Stage, append, no_decisions};
use crate::runner::cancel;
use crate::runner::turn::{self, Given, Turn};
use crate::store::Site;
use crate::sys::file::{self, Stamp};
use crate::sys::lock::{self, Lock};
use crate::sys::{clock, process};
use crate::task::placeholder::Filling;
use crate::task::{Moment, Text};

// Between two rounds: a twentieth of the time since something happened.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// So many ends are worth a look at the packs.
const GATHER_AFTER: u32 = 25;

/// The batches that are not over.
pub(super) struct Room<'a> {
    site: &'a Site,
    journal: Option<Stamp>,
    book: Book<'a>,
    desks: Vec<Desk>,
    known: Known,
    /// When this keeper began.
    began: Moment,
    obstacles: Obstacles,
    /// How many turns an attempt was given that came to nothing.
    in_vain: HashMap<Place, u32>,
    /// How often a batch met a rate limit in a row.
    limits_met: HashMap<Uid, u32>,
    /// Those that were seen at work, and whose end nobody has been told.
    at_work: HashSet<Uid>,
    stirred: Instant,
    /// Small packs on their way into one.
    gathering: Option<Gathering>,
    /// How many tasks have ended since it was last looked for these.
    ended: u32,
}

impl<'a> Room<'a> {
    /// Reads all that is on disk.
    ///
    /// # Errors
    ///
    /// [`Error::Book`] if something of it is unreadable.
    pub(super) fn open(site: &'a Site) -> Result<Self, Error> {
        // Before it is read: a line that comes in between is then seen by the next look.
        let journal = file::stamp(&site.layout.journal());
        let book = Book::open(site)?;
        let obstacles = Obstacles::new(&site.config);
        let mut room = Self {
            site,
            journal,
            book,
            desks: vec![],
            known: Known::new(),
            began: clock::now(),
            obstacles,
            at_work: HashSet::new(),
            in_vain: HashMap::new(),
            limits_met: HashMap::new(),
            stirred: Instant::now(),
            gathering: None,
            ended: 0,
        };
        room.set_desks()?;
        Ok(room)
    }

    /// Keeps on until nothing is left to do. Returns the lock of decisions: as long as it is held, nothing comes.
    ///
    /// # Errors
    ///
    /// [`Error`]: on a full disk, for example. What runs goes on.
    pub(super) fn keep(&mut self) -> Result<Lock, Error> {
        loop {
            self.read_journal()?;
            self.see_ends()?;
            self.judge()?;
            self.try_again()?;
            self.wake()?;
            self.give_turns()?;
            self.gather();
            process::reap_children();
            self.leave_what_is_over()?;
            if !self.has_work() {
                let still = no_decisions(&self.site.layout)?;
                if self.is_current() {
                    return Ok(still);
                }
            }
            std::thread::sleep((self.stirred.elapsed() / 20).clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
        }
    }

    /// Tells whether something runs, or will without anybody's word.
    fn has_work(&self) -> bool {
        self.desks.iter().any(Desk::is_at_work)
    }

    /// Tells whether nobody has written to the journal since it was read.
    fn is_current(&self) -> bool {
        file::stamp(&self.site.layout.journal()) == self.journal
    }

    fn read_journal(&mut self) -> Result<(), Error> {
        let now = file::stamp(&self.site.layout.journal());
        if now != self.journal {
            self.book.fold = Fold::read(&self.site.layout).map_err(crate::journal::BookError::from)?;
            self.journal = now;
            self.set_desks()?;
        }
        Ok(())
    }

    fn set_desks(&mut self) -> Result<(), Error> {
        self.stirred = Instant::now();
        let mut desks = Vec::new();
        for entry in self.book.fold.batches() {
            let desk = Desk::set(self.site, &self.book, entry, (&mut self.known, self.began))?;
            if desk.is_at_work() {
                self.at_work.insert(entry.uid.clone());
            }
            // What ended while nobody looked is left like any other.
            if !desk.is_over() || self.site.layout.batch_environment(&entry.uid).exists() {
                desks.push(desk);
            }
        }
        self.desks = desks;
        Ok(())
    }

    /// Has git join the packs that results come in, now and then.
    fn gather(&mut self) {
        if self.gathering.as_mut().is_some_and(|gathering| !gathering.is_over()) || self.ended < GATHER_AFTER {
            return;
        }
        (self.gathering, self.ended) = (None, 0);
        let most = self.site.config.gather_packs as usize;
        if most > 0 && gather::count_packs(&self.site.repo) > most {
            self.gathering = gather::begin(&self.site.repo);
        }
    }

    /// Begins the next attempts of those that have rested long enough.
    fn try_again(&mut self) -> Result<(), Error> {
        let now = clock::now();
        let mut due = Vec::new();
        for desk in self.desks.iter_mut().filter(|desk| desk.held.is_none()) {
            let free = (desk.plan.policy.jobs as usize).saturating_sub(desk.running.len());
            let ready = desk.resting.extract_if(.., |(_, until)| *until <= now).take(free);
            due.extend(ready.map(|(place, _)| place));
        }
        for place in &due {
            turn::try_again(self.site, &place.task, place.attempt)?;
        }
        if due.is_empty() { Ok(()) } else { self.read_journal() }
    }

    /// Holds each batch against its rules.
    fn judge(&mut self) -> Result<(), Error> {
        let mut verdicts = Vec::new();
        for desk in self.desks.iter().filter(|desk| desk.held.is_none()) {
            let policy = &desk.plan.policy;
            let is_last = desk.waiting.is_empty() && desk.resting.is_empty();
            let abort_codes = desk.plan.template().pattern.batch.as_ref().map_or(&[][..], |member| &member.abort_codes);
            let verdict = rules::judge(&desk.outcomes, desk.tasks, policy.halt, abort_codes);
            // Where none would be started, only one that ends those that run changes anything.
            let ends_some = |verdict: &Verdict| matches!(verdict, Verdict::Halt { now: true, .. }) && !desk.running.is_empty();
            verdicts.extend(verdict.filter(|v| !is_last || ends_some(v)).map(|verdict| (desk.batch.clone(), verdict)));
        }
        for (batch, verdict) in verdicts {
            self.hold(&batch, verdict)?;
        }
        Ok(())
    }

    fn hold(&mut self, batch: &Uid, verdict: Verdict) -> Result<(), Error> {
        let (stage, ends_all) = match verdict {
            Verdict::Pause(why) => (Stage::Paused { why, until: None }, false),
            Verdict::Halt { why, now } => (Stage::Halted { why }, now),
        };
        self.write(batch, stage)?;
        let running = self.desks.iter().filter(|desk| desk.batch == *batch && ends_all).flat_map(|desk| &desk.running);
        for entry in running.filter_map(|place| self.book.fold.task(&place.task)) {
            cancel::request(&self.site.layout, &self.book.standing(entry)?)?;
        }
        Ok(())
    }

    fn write(&mut self, batch: &Uid, stage: Stage) -> Result<(), Error> {
        append(&self.site.layout, &[Entry::Stage { batch: batch.clone(), at: clock::now(), stage }])?;
        self.read_journal()
    }

    /// Lets those go on whose time has come.
    fn wake(&mut self) -> Result<(), Error> {
        let now = clock::now();
        let is_due = |desk: &&Desk| matches!(&desk.held, Some(Stage::Paused { until: Some(until), .. }) if *until <= now);
        let due: Vec<Uid> = self.desks.iter().filter(is_due).map(|desk| desk.batch.clone()).collect();
        for batch in due {
            let Some(entry) = self.book.fold.batch(&batch) else { continue };
            let stage = entry.stage();
            self.write(&batch, stage)?;
        }
        Ok(())
    }

    /// Starts tasks as long as there are places for them, each batch in its turn.
    fn give_turns(&mut self) -> Result<(), Error> {
        if self.next_desk().is_none() {
            return Ok(());
        }
        let mut given = Vec::new();
        {
            let _still = match no_decisions(&self.site.layout) {
                // Somebody who decides takes long: in the next round, then.
                Err(lock::Error::Held { .. }) => return Ok(()),
                other => other?,
            };
            if !self.is_current() {
                // Somebody has decided something; it is read before the next round.
                return Ok(());
            }
            while let Some(at) = self.next_desk() {
                let Some(place) = self.desks[at].waiting.pop_front() else { break };
                given.extend(self.prepare(at, &place)?);
                self.desks[at].running.push(place);
            }
        }
        self.stirred = Instant::now();
        for (turn, lock) in given {
            turn::start(self.site, &turn, lock)?;
        }
        Ok(())
    }

    /// The desk whose turn it is: of those that can start a task the one with the fewest running for its share.
    fn next_desk(&self) -> Option<usize> {
        let running: usize = self.desks.iter().map(|desk| desk.running.len()).sum();
        let places = self.desks.iter().filter(|desk| desk.is_at_work()).map(|desk| desk.plan.policy.jobs as usize).max()?;
        let able = self.desks.iter().enumerate().filter(|(_, desk)| desk.can_start() && running < places);
        able.min_by_key(|(_, desk)| desk.running.len() * 1000 / (desk.plan.policy.jobs as usize).max(1)).map(|(at, _)| at)
    }

    fn prepare(&self, at: usize, place: &Place) -> Result<Option<(Turn, Lock)>, Error> {
        let desk = &self.desks[at];
        let Some(mut spec) = desk.plan.spec(place.input) else { return Ok(None) };
        if let Some(limit) = desk.plan.policy.timeout_percent.and_then(|percent| rules::timeout(&desk.outcomes, percent)) {
            spec.limits.timeout = Some(limit);
        }
        let file = self.site.layout.batch_environment(&desk.batch);
        let given = match filled_environment(desk, place, &file)? {
            Some(environment) => Given::Own(environment),
            None => Given::Shared(&file),
        };
        let turn = Turn { spec, attempt: place.attempt };
        Ok(turn::prepare(self.site, &turn, &given)?.map(|lock| (turn, lock)))
    }

    /// Says what there is to say of batches that have come to an end, and forgets them.
    fn leave_what_is_over(&mut self) -> Result<(), Error> {
        if self.desks.iter().all(Desk::is_at_work) {
            return Ok(());
        }
        {
            let _still = match no_decisions(&self.site.layout) {
                // Somebody who decides takes long: in the next round, then.
                Err(lock::Error::Held { .. }) => return Ok(()),
                other => other?,
            };
            if !self.is_current() {
                // More of it may be to do: that is seen in the next round.
                return Ok(());
            }
            for desk in self.desks.iter().filter(|desk| desk.is_over()) {
                batch::tidy(self.site, &desk.batch)?;
            }
        }
        for desk in self.desks.iter().filter(|desk| !desk.is_at_work()) {
            if self.at_work.remove(&desk.batch) || desk.is_over() {
                news::tell(self.site, &self.book, desk)?;
            }
        }
        self.desks.retain(Desk::is_at_work);
        Ok(())
    }
}

/// The environment of a task, where values of it have placeholders.
fn filled_environment(desk: &Desk, place: &Place, file: &Path) -> Result<Option<Environment>, Error> {
    let Some(input) = desk.plan.inputs.get(place.input) else { return Ok(None) };
    let Some(template) = desk.plan.templates.get(input.template).filter(|template| !template.filled_env.is_empty()) else {
        return Ok(None);
    };
    let number = u32::try_from(place.input + 1).unwrap_or(u32::MAX);
    let filling = Filling { columns: &template.columns, values: &input.values, number };
    let mut environment = Environment::load(file)?;
    for name in &template.filled_env {
        if let Some(value) = environment.find(name).map(Text::from) {
            environment.set(name, filling.word(&value));
        }
    }
    Ok(Some(environment))
}
