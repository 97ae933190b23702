//! What a task is asked to do: written once, by `run`, and never changed.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Absent, Bring, Member, Moment, RepoPath, Text};
use crate::id::{CommitId, Name, Uid};

/// A task as it was handed off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// Its place on disk and in refs.
    pub(crate) uid: Uid,
    /// What people call it.
    pub(crate) id: Name,
    /// What is run.
    pub(crate) command: Command,
    /// The commit it starts from.
    pub(crate) base: CommitId,
    /// The task's branch, as `refs/heads/…`.
    pub(crate) branch: String,
    /// The branch that was checked out at hand-off, as `refs/heads/…`: where it lands unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// The folder it runs in.
    #[serde(default)]
    pub(crate) cwd: RepoPath,
    /// Shell command lines that judge the result, in order.
    #[serde(default)]
    pub(crate) checks: Vec<String>,
    /// Globs, relative to the root, of files that make the checks: a check sees them as they are in the base.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) check_files: Vec<String>,
    /// Its checks find nothing that earlier ones left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) no_check_cache: bool,
    /// Globs, relative to the root, that it may change; empty is everything.
    #[serde(default)]
    pub(crate) only: Vec<String>,
    /// Globs, relative to the root, of ignored files that go into the commit.
    #[serde(default)]
    pub(crate) commit_ignored: Vec<String>,
    /// A shell text run before the command and its checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) setup: Option<String>,
    /// What `--env` asked for.
    #[serde(default)]
    pub(crate) env: Vec<EnvWish>,
    /// What is brought to it and its checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) bring: Vec<Bring>,
    /// The root of the checkout where it was handed off: what is brought is taken from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checkout: Option<Text>,
    /// Paths that its command names and that will not be there, since git ignores them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) absent: Vec<Absent>,
    /// When it is stopped.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// Its command has the caller's terminal.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) interactive: bool,
    /// How often it is tried again if it fails.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) retries: u32,
    /// Who is told when it is over: a command for `sh -c`, or `desktop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notify: Option<String>,
    /// The sandbox level asked for.
    #[serde(default)]
    pub(crate) sandbox: Level,
    /// The batch that it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) batch: Option<Member>,
    /// When it was handed off.
    pub(crate) queued_at: Moment,
}

/// The slot's number in a command of a batch's task: known where it is started.
const SLOT: &str = "{%}";

impl Spec {
    /// The input in its batch, where that is text.
    pub(crate) fn input(&self) -> Option<&str> {
        self.batch.as_ref()?.input.as_os_str().to_str()
    }

    /// The command line as it is started in a slot.
    pub(crate) fn argv_in(&self, slot: u32) -> Vec<Text> {
        let argv = self.command.argv();
        if self.batch.is_none() {
            return argv;
        }
        argv.into_iter().map(|word| word.replaced(SLOT, &slot.to_string())).collect()
    }

    /// A shell line of its as it is started in a slot.
    pub(crate) fn line_in<'l>(&self, slot: u32, line: &'l str) -> Cow<'l, str> {
        if self.batch.is_some() && line.contains(SLOT) { line.replace(SLOT, &slot.to_string()).into() } else { line.into() }
    }
}

/// What a task runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Command {
    /// A program and its arguments; no shell reads them.
    Argv(Vec<Text>),
    /// A text for `sh -c`.
    Shell(String),
}

/// One `--env`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EnvWish {
    /// Pass the caller's variable, though its name looks like a secret's.
    Pass(String),
    /// Set a variable. Its value is kept with the attempt's environment, not here.
    Set(String),
}

/// When a task is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// The longest it may run.
    #[serde(default, with = "millis", rename = "timeout_ms", skip_serializing_if = "Option::is_none")]
    pub(crate) timeout: Option<Duration>,
    /// The longest it may write nothing.
    #[serde(default, with = "millis", rename = "idle_ms", skip_serializing_if = "Option::is_none")]
    pub(crate) idle: Option<Duration>,
}

/// How well a task is kept to its worktree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Level {
    /// The best that the machine gives; what it was is recorded.
    #[default]
    Auto,
    /// Own worktree and own git dir, and nothing that stops a command which means harm.
    None,
}

impl Command {
    /// The command line as a list of words, as a system call takes it.
    pub(crate) fn argv(&self) -> Vec<Text> {
        match self {
            Self::Argv(words) => words.clone(),
            Self::Shell(text) => vec!["sh".into(), "-c".into(), text.as_str().into()],
        }
    }

    /// The word that gives a task its name: the program, or the first word of a shell text.
    pub(crate) fn word(&self) -> String {
        let first = match self {
            Self::Argv(words) => words.first().map(ToString::to_string).unwrap_or_default(),
            Self::Shell(text) => text.split_whitespace().next().unwrap_or_default().to_owned(),
        };
        first.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// The command line as a person would type it.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Shell(text) => text.clone(),
            Self::Argv(words) => {
                let words: Vec<_> = words.iter().map(ToString::to_string).collect();
                shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
            }
        }
    }
}

impl Level {
    /// The word that users and scripts see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::None => "none",
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
pub(super) fn is_zero(number: &u32) -> bool {
    *number == 0
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde's `with` passes a reference to the field")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        value.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(Duration::from_millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_called_like_its_program() {
        assert_eq!(Command::Argv(vec!["/usr/bin/sed".into(), "-i".into()]).word(), "sed");
        assert_eq!(Command::Shell("make -j2 && ls".to_owned()).word(), "make");
    }

    #[test]
    fn a_command_line_is_shown_as_it_could_be_typed() {
        let command = Command::Argv(vec!["sed".into(), "-i".into(), "s/a b/c/".into()]);
        assert_eq!(command.line(), "sed -i 's/a b/c/'");
    }
}
