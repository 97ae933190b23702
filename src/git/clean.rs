//! Stores files of a checkout as git would: line ends, `$Id$`, encodings and filters by the attributes that the checkout has now.
//!
//! Most files are stored as they are, in the process. Where an attribute or the configuration may convert a file, and the file holds
//! what would be converted, git does it, all files in one call: libgit2 reads attributes otherwise than git does (it does not know a
//! pattern in quotes), and it has neither filters nor encodings. Objects are written to the intake alone.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use git2::{Index, IndexEntry, IndexTime, ObjectType, Oid, Repository};

use super::attributes::{self, Attribute, Rule};
use super::intake::Intake;
use super::tree::Entry;
use super::{Error, ignore, on_disk, support};
use crate::sys::folder::Folder;
use crate::sys::{command, file};
use crate::task::RepoPath;

const ATTRIBUTES: &str = ".gitattributes";

/// Stores a checkout's files in an intake.
pub(crate) struct Cleaner<'a> {
    git_dir: PathBuf,
    root: PathBuf,
    folder: Folder,
    intake: &'a Intake,
    /// The filters that have a program.
    drivers: HashSet<String>,
    /// Line ends of all files may be converted.
    autocrlf: bool,
    outside: Vec<Rule>,
    /// What macros stand for.
    macros: HashMap<Vec<u8>, May>,
    /// The rules of each folder's own attributes file, once they were asked for.
    folders: HashMap<RepoPath, Vec<Rule>>,
    /// Rights that are missing to read a file are taken.
    force: bool,
}

/// What may happen to a file on its way into git.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct May {
    /// CRLF becomes LF.
    ends: bool,
    /// `$Id: …$` becomes `$Id$`.
    ident: bool,
    /// Anything: by a program, or by another encoding.
    all: bool,
}

impl May {
    fn or(self, other: Self) -> Self {
        Self { ends: self.ends || other.ends, ident: self.ident || other.ident, all: self.all || other.all }
    }
}

impl<'a> Cleaner<'a> {
    /// Makes one for the checkout `root` of a repository; with `force`, files that cannot be read are made readable.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] or [`Error::File`] if configuration or folder cannot be read.
    pub(crate) fn new(main: &Repository, root: &Path, intake: &'a Intake, force: bool) -> Result<Self, Error> {
        let failed = || Error::of("read the configuration of", main.path().display());
        let config = main.config().map_err(failed())?;
        let autocrlf = config.get_string("core.autocrlf").is_ok_and(|value| !is_false(&value));
        let root = root.canonicalize().map_err(file::Error::of("find", root))?;
        let mut cleaner = Self {
            git_dir: main.path().to_owned(),
            folder: Folder::open(&root)?,
            root,
            intake,
            drivers: support::drivers(&config).map_err(failed())?,
            autocrlf,
            outside: attributes::outside(main)?.into_iter().flat_map(|(_, rules)| rules).collect(),
            macros: HashMap::new(),
            folders: HashMap::new(),
            force,
        };
        cleaner.learn_macros();
        Ok(cleaner)
    }

    /// Macros count only outside of the checkout and at its root; one may be made of another.
    fn learn_macros(&mut self) {
        let root = RepoPath::default();
        let rules = self.load(&root);
        loop {
            let all = rules.iter().chain(&self.outside);
            let learnt: Vec<_> = all.filter_map(|rule| Some((rule.defines()?.to_vec(), self.may_by(rule)))).collect();
            let mut more = false;
            for (name, may) in learnt {
                let known = self.macros.entry(name).or_default();
                more |= known.or(may) != *known;
                *known = known.or(may);
            }
            if !more {
                break;
            }
        }
        self.folders.insert(root, rules);
    }

