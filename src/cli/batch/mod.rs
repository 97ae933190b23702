//! `takeback batch`: hand off one task for each input.

mod edit;
mod spec;

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::batches::Told;
use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::task_args::{Limit, TaskArgs};
use crate::cli::{Cx, follow, wait};
use crate::engine::{BatchWish, Error, ErrorKind, Halt, RunWish, Sample, Source};
use crate::task::Text;

const USAGE: &str = "takeback batch [OPTIONS] --inputs GLOB… -- CMD {}…\n       takeback batch [OPTIONS] --inputs-from FILE|--csv FILE -- CMD {}…\n       takeback batch [OPTIONS] SPEC.toml";

const EXAMPLES: &str = "\
Placeholders, in the command, --check, --only and --env:
  {}   the input           {.}  without extension     {/}  its last part       {//}  its folder
  {/.} last part without extension                    {#}  its number          {%}   its slot, of those at work
  {COLUMN} with --csv. Without any, ` {}` is appended. No shell reads CMD; in --shell and --check values are quoted.

Examples:
  takeback batch --inputs 'tables/*.tex' --check 'sh tools/check.sh {}' -- sh tools/restyle.sh {}
  takeback batch --name tables --sample 3 --inputs tables/*.tex -- sh tools/restyle.sh
  takeback continue tables                                the rest, when the sample is good
  takeback batch tables.toml --jobs 8                     all of it from a file
  takeback batch --edit tables                            change it in your editor; its sample runs again
  takeback batch --print-spec --inputs 'tables/*.tex' -- sh tools/restyle.sh {} > tables.toml
  takeback batch --csv countries.csv --only 'out/{code}.csv' -- python clean.py {file} out/{code}.csv
  git ls-files -z '*.do' | takeback batch --inputs-from - -0 --retries 2 -- ./port.sh {}
  takeback batch --inputs '**/*.py' --halt soon,fail=10% --timeout 300% -- ruff check --fix {}

The same command again runs only what is missing, has failed or is asked for otherwise.

To take it back:
  takeback cancel NAME      while it runs; what it changed until then is kept
  takeback undo NAME        the landing of all its tasks, exactly
  takeback revert NAME.7    one of them, and keep the rest
Nothing reaches your branch before `takeback land NAME`.";

/// Hand off one task for each input; returns at once
///
/// Each task runs as `takeback run` has it, several at once, and is called NAME.1, NAME.2 and so on. With --sample some run first, and
/// the rest waits for `takeback continue`. A process in the background starts them; if it, or the machine, is stopped, `takeback
/// continue NAME` goes on.
#[derive(clap::Args, Debug)]
#[command(override_usage = USAGE, after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A file with the options, keys as the long options; what is typed comes on top of it
    #[arg(value_name = "SPEC.toml")]
    spec: Option<PathBuf>,

    /// Open the spec of a batch in your editor, and hand it off anew as you leave it: what it changes runs, its sample first
    #[arg(long, value_name = "ID", conflicts_with_all = ["spec", "print_spec", "shell", "inputs", "inputs_from", "csv"])]
    edit: Option<String>,

    /// Write the spec that says the same as this command line, and hand nothing off
    #[arg(long, conflicts_with_all = ["spec", "wait"])]
    print_spec: bool,

    /// The command and its arguments; no shell reads them
    #[arg(last = true, value_name = "CMD", required_unless_present_any = ["shell", "spec", "edit"])]
    argv: Vec<OsString>,

    /// A line for `sh -c` instead of CMD; inputs in it are quoted
    #[arg(long, value_name = "LINE", conflicts_with = "argv")]
    shell: Option<String>,

    /// What to call the batch [default: the command's word]
    #[arg(long)]
    name: Option<String>,

    /// Stay until it is over, or goes on no further by itself; Ctrl-C leaves it running
    #[arg(long)]
    wait: bool,

    /// Files that git has, one task for each
    #[arg(long, value_name = "GLOB", num_args = 1.., conflicts_with_all = ["inputs_from", "csv"])]
    inputs: Vec<OsString>,

    /// A file with an input on each line; `-` is stdin
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    inputs_from: Option<PathBuf>,

    /// Inputs of --inputs-from end with NUL, as `git ls-files -z` and `find -print0` write them
    #[arg(short = '0', long = "null", requires = "inputs_from")]
    null: bool,

    /// A CSV file whose first line names the columns, one task for each further line
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,

    /// Run these first, and the rest when `takeback continue` says so: a number, a percentage, or inputs
    #[arg(long, value_name = "N|P%|INPUT", num_args = 1..)]
    sample: Vec<OsString>,

    /// How many tasks run at once [default: as many as there are processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    jobs: Option<u32>,

    /// Start no more when so many have ended so: now|soon,fail|success|done=N|N%
    ///
    /// `now` ends those that run, too. Without this a batch pauses when its first three tasks, or five in a row, fail alike.
    #[arg(long, value_name = "WHEN")]
    halt: Option<Halt>,

    /// An exit code by which the command passes its input over; may be given more than once
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(i32).range(1..=255))]
    skip_code: Vec<i32>,

    /// An exit code by which the command stops the batch; may be given more than once
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(i32).range(1..=255))]
    abort_code: Vec<i32>,

    /// A shell line that judges all results together when the batch lands; may be given more than once
    #[arg(long = "final-check", value_name = "LINE")]
    final_checks: Vec<String>,

    /// Answer a refusal: `no-check` lets more than five tasks run unseen without a check
    #[arg(long, value_name = "NAME")]
    accept: Vec<String>,

    #[command(flatten)]
    task: TaskArgs,
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    if args.print_spec {
        let spec = spec::text(args)?;
        cx.out.answer(&Spec { spec })?;
        return Ok(Code::Done);
    }
    if let Some(id) = &args.edit {
        return edit::run(id, args, cx);
    }
    match &args.spec {
        Some(path) => hand_off(&spec::merged(args, path, path.parent().unwrap_or(Path::new("")))?, cx),
        None => hand_off(args, cx),
    }
}

