//! The refs that a task starts with, and the record of them that the task cannot reach.
//!
//! The record lies beside the quarantine: the task may rewrite all there is inside. It is not synced: a power cut may tear it, then
//! its checksum is wrong, and the refs as they are then serve as well (at worst a branch that has moved since is kept once more).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid, Repository};

use super::QuarantineSpec;
use crate::git::Error;
use crate::git::packed_refs::{self, Packed, Record};
use crate::git::refs;
use crate::sys::file;

/// Refs that are not the task's to see: ours, and what belongs to one worktree.
const HIDDEN: &[&[u8]] = &[b"refs/takeback/", b"refs/bisect/", b"refs/rewritten/", b"refs/worktree/"];
/// The user's own: the task's starts empty.
const STASH: &[u8] = b"refs/stash";

/// As deep as ref names are followed into folders.
const MAX_DEPTH: usize = 64;

/// What a task started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The task's own branch, `refs/heads/…`.
    pub(crate) branch: String,
    /// The commit that it started at.
    pub(crate) base: Oid,
    /// All other refs, as a `packed-refs`.
    pub(crate) packed: Vec<u8>,
}

/// A symbolic ref and what it names.
pub(super) type Symbolic = (Vec<u8>, Vec<u8>);

impl Snapshot {
    /// Reads the refs of the main repository as they are now, with the symbolic ones apart.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if `packed-refs` is broken, [`Error::File`].
    pub(super) fn take(spec: &QuarantineSpec<'_>) -> Result<(Self, Vec<Symbolic>), Error> {
        let (loose, text) = read(spec.main, Hidden { prefix: spec.prefix.as_bytes(), branch: spec.branch.as_bytes() })?;
        let packed = parse(spec.main, &text)?;
        let merged = packed_refs::text(&merge(&packed, &loose, &peel_tags(spec.main, &loose)));
        Ok((Self { branch: spec.branch.to_owned(), base: spec.base, packed: merged }, loose.symbolic))
    }

    /// Writes the record.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(super) fn store(&self, quarantine: &Path) -> Result<(), Error> {
        let head = format!("{} {}\n", self.base, self.branch);
        let sum = sum(head.as_bytes(), &self.packed);
        let path = path(quarantine);
        super::put(&path, &[format!("{sum:08x}\n").as_bytes(), head.as_bytes(), &self.packed].concat())
    }

    /// Reads the record; `None` where there is none, or half of one.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub(super) fn load(quarantine: &Path) -> Result<Option<Self>, Error> {
        Ok(file::read(&path(quarantine))?.as_deref().and_then(Self::parse))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut parts = bytes.splitn(3, |b| *b == b'\n');
        let (sum_text, head, packed) = (parts.next()?, parts.next()?, parts.next()?);
        let head_text = std::str::from_utf8(head).ok()?;
        let (base, branch) = head_text.split_once(' ')?;
        let expected = u32::from_str_radix(std::str::from_utf8(sum_text).ok()?, 16).ok()?;
        let base = packed_refs::id(base.as_bytes())?;
        let whole = sum(format!("{head_text}\n").as_bytes(), packed) == expected;
        whole.then(|| Self { branch: branch.to_owned(), base, packed: packed.to_vec() })
    }

    /// Removes the record, if there is one.
    pub(super) fn forget(quarantine: &Path) -> Result<(), Error> {
        let path = path(quarantine);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(file::Error::of("remove", &path)(e).into()),
            _ => Ok(()),
        }
    }
}

/// Lists the refs that a task would see, with what each is, and the user's stash: those of other tasks, however many there are, are
/// not looked at. `own_prefix` is what tasks' branches start with, `refs/heads/…/`.
///
/// # Errors
///
/// [`Error::Corrupt`] if `packed-refs` is broken, [`Error::File`].
pub(crate) fn visible_refs(main: &Repository, own_prefix: &str) -> Result<BTreeMap<String, String>, Error> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (loose, packed) = read(main, Hidden { prefix: own_prefix.as_bytes(), branch: b"" })?;
    let unpeeled = vec![None; loose.ids.len()];
    let merged = merge(&parse(main, &packed)?, &loose, &unpeeled).records.iter().map(|r| (text(r.name), text(r.id))).collect();
    let mut all: BTreeMap<String, String> = merged;
    all.extend(loose.symbolic.iter().map(|(name, target)| (text(name), text(target))));
    all.extend(refs::find(main, &text(STASH))?.map(|stash| (text(STASH), stash.to_string())));
    Ok(all)
}

