//! `--inputs`: globs over the base's files, and paths of the base, such as a shell makes of its own globs.
//!
//! The syntax is that of `--only`. A path that the base has is meant itself, whatever bytes are in it, and may be a folder. Otherwise
//! a glob names files; where it fits none, or ends in `/`, it names folders.

use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use globset::GlobMatcher;

use super::files::{Files, resolve};
use super::{Error, Place};
use crate::task::{RepoPath, Text};
use crate::verify::scope::{self, BadGlob};
use crate::workspace::ignored::Ignored;

/// More folders are not looked through for what a glob could mean.
const FOLDERS: usize = 2_000;

/// Lists what globs and paths name, in their order, and for each glob in the order of paths; all as typed in the tasks' folder.
pub(super) fn expand(place: &Place<'_>, files: &Files, given: &[Text]) -> Result<Vec<Text>, Error> {
    let mut found = Vec::with_capacity(given.len());
    for word in given {
        let typed = from_root(place, word);
        let path = resolve(place.cwd, &typed);
        match path.filter(|path| files.has(path)) {
            Some(path) => found.push(path),
            None if is_glob(&typed) => found.extend(all_of(place, files, word, &typed)?),
            None => return Err(missing(place, word, &typed)?),
        }
    }
    Ok(found.iter().map(|path| path.typed_in(place.cwd).into()).collect())
}

fn all_of(place: &Place<'_>, files: &Files, word: &Text, typed: &[u8]) -> Result<Vec<RepoPath>, Error> {
    let typed = std::str::from_utf8(typed).map_err(|_| not_text(word))?;
    let stored = scope::from_folder(place.cwd, typed).ok_or_else(|| Error::Outside(word.to_string()))?;
    let glob = scope::exactly(&stored)?;
    let found = fitting(files, &glob, typed.ends_with('/'));
    if found.is_empty() { Err(fruitless(place, word, &glob, &stored)?) } else { Ok(found) }
}

fn fitting(files: &Files, glob: &GlobMatcher, folders: bool) -> Vec<RepoPath> {
    let fits = |path: &RepoPath| glob.is_match(path.as_path());
    let found: Vec<_> = if folders { vec![] } else { files.files().filter(|path| fits(path)).cloned().collect() };
    if found.is_empty() { files.folders().into_iter().filter(fits).collect() } else { found }
}

/// A full path of the checkout is one from the root of the repository, which `/` at the start stands for.
fn from_root(place: &Place<'_>, word: &Text) -> Vec<u8> {
    let inside = place.repo.workdir().filter(|_| word.as_path().is_absolute());
    match inside.and_then(|root| word.as_path().strip_prefix(root).ok()) {
        Some(rest) => Path::new("/").join(rest).into_os_string().into_vec(),
        None => word.as_os_str().as_bytes().to_vec(),
    }
}

fn is_glob(typed: &[u8]) -> bool {
    typed.iter().any(|b| b"*?[{".contains(b))
}

fn not_text(word: &Text) -> BadGlob {
    BadGlob { glob: word.to_string(), why: "it is not UTF-8".to_owned() }
}

/// The folder in which all is that a glob can fit.
fn fixed(glob: &Path) -> PathBuf {
    glob.components().take_while(|part| !is_glob(part.as_os_str().as_bytes())).collect()
}

/// Says why the base has nothing at a path.
fn missing(place: &Place<'_>, word: &Text, typed: &[u8]) -> Result<Error, Error> {
    let Some(path) = resolve(place.cwd, typed) else { return Ok(Error::Outside(word.to_string())) };
    let about = place.repo.workdir().and_then(|root| path.below(root).symlink_metadata().ok());
    match (about, place.repo.workdir()) {
        (Some(about), Some(root)) if Ignored::of(place.repo, root)?.highest(&path, about.is_dir()).is_some() => {
            Ok(Error::Ignored(word.to_string()))
        }
        (Some(_), _) => Ok(Error::NotCommitted(word.to_string())),
        _ => Ok(nowhere(word, word.as_path())),
    }
}

/// Says why a glob fits nothing of the base, by what it fits in the checkout.
fn fruitless(place: &Place<'_>, word: &Text, glob: &GlobMatcher, stored: &str) -> Result<Error, Error> {
    let Some(root) = place.repo.workdir() else { return Ok(Error::Nothing(word.to_string())) };
    let ignored = Ignored::of(place.repo, root)?;
    let mut ignores = false;
    let start = RepoPath::from(fixed(Path::new(stored)).as_path());
    if !start.below(root).exists() {
        return Ok(nowhere(word, &fixed(word.as_path())));
    }
    let mut todo = vec![start];
    for _ in 0..FOLDERS {
        let Some(folder) = todo.pop() else { break };
        let Ok(entries) = fs::read_dir(folder.below(root)) else { continue };
        for entry in entries.flatten().filter(|entry| !folder.is_root() || entry.file_name() != ".git") {
            let path = folder.join(entry.file_name().as_bytes());
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if !glob.is_match(path.as_path()) {
                todo.extend(is_folder.then_some(path));
            } else if ignored.highest(&path, is_folder).is_some() {
                ignores = true;
            } else {
                return Ok(Error::NotCommitted(word.to_string()));
            }
        }
    }
    Ok(if ignores { Error::Ignored(word.to_string()) } else { Error::Nothing(word.to_string()) })
}

/// Nothing in the checkout is called so; a full path may lead to something outside of it.
fn nowhere(word: &Text, fixed: &Path) -> Error {
    let name = word.to_string();
    if fixed.is_absolute() && fixed.exists() { Error::Outside(name) } else { Error::Nothing(name) }
}
