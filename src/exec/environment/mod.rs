//! What a task sees of the caller's environment.
//!
//! In two steps, since the worktree is chosen later and by another process: [`take`] leaves out what looks like a secret and what
//! would make git ask or wait, and its outcome is kept in a file that only its user can read; [`Environment::placed`] makes it fit
//! one attempt's worktree.

mod tables;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use tables::{GIT_CONFIG, PATHS, RESERVED, SECRETS, SHELLS_OWN, UNATTENDED};

use crate::sys::fault::Point;
use crate::sys::{command, file};
use crate::task::Text;

/// A whole environment: names with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    variables: BTreeMap<Text, Text>,
}

/// What the caller asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wish<'a> {
    /// Names besides [`SECRETS`] that are withheld.
    pub(crate) withhold: &'a [String],
    /// `--env NAME`: passed, whatever it looks like.
    pub(crate) pass: &'a [Text],
    /// `--env NAME=VALUE`.
    pub(crate) set: &'a [(Text, Text)],
}

/// What was taken of the caller's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// To be kept until the task ends.
    pub(crate) environment: Environment,
    /// Names withheld because they look like a secret's: `--env NAME` passes them.
    pub(crate) withheld: Vec<Text>,
    /// Names asked for by `--env NAME` that the caller does not have.
    pub(crate) missing: Vec<Text>,
}

/// Where an attempt runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The root of the caller's checkout, by every name that variables may use (as typed, resolved).
    pub(crate) main: &'a [PathBuf],
    /// The root of the attempt's worktree.
    pub(crate) worktree: &'a Path,
    /// The folder in it that the command runs in.
    pub(crate) cwd: &'a Path,
}

/// What a task is told of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks<'a> {
    /// `TAKEBACK_TASK`: its id.
    pub(crate) task: &'a str,
    /// `TAKEBACK_ATTEMPT`: 1 for the first.
    pub(crate) attempt: u32,
    /// `TAKEBACK_BASE`: the commit it starts from.
    pub(crate) base: &'a str,
    /// `TAKEBACK_BATCH`: its batch's id.
    pub(crate) batch: Option<&'a str>,
    /// `TAKEBACK_INPUT`: its input in the batch.
    pub(crate) input: Option<&'a OsStr>,
    /// `TAKEBACK_SLOT`: the number among those that run at once.
    pub(crate) slot: Option<u32>,
}

/// An environment cannot be made, kept or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// `--env` names what takeback itself sets.
    #[error("{name} is set by takeback and cannot be given")]
    Reserved {
        /// The variable.
        name: Text,
    },
    /// `--env` names what cannot be a variable.
    #[error("{name:?} is not a variable's name")]
    NotAName {
        /// As it was given.
        name: Text,
    },
    /// Its file cannot be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
    /// Its file holds something else.
    #[error("{path:?} does not hold an environment")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Its file is gone: the task has ended.
    #[error("{path:?} is gone")]
    Gone {
        /// The file.
        path: PathBuf,
    },
}

/// Takes what a task may see of the caller's environment.
///
/// # Errors
///
/// [`Error::Reserved`] and [`Error::NotAName`] for a wish that cannot be granted.
pub(crate) fn take(caller: impl IntoIterator<Item = (OsString, OsString)>, wish: &Wish<'_>) -> Result<Taken, Error> {
    for name in wish.pass.iter().chain(wish.set.iter().map(|(name, _)| name)) {
        check_name(name)?;
    }
    let caller: BTreeMap<Text, Text> = caller.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let mut environment = Environment::default();
    let mut withheld = Vec::new();
    for (name, value) in &caller {
        if wish.pass.contains(name) || wish.set.iter().any(|(set, _)| set == name) || is_left_out(name) {
            continue;
        }
        if looks_secret(name, wish.withhold) {
            withheld.push(name.clone());
        } else {
            environment.variables.insert(name.clone(), value.clone());
        }
    }
    environment.set_unattended();
    let passed = wish.pass.iter().filter_map(|name| caller.get_key_value(name));
    environment.variables.extend(passed.map(|(name, value)| (name.clone(), value.clone())));
    environment.variables.extend(wish.set.iter().cloned());
    let missing = wish.pass.iter().filter(|name| !caller.contains_key(*name)).cloned().collect();
    Ok(Taken { environment, withheld, missing })
}

fn check_name(name: &Text) -> Result<(), Error> {
    let bytes = name.as_os_str().as_bytes();
    if bytes.is_empty() || bytes.iter().any(|b| *b == b'=' || b.is_ascii_whitespace() || b.is_ascii_control()) {
        return Err(Error::NotAName { name: name.clone() });
    }
    let numbered = bytes.starts_with(b"GIT_CONFIG_KEY_") || bytes.starts_with(b"GIT_CONFIG_VALUE_");
    if numbered || RESERVED.iter().any(|reserved| name.as_os_str() == *reserved) {
        return Err(Error::Reserved { name: name.clone() });
    }
    Ok(())
}

/// Tells whether a variable leads somewhere that is not the task's, without being a secret.
fn is_left_out(name: &Text) -> bool {
    let name = name.as_os_str();
    command::is_git_variable(name) || RESERVED.iter().chain(SHELLS_OWN).any(|own| name == *own)
}

