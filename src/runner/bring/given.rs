//! `--bring PATH[:ro|copy]` as it was typed: a path, or a glob where nothing has that name.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::Error;
use super::place::Root;
use crate::sys::file;
use crate::task::{Bring, BringMode, RepoPath, Text};
use crate::verify::scope::{self, Scope};
use crate::workspace::bring;
use crate::workspace::manifest::Manifest;

/// Finds what a word names: one path, or all that a glob fits and git does not have.
///
/// What a glob fits and cannot be brought is left out, with a line that says so.
pub(super) fn resolve(
    root: &Root,
    folder: &Path,
    word: &Text,
    tracked: &Manifest,
    lines: &mut Vec<String>,
) -> Result<Vec<Bring>, Error> {
    let (path, mode) = split(word);
    if path.as_os_str().is_empty() {
        return Err(Error::Empty);
    }
    match root.place(folder, path, mode) {
        Err(missing @ Error::Missing { .. }) => match path.to_str().filter(|text| text.contains(['*', '?', '[', '{'])) {
            Some(glob) => {
                let found = all_of(root, folder, glob, mode, tracked)?;
                let leads = |bring: &Bring| root.checkout.join(bring.path.as_path()).exists();
                let (found, dangling): (Vec<_>, Vec<_>) = found.into_iter().partition(leads);
                lines.extend(dangling.iter().map(|b| format!("`{}` is not brought: it is a link that leads to nothing", b.path)));
                if found.is_empty() { Err(Error::NoMatch(glob.to_owned())) } else { Ok(found) }
            }
            None => Err(missing),
        },
        Ok(bring) => {
            refuse_tracked(&bring.path, tracked)?;
            Ok(vec![bring])
        }
        Err(e) => Err(e),
    }
}

/// Cuts the mode off the end.
fn split(word: &Text) -> (&Path, BringMode) {
    let bytes = word.as_os_str().as_bytes();
    for (end, mode) in [(b":copy".as_slice(), BringMode::Copy), (b":ro", BringMode::Ro)] {
        if let Some(path) = bytes.strip_suffix(end) {
            return (Path::new(OsStr::from_bytes(path)), mode);
        }
    }
    (word.as_path(), BringMode::Copy)
}

fn refuse_tracked(path: &RepoPath, tracked: &Manifest) -> Result<(), Error> {
    if tracked.find(path.as_bytes()).is_some() {
        return Err(Error::Tracked(path.clone()));
    }
    let mut above = path.parent();
    while let Some(folder) = above {
        if tracked.find(folder.as_bytes()).is_some() {
            let why = "a part of its path is no folder in the base";
            return Err(bring::Error::Place { path: path.clone(), why }.into());
        }
        above = folder.parent();
    }
    Ok(())
}

/// All that a glob fits and git does not have, the highest of each.
fn all_of(root: &Root, folder: &Path, glob: &str, mode: BringMode, tracked: &Manifest) -> Result<Vec<Bring>, Error> {
    let from = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let from = from.strip_prefix(&root.checkout).map(RepoPath::from).unwrap_or_default();
    let no_match = || Error::NoMatch(glob.to_owned());
    let stored = scope::from_folder(&from, glob).filter(|_| !glob.starts_with('/')).ok_or_else(no_match)?;
    let scope = Scope::new(std::slice::from_ref(&stored))?;
    let fixed: PathBuf = Path::new(&stored).components().take_while(|c| !is_glob(c.as_os_str())).collect();
    let mut found = Vec::new();
    let mut todo = vec![RepoPath::from(fixed.as_path())];
    while let Some(below) = todo.pop() {
        let path = root.checkout.join(below.as_path());
        let Ok(entries) = fs::read_dir(&path) else { continue };
        for entry in entries {
            let entry = entry.map_err(file::Error::of("list", &path)).map_err(bring::Error::from)?;
            let place = below.join(entry.file_name().as_bytes());
            if below.is_root() && entry.file_name() == ".git" || tracked.find(place.as_bytes()).is_some() {
                continue;
            }
            if scope.names(&place) {
                found.push(Bring { path: place, from: None, mode });
            } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                todo.push(place);
            }
        }
    }
    if found.is_empty() { Err(no_match()) } else { Ok(found) }
}

/// Tells whether a part of a path is a glob.
pub(super) fn is_glob(part: &OsStr) -> bool {
    part.as_bytes().iter().any(|b| b"*?[{".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_the_last_word_after_a_colon_and_nothing_else_is() {
        for (word, path, mode) in [
            ("data", "data", BringMode::Copy),
            ("data:ro", "data", BringMode::Ro),
            ("data:copy", "data", BringMode::Copy),
            ("a:b", "a:b", BringMode::Copy),
            ("odd:ro:copy", "odd:ro", BringMode::Copy),
        ] {
            assert_eq!(split(&Text::from(word)), (Path::new(path), mode), "{word}");
        }
    }
}
