//! When a batch pauses or stops: values only.
//!
//! | rule | what follows |
//! |---|---|
//! | a command ends with an `--abort-code` | halted |
//! | `--halt` is due | halted |
//! | a failure says that a rate limit was met, or a login has expired | paused, for a while where it passes by itself |
//! | without `--halt`: the first three that end, or five in a row, fail for the same reason | paused |

use std::time::Duration;

use crate::task::{Ended, Halt, Moment, Reason, Record, State};

/// So many at the beginning that fail alike are enough.
const FIRST: usize = 3;
/// So many in a row that fail alike are enough.
const IN_A_ROW: usize = 5;
/// So many that ended well tell how long a task takes.
const MEDIAN_OF: usize = 3;

/// How a task of a batch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// When.
    pub(super) at: Moment,
    /// Why it failed; `None` where it did not.
    pub(super) failure: Option<Failure>,
    /// How long its command ran.
    pub(super) time: Duration,
}

/// What failures are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// Why.
    pub(super) reason: Reason,
    /// With which exit code, where it is one.
    pub(super) code: Option<i32>,
    /// At which check, where it is one.
    pub(super) check: Option<usize>,
}

/// What a batch is told by a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No more tasks, until somebody says so.
    Pause(String),
    /// No more tasks; those that run are ended too where `now` is true.
    Halt { why: String, now: bool },
}

impl Outcome {
    /// How an attempt ended, by its record; `None` where it is not over, or is to be tried again.
    pub(super) fn of(record: &Record, state: State) -> Option<Self> {
        let at = record.finished_at.filter(|_| state.is_over() && !record.again)?;
        let reason = record.reason.filter(|reason| record.state == State::Failed && *reason != Reason::Skipped);
        let failure = reason.map(|reason| Failure {
            reason,
            code: record.exit.and_then(|exit| exit.code).filter(|_| reason == Reason::Exit),
            check: record.checks.iter().position(|run| !run.passed()),
        });
        let time = record.started_at.map(|started| at.since(started)).unwrap_or_default();
        Some(Self { at, failure, time })
    }
}

/// Holds a batch's ends, in their order, against its rules. `all` is how many tasks it has.
pub(super) fn judge(outcomes: &[Outcome], all: usize, halt: Option<Halt>, abort_codes: &[i32]) -> Option<Verdict> {
    let failures = || outcomes.iter().filter_map(|outcome| outcome.failure);
    let aborts = |failure: Failure| failure.code.filter(|code| abort_codes.contains(code));
    if let Some(code) = failures().find_map(aborts) {
        return Some(Verdict::Halt { why: format!("a task ended with exit code {code} (--abort-code)"), now: false });
    }
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let failed = failures().count();
    if let Some(halt) = halt {
        let ended = Ended { failed: number(failed), succeeded: number(outcomes.len() - failed), all: number(all) };
        return halt.is_due(ended).then(|| Verdict::Halt { why: format!("--halt {halt}"), now: halt.now });
    }
    let alike = |ends: &[Outcome]| {
        let first = ends.first()?.failure?;
        ends.iter().all(|end| end.failure == Some(first)).then_some(first)
    };
    if let Some(failure) = outcomes.get(..FIRST).and_then(alike) {
        return Some(Verdict::Pause(format!("the first {FIRST} that ended failed alike: {}", words(failure))));
    }
    let last = outcomes.len().checked_sub(IN_A_ROW).and_then(|from| alike(&outcomes[from..]));
    last.map(|failure| Verdict::Pause(format!("{IN_A_ROW} in a row failed alike: {}", words(failure))))
}

fn words(failure: Failure) -> String {
    match failure {
        Failure { code: Some(code), .. } => format!("exit code {code}"),
        Failure { check: Some(check), .. } => format!("check {} said no", check + 1),
        Failure { reason, .. } => reason.word().to_owned(),
    }
}

/// The limit that so many percent of the median come to; `None` before enough tasks have ended well.
pub(super) fn timeout(outcomes: &[Outcome], percent: u32) -> Option<Duration> {
    let mut times: Vec<_> = outcomes.iter().filter(|outcome| outcome.failure.is_none()).map(|outcome| outcome.time).collect();
    if times.len() < MEDIAN_OF {
        return None;
    }
    times.sort_unstable();
    let limit = times[times.len() / 2].mul_f64(f64::from(percent) / 100.0);
    // What takes no time at all would be ended by a machine that is busy for a moment.
    Some(limit.max(Duration::from_secs(1)))
}

/// How long a failed attempt is let rest before the next one: longer each time.
pub(super) fn rest(retry: u32) -> Duration {
    const LONGEST: Duration = Duration::from_secs(300);
    Duration::from_secs(1_u64.checked_shl(retry).unwrap_or(u64::MAX)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(failure: Option<(Reason, Option<i32>)>) -> Outcome {
        let at = serde_json::from_str("\"2026-01-02T03:04:05Z\"").unwrap();
        let failure = failure.map(|(reason, code)| Failure { reason, code, check: None });
        Outcome { at, failure, time: Duration::from_secs(1) }
    }

    fn ends(text: &str) -> Vec<Outcome> {
        let end = |c: char| match c {
            '.' => outcome(None),
            't' => outcome(Some((Reason::Timeout, None))),
            digit => outcome(Some((Reason::Exit, digit.to_digit(10).map(u32::cast_signed)))),
        };
        text.chars().map(end).collect()
    }

    #[test]
    fn failures_that_are_alike_make_a_batch_pause_at_the_beginning_or_in_a_row() {
        for (text, pauses) in [
            ("11", false),
            ("111", true),
            ("112", false),
            (".11111", true),
            (".1111", false),
            (".1111t", false),
            (".11.111", false),
            ("12ttttt", true),
        ] {
            let verdict = judge(&ends(text), 50, None, &[]);
            assert_eq!(matches!(verdict, Some(Verdict::Pause(_))), pauses, "{text} {verdict:?}");
        }
    }

    #[test]
    fn a_halt_that_is_asked_for_is_the_only_rule_beside_an_abort_code() {
        let halt = Some("now,fail=4".parse().unwrap());
        assert_eq!(judge(&ends("111"), 50, halt, &[]), None);
        assert!(matches!(judge(&ends("1111"), 50, halt, &[]), Some(Verdict::Halt { now: true, .. })));
        assert!(matches!(judge(&ends(".7"), 50, halt, &[7]), Some(Verdict::Halt { now: false, .. })));
    }

    #[test]
    fn the_limit_follows_the_median_once_three_have_ended_well() {
        assert_eq!(timeout(&ends("..1"), 300), None);
        assert_eq!(timeout(&ends("...1"), 300), Some(Duration::from_secs(3)));
    }

    #[test]
    fn each_rest_is_longer_up_to_five_minutes() {
        let rests: Vec<_> = [0, 1, 2, 9, 70].map(|n| rest(n).as_secs()).to_vec();
        assert_eq!(rests, [1, 2, 4, 300, 300]);
    }
}
