//! `takeback demo`: the whole flow on a small repository of its own, with the commands as a user types them.

mod project;

use serde::Serialize;

use crate::cli::demo::project::Project;
use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::{Cx, program};
use crate::engine::{Error, ErrorKind};
use crate::sys::command;

const EXAMPLES: &str = "\
Examples:
  takeback demo

It writes to a new temporary folder only; delete that to take it back. It shows `takeback undo` at work.";

/// Show the whole flow on a small repository in a temporary folder
///
/// A task that succeeds, one that fails and keeps its result, a landing, an undo, and a batch. The folder stays, to play with.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {}

/// One command of the tour.
struct Step {
    say: &'static str,
    words: &'static [&'static str],
    exit: i32,
    then: Then,
}

/// What must be true of the checkout after a step, seen by git alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// As at the beginning.
    Untouched,
    /// The first task's change is there, committed.
    Landed,
}

const TOUR: &[Step] = &[
    Step {
        say: "Dates in three CSV files are to be rewritten. Hand that off, with a check that says whether it worked:",
        words: &["run", "--wait", "--name", "dates", "--check", "sh tools/check-dates.sh", "--", "sh", "tools/iso-dates.sh"],
        exit: 0,
        then: Then::Untouched,
    },
    Step {
        say: "It ran in a worktree of its own: your checkout is as it was. This is what it changed:",
        words: &["diff", "dates", "--", "--stat"],
        exit: 0,
        then: Then::Untouched,
    },
    Step {
        say: "A second task, which fails half-way, at a value in the third file that is no number:",
        words: &["run", "--wait", "--name", "units", "--", "sh", "tools/micromol.sh"],
        exit: 1,
        then: Then::Untouched,
    },
    Step {
        say: "What it did until then is kept, on its own branch, and so is its log:",
        words: &["diff", "units", "--", "--stat"],
        exit: 0,
        then: Then::Untouched,
    },
    Step { say: "", words: &["logs", "units"], exit: 0, then: Then::Untouched },
    Step { say: "Both wait for you:", words: &["status"], exit: 0, then: Then::Untouched },
    Step { say: "Put the first one on your branch:", words: &["land", "dates"], exit: 0, then: Then::Landed },
    Step {
        say: "And take that back: branch, index and files are as before, byte for byte:",
        words: &["undo"],
        exit: 0,
        then: Then::Untouched,
    },
    Step { say: "Changed your mind once more:", words: &["redo"], exit: 0, then: Then::Landed },
    Step {
        say: "The same work as a batch, a task for each file. Try it on one of them first:",
        words: &[
            "batch",
            "--wait",
            "--name",
            "nitrate",
            "--sample",
            "1",
            "--inputs",
            "data/*.csv",
            "--",
            "sh",
            "tools/micromol.sh",
            "{}",
        ],
        exit: 0,
        then: Then::Landed,
    },
    Step { say: "It looks good. Hand off the rest:", words: &["continue", "nitrate", "--wait"], exit: 1, then: Then::Landed },
    Step {
        say: "One file has a value that is no number; the others lack nothing. Put these on your branch, as one landing:",
        words: &["land", "nitrate", "--ready"],
        exit: 0,
        then: Then::Landed,
    },
    Step { say: "And take all of it back, as one:", words: &["undo", "nitrate"], exit: 0, then: Then::Landed },
    Step {
        say: "Throw the failed one away (`takeback undo` would bring it back):",
        words: &["discard", "units"],
        exit: 0,
        then: Then::Landed,
    },
    Step { say: "Where things stand:", words: &["status"], exit: 0, then: Then::Landed },
];

/// The tour as scripts see it.
#[derive(Serialize)]
struct Toured {
    folder: String,
    repository: String,
    steps: Vec<Done>,
}

/// A step that did what it should.
#[derive(Serialize)]
struct Done {
    command: String,
    exit: i32,
}

impl View for Toured {
    fn text(&self, page: &Page) -> String {
        let us = program();
        format!(
            "{}\n  cd {}\n  {us} ops            every decision\n  {us} undo           bring the failed task back\n  \
             {us} retry units    run it again\n  {us} run --help     what else there is\n  git log --stat          \
             plain git sees it all\nDelete {} when you have seen enough.",
            page.bold("Play with it:"),
            self.repository,
            self.folder
        )
    }
}

pub(super) fn run(_args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let project = Project::make()?;
    let before = project.picture()?;
    tell(cx, &format!("A small repository: {}\n", project.root().display()))?;
    let mut steps = Vec::new();
    for step in TOUR {
        steps.push(take(step, &project, cx)?);
        prove(step, &project, &before)?;
    }
    let (folder, repository) = (project.folder().display().to_string(), project.root().display().to_string());
    cx.out.answer(&Toured { folder, repository, steps })?;
    Ok(Code::Done)
}

/// Runs one command as a user would and shows it with its output.
fn take(step: &Step, project: &Project, cx: &mut Cx) -> Result<Done, Error> {
    let typed = shlex::try_join(step.words.iter().copied()).unwrap_or_default();
    let line = format!("{} {typed}", program());
    let say = if step.say.is_empty() { String::new() } else { format!("{}\n", step.say) };
    tell(cx, &format!("{say}$ {line}\n"))?;
    let mut own = command::own().map_err(|e| Error::new(ErrorKind::Command, "cannot run takeback itself").because(e))?;
    let output = command::run(own.current_dir(project.root()).env_remove("TAKEBACK_STATE_DIR").args(step.words));
    let output = output.map_err(|e| Error::new(ErrorKind::Command, "cannot run takeback itself").because(e))?;
    for bytes in [&output.stderr, &output.stdout] {
        tell(cx, &String::from_utf8_lossy(bytes))?;
    }
    tell(cx, "\n")?;
    match output.status.code() {
        Some(exit) if exit == step.exit => Ok(Done { command: line, exit }),
        _ => Err(broken(project, &format!("`{line}` ended with {}, not with exit code {}", output.status, step.exit))),
    }
}

fn prove(step: &Step, project: &Project, before: &str) -> Result<(), Error> {
    let is_untouched = project.picture()? == before;
    let is_landed =
        project.git(&["grep", "-c", "^[a-z]*,2021-", "HEAD", "--", "data/2021.csv"]).is_ok_and(|n| n.trim().ends_with(":48"))
            && project.git(&["status", "--porcelain"])?.is_empty();
    match step.then {
        Then::Untouched if !is_untouched => Err(broken(project, "the checkout is not as it was")),
        Then::Landed if !is_landed => Err(broken(project, "the change has not landed")),
        _ => Ok(()),
    }
}

fn broken(project: &Project, why: &str) -> Error {
    let folder = project.folder().display().to_string();
    Error::new(ErrorKind::Command, format!("the demo went wrong: {why}")).about(&folder).hint(format!("look into {folder}"))
}

/// Shows a part of the tour: on stdout, or beside the answer where that is for scripts.
fn tell(cx: &mut Cx, text: &str) -> Result<(), Error> {
    if cx.out.is_json() {
        cx.out.note(text.trim_end_matches('\n'));
        return Ok(());
    }
    cx.out.bytes(text.as_bytes()).map(drop)
}