    /// Stores files and returns their ids; `None` for one that cannot be read, or on which a filter of the user's fails. `before` is
    /// what git had of each: whether line ends are left alone depends on it.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] or [`Error::Command`] if objects cannot be written at all.
    pub(crate) fn files(&mut self, files: &[(&RepoPath, Option<Entry>)]) -> Result<Vec<Option<Oid>>, Error> {
        let mut ids = vec![None; files.len()];
        let mut for_git = Vec::new();
        for (n, (path, _)) in files.iter().enumerate() {
            let Some(mut content) = self.open(path) else { continue };
            if self.is_converted(path, &mut content) {
                for_git.push(n);
            } else {
                ids[n] = self.as_it_is(path)?;
            }
        }
        if !for_git.is_empty() {
            let chosen: Vec<_> = for_git.iter().map(|n| files[*n]).collect();
            for (n, id) in for_git.into_iter().zip(self.by_git(&chosen)?) {
                ids[n] = id;
            }
        }
        Ok(ids)
    }

    /// Stores where a link leads, and returns its id; `None` if it cannot be read.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] if it cannot be written.
    pub(crate) fn link(&self, path: &RepoPath) -> Result<Option<Oid>, Error> {
        let Ok(target) = fs::read_link(self.root.join(path.as_path())) else { return Ok(None) };
        let target = target.as_os_str().as_bytes();
        self.intake.write(ObjectType::Blob, target).map(Some)
    }

    fn open(&self, path: &RepoPath) -> Option<File> {
        let place = self.root.join(path.as_path());
        match File::open(&place) {
            Err(e) if self.force && e.kind() == ErrorKind::PermissionDenied => {
                let mode = fs::symlink_metadata(&place).ok()?.permissions().mode();
                fs::set_permissions(&place, Permissions::from_mode(mode | 0o400)).ok()?;
                File::open(place).ok()
            }
            other => other.ok(),
        }
    }

    /// Tells whether git has to look at a file: wrong only by saying yes.
    fn is_converted(&mut self, path: &RepoPath, content: &mut File) -> bool {
        let may = self.may(path);
        may.all || (may.ends && holds(content, b"\r\n")) || (may.ident && holds(content, b"$Id"))
    }

    fn may(&mut self, path: &RepoPath) -> May {
        let mut may = May { ends: self.autocrlf, ..May::default() };
        let mut at = path.parent();
        while let Some(folder) = at {
            if !self.folders.contains_key(&folder) {
                let rules = self.load(&folder);
                self.folders.insert(folder.clone(), rules);
            }
            may = may.or(self.may_by_all(&self.folders[&folder], path));
            at = folder.parent();
        }
        may.or(self.may_by_all(&self.outside, path))
    }

    fn may_by_all(&self, rules: &[Rule], path: &RepoPath) -> May {
        let named = rules.iter().filter(|rule| rule.defines().is_none() && rule.may_match(path));
        named.map(|rule| self.may_by(rule)).fold(May::default(), May::or)
    }

    fn may_by(&self, rule: &Rule) -> May {
        rule.gives.iter().map(|attribute| self.may_by_one(attribute)).fold(May::default(), May::or)
    }

    fn may_by_one(&self, attribute: &Attribute) -> May {
        let value = || String::from_utf8_lossy(attribute.value.as_deref().unwrap_or_default()).into_owned();
        match attribute.name.as_slice() {
            b"text" | b"crlf" | b"eol" => May { ends: true, ..May::default() },
            b"ident" => May { ident: true, ..May::default() },
            b"filter" => May { all: self.drivers.contains(&value()), ..May::default() },
            b"working-tree-encoding" => May { all: !support::is_utf8(&value()), ..May::default() },
            name => self.macros.get(name).copied().unwrap_or_default(),
        }
    }

    /// The rules of a folder's own attributes file. Git follows no link to one.
    fn load(&self, folder: &RepoPath) -> Vec<Rule> {
        let path = folder.join(ATTRIBUTES.as_bytes());
        let open = on_disk::parent(&self.folder, &path).ok().flatten();
        let text = open.and_then(|folder| folder.read(ATTRIBUTES.as_ref()).ok()).and_then(ignore::read);
        text.map(|text| attributes::parse(&text)).unwrap_or_default()
    }

    fn as_it_is(&self, path: &RepoPath) -> Result<Option<Oid>, Error> {
        // A bare repository has no attributes, so libgit2 converts nothing.
        match self.intake.repo().blob_path(&self.root.join(path.as_path())) {
            Ok(id) => Ok(Some(id)),
            Err(_) if self.open(path).is_none_or(|mut content| !holds(&mut content, b"")) => Ok(None),
            Err(e) => Err(Error::of("store", path)(e)),
        }
    }

