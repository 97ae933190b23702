//! Opening the repository that a user stands in.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use git2::{Config, ErrorCode, Odb, Repository, RepositoryOpenFlags};

use super::{Error, support};
use crate::sys::file;

/// Opens the repository that holds a folder: its checkout, a linked worktree, or a bare one.
///
/// It is looked for upwards as git does; `GIT_DIR` and its like are not asked. Whether a bare repository will do, or a branch
/// without a commit, is for the caller to say.
///
/// # Errors
///
/// [`Error::NoRepository`], [`Error::NotTrusted`] where it belongs to somebody else, [`Error::Unsupported`] where libgit2 cannot
/// read it, else [`Error::Git`].
pub(crate) fn open(path: &Path) -> Result<Repository, Error> {
    let opened = Repository::open_ext(path, RepositoryOpenFlags::empty(), &[] as &[&OsStr]);
    opened.map_err(|error| match error.code() {
        ErrorCode::NotFound => Error::NoRepository { path: path.to_owned() },
        ErrorCode::Owner => Error::NotTrusted { path: root_above(path) },
        _ => match support::of_open(&error, config_above(path).as_ref()) {
            Some(unsupported) => unsupported.into(),
            None => Error::of("open the repository at", path.display())(error),
        },
    })
}

/// Opens a repository by its git dir itself: `.git`, or a linked worktree's admin dir. No `.git` file of a worktree is followed.
///
/// # Errors
///
/// [`Error::Git`] if it is none.
pub(crate) fn open_git_dir(git_dir: &Path) -> Result<Repository, Error> {
    Repository::open_ext(git_dir, RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT, &[] as &[&OsStr])
        .map_err(Error::of("open the git dir", git_dir.display()))
}

/// The objects of a repository.
///
/// # Errors
///
/// [`Error::Git`].
pub(crate) fn odb(repo: &Repository) -> Result<Odb<'_>, Error> {
    repo.odb().map_err(Error::of("open the objects of", repo.path().display()))
}

/// The folder that `safe.directory` has to name: that with the `.git`, or a bare repository itself.
fn root_above(path: &Path) -> PathBuf {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    path.ancestors().find(|p| p.join(".git").exists() || p.join("HEAD").is_file()).unwrap_or(&path).to_owned()
}

/// The configuration of a repository that cannot be opened.
fn config_above(path: &Path) -> Option<Config> {
    let git_dir = Repository::discover_path(path, &[] as &[&OsStr]).ok()?;
    let common = file::read(&git_dir.join("commondir")).ok().flatten();
    let common = common.and_then(|text| String::from_utf8(text).ok()).map(|text| git_dir.join(text.trim_end()));
    Config::open(&common.unwrap_or(git_dir).join("config")).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::git::testing::{TestRepo, hermetic};

    #[test]
    fn a_repository_is_found_from_a_subfolder_and_from_a_linked_worktree() {
        let test = TestRepo::with(&[("a/b/c.txt", "one\n")]);
        let linked = test.dir().join("linked");
        test.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
        for (from, root) in [(test.root().join("a/b"), test.root()), (linked.join("a"), linked)] {
            let repo = open(&from).unwrap();
            assert_eq!(repo.workdir().unwrap().canonicalize().unwrap(), root.canonicalize().unwrap());
            assert_eq!(repo.commondir().canonicalize().unwrap(), test.root().join(".git").canonicalize().unwrap());
        }
    }

    #[test]
    fn a_repository_whose_git_dir_is_elsewhere_and_a_bare_one_are_opened() {
        let test = TestRepo::init(&["--separate-git-dir", "../elsewhere"]);
        assert!(test.root().join(".git").is_file());
        assert!(!open(&test.root()).unwrap().is_bare());
        test.git(&["init", "-q", "--bare", "../bare"]);
        assert!(open(&test.dir().join("bare")).unwrap().is_bare());
    }

    #[test]
    fn where_there_is_no_repository_the_error_names_the_folder() {
        hermetic();
        let folder = tempfile::tempdir().unwrap();
        let Err(Error::NoRepository { path }) = open(folder.path()).map(drop) else { panic!("found one") };
        assert_eq!(path, folder.path());
    }

    #[test]
    fn a_repository_of_somebody_else_is_refused_with_gits_own_cure() {
        let test = TestRepo::with(&[("a/b.txt", "one\n")]);
        let other = Some(4321);
        if std::os::unix::fs::chown(test.root(), other, other).is_err() {
            return; // Only root can give a folder away.
        }
        let error = open(&test.root().join("a")).map(drop).unwrap_err();
        let root = test.root().canonicalize().unwrap();
        assert!(matches!(&error, Error::NotTrusted { path } if *path == root), "{error:?}");
        assert!(error.to_string().contains("dubious ownership"), "{error}");
        fs::remove_dir_all(test.root()).unwrap();
    }

    #[test]
    fn what_libgit2_cannot_open_is_named_as_a_feature() {
        for (arguments, expected) in
            [(&["--object-format=sha256"][..], "sha256 object ids"), (&["--ref-format=reftable"][..], "its refs as `reftable`")]
        {
            let test = TestRepo::init(arguments);
            fs::create_dir(test.root().join("sub")).unwrap();
            let error = open(&test.root().join("sub")).map(drop).unwrap_err();
            assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
            assert!(error.to_string().contains(expected), "{error}");
        }
        let test = TestRepo::init(&[]);
        for (key, value, expected) in [
            ("extensions.refStorage", "files", "its refs as `files`"),
            ("extensions.partialClone", "origin", "a partial clone"),
            ("extensions.compatObjectFormat", "sha256", "extensions.compatobjectformat"),
        ] {
            test.git(&["config", "core.repositoryFormatVersion", "1"]);
            test.git(&["config", key, value]);
            let error = open(&test.root()).map(drop).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            fs::remove_file(test.root().join(".git/config")).unwrap();
        }
        test.git(&["config", "core.repositoryFormatVersion", "7"]);
        let error = open(&test.root()).map(drop).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
    }
}
