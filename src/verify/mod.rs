//! Whether a result is what was asked for: its scope, and its checks.

pub(crate) mod scope;
pub(crate) mod verdicts;
