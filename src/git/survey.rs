//! What a task has made in its quarantine: its tip, its branches, tags and stashes.
//!
//! Everything there may have been written by a program that means harm. It is read file by file, by `sys::foreign`, and never opened
//! as a repository: its configuration would be obeyed. A name is only ever looked up in what was read, never used as a path. Refs
//! elsewhere (remote-tracking ones, notes) and what only reflogs reach are not taken over.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use git2::Oid;

use super::packed_refs;
use super::quarantine::Snapshot;
use super::refusal::Refusal;
use crate::sys::foreign::{Folder, Kind};

const HEADS: &[u8] = b"refs/heads/";
const TAGS: &[u8] = b"refs/tags/";
const STASH: &[u8] = b"refs/stash";

/// A ref's file is an id, or the name of another ref.
const REF_BYTES: u64 = 4096;
/// As deep as folders of refs are looked into.
const MAX_DEPTH: usize = 64;
/// As far as git follows symbolic refs.
const MAX_HOPS: usize = 5;
/// A part of a name is a file's name in the end, with `.lock` behind it while it is written.
const MAX_PART: usize = 240;
/// The whole name is a path in the end.
const MAX_NAME: usize = 1000;

/// How much is read of what a task left, at most.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Refs in files of their own.
    pub(crate) loose_refs: usize,
    /// Bytes of `packed-refs`, above what the task began with; bytes of the stash's reflog.
    pub(crate) text_bytes: u64,
    /// Branches, tags and stashes that are new or moved.
    pub(crate) side: usize,
    /// Files of objects.
    pub(crate) object_files: usize,
    /// Their bytes on the disk.
    pub(crate) object_bytes: u64,
    /// Objects in packs and in files of their own.
    pub(crate) objects: usize,
    /// The bytes of one object, unpacked.
    pub(crate) largest_object: u64,
    /// The bytes of all objects, unpacked.
    pub(crate) unpacked_bytes: u64,
    /// The memory that git may take to read one pack, and the seconds of a processor.
    pub(crate) pack_effort: (u64, u64),
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            loose_refs: 50_000,
            text_bytes: 64 * MIB,
            side: 1000,
            object_files: 100_000,
            object_bytes: 8192 * MIB,
            objects: 2_000_000,
            largest_object: 1024 * MIB,
            unpacked_bytes: 65_536 * MIB,
            pack_effort: (4096 * MIB, 600),
        }
    }
}

/// What a task has made with git. Names are without `refs/heads/` and `refs/tags/`; bytes that are not UTF-8 are in them as `%ff`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// The task's own tip; `None` if it is the base still, or on a branch without a commit.
    pub(crate) head: Option<Oid>,
    /// What the task stands on at the end, a full name; `None` on no branch.
    pub(crate) head_branch: Option<String>,
    /// Branches that are new or have moved, by name; not the task's own where that is the head.
    pub(crate) branches: Vec<(String, Oid)>,
    /// Tags that are new or have moved, by name.
    pub(crate) tags: Vec<(String, Oid)>,
    /// Stashes, the newest first.
    pub(crate) stashes: Vec<Oid>,
    /// The task has written objects or moved refs. If not, there is nothing to import.
    pub(crate) used_git: bool,
}

impl Survey {
    /// All that is to be kept, by what its ref is called below `refs/takeback/side/<uid>/<attempt>/`.
    pub(crate) fn side(&self) -> Vec<(String, Oid)> {
        let mut side: Vec<(String, Oid)> = self.head.map(|id| ("head".to_owned(), id)).into_iter().collect();
        side.extend(self.branches.iter().map(|(name, id)| (format!("branches/{name}"), *id)));
        side.extend(self.tags.iter().map(|(name, id)| (format!("tags/{name}"), *id)));
        side.extend(self.stashes.iter().enumerate().map(|(n, id)| (format!("stash/{n}"), *id)));
        side
    }
}

/// Reads what a task left in its quarantine and compares it with what it began with.
///
/// # Errors
///
/// [`Refusal`] with the first thing that is not as git leaves it.
pub(crate) fn survey(quarantine: &Path, start: &Snapshot, limits: &Limits) -> Result<Survey, Refusal> {
    let folder = Folder::open(quarantine)?.ok_or_else(|| Refusal::Gone { path: quarantine.to_owned() })?;
    if folder.look("reftable".as_ref())?.is_some() {
        return Err(Refusal::Reftable);
    }
    let refs = Refs::read(&folder, start, limits)?;
    let (head_branch, tip) = head(&folder, &refs)?;
    let head = tip.filter(|id| *id != start.base);
    let moved = refs.moved(start, limits)?;
    let own = |name: &[u8], id: Oid| name == start.branch.as_bytes() && Some(id) == head;
    let branches = named(HEADS, moved.iter().filter(|(name, id)| !own(name, *id)))?;
    let tags = named(TAGS, moved.iter())?;
    let stashes = stashes(&folder, &refs, limits)?;
    let wrote = has_objects(&folder, limits)?;
    let used_git = wrote || head.is_some() || !moved.is_empty() || !stashes.is_empty();
    Ok(Survey { head, head_branch, branches, tags, stashes, used_git })
}

