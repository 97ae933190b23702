//! A batch's options in a file, and back: its keys are the long options.
//!
//! A spec is read as the words of a command line that stand before those that were typed: these come on top, and where both say what
//! to run or where the inputs are, what was typed holds.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use clap::FromArgMatches as _;

use super::Args;
use crate::batch::spec_file::{self, Error as SpecError, Sample, SpecFile};
use crate::cli::args;
use crate::cli::task_args::{Limit, Network, Sandbox};
use crate::engine::{Error, ErrorKind};
use crate::task::Text;

/// The options that a spec and what was typed come to. Names of files in it are relative to `folder`.
///
/// # Errors
///
/// [`ErrorKind::Usage`] for a spec that is wrong, with its place.
pub(super) fn merged(typed: &Args, path: &Path, folder: &Path) -> Result<Args, Error> {
    let mut spec = spec_file::load(path).map_err(|e| wrong(&e))?;
    let mut own = of(typed)?;
    if !own.command.is_empty() || own.shell.is_some() {
        (spec.command, spec.shell) = (vec![], None);
    }
    if own.inputs_from.is_some() || own.csv.is_some() || !own.inputs.is_empty() {
        (spec.inputs, spec.inputs_from, spec.csv, spec.null) = (vec![], None, None, false);
    }
    for file in [&mut spec.inputs_from, &mut spec.csv].into_iter().flatten().filter(|file| *file != "-") {
        *file = spec_file::word(&folder.join(&file).into()).map_err(|e| wrong(&e))?;
    }
    let command: Vec<String> = [&mut spec.command, &mut own.command].into_iter().flat_map(std::mem::take).collect();
    let mut words: Vec<String> = vec!["takeback".to_owned(), "batch".to_owned()];
    words.extend(options(&spec));
    words.extend(options(&own));
    words.extend(typed.wait.then(|| "--wait".to_owned()));
    if !command.is_empty() {
        words.push("--".to_owned());
        words.extend(command);
    }
    let matches = args::command().mut_subcommand("batch", |verb| verb.args_override_self(true)).try_get_matches_from(words);
    let parsed = matches.and_then(|matches| {
        let verb = matches.subcommand_matches("batch").cloned().unwrap_or_default();
        Args::from_arg_matches(&verb)
    });
    parsed.map_err(|e| {
        let message = e.to_string();
        let first = message.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Error::new(ErrorKind::Usage, format!("{}: {first}", path.display())).about(path.display())
    })
}

/// The spec that says the same as what was typed.
///
/// # Errors
///
/// [`ErrorKind::Usage`] for a word that is not UTF-8.
pub(super) fn text(typed: &Args) -> Result<String, Error> {
    spec_file::text(&of(typed)?).map_err(|e| wrong(&e))
}

fn wrong(e: &SpecError) -> Error {
    let (kind, object, hint) = match e {
        SpecError::NoFile(path) => {
            (ErrorKind::UnknownPath, path.display().to_string(), "`takeback batch --print-spec … -- CMD` writes one")
        }
        SpecError::NotUtf8(word) => (ErrorKind::Usage, word.to_string(), "name a script in the command, which knows the name"),
        SpecError::Wrong { path, .. } => {
            (ErrorKind::Usage, path.display().to_string(), "`takeback batch --print-spec … -- CMD` writes one from a command line")
        }
        _ => (ErrorKind::Io, String::new(), "`takeback batch --help` shows the options"),
    };
    Error::new(kind, e.to_string()).about(object).hint(hint)
}

