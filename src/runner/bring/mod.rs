//! What is brought to a task: decided when it is handed off, copied when an attempt or a check starts.
//!
//! ```text
//! run:      words ─► given: mode and path ─► place: where it is, where it is seen ─► survey: all of it, counted ─► spec
//! runner:   spec ─► survey again, as it is then ─► the slot, after its reset ─► record
//! check:    the same, from the checkout again; a fingerprint of it is part of the verdict's key
//! ```

mod absent;
mod error;
mod fetch;
mod given;
mod place;

use std::path::{Path, PathBuf};

use crate::id::TreeId;
use crate::store::Site;
use crate::task::{Amount, Bring, BringMode, RepoPath, Text, size};
use crate::workspace::bring::{Order, Source, Survey, survey};
use crate::workspace::manifest::Manifest;
use crate::workspace::slots;

pub(super) use absent::Lookout;
pub(crate) use error::Error;
pub(super) use fetch::Delivery;

/// What will be brought, and what the user should know of it.
#[derive(Default)]
pub(super) struct Bringing {
    pub(super) bring: Vec<Bring>,
    pub(super) lines: Vec<String>,
}

/// What was asked for.
pub(super) struct Asked<'a> {
    /// As it was typed.
    pub(super) words: &'a [Text],
    /// Leave out what the configuration names.
    pub(super) no_defaults: bool,
    /// The folder that relative paths start from.
    pub(super) folder: &'a Path,
}

/// Decides what is brought, and counts it.
///
/// # Errors
///
/// [`Error`], by what cannot be brought.
pub(super) fn plan(site: &Site, asked: &Asked<'_>, odb: &git2::Odb<'_>, tree: TreeId) -> Result<Bringing, Error> {
    let defaults: Vec<Text> =
        if asked.no_defaults { vec![] } else { site.config.bring.iter().map(|t| t.as_str().into()).collect() };
    if asked.words.is_empty() && defaults.is_empty() {
        return Ok(Bringing::default());
    }
    let tracked = Manifest::of_tree(odb, tree.into())?;
    let root = place::Root::of(site)?;
    let mut lines = Vec::new();
    let mut bring = Vec::new();
    for word in &defaults {
        match given::resolve(&root, &root.checkout, word, &tracked, &mut lines) {
            Ok(found) => bring.extend(found),
            Err(e @ (Error::Missing { .. } | Error::Tracked(_))) => lines.push(format!("takeback.bring: {e}")),
            Err(e) => return Err(e),
        }
    }
    for word in asked.words {
        bring.extend(given::resolve(&root, asked.folder, word, &tracked, &mut lines)?);
    }
    let bring = without_repeats(bring);
    let found = look(site, &root.checkout, &bring, &tracked)?;
    for (path, _, amount) in &found.amounts {
        if amount.files == 0 && !tracked.below(path).is_empty() {
            return Err(Error::Tracked(path.clone()));
        }
    }
    lines.extend(describe(&found));
    Ok(Bringing { bring, lines })
}

/// Leaves out what lies in a folder that is brought anyway, and what is named twice.
fn without_repeats(mut all: Vec<Bring>) -> Vec<Bring> {
    all.sort_by(|a, b| a.path.cmp(&b.path));
    let mut kept: Vec<Bring> = Vec::new();
    for bring in all {
        if !kept.iter().any(|k| k.path == bring.path || k.path.holds(&bring.path)) {
            kept.push(bring);
        }
    }
    kept
}

/// Looks through all that is to be brought from a checkout.
fn look(site: &Site, checkout: &Path, bring: &[Bring], tracked: &Manifest) -> Result<Survey, Error> {
    let mut sources = Vec::new();
    for one in bring {
        let from = one.from.as_ref().map_or_else(|| checkout.join(one.path.as_path()), |from| from.as_path().to_owned());
        let real = from.canonicalize().map_err(|_| Error::Missing { path: one.path.to_string(), from })?;
        sources.push(Source { place: one.path.clone(), from: real, mode: one.mode });
    }
    let name = slots::worktree_name(&site.repo);
    let order = Order {
        checkout,
        name: name.as_path(),
        common: site.layout.common(),
        state: &site.likely_state_dir(),
        tracked,
        limit: site.config.bring_max_copy_bytes,
    };
    Ok(survey(&order, &sources)?)
}

/// The checkout that a task is brought things from: the first in which they are all there.
fn checkout_of(checkouts: &[PathBuf], bring: &[Bring]) -> Option<PathBuf> {
    let has_all = |root: &&PathBuf| bring.iter().filter(|b| b.from.is_none()).all(|b| root.join(b.path.as_path()).exists());
    checkouts.iter().find(has_all).or(checkouts.last()).and_then(|root| root.canonicalize().ok())
}

/// What the user should know before anything is copied.
fn describe(found: &Survey) -> Vec<String> {
    const MOST: usize = 5;
    let about = |(path, mode, amount): &(RepoPath, BringMode, Amount)| {
        let mode = if *mode == BringMode::Ro { ", read-only" } else { "" };
        let files = if amount.files == 1 { "1 file".to_owned() } else { format!("{} files", amount.files) };
        format!("{path} ({files}, {}{mode})", size(amount.bytes))
    };
    let mut lines = Vec::new();
    if !found.amounts.is_empty() {
        let mut all: Vec<_> = found.amounts.iter().take(MOST).map(about).collect();
        if found.amounts.len() > MOST {
            all.push(format!("and {} more", found.amounts.len() - MOST));
        }
        lines.push(format!("brought as copies: {}", all.join(", ")));
    }
    if found.amounts.iter().any(|(_, mode, _)| *mode == BringMode::Ro) {
        lines.push("read-only is a copy without the right to write: a command that takes that right changes the copy".to_owned());
    }
    for path in &found.environments {
        lines.push(format!("{path} is a virtual environment: its scripts and editable installs still lead to the original"));
    }
    lines.extend(left_out(found));
    lines
}

/// What was left out, and no more lines of it than one reads.
fn left_out(found: &Survey) -> Vec<String> {
    const MOST: usize = 5;
    let mut lines: Vec<_> = found.left_out.iter().take(MOST).cloned().collect();
    if found.left_out.len() > MOST {
        lines.push(format!("{} more paths are not brought", found.left_out.len() - MOST));
    }
    lines
}