enum Value {
    Id(Oid),
    Symbolic(Vec<u8>),
    /// Neither: of interest only where it is to be kept.
    Broken,
}

impl Value {
    fn parse(text: &[u8]) -> Self {
        let text = text.trim_ascii_end();
        match text.strip_prefix(b"ref:") {
            Some(target) => Self::Symbolic(target.trim_ascii_start().to_vec()),
            None => packed_refs::id(text).map_or(Self::Broken, Self::Id),
        }
    }
}

/// The task's refs by full name, but for packed ones that are as they were at the start.
struct Refs {
    all: BTreeMap<Vec<u8>, Value>,
    unmoved: HashMap<Vec<u8>, Oid>,
}

impl Refs {
    fn read(folder: &Folder, start: &Snapshot, limits: &Limits) -> Result<Self, Refusal> {
        let mut refs = Self { all: BTreeMap::new(), unmoved: HashMap::new() };
        let limit = limits.text_bytes + start.packed.len() as u64;
        let text = folder.file("packed-refs".as_ref(), limit)?.unwrap_or_default();
        let before = by_name(&start.packed).unwrap_or_default();
        let path = folder.path().join("packed-refs");
        let now = by_name(&text).map_err(|why| Refusal::Malformed { path, why: why.to_string() })?;
        for (name, id) in now {
            let Some(id_now) = packed_refs::id(id) else { continue };
            if before.get(name) == Some(&id) {
                refs.unmoved.insert(name.to_vec(), id_now);
            } else {
                refs.all.insert(name.to_vec(), Value::Id(id_now));
            }
        }
        let mut left = limits.loose_refs;
        if let Some(loose) = folder.folder("refs".as_ref())? {
            refs.walk(&loose, b"refs", MAX_DEPTH, &mut left)?;
        }
        Ok(refs)
    }

    /// Takes in refs that are files; they count more than packed ones.
    fn walk(&mut self, folder: &Folder, above: &[u8], depth: usize, left: &mut usize) -> Result<(), Refusal> {
        for part in folder.names(*left)? {
            *left = left.saturating_sub(1);
            let name = [above, b"/", part.as_bytes()].concat();
            match folder.look(&part)? {
                Some(Kind::Folder) if depth == 0 => return Err(Refusal::of_ref(&name, "is nested too deeply")),
                Some(Kind::Folder) => {
                    if let Some(folder) = folder.folder(&part)? {
                        self.walk(&folder, &name, depth - 1, left)?;
                    }
                }
                // What a git that was killed left.
                _ if name.ends_with(b".lock") => {}
                _ => {
                    if let Some(text) = folder.file(&part, REF_BYTES)? {
                        self.all.insert(name, Value::parse(&text));
                    }
                }
            }
        }
        Ok(())
    }

    /// Follows a name to an object; `None` where there is none.
    fn resolve(&self, name: &[u8]) -> Result<Option<Oid>, Refusal> {
        let mut at = name;
        for _ in 0..MAX_HOPS {
            match self.all.get(at) {
                Some(Value::Id(id)) => return Ok(Some(*id)),
                Some(Value::Symbolic(target)) => at = target,
                Some(Value::Broken) => return Err(Refusal::of_ref(at, "is no object id")),
                None => return Ok(self.unmoved.get(at).copied()),
            }
        }
        Err(Refusal::of_ref(name, "leads in a circle"))
    }

    /// Branches and tags that are not as they were. A symbolic one is another name only.
    fn moved(&self, start: &Snapshot, limits: &Limits) -> Result<Vec<(Vec<u8>, Oid)>, Refusal> {
        let before = by_name(&start.packed).unwrap_or_default();
        let mut moved = Vec::new();
        for (name, value) in self.all.iter().filter(|(name, _)| name.starts_with(HEADS) || name.starts_with(TAGS)) {
            let was = if *name == start.branch.as_bytes() {
                Some(start.base)
            } else {
                before.get(name.as_slice()).and_then(|id| packed_refs::id(id))
            };
            match value {
                Value::Id(id) if Some(*id) != was => moved.push((name.clone(), *id)),
                Value::Id(_) | Value::Symbolic(_) => {}
                Value::Broken => return Err(Refusal::of_ref(name, "is no object id")),
            }
        }
        if moved.len() > limits.side {
            return Err(Refusal::TooMuch { what: "new branches and tags", limit: limits.side as u64 });
        }
        Ok(moved)
    }
}

fn by_name(text: &[u8]) -> Result<HashMap<&[u8], &[u8]>, packed_refs::Malformed> {
    Ok(packed_refs::parse(text)?.records.iter().map(|r| (r.name, r.id)).collect())
}

