//! Who breaks a landing: one check is asked about the trees between the branch and what was to land.
//!
//! Nothing moves meanwhile and no lock is held. The commits that were asked about stay on refs of their own.

use super::answer::Landing;
use super::land::{joined, refuse_all};
use super::{Engine, Error};
use crate::id::Name;
use crate::landing::{self, Blame, CulpritSearch, Culprits, LandWish, Refusal, RefusalKind};
use crate::runner::landing_check::{Asked, Said};

/// A check that is about to be asked about what is to land.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Asking {
    /// One of those that all of it has to pass.
    Joined {
        /// How many have said yes.
        done: usize,
        /// How many there are.
        all: usize,
    },
    /// One that said no, to find out which of several tasks breaks it.
    Culprit {
        /// Its shell line.
        command: String,
        /// How many tasks may be the one.
        suspects: usize,
        /// How often it was run so far to find out.
        runs: u32,
    },
}

/// What is known so far of those who break a landing.
pub(super) struct Hunt<'t> {
    culprits: Vec<Name>,
    /// Those of them that are left out, each with why.
    left_out: Vec<Refusal>,
    runs: u32,
    /// A check, and how many of the tasks it was fine with when it was last asked.
    fine: Option<(String, usize)>,
    notes: Vec<String>,
    tell: &'t mut dyn FnMut(&Asking),
}

/// What becomes of a landing that a check says no to.
pub(super) enum Ruling {
    /// It is tried again without this task, by its index.
    LeaveOut(usize),
    /// Nothing lands.
    Refuse(Vec<Refusal>),
}

/// A task that breaks a check, by its place from 1.
struct Culprit {
    place: usize,
    /// Whether it came with that check.
    is_owner: bool,
    /// Whether it breaks it on the branch alone, too; `None` where that was not found out.
    alone: Option<bool>,
}

impl Engine {
    /// Finds out who breaks a check, and decides about the landing by what was asked for.
    pub(super) fn judge(&self, plan: &landing::Plan, asked: &Asked, hunt: &mut Hunt<'_>) -> Result<Ruling, Error> {
        let refuse = |more: &str| {
            let message = format!("would not pass the check `{}` together with what is there{more}", asked.command);
            Ok(Ruling::Refuse(refuse_all(plan, RefusalKind::Check, &message)))
        };
        let is_alone = plan.tasks.len() == 1 && hunt.left_out.is_empty();
        if is_alone || self.site.config.culprit_runs == 0 {
            return refuse("");
        }
        let search = self.search(plan, asked, hunt)?;
        let (place, is_owner) = match search.blame() {
            Blame::Task(place) => (place, false),
            Blame::Owner(place) => (place, true),
            Blame::Branch => return refuse(": the branch as it is does not pass it"),
            Blame::Nobody => return refuse("; asked again it said otherwise: it is flaky, and nobody is blamed"),
            Blame::Unknown => return refuse(&unknown(plan, &search, hunt.runs)),
        };
        let mut culprit = Culprit { place, is_owner, alone: (place == 1).then_some(true) };
        let id = plan.tasks[place - 1].spec.id.clone();
        hunt.culprits.push(id.clone());
        if plan.wish.culprits == Culprits::Evict {
            hunt.left_out.push(Refusal::new(&id, RefusalKind::Check, culprit.words(&asked.command)));
            hunt.fine = (!is_owner).then(|| (asked.command.clone(), place - 1));
            return Ok(Ruling::LeaveOut(place - 1));
        }
        if culprit.alone.is_none() {
            culprit.alone = self.breaks_alone(plan, place - 1, asked, hunt)?;
        }
        let others = format!("is held up: `{id}` breaks the check `{}`", asked.command);
        let mut refused = refuse_all(plan, RefusalKind::Check, &others);
        // The one comes first, so that the others stand together.
        refused[..place].rotate_right(1);
        refused[0].message = culprit.words(&asked.command);
        Ok(Ruling::Refuse(refused))
    }

