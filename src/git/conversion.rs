//! Files whose bytes in a checkout are not those in git: line ends, `$Id$`, filters.
//!
//! Git alone converts, in one call for all files, into a folder of its own; nothing is converted where no attribute and no
//! configuration asks for it, which is nearly everywhere.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::process::Stdio;

use git2::{ObjectType, Odb, Oid, Repository};
use tempfile::TempDir;

use super::Error;
use super::attributes::{self, Attribute, Rule};
use super::tree::{self, Entry};
use crate::sys::{command, file};
use crate::task::RepoPath;

const ATTRIBUTES: &[u8] = b".gitattributes";

/// Decides by a tree's attributes, and by what lies outside of it, which of its files git has to write.
pub(super) struct Conversion<'a> {
    repo: &'a Repository,
    tree: Oid,
    /// The configuration converts line ends of every text file.
    all: bool,
    outside: Vec<Rule>,
    /// The rules of each folder's own attributes file, once they were asked for.
    folders: HashMap<RepoPath, Vec<Rule>>,
    macros: HashSet<Vec<u8>>,
    staged: Option<Staged>,
}

/// Files as git has written them.
struct Staged {
    folder: TempDir,
    paths: HashSet<RepoPath>,
}

impl<'a> Conversion<'a> {
    /// Reads the configuration, and the attributes outside of the tree and at its root.
    pub(super) fn new(repo: &'a Repository, odb: &Odb<'_>, tree: Oid) -> Result<Self, Error> {
        let config = repo.config().map_err(Error::of("read the configuration of", repo.path().display()))?;
        let says = |key, value: &str| config.get_string(key).is_ok_and(|text| text.eq_ignore_ascii_case(value));
        let all = config.get_bool("core.autocrlf").unwrap_or(false) || says("core.eol", "crlf");
        let outside = attributes::outside(repo)?.into_iter().flat_map(|(_, rules)| rules).collect();
        let mut conversion = Self { repo, tree, all, outside, folders: HashMap::new(), macros: HashSet::new(), staged: None };
        let root = conversion.load(odb, &RepoPath::default())?;
        conversion.learn_macros(&root);
        conversion.folders.insert(RepoPath::default(), root);
        Ok(conversion)
    }

    /// Macros count only outside of the tree and at its root; one may be made of another.
    fn learn_macros(&mut self, root: &[Rule]) {
        loop {
            let known = self.macros.len();
            let named = root.iter().chain(&self.outside).filter_map(|rule| Some((rule.defines()?, rule)));
            let more: Vec<_> = named.filter(|(_, rule)| self.converts(rule)).map(|(name, _)| name.to_vec()).collect();
            self.macros.extend(more);
            if self.macros.len() == known {
                return;
            }
        }
    }

    fn converts(&self, rule: &Rule) -> bool {
        rule.gives.iter().any(|given| changes_bytes(given) || self.macros.contains(&given.name))
    }

