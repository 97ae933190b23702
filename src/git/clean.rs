//! Stores files of a checkout as git would: line ends, `$Id$` and filters by the attributes that the checkout has now.
//!
//! libgit2 does it, in the process, but for what it cannot do: programs of the user's (`filter=`) and other encodings. Those go
//! through `git hash-object`, and so does whatever libgit2 refuses. Objects are written to the intake alone.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use git2::{AttrCheckFlags, Index, IndexEntry, IndexTime, ObjectType, Oid, Repository};

use super::intake::Intake;
use super::tree::Entry;
use super::{Error, repo, support};
use crate::sys::{command, file};
use crate::task::RepoPath;

/// The attributes of a folder. libgit2 would mix those of the index with those of the file.
const ATTRIBUTES: &[u8] = b".gitattributes";

/// Stores a checkout's files in an intake.
pub(crate) struct Cleaner<'a> {
    /// A handle of its own: what it is told of index, objects and folder is for nobody else.
    repo: Repository,
    root: PathBuf,
    intake: &'a Intake,
    /// The filters that have a program.
    drivers: HashSet<String>,
}

impl<'a> Cleaner<'a> {
    /// Makes one for the checkout `root` of a repository. `before` is what git had of the files that are going to be stored: whether
    /// a file's line ends are left alone depends on it.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] or [`Error::File`] if the repository or the folder cannot be opened.
    pub(crate) fn new<'p>(
        main: &Repository,
        root: &Path,
        intake: &'a Intake,
        before: impl Iterator<Item = (&'p [u8], Entry)>,
    ) -> Result<Self, Error> {
        let failed = || Error::of("open the checkout", root.display());
        let root = root.canonicalize().map_err(file::Error::of("find", root))?;
        let repo = repo::open_git_dir(main.path())?;
        repo.set_workdir(&root, false).map_err(failed())?;
        repo.set_odb(&intake.odb()?).map_err(failed())?;
        // Looking attributes up parses the whole index, so it gets one of its own, with what matters only.
        let mut index = Index::new().map_err(failed())?;
        for (path, entry) in before.filter(|(path, _)| !path.ends_with(ATTRIBUTES)) {
            index.add(&index_entry(path, entry)).map_err(Error::of("list", String::from_utf8_lossy(path)))?;
        }
        repo.set_index(&mut index).map_err(failed())?;
        let config = repo.config().map_err(failed())?;
        let drivers = support::drivers(&config).map_err(failed())?;
        Ok(Self { repo, root, intake, drivers })
    }

    /// Stores a file, and returns its id; `None` if it cannot be read, or a filter of the user's fails on it. With `force` it is made
    /// readable if it is not.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] or [`Error::Command`] if an object cannot be written.
    pub(crate) fn file(&self, path: &RepoPath, force: bool) -> Result<Option<Oid>, Error> {
        let place = self.root.join(path.as_path());
        let Some(content) = open(&place, force) else { return Ok(None) };
        if !self.is_for_git(path)
            && let Ok(id) = self.repo.blob_path(&place)
        {
            return Ok(Some(id));
        }
        self.by_git(path, content)
    }

    /// Stores where a link leads, and returns its id; `None` if it cannot be read.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] if it cannot be written.
    pub(crate) fn link(&self, path: &RepoPath) -> Result<Option<Oid>, Error> {
        let Ok(target) = fs::read_link(self.root.join(path.as_path())) else { return Ok(None) };
        let target = target.as_os_str().as_bytes();
        self.intake.odb()?.write(ObjectType::Blob, target).map(Some).map_err(Error::of("store", path))
    }

    fn is_for_git(&self, path: &RepoPath) -> bool {
        let text = |name| {
            let value = self.repo.get_attr_bytes(path.as_path(), name, AttrCheckFlags::FILE_THEN_INDEX).ok().flatten();
            value.map(|value| String::from_utf8_lossy(value).into_owned())
        };
        let filtered = !self.drivers.is_empty() && text("filter").is_some_and(|name| self.drivers.contains(&name));
        filtered || text("working-tree-encoding").is_some_and(|name| !support::is_utf8(&name))
    }

    /// Git would refuse to lose line ends for good if it was told so (`core.safeCRLF`); here losing the file would be worse.
    fn by_git(&self, path: &RepoPath, content: File) -> Result<Option<Oid>, Error> {
        let mut option = OsString::from("--path=");
        option.push(path.as_path());
        let mut git = command::git(self.repo.path());
        git.args(["-c", "core.safeCRLF=false", "hash-object", "-w", "--stdin"]).arg(option).stdin(Stdio::from(content));
        git.env("GIT_WORK_TREE", &self.root).current_dir(&self.root);
        git.env("GIT_OBJECT_DIRECTORY", self.intake.path().join("objects"));
        match command::output(&mut git) {
            Ok(id) => Oid::from_str(String::from_utf8_lossy(&id).trim_end()).map(Some).map_err(Error::of("read the id of", path)),
            // A disk that is full would fail for the next file and for the tree, too.
            Err(command::Error::Failed { .. }) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }
}

fn open(place: &Path, force: bool) -> Option<File> {
    match File::open(place) {
        Err(e) if force && e.kind() == ErrorKind::PermissionDenied => {
            let mode = fs::symlink_metadata(place).ok()?.permissions().mode();
            fs::set_permissions(place, Permissions::from_mode(mode | 0o400)).ok()?;
            File::open(place).ok()
        }
        other => other.ok(),
    }
}

fn index_entry(path: &[u8], entry: Entry) -> IndexEntry {
    let time = IndexTime::new(0, 0);
    IndexEntry {
        ctime: time,
        mtime: time,
        dev: 0,
        ino: 0,
        mode: u32::try_from(entry.mode).unwrap_or_default(),
        uid: 0,
        gid: 0,
        file_size: 0,
        id: entry.id,
        flags: 0,
        flags_extended: 0,
        path: path.to_vec(),
    }
}
