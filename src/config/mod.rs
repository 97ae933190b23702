//! Configuration: read from git config, one table of keys.

use std::time::Duration;

use git2::Repository;

use crate::task::{Shape, Trailers};

/// A key that takeback reads.
pub(crate) struct Key {
    /// Its full name in git config.
    pub(crate) name: &'static str,
    /// What holds where it is not set.
    pub(crate) default: &'static str,
    /// What it does.
    pub(crate) meaning: &'static str,
}

/// Every key, in the order in which help shows them.
pub(crate) const KEYS: &[Key] = &[
    Key { name: "takeback.branchPrefix", default: "takeback", meaning: "tasks' branches are <prefix>/<task>" },
    Key { name: "takeback.stateDir", default: "", meaning: "folder for worktrees, outside the repository" },
    Key { name: "takeback.timeout", default: "1h", meaning: "longest run of a task that says nothing else" },
    Key { name: "takeback.notify", default: "", meaning: "who is told when a task is over: desktop, or a command for sh -c" },
    Key { name: "takeback.withhold", default: "", meaning: "further names (with *) of variables a task does not see; repeatable" },
    Key { name: "takeback.maxOutputs", default: "2g", meaning: "bytes of ignored files kept for each attempt" },
    Key { name: "takeback.maxFile", default: "100m", meaning: "largest new file that goes into a commit without being named" },
    Key {
        name: "takeback.checkRetries",
        default: "1",
        meaning: "how often a check that says no is asked again about the same tree",
    },
    Key {
        name: "takeback.checkCache",
        default: "",
        meaning: "ignored folders (globs) that stay in a check's worktree for the next check; repeatable",
    },
    Key {
        name: "takeback.culpritRuns",
        default: "200",
        meaning: "most check runs to find out which of several tasks breaks a landing's check; 0: it is not looked for",
    },
    Key { name: "takeback.maxQuarantine", default: "2g", meaning: "largest private git dir that is taken over" },
    Key { name: "takeback.landingShape", default: "merge", meaning: "a landing's commits: merge, linear or squash" },
    Key {
        name: "takeback.landingTrailers",
        default: "id",
        meaning: "what they say of the task: all (its command and checks too), id or none",
    },
    Key {
        name: "takeback.landProtected",
        default: "",
        meaning: "branches (with *) that are landed on with --force alone; repeatable",
    },
    Key {
        name: "takeback.rateLimit",
        default: "",
        meaning: "further regular expressions: a failed task of a batch that ends with such words makes it pause for a while; repeatable",
    },
    Key {
        name: "takeback.loginExpired",
        default: "",
        meaning: "further regular expressions: a failed task of a batch that ends with such words makes it pause; repeatable",
    },
    Key {
        name: "takeback.gatherPacks",
        default: "50",
        meaning: "packs that lie in the repository before a batch at work has git join the small ones; 0 is never",
    },
    Key { name: "takeback.bring", default: "", meaning: "paths brought to every task, as by --bring; repeatable" },
    Key { name: "takeback.bringMaxCopy", default: "2g", meaning: "most bytes that --bring copies where they cannot be shared" },
];

/// The values that hold for a repository.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// `takeback.branchPrefix`.
    pub(crate) branch_prefix: String,
    /// `takeback.stateDir`, unexpanded.
    pub(crate) state_dir: Option<String>,
    /// `takeback.timeout`.
    pub(crate) timeout: Duration,
    /// `takeback.notify`.
    pub(crate) notify: Option<String>,
    /// `takeback.withhold`, all of them.
    pub(crate) withhold: Vec<String>,
    /// `takeback.checkRetries`.
    pub(crate) check_retries: u32,
    /// `takeback.culpritRuns`.
    pub(crate) culprit_runs: u32,
    /// `takeback.checkCache`, all of them.
    pub(crate) check_cache: Vec<String>,
    /// `takeback.maxOutputs`.
    pub(crate) max_outputs_bytes: u64,
    /// `takeback.maxFile`.
    pub(crate) max_file_bytes: u64,
    /// `takeback.maxQuarantine`.
    pub(crate) max_quarantine_bytes: u64,
    /// `takeback.landingShape`.
    pub(crate) landing_shape: Shape,
    /// `takeback.landingTrailers`.
    pub(crate) landing_trailers: Trailers,
    /// `takeback.landProtected`, all of them.
    pub(crate) land_protected: Vec<String>,
    /// `takeback.rateLimit`, all of them.
    pub(crate) rate_limit: Vec<String>,
    /// `takeback.loginExpired`, all of them.
    pub(crate) login_expired: Vec<String>,
    /// `takeback.gatherPacks`.
    pub(crate) gather_packs: u32,
    /// `takeback.bring`, all of them.
    pub(crate) bring: Vec<String>,
    /// `takeback.bringMaxCopy`.
    pub(crate) bring_max_copy_bytes: u64,
}

/// A value cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It is not of the key's form.
    #[error("{key} = `{value}` is not {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// What it is set to.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Git's configuration files are unreadable.
    #[error("cannot read git's configuration")]
    Git(#[source] git2::Error),
}

