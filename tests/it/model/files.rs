//! Files, and what is done to them: as a shell line, and as what must come of it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use git2::{ObjectType, Oid};
use proptest::prelude::*;

/// The paths that everything happens to. Some stand in each other's way; one is ignored.
const PATHS: [&[u8]; 8] = [b"a.txt", b"b/c.txt", b"new.txt", b"two words.txt", b"caf\xe9", b"b", b"dir/deep/x.txt", b"x.log"];

/// What a task's check does not want in the tree.
pub(super) const UNWANTED: &[u8] = b"dir/deep/x.txt";

/// Files by path.
pub(super) type Files = BTreeMap<Vec<u8>, File>;

/// Paths with mode and object, as trees and indexes have them.
pub(super) type Entries = BTreeMap<Vec<u8>, (String, String)>;

/// A file: its mode as git writes it, and its content.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) mode: &'static str,
    pub(super) bytes: Vec<u8>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.mode, self.bytes.escape_ascii())
    }
}

/// One thing that is done to files; the first number chooses the path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edit {
    Write(u8, u8),
    First(u8, u8),
    Last(u8, u8),
    Delete(u8),
    Rename(u8, u8),
    Executable(u8),
}

impl Edit {
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let path = || 0..u8::try_from(PATHS.len()).unwrap();
        let content = || 0..3_u8;
        prop_oneof![
            4 => (path(), content()).prop_map(|(p, c)| Self::Write(p, c)),
            2 => (path(), content()).prop_map(|(p, c)| Self::First(p, c)),
            2 => (path(), content()).prop_map(|(p, c)| Self::Last(p, c)),
            2 => path().prop_map(Self::Delete),
            1 => (path(), path()).prop_map(|(p, q)| Self::Rename(p, q)),
            1 => path().prop_map(Self::Executable),
        ]
    }

    /// Whether it is about a file that git ignores.
    pub(super) fn is_about_ignored(self) -> bool {
        let ignored = |p: u8| is_ignored(PATHS[usize::from(p)]);
        match self {
            Self::Write(p, _) | Self::First(p, _) | Self::Last(p, _) | Self::Delete(p) | Self::Executable(p) => ignored(p),
            Self::Rename(p, q) => ignored(p) || ignored(q),
        }
    }

    /// The same for `sh`.
    fn line(self) -> String {
        match self {
            Self::Write(p, c) => format!("{} && printf {} > {}", free(p), text(c), word(p)),
            Self::First(p, c) => {
                let p = word(p);
                format!("if [ -f {p} ]; then rest=$(tail -n +2 {p}); printf 'first {c}\\n%s\\n' \"$rest\" > {p}; fi")
            }
            Self::Last(p, c) => format!("if [ -f {0} ]; then printf 'last {c}\\n' >> {0}; fi", word(p)),
            Self::Delete(p) => format!("rm -rf {}", word(p)),
            Self::Rename(p, q) if related(p, q) => ":".to_owned(),
            Self::Rename(p, q) => format!("if [ -f {} ]; then {} && mv {} {}; fi", word(p), free(q), word(p), word(q)),
            Self::Executable(p) => format!("if [ -f {0} ]; then chmod +x {0}; fi", word(p)),
        }
    }

    /// The same in memory.
    fn apply(self, files: &mut Files) {
        let file = |files: &mut Files, p: u8| files.get(PATHS[usize::from(p)]).cloned();
        match self {
            Self::Write(p, c) => {
                put(files, p, File { mode: "100644", bytes: lines(&c.to_string()).into() });
            }
            Self::First(p, c) => {
                if let Some(mut old) = file(files, p) {
                    let rest = old.bytes.iter().position(|b| *b == b'\n').map_or(&b""[..], |at| &old.bytes[at + 1..]);
                    let rest = String::from_utf8_lossy(rest).trim_end_matches('\n').to_owned();
                    old.bytes = format!("first {c}\n{rest}\n").into();
                    files.insert(PATHS[usize::from(p)].to_vec(), old);
                }
            }
            Self::Last(p, c) => {
                if let Some(old) = files.get_mut(PATHS[usize::from(p)]) {
                    old.bytes.extend(format!("last {c}\n").bytes());
                }
            }
            Self::Delete(p) => make_way(files, PATHS[usize::from(p)]),
            Self::Rename(p, q) if related(p, q) => {}
            Self::Rename(p, q) => {
                if let Some(old) = file(files, p) {
                    files.remove(PATHS[usize::from(p)]);
                    put(files, q, old);
                }
            }
            Self::Executable(p) => {
                if let Some(old) = files.get_mut(PATHS[usize::from(p)]) {
                    old.mode = "100755";
                }
            }
        }
    }
}

