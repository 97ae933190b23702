//! What a task has made in its quarantine, brought into the repository.
//!
//! The quarantine's objects folder is never used where it lies: its `info/alternates` may lead anywhere, its commit-graph may tell any
//! history, its pack indexes any object. Files of objects alone get a second name (a hard link) in a folder of ours. There git makes
//! packs of them whose indexes are right, with limits on memory and time, after what says it is too large was refused. libgit2 sees
//! nothing else: it takes any index at its word, and reads a loose object that was cut short for ever (1.9.7, `zstream.c`). Then
//! [`Intake::publish`] takes what the side refs reach, and git checks that strictly.
//!
//! On disk, afterwards: a kept pack in the repository, if there was anything new. Refs are for the caller to make.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use git2::{ObjectType, Oid, Repository};

use super::Error;
use super::intake::{Cut, Intake, KeptPack};
use super::refusal::Refusal;
use super::survey::{Limits, Survey, holding};
use super::{reach, tree};
use crate::sys::foreign::Folder;
use crate::sys::{command, file};

/// Runs a command with limits: bytes of memory in KiB, seconds of a processor.
const LIMITED: &str = "ulimit -d \"$1\"; ulimit -t \"$2\"; shift 2; exec \"$@\"";

/// Large files are copied, not held in memory. One thread keeps the limit on memory one.
const CONFIG: &str = "[core]
\trepositoryformatversion = 0
\tbare = true
\tbigFileThreshold = 32m
[pack]
\tthreads = 1
\tcompression = 1
";

/// The modes that git writes into trees, and one that it wrote long ago.
const MODES: &[i32] = &[tree::FOLDER, tree::FILE, tree::EXECUTABLE, tree::LINK, tree::GITLINK, 0o100_664];

/// What is to be brought in.
pub(crate) struct Import<'a> {
    /// The repository to bring it into.
    pub(crate) main: &'a Repository,
    /// The quarantine's `objects`.
    pub(crate) objects: &'a Path,
    /// What the survey of the quarantine found.
    pub(crate) survey: &'a Survey,
    /// Commits that refs of the repository hold: the base.
    pub(crate) have: &'a [Oid],
    /// How much is taken.
    pub(crate) limits: &'a Limits,
    /// What the pack's `.keep` says.
    pub(crate) label: &'a str,
}

/// What was brought in.
#[derive(Debug)]
pub(crate) struct Imported {
    /// The refs to make below `refs/takeback/side/<uid>/<attempt>/`.
    pub(crate) side: Vec<(String, Oid)>,
    /// To be released once they are made; `None` if the repository had everything.
    pub(crate) pack: Option<KeptPack>,
}

/// Brings in what the survey found. `scratch` is a folder of ours on the quarantine's file system; it is made anew, and removed
/// at the end.
///
/// # Errors
///
/// [`Refusal`]: nothing is in the repository then.
pub(crate) fn import(scratch: &Path, import: &Import<'_>) -> Result<Imported, Refusal> {
    let side = import.survey.side();
    if side.is_empty() {
        return Ok(Imported { side, pack: None });
    }
    clear(scratch)?;
    let result = bring(scratch, import, &side);
    // What is left of it goes with the attempt.
    drop(clear(scratch));
    Ok(Imported { pack: result?, side })
}

fn bring(scratch: &Path, import: &Import<'_>, side: &[(String, Oid)]) -> Result<Option<KeptPack>, Refusal> {
    let view = View::make(&scratch.join("view"), import)?;
    view.pack_all(import.limits)?;
    view.weigh(import.limits)?;
    let mut intake = Intake::create(&scratch.join("intake"), import.main).map_err(Refusal::Failed)?;
    intake.also_read(&view.objects()).map_err(Refusal::Failed)?;
    check_kinds(&intake, side)?;
    let tips: Vec<Oid> = side.iter().map(|(_, id)| *id).collect();
    check_modes(&intake, &tips, import.have).map_err(Refusal::of_objects)?;
    let cut = Cut { have: import.have, strict: true };
    intake.publish(import.main, &tips, cut, import.label).map_err(Refusal::of_objects)
}

/// A bare repository that borrows from nowhere. At first its files of objects are the task's, then they are git's.
struct View {
    path: PathBuf,
    packs: Vec<PathBuf>,
    loose: Vec<String>,
}