impl Config {
    /// Reads every key of the table.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] for a value that is not of its key's form.
    pub(crate) fn load(repo: &Repository) -> Result<Self, Error> {
        let git = repo.config().and_then(|mut c| c.snapshot()).map_err(Error::Git)?;
        let text = |name: &'static str| git.get_string(name).unwrap_or_else(|_| default(name).to_owned());
        let size = |name: &'static str| {
            let value = text(name);
            parse_size(&value).ok_or(Error::Value { key: name, value, expected: "a size such as 500m or 2g" })
        };
        let timeout = text("takeback.timeout");
        let (shape, trailers) = (text("takeback.landingShape"), text("takeback.landingTrailers"));
        Ok(Self {
            branch_prefix: branch_prefix(text("takeback.branchPrefix"))?,
            state_dir: Some(text("takeback.stateDir")).filter(|t| !t.is_empty()),
            timeout: parse_duration(&timeout).ok_or(Error::Value {
                key: "takeback.timeout",
                value: timeout,
                expected: "a duration such as 90s, 15m or 2h",
            })?,
            notify: Some(text("takeback.notify")).filter(|t| !t.is_empty()),
            withhold: all_values(&git, "takeback.withhold"),
            check_retries: number("takeback.checkRetries", text("takeback.checkRetries"))?,
            culprit_runs: number("takeback.culpritRuns", text("takeback.culpritRuns"))?,
            check_cache: folders(&git, "takeback.checkCache")?,
            max_outputs_bytes: size("takeback.maxOutputs")?,
            max_file_bytes: size("takeback.maxFile")?,
            max_quarantine_bytes: size("takeback.maxQuarantine")?,
            landing_shape: Shape::of_word(&shape).ok_or(Error::Value {
                key: "takeback.landingShape",
                value: shape,
                expected: "merge, linear or squash",
            })?,
            landing_trailers: Trailers::of_word(&trailers).ok_or(Error::Value {
                key: "takeback.landingTrailers",
                value: trailers,
                expected: "all, id or none",
            })?,
            land_protected: globs(&git, "takeback.landProtected")?,
            rate_limit: expressions(&git, "takeback.rateLimit")?,
            login_expired: expressions(&git, "takeback.loginExpired")?,
            gather_packs: number("takeback.gatherPacks", text("takeback.gatherPacks"))?,
            bring: all_values(&git, "takeback.bring"),
            bring_max_copy_bytes: size("takeback.bringMaxCopy")?,
        })
    }
}

/// Reads what each key of the table is set to here, or its default; nothing where it has neither.
///
/// # Errors
///
/// [`Error::Git`] if git's configuration files are unreadable.
pub(crate) fn values(repo: &Repository) -> Result<Vec<(&'static Key, Vec<String>)>, Error> {
    let git = repo.config().and_then(|mut c| c.snapshot()).map_err(Error::Git)?;
    let value = |key: &'static Key| {
        let mut set = all_values(&git, key.name);
        if set.is_empty() && !key.default.is_empty() {
            set.push(key.default.to_owned());
        }
        (key, set)
    };
    Ok(KEYS.iter().map(value).collect())
}

fn default(name: &str) -> &'static str {
    KEYS.iter().find(|k| k.name == name).map_or("", |k| k.default)
}

/// Globs of folders below the root; an empty one forgets those before it, as git has it for lists.
fn folders(git: &git2::Config, key: &'static str) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for value in all_values(git, key) {
        let is_below = value.split('/').all(|part| !matches!(part, "" | "." | ".." | ".git"));
        if value.is_empty() {
            found.clear();
        } else if is_below && globset::Glob::new(&value).is_ok() {
            found.push(value);
        } else {
            return Err(Error::Value { key, value, expected: "a folder below the root, such as target or web/node_modules" });
        }
    }
    Ok(found)
}

fn number(key: &'static str, value: String) -> Result<u32, Error> {
    value.trim().parse().map_err(|_| Error::Value { key, value, expected: "a number" })
}

fn branch_prefix(value: String) -> Result<String, Error> {
    if git2::Reference::is_valid_name(&format!("refs/heads/{value}/x")) {
        Ok(value)
    } else {
        Err(Error::Value { key: "takeback.branchPrefix", value, expected: "the first part of a branch name" })
    }
}

fn globs(git: &git2::Config, key: &'static str) -> Result<Vec<String>, Error> {
    let globs = all_values(git, key);
    match globs.iter().find(|glob| globset::Glob::new(glob).is_err()) {
        Some(bad) => Err(Error::Value { key, value: bad.clone(), expected: "a glob such as main or release/*" }),
        None => Ok(globs),
    }
}

fn expressions(git: &git2::Config, key: &'static str) -> Result<Vec<String>, Error> {
    let expressions = all_values(git, key);
    match expressions.iter().find(|expression| regex::bytes::Regex::new(expression).is_err()) {
        Some(bad) => Err(Error::Value { key, value: bad.clone(), expected: "a regular expression such as `slow down`" }),
        None => Ok(expressions),
    }
}

fn all_values(git: &git2::Config, name: &str) -> Vec<String> {
    let mut values = Vec::new();
    if let Ok(entries) = git.multivar(name, None) {
        drop(entries.for_each(|entry| values.extend(entry.value().ok().map(ToOwned::to_owned))));
    }
    values
}

/// Reads `90s`, `15m`, `2h`, `1h 30m`, or a plain number of seconds.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let span: jiff::SignedDuration = text.trim().parse().ok()?;
    Duration::try_from(span).ok().filter(|d| !d.is_zero())
}

/// Reads a number of bytes with git's suffixes `k`, `m`, `g`, which are powers of 1024.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, factor) = match text.chars().last()?.to_ascii_lowercase() {
        'k' => (&text[..text.len() - 1], 1 << 10),
        'm' => (&text[..text.len() - 1], 1 << 20),
        'g' => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_read_as_people_write_them() {
        assert_eq!(parse_duration("90"), Some(Duration::from_secs(90)));
        assert_eq!(parse_duration("1h 30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse_duration("200ms"), Some(Duration::from_millis(200)));
        for bad in ["", "soon", "-5m", "5 parsecs"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
        assert_eq!(parse_size("2g"), Some(2 << 30));
        assert_eq!(parse_size("17"), Some(17));
        assert_eq!(parse_size("g"), None);
    }
}
