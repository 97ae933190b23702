//! The small model: tasks, decisions, and the states that come of them by DESIGN's arrows.

use std::collections::BTreeMap;

use super::files::Edit;
use super::seen::Seen;

/// A task, as its hand-off and its last attempt left it.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) edits: Vec<Edit>,
    pub(super) fails: bool,
    pub(super) checked: bool,
    /// The branch that was checked out at hand-off.
    pub(super) target: Option<String>,
    pub(super) own_base: String,
    pub(super) attempt: u64,
    /// The highest number that an attempt of it ever had, also one that was undone.
    pub(super) highest: u64,
    /// What the last attempt alone makes of it.
    pub(super) own: &'static str,
    pub(super) base: String,
    pub(super) result: Option<String>,
    /// It stays until it is let go: see [`super::step::Step::Start`].
    pub(super) stays: bool,
}

impl Task {
    pub(super) fn branch(&self) -> String {
        format!("refs/heads/takeback/{}", self.id)
    }

    /// Where its branch is unless somebody moved it.
    pub(super) fn tip(&self) -> &String {
        self.result.as_ref().unwrap_or(&self.base)
    }

    pub(super) fn is_running(&self) -> bool {
        self.own == "running"
    }
}

/// A decision that was carried out.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) uid: String,
    pub(super) kind: Kind,
    pub(super) tasks: Vec<usize>,
    /// The branch that decides, first; what git showed to have moved.
    pub(super) moves: Vec<Move>,
    /// Whether the first move decides.
    pub(super) decides: bool,
    /// Its task before and after it, where that is another attempt.
    pub(super) attempts: Option<(Task, Task)>,
    /// It has not been taken back.
    pub(super) holds: bool,
    /// What a user saw before and after.
    pub(super) seen: (Seen, Seen),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Land,
    /// Somebody else has landed it: no branch moves but the task's own.
    LandAs,
    Discard,
    Revert,
    Retry,
    Open,
    /// Takes the operation at this place back.
    Undo(usize),
    Redo(usize),
}

/// A branch, and where it was and is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) name: String,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Land | Self::LandAs => "land",
            Self::Open => "open",
            Self::Discard => "discard",
            Self::Revert => "revert",
            Self::Retry => "retry",
            Self::Undo(_) => "undo",
            Self::Redo(_) => "redo",
        }
    }

    fn decides(self) -> Option<&'static str> {
        match self {
            Self::Land | Self::LandAs => Some("landed"),
            Self::Discard => Some("discarded"),
            Self::Revert => Some("reverted"),
            _ => None,
        }
    }

    fn can_be_undone(self) -> bool {
        matches!(self, Self::Land | Self::LandAs | Self::Discard | Self::Revert | Self::Open)
    }

    fn takes_back(self) -> Option<usize> {
        match self {
            Self::Undo(at) | Self::Redo(at) => Some(at),
            _ => None,
        }
    }
}

/// Tasks and decisions.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    pub(super) tasks: Vec<Task>,
    pub(super) operations: Vec<Operation>,
}

impl Ledger {
    /// The task that a number of a step means.
    pub(super) fn task(&self, number: u8) -> usize {
        usize::from(number) % self.tasks.len()
    }

    /// The state, and the last decision that it comes from.
    pub(super) fn state(&self, task: usize) -> (&'static str, Option<usize>) {
        let mut state = (self.tasks[task].own, None);
        for (n, operation) in self.operations.iter().enumerate().filter(|(_, o)| o.holds && o.tasks.contains(&task)) {
            if matches!(operation.kind, Kind::Retry | Kind::Open) {
                state = (self.tasks[task].own, (operation.kind == Kind::Open).then_some(n));
            } else if let Some(decided) = operation.kind.decides() {
                state = (decided, Some(n));
            }
        }
        state
    }

    /// Every task's state by name.
    pub(super) fn states(&self) -> BTreeMap<String, String> {
        (0..self.tasks.len()).map(|n| (self.tasks[n].id.clone(), self.state(n).0.to_owned())).collect()
    }

    /// Writes a decision down, and what it does to an earlier one.
    pub(super) fn decide(&mut self, operation: Operation) {
        if let Some(taken_back) = operation.kind.takes_back() {
            self.operations[taken_back].holds = false;
            if let Some((before, _)) = self.operations[taken_back].attempts.clone() {
                self.now(operation.tasks[0], before);
            }
            if let Some(brought_back) = self.operations[taken_back].kind.takes_back() {
                self.operations[brought_back].holds = true;
                if let Some((_, after)) = self.operations[brought_back].attempts.clone() {
                    self.now(operation.tasks[0], after);
                }
            }
        }
        self.operations.push(operation);
    }

    /// A task is as an attempt of it left it.
    fn now(&mut self, task: usize, at: Task) {
        let highest = self.tasks[task].highest;
        self.tasks[task] = Task { highest, ..at };
    }

    /// The operation that `undo` means without an argument.
    pub(super) fn last_to_undo(&self) -> Option<usize> {
        self.operations.iter().rposition(|o| o.holds && o.kind.can_be_undone())
    }

    /// The operation that `redo` takes back: the last undo that holds, unless something else was decided since.
    pub(super) fn last_to_redo(&self) -> Option<usize> {
        for (n, operation) in self.operations.iter().enumerate().rev() {
            match operation.kind {
                Kind::Redo(_) => {}
                Kind::Undo(_) if !operation.holds => {}
                Kind::Undo(_) => return Some(n),
                _ => return None,
            }
        }
        None
    }

    /// Which operation `undo TASK` means, or the kind of refusal.
    pub(super) fn to_undo_of(&self, task: usize) -> Result<usize, &'static str> {
        let (_, decided) = self.state(task);
        let found = decided.ok_or("state")?;
        let operation = &self.operations[found];
        if operation.kind == Kind::Land && operation.tasks.len() > 1 { Err("stale") } else { Ok(found) }
    }

    /// Whether `undo OPERATION` may be tried, or the kind of refusal.
    pub(super) fn may_undo(&self, at: usize) -> Result<usize, &'static str> {
        let operation = &self.operations[at];
        if operation.kind.can_be_undone() && operation.holds { Ok(at) } else { Err("state") }
    }

    /// Whether a later decision about the same tasks holds.
    pub(super) fn decided_later(&self, at: usize) -> bool {
        let tasks = &self.operations[at].tasks;
        let later = self.operations[at + 1..].iter().filter(|o| o.holds && o.kind.takes_back().is_none());
        later.into_iter().any(|o| o.tasks.iter().any(|task| tasks.contains(task)))
    }
}