    fn load(&self, odb: &Odb<'_>, folder: &RepoPath) -> Result<Vec<Rule>, Error> {
        match tree::find(odb, self.tree, &folder.join(ATTRIBUTES))? {
            Some(entry) if is_file(entry) => {
                let blob = tree::read(odb, entry.id, ObjectType::Blob)?;
                Ok(attributes::parse(blob.data()))
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Tells whether a file's bytes in a checkout may differ from those in git: wrong only by saying yes.
    pub(super) fn may_apply(&mut self, odb: &Odb<'_>, path: &RepoPath) -> Result<bool, Error> {
        if self.all || self.outside.iter().any(|rule| rule.may_match(path) && self.converts(rule)) {
            return Ok(true);
        }
        let mut at = path.parent();
        while let Some(folder) = at {
            if !self.folders.contains_key(&folder) {
                let rules = self.load(odb, &folder)?;
                self.folders.insert(folder.clone(), rules);
            }
            if self.folders[&folder].iter().any(|rule| rule.may_match(path) && self.converts(rule)) {
                return Ok(true);
            }
            at = folder.parent();
        }
        Ok(false)
    }

    /// Has git write those of the files that need it, all of them in one call.
    pub(super) fn stage<'p>(&mut self, odb: &Odb<'_>, files: impl Iterator<Item = (&'p RepoPath, Entry)>) -> Result<(), Error> {
        let mut paths = HashSet::new();
        for (path, entry) in files {
            if is_file(entry) && self.may_apply(odb, path)? {
                paths.insert(path.clone());
            }
        }
        self.staged = if paths.is_empty() { None } else { Some(self.write_by_git(paths)?) };
        Ok(())
    }

    /// The place is a work tree of its own, empty at first: git finds no attributes there, and takes those of the index, which is
    /// the tree's. (`--attr-source` says the same, from git 2.41.)
    fn write_by_git(&self, paths: HashSet<RepoPath>) -> Result<Staged, Error> {
        let failed = |e| file::Error::of("make a folder in", &std::env::temp_dir())(e);
        let folder = TempDir::with_prefix("takeback-").map_err(failed)?;
        let files = folder.path().join("files");
        file::make_folder(&files)?;
        let git = || {
            let mut git = command::git(self.repo.path());
            git.args(["-c", "core.sparseCheckout=false", "-c", "core.splitIndex=false", "-c", "core.fsmonitor=false"]);
            git.env("GIT_WORK_TREE", &files).env("GIT_INDEX_FILE", folder.path().join("index")).current_dir(&files);
            git
        };
        command::output(git().args(["read-tree", &self.tree.to_string()]))?;
        let mut list = tempfile::tempfile_in(folder.path()).map_err(failed)?;
        let names = paths.iter().flat_map(|path| [path.as_bytes(), b"\0"]).collect::<Vec<_>>().concat();
        list.write_all(&names).and_then(|()| list.rewind()).map_err(failed)?;
        command::output(git().args(["checkout-index", "-f", "-q", "-z", "--stdin"]).stdin(Stdio::from(list)))?;
        Ok(Staged { folder, paths })
    }

    /// The bytes that git has written for a file; `None` where those in git serve.
    pub(super) fn find(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, Error> {
        match &self.staged {
            Some(staged) if staged.paths.contains(path) => {
                let written = staged.folder.path().join("files").join(path.as_path());
                Ok(Some(fs::read(&written).map_err(file::Error::of("read", &written))?))
            }
            _ => Ok(None),
        }
    }
}

fn is_file(entry: Entry) -> bool {
    entry.mode & 0o170_000 == 0o100_000
}

/// `text` alone changes bytes on their way into git only, unless the configuration asks for CRLF.
fn changes_bytes(attribute: &Attribute) -> bool {
    match attribute.name.as_slice() {
        b"eol" => attribute.value.as_ref().is_some_and(|value| value.eq_ignore_ascii_case(b"crlf")),
        b"ident" | b"filter" | b"working-tree-encoding" => true,
        _ => false,
    }
}

/// What git would store for a file of a checkout, by the attributes of that checkout.
///
/// Built in, only line ends and `$Id$` change on the way into git, and without either the bytes are what is stored.
pub(super) fn cleaned(repo: &Repository, path: &RepoPath, mut file: File) -> Result<Option<Oid>, Error> {
    let Some(root) = repo.workdir() else { return Ok(None) };
    let mut bytes = Vec::new();
    let failed = |e| file::Error::of("read", path.as_path())(e);
    file.read_to_end(&mut bytes).and_then(|_| file.rewind()).map_err(failed)?;
    if ![&b"\r\n"[..], b"$Id"].iter().any(|part| contains(&bytes, part)) {
        return Ok(None);
    }
    let mut git = command::git(repo.path());
    git.env("GIT_WORK_TREE", root).current_dir(root).args(["hash-object", "--stdin", "--path"]).arg(path.as_path());
    let output = command::output(git.stdin(Stdio::from(file)))?;
    let text = String::from_utf8_lossy(&output);
    Ok(Some(Oid::from_str(text.trim_end()).map_err(Error::of("read the id of", path))?))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
