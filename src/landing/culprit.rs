//! Which of several tasks breaks a check: a search that says what to ask next, and is told. No I/O.
//!
//! Tasks land one after the other, so there is a tree for each number of them: prefix 0 is the branch without any, the last prefix
//! what is to land, and about that the check has said no. Between a yes and a no there is a task with which the answer turns. That one
//! is to blame, also where it breaks the check only together with tasks before it: a search that tries halves apart finds no such pair.
//!
//! ```text
//! floors ─yes─► between ──► the no, anew ─no─► the yes, anew ─yes─► the task
//!    │no           └─ the middle, again and again   └───┬───┘
//!    ▼                                                  └─otherwise─► nobody: the check is flaky
//! the branch itself
//! ```
//!
//! A check that came with a task may say no as long as that task is not there: the first prefix that has it is a floor, too.

use std::ops::RangeInclusive;

/// A search for the task that breaks a check.
#[derive(Clone, Debug)]
pub struct CulpritSearch {
    /// Prefixes about which the check may say yes, the next one last.
    floors: Vec<usize>,
    /// The only task that the check came with, by its place.
    owner: Option<usize>,
    /// The shortest prefix about which it said no, and above which it is not asked.
    bad: usize,
    stage: Stage,
    /// Runs of the check that are left.
    left: u32,
}

/// What is asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// About a prefix that is to say yes.
    Floor(usize),
    /// About the middle between this yes and the no.
    Between(usize),
    /// About the no again; with the yes before it, if there is one.
    Worse(Option<usize>),
    /// About this yes again.
    Better(usize),
    Over(Blame),
}

/// A tree to ask the check about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probe {
    /// How many of the tasks are in it, in the order in which they land.
    pub prefix: usize,
    /// Whether an answer that was given before does not count.
    pub anew: bool,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blame {
    /// The branch fails the check without any of the tasks.
    Branch,
    /// The task at this place, from 1: without it the check says yes, with it no.
    Task(usize),
    /// The task at this place fails the check that it came with, and nobody else did; without it nothing is known.
    Owner(usize),
    /// Asked again the check said otherwise.
    Nobody,
    /// The runs were used up: it is one of [`CulpritSearch::suspects`].
    Unknown,
}

impl CulpritSearch {
    /// Starts a search among so many tasks, of which all together fail the check. It is run so often at most.
    pub fn new(tasks: usize, runs: u32) -> Self {
        Self { floors: vec![], owner: None, bad: tasks, stage: Stage::Floor(0), left: runs }
    }

    /// Says that the check came with a task, by its place, and whether with no other.
    #[must_use]
    pub fn of_task(mut self, first: usize, alone: bool) -> Self {
        if first < self.bad {
            self.floors.insert(0, first);
        }
        self.owner = alone.then_some(first);
        self
    }

    /// Says that a longer prefix was fine when it was last asked.
    #[must_use]
    pub fn starting_at(mut self, prefix: usize) -> Self {
        if 0 < prefix && prefix < self.bad {
            self.floors.push(0);
            self.stage = Stage::Floor(prefix);
        }
        self
    }

    /// What to ask next; `None` when there is nothing more to ask, or to ask with.
    pub fn probe(&self) -> Option<Probe> {
        let (prefix, anew) = match self.stage {
            Stage::Floor(floor) => (floor, false),
            Stage::Between(good) => (good.midpoint(self.bad), false),
            Stage::Worse(_) => (self.bad, true),
            Stage::Better(good) => (good, true),
            Stage::Over(_) => return None,
        };
        (self.left > 0).then_some(Probe { prefix, anew })
    }

    /// Takes the answer to [`Self::probe`], and how often the check was run for it: not at all where it was known.
    pub fn told(&mut self, yes: bool, runs: u32) {
        self.left = self.left.saturating_sub(runs);
        self.stage = match (self.stage, yes) {
            (Stage::Floor(floor), true) => self.above(floor),
            (Stage::Floor(_), false) => self.next_floor(),
            (Stage::Between(good), true) => self.above(good.midpoint(self.bad)),
            (Stage::Between(good), false) => {
                self.bad = good.midpoint(self.bad);
                self.above(good)
            }
            (Stage::Worse(Some(good)), false) => Stage::Better(good),
            (Stage::Worse(None), false) => Stage::Over(Blame::Owner(self.bad)),
            (Stage::Better(_), true) => Stage::Over(Blame::Task(self.bad)),
            (Stage::Worse(_), true) | (Stage::Better(_), false) => Stage::Over(Blame::Nobody),
            (Stage::Over(blame), _) => Stage::Over(blame),
        };
    }

