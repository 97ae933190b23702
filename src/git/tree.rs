//! Trees: compared, edited and searched as raw objects, without opening what is equal or untouched.
//!
//! libgit2's own comparison never skips equal subtrees and its `TreeUpdateBuilder` refuses a folder where a file was, so both are
//! done here. [`edit`] serialises trees itself and writes to the odb that it is told to, nowhere else.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use git2::{ErrorCode, ObjectType, Odb, OdbObject, Oid, Repository};

use super::{Error, Intake};
use crate::id::{CommitId, TreeId};
use crate::task::RepoPath;

/// The mode of a folder.
pub(crate) const FOLDER: i32 = 0o040_000;
/// The mode of a plain file.
pub(crate) const FILE: i32 = 0o100_644;
/// The mode of a file that may be executed.
pub(crate) const EXECUTABLE: i32 = 0o100_755;
/// The mode of a symbolic link.
pub(crate) const LINK: i32 = 0o120_000;
/// The mode of a submodule's commit.
pub(crate) const GITLINK: i32 = 0o160_000;

/// As deep as git itself goes by default (`core.maxTreeDepth`): a deeper tree is hostile.
pub(crate) const MAX_DEPTH: usize = 2048;

/// What a tree says of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Git's file mode.
    pub(crate) mode: i32,
    /// The blob, the tree or a submodule's commit.
    pub(crate) id: Oid,
}

impl Entry {
    /// Tells whether this is a folder.
    pub(crate) fn is_folder(self) -> bool {
        self.mode == FOLDER
    }
}

/// What differs between two trees at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Where.
    pub(crate) path: RepoPath,
    /// What was there.
    pub(crate) old: Option<Entry>,
    /// What is there.
    pub(crate) new: Option<Entry>,
}

/// An edit of a tree: what to put at a path, or `None` for nothing.
pub(crate) type Edits = BTreeMap<RepoPath, Option<Entry>>;

/// The tree of a commit.
///
/// # Errors
///
/// [`Error::Git`] if there is no such commit.
pub(crate) fn of_commit(repo: &Repository, commit: CommitId) -> Result<TreeId, Error> {
    repo.find_commit(commit.into()).map(|c| c.tree_id().into()).map_err(Error::of("read", commit))
}

/// Reads an object of a kind; its hash is checked on the way.
///
/// # Errors
///
/// [`Error::Missing`] where there is none, [`Error::Corrupt`] when it is of another kind.
pub(crate) fn read<'a>(odb: &'a Odb<'_>, id: Oid, kind: ObjectType) -> Result<OdbObject<'a>, Error> {
    let object = odb.read(id).map_err(|e| match e.code() {
        ErrorCode::NotFound => Error::Missing { object: id.to_string() },
        _ => Error::of("read", id)(e),
    })?;
    if object.kind() == kind { Ok(object) } else { Err(broken(id, "it is of another kind")) }
}

/// Parses a raw tree.
///
/// # Errors
///
/// [`Error::Corrupt`].
pub(crate) fn parse(id: Oid, mut raw: &[u8]) -> Result<Vec<(&[u8], Entry)>, Error> {
    let mut entries = Vec::with_capacity(raw.len() / 32);
    while !raw.is_empty() {
        let (name, entry, rest) = parse_entry(raw).ok_or_else(|| broken(id, "it is not a tree"))?;
        entries.push((name, entry));
        raw = rest;
    }
    Ok(entries)
}

/// Reads a tree into a table.
///
/// # Errors
///
/// As [`read`] and [`parse`].
pub(crate) fn entries(odb: &Odb<'_>, id: Oid) -> Result<HashMap<Vec<u8>, Entry>, Error> {
    let object = read(odb, id, ObjectType::Tree)?;
    Ok(parse(id, object.data())?.into_iter().map(|(name, entry)| (name.to_vec(), entry)).collect())
}

/// One entry is the mode in octal, a space, the name, NUL, and 20 bytes of object id.
fn parse_entry(raw: &[u8]) -> Option<(&[u8], Entry, &[u8])> {
    let space = raw.iter().take(8).position(|b| *b == b' ')?;
    let mode = i32::from_str_radix(std::str::from_utf8(&raw[..space]).ok()?, 8).ok()?;
    let name = &raw[space + 1..];
    let end = name.iter().position(|b| *b == 0)?;
    let id = Oid::from_bytes(name.get(end + 1..end + 21)?).ok()?;
    Some((&name[..end], Entry { mode, id }, &name[end + 21..]))
}

fn broken(id: Oid, why: &str) -> Error {
    Error::Corrupt { object: id.to_string(), why: why.to_owned() }
}