fn looks_secret(name: &Text, more: &[String]) -> bool {
    let upper = name.as_os_str().to_ascii_uppercase();
    let mut patterns = SECRETS.iter().copied().chain(more.iter().map(String::as_str));
    patterns.any(|pattern| fits(pattern.to_ascii_uppercase().as_bytes(), upper.as_bytes()))
}

/// Tells whether `name` fits `pattern`, in which `*` is any bytes.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match pattern {
        [] => name.is_empty(),
        [b'*', rest @ ..] => (0..=name.len()).any(|from| fits(rest, &name[from..])),
        [first, rest @ ..] => name.first() == Some(first) && fits(rest, &name[1..]),
    }
}

impl Environment {
    /// Takes this process's own, less what steers git or says where a task is: for a command of the user's that is no task.
    pub(crate) fn own() -> Self {
        let own = std::env::vars_os().map(|(name, value)| (Text::from(name), Text::from(value)));
        Self { variables: own.filter(|(name, _)| !is_left_out(name)).collect() }
    }

    /// All variables, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// A variable's value.
    pub(crate) fn find(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(&Text::from(name)).map(Text::as_os_str)
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Text>) {
        self.variables.insert(name.into(), value.into());
    }

    /// Makes it fit an attempt: what points below the caller's checkout points below the worktree, and the task is told what it is.
    #[must_use]
    pub(crate) fn placed(&self, place: &Place<'_>, marks: &Marks<'_>) -> Self {
        let mut placed = self.clone();
        for (name, value) in &mut placed.variables {
            if holds_paths(name)
                && let Some(moved) = repoint(value, place)
            {
                *value = moved;
            }
        }
        placed.set("PWD", place.cwd);
        placed.set("TAKEBACK_TASK", marks.task);
        placed.set("TAKEBACK_ATTEMPT", marks.attempt.to_string().as_str());
        placed.set("TAKEBACK_BASE", marks.base);
        placed.set("TAKEBACK_WORKTREE", place.worktree);
        let slot = marks.slot.map(|slot| OsString::from(slot.to_string()));
        let perhaps =
            [("TAKEBACK_BATCH", marks.batch.map(OsStr::new)), ("TAKEBACK_INPUT", marks.input), ("TAKEBACK_SLOT", slot.as_deref())];
        for (name, value) in perhaps.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            placed.set(name, value);
        }
        placed
    }

    /// Lets what asks ask, and what pages page: somebody is at the terminal. What `--env` said stays.
    pub(crate) fn attend(&mut self, caller: impl Fn(&str) -> Option<OsString>) {
        for (name, value) in UNATTENDED {
            if self.find(name).is_some_and(|now| now == *value) {
                self.variables.remove(&Text::from(*name));
                self.variables.extend(caller(name).map(|own| (Text::from(*name), own.into())));
            }
        }
    }

    /// Keeps it in a file that only its user can read.
    ///
    /// # Errors
    ///
    /// [`file::Error`] with the path.
    pub(crate) fn save(&self, path: &Path) -> Result<(), Error> {
        let pairs: Vec<_> = self.variables.iter().collect();
        let json = serde_json::to_vec(&pairs).map_err(|source| Error::Format { path: path.to_owned(), source })?;
        Ok(file::replace_private(path, &json, Point::ATTEMPT_ENV)?)
    }

    /// Reads what [`save`](Self::save) kept.
    ///
    /// # Errors
    ///
    /// [`Error::Gone`] where there is no file, [`Error::Format`] where it holds something else.
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        let json = file::read(path)?.ok_or_else(|| Error::Gone { path: path.to_owned() })?;
        let pairs: Vec<(Text, Text)> =
            serde_json::from_slice(&json).map_err(|source| Error::Format { path: path.to_owned(), source })?;
        Ok(Self { variables: pairs.into_iter().collect() })
    }

    fn set_unattended(&mut self) {
        for (name, value) in UNATTENDED {
            self.set(name, *value);
        }
        self.set("GIT_CONFIG_COUNT", GIT_CONFIG.len().to_string().as_str());
        for (n, (key, value)) in GIT_CONFIG.iter().enumerate() {
            self.set(&format!("GIT_CONFIG_KEY_{n}"), *key);
            self.set(&format!("GIT_CONFIG_VALUE_{n}"), *value);
        }
    }
}

fn holds_paths(name: &Text) -> bool {
    let name = name.as_os_str();
    name.as_bytes().ends_with(b"PATH") || PATHS.iter().any(|known| name == *known)
}

/// Moves those parts of a list of paths that lie in the caller's checkout; `None` if there are none.
fn repoint(value: &Text, place: &Place<'_>) -> Option<Text> {
    let mut moved = false;
    let parts = value.as_os_str().as_bytes().split(|byte| *byte == b':').map(|part| {
        let path = Path::new(OsStr::from_bytes(part));
        let mut roots = place.main.iter().filter(|main| main.parent().is_some());
        let inside = roots.find_map(|main| path.strip_prefix(main).ok());
        match inside.filter(|_| !path.starts_with(place.worktree)) {
            Some(rest) if rest.as_os_str().is_empty() => {
                moved = true;
                place.worktree.as_os_str().as_bytes().to_vec()
            }
            Some(rest) => {
                moved = true;
                place.worktree.join(rest).into_os_string().into_vec()
            }
            None => part.to_vec(),
        }
    });
    let value = parts.collect::<Vec<_>>().join(&b':');
    moved.then(|| OsString::from_vec(value).into())
}
