//! Names that git does not let into a tree, and folders that it takes for repositories.
//!
//! Refused is every name that some file system takes for `.git` (git's `verify_path`, and `fsck --strict`): a checkout of such a
//! tree elsewhere would write into the repository itself.

use std::io::Read as _;

use crate::sys::file::Error;
use crate::sys::folder::Folder;

/// Tells whether git refuses a name, which may be that of a symbolic link.
pub(super) fn is_refused(name: &[u8], link: bool) -> bool {
    let plain = visible(name);
    plain.eq_ignore_ascii_case(b".git") || is_git_to_windows(name) || (link && plain.eq_ignore_ascii_case(b".gitmodules"))
}

/// To NTFS `git~1` is a short name of `.git`, spaces and dots at the end count for nothing, `\` parts folders and `:` begins a
/// stream of the same file.
fn is_git_to_windows(name: &[u8]) -> bool {
    let is_git = |part: &[u8]| {
        [&b".git"[..], b"git~1"].iter().any(|git| {
            part.len() >= git.len()
                && part[..git.len()].eq_ignore_ascii_case(git)
                && part[git.len()..].iter().all(|b| matches!(b, b' ' | b'.'))
        })
    };
    let file = name.split(|b| *b == b':').next().unwrap_or_default();
    file.split(|b| *b == b'\\').any(is_git)
}

/// The name as HFS+ compares it: without the characters that are not seen (Apple TN1150).
fn visible(name: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(name) else { return name.to_vec() };
    let unseen = |c: &char| matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    text.chars().filter(|c| !unseen(c)).collect::<String>().into_bytes()
}

/// Tells whether a folder holds a `.git` that makes it a repository of its own: a git dir, or a file that leads to one.
///
/// # Errors
///
/// [`Error`] if it cannot be looked at.
pub(super) fn has_repository(folder: &Folder) -> Result<bool, Error> {
    let name = ".git".as_ref();
    if folder.stat(name)?.is_none() {
        return Ok(false);
    }
    if let Ok(Some(git_dir)) = folder.enter(name) {
        let has = |name: &str| Ok::<_, Error>(git_dir.stat(name.as_ref())?.is_some());
        return Ok(has("HEAD")? && has("objects")? && has("refs")?);
    }
    let mut start = Vec::new();
    match folder.read(name) {
        Ok(file) => Ok(file.take(8).read_to_end(&mut start).is_ok() && start == b"gitdir: "),
        Err(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;

    #[test]
    fn what_is_refused_is_what_git_refuses() {
        let names = [
            ".git",
            ".GIT",
            ".gIt",
            ".git ",
            ".git.",
            ".git . .",
            "git~1",
            "GIT~1",
            "git~1.",
            ".git\u{200c}",
            ".g\u{feff}it",
            ".git::$INDEX",
            "a\\.git",
            ".git\\x",
            ".gitx",
            "git",
            "git~2",
            "git~10",
            ".gi",
            ".git-",
            "x.git",
            ".gitignore",
            ".gitmodules",
            "a:.git",
            ".git:x",
        ];
        for name in names {
            let test = TestRepo::init(&["-q"]);
            test.git(&["config", "core.protectHFS", "true"]);
            let blob = test.repo().blob(b"x").unwrap();
            let mut git = crate::sys::command::new("git");
            git.args(["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{name}")]).current_dir(test.root());
            let refused = !crate::sys::command::run(&mut git).unwrap().status.success();
            assert_eq!(is_refused(name.as_bytes(), false), refused, "{name:?}");
        }
        assert!(is_refused(b".gitmodules", true) && !is_refused(b".gitattributes", true));
    }
}
