//! What is shown while a landing looks for the task that breaks a check.

use crate::cli::out::Out;
use crate::cli::text::count;
use crate::engine::Asking;

/// On a terminal a line drawn again and again, else a line for each run; and which check it is, once.
#[derive(Default)]
pub(super) struct Progress {
    command: Option<String>,
}

impl Progress {
    pub(super) fn show(&mut self, asking: &Asking, out: &mut Out) {
        if self.command.as_ref() != Some(&asking.command) {
            self.wipe(out);
            out.note(&format!("the check `{}` says no: looking for the one who breaks it", asking.command));
            self.command = Some(asking.command.clone());
        }
        let who = match asking.suspects {
            1 => "making sure of the one who breaks it".to_owned(),
            some => format!("one of {some} tasks breaks it"),
        };
        let line = format!("{who} ({} of the check so far)", count(asking.runs.into(), "run"));
        if out.is_live() { out.draw(&line) } else { out.note(&line) }
    }

    pub(super) fn wipe(&self, out: &mut Out) {
        if self.command.is_some() {
            out.wipe();
        }
    }
}
