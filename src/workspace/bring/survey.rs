//! What there is to bring: every file, found and counted before anything is copied.

use std::fs::{self, Metadata};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid};

use super::links::{Leads, Map};
use super::{Error, Source};
use crate::sys::{content, file};
use crate::task::{Amount, BringMode, RepoPath, Text, size};
use crate::workspace::manifest::Manifest;

/// After so many more files it is enough to know that it is too much.
const ENOUGH: u64 = 100_000;

/// How to look, and what not to bring.
pub(crate) struct Order<'a> {
    /// The checkout's root, with no link in its path.
    pub(crate) checkout: &'a Path,
    /// What the worktree is called in its slot.
    pub(crate) name: &'a Path,
    /// The repository's common git dir: nothing of it is brought.
    pub(crate) common: &'a Path,
    /// The folder in which slots are.
    pub(crate) state: &'a Path,
    /// What git has in the worktree.
    pub(crate) tracked: &'a Manifest,
    /// The most bytes that are copied where the file system cannot share them.
    pub(crate) limit: u64,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// In the order in which they are made: a folder before what is in it.
    pub(super) items: Vec<Item>,
    /// Places of the sources, in their order, and how much each is.
    pub(crate) amounts: Vec<(RepoPath, BringMode, Amount)>,
    /// What was left out, a line each.
    pub(crate) left_out: Vec<String>,
    /// Virtual environments of Python among the sources.
    pub(crate) environments: Vec<RepoPath>,
}

/// One thing to make.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) place: RepoPath,
    pub(super) from: PathBuf,
    pub(super) kind: Kind,
    pub(super) mode: u32,
    /// When its content was changed: seconds and nanoseconds. The copy gets it.
    pub(super) changed: (i64, i64),
    /// When anything of it was changed, which nobody can set.
    touched: (i64, i64),
}

#[derive(Debug)]
pub(super) enum Kind {
    Folder,
    File {
        bytes: u64,
    },
    /// With what the link says.
    Link(Vec<u8>),
}

impl Survey {
    /// A hash over every file's place, kind, size, rights and times: as long as it is the same, so is what is brought.
    /// A time that was put back hides no change: the one that nobody can set is looked at, too.
    pub(crate) fn fingerprint(&self) -> String {
        let mut text = Vec::new();
        for (place, mode, _) in &self.amounts {
            text.extend_from_slice(place.as_bytes());
            text.extend_from_slice(format!("\0{mode:?}\0").as_bytes());
        }
        for item in &self.items {
            text.extend_from_slice(item.place.as_bytes());
            let (kind, bytes) = match &item.kind {
                // A folder's time changes with every file that is made in it and left out.
                Kind::Folder => ('d', 0),
                Kind::File { bytes } => ('f', *bytes),
                Kind::Link(target) => {
                    text.push(0);
                    text.extend_from_slice(target);
                    ('l', 0)
                }
            };
            let times = if kind == 'f' { [item.changed, item.touched] } else { [(0, 0); 2] };
            text.extend_from_slice(format!("\0{kind}{:o} {bytes} {times:?}\0", item.mode).as_bytes());
        }
        Oid::hash_object(ObjectType::Blob, &text).map(|hash| hash.to_string()).unwrap_or_default()
    }

    /// The names that files are brought to beside the worktree.
    pub(crate) fn names_beside(&self) -> Vec<Text> {
        let beside = self.amounts.iter().filter_map(|(place, ..)| place.as_path().strip_prefix("..").ok());
        let mut names: Vec<Text> = beside.filter_map(|way| way.components().next()).map(|name| name.as_os_str().into()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Looks through the sources.
///
/// # Errors
///
/// [`Error::Missing`], [`Error::TooLarge`], [`Error::Holds`], [`Error::File`] for what cannot be read.
pub(crate) fn survey(order: &Order<'_>, sources: &[Source]) -> Result<Survey, Error> {
    let map = Map::new(order, sources);
    let mut walk = Walk { order, map, todo: Vec::new(), found: Survey::default(), weight: 0, shares: None, since: 0 };
    for source in sources {
        walk.source(source)?;
    }
    Ok(walk.found)
}

struct Walk<'a> {
    order: &'a Order<'a>,
    map: Map<'a>,
    /// Folders that were not looked into.
    todo: Vec<(PathBuf, RepoPath)>,
    found: Survey,
    /// The bytes on the disk of all that was found.
    weight: u64,
    /// Whether a copy can share the original's blocks, once that was asked.
    shares: Option<bool>,
    /// Files found since it was too much.
    since: u64,
}

impl Walk<'_> {
    fn source(&mut self, source: &Source) -> Result<(), Error> {
        let missing = |_| Error::Missing { path: source.place.clone(), from: source.from.clone() };
        let about = fs::symlink_metadata(&source.from).map_err(missing)?;
        self.found.amounts.push((source.place.clone(), source.mode, Amount::default()));
        if source.from.join("pyvenv.cfg").is_file() {
            self.found.environments.push(source.place.clone());
        }
        self.entry(source.from.clone(), source.place.clone(), &about)?;
        while let Some((from, place)) = self.todo.pop() {
            self.folder(&from, &place)?;
        }
        self.refuse_too_much()
    }

    fn folder(&mut self, from: &Path, place: &RepoPath) -> Result<(), Error> {
        let failed = || file::Error::of("list", from);
        let entries: Result<Vec<_>, _> = fs::read_dir(from).map_err(failed())?.collect();
        let mut entries = entries.map_err(failed())?;
        entries.sort_unstable_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let about = match entry.metadata() {
                // It went away while we looked.
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                other => other.map_err(file::Error::of("look at", &path))?,
            };
            self.entry(path, place.join(entry.file_name().as_bytes()), &about)?;
        }
        Ok(())
    }

