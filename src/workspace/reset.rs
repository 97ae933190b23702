//! Bringing a slot to a tree: what differs is written, what does not belong is removed, the rest is not even opened.
//!
//! A file is as the last reset left it if inode, size, mtime and ctime are those in the slot's index: a task can set an mtime back,
//! not a ctime. What was changed in the same tick of the clock in which the index was written cannot be told so, and is compared by
//! content. A file with a second name elsewhere is written anew: it could be changed from there later.
//!
//! The index is one that git itself can use, so that `git status` in the slot is clean and fast. It is written last.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use git2::{Index, IndexEntry, IndexTime, Repository};

use super::Error;
use super::cache::{Cache, Keeper};
use super::manifest::Manifest;
use super::scan::{Kind, Rights, Scan};
use crate::git;
use crate::git::admin::AdminDir;
use crate::git::checkout::{Writer, Written};
use crate::git::on_disk::{self, OnDisk};
use crate::git::tree::{self, Change, Entry};
use crate::id::TreeId;
use crate::sys::fault::Point;
use crate::sys::folder::Folder;
use crate::sys::{command, file};
use crate::task::RepoPath;

/// The owner may read and write a file, as one that was just written.
const READ_WRITE: u32 = 0o600;

/// What has to be done in a slot.
pub(super) struct Plan {
    tree: TreeId,
    /// Something that is in no tree stays.
    pub(super) keeps: bool,
    /// What is in no tree: files, links, whole folders.
    surplus: Vec<RepoPath>,
    changes: Vec<Change>,
}

impl Plan {
    /// Brings a slot that holds a tree from it, at these paths alone.
    pub(super) fn of(tree: TreeId, changes: Vec<Change>) -> Self {
        Self { tree, keeps: false, surplus: Vec::new(), changes }
    }

    /// Tells whether files of the tree are to be written or removed, so that the index will not fit for a while.
    pub(super) fn changes_files(&self) -> bool {
        !self.changes.is_empty()
    }
}

/// Makes an index for a slot of which nothing is known, by `git`: it fills an empty folder with all cores (libgit2's checkout has
/// one thread, and is twice as slow), and it compares a full one by content, as it would convert each file. What it finds to differ
/// is in the index without times, for [`plan`] to find.
///
/// # Errors
///
/// [`Error::Command`] if git fails, as on a full disk; the index is then worth nothing.
pub(super) fn start_over(admin: &AdminDir, root: &Path, tree: TreeId) -> Result<(), Error> {
    file::remove(&admin.path().join("index.lock"), Point::SLOT_INDEX)?;
    file::remove(&admin.index(), Point::SLOT_INDEX)?;
    let tree = tree.to_string();
    if is_empty(root)? {
        command::output(git(admin)?.args(["-c", "checkout.workers=0", "read-tree", "--reset", "-u", &tree]))?;
        return Ok(());
    }
    command::output(git(admin)?.args(["read-tree", "--reset", &tree]))?;
    let mut refresh = git(admin)?;
    refresh.args(["update-index", "-q", "--refresh"]);
    let output = command::run(&mut refresh)?;
    // 1 says that some files differ.
    if matches!(output.status.code(), Some(0 | 1)) { Ok(()) } else { Err(command::failed(&refresh, &output).into()) }
}

fn git(admin: &AdminDir) -> Result<std::process::Command, Error> {
    let mut git = admin.git()?;
    for key in ["core.sparseCheckout", "core.splitIndex", "core.fsmonitor", "core.untrackedCache", "index.sparse"] {
        git.arg("-c").arg(format!("{key}=false"));
    }
    Ok(git)
}

fn is_empty(root: &Path) -> Result<bool, Error> {
    Ok(Folder::open(root)?.entries()?.iter().all(|(name, _)| name == ".git"))
}

/// Finds what differs between a slot, whose index is that of the first tree, and the second; at the paths `over` the index may tell
/// of anything. What the cache names stays.
///
/// # Errors
///
/// [`Error::Git`] if index or trees are unreadable; [`Error::File`] if a folder is.
pub(super) fn plan(
    admin: &AdminDir,
    root: &Path,
    (from, tree): (TreeId, TreeId),
    over: &[RepoPath],
    cache: Option<Cache<'_>>,
) -> Result<Plan, Error> {
    let repo = admin.open()?;
    let odb = git::repo::odb(&repo)?;
    let manifest = Manifest::load(&admin.index())?;
    let (touched, surplus) = look(&repo, root, &manifest)?;
    let (surplus, keeps) = match cache.filter(|_| !surplus.is_empty()) {
        Some(cache) => Keeper { cache, repo: &repo, tree }.sort(&Folder::open(root)?, surplus)?,
        None => (surplus, false),
    };
    let mut changes = BTreeMap::new();
    for n in touched {
        let file = &manifest.files()[n];
        let (path, there) = (RepoPath::new(manifest.path(file)), Some(file.entry));
        changes.insert(path.clone(), Change { path, old: there, new: there });
    }
    for path in over {
        let old = manifest.find(path.as_bytes()).map(|n| manifest.files()[n].entry);
        let new = tree::find(&odb, tree.into(), path)?.filter(|entry| !entry.is_folder());
        changes.insert(path.clone(), Change { path: path.clone(), old, new });
    }
    for change in tree::changes(&odb, Some(from.into()), Some(tree.into()))? {
        changes.insert(change.path.clone(), change);
    }
    Ok(Plan { tree, keeps, surplus, changes: changes.into_values().collect() })
}

