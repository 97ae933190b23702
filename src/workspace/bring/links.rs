//! Where links lead, and where they may lead in a slot: never to a place that could be written through them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::Access;

use super::Source;
use super::survey::Order;
use crate::task::RepoPath;

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Leads {
    /// To what is seen in the slot, there or not; with what the link says there.
    Inside(Vec<u8>),
    /// Out, to a file that this user cannot write (`/usr/bin/python3`); with what the link says.
    ToUnwritable(Vec<u8>),
    /// Out, to this.
    Out(PathBuf),
    /// Into a git dir.
    ToGit,
    /// Out, and to nothing, which a task could make there.
    Nowhere,
}

/// Which folder is seen where.
pub(super) struct Map<'a> {
    order: &'a Order<'a>,
    /// Folders that are brought to another place than their own in the checkout.
    moved: Vec<(PathBuf, RepoPath)>,
}

impl<'a> Map<'a> {
    pub(super) fn new(order: &'a Order<'a>, sources: &[Source]) -> Self {
        let is_moved = |s: &&Source| s.from != order.checkout.join(s.place.as_path());
        let moved = sources.iter().filter(is_moved).map(|s| (s.from.clone(), s.place.clone())).collect();
        Self { order, moved }
    }

    /// Says that a folder is brought to a place.
    pub(super) fn add(&mut self, folder: PathBuf, place: RepoPath) {
        self.moved.push((folder, place));
    }

    /// Follows a link, whose own path has no link in it, by one step.
    pub(super) fn follow(&self, from: &Path, place: &RepoPath, text: Vec<u8>) -> Leads {
        let target = Path::new(OsStr::from_bytes(&text));
        let folder = from.parent().unwrap_or(Path::new("/"));
        let next = step(&folder.join(target));
        match next.as_deref().and_then(|next| self.seen_at(next)) {
            Some(seen) => return Leads::Inside(self.reword(place, &seen, text)),
            None if next.as_deref().is_some_and(|next| self.is_git(next)) => return Leads::ToGit,
            None => {}
        }
        let Ok(end) = folder.join(target).canonicalize() else {
            // A link to nothing stays one where what it names would be seen in the slot.
            let named = lexical(folder, target).filter(|_| is_simple(target) && next.is_none());
            let seen = named.and_then(|path| self.seen_at(&path));
            return seen.map_or(Leads::Nowhere, |seen| Leads::Inside(self.reword(place, &seen, text)));
        };
        if let Some(seen) = self.seen_at(&end) {
            return Leads::Inside(self.reword(place, &seen, text));
        }
        if self.is_git(&end) {
            return Leads::ToGit;
        }
        if is_unwritable_file(&end) {
            return Leads::ToUnwritable(end.into_os_string().into_vec());
        }
        Leads::Out(end)
    }

    fn is_git(&self, path: &Path) -> bool {
        path.starts_with(self.order.common) || path.starts_with(self.order.checkout.join(".git"))
    }

    /// Where a path, with no link in it, is seen.
    fn seen_at(&self, path: &Path) -> Option<RepoPath> {
        for (folder, place) in &self.moved {
            match path.strip_prefix(folder) {
                Ok(rest) if rest.as_os_str().is_empty() => return Some(place.clone()),
                Ok(rest) => return Some(place.join(rest.as_os_str().as_bytes())),
                Err(_) => {}
            }
        }
        let inside = path.strip_prefix(self.order.checkout).ok().map(RepoPath::from);
        inside.filter(|_| !self.is_git(path))
    }

    /// What a link says in the slot: the same where that leads to the same place, else the way from place to place.
    fn reword(&self, place: &RepoPath, seen: &RepoPath, text: Vec<u8>) -> Vec<u8> {
        let (from, to) = (self.full(place), self.full(seen));
        let folder = from.parent().unwrap_or(Path::new("")).to_owned();
        let target = Path::new(OsStr::from_bytes(&text));
        if target.is_relative() && is_simple(target) && lexical(&folder, target).is_some_and(|there| there == to) {
            return text;
        }
        let common = folder.components().zip(to.components()).take_while(|(a, b)| a == b).count();
        let ups = folder.components().skip(common).map(|_| Component::ParentDir);
        let way: PathBuf = ups.chain(to.components().skip(common)).collect();
        let way = way.into_os_string().into_vec();
        if way.is_empty() { b".".to_vec() } else { way }
    }

    /// A place as a path from the slot's folder.
    fn full(&self, place: &RepoPath) -> PathBuf {
        match place.as_path().strip_prefix("..") {
            Ok(beside) => beside.to_owned(),
            Err(_) if place.is_root() => self.order.name.to_owned(),
            Err(_) => self.order.name.join(place.as_path()),
        }
    }
}

/// What a path names, itself not followed, with no link in the way to it; `None` if that way leads nowhere.
fn step(path: &Path) -> Option<PathBuf> {
    let ends_in_a_name = matches!(path.components().next_back(), Some(Component::Normal(_)));
    let next = match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if ends_in_a_name => folder.canonicalize().ok()?.join(name),
        _ => path.canonicalize().ok()?,
    };
    fs::symlink_metadata(&next).is_ok().then_some(next)
}

/// Tells whether `..` stands at the start of a path alone, so that no link in it changes what `..` means.
fn is_simple(path: &Path) -> bool {
    let mut named = false;
    path.components().all(|part| {
        named |= matches!(part, Component::Normal(_));
        !(named && part == Component::ParentDir)
    })
}

/// The path that a target names from a folder, by its words alone; `None` if it has more `..` than there is above.
fn lexical(folder: &Path, target: &Path) -> Option<PathBuf> {
    let mut path = folder.to_owned();
    for part in target.components() {
        match part {
            Component::RootDir => path = PathBuf::from("/"),
            Component::ParentDir if !path.pop() => return None,
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    Some(path)
}

/// Tells whether a path is a file that this user can neither write nor make writable.
fn is_unwritable_file(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let is_anothers = fs::symlink_metadata(path).is_ok_and(|about| about.is_file() && about.uid() != own);
    is_anothers && rustix::fs::access(path, Access::WRITE_OK).is_err()
}
