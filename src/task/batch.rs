//! A batch: the same task over many inputs.
//!
//! A batch has templates, the last of which holds, and inputs, each made into a task by one of them. Both only ever grow: what is asked
//! for again with other words is a revision, with a new template and new inputs behind the old ones, which retire. A task keeps its
//! number and its uid for ever.

use serde::{Deserialize, Serialize};

use super::placeholder::Filling;
use super::{Command, Halt, Spec, Text};
use crate::id::{Name, Uid};

/// A batch as it was handed off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Batch {
    /// Its place on disk.
    pub(crate) uid: Uid,
    /// What people call it; its tasks are `<id>.1`, `<id>.2` …
    pub(crate) id: Name,
    /// From 1, one more each time that it is asked for otherwise.
    pub(crate) revision: u32,
    /// How it is carried out; not what its tasks do.
    pub(crate) policy: Policy,
    /// What its tasks do.
    pub(crate) templates: Vec<Template>,
    /// What they do it to, in the order of their numbers, which start at 1.
    pub(crate) inputs: Vec<Input>,
}

/// What the tasks of a batch have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Template {
    /// A task with placeholders: in its command, its checks and its scope. Its names are the batch's.
    pub(crate) pattern: Spec,
    /// The names of an input's values; none where it is one value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) columns: Vec<String>,
    /// Variables of the environment whose values have placeholders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) filled_env: Vec<String>,
    /// The columns that these placeholders name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) env_columns: Vec<String>,
    /// By what other values of variables can be told from these: the values themselves may be secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) env_digest: Option<String>,
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    /// The uid of its task.
    pub(crate) uid: Uid,
    /// The place of its template.
    #[serde(default, rename = "t", skip_serializing_if = "is_first")]
    pub(crate) template: usize,
    /// One value, or one for each column.
    #[serde(rename = "v")]
    pub(crate) values: Vec<Text>,
    /// The revision from which on it is none of the batch's any more: others took its place, or it is not asked for.
    #[serde(default, rename = "r", skip_serializing_if = "Option::is_none")]
    pub(crate) retired: Option<u32>,
}

/// How a batch is carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Policy {
    /// How many of its tasks run at once.
    pub(crate) jobs: u32,
    /// When no more of them are started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) halt: Option<Halt>,
    /// The longest one may run, in percent of what those that ended well took in the middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timeout_percent: Option<u32>,
    /// Shell lines that judge the joined tree when it lands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) final_checks: Vec<String>,
    /// Who is told when it is done, has stopped or pauses: a command for `sh -c`, or `desktop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notify: Option<String>,
    /// The options that it was asked for with, as a spec; `None` where they cannot be said in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) spec: Option<String>,
    /// What was answered to a refusal, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) accept: Vec<String>,
}

/// What a task knows of its batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    /// The batch.
    pub(crate) batch: Uid,
    /// What people call that.
    pub(crate) name: Name,
    /// The input, of a row its first column: what `{}` stands for.
    pub(crate) input: Text,
    /// How many of the batch's tasks run at once.
    pub(crate) jobs: u32,
    /// Exit codes by which the command passes its input over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) skip_codes: Vec<i32>,
    /// Exit codes by which the command stops its batch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) abort_codes: Vec<i32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
fn is_first(place: &usize) -> bool {
    *place == 0
}

impl Input {
    /// Makes one that nothing has retired.
    pub(crate) fn new(template: usize, values: Vec<Text>) -> Self {
        Self { uid: Uid::random(), template, values, retired: None }
    }

    /// Tells whether it is the batch's in a revision.
    pub(crate) fn is_in(&self, revision: u32) -> bool {
        self.retired.is_none_or(|retired| retired > revision)
    }
}

impl Batch {
    /// The template that new inputs get.
    ///
    /// # Panics
    ///
    /// If there is none: a batch is made with one.
    pub(crate) fn template(&self) -> &Template {
        match self.templates.last() {
            Some(template) => template,
            None => panic!("BUG: the batch {} has no template", self.id),
        }
    }

    /// The name of the task of an input, by the input's place.
    pub(crate) fn task_name(&self, place: usize) -> Name {
        self.id.member(place + 1)
    }

    /// The task of an input, by the input's place; `None` where there is no such input.
    pub(crate) fn spec(&self, place: usize) -> Option<Spec> {
        let input = self.inputs.get(place)?;
        let Template { pattern, columns, .. } = self.templates.get(input.template)?;
        let number = u32::try_from(place + 1).unwrap_or(u32::MAX);
        let filling = Filling { columns, values: &input.values, number };
        let command = match &pattern.command {
            Command::Argv(words) => Command::Argv(words.iter().map(|word| filling.word(word)).collect()),
            Command::Shell(line) => Command::Shell(filling.shell(line)),
        };
        let member = pattern.batch.as_ref().map(|member| Member {
            input: input.values.first().cloned().unwrap_or_default(),
            jobs: self.policy.jobs,
            ..member.clone()
        });
        Some(Spec {
            uid: input.uid.clone(),
            id: self.task_name(place),
            branch: format!("{}.{}", pattern.branch, place + 1),
            command,
            checks: pattern.checks.iter().map(|line| filling.shell(line)).collect(),
            only: pattern.only.iter().map(|glob| direct(&filling.glob(glob))).collect(),
            batch: member,
            ..pattern.clone()
        })
    }
}

impl Template {
    /// All that a task's content depends on, less its input: two templates with the same text make the same tasks.
    pub(crate) fn content(&self) -> String {
        let pattern = &self.pattern;
        let asked = (
            (&pattern.command, &pattern.cwd, &pattern.checks, &pattern.check_files, &pattern.only, &pattern.commit_ignored),
            (&pattern.setup, &pattern.env, &self.env_digest, &pattern.bring, pattern.no_check_cache, pattern.sandbox),
        );
        serde_json::to_string(&asked).unwrap_or_default()
    }

    /// The values of an input that a task's content depends on: of columns those that the template names, and the first. `text` is
    /// [`content`](Self::content).
    pub(crate) fn content_of(&self, text: &str, values: &[Text]) -> Vec<(String, Text)> {
        let in_text = |column: &String| text.contains(&format!("{{{column}}}"));
        let used = |n: usize, column: &String| n == 0 || self.env_columns.contains(column) || in_text(column);
        if self.columns.is_empty() {
            return values.iter().map(|value| (String::new(), value.clone())).collect();
        }
        let pairs = self.columns.iter().zip(values).enumerate().filter(|(n, (column, _))| used(*n, column));
        pairs.map(|(_, (column, value))| (column.clone(), value.clone())).collect()
    }
}

/// A glob without the way up and down again that an input such as `../a.txt` leads.
fn direct(glob: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in glob.split('/') {
        match part {
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
