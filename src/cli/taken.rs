//! What discard, undo and redo show: before the act what is restored, kept and lost; after it how to go on.

use serde::Serialize;

use crate::cli::out::{Out, Page, View};
use crate::cli::text::{named, plain};
use crate::engine::TakenBack;

/// The three verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Discard,
    Undo,
    Redo,
}

/// The answer, with its words for people.
#[derive(Serialize)]
pub(super) struct Taken {
    #[serde(flatten)]
    answer: TakenBack,
    #[serde(skip)]
    act: Act,
    #[serde(skip)]
    next: Option<String>,
}

impl Taken {
    /// It is done; `next` is the command that takes it back.
    pub(super) fn done(act: Act, answer: TakenBack, next: String) -> Self {
        Self { answer, act, next: Some(next) }
    }

    /// It was only looked at.
    pub(super) fn planned(act: Act, answer: TakenBack) -> Self {
        Self { answer, act, next: None }
    }

    /// Says on stderr what is about to happen.
    pub(super) fn announce(act: Act, answer: &TakenBack, out: &mut Out) {
        out.note(&plan(act, answer));
    }
}

impl View for Taken {
    fn text(&self, page: &Page) -> String {
        let Some(next) = &self.next else { return plan(self.act, &self.answer) };
        let done = match self.act {
            Act::Discard => format!("discarded {}", page.bold(&named(&self.answer.tasks))),
            Act::Undo => format!("undone: {}", plain(&self.answer.title)),
            Act::Redo => format!("redone: {}", plain(&self.answer.title)),
        };
        format!("{done}\n  to take it back: {next}")
    }
}

fn plan(act: Act, answer: &TakenBack) -> String {
    let (headline, does) = match act {
        Act::Discard => (format!("discard {}", named(&answer.tasks)), ""),
        Act::Undo => (format!("undo {}", answer.title), "restored: "),
        Act::Redo => (format!("redo {}", answer.title), "restored: "),
    };
    let groups = [(does, &answer.restored), ("kept: ", &answer.kept), ("cannot be undone: ", &answer.not_undone)];
    let facts = groups.into_iter().flat_map(|(word, lines)| lines.iter().map(move |l| format!("  {word}{}", plain(l))));
    std::iter::once(plain(&headline)).chain(facts).collect::<Vec<_>>().join("\n")
}
