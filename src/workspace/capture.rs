//! Makes a tree of what a checkout holds: the tree that `git add -A && git write-tree` would make there.
//!
//! Nothing of the checkout or the repository is written: objects go to the intake, and the checkout's index is only read. What does
//! not go into the tree is listed: ignored files, large ones, repositories in the repository, names that git refuses, what could not
//! be read; pipes and sockets too, which hold nothing. `outputs` moves those out of a slot; in a user's own checkout they stay.
//!
//! What was brought into the slot does not go into the tree either. It is passed by where it lies as it was brought, and listed where
//! the task has changed it.
//!
//! A capture does not fail for the sake of one file.

use std::path::Path;

use git2::Repository;

use super::bring::{Ledger, Lookout};
use super::manifest::{Manifest, Print};
use super::scan::{Found, Kind, Lies, Rights, Scan};
use super::{Error, names};
use crate::git;
use crate::git::clean::Cleaner;
use crate::git::ignore::{self, Ignores, Place};
use crate::git::intake::Intake;
use crate::git::tree::{self, Edits, Entry};
use crate::id::TreeId;
use crate::sys::folder::Folder;
use crate::task::{Amount, Output, OutputKind, RepoPath};

/// What is to be captured.
pub(crate) struct CaptureInput<'a> {
    /// The repository, opened through a slot's admin dir, or the user's checkout.
    pub(crate) repo: &'a Repository,
    /// The checkout's folder.
    pub(crate) root: &'a Path,
    /// What the checkout's index says.
    pub(crate) manifest: &'a Manifest,
    /// The tree that the checkout was made from.
    pub(crate) base: TreeId,
    /// Where objects go.
    pub(crate) intake: &'a Intake,
    /// Tells which files are taken although they are ignored or large.
    pub(crate) commit_ignored: Option<&'a dyn Fn(&RepoPath) -> bool>,
    /// What was brought there.
    pub(crate) brought: &'a Ledger,
    /// The folder around the checkout, beside which files were brought too.
    pub(crate) around: &'a Path,
    /// New files larger than this are not taken.
    pub(crate) large_bytes: u64,
    /// The folder is our own, so rights that are missing may be taken.
    pub(crate) own: bool,
}

/// What a checkout held.
#[derive(Debug)]
pub(crate) struct Captured {
    /// What git can have of it.
    pub(crate) tree: TreeId,
    /// What is not in the tree, sorted by path.
    pub(crate) outputs: Vec<Output>,
    /// What is in the tree only because it was asked for.
    pub(crate) committed_ignored: Amount,
}

/// Captures a checkout.
///
/// # Errors
///
/// [`Error::NoFolder`] if the checkout's place is taken by something else (a checkout that is gone is captured: all files are
/// deleted); [`Error::Git`] if objects cannot be read or written.
pub(crate) fn capture(input: &CaptureInput<'_>) -> Result<Captured, Error> {
    let config = input.repo.config().map_err(git::Error::of("read the configuration of", input.repo.path().display()))?;
    let trusts = |key| config.get_bool(key).unwrap_or(true);
    let rights = Rights { force: input.own, modes: trusts("core.fileMode") };
    let walk = Walk {
        input,
        scan: Scan::open(input.root, input.manifest, rights)?,
        ignores: Ignores::of(input.repo)?,
        brought: input.brought.lookout(input.manifest),
        todo: Vec::new(),
        wanted: Vec::new(),
        captured: Captured { tree: input.base, outputs: Vec::new(), committed_ignored: Amount::default() },
    };
    let (wanted, gone, mut captured) = walk.finish()?;
    let odb = input.intake.odb()?;
    let (base, mut edits) = staged(input)?;
    edits.extend(gone.into_iter().map(|path| (path, None)));
    if !wanted.is_empty() {
        let modes = Modes { files: rights.modes, links: trusts("core.symlinks") };
        store(input, modes, wanted, &mut edits, &mut captured)?;
    }
    captured.tree = tree::edit(&odb, input.intake, Some(base), &edits)?.into();
    captured.outputs.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(captured)
}

/// The tree to edit and the edits that make it what the index lists: none in a slot, whose index lists its tree.
fn staged(input: &CaptureInput<'_>) -> Result<(git2::Oid, Edits), Error> {
    let odb = input.intake.odb()?;
    let base = input.base.into();
    if let Some(tree) = input.manifest.tree().filter(|tree| *tree == base || odb.exists(*tree)) {
        return Ok((tree, Edits::new()));
    }
    let manifest = input.manifest;
    let mut edits: Edits = tree::flatten(&odb, base)?.into_iter().map(|(path, _)| (path, None)).collect();
    for file in manifest.files() {
        edits.insert(RepoPath::new(manifest.path(file)), Some(file.entry));
    }
    Ok((base, edits))
}

