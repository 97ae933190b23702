//! `land --split-by`: several landings, each on a branch of its own.

use serde::Serialize;

use super::{Args, Landed, code};
use crate::cli::Cx;
use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::engine::{Engine, Error, LandWish, Part, SplitBy};

/// `{"landings": [land, …]}`, in the order of their branches' names.
#[derive(Serialize)]
struct Landings {
    landings: Vec<Landed>,
}

impl View for Landings {
    fn text(&self, page: &Page) -> String {
        self.landings.iter().map(|landed| landed.text(page)).collect::<Vec<_>>().join("\n")
    }
}

/// Lands each part on its branch. What cannot land keeps the others from nothing; the first code that is not 0 is the answer's.
///
/// # Errors
///
/// As for a landing; those before it stand, and are told.
pub(super) fn land(args: &Args, by: SplitBy, engine: &mut Engine, cx: &mut Cx) -> Result<Code, Error> {
    let wish = args.wish();
    let stem = args.to.clone().or_else(|| args.ids.first().cloned()).unwrap_or_default();
    let mut answer = Landings { landings: vec![] };
    let mut worst = Code::Done;
    for Part { name, tasks, .. } in engine.split(&wish, by)? {
        let wish = LandWish {
            ids: tasks.iter().map(ToString::to_string).collect(),
            numbers: None,
            to: Some(format!("{stem}-{name}")),
            ..wish.clone()
        };
        match super::land(&wish, args.dry_run, engine, &mut cx.out) {
            Ok(landing) => {
                cx.notes(engine);
                worst = if worst == Code::Done { code(&landing) } else { worst };
                answer.landings.push(Landed { landing });
            }
            Err(e) => {
                cx.out.answer(&answer)?;
                return Err(e);
            }
        }
    }
    cx.out.answer(&answer)?;
    Ok(worst)
}