impl View {
    fn make(path: &Path, import: &Import<'_>) -> Result<Self, Refusal> {
        for folder in ["objects/pack", "refs"] {
            file::make_folder(&path.join(folder)).map_err(failed)?;
        }
        file::fill(&path.join("HEAD"), b"ref: refs/heads/none\n").map_err(failed)?;
        file::fill(&path.join("config"), CONFIG.as_bytes()).map_err(failed)?;
        let mut view = Self { path: path.to_owned(), packs: Vec::new(), loose: Vec::new() };
        if let Some(objects) = Folder::open(import.objects)? {
            view.link_all(&objects, import.limits)?;
        }
        Ok(view)
    }

    fn objects(&self) -> PathBuf {
        self.path.join("objects")
    }

    fn link_all(&mut self, objects: &Folder, limits: &Limits) -> Result<(), Refusal> {
        let (mut files, mut bytes) = (0, 0);
        for part in objects.names(limits.object_files)? {
            let Some(from) = holding(objects, &part)? else { continue };
            let path = self.objects().join(&part);
            file::make_folder(&path).map_err(failed)?;
            let Some(to) = Folder::open(&path)? else { continue };
            for name in from.names(limits.object_files)? {
                if !self.is_wanted(&part, &name) {
                    continue;
                }
                files += 1;
                bytes += from.link(&name, &to)?;
                limits.check(files, bytes)?;
            }
        }
        Ok(())
    }

    /// Takes note of a pack or a loose object; anything else is not wanted.
    fn is_wanted(&mut self, part: &OsStr, name: &OsStr) -> bool {
        let (part, name) = (part.to_string_lossy(), name.to_string_lossy());
        if part == "pack" {
            let hex = name.strip_prefix("pack-").and_then(|rest| rest.strip_suffix(".pack"));
            let wanted = hex.is_some_and(|hex| is_hex(hex, 40));
            self.packs.extend(wanted.then(|| self.objects().join("pack").join(&*name)));
            return wanted;
        }
        let wanted = is_hex(&name, 38);
        self.loose.extend(wanted.then(|| format!("{part}{name}")));
        wanted
    }

    /// Leaves packs only, each with an index of git's making, for which it has read every object.
    fn pack_all(&self, limits: &Limits) -> Result<(), Refusal> {
        for pack in &self.packs {
            self.index(pack, limits)?;
        }
        if self.loose.is_empty() {
            return Ok(());
        }
        let list = self.path.join("loose");
        file::fill(&list, (self.loose.join("\n") + "\n").as_bytes()).map_err(failed)?;
        self.weigh_loose(&list, limits)?;
        let made = self.path.join("made");
        file::make_folder(&made).map_err(failed)?;
        let mut git = self.git(limits);
        git.args(["pack-objects", "--quiet", "--window=0"]).arg(made.join("pack"));
        let name = output(git.stdin(open(&list)?))?;
        // git packs what a file holds by the name that it has, right or wrong: only indexing tells.
        let name = format!("pack-{}.pack", String::from_utf8_lossy(&name).trim_end());
        let pack = self.objects().join("pack").join(&name);
        fs::rename(made.join(&name), &pack).map_err(file::Error::of("move", &pack)).map_err(failed)?;
        for id in &self.loose {
            let path = self.objects().join(&id[..2]).join(&id[2..]);
            fs::remove_file(&path).map_err(file::Error::of("remove", &path)).map_err(failed)?;
        }
        self.index(&pack, limits)
    }

    /// Fails where an object cannot be had from the pack alone.
    fn index(&self, pack: &Path, limits: &Limits) -> Result<(), Refusal> {
        output(self.git(limits).arg("index-pack").arg(pack)).map(drop)
    }

    /// Looks at the sizes that loose objects say they have; git unpacks no more than their first bytes for that.
    fn weigh_loose(&self, list: &Path, limits: &Limits) -> Result<(), Refusal> {
        let mut git = self.git(limits);
        git.args(["cat-file", "--batch-check=%(objectsize)", "--buffer"]);
        let mut weight = Weight::default();
        for (line, id) in output(git.stdin(open(list)?))?.split(|b| *b == b'\n').zip(&self.loose) {
            let size = std::str::from_utf8(line).ok().and_then(|text| text.parse().ok());
            let why = || Error::Corrupt { object: id.clone(), why: "git cannot read it".to_owned() };
            weight.add(size.ok_or_else(|| Refusal::Broken(why()))?, limits)?;
        }
        Ok(())
    }