/// A file or link that belongs into the tree, if it is not there already.
struct Wanted {
    path: RepoPath,
    kind: Kind,
    tracked: Option<usize>,
}

struct Walk<'a> {
    input: &'a CaptureInput<'a>,
    scan: Scan<'a>,
    ignores: Ignores,
    brought: Lookout<'a>,
    /// Folders that were not looked into, with the place above each.
    todo: Vec<(RepoPath, Place)>,
    wanted: Vec<Wanted>,
    captured: Captured,
}

impl Walk<'_> {
    /// Looks through the checkout; returns what to store, what is gone, and what stays outside of the tree.
    fn finish(mut self) -> Result<(Vec<Wanted>, Vec<RepoPath>, Captured), Error> {
        self.folder(&RepoPath::default(), None)?;
        while let Some((path, above)) = self.todo.pop() {
            self.folder(&path, Some(&above))?;
        }
        let manifest = self.input.manifest;
        let beside = self.brought.look_beside(self.input.around)?;
        self.captured.outputs.extend(beside);
        self.captured.outputs.extend(self.brought.gone(self.input.root, self.input.around));
        let gone = self.scan.gone().map(|n| RepoPath::new(manifest.path(&manifest.files()[n]))).collect();
        Ok((self.wanted, gone, self.captured))
    }

    fn folder(&mut self, path: &RepoPath, above: Option<&Place>) -> Result<(), Error> {
        let Some(folder) = self.scan.enter(path)? else {
            if !path.is_root() {
                self.brought.pass_by(path);
                self.output(path.clone(), OutputKind::Unreadable, Amount::default());
            }
            return Ok(());
        };
        let (found, has_rules) = self.scan.list(&folder, path, ignore::FILE_NAME)?;
        let text = if has_rules { rules(&folder) } else { None };
        let place = match above {
            None => self.ignores.root(text.as_deref()),
            Some(above) => self.ignores.enter(above, path, text.as_deref()),
        };
        found.into_iter().try_for_each(|found| self.entry(found, &place))
    }

    fn entry(&mut self, found: Found, place: &Place) -> Result<(), Error> {
        let Found { path, kind, tracked, print } = found;
        if tracked.is_none() && matches!(kind, Kind::File(_) | Kind::Link) && self.is_as_brought(&path, &kind, print.as_ref()) {
            return Ok(());
        }
        match kind {
            Kind::Folder if !self.input.manifest.below(&path).is_empty() || self.brought.is_below(&path) => {
                self.todo.push((path, place.clone()));
            }
            Kind::Folder => return self.new_folder(path, place),
            Kind::Other => self.output(path, OutputKind::Unreadable, Amount::default()),
            Kind::File(_) | Kind::Link if tracked.is_some() => self.wanted.push(Wanted { path, kind, tracked }),
            Kind::File(lies) => self.new_file(path, kind, lies, place),
            Kind::Link => self.new_file(path, kind, Lies { executable: false, bytes: 0 }, place),
        }
        Ok(())
    }

    /// Tells whether nothing more is to be said of a file: it was brought, and lies so, or is listed now as changed.
    fn is_as_brought(&mut self, path: &RepoPath, kind: &Kind, print: Option<&Print>) -> bool {
        match self.brought.see(path, print) {
            None => false,
            Some(true) => true,
            Some(false) if self.is_asked_for(path) => false,
            Some(false) => {
                let bytes = if let Kind::File(lies) = kind { lies.bytes } else { 0 };
                self.output(path.clone(), OutputKind::Brought, Amount { files: 1, bytes });
                true
            }
        }
    }

    fn new_file(&mut self, path: RepoPath, kind: Kind, lies: Lies, place: &Place) {
        let amount = Amount { files: 1, bytes: lies.bytes };
        if names::is_refused(path.file_name(), matches!(kind, Kind::Link)) {
            return self.output(path, OutputKind::BadName, amount);
        }
        let ignored = self.ignores.ignores(place, &path, false);
        let large = lies.bytes > self.input.large_bytes;
        let brought = self.brought.is_brought(&path, ignored);
        if (ignored || large || brought) && !self.is_asked_for(&path) {
            let kind = match (brought, ignored) {
                (true, _) => OutputKind::Brought,
                (_, true) => OutputKind::Ignored,
                _ => OutputKind::Large,
            };
            return self.output(path, kind, amount);
        }
        if ignored {
            self.captured.committed_ignored.files += 1;
            self.captured.committed_ignored.bytes += lies.bytes;
        }
        self.wanted.push(Wanted { path, kind, tracked: None });
    }

    /// A folder without a tracked file in it.
    fn new_folder(&mut self, path: RepoPath, place: &Place) -> Result<(), Error> {
        let kind = if names::is_refused(path.file_name(), false) {
            OutputKind::BadName
        } else if self.is_repository(&path)? {
            OutputKind::Embedded
        } else {
            let ignored = self.ignores.ignores(place, &path, true);
            let brought = self.brought.is_brought(&path, ignored);
            if !(ignored || brought) || self.holds_wanted(&path)? {
                self.todo.push((path, place.clone()));
                return Ok(());
            }
            if brought { OutputKind::Brought } else { OutputKind::Ignored }
        };
        let (files, bytes) = self.scan.count(&path)?;
        if files > 0 {
            self.output(path, kind, Amount { files, bytes });
        }
        Ok(())
    }

    /// Tells whether git would take a folder for a repository: by its `.git`, folder or file.
    fn is_repository(&mut self, path: &RepoPath) -> Result<bool, Error> {
        let Some(folder) = self.scan.enter(path)? else { return Ok(false) };
        Ok(names::has_repository(&folder)?)
    }

    /// Tells whether an ignored folder holds something that was asked for all the same.
    fn holds_wanted(&mut self, path: &RepoPath) -> Result<bool, Error> {
        if self.input.commit_ignored.is_none() {
            return Ok(false);
        }
        let mut todo = vec![path.clone()];
        while let Some(path) = todo.pop() {
            let Some(folder) = self.scan.enter(&path)? else { continue };
            for found in self.scan.list(&folder, &path, "")?.0 {
                match found.kind {
                    Kind::Folder => todo.push(found.path),
                    Kind::File(_) | Kind::Link if self.is_asked_for(&found.path) => return Ok(true),
                    _ => {}
                }
            }
        }
        Ok(false)
    }

    fn is_asked_for(&self, path: &RepoPath) -> bool {
        self.input.commit_ignored.is_some_and(|names| names(path))
    }

    fn output(&mut self, path: RepoPath, kind: OutputKind, amount: Amount) {
        self.captured.outputs.push(Output { path, kind, amount, kept: false });
    }
}

