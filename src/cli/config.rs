//! `takeback config`: the settings, what they are here, and what they mean.

use serde::Serialize;

use crate::cli::Cx;
use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::table::{Cell, Table};
use crate::engine::{Error, Setting};

const EXAMPLES: &str = "\
Examples:
  takeback config
  git config takeback.timeout 4h                  for this repository
  git config --global --add takeback.withhold 'MY_*'   for all of yours

Nothing here is an operation: `takeback undo` knows nothing of it; `git config --unset` takes a setting back.";

/// Show takeback's settings in this repository
///
/// They are git's: set them with `git config`.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {}

#[derive(Serialize)]
struct Settings {
    settings: Vec<Setting>,
}

impl View for Settings {
    fn text(&self, page: &Page) -> String {
        let mut table = Table::default();
        for setting in &self.settings {
            let value = if setting.values.is_empty() { "-".to_owned() } else { setting.values.join(", ") };
            table.row([Cell::new(setting.key), Cell::new(value), Cell::painted(setting.meaning, "2")]);
        }
        table.text(page)
    }
}

pub(super) fn run(_args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let settings = cx.engine()?.settings()?;
    cx.out.answer(&Settings { settings })?;
    Ok(Code::Done)
}
