//! Objects on their way into the repository.
//!
//! An intake is a bare repository of its own that also reads the repository's objects. What is captured is written there first.
//! [`Intake::publish`] then makes one pack of everything that the repository's refs do not reach yet and moves it in: `pack-X.keep`,
//! `pack-X.pack`, `pack-X.idx`, in this order, each synced. So a foreign `git gc --prune=now` finds at no moment a pack it would
//! delete, and it does not matter that it may drop loose objects that happen to be the same. Once refs reach the objects the
//! `.keep` is released. Nothing else of the repository is ever written here.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use git2::{ObjectType, Odb, Oid, PackBuilder, Repository};

use super::Error;
use super::reach::{self, lost};
use crate::sys::fault::Point;
use crate::sys::scratch::Scratch;
use crate::sys::{command, file};

/// What the content of our `.keep` files starts with.
const OURS: &str = "takeback ";

/// Objects larger than this are not compared with others to save space. The second key is what libgit2 1.9 really asks for.
const CONFIG: &str =
    "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tbigFileThreshold = 8m\n[pack]\n\tdeltaCacheSize = 8388608\n";

/// A bare repository in a folder of ours, for objects that the repository does not have yet. Dropped, it is deleted.
pub(crate) struct Intake {
    dir: PathBuf,
    repo: Repository,
    /// The folder that goes with this value.
    scratch: Option<Scratch>,
}

/// A pack that no gc takes away, whatever refs there are.
#[derive(Debug)]
#[must_use = "its `.keep` stays for ever"]
pub(crate) struct KeptPack {
    /// `None` if somebody else's `.keep` stood there already: it is not ours to remove.
    keep: Option<PathBuf>,
}

