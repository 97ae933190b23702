//! Copying what was found into a slot, and taking away what lies beside its worktree.
//!
//! Every name is made new, in a folder that was entered without following a link: what is there already stays as it is.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Component, Path};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::ledger::Ledger;
use super::survey::{Item, Kind, Survey};
use super::{Error, split};
use crate::sys::folder::Folder;
use crate::sys::{content, file};
use crate::task::{BringMode, RepoPath};
use crate::workspace::manifest::Print;

/// More do not pay: making the entries is the kernel's work, in one folder after the other.
const THREADS: usize = 2;
/// Below this, starting a thread costs more than it brings.
const FEW: usize = 64;
/// As many files a thread takes at once; they mostly lie in one folder.
const BATCH: usize = 32;

/// Where files are brought to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    /// The worktree.
    pub(crate) root: &'a Path,
    /// The slot's folder, which holds the worktree and what is brought beside it.
    pub(crate) around: &'a Path,
}

/// Copies all that was found. Returns how it lies there now, when enough time has passed that any change of it can be told.
///
/// # Errors
///
/// [`Error::Place`] if something is there already, [`Error::Stopped`], [`Error::File`]; what was copied until then is the
/// caller's to remove.
pub(crate) fn put(target: &Target<'_>, found: &Survey, stop: &AtomicBool) -> Result<Ledger, Error> {
    let copier = Copier { target, found, stop, failed: AtomicBool::new(false), next: AtomicUsize::new(0) };
    for (place, ..) in &found.amounts {
        copier.make_way(place)?;
    }
    let (folders, rest): (Vec<&Item>, Vec<&Item>) = found.items.iter().partition(|item| matches!(item.kind, Kind::Folder));
    for item in &folders {
        copier.make_folder(item)?;
    }
    let files = copier.all(&rest)?;
    for item in folders.iter().rev() {
        copier.finish_folder(item)?;
    }
    let newest = files.iter().map(|(_, print)| print.moment()).max();
    if let Some(newest) = newest {
        content::wait_past(target.around, newest).map_err(file::Error::of("look at", target.around))?;
    }
    Ok(Ledger::new(found.amounts.iter().map(|(place, ..)| place.clone()).collect(), files))
}

/// Removes names that were brought beside a worktree.
///
/// # Errors
///
/// [`file::Error`] with the first that cannot be removed.
pub(crate) fn clear_beside<'n>(around: &Path, names: impl Iterator<Item = &'n OsStr>) -> Result<(), file::Error> {
    let folder = Folder::open(around)?;
    for name in names {
        folder.remove_all(name)?;
    }
    Ok(())
}

struct Copier<'a> {
    target: &'a Target<'a>,
    found: &'a Survey,
    stop: &'a AtomicBool,
    /// One thread failed: the other stops.
    failed: AtomicBool,
    /// The first file that no thread has taken.
    next: AtomicUsize,
}

/// How a file lies there.
type Made = (RepoPath, Print);

