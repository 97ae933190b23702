//! The checkout's uncommitted changes: counted for the line that `run` says, or captured as a base of their own.

use std::path::Path;
use std::thread::JoinHandle;

use git2::{Repository, StatusOptions};

use crate::git::commit::{self, NewCommit};
use crate::git::intake::Cut;
use crate::git::{self, Intake};
use crate::id::{CommitId, TreeId, Uid};
use crate::journal::PACK_LABEL;
use crate::store::{Site, site};
use crate::sys::clock;
use crate::workspace;
use crate::workspace::bring::Ledger;
use crate::workspace::capture::{self, CaptureInput};
use crate::workspace::manifest::Manifest;

use super::hand_off;

/// The checkout as a commit, in a private folder of objects.
pub(crate) struct Snapshot {
    /// The commit, whose parent is `HEAD`.
    pub(crate) commit: CommitId,
    /// Its tree.
    pub(crate) tree: TreeId,
    /// Files that differ from `HEAD`.
    pub(crate) files: usize,
    head: CommitId,
    /// Where its objects are until it is published.
    pub(crate) intake: Intake,
}

/// The checkout cannot be captured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// It cannot be read.
    #[error(transparent)]
    Workspace(#[from] workspace::Error),
    /// The repository cannot be used.
    #[error(transparent)]
    Site(#[from] site::Error),
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] git::Error),
}

/// Captures the checkout: staged, unstaged and untracked changes, but nothing that git ignores.
pub(crate) fn take(site: &Site, head: CommitId) -> Result<Snapshot, Error> {
    let root = site.work_dir()?;
    let intake = Intake::create_passing(&site.layout.operation_intakes(), Uid::random().as_str(), &site.repo)?;
    let base = git::tree::of_commit(&site.repo, head)?;
    let input = CaptureInput {
        repo: &site.repo,
        root,
        manifest: &Manifest::load(&site.repo.path().join("index"))?,
        base,
        intake: &intake,
        commit_ignored: None,
        brought: &Ledger::default(),
        around: root,
        large_bytes: u64::MAX,
        own: false,
    };
    let captured = capture::capture(&input)?;
    let odb = intake.odb()?;
    let files = git::tree::changes(&odb, Some(base.into()), Some(captured.tree.into()))?.len();
    let message = "uncommitted changes of the checkout\n";
    let parents = [head.into()];
    let new = NewCommit::new(captured.tree.into(), &parents, message);
    let commit = commit::by_takeback(&intake, &new, clock::now().as_second())?.into();
    drop(odb);
    Ok(Snapshot { commit, tree: captured.tree, files, head, intake })
}

impl Snapshot {
    /// Puts the commit into the repository and hangs it on its ref. The right to decide is held meanwhile.
    pub(crate) fn publish(self, site: &Site) -> Result<(), git::Error> {
        let label = format!("{PACK_LABEL}snapshot {}", self.commit);
        let cut = Cut { have: &[self.head.into()], strict: false };
        let pack = self.intake.publish(&site.repo, &[self.commit.into()], cut, &label)?;
        hand_off::pin_base(site, self.commit)?;
        pack.map_or(Ok(()), git::intake::KeptPack::release)
    }
}

/// The line that says what a task starts from, and what of the checkout is not in it.
///
/// `changed` is how many files that is; `None` where it could not be found out.
pub(crate) fn base_line(repo: &Repository, head: CommitId, changed: Option<usize>) -> String {
    let line = format!("from {} ({})", head.short(), place(repo));
    match changed {
        Some(0) => line,
        Some(1) => format!("{line}; 1 changed file is not in it: --with-changes"),
        Some(n) => format!("{line}; {n} changed files are not in it: --with-changes"),
        None => format!("{line}; whether the checkout has changes cannot be told"),
    }
}

/// The branch that is checked out, and how it lies to its upstream.
fn place(repo: &Repository) -> String {
    let Ok(head) = repo.head() else { return "HEAD".to_owned() };
    if !head.is_branch() {
        return "detached HEAD".to_owned();
    }
    let name = String::from_utf8_lossy(head.shorthand_bytes()).into_owned();
    match ahead_behind(repo, &head) {
        Some((ahead, behind, upstream)) if ahead + behind > 0 => {
            let parts = [(ahead, "ahead of"), (behind, "behind")].into_iter().filter(|(n, _)| *n > 0);
            let parts: Vec<_> = parts.map(|(n, word)| format!("{n} {word} {upstream}")).collect();
            format!("{name}, {}", parts.join(", "))
        }
        _ => name,
    }
}

fn ahead_behind(repo: &Repository, head: &git2::Reference<'_>) -> Option<(usize, usize, String)> {
    let name = head.name().ok()?;
    let upstream = repo.branch_upstream_name(name).ok()?;
    let upstream = upstream.as_str().ok()?.to_owned();
    let (ahead, behind) = repo.graph_ahead_behind(head.target()?, repo.refname_to_id(&upstream).ok()?).ok()?;
    Some((ahead, behind, upstream.trim_start_matches("refs/remotes/").to_owned()))
}

/// Starts counting the files of the checkout that are not as `HEAD` has them, untracked ones too.
pub(crate) fn count_changes(repo: &Repository) -> JoinHandle<Option<usize>> {
    let git_dir = repo.path().to_owned();
    std::thread::spawn(move || changed_files(&git_dir))
}

fn changed_files(git_dir: &Path) -> Option<usize> {
    let repo = git::repo::open_git_dir(git_dir).ok()?;
    let mut options = StatusOptions::new();
    options.include_untracked(true).include_ignored(false).include_unreadable(false).update_index(false);
    repo.statuses(Some(&mut options)).ok().map(|all| all.len())
}
