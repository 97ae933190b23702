//! The forecast of `takeback land` of several tasks: who clashes with whom, and what can land together.

use crate::cli::out::{Out, Page};
use crate::cli::program;
use crate::cli::text::{branch, count, join, plain};
use crate::engine::{Between, Clash, Engine, Error, ErrorKind, Forecast, LandWish, Landing, RefusalKind};

/// How many merges a dry run makes to find out.
const THOROUGH: usize = 200;
/// How many a landing that is refused makes.
const BRIEF: usize = 20;
/// How many clashes, and paths of each, are shown to people.
const SHOWN: usize = 10;

/// Adds the forecast to a landing of several tasks that is only planned, or was refused for a conflict.
pub(super) fn add(engine: &Engine, wish: &LandWish, dry_run: bool, landing: &mut Landing) -> Result<(), Error> {
    let has_conflict = landing.refused.iter().any(|refusal| refusal.kind == RefusalKind::Conflict);
    if wish.ids.len() > 1 && (dry_run || has_conflict) {
        landing.forecast = Some(engine.forecast(wish, if dry_run { THOROUGH } else { BRIEF })?);
    }
    Ok(())
}

/// Says beside an error what may clash: without a git that merges, a landing of what meets cannot even be planned.
pub(super) fn beside(engine: &Engine, wish: &LandWish, error: &Error, out: &mut Out) {
    if wish.ids.len() < 2 || error.kind() != ErrorKind::Unsupported {
        return;
    }
    if let Ok(forecast) = engine.forecast(wish, BRIEF) {
        for line in lines(&forecast, "the branch", &Page::PLAIN) {
            out.note(&line);
        }
    }
}

/// The forecast for people, a line each.
pub(super) fn lines(forecast: &Forecast, target: &str, page: &Page) -> Vec<String> {
    if forecast.clashes.is_empty() {
        return vec![format!("  {}", page.dim("no two of them are in each other's way"))];
    }
    let mut lines: Vec<_> = forecast.clashes.iter().take(SHOWN).map(|clash| line(clash, target, page)).collect();
    if let Some(more) = forecast.clashes.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.push(format!("  … and {}: --json lists all", count(more as u64, "more clash")));
    }
    if !forecast.together.is_empty() {
        lines.push(format!("  land these first: {} land {}", program(), plain_names(forecast)));
    }
    lines
}

fn plain_names(forecast: &Forecast) -> String {
    forecast.together.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn line(clash: &Clash, target: &str, page: &Page) -> String {
    let who = match &clash.between {
        Between::Tasks { tasks: [a, b] } => format!("{a} and {b}"),
        Between::Target { task, .. } => format!("{task} and {}", branch(target)),
    };
    let word = page.paint("33", if clash.may { "may conflict" } else { "conflict" });
    let paths: Vec<_> = clash.paths.iter().take(SHOWN).map(|path| plain(&path.to_string())).collect();
    let more = clash.paths.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("  {who} {word}: {}{more}", join(&paths))
}
