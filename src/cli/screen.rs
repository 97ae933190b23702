//! A whole terminal that is drawn again and again, and is left as it was found: at the end, after an error, a panic or a signal.
//!
//! It is the terminal's other screen, so what was there before is there after. Lines that are too long are cut by the terminal itself,
//! which knows how wide each character is.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use signal_hook::consts::SIGTSTP;

use crate::cli::out;
use crate::engine::{Error, ErrorKind};

/// The other screen, no cursor, no wrapping.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/// The screen, while it is ours.
pub(super) struct Screen {
    modes: Option<Termios>,
    shown: Vec<String>,
    stopped: Arc<AtomicBool>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if Ctrl-Z cannot be listened for: the terminal would be left in disorder.
    pub(super) fn enter() -> Result<Self, Error> {
        let stopped = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGTSTP, Arc::clone(&stopped))
            .map_err(|e| Error::new(ErrorKind::Io, "cannot listen for Ctrl-Z").because(e))?;
        let mut screen = Self { modes: None, shown: Vec::new(), stopped };
        screen.take();
        Ok(screen)
    }

    /// Rows and columns as they are now.
    pub(super) fn size() -> (usize, usize) {
        let size = tcgetwinsize(io::stdout()).ok().filter(|size| size.ws_row > 0 && size.ws_col > 0);
        size.map_or((24, 80), |size| (size.ws_row.into(), size.ws_col.into()))
    }

    /// Shows these lines, at most as many as there are rows.
    pub(super) fn draw(&mut self, lines: Vec<String>) {
        if lines == self.shown {
            return;
        }
        out::show(&format!("\x1b[H{}\x1b[K\x1b[J", lines.join("\x1b[K\r\n")));
        self.shown = lines;
    }

    /// Waits for a key, not for long; also stops as a job, and goes on, if that was typed.
    pub(super) fn key(&mut self, patience: Duration) -> Option<u8> {
        if self.stopped.swap(false, Ordering::Relaxed) {
            self.give_back();
            // Refused only for signals that nobody can catch.
            drop(signal_hook::low_level::emulate_default_handler(SIGTSTP));
            self.take();
        }
        let pause = Timespec { tv_sec: 0, tv_nsec: patience.subsec_nanos().into() };
        if self.modes.is_none() {
            std::thread::sleep(patience);
            return None;
        }
        let stdin = io::stdin();
        let mut waits = [PollFd::new(&stdin, PollFlags::IN)];
        // A signal ends the wait: the caller looks at its flags.
        let ready = poll(&mut waits, Some(&pause)).is_ok_and(|count| count > 0);
        let mut byte = [0];
        (ready && rustix::io::read(&stdin, &mut byte) == Ok(1)).then_some(byte[0])
    }

    fn take(&mut self) {
        out::show(ENTER);
        self.shown.clear();
        if let Ok(modes) = tcgetattr(io::stdin()) {
            let mut ours = modes.clone();
            ours.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
            ours.special_codes[SpecialCodeIndex::VMIN] = 0;
            ours.special_codes[SpecialCodeIndex::VTIME] = 0;
            self.modes = tcsetattr(io::stdin(), OptionalActions::Drain, &ours).is_ok().then_some(modes);
        }
    }

    fn give_back(&mut self) {
        out::show(LEAVE);
        if let Some(modes) = self.modes.take() {
            // A terminal that went away has no modes to put right.
            let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &modes);
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.give_back();
    }
}
