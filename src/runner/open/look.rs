//! What was done in an opened worktree. Nothing is changed by looking.

use git2::{Oid, Repository};

use super::Error;
use super::aside::{self, Aside};
use crate::git::admin::AdminDir;
use crate::git::{self, Intake, history, tree};
use crate::id::{CommitId, TreeId, Uid};
use crate::journal::Standing;
use crate::store::Site;
use crate::sys::{command, file};
use crate::task::{Amount, Output, RepoPath};
use crate::verify::scope::Scope;
use crate::workspace::Opened;
use crate::workspace::bring::Ledger;
use crate::workspace::capture::{self, CaptureInput};
use crate::workspace::manifest::Manifest;

/// What was done in an opened worktree.
pub(crate) struct Look {
    /// Where the objects are that the repository does not have.
    pub(super) intake: Intake,
    /// Its files.
    pub(super) tree: TreeId,
    /// Files that are as neither what was opened nor the task's last attempt has them.
    pub(crate) changed: usize,
    /// Files of these that no branch has, which is checked out there.
    loose: usize,
    /// What git ignores, and was made there.
    pub(crate) outputs: Vec<Output>,
    /// Ignored files that the task's spec wants in its result.
    pub(super) committed_ignored: Amount,
    /// Commits that HEAD was at there, but for those that were there before.
    pub(super) commits: Vec<Oid>,
    /// Those of them that no ref leads to.
    loose_commits: Vec<Oid>,
    /// All that the index lists, if some of it is in no file and in no commit.
    pub(super) staged: Option<TreeId>,
    /// The commit that was in it at first.
    from: CommitId,
}

impl Look {
    /// Says what would be lost with the worktree; `None` where that is nothing.
    pub(super) fn work(&self) -> Option<String> {
        let files = |n: usize| format!("{n} changed {}", if n == 1 { "file" } else { "files" });
        let ignored: u64 = self.outputs.iter().map(|output| output.amount.files).sum();
        let mut parts = Vec::new();
        parts.extend((self.loose > 0).then(|| files(self.loose)));
        parts.extend((!self.loose_commits.is_empty()).then(|| "commits that are on no branch".to_owned()));
        parts.extend(self.staged.map(|_| "staged content that is in no file".to_owned()));
        parts.extend((ignored > 0).then(|| format!("{ignored} that git ignores")));
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// What is in none of its files: with a new attempt all the commits, else those alone that would be lost.
    pub(super) fn aside(&self) -> Aside<'_> {
        let commits = if self.changed > 0 { &self.commits } else { &self.loose_commits };
        Aside { intake: &self.intake, from: self.from, commits, staged: self.staged }
    }
}

/// Looks at all of it.
///
/// # Errors
///
/// [`Error::Workspace`], [`Error::Git`] if it cannot be captured.
pub(super) fn look(site: &Site, task: &Standing, opened: &Opened) -> Result<Look, Error> {
    let main = &site.repo;
    let (admin, root) = (opened.admin()?, opened.root());
    let repo = admin.open()?;
    let from = opened.commit().unwrap_or(task.record.base);
    let before = tree::of_commit(main, from)?;
    let intake = Intake::create_passing(&site.layout.operation_intakes(), Uid::random().as_str(), main)?;
    let index = admin.index();
    let mut manifest = if index.is_file() { Manifest::load(&index)? } else { Manifest::of_tree(&intake.odb()?, before.into())? };
    manifest.watch_all();
    let asked_for = Scope::new(&task.spec.commit_ignored)?;
    let names = |path: &RepoPath| asked_for.names(path);
    let captured = capture::capture(&CaptureInput {
        repo: &repo,
        root: &root,
        manifest: &manifest,
        base: before,
        intake: &intake,
        commit_ignored: (!task.spec.commit_ignored.is_empty()).then_some(&names),
        large_bytes: site.config.max_file_bytes,
        own: true,
        brought: &Ledger::default(),
        around: &root,
    })?;
    let head = Head::of(main, &repo)?;
    let commits = commits(main, &admin, opened.commit())?;
    let current = task.record.result.unwrap_or(task.record.base);
    let is_known = captured.tree == before || captured.tree == tree::of_commit(main, current)?;
    // Its user went to look at something that is elsewhere, too: `git switch main`. What was amended is nowhere else.
    let is_elsewhere = match head.commit.filter(|_| head.is_at(captured.tree)) {
        Some(commit) => !descends(main, Some(commit), opened.commit().map(Into::into)) && is_on_a_ref(main, commit)?,
        None => false,
    };
    let differing = differing(&intake, before, captured.tree)?;
    let changed = if is_known || is_elsewhere { 0 } else { differing };
    let is_on_branch = head.on_branch && head.is_at(captured.tree);
    let staged = aside::staged(&intake, &manifest, [head.tree.unwrap_or(before), before, captured.tree])?;
    let mut loose_commits = Vec::new();
    for commit in &commits {
        loose_commits.extend((!is_on_a_ref(main, *commit)?).then_some(*commit));
    }
    Ok(Look {
        tree: captured.tree,
        changed,
        loose: if is_on_branch || is_known { 0 } else { differing },
        outputs: captured.outputs,
        committed_ignored: captured.committed_ignored,
        loose_commits,
        commits,
        staged,
        from,
        intake,
    })
}

