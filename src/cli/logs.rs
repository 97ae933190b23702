//! `takeback logs`: what a task's command, or one of its checks, wrote.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;

use crate::cli::Cx;
use crate::cli::exit::Code;
use crate::cli::out::{Out, Page, Reader, View};
use crate::cli::tasks::Tasks;
use crate::cli::wait::on_interrupt;
use crate::engine::{Engine, Error};
use crate::exec::log::{LogReader, Piece};
use crate::task::Text;

const PAUSE: Duration = Duration::from_millis(100);

const EXAMPLES: &str = "\
Examples:
  takeback logs tables
  takeback logs -f tables            until the task is over
  takeback logs tables --check 1     what its first check wrote
  takeback logs tables --check 1 --run 2     when it was asked again

Reading changes nothing, so there is nothing for `takeback undo` to take back.";

/// Show what a task wrote
///
/// Of a very long output the head and the tail are kept.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A task: its name, or a prefix that fits one only
    #[arg(value_name = "ID")]
    id: String,

    /// Go on until the task is over
    #[arg(short, long)]
    follow: bool,

    /// Of this attempt [default: the last]
    #[arg(long, value_name = "N")]
    attempt: Option<u32>,

    /// Of the N-th check instead of the command
    #[arg(long, value_name = "N", conflicts_with_all = ["follow", "attempt"])]
    check: Option<usize>,

    /// Of its N-th run, where it said no and was asked again
    #[arg(long, value_name = "N", requires = "check", default_value = "1")]
    run: usize,
}

/// A whole log.
#[derive(Serialize)]
struct Whole {
    task: String,
    log: Text,
    left_out_bytes: u64,
}

/// A part of a log that is followed.
#[derive(Serialize)]
#[serde(untagged)]
enum Part {
    Bytes { log: Text },
    LeftOut { left_out_bytes: u64 },
}

impl View for Whole {
    fn text(&self, _page: &Page) -> String {
        self.log.to_string()
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let engine = cx.engine()?;
    let mut reader = match args.check {
        Some(n) => engine.check_log(&args.id, n, args.run)?,
        None => engine.log(&args.id, args.attempt)?,
    };
    if args.follow {
        return follow(args, &engine, &mut reader, &mut cx.out);
    }
    if cx.out.is_json() {
        return whole(engine.task(&args.id)?.id.to_string(), &mut reader, &mut cx.out);
    }
    let mut shown = Shown::new(false);
    shown.drain(&mut reader, &mut cx.out)?;
    Ok(Code::Done)
}

fn whole(task: String, reader: &mut LogReader, out: &mut Out) -> Result<Code, Error> {
    let (mut log, mut left_out_bytes) = (Vec::new(), 0);
    while let Some(piece) = reader.read()? {
        match piece {
            Piece::Bytes(bytes) => log.extend(bytes),
            Piece::LeftOut(count) => left_out_bytes += count,
        }
    }
    out.answer(&Whole { task, log: OsString::from_vec(log).into(), left_out_bytes })?;
    Ok(Code::Done)
}

/// Shows what comes, until the task is over; where it is tried again by itself meanwhile, the next attempt too.
fn follow(args: &Args, engine: &Engine, reader: &mut LogReader, out: &mut Out) -> Result<Code, Error> {
    let stop = on_interrupt()?;
    let mut watch = engine.watch(std::slice::from_ref(&args.id))?;
    let mut task = engine.task(&args.id)?;
    let mut attempt = args.attempt.unwrap_or(task.attempt);
    let mut shown = Shown::new(out.is_json());
    loop {
        // Asked first: what was written before the answer is then still shown.
        task = watch.changes()?.pop().unwrap_or(task);
        let is_over = task.state.is_over() || task.abandoned || task.attempt > attempt;
        let reads = shown.drain(reader, out)?;
        if reads == Reader::Gone {
            return Ok(Code::Done);
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(Code::Interrupted);
        }
        if is_over && args.attempt.is_none() && task.attempt > attempt {
            shown.end(out)?;
            attempt += 1;
            *reader = engine.log(&args.id, Some(attempt))?;
            out.note(&format!("{} is tried again: attempt {attempt}", task.id));
            continue;
        }
        if is_over {
            shown.end(out)?;
            if out.is_json() {
                out.object(&Tasks::one(engine.task(&args.id)?))?;
            }
            return Ok(Code::Done);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Writes pieces of a log: as they are, or as JSON Lines that never cut a character in two.
struct Shown {
    json: bool,
    held: Vec<u8>,
    at_line_start: bool,
}

impl Shown {
    fn new(json: bool) -> Self {
        Self { json, held: Vec::new(), at_line_start: true }
    }

    /// Shows all there is by now.
    fn drain(&mut self, reader: &mut LogReader, out: &mut Out) -> Result<Reader, Error> {
        while let Some(piece) = reader.read()? {
            if self.piece(piece, out)? == Reader::Gone {
                return Ok(Reader::Gone);
            }
        }
        Ok(Reader::There)
    }

    fn piece(&mut self, piece: Piece, out: &mut Out) -> Result<Reader, Error> {
        match piece {
            Piece::Bytes(bytes) if self.json => {
                self.held.extend(bytes);
                let rest = self.held.split_off(whole_characters(&self.held));
                let log = OsString::from_vec(std::mem::replace(&mut self.held, rest)).into();
                out.object(&Part::Bytes { log })
            }
            Piece::Bytes(bytes) => {
                self.at_line_start = bytes.last() == Some(&b'\n');
                out.bytes(&bytes)
            }
            Piece::LeftOut(left_out_bytes) if self.json => {
                self.end(out)?;
                out.object(&Part::LeftOut { left_out_bytes })
            }
            Piece::LeftOut(count) => {
                let before = if self.at_line_start { "" } else { "\n" };
                self.at_line_start = true;
                out.bytes(format!("{before}[... {count} bytes left out ...]\n").as_bytes())
            }
        }
    }

    /// Shows what was held back.
    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        if !self.held.is_empty() {
            let log = OsString::from_vec(std::mem::take(&mut self.held)).into();
            out.object(&Part::Bytes { log })?;
        }
        Ok(())
    }
}

/// The length without a character that has only begun.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(e) if e.error_len().is_none() => e.valid_up_to(),
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_has_only_begun_waits_for_its_end() {
        assert_eq!(whole_characters("aé".as_bytes()), 3);
        assert_eq!(whole_characters(&"aé".as_bytes()[..2]), 1);
        assert_eq!(whole_characters(b"a\xff"), 2);
    }
}