    fn search(&self, plan: &landing::Plan, asked: &Asked, hunt: &mut Hunt<'_>) -> Result<CulpritSearch, Error> {
        let left = self.site.config.culprit_runs.saturating_sub(hunt.runs);
        let mut search = CulpritSearch::new(plan.tasks.len(), left);
        if asked.owners > 0 {
            search = search.of_task(asked.task + 1, asked.owners == 1);
        }
        if let Some((_, tasks)) = hunt.fine.as_ref().filter(|(command, _)| *command == asked.command) {
            search = search.starting_at(*tasks);
        }
        let Some(joined) = joined(plan) else { return Ok(search) };
        while let Some(probe) = search.probe() {
            hunt.announce(asked, search.suspects().count());
            let said = joined.ask(&self.site, asked, plan.commit_with(probe.prefix), probe.anew)?;
            search.told(said.yes, said.runs);
            hunt.hear(said);
        }
        Ok(search)
    }

    /// Tells whether a task breaks a check on the branch alone; `None` where it cannot land there alone, or no run is left to ask.
    fn breaks_alone(&self, plan: &landing::Plan, task: usize, asked: &Asked, hunt: &mut Hunt<'_>) -> Result<Option<bool>, Error> {
        if hunt.runs >= self.site.config.culprit_runs {
            return Ok(None);
        }
        let ids = vec![plan.tasks[task].uid().to_string()];
        let alone = landing::plan(&self.site, &LandWish { ids, push: false, ..plan.wish.clone() })?;
        let (Some(tip), Some(joined)) = (alone.tip, joined(plan)) else { return Ok(None) };
        if alone.target.start != plan.target.start {
            return Ok(None);
        }
        self.bring_in(&alone)?;
        hunt.announce(asked, 1);
        let said = joined.ask(&self.site, asked, tip, false)?;
        let breaks = !said.yes;
        hunt.hear(said);
        Ok(Some(breaks))
    }
}

impl<'t> Hunt<'t> {
    pub(super) fn new(tell: &'t mut dyn FnMut(&Asking)) -> Self {
        Self { culprits: vec![], left_out: vec![], runs: 0, fine: None, notes: vec![], tell }
    }

    /// Adds who is to blame to the answer.
    pub(super) fn add_to(self, mut landing: Landing) -> Landing {
        landing.refused.splice(0..0, self.left_out);
        landing.culprits = self.culprits;
        landing.notes.extend(self.notes);
        landing
    }

    fn announce(&mut self, asked: &Asked, suspects: usize) {
        (self.tell)(&Asking::Culprit { command: asked.command.clone(), suspects, runs: self.runs });
    }

    /// Tells how far the checks of all that is to land are.
    pub(super) fn count(&mut self, done: usize, all: usize) {
        (self.tell)(&Asking::Joined { done, all });
    }

    fn hear(&mut self, said: Said) {
        self.runs += said.runs;
        self.notes.extend(said.note.filter(|note| !self.notes.contains(note)));
    }
}

impl Culprit {
    /// Why it is refused: a fragment that follows its name.
    fn words(&self, check: &str) -> String {
        let what = if self.is_owner { "does not pass its own check" } else { "breaks the check" };
        let how = match (self.alone, self.is_owner) {
            (Some(_), _) if self.place == 1 => " on the branch alone",
            (None, _) => " on top of what lands before it",
            (Some(true), false) => " on top of what lands before it, and alone on the branch too",
            (Some(true), true) => " on top of what lands before it, nor alone on the branch",
            (Some(false), false) => " on top of what lands before it; alone on the branch it does not",
            (Some(false), true) => " on top of what lands before it; alone on the branch it does",
        };
        format!("{what} `{check}`{how}")
    }
}

/// How far a search came whose runs are used up.
fn unknown(plan: &landing::Plan, search: &CulpritSearch, runs: u32) -> String {
    let name = |place: &usize| &plan.tasks[place - 1].spec.id;
    let (suspects, runs) = (search.suspects(), if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") });
    let where_to = match suspects.clone().count() {
        1 => format!("at `{}`, before that was sure", name(suspects.end())),
        some => format!("among {some} tasks, from `{}` to `{}`", name(suspects.start()), name(suspects.end())),
    };
    format!("; the search for who breaks it ended after {runs} (takeback.culpritRuns) {where_to}")
}