/// A batch's options as a file.
#[derive(Serialize)]
struct Spec {
    spec: String,
}

impl View for Spec {
    fn text(&self, _page: &Page) -> String {
        self.spec.trim_end().to_owned()
    }
}

fn hand_off(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let wish = args.wish()?;
    let stdin = args.read_stdin()?;
    let mut engine = cx.engine()?;
    let plan = engine.plan_batch(&wish, &stdin)?;
    for line in plan.lines() {
        cx.out.note(&line);
    }
    if plan.is_idle() {
        let Some((batch, _)) = engine.find_batch(plan.id().as_str())? else { return Ok(Code::Done) };
        cx.out.note("there is nothing to do");
        cx.out.answer(&Told::followed(batch))?;
        return Ok(Code::Done);
    }
    // From before the hand-off: a Ctrl-C that comes just after it leaves nobody in doubt whether the tasks go on.
    let stop = if args.wait { Some(wait::on_interrupt()?) } else { None };
    let batch = engine.batch(plan)?;
    cx.notes(&mut engine);
    follow::or_told(&engine, batch, stop.as_deref(), cx)
}

impl Args {
    fn wish(&self) -> Result<BatchWish, Error> {
        let (timeout, timeout_percent) = match self.task.timeout {
            None => (None, None),
            Some(Limit::Time(time)) => (Some(time), None),
            Some(Limit::Percent(percent)) => (None, Some(percent)),
        };
        Ok(BatchWish {
            task: RunWish {
                argv: self.argv.iter().cloned().map(Text::from).collect(),
                shell: self.shell.clone(),
                name: self.name.clone(),
                timeout,
                ..self.task.wish()?
            },
            source: self.source(),
            sample: sample(&self.sample)?,
            jobs: self.jobs,
            halt: self.halt,
            timeout_percent,
            skip_codes: self.skip_code.clone(),
            abort_codes: self.abort_code.clone(),
            final_checks: self.final_checks.clone(),
            spec: spec::text(self).ok(),
            accept: self.accept.clone(),
        })
    }

    fn source(&self) -> Option<Source> {
        if let Some(file) = &self.inputs_from {
            let file = Some(file.clone()).filter(|file| !is_stdin(file));
            return Some(Source::Lines { file, nul: self.null });
        }
        if let Some(csv) = &self.csv {
            return Some(Source::Csv(csv.clone()));
        }
        (!self.inputs.is_empty()).then(|| Source::Globs(self.inputs.iter().cloned().map(Text::from).collect()))
    }

    fn read_stdin(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        if self.inputs_from.as_deref().is_some_and(is_stdin) {
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|e| Error::new(ErrorKind::Io, "cannot read the inputs from stdin").because(e))?;
        }
        Ok(bytes)
    }
}

fn is_stdin(file: &std::path::Path) -> bool {
    file.as_os_str() == "-"
}

/// A number, a percentage, or inputs.
fn sample(words: &[OsString]) -> Result<Option<Sample>, Error> {
    let bad = |text: &str| {
        Error::new(ErrorKind::Usage, format!("`--sample {text}` takes nothing"))
            .about(text)
            .hint("`--sample 3`, `--sample 10%`, or inputs by name")
    };
    match words {
        [] => Ok(None),
        [one] => match one.to_str().map(|text| (text, text.strip_suffix('%').unwrap_or(text).parse::<u32>())) {
            Some((text, Ok(0))) => Err(bad(text)),
            Some((text, Ok(number))) if text.ends_with('%') => Ok(Some(Sample::Percent(number.min(100)))),
            Some((_, Ok(number))) => Ok(Some(Sample::Number(number))),
            _ => Ok(Some(Sample::Inputs(vec![one.clone().into()]))),
        },
        several => Ok(Some(Sample::Inputs(several.iter().cloned().map(Text::from).collect()))),
    }
}
