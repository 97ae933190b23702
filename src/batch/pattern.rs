//! From what a batch's tasks are asked to do to the template that they are made by.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use git2::{ObjectType, Oid};

use super::inputs::Inputs;
use super::{BatchWish, Error};
use crate::exec::environment::Environment;
use crate::id::Uid;
use crate::runner::RunWish;
use crate::task::placeholder::{Filling, find_unbound, uses_input};
use crate::task::{Command, Member, Spec, Template, Text};
use crate::verify::scope;

/// The input as it is.
const INPUT: &str = "{}";
/// Placeholders that a command may have instead of one for the input: the task's number and its slot.
const OTHERS: [&[u8]; 2] = [b"{#}", b"{%}"];

/// Gives the command a place for its input where it has none, and the task a scope where its input is one. Returns what the user
/// should know of that.
///
/// # Errors
///
/// [`Error::Unbound`] for a word in braces that stands for nothing.
pub(super) fn complete(task: &mut RunWish, inputs: &Inputs) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    let has_place = |text: &[u8]| {
        let other = OTHERS.iter().any(|other| text.windows(other.len()).any(|window| window == *other));
        other || uses_input(text, &inputs.columns)
    };
    match &mut task.shell {
        Some(line) if !has_place(line.as_bytes()) => *line = format!("{line} {INPUT}"),
        None if !task.argv.is_empty() && !task.argv.iter().any(|word| has_place(word.as_os_str().as_bytes())) => {
            task.argv.push(INPUT.into());
        }
        _ => {}
    }
    if task.only.is_empty() && inputs.are_files {
        task.only.push(INPUT.to_owned());
        lines.push("each task may change its own input alone (--only '{}'; --only '**' lets it change everything)".to_owned());
    }
    check(task, &inputs.columns)?;
    Ok(lines)
}

fn check(task: &RunWish, columns: &[String]) -> Result<(), Error> {
    let words = task.argv.iter().map(|word| ("the command", word.as_os_str().as_bytes()));
    let lines = task.shell.iter().map(|line| ("--shell", line.as_bytes()));
    let checks = task.checks.iter().map(|line| ("--check", line.as_bytes()));
    let scope = task.only.iter().map(|glob| ("--only", glob.as_bytes()));
    let variables = task.env.iter().map(|wish| ("--env", wish.as_os_str().as_bytes()));
    for (place, text) in words.chain(lines).chain(checks).chain(scope).chain(variables) {
        if let Some(word) = find_unbound(text, columns) {
            return Err(Error::Unbound { word, place: place.to_owned(), columns: columns.to_vec() });
        }
    }
    Ok(())
}

/// Refuses a placeholder that stands in quotes of a shell line, where an input of this batch would be read by the shell.
///
/// # Errors
///
/// [`Error::Quoted`].
pub(super) fn check_quotes(task: &RunWish, inputs: &Inputs) -> Result<(), Error> {
    let lines = task.shell.iter().map(|line| ("--shell", line)).chain(task.checks.iter().map(|line| ("--check", line)));
    for (place, line) in lines {
        for values in &inputs.rows {
            let filling = Filling { columns: &inputs.columns, values, number: 1 };
            if let Some(placeholder) = filling.find_in_quotes(line) {
                let input = values.first().cloned().unwrap_or_default();
                return Err(Error::Quoted { placeholder: placeholder.to_owned(), place: place.to_owned(), input });
            }
        }
    }
    Ok(())
}

/// The task of one input, as if it were asked for alone.
pub(super) fn filled(task: &RunWish, filling: &Filling<'_>) -> RunWish {
    RunWish {
        argv: task.argv.iter().map(|word| filling.word(word)).collect(),
        shell: task.shell.as_ref().map(|line| filling.shell(line)),
        checks: task.checks.iter().map(|line| filling.shell(line)).collect(),
        only: task.only.iter().map(|glob| filling.glob(glob)).collect(),
        env: task.env.iter().map(|wish| filling.word(wish)).collect(),
        ..task.clone()
    }
}

/// The template, from the spec of one task that was made by it.
pub(super) fn template(spec: &Spec, root: &Path, wish: &BatchWish, task: &RunWish, columns: &[String]) -> Template {
    let command = task.shell.clone().map_or_else(|| Command::Argv(task.argv.clone()), Command::Shell);
    let only = task.only.iter().filter_map(|glob| scope::from_folder(&spec.cwd, glob)).collect();
    let member = Member {
        batch: spec.uid.clone(),
        name: spec.id.clone(),
        input: Text::default(),
        jobs: 0,
        skip_codes: wish.skip_codes.clone(),
        abort_codes: wish.abort_codes.clone(),
    };
    let pattern = Spec {
        command,
        only,
        checks: task.checks.clone(),
        absent: vec![],
        // Whoever starts them may have been started in another checkout.
        checkout: spec.checkout.clone().or_else(|| Some(root.into())),
        notify: None,
        batch: Some(member),
        ..spec.clone()
    };
    let has_place = |value: &[u8]| uses_input(value, columns) || value.windows(3).any(|window| window == b"{#}");
    let filled = || set_by(task).filter(|(_, value)| has_place(value.as_os_str().as_bytes()));
    let names_column =
        |column: &&String| filled().any(|(_, value)| uses_input(value.as_os_str().as_bytes(), std::slice::from_ref(*column)));
    Template {
        columns: columns.to_vec(),
        filled_env: filled().map(|(name, _)| name).collect(),
        env_columns: columns.iter().filter(names_column).cloned().collect(),
        env_digest: env_digest(&spec.uid, task),
        pattern,
    }
}

/// A hash over what `--env NAME=VALUE` sets, and over the batch's uid, so that no list of hashes gives a value away.
pub(super) fn env_digest(batch: &Uid, task: &RunWish) -> Option<String> {
    let set: Vec<_> = set_by(task).collect();
    if set.is_empty() {
        return None;
    }
    let text = serde_json::to_vec(&(batch, set)).unwrap_or_default();
    Oid::hash_object(ObjectType::Blob, &text).ok().map(|hash| hash.to_string())
}

/// Puts the values of `--env NAME=VALUE` into an environment as they were given, with their placeholders.
pub(super) fn unfill(environment: &mut Environment, task: &RunWish) {
    for (name, value) in set_by(task) {
        environment.set(&name, value);
    }
}

/// What `--env NAME=VALUE` sets.
fn set_by(task: &RunWish) -> impl Iterator<Item = (String, Text)> + '_ {
    task.env.iter().filter_map(|wish| {
        let bytes = wish.as_os_str().as_bytes();
        let at = bytes.iter().position(|b| *b == b'=')?;
        let value = std::ffi::OsStr::from_bytes(&bytes[at + 1..]);
        Some((String::from_utf8_lossy(&bytes[..at]).into_owned(), Text::from(value)))
    })
}