/// Loose refs, and the text of `packed-refs`. Loose first: a ref that is packed meanwhile is then found in either place.
fn read<'h>(main: &Repository, hidden: Hidden<'h>) -> Result<(Loose<'h>, Vec<u8>), Error> {
    let mut loose = Loose { hidden, ids: Vec::new(), symbolic: Vec::new() };
    loose.walk(&main.commondir().join("refs"), b"refs", MAX_DEPTH)?;
    Ok((loose, file::read(&main.commondir().join("packed-refs"))?.unwrap_or_default()))
}

fn parse<'t>(main: &Repository, text: &'t [u8]) -> Result<Packed<'t>, Error> {
    let object = || main.commondir().join("packed-refs").display().to_string();
    packed_refs::parse(text).map_err(|why| Error::Corrupt { object: object(), why: why.to_string() })
}

fn path(quarantine: &Path) -> PathBuf {
    quarantine.with_extension("start")
}

fn sum(head: &[u8], packed: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(packed);
    hasher.finalize()
}

/// What a task does not see. Its own branch is at the base, whatever the repository's of that name is at.
struct Hidden<'a> {
    prefix: &'a [u8],
    branch: &'a [u8],
}

impl Hidden<'_> {
    fn holds(&self, name: &[u8]) -> bool {
        let of_others = !self.prefix.is_empty() && name.starts_with(self.prefix);
        of_others || name == self.branch || name == STASH || HIDDEN.iter().any(|h| name.starts_with(h))
    }
}

/// Refs that are files of their own.
struct Loose<'a> {
    hidden: Hidden<'a>,
    /// Name and id.
    ids: Vec<(Vec<u8>, Vec<u8>)>,
    symbolic: Vec<Symbolic>,
}

impl Loose<'_> {
    fn walk(&mut self, folder: &Path, name: &[u8], depth: usize) -> Result<(), Error> {
        let entries = match fs::read_dir(folder) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(file::Error::of("list", folder))?,
        };
        for entry in entries {
            let entry = entry.map_err(file::Error::of("list", folder))?;
            let name = [name, b"/", entry.file_name().as_bytes()].concat();
            if !entry.path().is_dir() {
                self.add(&entry.path(), name)?;
            } else if depth > 0 && !self.hidden.holds(&[&name, b"/".as_slice()].concat()) {
                self.walk(&entry.path(), &name, depth - 1)?;
            }
        }
        Ok(())
    }

    /// Takes a ref's file in. What is no ref git skips too, with a warning.
    fn add(&mut self, path: &Path, name: Vec<u8>) -> Result<(), Error> {
        if name.ends_with(b".lock") || self.hidden.holds(&name) {
            return Ok(());
        }
        let text = file::read(path)?.unwrap_or_default();
        let text = text.trim_ascii_end();
        if let Some(target) = text.strip_prefix(b"ref:") {
            self.symbolic.push((name, target.trim_ascii_start().to_vec()));
        } else if packed_refs::is_id(text) {
            self.ids.push((name, text.to_vec()));
        }
        Ok(())
    }
}

/// What the loose tags lead to, in their order.
fn peel_tags(main: &Repository, loose: &Loose<'_>) -> Vec<Option<Vec<u8>>> {
    let peel = |(name, id): &(Vec<u8>, Vec<u8>)| {
        let oid = packed_refs::id(id).filter(|_| name.starts_with(b"refs/tags/"))?;
        let tag = main.find_tag(oid).ok()?;
        let end = tag.into_object().peel(ObjectType::Any).ok()?;
        Some(end.id().to_string().into_bytes())
    };
    loose.ids.iter().map(peel).collect()
}

/// All refs by name; a loose one counts where both are.
fn merge<'a>(packed: &Packed<'a>, loose: &'a Loose<'_>, peeled: &'a [Option<Vec<u8>>]) -> Packed<'a> {
    let own = loose.ids.iter().zip(peeled);
    let mut records: Vec<Record<'a>> = own.map(|((name, id), peeled)| Record { name, id, peeled: peeled.as_deref() }).collect();
    let symbolic = |name: &[u8]| loose.symbolic.iter().any(|(s, _)| s == name);
    records.extend(packed.records.iter().filter(|r| !loose.hidden.holds(r.name) && !symbolic(r.name)));
    records.sort_by(|a, b| a.name.cmp(b.name));
    records.dedup_by(|later, first| later.name == first.name);
    Packed { records, tags_peeled: packed.tags_peeled }
}