/// Reads a folder's own ignore rules.
pub(super) fn rules(folder: &Folder) -> Option<Vec<u8>> {
    folder.read(ignore::FILE_NAME.as_ref()).ok().and_then(ignore::read)
}

/// Whether the file system keeps executable bits and links.
#[derive(Clone, Copy)]
struct Modes {
    files: bool,
    links: bool,
}

impl Modes {
    fn of(self, kind: &Kind, before: Option<Entry>) -> i32 {
        let before = before.map(|entry| entry.mode);
        match (kind, before) {
            (Kind::Link, _) => tree::LINK,
            (_, Some(tree::LINK)) if !self.links => tree::LINK,
            (_, Some(mode @ (tree::FILE | tree::EXECUTABLE))) if !self.files => mode,
            (Kind::File(lies), _) if lies.executable && self.files => tree::EXECUTABLE,
            _ => tree::FILE,
        }
    }
}

/// Stores what is wanted, and notes what differs from the index.
fn store(
    input: &CaptureInput<'_>,
    modes: Modes,
    wanted: Vec<Wanted>,
    edits: &mut Edits,
    captured: &mut Captured,
) -> Result<(), Error> {
    let before = |file: &Wanted| file.tracked.map(|n| input.manifest.files()[n].entry);
    let mut cleaner = Cleaner::new(input.repo, input.root, input.intake, input.own)?;
    let (links, files): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|file| matches!(file.kind, Kind::Link));
    let listed: Vec<_> = files.iter().map(|file| (&file.path, before(file))).collect();
    let mut ids = cleaner.files(&listed)?;
    for link in &links {
        ids.push(cleaner.link(&link.path)?);
    }
    for (file, id) in files.into_iter().chain(links).zip(ids) {
        if let Some(id) = id {
            let mode = modes.of(&file.kind, before(&file));
            edits.insert(file.path, Some(Entry { mode, id }));
        } else {
            let bytes = if let Kind::File(lies) = &file.kind { lies.bytes } else { 0 };
            let amount = Amount { files: 1, bytes };
            captured.outputs.push(Output { path: file.path, kind: OutputKind::Unreadable, amount, kept: false });
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "capture_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "capture_property.rs"]
mod property;