/// Git's order of names in a tree: a folder sorts as if its name ended in `/`.
fn order(a: (&[u8], bool), b: (&[u8], bool)) -> Ordering {
    let common = a.0.len().min(b.0.len());
    let next = |(name, folder): (&[u8], bool)| name.get(common).copied().unwrap_or(if folder { b'/' } else { 0 });
    a.0[..common].cmp(&b.0[..common]).then_with(|| next(a).cmp(&next(b)))
}

/// Lists what differs between two trees, in the order of an index; `None` is the empty tree. Only files, links and submodules are
/// listed; a tree that is equal on both sides is never opened.
///
/// # Errors
///
/// [`Error::Missing`] or [`Error::Corrupt`] with the tree.
pub(crate) fn changes(odb: &Odb<'_>, old: Option<Oid>, new: Option<Oid>) -> Result<Vec<Change>, Error> {
    let mut walk = Comparison { odb, path: Vec::new(), found: Vec::new(), depth: 0 };
    walk.folder(old, new)?;
    Ok(walk.found)
}

/// Lists the files, links and submodules of a tree in the order of an index.
///
/// # Errors
///
/// As [`changes`].
pub(crate) fn flatten(odb: &Odb<'_>, tree: Oid) -> Result<Vec<(RepoPath, Entry)>, Error> {
    let all = changes(odb, None, Some(tree))?;
    Ok(all.into_iter().filter_map(|change| change.new.map(|entry| (change.path, entry))).collect())
}

struct Comparison<'a> {
    odb: &'a Odb<'a>,
    path: Vec<u8>,
    found: Vec<Change>,
    depth: usize,
}

impl Comparison<'_> {
    fn folder(&mut self, old: Option<Oid>, new: Option<Oid>) -> Result<(), Error> {
        if old == new {
            return Ok(());
        }
        self.depth += 1;
        if let Some(id) = new.or(old).filter(|_| self.depth > MAX_DEPTH) {
            return Err(broken(id, "it is nested too deeply"));
        }
        let (old, new) = (load(self.odb, old)?, load(self.odb, new)?);
        let (old, new) = (old.entries()?, new.entries()?);
        let (mut i, mut j) = (0, 0);
        while i < old.len() || j < new.len() {
            let side = match (old.get(i), new.get(j)) {
                (Some(a), Some(b)) => order((a.0, a.1.is_folder()), (b.0, b.1.is_folder())),
                (Some(_), None) => Ordering::Less,
                _ => Ordering::Greater,
            };
            let a = (side != Ordering::Greater).then(|| old[i]);
            let b = (side != Ordering::Less).then(|| new[j]);
            i += usize::from(a.is_some());
            j += usize::from(b.is_some());
            self.entry(a.or(b).map_or(&[][..], |(name, _)| name), a.map(|a| a.1), b.map(|b| b.1))?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Compares what has one name; both sides are folders or both are not.
    fn entry(&mut self, name: &[u8], old: Option<Entry>, new: Option<Entry>) -> Result<(), Error> {
        if old == new {
            return Ok(());
        }
        let above = self.path.len();
        if above > 0 {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(name);
        if old.or(new).is_some_and(Entry::is_folder) {
            self.folder(old.map(|e| e.id), new.map(|e| e.id))?;
        } else {
            self.found.push(Change { path: RepoPath::new(self.path.clone()), old, new });
        }
        self.path.truncate(above);
        Ok(())
    }
}

/// A tree's object, or nothing, which has no entries.
struct Loaded<'a>(Option<(Oid, OdbObject<'a>)>);

fn load<'a>(odb: &'a Odb<'_>, id: Option<Oid>) -> Result<Loaded<'a>, Error> {
    Ok(Loaded(match id {
        Some(id) => Some((id, read(odb, id, ObjectType::Tree)?)),
        None => None,
    }))
}

impl Loaded<'_> {
    fn entries(&self) -> Result<Vec<(&[u8], Entry)>, Error> {
        self.0.as_ref().map_or_else(|| Ok(Vec::new()), |(id, object)| parse(*id, object.data()))
    }
}

/// Finds what a tree holds at a path: a file, a folder or anything else. The root itself is found as a folder.
///
/// # Errors
///
/// As [`changes`].
pub(crate) fn find(odb: &Odb<'_>, tree: Oid, path: &RepoPath) -> Result<Option<Entry>, Error> {
    let mut here = Entry { mode: FOLDER, id: tree };
    for part in path.as_bytes().split(|b| *b == b'/').filter(|part| !part.is_empty()) {
        if !here.is_folder() {
            return Ok(None);
        }
        let object = read(odb, here.id, ObjectType::Tree)?;
        match parse(here.id, object.data())?.into_iter().find(|(name, _)| *name == part) {
            Some((_, entry)) => here = entry,
            None => return Ok(None),
        }
    }
    Ok(Some(here))
}