/// What HEAD names, and the commit it leads to.
fn head(folder: &Folder, refs: &Refs) -> Result<(Option<String>, Option<Oid>), Refusal> {
    let text = folder.file("HEAD".as_ref(), REF_BYTES)?.ok_or_else(|| Refusal::of_ref(b"HEAD", "is not there"))?;
    match Value::parse(&text) {
        Value::Id(id) => Ok((None, Some(id))),
        Value::Symbolic(name) => Ok((Some(escaped(&name)), refs.resolve(&name)?)),
        Value::Broken => Err(Refusal::of_ref(b"HEAD", "is no object id")),
    }
}

/// The refs below a prefix, by names that can be refs of ours, all of them at once.
fn named<'a>(prefix: &[u8], refs: impl Iterator<Item = &'a (Vec<u8>, Oid)>) -> Result<Vec<(String, Oid)>, Refusal> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    for (full, id) in refs {
        let Some(name) = full.strip_prefix(prefix) else { continue };
        let name = escaped(name);
        let too_long = name.len() > MAX_NAME || name.split('/').any(|part| part.len() > MAX_PART);
        if too_long || !git2::Reference::is_valid_name(&format!("refs/heads/{name}")) {
            return Err(Refusal::of_ref(full, if too_long { "has too long a name" } else { "has a name that git does not allow" }));
        }
        if !names.insert(name.clone()) {
            return Err(Refusal::of_ref(full, "is there twice"));
        }
        found.push((name, *id));
    }
    for (name, _) in &found {
        if name.match_indices('/').any(|(end, _)| names.contains(&name[..end])) {
            return Err(Refusal::of_ref(name.as_bytes(), "has a name below that of another"));
        }
    }
    Ok(found)
}

/// A name as text: refs of ours are UTF-8.
fn escaped(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => name
            .iter()
            .map(|b| if b.is_ascii() { char::from(*b).to_string() } else { format!("%{b:02x}") })
            .collect::<Vec<_>>()
            .concat(),
    }
}

/// The stashes: the ref is the newest, its reflog names them all, the oldest first.
fn stashes(folder: &Folder, refs: &Refs, limits: &Limits) -> Result<Vec<Oid>, Refusal> {
    let Some(newest) = refs.resolve(STASH)? else { return Ok(Vec::new()) };
    let mut stashes = vec![newest];
    for line in reflog(folder, limits)?.split(|b| *b == b'\n').rev().filter(|line| !line.is_empty()) {
        let id = line.get(41..81).filter(|_| line[40] == b' ').and_then(packed_refs::id);
        let path = || folder.path().join("logs/refs/stash");
        let id = id.ok_or_else(|| Refusal::Malformed { path: path(), why: "a line is not of a reflog".to_owned() })?;
        if stashes.len() > limits.side {
            return Err(Refusal::TooMuch { what: "stashes", limit: limits.side as u64 });
        }
        if !stashes.contains(&id) {
            stashes.push(id);
        }
    }
    Ok(stashes)
}

fn reflog(folder: &Folder, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let Some(logs) = folder.folder("logs".as_ref())? else { return Ok(Vec::new()) };
    let Some(refs) = logs.folder("refs".as_ref())? else { return Ok(Vec::new()) };
    Ok(refs.file("stash".as_ref(), limits.text_bytes)?.unwrap_or_default())
}

/// Tells whether there are objects, and sees that there are not too many.
fn has_objects(folder: &Folder, limits: &Limits) -> Result<bool, Refusal> {
    let Some(objects) = folder.folder("objects".as_ref())? else { return Ok(false) };
    let (mut files, mut bytes) = (0, 0);
    for part in objects.names(limits.object_files)? {
        let Some(inside) = holding(&objects, &part)? else { continue };
        for name in inside.names(limits.object_files)? {
            if let Some(Kind::File(size)) = inside.look(&name)? {
                files += 1;
                bytes += size;
            }
            limits.check(files, bytes)?;
        }
    }
    Ok(files > 0)
}

/// Opens a part of an objects folder that objects are in: `ab` or `pack`.
pub(super) fn holding(objects: &Folder, part: &OsStr) -> Result<Option<Folder>, Refusal> {
    let bytes = part.as_bytes();
    let holds = bytes == b"pack" || (bytes.len() == 2 && bytes.iter().all(u8::is_ascii_hexdigit));
    Ok(if holds { objects.folder(part)? } else { None })
}

impl Limits {
    /// Sees that so many files of objects, with so many bytes, will do.
    pub(super) fn check(&self, files: usize, bytes: u64) -> Result<(), Refusal> {
        if files > self.object_files {
            return Err(Refusal::TooMuch { what: "files of objects", limit: self.object_files as u64 });
        }
        if bytes > self.object_bytes {
            return Err(Refusal::TooMuch { what: "bytes of objects", limit: self.object_bytes });
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "survey_tests.rs"]
mod tests;