impl Copier<'_> {
    /// Makes the folders down to a place. A link in the way, or a file, is git's.
    fn make_way(&self, place: &RepoPath) -> Result<(), Error> {
        let (base, way) = split(place, self.target.root, self.target.around);
        let mut at = Folder::open(base)?;
        if way.components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(Error::Place { path: place.clone(), why: "it has no place in the slot" });
        }
        for name in way.parent().into_iter().flat_map(Path::components).map(Component::as_os_str) {
            at = match at.enter(name)? {
                Some(folder) => folder,
                None if at.stat(name)?.is_none() => at.make(name)?,
                None => return Err(Error::Place { path: place.clone(), why: "a part of its path is no folder there" }),
            };
        }
        Ok(())
    }

    fn make_folder(&self, item: &Item) -> Result<(), Error> {
        let (folder, name) = self.parent_of(&item.place)?;
        if folder.enter(name)?.is_none() {
            folder.make(name)?;
        }
        Ok(())
    }

    /// The rights and the time of a folder come last: making files in it needs the one and changes the other.
    fn finish_folder(&self, item: &Item) -> Result<(), Error> {
        let (parent, name) = self.parent_of(&item.place)?;
        let Some(folder) = parent.enter(name)? else { return Ok(()) };
        let path = self.path_of(&item.place);
        content::set_mode(&folder, self.mode_of(item)).map_err(file::Error::of("set the rights of", &path))?;
        Ok(content::set_time(&folder, item.changed).map_err(file::Error::of("set the time of", &path))?)
    }

    fn all(&self, items: &[&Item]) -> Result<Vec<Made>, Error> {
        if items.len() < FEW {
            return self.work(items);
        }
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| self.work(items))).collect();
            threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
        });
        let mut made = Vec::with_capacity(items.len());
        let mut first = None;
        for result in results {
            match result {
                Ok(Ok(some)) => made.extend(some),
                // What made the other thread stop is the one to tell.
                Ok(Err(e)) if first.is_none() || matches!(first, Some(Error::Stopped)) => first = Some(e),
                Ok(Err(_)) => {}
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        first.map_or(Ok(made), Err)
    }

    fn work(&self, items: &[&Item]) -> Result<Vec<Made>, Error> {
        let mut made = Vec::new();
        let mut near: Option<(RepoPath, Folder)> = None;
        loop {
            let start = self.next.fetch_add(BATCH, Ordering::Relaxed);
            if start >= items.len() {
                return Ok(made);
            }
            for item in &items[start..items.len().min(start + BATCH)] {
                if self.stop.load(Ordering::Relaxed) || self.failed.load(Ordering::Relaxed) {
                    return Err(Error::Stopped);
                }
                let print = self.one(item, &mut near).inspect_err(|_| self.failed.store(true, Ordering::Relaxed))?;
                made.extend(print.map(|print| (item.place.clone(), print)));
            }
        }
    }

    /// Copies a file or makes a link; `None` where something is there already, and for a file that went away meanwhile. `near` is the folder that was used last.
    fn one(&self, item: &Item, near: &mut Option<(RepoPath, Folder)>) -> Result<Option<Print>, Error> {
        let parent = item.place.parent().unwrap_or_default();
        if near.as_ref().is_none_or(|(place, _)| *place != parent) {
            *near = Some((parent, self.parent_of(&item.place)?.0));
        }
        let Some((_, folder)) = near else { return Ok(None) };
        let name = name_of(&item.place);
        // It was put there from the base, for a check to read.
        if folder.stat(name)?.is_some() {
            return Ok(None);
        }
        if let Kind::Link(text) = &item.kind {
            folder.link(name, text)?;
            content::set_link_time(folder, name, item.changed).map_err(file::Error::of("set the time of", &item.from))?;
        } else if !self.copy(item, folder, name)? {
            return Ok(None);
        }
        Ok(folder.stat(name)?.as_ref().map(Print::of))
    }

    fn copy(&self, item: &Item, folder: &Folder, name: &OsStr) -> Result<bool, Error> {
        let source = match open(&item.from) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            other => other.map_err(file::Error::of("read", &item.from))?,
        };
        let path = self.path_of(&item.place);
        let copy = folder.create(name, false)?;
        content::copy(&source, &copy).map_err(file::Error::of("copy", &item.from))?;
        content::set_mode(&copy, self.mode_of(item)).map_err(file::Error::of("set the rights of", &path))?;
        content::set_time(&copy, item.changed).map_err(file::Error::of("set the time of", &path))?;
        Ok(true)
    }

    fn mode_of(&self, item: &Item) -> u32 {
        const WRITE: u32 = 0o222;
        let is_of = |place: &RepoPath| *place == item.place || place.holds(&item.place);
        let source = self.found.amounts.iter().find(|(place, ..)| is_of(place));
        let is_read_only = source.is_some_and(|(_, mode, _)| *mode == BringMode::Ro);
        if is_read_only { item.mode & !WRITE } else { item.mode }
    }

    /// The folder that a place is in, entered without following a link.
    fn parent_of<'i>(&self, place: &'i RepoPath) -> Result<(Folder, &'i OsStr), Error> {
        let (base, way) = split(place, self.target.root, self.target.around);
        let names = way.parent().into_iter().flat_map(Path::components).map(Component::as_os_str);
        let found = Folder::open(base)?.enter_path(names)?;
        let gone = || Error::Place { path: place.clone(), why: "a part of its path is no folder there" };
        Ok((found.ok_or_else(gone)?, name_of(place)))
    }

    fn path_of(&self, place: &RepoPath) -> std::path::PathBuf {
        let (base, way) = split(place, self.target.root, self.target.around);
        base.join(way)
    }
}

