//! When a command is stopped: a pure clock over the moments it is told.

use std::time::{Duration, Instant};

use crate::task::Limits;

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// It ran for as long as it may.
    Timeout,
    /// It wrote nothing for as long as it may.
    Idle,
}

/// Compares a run with its limits. `Instant` stands still while the machine is suspended (Linux: `CLOCK_MONOTONIC`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    limits: Limits,
    started: Instant,
    last_output: Instant,
}

impl Clock {
    /// Starts the clock.
    pub(crate) fn start(limits: Limits, now: Instant) -> Self {
        Self { limits, started: now, last_output: now }
    }

    /// Notes that the command wrote something.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.last_output = now;
    }

    /// The limit that is reached, if one is.
    pub(crate) fn reached(&self, now: Instant) -> Option<Reached> {
        let is_over = |since: Instant, limit: Option<Duration>| limit.is_some_and(|limit| now.duration_since(since) >= limit);
        if is_over(self.started, self.limits.timeout) {
            Some(Reached::Timeout)
        } else if is_over(self.last_output, self.limits.idle) {
            Some(Reached::Idle)
        } else {
            None
        }
    }

    /// The time until a limit can be reached, if nothing is written; `None` if there is no limit.
    pub(crate) fn remaining(&self, now: Instant) -> Option<Duration> {
        let until = |since: Instant, limit: Option<Duration>| Some(limit?.saturating_sub(now.duration_since(since)));
        let both = [until(self.started, self.limits.timeout), until(self.last_output, self.limits.idle)];
        both.into_iter().flatten().min()
    }

    /// The time since the start.
    pub(crate) fn elapsed(&self, now: Instant) -> Duration {
        now.duration_since(self.started)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_reached_in_its_own_time() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let limit = |seconds| Some(Duration::from_secs(seconds));
        let rows = [
            (None, None, 1_000_000, None, None),
            (limit(10), None, 9, None, limit(1)),
            (limit(10), None, 10, Some(Reached::Timeout), limit(0)),
            (None, limit(5), 7, None, limit(1)),
            (None, limit(5), 8, Some(Reached::Idle), limit(0)),
            (limit(8), limit(5), 8, Some(Reached::Timeout), limit(0)),
            (limit(60), limit(5), 9, Some(Reached::Idle), limit(0)),
        ];
        for (timeout, idle, now, reached, remaining) in rows {
            let mut clock = Clock::start(Limits { timeout, idle }, start);
            clock.heard(at(3));
            assert_eq!(clock.reached(at(now)), reached, "{timeout:?} {idle:?} {now}");
            assert_eq!(clock.remaining(at(now)), remaining, "{timeout:?} {idle:?} {now}");
        }
    }
}