/// Keeps what git knows of a worktree whose folder is gone: commits, and what was staged.
///
/// # Errors
///
/// [`Error::Workspace`], [`Error::Git`].
pub(super) fn keep_without_files(site: &Site, task: &Standing, opened: &Opened) -> Result<(), Error> {
    let (main, admin) = (&site.repo, opened.admin()?);
    let from = opened.commit().unwrap_or(task.record.base);
    let before = tree::of_commit(main, from)?;
    let head = Head::of(main, &admin.open()?)?;
    let intake = Intake::create_passing(&site.layout.operation_intakes(), Uid::random().as_str(), main)?;
    let staged = match Manifest::load(&admin.index()) {
        Ok(index) => aside::staged(&intake, &index, [head.tree.unwrap_or(before), before, before])?,
        // Of an index that cannot be read there is nothing to keep.
        Err(_) => None,
    };
    let commits = commits(main, &admin, opened.commit())?;
    aside::keep(site, (task, task.entry.attempt), &Aside { intake: &intake, from, commits: &commits, staged })?;
    Ok(())
}

/// Where HEAD is in the worktree.
struct Head {
    commit: Option<Oid>,
    tree: Option<TreeId>,
    on_branch: bool,
}

impl Head {
    fn of(main: &Repository, repo: &Repository) -> Result<Self, git::Error> {
        let commit = repo.refname_to_id("HEAD").ok();
        let tree = commit.map(|commit| tree::of_commit(main, commit.into())).transpose()?;
        Ok(Self { commit, tree, on_branch: !repo.head_detached().unwrap_or(false) })
    }

    fn is_at(&self, tree: TreeId) -> bool {
        self.tree == Some(tree)
    }
}

fn differing(intake: &Intake, old: TreeId, new: TreeId) -> Result<usize, git::Error> {
    Ok(tree::changes(&intake.odb()?, Some(old.into()), Some(new.into()))?.len())
}

/// Tells whether a commit is another or follows it.
fn descends(main: &Repository, commit: Option<Oid>, from: Option<Oid>) -> bool {
    commit.zip(from).is_some_and(|(commit, from)| history::holds(main, commit, from))
}

fn is_on_a_ref(main: &Repository, commit: Oid) -> Result<bool, git::Error> {
    let mut git = command::git(main.commondir());
    Ok(!command::output(git.args(["for-each-ref", "--count=1", "--contains"]).arg(commit.to_string()))?.is_empty())
}

/// The commits that a worktree's HEAD is at, or was: its log goes with it. What follows from another of them is left out, and so is
/// what was there before.
///
/// # Errors
///
/// [`Error::File`] if the log is unreadable.
fn commits(main: &Repository, admin: &AdminDir, before: Option<CommitId>) -> Result<Vec<Oid>, Error> {
    let log = file::read(&admin.path().join("logs/HEAD"))?.unwrap_or_default();
    let named = log.split(|b| *b == b'\n').filter_map(|line| line.get(41..81).and_then(|id| std::str::from_utf8(id).ok()));
    let mut named: Vec<Oid> = named.filter_map(|id| Oid::from_str(id).ok()).collect();
    named.extend(admin.open()?.refname_to_id("HEAD").ok());
    let before: Option<Oid> = before.map(Into::into);
    let mut found: Vec<Oid> = Vec::new();
    for commit in named.into_iter().rev() {
        let is_there = main.find_commit(commit).is_ok();
        let is_known = before.is_some_and(|before| descends(main, Some(before), Some(commit)))
            || found.iter().any(|other| descends(main, Some(*other), Some(commit)));
        if is_there && !is_known {
            found.push(commit);
        }
    }
    Ok(found)
}