impl Intake {
    /// Makes an empty intake in `dir`; what a crash left there is removed.
    ///
    /// # Errors
    ///
    /// [`Error::File`] or [`Error::Git`] with the folder.
    pub(crate) fn create(dir: &Path, main: &Repository) -> Result<Self, Error> {
        match fs::remove_dir_all(dir) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(file::Error::of("remove", dir)(e).into()),
            _ => {}
        }
        for folder in ["objects/info", "objects/pack", "refs", "packing"] {
            file::make_folder(&dir.join(folder))?;
        }
        write(&dir.join("HEAD"), b"ref: refs/heads/none\n")?;
        write(&dir.join("config"), CONFIG.as_bytes())?;
        if let Some(shallow) = file::read(&main.commondir().join("shallow"))? {
            write(&dir.join("shallow"), &shallow)?;
        }
        let dir = dir.canonicalize().map_err(file::Error::of("find", dir))?;
        add_alternate(&dir, &objects_of(main))?;
        Ok(Self { repo: open(&dir)?, dir, scratch: None })
    }

    /// Makes an empty intake below `parent` that is gone with this value; [`crate::sys::scratch::sweep`] removes what a crash leaves.
    ///
    /// # Errors
    ///
    /// As [`Self::create`].
    pub(crate) fn create_passing(parent: &Path, name: &str, main: &Repository) -> Result<Self, Error> {
        let scratch = Scratch::make(parent, name)?;
        let mut intake = Self::create(&scratch.path().join("objects"), main)?;
        intake.scratch = Some(scratch);
        Ok(intake)
    }

    /// The objects: what is written goes to the intake.
    ///
    /// # Errors
    ///
    /// [`Error::Git`].
    pub(crate) fn odb(&self) -> Result<Odb<'_>, Error> {
        self.repo.odb().map_err(Error::of("open the objects of", self.dir.display()))
    }

    /// Writes an object. Whether the repository has it already is not asked: libgit2 would look through every pack anew for each
    /// object that is new, and what the repository has is left out when the intake is published. Nor is it made smaller: that is done once,
    /// for the pack.
    ///
    /// # Errors
    ///
    /// [`Error::File`] with the object's file.
    pub(crate) fn write(&self, kind: ObjectType, content: &[u8]) -> Result<Oid, Error> {
        let oid = Oid::hash_object(kind, content).map_err(Error::of("hash", kind))?;
        let name = oid.to_string();
        let folder = self.objects().join(&name[..2]);
        let path = folder.join(&name[2..]);
        if path.exists() {
            return Ok(oid);
        }
        file::make_folder(&folder)?;
        let failed = file::Error::of("write", &path);
        let mut packed = ZlibEncoder::new(Vec::with_capacity(content.len() + 64), Compression::none());
        let header = format!("{} {}\0", kind.str(), content.len());
        let bytes = packed.write_all(header.as_bytes()).and_then(|()| packed.write_all(content)).and_then(|()| packed.finish());
        write(&path, &bytes.map_err(failed)?)?;
        Ok(oid)
    }

    /// The intake as a repository without refs: what it writes goes to the intake, and it reads the repository's objects too.
    pub(crate) fn repo(&self) -> &Repository {
        &self.repo
    }

    /// The folder of objects that `git` writes to for us.
    pub(crate) fn objects(&self) -> PathBuf {
        self.dir.join("objects")
    }

    /// The intake's git dir.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// Writes a file that is gone with the intake: for a program to read.
    ///
    /// # Errors
    ///
    /// [`Error::File`] with its path.
    pub(crate) fn passing_file(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        let path = self.dir.join(name);
        write(&path, bytes)?;
        Ok(path)
    }

    /// Lets the intake also read the objects of another folder: a quarantine's. An object that is there is not written again, but
    /// published all the same.
    ///
    /// # Errors
    ///
    /// [`Error::File`] or [`Error::Git`] with the folder.
    pub(crate) fn also_read(&mut self, objects: &Path) -> Result<(), Error> {
        add_alternate(&self.dir, objects)?;
        self.repo = open(&self.dir)?;
        Ok(())
    }

    /// Brings everything that is reachable from `tips` and not from `have` into the repository, as one pack with a `.keep` that
    /// says `label`; `None` if there is nothing to bring. Refs must hold `have` for good.
    ///
    /// Each object is read and its hash checked. With `strict`, git looks whether every object is sound, and whether what it names is in
    /// the pack or in the repository: for what a task's own git has written.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if an object is nowhere: a foreign gc may have taken one that was not written because the repository had
    /// it, so capturing once more into a new intake helps. [`Error::Corrupt`], or [`Error::Command`] when `strict` finds fault.
    pub(crate) fn publish(&self, main: &Repository, tips: &[Oid], cut: Cut<'_>, label: &str) -> Result<Option<KeptPack>, Error> {
        let odb = self.odb()?;
        let objects = reach::objects(&self.repo, &odb, tips, cut.have)?;
        if objects.is_empty() {
            return Ok(None);
        }
        let packing = self.dir.join("packing");
        let name = pack(&self.repo, &objects, &packing)?;
        let part = |end: &str| packing.join(format!("pack-{name}.{end}"));
        if cut.strict {
            let mut git = command::git(main.commondir());
            command::output(git.args(["index-pack", "--strict", "-o"]).arg(packing.join("checked.idx")).arg(part("pack")))?;
        }
        let folder = objects_of(main).join("pack");
        file::make_folder(&folder)?;
        let into = |end: &str| folder.join(format!("pack-{name}.{end}"));
        let kept = keep(into("keep"), label)?;
        move_in(&part("pack"), &into("pack"), Point::PACK)?;
        move_in(&part("idx"), &into("idx"), Point::PACK_IDX)?;
        file::sync_folder(&folder)?;
        Ok(Some(kept))
    }
}

/// Where [`Intake::publish`] stops, and how closely it looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut<'a> {
    /// Commits that refs of the repository hold.
    pub(crate) have: &'a [Oid],
    /// Whether git itself shall check the objects.
    pub(crate) strict: bool,
}

impl Drop for Intake {
    fn drop(&mut self) {
        // What cannot be deleted now is swept later.
        drop(fs::remove_dir_all(&self.dir));
        drop(self.scratch.take());
    }
}

impl KeptPack {
    /// Removes the `.keep`: from now on only refs hold the pack's objects.
    ///
    /// # Errors
    ///
    /// [`Error::File`] with its path.
    pub(crate) fn release(self) -> Result<(), Error> {
        Ok(self.keep.map_or(Ok(()), |keep| file::remove(&keep, Point::PACK_RELEASE))?)
    }
}