fn name_of(place: &RepoPath) -> &OsStr {
    place.as_path().file_name().unwrap_or_default()
}

/// Opens a plain file; a link or a pipe that took its place meanwhile is none.
fn open(path: &Path) -> std::io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(std::io::ErrorKind::InvalidInput.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Amount;
    use crate::workspace::bring::{Order, Source, survey};
    use crate::workspace::manifest::Manifest;

    struct Lab {
        dir: tempfile::TempDir,
    }

    impl Lab {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            for folder in ["checkout/data", "slot/work"] {
                std::fs::create_dir_all(dir.path().join(folder)).unwrap();
            }
            Self { dir }
        }

        fn path(&self, path: &str) -> std::path::PathBuf {
            self.dir.path().canonicalize().unwrap().join(path)
        }

        fn find(&self, place: &str) -> Result<Survey, Error> {
            let (checkout, common, state) = (self.path("checkout"), self.path("checkout/.git"), self.path("state"));
            let order = Order {
                checkout: &checkout,
                name: Path::new("work"),
                common: &common,
                state: &state,
                tracked: &Manifest::default(),
                limit: u64::MAX,
            };
            let source = Source { place: RepoPath::from(place), from: self.path("checkout/data"), mode: BringMode::Copy };
            survey(&order, &[source])
        }

        fn put(&self, found: &Survey, stop: bool) -> Result<Ledger, Error> {
            let (root, around) = (self.path("slot/work"), self.path("slot"));
            put(&Target { root: &root, around: &around }, found, &AtomicBool::new(stop))
        }
    }

    #[test]
    fn a_wish_to_stop_is_heard_between_two_files() {
        let lab = Lab::new();
        for n in 0..FEW * 3 {
            file::fill(&lab.path(&format!("checkout/data/{n}")), b"x").unwrap();
        }
        let found = lab.find("data").unwrap();
        assert!(matches!(lab.put(&found, true), Err(Error::Stopped)));
        assert_eq!(std::fs::read_dir(lab.path("slot/work/data")).unwrap().count(), 0);
    }

    #[test]
    fn what_has_a_place_already_stays_as_it_is() {
        let lab = Lab::new();
        file::fill(&lab.path("checkout/data/a"), b"brought").unwrap();
        std::fs::create_dir(lab.path("slot/work/data")).unwrap();
        file::fill(&lab.path("slot/work/data/a"), b"from git").unwrap();
        assert_eq!(lab.put(&lab.find("data").unwrap(), false).unwrap(), Ledger::new(vec![RepoPath::from("data")], vec![]));
        assert_eq!(std::fs::read(lab.path("slot/work/data/a")).unwrap(), b"from git");
    }

    #[test]
    fn a_link_in_the_way_to_a_place_is_not_followed() {
        let lab = Lab::new();
        file::fill(&lab.path("checkout/data/a"), b"brought").unwrap();
        std::os::unix::fs::symlink(lab.path("checkout"), lab.path("slot/work/link")).unwrap();
        std::os::unix::fs::symlink(lab.path("checkout"), lab.path("slot/work/data")).unwrap();
        for place in ["link/data", "data", "../../outside", "../"] {
            let failed = lab.put(&lab.find(place).unwrap(), false);
            assert!(failed.is_err(), "{place}: {failed:?}");
        }
        assert_eq!(std::fs::read_dir(lab.path("checkout")).unwrap().count(), 1);
        assert!(!lab.path("outside").exists());
    }

    #[test]
    fn links_that_lead_in_circles_come_to_an_end() {
        let lab = Lab::new();
        for (folder, other) in [("one", "two"), ("two", "one")] {
            std::fs::create_dir(lab.path(folder)).unwrap();
            file::fill(&lab.path(folder).join("f"), b"x").unwrap();
            std::os::unix::fs::symlink(lab.path(other), lab.path(folder).join("other")).unwrap();
        }
        std::os::unix::fs::symlink(lab.path("one"), lab.path("checkout/data/out")).unwrap();
        std::os::unix::fs::symlink("itself", lab.path("checkout/data/itself")).unwrap();
        let found = lab.find("data").unwrap();
        lab.put(&found, false).unwrap();
        assert_eq!(found.amounts[0].2, Amount { files: 4, bytes: 2 });
        assert_eq!(std::fs::read_link(lab.path("slot/work/data/out/other/other")).unwrap(), Path::new(".."));
    }
}