    /// Makes a `git` command on the view that can take no more memory and time than is allowed.
    fn git(&self, limits: &Limits) -> Command {
        let (memory, seconds) = limits.pack_effort;
        let mut limited = command::new("sh");
        limited.args(["-c", LIMITED, "sh", &(memory >> 10).to_string(), &seconds.to_string(), "git"]);
        limited.env("GIT_DIR", &self.path).env("LC_ALL", "C").current_dir(&self.path);
        limited
    }

    /// Sums up what the objects say they are unpacked. Nothing is unpacked for that.
    fn weigh(&self, limits: &Limits) -> Result<(), Refusal> {
        let broken = |what, object: String| move |e| Refusal::Broken(Error::of(what, object)(e));
        let here = || self.path.display().to_string();
        let repo = Repository::open_bare(&self.path).map_err(broken("open", here()))?;
        let odb = repo.odb().map_err(broken("open the objects of", here()))?;
        let mut ids = Vec::new();
        let listed = odb.foreach(|id| {
            ids.push(*id);
            ids.len() <= limits.objects
        });
        if ids.len() > limits.objects {
            return Err(Refusal::TooMuch { what: "objects", limit: limits.objects as u64 });
        }
        listed.map_err(broken("list the objects of", here()))?;
        let mut weight = Weight::default();
        for id in ids {
            let (size, _) = odb.read_header(id).map_err(broken("read", id.to_string()))?;
            weight.add(size as u64, limits)?;
        }
        Ok(())
    }
}

/// What objects weigh together.
#[derive(Default)]
struct Weight(u64);

impl Weight {
    fn add(&mut self, size: u64, limits: &Limits) -> Result<(), Refusal> {
        if size > limits.largest_object {
            return Err(Refusal::TooMuch { what: "bytes in one object", limit: limits.largest_object });
        }
        self.0 = self.0.saturating_add(size);
        if self.0 > limits.unpacked_bytes {
            return Err(Refusal::TooMuch { what: "bytes in all objects", limit: limits.unpacked_bytes });
        }
        Ok(())
    }
}

/// Sees that all refs but tags lead to commits.
fn check_kinds(intake: &Intake, side: &[(String, Oid)]) -> Result<(), Refusal> {
    let odb = intake.odb().map_err(Refusal::Failed)?;
    for (name, id) in side {
        match odb.read_header(*id) {
            Ok((_, ObjectType::Commit)) => {}
            Ok(_) if name.starts_with("tags/") => {}
            Ok((_, kind)) => return Err(Refusal::of_ref(name.as_bytes(), format!("leads to a {kind}, not to a commit"))),
            Err(e) if e.code() == git2::ErrorCode::NotFound => {
                return Err(Refusal::Broken(Error::Missing { object: id.to_string() }));
            }
            Err(e) => return Err(Refusal::Broken(Error::of("read", id)(e))),
        }
    }
    Ok(())
}

/// Sees that no new tree has a mode that git does not write: its own strict check lets these pass.
fn check_modes(intake: &Intake, tips: &[Oid], have: &[Oid]) -> Result<(), Error> {
    let repo = Repository::open_bare(intake.path()).map_err(Error::of("open", intake.path().display()))?;
    let odb = intake.odb()?;
    for id in reach::objects(&repo, &odb, tips, have)? {
        if !odb.read_header(id).is_ok_and(|(_, kind)| kind == ObjectType::Tree) {
            continue;
        }
        let tree = tree::read(&odb, id, ObjectType::Tree)?;
        if let Some((name, entry)) = tree::parse(id, tree.data())?.iter().find(|(_, entry)| !MODES.contains(&entry.mode)) {
            let why = format!("{} has the mode {:o}", name.escape_ascii(), entry.mode);
            return Err(Error::Corrupt { object: id.to_string(), why });
        }
    }
    Ok(())
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn output(git: &mut Command) -> Result<Vec<u8>, Refusal> {
    command::output(git).map_err(|e| Refusal::of_objects(e.into()))
}

fn open(path: &Path) -> Result<Stdio, Refusal> {
    Ok(fs::File::open(path).map_err(file::Error::of("open", path)).map_err(failed)?.into())
}

fn failed(error: file::Error) -> Refusal {
    Refusal::Failed(error.into())
}

fn clear(scratch: &Path) -> Result<(), Refusal> {
    match fs::remove_dir_all(scratch) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(file::Error::of("remove", scratch)(e))),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
