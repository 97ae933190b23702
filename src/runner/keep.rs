//! Keeping what a task changed, whatever became of the task.
//!
//! ```text
//! folder ─► capture ─► commit ─► kept pack ─► refs ─► pack let go
//! private git dir ─► survey ─► import, strictly ─► side refs
//! ```
//!
//! The files come first: a private git dir that is broken or hostile costs its own commits alone.

use git2::{Oid, Repository};

use super::attempt::chain;
use crate::config::Config;
use crate::git::commit::{self, NewCommit};
use crate::git::import::{self, Import, Imported};
use crate::git::intake::Cut;
use crate::git::quarantine::{Quarantine, QuarantineSpec};
use crate::git::refs::{self, RefMove};
use crate::git::refusal::Refusal;
use crate::git::survey::{self, Limits};
use crate::git::{self, Intake, heads};
use crate::id::{CommitId, TreeId, Uid};
use crate::store::layout::{self, AttemptDir};
use crate::store::tasks;
use crate::sys::{clock, file};
use crate::task::{Reason, Record, RepoPath, Spec};
use crate::verify::scope::{BadGlob, Scope};
use crate::workspace::bring::Ledger;
use crate::workspace::capture::{self, CaptureInput};
use crate::workspace::manifest::Manifest;
use crate::workspace::{self, Slot, outputs};

/// What is kept, and where it came from.
pub(super) struct Keeper<'a> {
    /// The repository.
    pub(super) main: &'a Repository,
    /// Its values.
    pub(super) config: &'a Config,
    /// The task.
    pub(super) spec: &'a Spec,
    /// The attempt's folder.
    pub(super) dir: &'a AttemptDir,
    /// Where the task worked.
    pub(super) slot: &'a Slot,
}