/// The edits for `sh`.
pub(super) fn script(edits: &[Edit]) -> String {
    let lines: Vec<_> = edits.iter().map(|edit| edit.line()).collect();
    format!("set -e\n{}\n", lines.join("\n"))
}

/// The edits in memory.
pub(super) fn apply(edits: &[Edit], files: &Files) -> Files {
    let mut files = files.clone();
    for edit in edits {
        edit.apply(&mut files);
    }
    files
}

/// Without what git ignores.
pub(super) fn tracked(files: &Files) -> Files {
    files.iter().filter(|(path, _)| !is_ignored(path)).map(|(path, file)| (path.clone(), file.clone())).collect()
}

pub(super) fn is_ignored(path: &[u8]) -> bool {
    path.ends_with(b".log")
}

/// As a tree or an index would have them.
pub(super) fn entries(files: &Files) -> Entries {
    files.iter().map(|(path, file)| (path.clone(), entry(file))).collect()
}

/// As a tree or an index would have it.
pub(super) fn entry(file: &File) -> (String, String) {
    (file.mode.to_owned(), Oid::hash_object(ObjectType::Blob, &file.bytes).unwrap().to_string())
}

/// Every file below a folder but what is git's.
pub(super) fn read(root: &Path) -> Files {
    let mut files = Files::new();
    read_below(root, &mut Vec::new(), &mut files);
    files
}

fn read_below(folder: &Path, at: &mut Vec<u8>, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if at.is_empty() && name == ".git" {
            continue;
        }
        let length = at.len();
        if !at.is_empty() {
            at.push(b'/');
        }
        at.extend(name.as_bytes());
        let meta = entry.path().symlink_metadata().unwrap();
        if meta.is_dir() {
            read_below(&entry.path(), at, files);
        } else if meta.is_symlink() {
            let target = fs::read_link(entry.path()).unwrap().into_os_string().into_vec();
            files.insert(at.clone(), File { mode: "120000", bytes: target });
        } else {
            let mode = if meta.permissions().mode() & 0o100 == 0 { "100644" } else { "100755" };
            files.insert(at.clone(), File { mode, bytes: fs::read(entry.path()).unwrap() });
        }
        at.truncate(length);
    }
}

/// Twelve lines that tell whose they are.
pub(super) fn lines(whose: &str) -> String {
    (0..12).map(|n| format!("{whose}: {n}")).collect::<Vec<_>>().join("\n") + "\n"
}

fn text(c: u8) -> String {
    format!("'{}'", lines(&c.to_string()).replace('\n', "\\n"))
}

fn word(p: u8) -> String {
    quoted(PATHS[usize::from(p)])
}

fn quoted(path: &[u8]) -> String {
    if path.is_ascii() {
        return format!("'{}'", String::from_utf8(path.to_vec()).unwrap());
    }
    let octal: Vec<_> = path.iter().map(|byte| format!("\\{byte:03o}")).collect();
    format!("\"$(printf '{}')\"", octal.concat())
}

/// The folders above a path, the outermost first.
fn above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| &path[..at])
}

fn related(p: u8, q: u8) -> bool {
    let (p, q) = (PATHS[usize::from(p)], PATHS[usize::from(q)]);
    p == q || above(p).any(|folder| folder == q) || above(q).any(|folder| folder == p)
}

/// Makes way for a file, for `sh`.
fn free(p: u8) -> String {
    let path = PATHS[usize::from(p)];
    let mut lines: Vec<_> = above(path).map(quoted).map(|f| format!("{{ [ -d {f} ] || rm -f {f}; }} && mkdir -p {f}")).collect();
    lines.push(format!("rm -rf {}", word(p)));
    lines.join(" && ")
}

/// Makes way for a file, in memory.
fn make_way(files: &mut Files, path: &[u8]) {
    let below = [path, b"/"].concat();
    files.retain(|other, _| other != path && !other.starts_with(&below));
}

fn put(files: &mut Files, p: u8, file: File) {
    let path = PATHS[usize::from(p)];
    make_way(files, path);
    for folder in above(path) {
        files.remove(folder);
    }
    files.insert(path.to_vec(), file);
}
