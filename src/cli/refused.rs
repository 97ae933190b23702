//! The lines for tasks that cannot land or be taken back.

use crate::cli::out::Page;
use crate::cli::text::{MOST_NAMED, named, plain};
use crate::engine::Refusal;
use crate::takeback::words::batch_of;

/// As many paths of one refusal are named; `--json` has all.
const SHOWN: usize = 10;

/// Refusals, those of several tasks for one and the same reason as one.
pub(super) fn rows(refusals: &[Refusal]) -> impl Iterator<Item = &[Refusal]> {
    let is_same =
        |a: &Refusal, b: &Refusal| a.kind == b.kind && a.message == b.message && a.paths == b.paths && a.commit == b.commit;
    refusals.chunk_by(is_same)
}

/// What is said of one task, said of several.
fn of_several(message: &str) -> String {
    for (one, several) in [
        ("is ", "are "),
        ("has ", "have "),
        ("was ", "were "),
        ("breaks ", "break "),
        ("does not pass its own ", "do not pass their own "),
    ] {
        if let Some(rest) = message.strip_prefix(one) {
            return format!("{several}{rest}");
        }
    }
    message.to_owned()
}

/// What is wrong, the paths that it is about, and the next command to type, which `way_out` makes of the tasks' names. The tasks of
/// `row` are refused alike.
pub(super) fn lines(row: &[Refusal], way_out: impl Fn(&Refusal, &str) -> String, page: &Page) -> Vec<String> {
    let Some(refusal) = row.first() else { return vec![] };
    let ids: Vec<_> = row.iter().map(|refusal| refusal.task.as_str()).collect();
    let batch = batch_of(&ids).filter(|_| ids.len() > MOST_NAMED);
    let hint = way_out(refusal, &batch.unwrap_or_else(|| ids.join(" ")));
    let names: Vec<_> = row.iter().map(|refusal| refusal.task.clone()).collect();
    let (word, tasks) = (page.paint("31", "refused:"), page.bold(&named(&names)));
    // Most messages say what the task is or did; some speak of the branch or of a check.
    let gap = if refusal.message.starts_with("the ") { ":" } else { "" };
    let message = if row.len() > 1 { of_several(&refusal.message) } else { refusal.message.clone() };
    let mut lines = vec![format!("{word} {tasks}{gap} {}", plain(&message))];
    lines.extend(refusal.paths.iter().take(SHOWN).map(|p| format!("  {}", plain(&p.to_string()))));
    let more = refusal.paths.len().saturating_sub(SHOWN);
    lines.extend((more > 0).then(|| format!("  … and {more} more: --json lists all")));
    lines.push(format!("  hint: {hint}"));
    lines
}
