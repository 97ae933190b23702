//! How a command ended, in its record's words.

use super::{Attempt, Error, chain};
use crate::exec::run::{Cause, Ended};
use crate::sys::process;
use crate::task::Reason;
use crate::workspace::Slot;

impl Attempt<'_> {
    pub(super) fn note_end(&mut self, ended: &Ended) {
        self.record.exit = Some(ended.exit);
        let limits = self.spec.limits;
        let (reason, message) = match &ended.cause {
            Cause::Exited if ended.exit.is_success() => (None, None),
            Cause::Exited => (Some(Reason::Exit), None),
            Cause::Signal => (Some(Reason::Signal), None),
            Cause::Timeout => (Some(Reason::Timeout), Some(format!("it ran longer than {:?}", limits.timeout.unwrap_or_default()))),
            Cause::Idle => (Some(Reason::Idle), Some(format!("it wrote nothing for {:?}", limits.idle.unwrap_or_default()))),
            Cause::NotStarted(why) => (Some(Reason::Spawn), Some(format!("it could not be started: {why}"))),
            Cause::HungUp => (Some(Reason::Interrupted), Some("its terminal went away while it was at work".to_owned())),
            Cause::Cancelled => {
                self.record.cancelled = true;
                (None, Some("it was cancelled".to_owned()))
            }
        };
        self.record.reason = reason;
        self.record.message = message;
        if !ended.left_over.is_empty() {
            let line = format!("processes that it left behind were ended: {}", names(&ended.left_over));
            self.record.notes.push(line);
        }
        if !ended.survivors.is_empty() {
            self.record.notes.push(format!("processes that could not be ended: {}", names(&ended.survivors)));
        }
        if let Some(e) = &ended.log_error {
            self.record.notes.push(format!("its log is not whole: {}", chain(e)));
        }
    }

    /// A check could not be asked, since what it needs could not be brought: that is no yes.
    pub(in crate::runner) fn note_unasked(&mut self, check: &str, e: &Error) {
        if e.is_stop() {
            self.record.cancelled = true;
            self.record.message = Some("it was cancelled".to_owned());
        } else {
            self.record.reason = Some(Reason::Check);
            self.record.message = Some(format!("the check `{check}` could not be asked: {}", chain(e)));
        }
    }

    /// The worktree's `.git` does not lead to the private git dir any more: git in the task may have worked on the repository.
    pub(super) fn note_escape(&mut self, slot: &Slot) {
        if !slot.root().exists() {
            self.record.reason = self.record.reason.or(Some(Reason::Escaped));
            let message = "its worktree was removed while it ran: nothing that it made there could be kept";
            self.record.message.get_or_insert(message.to_owned());
            return;
        }
        if !slot.root().join(".git").exists() {
            self.record.notes.push("it removed its worktree's .git".to_owned());
            return;
        }
        self.record.reason = self.record.reason.or(Some(Reason::Escaped));
        let message = "its worktree's .git was replaced: git in it may have worked on the repository itself";
        self.record.message.get_or_insert(message.to_owned());
        self.record.notes.push(message.to_owned());
    }
}

/// Names processes for people.
pub(in crate::runner) fn names(processes: &[process::Process]) -> String {
    let names: Vec<_> = processes.iter().map(|p| format!("{} ({})", p.name, p.pid)).collect();
    names.join(", ")
}
