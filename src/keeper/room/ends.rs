//! How those that ran have ended: taken in, or given another attempt where it was none of their fault.

use std::time::Instant;

use super::Room;
use crate::batch;
use crate::exec::log;
use crate::journal::{CarryError, Stage, Standing};
use crate::keeper::Error;
use crate::keeper::desk::{Place, Seen};
use crate::keeper::obstacle::Obstacle;
use crate::runner::recovery;
use crate::sys::clock;
use crate::sys::lock::{self, Lock};
use crate::task::{Reason, State};

/// How often the right to decide is waited for, five seconds each.
const TRIES: usize = 12;

/// So many turns that come to nothing are enough: a full disk, for example, passes by no try.
const TURNS: u32 = 5;

impl Room<'_> {
    /// Looks who of those that run has ended.
    pub(super) fn see_ends(&mut self) -> Result<(), Error> {
        let mut ends = Vec::new();
        for (at, desk) in self.desks.iter_mut().enumerate() {
            for place in std::mem::take(&mut desk.running) {
                if Lock::is_held(&self.site.layout.attempt(&place.task, place.attempt).lock())? {
                    desk.running.push(place);
                } else {
                    ends.push((at, place));
                }
            }
        }
        if ends.is_empty() {
            return Ok(());
        }
        self.stirred = Instant::now();
        self.ended = self.ended.saturating_add(u32::try_from(ends.len()).unwrap_or(u32::MAX));
        let standings = ends.iter().map(|(_, place)| self.end_of(place)).collect::<Result<Vec<_>, _>>()?;
        if self.step_aside(&standings)? {
            return Ok(());
        }
        for ((at, place), standing) in ends.into_iter().zip(standings) {
            self.take_in(at, place, standing)?;
        }
        Ok(())
    }

    /// How an attempt ended; one whose runner is gone is ended now.
    fn end_of(&self, place: &Place) -> Result<Option<Standing>, Error> {
        let Some(entry) = self.book.fold.task(&place.task) else { return Ok(None) };
        let standing = self.book.standing(entry)?;
        if standing.abandoned {
            // The line that it returns is for somebody who looks on.
            recovery::recover(self.site, &standing)?;
            return Ok(Some(self.book.standing(entry)?));
        }
        Ok(Some(standing))
    }

    fn take_in(&mut self, at: usize, place: Place, standing: Option<Standing>) -> Result<(), Error> {
        let Some(standing) = standing else { return Ok(()) };
        let desk = &mut self.desks[at];
        match Seen::of(&standing) {
            Seen::Waits => {
                let in_vain = self.in_vain.entry(place.clone()).or_default();
                *in_vain += 1;
                if *in_vain == TURNS {
                    return Err(Error::NeverBegins(place.task));
                }
                desk.waiting.push_front(place);
            }
            Seen::Rests(until) => desk.resting.push((place, until)),
            Seen::Runs => desk.running.push(place),
            Seen::Over(outcome) => {
                if outcome.as_ref().is_some_and(|outcome| outcome.failure.is_none()) {
                    self.limits_met.remove(&desk.batch);
                }
                desk.outcomes.extend(outcome.clone());
                self.known.insert(place.task, (standing.entry, outcome));
            }
        }
        Ok(())
    }

    /// Tasks that were kept from doing well by what is none of their fault get another attempt, and their batch pauses until there is
    /// hope. Tells whether there was one; all was read anew then.
    fn step_aside(&mut self, ended: &[Option<Standing>]) -> Result<bool, Error> {
        let mut stepped = false;
        for standing in ended.iter().flatten() {
            let (Some(obstacle), Some(batch)) = (self.obstacle(standing)?, standing.spec.batch.as_ref()) else { continue };
            stepped = true;
            // One that is tried again by itself has another attempt already.
            if !standing.record.again {
                self.queue_again(standing)?;
            }
            if self.book.fold.batch(&batch.batch).is_some_and(|entry| entry.held.is_none()) {
                let met = self.limits_met.entry(batch.batch.clone()).or_default();
                let until = obstacle.rest(*met).map(|rest| clock::now().after(rest));
                *met += 1;
                self.write(&batch.batch, Stage::Paused { why: obstacle.words(standing.spec.id.as_str()), until })?;
            }
        }
        if stepped {
            // Whether or not anything was written: those that ended have no place any more.
            self.read_journal()?;
            self.set_desks()?;
        }
        Ok(stepped)
    }

    /// Gives a task another attempt, unless somebody has decided about it meanwhile.
    fn queue_again(&self, standing: &Standing) -> Result<(), Error> {
        for _ in 1..TRIES {
            match batch::again(self.site, std::slice::from_ref(standing), None) {
                Err(batch::Error::Carry(CarryError::Lock(lock::Error::Held { .. }))) => {}
                Err(batch::Error::Carry(CarryError::Overtaken { .. }) | batch::Error::Again(_)) => return Ok(()),
                other => return Ok(other.map(drop)?),
            }
        }
        Ok(batch::again(self.site, std::slice::from_ref(standing), None).map(drop)?)
    }

    /// What has kept a task from doing well that is none of its fault.
    fn obstacle(&self, standing: &Standing) -> Result<Option<Obstacle>, Error> {
        let record = &standing.record;
        let is_exit = matches!(record.reason, Some(Reason::Exit | Reason::Idle | Reason::Timeout));
        if record.state != State::Failed || !is_exit || standing.entry.decision.is_some() {
            return Ok(None);
        }
        let log = self.site.layout.attempt(standing.uid(), record.attempt).log();
        Ok(self.obstacles.find(&log::tail(&log)?))
    }
}
