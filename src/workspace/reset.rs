//! Bringing a slot to a tree: what differs is written, what does not belong is removed, the rest is not even opened.
//!
//! A file is as the last reset left it if inode, size, mtime and ctime are those in the slot's index: a task can set an mtime back,
//! not a ctime. What was changed in the same tick of the clock in which the index was written cannot be told so, and is compared by
//! content. A file with a second name elsewhere is written anew: it could be changed from there later.
//!
//! The index is one that git itself can use, so that `git status` in the slot is clean and fast. It is written last.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use git2::{Index, IndexEntry, IndexTime};
use rustix::fs::{FileType, Stat};

use super::Error;
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

/// What has to be done in a slot.
pub(super) struct Plan {
    tree: TreeId,
    index: Index,
    /// What is in no tree: files, links, whole folders.
    surplus: Vec<RepoPath>,
    changes: Vec<Change>,
}

impl Plan {
    /// Tells whether the slot has the tree's files, and no others.
    pub(super) fn is_empty(&self) -> bool {
        self.surplus.is_empty() && self.changes.is_empty()
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

/// Finds what differs between a slot, whose index is that of the tree `from`, and a tree.
///
/// # Errors
///
/// [`Error::Git`] if index or trees are unreadable; [`Error::File`] if a folder is.
pub(super) fn plan(admin: &AdminDir, root: &Path, from: TreeId, tree: TreeId) -> Result<Plan, Error> {
    let path = admin.index();
    let stamp = fs::metadata(&path).map_err(file::Error::of("look at", &path))?;
    let index = Index::open(&path).map_err(git::Error::of("read", path.display()))?;
    let tracked: Vec<_> = index.iter().collect();
    let mut walk = Walk::new(&tracked, Time { seconds: stamp.mtime(), nanoseconds: stamp.mtime_nsec() });
    walk.folder(&Folder::open(root)?, &mut Vec::new())?;

    let repo = admin.open()?;
    let odb = repo.odb().map_err(git::Error::of("open the objects of", admin.path().display()))?;
    let mut changes: BTreeMap<RepoPath, Change> = walk.touched().map(|change| (change.path.clone(), change)).collect();
    for change in tree::changes(&odb, Some(from.into()), Some(tree.into()))? {
        changes.insert(change.path.clone(), change);
    }
    let surplus = walk.surplus;
    Ok(Plan { tree, index, surplus, changes: changes.into_values().collect() })
}

/// Does what was planned, and writes the index.
///
/// # Errors
///
/// [`Error::Git`], [`Error::File`]; index and files then do not fit.
pub(super) fn carry_out(admin: &AdminDir, root: &Path, plan: Plan) -> Result<(), Error> {
    let Plan { tree, mut index, surplus, changes } = plan;
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
    file::sync(&path)?;
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

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Time {
    seconds: i64,
    nanoseconds: i64,
}

/// A walk over the files of a slot, held against its index.
struct Walk<'a> {
    tracked: &'a [IndexEntry],
    by_path: HashMap<&'a [u8], usize>,
    folders: HashSet<&'a [u8]>,
    written: Time,
    /// For each tracked file, whether it was seen and is what the index says.
    same: Vec<bool>,
    surplus: Vec<RepoPath>,
}

impl<'a> Walk<'a> {
    fn new(tracked: &'a [IndexEntry], written: Time) -> Self {
        let by_path = tracked.iter().enumerate().map(|(n, entry)| (entry.path.as_slice(), n)).collect();
        let mut folders = HashSet::new();
        for entry in tracked {
            let mut path = entry.path.as_slice();
            while let Some(end) = path.iter().rposition(|b| *b == b'/') {
                path = &path[..end];
                if !folders.insert(path) {
                    break;
                }
            }
        }
        Self { tracked, by_path, folders, written, same: vec![false; tracked.len()], surplus: Vec::new() }
    }

    /// The tracked files that are to be written again.
    fn touched(&self) -> impl Iterator<Item = Change> {
        self.tracked.iter().zip(&self.same).filter(|(_, same)| !**same).map(|(entry, _)| {
            let there = Some(entry_of(entry));
            Change { path: RepoPath::new(entry.path.clone()), old: there, new: there }
        })
    }

    fn folder(&mut self, folder: &Folder, path: &mut Vec<u8>) -> Result<(), Error> {
        for (name, kind) in folder.entries()? {
            if path.is_empty() && name == ".git" {
                continue;
            }
            let above = path.len();
            if above > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name.as_bytes());
            self.entry(folder, &name, kind, path)?;
            path.truncate(above);
        }
        Ok(())
    }

    fn entry(&mut self, parent: &Folder, name: &OsString, kind: FileType, path: &mut Vec<u8>) -> Result<(), Error> {
        let may_be_folder = matches!(kind, FileType::Directory | FileType::Unknown);
        if may_be_folder
            && self.folders.contains(path.as_slice())
            && let Some(folder) = parent.enter_by_force(name)?
        {
            return self.folder(&folder, path);
        }
        match self.by_path.get(path.as_slice()) {
            Some(n) if kind != FileType::Directory => {
                let (n, entry) = (*n, &self.tracked[*n]);
                if let Some(stat) = parent.stat(name)? {
                    self.same[n] = is_same(entry, &stat) && (self.is_older(entry) || holds(parent, name, entry)?);
                }
            }
            _ => self.surplus.push(RepoPath::new(path.clone())),
        }
        Ok(())
    }

    /// Tells whether the file was last changed before the clock tick in which the index was written.
    fn is_older(&self, entry: &IndexEntry) -> bool {
        let older = |time: IndexTime| {
            let time = Time { seconds: time.seconds().into(), nanoseconds: time.nanoseconds().into() };
            time < self.written
        };
        older(entry.ctime) && older(entry.mtime)
    }
}

fn entry_of(entry: &IndexEntry) -> Entry {
    Entry { mode: entry.mode.cast_signed(), id: entry.id }
}

/// Tells whether `lstat(2)` says what the index says. A mode cannot change without the ctime.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "git's index keeps the low 32 bits of each")]
fn is_same(entry: &IndexEntry, stat: &Stat) -> bool {
    let is_time = |time: IndexTime, seconds: i64, nanoseconds: u64| {
        time.seconds() == seconds as i32 && u64::from(time.nanoseconds()) == nanoseconds
    };
    let kind = FileType::from_raw_mode(stat.st_mode);
    let is_kind = if entry.mode == tree::LINK.cast_unsigned() { kind == FileType::Symlink } else { kind == FileType::RegularFile };
    is_kind
        && stat.st_nlink == 1
        && entry.ino == stat.st_ino as u32
        && entry.file_size == stat.st_size as u32
        && is_time(entry.mtime, stat.st_mtime, stat.st_mtime_nsec)
        && is_time(entry.ctime, stat.st_ctime, stat.st_ctime_nsec)
}

/// Compares content, bytes for bytes: a file that git converts counts as changed, and is written again.
fn holds(parent: &Folder, name: &OsString, entry: &IndexEntry) -> Result<bool, Error> {
    let is_executable = entry.mode == tree::EXECUTABLE.cast_unsigned();
    Ok(match on_disk::state_of(parent, &RepoPath::new(name.as_bytes()))? {
        OnDisk::File { id, executable } => id == entry.id && executable == is_executable,
        OnDisk::Link { id } => id == entry.id,
        _ => false,
    })
}