    /// Git adds the files to an index of their own: `hash-object` would not ask what git had of them.
    fn by_git(&self, files: &[(&RepoPath, Option<Entry>)]) -> Result<Vec<Option<Oid>>, Error> {
        let place = self.write_index(files)?;
        let stored = if self.add(&place, files.iter().map(|(path, _)| *path))? {
            vec![true; files.len()]
        } else {
            // Git gives up at the first file that it cannot store.
            files.iter().map(|(path, _)| self.add(&place, [*path].into_iter())).collect::<Result<_, _>>()?
        };
        let index = Index::open(&place).map_err(Error::of("read the index", place.display()))?;
        let id = |path: &RepoPath| index.get_path(path.as_path(), 0).map(|entry| entry.id);
        Ok(files.iter().zip(stored).map(|((path, _), stored)| id(path).filter(|_| stored)).collect())
    }

    /// Tells whether git could store all the files. It would refuse to lose line ends for good if it was told so (`core.safeCRLF`);
    /// here losing the file would be worse.
    fn add<'p>(&self, index: &Path, paths: impl Iterator<Item = &'p RepoPath>) -> Result<bool, Error> {
        let list: Vec<u8> = paths.flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
        let mut git = command::git(&self.git_dir);
        git.env("GIT_WORK_TREE", &self.root).env("GIT_INDEX_FILE", index).current_dir(&self.root);
        git.env("GIT_OBJECT_DIRECTORY", self.intake.objects());
        git.args(["-c", "core.safeCRLF=false", "-c", "core.splitIndex=false", "-c", "core.fsmonitor=false"]);
        git.args(["update-index", "--add", "-z", "--stdin"]).stdin(input(&list)?);
        match command::output(&mut git) {
            Ok(_) => Ok(true),
            Err(command::Error::Failed { .. }) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    /// An index of these files only, and never of attributes files: git takes those where the checkout has none.
    fn write_index(&self, files: &[(&RepoPath, Option<Entry>)]) -> Result<PathBuf, Error> {
        let place = self.intake.path().join("before");
        let mut index = Index::open(&place).map_err(Error::of("make the index", place.display()))?;
        for (path, entry) in files.iter().filter_map(|(path, entry)| Some((path, (*entry)?))) {
            if path.file_name() != ATTRIBUTES.as_bytes() {
                index.add(&index_entry(path, entry)).map_err(Error::of("list", path))?;
            }
        }
        index.write().map_err(Error::of("write the index", place.display()))?;
        Ok(place)
    }
}

fn is_false(value: &str) -> bool {
    ["false", "no", "off", "0", ""].iter().any(|no| value.eq_ignore_ascii_case(no))
}

/// Tells whether a file can be read to its end, or holds a part. A part that goes over the border of two blocks is found too.
fn holds(content: &mut File, part: &[u8]) -> bool {
    let mut block = vec![0; 1 << 16];
    let mut kept = 0;
    if content.rewind().is_err() {
        return false;
    }
    loop {
        match content.read(&mut block[kept..]) {
            Ok(0) => return part.is_empty(),
            Ok(read) => {
                let filled = kept + read;
                if !part.is_empty() && block[..filled].windows(part.len()).any(|window| window == part) {
                    return true;
                }
                kept = part.len().saturating_sub(1).min(filled);
                block.copy_within(filled - kept..filled, 0);
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

fn input(bytes: &[u8]) -> Result<Stdio, Error> {
    let failed = |e| file::Error::of("make a file in", &std::env::temp_dir())(e);
    let mut file = tempfile::tempfile().map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.rewind()).map_err(failed)?;
    Ok(Stdio::from(file))
}

fn index_entry(path: &RepoPath, entry: Entry) -> IndexEntry {
    let time = IndexTime::new(0, 0);
    IndexEntry {
        ctime: time,
        mtime: time,
        dev: 0,
        ino: 0,
        mode: entry.mode.cast_unsigned(),
        uid: 0,
        gid: 0,
        file_size: 0,
        id: entry.id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}
