//! Branches that are not moved by mistake: git config `takeback.landProtected`.

use super::target;
use crate::config::Config;
use crate::task::RepoPath;
use crate::verify::scope::{BadGlob, Scope};

/// Tells whether a branch (`refs/heads/…`) is moved only by who says so.
///
/// # Errors
///
/// [`BadGlob`] if a glob of the setting cannot be read.
pub(crate) fn is_protected(config: &Config, branch: &str) -> Result<bool, BadGlob> {
    Ok(Scope::new(&config.land_protected)?.names(&RepoPath::new(target::short(branch))))
}