    /// Whom the answers so far blame.
    pub fn blame(&self) -> Blame {
        match self.stage {
            Stage::Over(blame) => blame,
            _ => Blame::Unknown,
        }
    }

    /// The places of those who may be the one, from 1.
    pub fn suspects(&self) -> RangeInclusive<usize> {
        let good = match self.stage {
            Stage::Between(good) | Stage::Worse(Some(good)) | Stage::Better(good) => good,
            Stage::Worse(None) => self.bad - 1,
            Stage::Floor(_) | Stage::Over(_) => 0,
        };
        good + 1..=self.bad
    }

    fn above(&self, good: usize) -> Stage {
        if good + 1 < self.bad { Stage::Between(good) } else { Stage::Worse(Some(good)) }
    }

    fn next_floor(&mut self) -> Stage {
        if let Some(floor) = self.floors.pop() {
            return Stage::Floor(floor);
        }
        match self.owner {
            Some(owner) => {
                self.bad = owner;
                Stage::Worse(None)
            }
            None => Stage::Over(Blame::Branch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goes through a search with what `says` says of a prefix, and returns whom it blames and what was asked.
    fn through(mut search: CulpritSearch, mut says: impl FnMut(Probe) -> bool) -> (CulpritSearch, Vec<Probe>) {
        let mut asked = Vec::new();
        while let Some(probe) = search.probe() {
            asked.push(probe);
            assert!(asked.len() < 100, "it has no end: {asked:?}");
            search.told(says(probe), 1);
        }
        (search, asked)
    }

    fn probe(prefix: usize, anew: bool) -> Probe {
        Probe { prefix, anew }
    }

    /// The runs of a search that finds: the branch, the halvings, and both sides of the culprit anew.
    fn runs(among: usize) -> usize {
        among.next_power_of_two().ilog2() as usize + 3
    }

    #[test]
    fn every_culprit_is_found_at_every_place() {
        for tasks in 1..=40 {
            for culprit in 1..=tasks {
                let (search, asked) = through(CulpritSearch::new(tasks, 99), |p| p.prefix < culprit);
                assert_eq!(search.blame(), Blame::Task(culprit), "{culprit} of {tasks}");
                assert_eq!(asked[0], probe(0, false));
                assert_eq!(asked[asked.len() - 2..], [probe(culprit, true), probe(culprit - 1, true)]);
                assert!(asked.len() <= runs(tasks), "{culprit} of {tasks}: {asked:?}");
                assert!(asked[1..asked.len() - 2].iter().all(|p| 0 < p.prefix && p.prefix < tasks && !p.anew), "{asked:?}");
            }
        }
    }

    #[test]
    fn of_two_that_break_it_only_together_it_is_the_later() {
        for tasks in 2..=20 {
            for later in 2..=tasks {
                for earlier in 1..later {
                    let (search, _) = through(CulpritSearch::new(tasks, 99), |p| !(earlier <= p.prefix && later <= p.prefix));
                    assert_eq!(search.blame(), Blame::Task(later), "{earlier} and {later} of {tasks}");
                }
            }
        }
    }

    #[test]
    fn of_several_culprits_one_is_found_that_turns_a_yes_into_a_no() {
        // Every set of culprits and of tasks that mend what was broken before them.
        for kinds in 0..3_u32.pow(7) {
            let kind = |task: usize| kinds / 3_u32.pow(u32::try_from(task).unwrap() - 1) % 3;
            let fine = |prefix: usize| (1..=prefix).fold(true, |fine, task| [fine, false, true][kind(task) as usize]);
            if fine(7) {
                continue;
            }
            let (search, _) = through(CulpritSearch::new(7, 99), |p| fine(p.prefix));
            let Blame::Task(found) = search.blame() else { panic!("{kinds}: {:?}", search.blame()) };
            assert!(fine(found - 1) && !fine(found), "{kinds}: {found}");
        }
    }

    #[test]
    fn a_branch_that_fails_by_itself_is_not_blamed_on_a_task() {
        for tasks in 1..=9 {
            let (search, asked) = through(CulpritSearch::new(tasks, 99), |_| false);
            assert_eq!((search.blame(), asked), (Blame::Branch, vec![probe(0, false)]));
        }
    }

    #[test]
    fn a_check_that_needs_the_task_it_came_with_is_asked_from_there_on() {
        // It says yes only with its own task, and until the culprit comes.
        for tasks in 1..=20 {
            for own in 1..=tasks {
                for culprit in own + 1..=tasks {
                    let (search, asked) =
                        through(CulpritSearch::new(tasks, 99).of_task(own, true), |p| own <= p.prefix && p.prefix < culprit);
                    assert_eq!(search.blame(), Blame::Task(culprit), "{own}, {culprit} of {tasks}");
                    assert_eq!(asked[..2], [probe(0, false), probe(own, false)]);
                    assert!(asked.iter().skip(1).all(|p| own <= p.prefix), "{asked:?}");
                }
                let (search, asked) = through(CulpritSearch::new(tasks, 99).of_task(own, true), |_| false);
                assert_eq!(search.blame(), Blame::Owner(own), "{own} of {tasks}");
                assert_eq!(asked.last(), Some(&probe(own, true)));
                let (search, _) = through(CulpritSearch::new(tasks, 99).of_task(own, false), |_| false);
                assert_eq!(search.blame(), Blame::Branch, "a check of several says as much of the branch");
            }
        }
    }

    #[test]
    fn a_check_that_contradicts_itself_blames_nobody() {
        for (tasks, culprit) in (2..=20).flat_map(|tasks| (1..=tasks).map(move |culprit| (tasks, culprit))) {
            for lie in [culprit, culprit - 1] {
                let says = |p: Probe| if p.anew && p.prefix == lie { p.prefix >= culprit } else { p.prefix < culprit };
                let (search, asked) = through(CulpritSearch::new(tasks, 99), says);
                assert_eq!((search.blame(), asked.last()), (Blame::Nobody, Some(&probe(lie, true))), "{culprit} of {tasks}");
            }
        }
        let own = CulpritSearch::new(5, 99).of_task(3, true);
        assert_eq!(through(own, |p| p.anew).0.blame(), Blame::Nobody);
    }

    #[test]
    fn no_more_is_asked_than_may_be_and_what_was_found_by_then_is_known() {
        let full = runs(16);
        for left in 0..full {
            let (search, asked) = through(CulpritSearch::new(16, u32::try_from(left).unwrap()), |p| p.prefix < 11);
            assert_eq!((search.blame(), asked.len()), (Blame::Unknown, left));
            assert!(search.suspects().contains(&11));
            let halvings = left.saturating_sub(1).min(4);
            assert_eq!(search.suspects().count(), 16 >> halvings, "{left}");
        }
        let (search, _) = through(CulpritSearch::new(16, u32::try_from(full).unwrap()), |p| p.prefix < 11);
        assert_eq!(search.blame(), Blame::Task(11));
    }

    #[test]
    fn an_answer_that_was_known_costs_nothing() {
        let mut search = CulpritSearch::new(16, 2);
        while let Some(probe) = search.probe() {
            search.told(probe.prefix < 5, u32::from(probe.anew));
        }
        assert_eq!(search.blame(), Blame::Task(5));
    }

    #[test]
    fn a_search_goes_on_from_what_was_fine_and_starts_anew_where_that_is_so_no_more() {
        for fine in 0..=12 {
            for culprit in 1..=12 {
                let (search, asked) = through(CulpritSearch::new(12, 99).starting_at(fine), |p| p.prefix < culprit);
                assert_eq!(search.blame(), Blame::Task(culprit), "{fine}, {culprit}");
                if fine < culprit && fine > 0 {
                    assert!(asked.iter().all(|p| p.prefix >= fine), "{fine}, {culprit}: {asked:?}");
                    assert!(asked.len() <= runs(12 - fine));
                }
            }
        }
        let search = CulpritSearch::new(12, 99).starting_at(6).of_task(2, true);
        let (search, asked) = through(search, |p| 2 <= p.prefix && p.prefix < 4);
        assert_eq!(search.blame(), Blame::Task(4));
        assert_eq!(asked[..3], [probe(6, false), probe(0, false), probe(2, false)]);
    }
}