/// Makes a tree from another one and returns its id; without anything left that is the empty tree, which is then written too.
///
/// An edit removes or replaces whatever is at its path, be it a file or a folder; a path below a file replaces the file by a
/// folder; folders that become empty vanish. An edit may place a whole tree, and paths below it are then edited in that tree. Trees
/// that no edit touches are not opened, trees that do not change are not written.
///
/// # Errors
///
/// [`Error::Missing`] or [`Error::Corrupt`] with the tree, [`Error::Git`] when one cannot be written.
pub(crate) fn edit(reader: &Odb<'_>, writer: &impl Writer, base: Option<Oid>, edits: &Edits) -> Result<Oid, Error> {
    let edits: Vec<Edit<'_>> = edits.iter().map(|(path, entry)| (path.as_bytes(), *entry)).collect();
    let made = Editor { reader, writer }.folder(base, &edits)?;
    made.map_or_else(|| writer.put(b""), Ok)
}

/// Where new trees go.
pub(crate) trait Writer {
    /// Writes one.
    ///
    /// # Errors
    ///
    /// [`Error`] if it cannot be written.
    fn put(&self, tree: &[u8]) -> Result<Oid, Error>;
}

impl Writer for Odb<'_> {
    fn put(&self, tree: &[u8]) -> Result<Oid, Error> {
        self.write(ObjectType::Tree, tree).map_err(Error::of("write", "a tree"))
    }
}

impl Writer for Intake {
    fn put(&self, tree: &[u8]) -> Result<Oid, Error> {
        self.write(ObjectType::Tree, tree)
    }
}

/// The path still to go, and what shall be there.
type Edit<'a> = (&'a [u8], Option<Entry>);

/// The edits of one name in a folder.
#[derive(Default)]
struct Group<'a> {
    direct: Option<Edit<'a>>,
    below: Vec<Edit<'a>>,
}

struct Editor<'a, W> {
    reader: &'a Odb<'a>,
    writer: &'a W,
}

impl<W: Writer> Editor<'_, W> {
    /// Edits one folder; `None` when nothing is left in it.
    fn folder(&self, base: Option<Oid>, edits: &[Edit<'_>]) -> Result<Option<Oid>, Error> {
        let loaded = load(self.reader, base)?;
        let old = loaded.entries()?;
        let mut entries: HashMap<&[u8], Entry> = old.iter().copied().collect();
        for (name, group) in group(edits) {
            match self.name(entries.get(name).copied(), &group)? {
                Some(entry) => entries.insert(name, entry),
                None => entries.remove(name),
            };
        }
        let mut new: Vec<(&[u8], Entry)> = entries.into_iter().collect();
        new.sort_unstable_by(|a, b| order((a.0, a.1.is_folder()), (b.0, b.1.is_folder())));
        if new.is_empty() {
            Ok(None)
        } else if base.is_some() && new == old {
            Ok(base)
        } else {
            self.writer.put(&serialise(&new)).map(Some)
        }
    }

    fn name(&self, base: Option<Entry>, group: &Group<'_>) -> Result<Option<Entry>, Error> {
        let here = group.direct.map_or(base, |(_, entry)| entry);
        let folder = here.filter(|entry| entry.is_folder());
        if group.below.is_empty() || (folder.is_none() && group.below.iter().all(|(_, entry)| entry.is_none())) {
            return Ok(here);
        }
        let id = self.folder(folder.map(|entry| entry.id), &group.below)?;
        Ok(id.map(|id| Entry { mode: FOLDER, id }))
    }
}

/// Edits by the first part of their paths. They are not neighbours when sorted: `a`, `a.b`, `a/c`.
fn group<'a>(edits: &[Edit<'a>]) -> BTreeMap<&'a [u8], Group<'a>> {
    let mut groups: BTreeMap<&[u8], Group<'_>> = BTreeMap::new();
    for (path, entry) in edits {
        match path.iter().position(|b| *b == b'/') {
            None => groups.entry(path).or_default().direct = Some((path, *entry)),
            Some(end) => groups.entry(&path[..end]).or_default().below.push((&path[end + 1..], *entry)),
        }
    }
    groups
}

fn serialise(entries: &[(&[u8], Entry)]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(entries.iter().map(|(name, _)| name.len() + 28).sum());
    for (name, entry) in entries {
        raw.extend_from_slice(format!("{:o} ", entry.mode).as_bytes());
        raw.extend_from_slice(name);
        raw.push(0);
        raw.extend_from_slice(entry.id.as_bytes());
    }
    raw
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
