//! The time of day, in one place.

use crate::task::Moment;

/// The moment now. `TAKEBACK_NOW` (RFC 3339) stands in for it, as `GIT_COMMITTER_DATE` does for git.
pub(crate) fn now() -> Moment {
    let fixed = std::env::var("TAKEBACK_NOW").ok().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    fixed.unwrap_or_else(jiff::Timestamp::now).into()
}