/// Finds which tracked files are not as the manifest says, and what is not tracked.
fn look(repo: &Repository, root: &Path, manifest: &Manifest) -> Result<(Vec<usize>, Vec<RepoPath>), Error> {
    let mut scan = Scan::open(root, manifest, Rights { force: true, modes: on_disk::trusts(repo, "core.fileMode") })?;
    let (mut touched, mut surplus) = (Vec::new(), Vec::new());
    let mut todo = vec![RepoPath::default()];
    while let Some(path) = todo.pop() {
        // What cannot be looked into cannot be said to be clean.
        let folder = scan.enter(&path)?.ok_or_else(|| Error::NoFolder { path: root.join(path.as_path()) })?;
        for found in scan.list(&folder, &path, "")?.0 {
            match (found.kind, found.tracked) {
                (Kind::Folder, _) if !manifest.below(&found.path).is_empty() => todo.push(found.path),
                (Kind::Folder, _) | (_, None) => surplus.push(found.path),
                (_, Some(n)) if is_only_too_new(&folder, manifest, n)? => {}
                (_, Some(n)) => touched.push(n),
            }
        }
    }
    touched.extend(scan.gone());
    Ok((touched, surplus))
}

/// Tells whether a file is not believed for its time alone: it was written in the same tick of the clock as the index. Bytes are
/// compared; one that git converts counts as changed, and is written again.
fn is_only_too_new(folder: &Folder, manifest: &Manifest, n: usize) -> Result<bool, Error> {
    let file = &manifest.files()[n];
    if file.on_disk.is_some() {
        return Ok(false);
    }
    let path = RepoPath::new(RepoPath::new(manifest.path(file)).file_name());
    let Some(stat) = folder.stat(on_disk::name_of(&path))? else { return Ok(false) };
    let is_ours = stat.st_nlink <= 1 && stat.st_mode & READ_WRITE == READ_WRITE;
    Ok(is_ours
        && match on_disk::state_of(folder, &path)? {
            OnDisk::File { id, executable } => {
                id == file.entry.id && file.is_file() && executable == (file.entry.mode == tree::EXECUTABLE)
            }
            OnDisk::Link { id } => id == file.entry.id && file.entry.mode == tree::LINK,
            OnDisk::Absent | OnDisk::Folder | OnDisk::Other => false,
        })
}

/// Does what was planned, and writes the index.
///
/// # Errors
///
/// [`Error::Git`], [`Error::File`]; index and files then do not fit.
pub(super) fn carry_out(admin: &AdminDir, root: &Path, plan: Plan) -> Result<(), Error> {
    let Plan { tree, surplus, changes, .. } = plan;
    let folder = Folder::open(root)?;
    for path in &surplus {
        if let Some(parent) = on_disk::parent(&folder, path)? {
            parent.remove_all(on_disk::name_of(path))?;
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let repo = admin.open()?;
    let mut index = Index::open(&admin.index()).map_err(git::Error::of("read", admin.index().display()))?;
    let mut writer = Writer::new(&repo, root, tree, None)?;
    writer.apply(&changes, false, |change, written| {
        let failed = || git::Error::of("index", &change.path);
        match (written, change.new) {
            (Written::Done(metadata), Some(entry)) => index.add(&index_entry(&change.path, entry, &metadata)).map_err(failed()),
            _ if index.get_path(change.path.as_path(), 0).is_some() => index.remove(change.path.as_path(), 0).map_err(failed()),
            _ => Ok(()),
        }
    })?;
    write_index(admin, &mut index)
}

fn write_index(admin: &AdminDir, index: &mut Index) -> Result<(), Error> {
    let path = admin.index();
    // The slot is ours: a lock in it is what a killed git left.
    file::remove(&admin.path().join("index.lock"), Point::SLOT_INDEX)?;
    Point::SLOT_INDEX.before();
    index.write().map_err(git::Error::of("write", path.display()))?;
    Point::SLOT_INDEX.after();
    Ok(())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "git's index keeps the low 32 bits of each")]
fn index_entry(path: &RepoPath, entry: Entry, metadata: &Metadata) -> IndexEntry {
    let mode = match entry.mode {
        tree::LINK | tree::GITLINK => entry.mode,
        mode if mode & 0o111 != 0 => tree::EXECUTABLE,
        _ => tree::FILE,
    };
    IndexEntry {
        ctime: IndexTime::new(metadata.ctime() as i32, metadata.ctime_nsec() as u32),
        mtime: IndexTime::new(metadata.mtime() as i32, metadata.mtime_nsec() as u32),
        dev: metadata.dev() as u32,
        ino: metadata.ino() as u32,
        mode: mode as u32,
        uid: metadata.uid(),
        gid: metadata.gid(),
        file_size: metadata.size() as u32,
        id: entry.id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}
