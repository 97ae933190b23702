//! What keeps tasks from doing well that is none of their fault: a rate limit, or a login that has expired. Told by what a failed
//! command wrote last.
//!
//! The words are those that coding agents and web services use; git config `takeback.rateLimit` and `takeback.loginExpired` add to
//! them. A rate limit passes by itself: where the words say when, that is believed, else the wait is longer each time.

use std::time::Duration;

use regex::bytes::{Regex, RegexBuilder};

use crate::config::Config;

const RATE_LIMIT: &[&str] = &[
    r"rate[ _-]?limit",
    r"too many requests",
    r"(usage|session|weekly|daily|hourly) limit (was |has been )?(reached|exceeded)",
    r"quota (was |has been )?(reached|exceeded|exhausted)",
    r"(http|status|error|code)\W{0,4}(429|529)\b",
    r"overloaded_error",
];
const LOGIN_EXPIRED: &[&str] = &[
    r"not logged in",
    r"please (run \S+ )?log ?in",
    r"(login|session|credentials?|token|key) (has |have )?expired",
    r"authentication[ _](error|failed)",
    r"invalid (x-)?api[ -]key",
    r"(http|status|error|code)\W{0,4}401\b",
];
/// When it is worth trying again, in the service's own words.
const WHEN: &str = r"(?:retry[ -]after|try again in|retry in|resets in|wait)\D{0,4}(\d{1,6})\s*(ms|s|m|h)?";

/// The first wait, where nobody says how long.
const SHORTEST: Duration = Duration::from_secs(300);
/// The longest.
const LONGEST: Duration = Duration::from_secs(3600);

/// What a failed command has met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// A rate limit; how long it lasts, where that was said.
    RateLimit(Option<Duration>),
    /// A login that has expired.
    Login,
}

/// The words by which obstacles are known.
#[derive(Debug)]
pub(super) struct Obstacles {
    rate_limit: Vec<Regex>,
    login: Vec<Regex>,
    when: Option<Regex>,
}

impl Obstacles {
    /// Makes the words ready, the configured ones too. Those were tried when the configuration was read.
    pub(super) fn new(config: &Config) -> Self {
        let compile = |expression: &str| RegexBuilder::new(expression).case_insensitive(true).build().ok();
        let all = |own: &[&str], more: &[String]| {
            own.iter().copied().chain(more.iter().map(String::as_str)).filter_map(compile).collect()
        };
        Self {
            rate_limit: all(RATE_LIMIT, &config.rate_limit),
            login: all(LOGIN_EXPIRED, &config.login_expired),
            when: compile(WHEN),
        }
    }

    /// Finds what a failed command has met, in the end of what it wrote.
    pub(super) fn find(&self, tail: &[u8]) -> Option<Obstacle> {
        if self.rate_limit.iter().any(|words| words.is_match(tail)) {
            return Some(Obstacle::RateLimit(self.wait(tail)));
        }
        self.login.iter().any(|words| words.is_match(tail)).then_some(Obstacle::Login)
    }

    fn wait(&self, tail: &[u8]) -> Option<Duration> {
        let found = self.when.as_ref()?.captures_iter(tail).last()?;
        let number: u64 = std::str::from_utf8(found.get(1)?.as_bytes()).ok()?.parse().ok()?;
        let unit = found.get(2).map_or(&b"s"[..], |unit| unit.as_bytes());
        Some(match unit.first().map(u8::to_ascii_lowercase) {
            Some(b'h') => Duration::from_secs(number * 3600),
            Some(b'm') if unit.len() == 2 => Duration::from_millis(number),
            Some(b'm') => Duration::from_secs(number * 60),
            _ => Duration::from_secs(number),
        })
    }
}

impl Obstacle {
    /// How long to wait, the n-th time in a row from 0; `None` where it does not pass by itself.
    pub(super) fn rest(&self, n: u32) -> Option<Duration> {
        match self {
            Self::RateLimit(Some(said)) => Some(*said),
            Self::RateLimit(None) => Some(SHORTEST.saturating_mul(1 << n.min(8)).min(LONGEST)),
            Self::Login => None,
        }
    }

    /// What has happened, for people.
    pub(super) fn words(&self, task: &str) -> String {
        match self {
            Self::RateLimit(_) => format!("{task} met a rate limit"),
            Self::Login => format!("{task} needs a login: log in where it runs, then go on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn obstacles(more: &[&str]) -> Obstacles {
        let folder = tempfile::tempdir().unwrap();
        let repo = git2::Repository::init(folder.path()).unwrap();
        let mut config = repo.config().unwrap();
        for (n, words) in more.iter().enumerate() {
            config.set_multivar("takeback.rateLimit", &format!("^{n}$"), words).unwrap();
        }
        Obstacles::new(&Config::load(&repo).unwrap())
    }

    #[test]
    fn the_words_of_services_are_known_and_plain_failures_are_none() {
        use Obstacle::{Login, RateLimit};
        let all = obstacles(&["slow down"]);
        let limit = |secs| Some(RateLimit(Some(Duration::from_secs(secs))));
        for (text, found) in [
            ("Error: 429 Too Many Requests, retry-after: 30", limit(30)),
            ("rate_limit_error: try again in 2m", limit(120)),
            ("Usage limit reached. Resets in 3 h", limit(10_800)),
            ("API Error: status 529", Some(RateLimit(None))),
            ("please SLOW DOWN", Some(RateLimit(None))),
            ("{\"error\":{\"type\":\"authentication_error\"}}", Some(Login)),
            ("Not logged in. Please run /login", Some(Login)),
            ("HTTP 401", Some(Login)),
            ("line 429: expected 401 rows", None),
            ("AssertionError: 3 != 4", None),
        ] {
            assert_eq!(all.find(text.as_bytes()), found, "{text}");
        }
    }

    #[test]
    fn a_limit_that_says_nothing_is_waited_for_longer_each_time_and_a_login_is_not_waited_for() {
        let secs = |n| Obstacle::RateLimit(None).rest(n).map(|rest| rest.as_secs());
        assert_eq!([secs(0), secs(1), secs(2), secs(9)], [Some(300), Some(600), Some(1200), Some(3600)]);
        assert_eq!(Obstacle::RateLimit(Some(Duration::from_secs(7))).rest(5), Some(Duration::from_secs(7)));
        assert_eq!(Obstacle::Login.rest(0), None);
    }
}