fn of(typed: &Args) -> Result<SpecFile, Error> {
    let word = |word: &OsString| spec_file::word(&Text::from(word.clone())).map_err(|e| wrong(&e));
    let words = |all: &[OsString]| all.iter().map(word).collect::<Result<Vec<_>, _>>();
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| word(&path.clone().into_os_string())).transpose();
    let codes = |codes: &[i32]| codes.iter().filter_map(|code| u8::try_from(*code).ok()).collect();
    let task = &typed.task;
    Ok(SpecFile {
        name: typed.name.clone(),
        command: words(&typed.argv)?,
        shell: typed.shell.clone(),
        inputs: words(&typed.inputs)?,
        inputs_from: path(&typed.inputs_from)?,
        null: typed.null,
        csv: path(&typed.csv)?,
        sample: Sample::of_words(&words(&typed.sample)?),
        check: task.checks.clone(),
        check_files: task.check_files.clone(),
        no_check_cache: task.no_check_cache,
        final_check: typed.final_checks.clone(),
        only: task.only.clone(),
        commit_ignored: task.commit_ignored.clone(),
        bring: words(&task.bring)?,
        no_bring: task.no_bring,
        setup: task.setup.clone(),
        env: words(&task.env)?,
        base: task.base.clone(),
        with_changes: task.with_changes,
        cwd: path(&task.cwd)?,
        timeout: task.timeout.map(|limit| match limit {
            Limit::Time(time) => time_text(time),
            Limit::Percent(percent) => format!("{percent}%"),
        }),
        idle: task.idle.map(time_text),
        retries: Some(task.retries).filter(|n| *n > 0),
        jobs: typed.jobs,
        halt: typed.halt.map(|halt| halt.to_string()),
        skip_code: codes(&typed.skip_code),
        abort_code: codes(&typed.abort_code),
        notify: task.notify.clone(),
        sandbox: (task.sandbox == Sandbox::None).then(|| "none".to_owned()),
        network: (task.network == Network::Off).then(|| "off".to_owned()),
        accept: typed.accept.clone(),
    })
}

fn time_text(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{}s", time.as_secs()) } else { format!("{}ms", time.as_millis()) }
}

/// The words of a command line, but for the command.
fn options(spec: &SpecFile) -> Vec<String> {
    let number = |n: Option<u32>| n.map(|n| n.to_string());
    let codes = |codes: &[u8]| codes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut words = Vec::new();
    let single = [
        ("name", spec.name.clone()),
        ("shell", spec.shell.clone()),
        ("inputs-from", spec.inputs_from.clone()),
        ("csv", spec.csv.clone()),
        ("setup", spec.setup.clone()),
        ("base", spec.base.clone()),
        ("cwd", spec.cwd.clone()),
        ("timeout", spec.timeout.clone()),
        ("idle", spec.idle.clone()),
        ("retries", number(spec.retries)),
        ("jobs", number(spec.jobs)),
        ("halt", spec.halt.clone()),
        ("notify", spec.notify.clone()),
        ("sandbox", spec.sandbox.clone()),
        ("network", spec.network.clone()),
    ];
    words.extend(single.into_iter().filter_map(|(key, value)| Some(format!("--{key}={}", value?))));
    let lists = [
        ("inputs", spec.inputs.clone()),
        ("check", spec.check.clone()),
        ("check-files", spec.check_files.clone()),
        ("final-check", spec.final_check.clone()),
        ("only", spec.only.clone()),
        ("commit-ignored", spec.commit_ignored.clone()),
        ("bring", spec.bring.clone()),
        ("env", spec.env.clone()),
        ("skip-code", codes(&spec.skip_code)),
        ("abort-code", codes(&spec.abort_code)),
        ("accept", spec.accept.clone()),
        ("sample", sample_words(spec.sample.as_ref())),
    ];
    words.extend(lists.into_iter().flat_map(|(key, values)| values.into_iter().map(move |value| format!("--{key}={value}"))));
    let flags = [
        ("null", spec.null),
        ("no-check-cache", spec.no_check_cache),
        ("no-bring", spec.no_bring),
        ("with-changes", spec.with_changes),
    ];
    words.extend(flags.into_iter().filter(|(_, is_set)| *is_set).map(|(key, _)| format!("--{key}")));
    words
}

fn sample_words(sample: Option<&Sample>) -> Vec<String> {
    match sample {
        None => vec![],
        Some(Sample::Count(count)) => vec![count.to_string()],
        Some(Sample::Percent(share)) => vec![format!("{share}%")],
        Some(Sample::Inputs(inputs)) => inputs.clone(),
    }
}
