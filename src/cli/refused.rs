//! The lines for a task that cannot land or be taken back.

use crate::cli::out::Page;
use crate::cli::text::plain;
use crate::engine::Refusal;

/// What is wrong, the paths that it is about, and the next command to type.
pub(super) fn lines(refusal: &Refusal, hint: &str, page: &Page) -> Vec<String> {
    let (word, task) = (page.paint("31", "refused:"), page.bold(refusal.task.as_str()));
    // Most messages say what the task is or did; some speak of the branch or of a check.
    let gap = if refusal.message.starts_with("the ") { ":" } else { "" };
    let mut lines = vec![format!("{word} {task}{gap} {}", plain(&refusal.message))];
    lines.extend(refusal.paths.iter().map(|p| format!("  {}", plain(&p.to_string()))));
    lines.push(format!("  hint: {hint}"));
    lines
}