/// Something could not be kept; the slot still holds it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// The slot cannot be read.
    #[error(transparent)]
    Workspace(#[from] workspace::Error),
    /// The record cannot be written.
    #[error(transparent)]
    Task(#[from] tasks::Error),
    /// A glob cannot be read.
    #[error(transparent)]
    Glob(#[from] BadGlob),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
}

impl Keeper<'_> {
    /// Keeps the folder as the attempt's result, what git ignores as its outputs, and what the task committed as side refs. Called
    /// again after an error or a crash, it goes on where it was: `save` puts on record what is to leave the folder before it does.
    ///
    /// # Errors
    ///
    /// [`Error`], on a full disk for example: nothing is lost.
    pub(super) fn keep(&self, record: &mut Record, save: impl Fn(&Record) -> Result<(), Error>) -> Result<(), Error> {
        if record.tree.is_none() {
            self.keep_files(record)?;
        }
        if !record.outputs.is_empty() {
            save(record)?;
            let (root, to) = (self.slot.root(), self.dir.outputs());
            record.outputs = outputs::keep(&root, record.outputs.clone(), &to, self.config.max_outputs_bytes)?;
        }
        if let Err(refusal) = self.keep_commits(record)? {
            let message = format!("what it committed itself was not taken over: {}", chain(&refusal));
            record.reason = record.reason.or(Some(Reason::Quarantine));
            record.message.get_or_insert(message.clone());
            record.notes.push(message);
        }
        record.kept = true;
        Ok(())
    }

    fn keep_files(&self, record: &mut Record) -> Result<(), Error> {
        let base = git::tree::of_commit(self.main, record.base)?;
        let captured = self.capture(base)?;
        record.committed_ignored = captured.committed_ignored;
        if captured.tree != base {
            let result = self.publish(record.base, captured.tree, &captured.intake, record.attempt)?;
            record.result = Some(result);
            record.files = super::judge::count(self.main, base, captured.tree)?;
        }
        record.outputs = captured.outputs;
        record.tree = Some(captured.tree);
        Ok(())
    }

    /// A second try is made where an object that the repository had was collected while the files were read.
    fn capture(&self, base: TreeId) -> Result<Captured, Error> {
        match self.capture_once(base) {
            Err(Error::Git(git::Error::Missing { .. }) | Error::Workspace(workspace::Error::Git(git::Error::Missing { .. }))) => {
                self.capture_once(base)
            }
            other => other,
        }
    }

    fn capture_once(&self, base: TreeId) -> Result<Captured, Error> {
        let intake = Intake::create(&self.dir.intake(), self.main)?;
        let repo = self.slot.repo()?;
        let asked_for = Scope::new(&self.spec.commit_ignored)?;
        let names = |path: &RepoPath| asked_for.names(path);
        let input = CaptureInput {
            repo: &repo,
            root: &self.slot.root(),
            manifest: &self.manifest(&intake, base)?,
            base,
            intake: &intake,
            commit_ignored: (!self.spec.commit_ignored.is_empty()).then_some(&names),
            brought: &Ledger::load(&self.dir.brought())?,
            around: self.slot.folder(),
            large_bytes: self.config.max_file_bytes,
            own: true,
        };
        let found = capture::capture(&input)?;
        Ok(Captured { tree: found.tree, outputs: found.outputs, committed_ignored: found.committed_ignored, intake })
    }

    /// What the slot's index says of its files, if it is the one that the last reset wrote, and that for this base.
    fn manifest(&self, intake: &Intake, base: TreeId) -> Result<Manifest, Error> {
        if self.slot.tree() != Some(base) || !self.slot.has_its_index()? {
            return Ok(Manifest::of_tree(&intake.odb()?, base.into())?);
        }
        let mut manifest = Manifest::load(&self.slot.admin()?.index())?;
        manifest.lists(base.into());
        Ok(manifest)
    }

    /// Makes the result's commit and hangs it on refs: its own, and the task's branch. One that an earlier try, cut short by a crash,
    /// has made of the same files is the result.
    fn publish(&self, base: CommitId, tree: TreeId, intake: &Intake, attempt: u32) -> Result<CommitId, git::Error> {
        let name = layout::result_ref(&self.spec.uid, attempt);
        let earlier = refs::find(self.main, &name)?;
        let mut pack = None;
        let result = match earlier {
            Some(earlier) if git::tree::of_commit(self.main, earlier.into())? == tree => earlier,
            _ => {
                let message = format!("{}: what the task changed\n\nTakeback-Task: {}\n", self.spec.id, self.spec.uid);
                let parents = [base.into()];
                let new = NewCommit::new(tree.into(), &parents, &message);
                let result = commit::by_takeback(intake, &new, clock::now().as_second())?;
                pack = intake.publish(self.main, &[result], Cut { have: &[base.into()], strict: false }, &self.label(attempt))?;
                pin(self.main, (&self.spec.uid, attempt), &name, result)?;
                result
            }
        };
        self.move_branch(earlier.unwrap_or(base.into()), (base.into(), result))?;
        if let Some(pack) = pack {
            pack.release()?;
        }
        Ok(result.into())
    }

    /// The task's branch goes to the result. One that somebody else has moved, or deleted, stays as it is, and so does one that a
    /// checkout has: its files would not follow.
    fn move_branch(&self, earlier: Oid, (base, result): (Oid, Oid)) -> Result<(), git::Error> {
        let name = &self.spec.branch;
        let own = self.slot.admin().ok().map(|admin| admin.path().to_owned());
        if heads::checkouts_of(self.main, name)?.iter().any(|git_dir| Some(git_dir) != own.as_ref()) {
            return Ok(());
        }
        let from = refs::find(self.main, name)?.filter(|now| *now == earlier).unwrap_or(base);
        let branch = RefMove { name: name.clone(), from: Some(from), to: Some(result) };
        match refs::apply(self.main, &branch, "takeback: result") {
            Err(git::Error::Moved { .. }) => Ok(()),
            other => other,
        }
    }

    /// Takes over what the task committed, branched and stashed itself.
    fn keep_commits(&self, record: &mut Record) -> Result<Result<(), Refusal>, Error> {
        let imported = match self.import(record)? {
            Ok(imported) => imported,
            // The disk was full, for example: the private git dir is still there, and it is tried again.
            Err(Refusal::Failed(e)) => return Err(e.into()),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let prefix = layout::side_prefix(&self.spec.uid, record.attempt);
        record.side.clear();
        for (suffix, tip) in imported.side {
            let name = format!("{prefix}{suffix}");
            pin(self.main, (&self.spec.uid, record.attempt), &name, tip)?;
            record.side.push(name);
        }
        if let Some(pack) = imported.pack {
            pack.release()?;
        }
        Ok(Ok(()))
    }

    fn import(&self, record: &Record) -> Result<Result<Imported, Refusal>, Error> {
        let quarantine = Quarantine::at(&self.dir.quarantine());
        let start = quarantine.snapshot(&quarantine_spec(self.main, self.spec, record.base))?;
        let limits = Limits { object_bytes: self.config.max_quarantine_bytes, ..Limits::default() };
        let survey = match survey::survey(quarantine.path(), &start, &limits) {
            Ok(survey) => survey,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if !survey.used_git {
            return Ok(Ok(Imported { side: vec![], pack: None }));
        }
        let mut have: Vec<Oid> = vec![record.base.into()];
        have.extend(record.result.map(Oid::from));
        let (label, objects) = (self.label(record.attempt), quarantine.objects());
        let import = Import { main: self.main, objects: &objects, survey: &survey, have: &have, limits: &limits, label: &label };
        Ok(import::import(&self.dir.scratch(), &import))
    }

    fn label(&self, attempt: u32) -> String {
        pack_label(&self.spec.uid, attempt)
    }
}

struct Captured {
    tree: TreeId,
    outputs: Vec<crate::task::Output>,
    committed_ignored: crate::task::Amount,
    intake: Intake,
}

/// Hangs a commit on a ref of an attempt. What an earlier try, cut short by a crash, had put there gets a ref of its own.
pub(super) fn pin(main: &Repository, (task, attempt): (&Uid, u32), name: &str, tip: Oid) -> Result<(), git::Error> {
    let earlier = refs::find(main, name)?;
    if let Some(earlier) = earlier.filter(|earlier| *earlier != tip) {
        let aside = format!("{}earlier/{earlier}", layout::side_prefix(task, attempt));
        refs::apply(main, &RefMove { name: aside, from: None, to: Some(earlier) }, "takeback: keep")?;
    }
    refs::apply(main, &RefMove { name: name.to_owned(), from: earlier, to: Some(tip) }, "takeback: keep")
}

/// What the `.keep` of an attempt's pack says.
pub(super) fn pack_label(task: &Uid, attempt: u32) -> String {
    format!("attempt {task} {attempt}")
}

/// What a task's private git dir is made from; without an index.
pub(super) fn quarantine_spec<'a>(main: &'a Repository, spec: &'a Spec, base: CommitId) -> QuarantineSpec<'a> {
    let prefix = spec.branch.rsplit_once('/').map_or("", |(prefix, _)| &spec.branch[..=prefix.len()]);
    QuarantineSpec { main, branch: &spec.branch, prefix, base: base.into(), index_from: None }
}
