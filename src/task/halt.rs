//! When a batch stops starting tasks: GNU parallel's `--halt`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `now` or `soon`, and how many ends of which kind bring it about: `soon,fail=3`, `now,fail=10%`, `soon,success=1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Halt {
    /// Whether what runs is ended too.
    pub(crate) now: bool,
    /// What is counted.
    pub(crate) ends: Ends,
    /// How many.
    pub(crate) limit: Limit,
}

/// Which ends are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    Fail,
    Success,
    Done,
}

/// How many ends are enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Number(u32),
    /// Of all tasks of the batch.
    Percent(u32),
}

/// The text is not of that form.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not of the form now|soon,fail|success|done=N|N%")]
pub struct BadHalt(String);

/// How many tasks of a batch have ended, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) failed: u32,
    pub(crate) succeeded: u32,
    pub(crate) all: u32,
}

impl Halt {
    /// Tells whether so many ends bring it about.
    pub(crate) fn is_due(&self, ended: Ended) -> bool {
        let count = match self.ends {
            Ends::Fail => ended.failed,
            Ends::Success => ended.succeeded,
            Ends::Done => ended.failed + ended.succeeded,
        };
        match self.limit {
            Limit::Number(number) => count >= number,
            // As GNU parallel has it: never before three have ended so, unless there are fewer.
            Limit::Percent(percent) => {
                count >= ended.all.min(3) && u64::from(count) * 100 >= u64::from(percent) * u64::from(ended.all)
            }
        }
    }
}

impl FromStr for Halt {
    type Err = BadHalt;

    fn from_str(text: &str) -> Result<Self, BadHalt> {
        parse(text).ok_or_else(|| BadHalt(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Halt> {
    let (when, rest) = text.split_once(',')?;
    let (what, number) = rest.split_once('=')?;
    let now = match when {
        "now" => true,
        "soon" => false,
        _ => return None,
    };
    let ends = match what {
        "fail" => Ends::Fail,
        "success" => Ends::Success,
        "done" => Ends::Done,
        _ => return None,
    };
    let limit = match number.strip_suffix('%') {
        Some(percent) => Limit::Percent(percent.parse().ok().filter(|n| (1..=100).contains(n))?),
        None => Limit::Number(number.parse().ok().filter(|n| *n > 0)?),
    };
    Some(Halt { now, ends, limit })
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.now { "now" } else { "soon" };
        let what = match self.ends {
            Ends::Fail => "fail",
            Ends::Success => "success",
            Ends::Done => "done",
        };
        match self.limit {
            Limit::Number(number) => write!(f, "{when},{what}={number}"),
            Limit::Percent(percent) => write!(f, "{when},{what}={percent}%"),
        }
    }
}

impl TryFrom<String> for Halt {
    type Error = BadHalt;

    fn try_from(text: String) -> Result<Self, BadHalt> {
        text.parse()
    }
}

impl From<Halt> for String {
    fn from(halt: Halt) -> Self {
        halt.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_gnu_parallel_has_it_and_nothing_else_is_taken() {
        for text in ["now,fail=1", "soon,fail=10%", "soon,success=1", "now,done=100%"] {
            assert_eq!(text.parse::<Halt>().unwrap().to_string(), text);
        }
        for bad in ["", "now", "later,fail=1", "soon,fail", "soon,fail=0", "soon,fail=101%", "soon,lost=1", "soon,fail=x"] {
            assert!(bad.parse::<Halt>().is_err(), "{bad}");
        }
    }

    #[test]
    fn so_many_ends_bring_it_about() {
        let ended = |failed, succeeded| Ended { failed, succeeded, all: 50 };
        for (halt, failed, succeeded, due) in [
            ("soon,fail=3", 2, 9, false),
            ("soon,fail=3", 3, 0, true),
            ("soon,fail=10%", 4, 0, false),
            ("soon,fail=10%", 5, 0, true),
            ("soon,fail=1%", 2, 0, false),
            ("soon,success=1", 7, 1, true),
            ("soon,done=20%", 4, 6, true),
        ] {
            assert_eq!(halt.parse::<Halt>().unwrap().is_due(ended(failed, succeeded)), due, "{halt} {failed} {succeeded}");
        }
    }
}
