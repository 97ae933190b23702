//! A repository for tests, made by the real `git`, that knows nothing of the user's configuration.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use git2::{Oid, Repository};
use tempfile::TempDir;

use crate::sys::command;

/// A repository in a temporary folder of its own, on branch `main`, without a commit at first.
pub(crate) struct TestRepo {
    dir: TempDir,
}

impl TestRepo {
    /// Makes one with `git init` and these further arguments.
    pub(crate) fn init(arguments: &[&str]) -> Self {
        hermetic();
        let test = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(test.root()).unwrap();
        test.git(&[&["init", "-q", "-b", "main"], arguments].concat());
        test
    }

    /// Makes one whose first commit holds these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let test = Self::init(&[]);
        for (path, text) in files {
            test.write(path, text);
        }
        test.commit();
        test
    }

    /// The folder that holds the repository and whatever else a test needs.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The checkout.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    /// Opens it by libgit2.
    pub(crate) fn repo(&self) -> Repository {
        Repository::open(self.root()).unwrap()
    }

    /// Runs `git` in the checkout and returns what it wrote, trimmed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.git_in(&self.root(), arguments)).trim_end().to_owned()
    }

    /// Runs `git` in a folder and returns what it wrote.
    pub(crate) fn git_in(&self, folder: &Path, arguments: &[&str]) -> Vec<u8> {
        command::output(&mut self.command(folder, arguments)).unwrap()
    }

    /// Makes the command that runs `git` in a folder.
    pub(crate) fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut git = command::new("git");
        git.args(arguments).current_dir(folder).env("HOME", self.dir()).env("LC_ALL", "C");
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "A").env(format!("GIT_{role}_EMAIL"), "a@example.org");
            git.env(format!("GIT_{role}_DATE"), "2026-01-02T03:04:05Z");
        }
        git
    }

    /// Writes a file of the checkout, its folders too; the path may be any bytes.
    pub(crate) fn write(&self, path: impl AsRef<[u8]>, text: impl AsRef<[u8]>) {
        write(&self.root().join(OsStr::from_bytes(path.as_ref())), text);
    }

    /// Commits all there is in the checkout.
    pub(crate) fn commit(&self) -> Oid {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "c"]);
        self.head()
    }

    /// The commit at HEAD.
    pub(crate) fn head(&self) -> Oid {
        Oid::from_str(&self.git(&["rev-parse", "HEAD"])).unwrap()
    }

    /// The tree at HEAD.
    pub(crate) fn tree(&self) -> Oid {
        Oid::from_str(&self.git(&["rev-parse", "HEAD^{tree}"])).unwrap()
    }
}

/// Writes a file, its folders too.
#[expect(clippy::disallowed_methods, reason = "a test's file needs no care")]
pub(crate) fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// All below a folder but what a part of its path names: each path with its mode and content (a link's target), to be compared.
pub(crate) fn snapshot(folder: &Path, without: &str) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if path.file_name().is_some_and(|name| name == without) {
            continue;
        }
        let about = path.symlink_metadata().unwrap();
        let content = if about.is_symlink() {
            path.read_link().unwrap().as_os_str().as_bytes().to_vec()
        } else if about.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            Vec::new()
        } else {
            fs::read(&path).unwrap()
        };
        all.insert(path.strip_prefix(folder).unwrap().to_owned(), (about.mode(), content));
    }
    all
}

/// Keeps libgit2 from the user's and the system's configuration, for the whole process.
pub(crate) fn hermetic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        use git2::ConfigLevel::{Global, ProgramData, System, XDG};
        for level in [Global, XDG, System, ProgramData] {
            #[expect(unsafe_code, reason = "libgit2 keeps the path in a global of its own; set once, before it is read")]
            // SAFETY: every test that reads configuration calls this first, so nothing reads the path at the same time.
            unsafe { git2::opts::set_search_path(level, "/dev/null") }.unwrap();
        }
    });
}

/// Sets a file's permission bits.
pub(crate) fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