    fn entry(&mut self, from: PathBuf, place: RepoPath, about: &Metadata) -> Result<(), Error> {
        let kind = about.file_type();
        if self.order.tracked.find(place.as_bytes()).is_some() {
            if kind.is_dir() {
                self.leave_out(&place, "git has a file of that name");
            }
            return Ok(());
        }
        if !kind.is_dir() && !self.order.tracked.below(&place).is_empty() {
            self.leave_out(&place, "git has a folder of that name");
        } else if kind.is_symlink() {
            self.link(from, place, about)?;
        } else if kind.is_dir() {
            self.add(Item::of(place.clone(), from.clone(), Kind::Folder, about));
            self.todo.push((from, place));
        } else if !kind.is_file() {
            self.leave_out(&place, "it is a pipe, a socket or a device");
        } else if place.file_name() == b".git" {
            self.leave_out(&place, "it leads git to another folder");
        } else {
            self.file(from, place, about)?;
        }
        Ok(())
    }

    fn file(&mut self, from: PathBuf, place: RepoPath, about: &Metadata) -> Result<(), Error> {
        self.weigh(&from, about)?;
        self.add(Item::of(place, from, Kind::File { bytes: about.len() }, about));
        Ok(())
    }

    fn link(&mut self, from: PathBuf, place: RepoPath, about: &Metadata) -> Result<(), Error> {
        let text = fs::read_link(&from).map_err(file::Error::of("read the link", &from))?.into_os_string().into_vec();
        match self.map.follow(&from, &place, text) {
            Leads::Inside(text) | Leads::ToUnwritable(text) => self.add(Item::of(place, from, Kind::Link(text), about)),
            Leads::Nowhere => self.leave_out(&place, "it is a link that leads out and to nothing"),
            Leads::ToGit => self.leave_out(&place, "it is a link into the repository's git dir"),
            Leads::Out(to) => {
                self.refuse_holder(&place, &to)?;
                let about = fs::symlink_metadata(&to).map_err(file::Error::of("look at", &to))?;
                if about.is_dir() {
                    self.map.add(to.clone(), place.clone());
                }
                self.entry(to, place, &about)?;
            }
        }
        Ok(())
    }

    fn refuse_holder(&self, path: &RepoPath, to: &Path) -> Result<(), Error> {
        let what = if self.order.checkout.starts_with(to) || self.order.common.starts_with(to) {
            "the repository"
        } else if self.order.state.starts_with(to) || to.starts_with(self.order.state) {
            "takeback's own worktrees"
        } else {
            return Ok(());
        };
        Err(Error::Holds { path: path.clone(), to: to.to_owned(), what })
    }

    fn add(&mut self, item: Item) {
        if let Some((.., amount)) = self.found.amounts.last_mut() {
            *amount += match item.kind {
                Kind::Folder => Amount::default(),
                Kind::File { bytes } => Amount { files: 1, bytes },
                Kind::Link(_) => Amount { files: 1, bytes: 0 },
            };
        }
        self.found.items.push(item);
    }

    /// Counts a file; stops where it is far too much already.
    fn weigh(&mut self, from: &Path, about: &Metadata) -> Result<(), Error> {
        self.weight += content::on_disk(about);
        if self.weight <= self.order.limit {
            return Ok(());
        }
        let state = self.order.state.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("/"));
        if *self.shares.get_or_insert_with(|| about.len() > 0 && content::can_share(from, state)) {
            return Ok(());
        }
        self.since += 1;
        if self.since > ENOUGH { self.refuse_too_much() } else { Ok(()) }
    }

    fn refuse_too_much(&self) -> Result<(), Error> {
        if self.shares != Some(false) {
            return Ok(());
        }
        let path = self.found.amounts.last().map(|(place, ..)| place.clone()).unwrap_or_default();
        let least = if self.since > ENOUGH { "more than " } else { "" };
        Err(Error::TooLarge { path, size: format!("{least}{}", size(self.weight)), limit: size(self.order.limit) })
    }

    fn leave_out(&mut self, place: &RepoPath, why: &str) {
        self.found.left_out.push(format!("`{place}` is not brought: {why}"));
    }
}

impl Item {
    fn of(place: RepoPath, from: PathBuf, kind: Kind, about: &Metadata) -> Self {
        let (changed, touched) = ((about.mtime(), about.mtime_nsec()), (about.ctime(), about.ctime_nsec()));
        Self { place, from, kind, mode: about.mode() & 0o777, changed, touched }
    }
}
