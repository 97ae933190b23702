//! Samples, and what a page says of them.

use std::time::Duration;

/// The same work, done in two ways.
#[derive(Default)]
pub(crate) struct Pair {
    pub(crate) by_hand: Vec<Duration>,
    pub(crate) takeback: Vec<Duration>,
}

/// A row of the page's table.
pub(crate) fn row(what: &str, pair: &Pair, aim: f64, words: &str) -> String {
    let (by_hand, takeback) = (median(&pair.by_hand), median(&pair.takeback));
    let ratio = by_hand.as_secs_f64() / takeback.as_secs_f64();
    format!("| {what} | {} | {} | {ratio:.2} | {words} | {} |", ms(by_hand), ms(takeback), verdict(ratio >= aim))
}

/// Whether an aim was met.
pub(crate) fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "**missed**" }
}

/// Samples in the order in which they were taken.
pub(crate) fn raw(what: &str, samples: &[Duration]) -> String {
    let samples: Vec<_> = samples.iter().map(|s| ms(*s)).collect();
    format!("- {what}: {}", samples.join(" "))
}

/// Milliseconds.
pub(crate) fn ms(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1e3;
    if ms < 100.0 { format!("{ms:.1}") } else { format!("{ms:.0}") }
}

/// The middle one.
pub(crate) fn median(samples: &[Duration]) -> Duration {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2 }
}
