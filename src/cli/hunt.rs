//! What is shown while the checks of a landing are asked, and while it looks for the task that breaks one.

use crate::cli::out::Out;
use crate::cli::text::count;
use crate::engine::Asking;

/// Fewer checks of all that is to land are not counted.
const WORTH_A_COUNT: usize = 3;

/// On a terminal a line drawn again and again, else a line for what is new; and which check it is, once.
#[derive(Default)]
pub(super) struct Progress {
    command: Option<String>,
    said: Option<String>,
}

impl Progress {
    pub(super) fn show(&mut self, asking: &Asking, out: &mut Out) {
        match asking {
            Asking::Joined { done, all } => self.count(*done, *all, out),
            Asking::Culprit { command, suspects, runs } => self.hunt(command, (*suspects, *runs), out),
        }
    }

    /// Without a terminal a line for each tenth is enough.
    fn count(&mut self, done: usize, all: usize, out: &mut Out) {
        let is_new = done * 10 / all.max(1) > done.saturating_sub(1) * 10 / all.max(1) || done == 0;
        if all >= WORTH_A_COUNT && (out.is_live() || is_new) {
            self.say(format!("{done} of {} said yes to all of it together", count(all as u64, "check")), out);
        }
    }

    fn hunt(&mut self, command: &str, (suspects, runs): (usize, u32), out: &mut Out) {
        if self.command.as_deref() != Some(command) {
            self.wipe(out);
            out.note(&format!("the check `{command}` says no: looking for the one who breaks it"));
            self.command = Some(command.to_owned());
        }
        let who = match suspects {
            1 => "making sure of the one who breaks it".to_owned(),
            some => format!("it is among {some} tasks"),
        };
        self.say(format!("{who} ({} of the check so far)", count(runs.into(), "run")), out);
    }

    fn say(&mut self, line: String, out: &mut Out) {
        if out.is_live() {
            out.draw(&line);
        } else if self.said.as_ref() != Some(&line) {
            out.note(&line);
        }
        self.said = Some(line);
    }

    pub(super) fn wipe(&self, out: &mut Out) {
        if self.said.is_some() {
            out.wipe();
        }
    }
}
