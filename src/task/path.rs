//! Paths inside the repository.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use base64::Engine as _;
use serde::{Deserialize, Serialize};

/// A path relative to the repository's root, as git stores it: bytes, `/` between the parts, no `/` at either end.
///
/// In JSON a path that is not UTF-8 is `{"base64": …}`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "Bytes", into = "Bytes")]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// Takes the bytes as they are.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes as git stores them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same path for the file system, relative to the root.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// This path with one more part; the root is the empty path.
    #[must_use]
    pub fn join(&self, part: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(self.0.len() + part.len() + 1);
        bytes.extend_from_slice(&self.0);
        if !bytes.is_empty() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(part);
        Self(bytes)
    }

    /// Tells whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Where it is below a folder: for the root the folder itself, without a `/` at its end.
    pub(crate) fn below(&self, folder: &Path) -> PathBuf {
        if self.is_root() { folder.to_owned() } else { folder.join(self.as_path()) }
    }

    /// The last part.
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|b| *b == b'/').next().unwrap_or_default()
    }

    /// The folder that holds it; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().rposition(|b| *b == b'/').unwrap_or(0);
        Some(Self(self.0[..end].to_vec()))
    }

    /// The path as it is typed in a folder of the repository: `../b` for `b` in `a`, and `.` for the folder itself.
    pub(crate) fn typed_in(&self, folder: &Self) -> PathBuf {
        let (from, to) = (folder.as_path(), self.as_path());
        let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
        let ups = from.components().skip(common).map(|_| OsStr::new(".."));
        let way: PathBuf = ups.chain(to.components().skip(common).map(Component::as_os_str)).collect();
        if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
    }

    /// Tells whether `other` lies below this folder; every path but the root lies below the root.
    pub fn holds(&self, other: &Self) -> bool {
        if self.0.is_empty() {
            return !other.0.is_empty();
        }
        other.0.len() > self.0.len() && other.0.starts_with(&self.0) && other.0[self.0.len()] == b'/'
    }
}

impl From<&Path> for RepoPath {
    fn from(path: &Path) -> Self {
        Self(path.as_os_str().as_bytes().to_vec())
    }
}

impl From<&str> for RepoPath {
    fn from(path: &str) -> Self {
        Self(path.as_bytes().to_vec())
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

/// Bytes that are mostly text: a string in JSON where they are UTF-8, else `{"base64": …}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bytes {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Other {
        /// Standard base64 with padding.
        base64: String,
    },
}

impl Bytes {
    fn of(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes)
            .map_or_else(|e| Self::Other { base64: base64::engine::general_purpose::STANDARD.encode(e.as_bytes()) }, Self::Text)
    }

    fn into_vec(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Other { base64 } => base64::engine::general_purpose::STANDARD.decode(base64).unwrap_or_default(),
        }
    }
}

impl From<Bytes> for RepoPath {
    fn from(bytes: Bytes) -> Self {
        Self(bytes.into_vec())
    }
}

impl From<RepoPath> for Bytes {
    fn from(path: RepoPath) -> Self {
        Self::of(path.0)
    }
}

/// A command's argument or a path of the file system: any bytes but NUL.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "Bytes", into = "Bytes")]
pub struct Text(OsString);

impl Text {
    /// The text as the system takes it.
    pub fn as_os_str(&self) -> &OsStr {
        &self.0
    }

    /// The text as a path of the file system.
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// The text with something else at every place of a word.
    #[must_use]
    pub(crate) fn replaced(self, word: &str, by: &str) -> Self {
        let bytes = self.0.as_bytes();
        let mut parts = Vec::new();
        let mut rest = bytes;
        while let Some(at) = rest.windows(word.len()).position(|window| window == word.as_bytes()) {
            parts.extend([&rest[..at], by.as_bytes()]);
            rest = &rest[at + word.len()..];
        }
        if parts.is_empty() {
            return self;
        }
        parts.push(rest);
        Self(OsString::from_vec(parts.concat()))
    }
}

impl From<Bytes> for Text {
    fn from(bytes: Bytes) -> Self {
        Self(OsString::from_vec(bytes.into_vec()))
    }
}

impl From<Text> for Bytes {
    fn from(text: Text) -> Self {
        Self::of(text.0.into_vec())
    }
}

impl From<OsString> for Text {
    fn from(text: OsString) -> Self {
        Self(text)
    }
}

impl From<&OsStr> for Text {
    fn from(text: &OsStr) -> Self {
        Self(text.to_owned())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<PathBuf> for Text {
    fn from(path: PathBuf) -> Self {
        Self(path.into_os_string())
    }
}

impl From<&Path> for Text {
    fn from(path: &Path) -> Self {
        Self(path.as_os_str().to_owned())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string_lossy())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_not_utf8_survives_json() {
        for bytes in [b"a/b.txt".to_vec(), b"caf\xe9/\xff".to_vec(), b"new\nline \"q\"".to_vec()] {
            let path = RepoPath::new(bytes);
            let json = serde_json::to_string(&path).unwrap();
            assert_eq!(serde_json::from_str::<RepoPath>(&json).unwrap(), path, "{json}");
        }
    }

    #[test]
    fn a_path_is_typed_relative_to_the_folder_one_is_in() {
        for (path, folder, typed) in [
            ("a/b", "", "a/b"),
            ("a/b", "a", "b"),
            ("a/b", "a/c/d", "../../b"),
            ("ab/c", "a", "../ab/c"),
            ("a", "a/b", ".."),
            ("a", "a", "."),
            ("", "a/b", "../.."),
            ("", "", "."),
        ] {
            assert_eq!(RepoPath::from(path).typed_in(&RepoPath::from(folder)), Path::new(typed), "{path} in {folder}");
        }
    }

    #[test]
    fn a_folder_holds_what_is_below_it_and_not_its_namesakes() {
        let folder = RepoPath::from("a/b");
        assert!(folder.holds(&RepoPath::from("a/b/c")));
        assert!(!folder.holds(&RepoPath::from("a/bc")));
        assert!(!folder.holds(&folder));
        assert!(RepoPath::default().holds(&folder));
        assert_eq!(RepoPath::from("a/b/c").parent(), Some(folder));
    }
}
