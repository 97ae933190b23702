//! The pump: moves what a command writes from its pipe to its log, in a thread of its own.

use std::io::{self, PipeReader, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::log::LogWriter;
use crate::sys::file;

const CHUNK: usize = 64 * 1024;
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// For what stands in the pipe when the pump is told to stop, while somebody who got away may go on writing.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A running pump.
#[derive(Debug)]
pub(super) struct Pump {
    thread: JoinHandle<LogWriter>,
    moved: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Pump {
    /// Starts a pump, which runs until the last writer has closed the pipe, or [`finish`](Self::finish).
    pub(super) fn start(pipe: PipeReader, log: LogWriter) -> Self {
        let (moved, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let thread = std::thread::spawn({
            let (moved, stop) = (Arc::clone(&moved), Arc::clone(&stop));
            move || run(pipe, log, &moved, &stop)
        });
        Self { thread, moved, stop }
    }

    /// How many bytes came so far.
    pub(super) fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Waits for the rest, but not for who holds the pipe open and is not ours to end.
    ///
    /// Returns how many bytes there were, and what was wrong with the log.
    pub(super) fn finish(self) -> (u64, Option<file::Error>) {
        self.stop.store(true, Ordering::Relaxed);
        match self.thread.join() {
            Ok(log) => log.finish(),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn run(mut pipe: PipeReader, mut log: LogWriter, moved: &AtomicU64, stop: &AtomicBool) -> LogWriter {
    let mut buffer = vec![0; CHUNK];
    let mut deadline = None;
    loop {
        if stop.load(Ordering::Relaxed) && *deadline.get_or_insert_with(|| Instant::now() + LAST_WORDS) <= Instant::now() {
            return log;
        }
        match read(&mut pipe, &mut buffer) {
            Ok(Some(0)) => return log,
            Ok(Some(count)) => {
                log.write(&buffer[..count]);
                moved.fetch_add(count as u64, Ordering::Relaxed);
            }
            // Nothing there: if we are to stop, that was all.
            Ok(None) if deadline.is_some() => return log,
            Ok(None) => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return log,
        }
    }
}

/// Reads what is there, or the end; `None` if nothing came within a tick.
fn read(pipe: &mut PipeReader, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let ready = poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&TICK))?;
    if ready == 0 { Ok(None) } else { pipe.read(buffer).map(Some) }
}