/// Finds the packs of ours that a crash left kept, each with its label.
///
/// # Errors
///
/// [`Error::File`] if the folder of packs is unreadable.
pub(crate) fn left_over(main: &Repository) -> Result<Vec<(String, KeptPack)>, Error> {
    let folder = objects_of(main).join("pack");
    let mut found = Vec::new();
    let entries = match fs::read_dir(&folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries.map_err(file::Error::of("list", &folder))?,
    };
    for entry in entries {
        let path = entry.map_err(file::Error::of("list", &folder))?.path();
        if path.extension() != Some(OsStr::new("keep")) {
            continue;
        }
        let text = file::read(&path)?.unwrap_or_default();
        if let Some(label) = text.strip_prefix(OURS.as_bytes()) {
            let label = String::from_utf8_lossy(label).trim_end().to_owned();
            found.push((label, KeptPack { keep: Some(path) }));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

fn open(dir: &Path) -> Result<Repository, Error> {
    Repository::open_bare(dir).map_err(Error::of("open", dir.display()))
}

/// A repository's own objects, wherever a worktree's git dir is.
fn objects_of(main: &Repository) -> PathBuf {
    let folder = main.commondir().join("objects");
    folder.canonicalize().unwrap_or(folder)
}

/// Writes a file of the intake: nothing there has to survive a crash.
#[expect(clippy::disallowed_methods, reason = "an intake that a crash left half-made is made again")]
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    Ok(fs::write(path, bytes).map_err(file::Error::of("write", path))?)
}

fn add_alternate(dir: &Path, objects: &Path) -> Result<(), Error> {
    let list = dir.join("objects/info/alternates");
    let line = objects.as_os_str().as_bytes();
    if line.iter().any(|b| matches!(b, b'\n' | b'\r')) {
        return Err(Error::Corrupt { object: objects.display().to_string(), why: "git cannot name a folder like this".to_owned() });
    }
    let mut lines = file::read(&list)?.unwrap_or_default();
    lines.extend_from_slice(line);
    lines.push(b'\n');
    write(&list, &lines)
}

/// Packs objects into a folder, and returns the pack's name: its checksum. Reading an object checks its hash.
fn pack(repo: &Repository, objects: &[Oid], folder: &Path) -> Result<String, Error> {
    let mut builder: PackBuilder<'_> = repo.packbuilder().map_err(Error::of("make a pack in", folder.display()))?;
    for id in objects {
        builder.insert_object(*id, None).map_err(lost(*id))?;
    }
    builder.write(folder, 0).map_err(lost(folder.display()))?;
    match builder.name() {
        Ok(Some(name)) => Ok(name.to_owned()),
        _ => Err(Error::Corrupt { object: folder.display().to_string(), why: "the pack has no name".to_owned() }),
    }
}

/// Makes the `.keep`. One of ours that a crash left is taken over, somebody else's is left alone.
fn keep(path: PathBuf, label: &str) -> Result<KeptPack, Error> {
    Point::PACK_KEEP.before();
    let kept = match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(mut keep) => {
            let text = format!("{OURS}{label}\n");
            keep.write_all(text.as_bytes()).and_then(|()| keep.sync_all()).map_err(file::Error::of("write", &path))?;
            true
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            file::read(&path)?.is_some_and(|text| text.is_empty() || text.starts_with(OURS.as_bytes()))
        }
        Err(e) => return Err(file::Error::of("make", &path)(e).into()),
    };
    Point::PACK_KEEP.after();
    Ok(KeptPack { keep: kept.then_some(path) })
}

/// Moves a finished file into the repository, whose folder the caller syncs; over a border between file systems by a copy beside its place.
fn move_in(from: &Path, to: &Path, point: Point) -> Result<(), Error> {
    file::sync(from)?;
    match file::rename_lightly(from, to, point) {
        Err(e) if e.source.kind() == io::ErrorKind::CrossesDevices => {}
        other => return Ok(other?),
    }
    let copy = to.with_extension("takeback");
    fs::copy(from, &copy).map_err(file::Error::of("copy", from))?;
    file::sync(&copy)?;
    Ok(file::rename_lightly(&copy, to, point)?)
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
