//! Which paths a task may change.

use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

use crate::task::RepoPath;

/// Globs relative to the root. A glob that names a folder stands for all that is below it too.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    globs: GlobSet,
    count: usize,
}

/// A glob cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{glob}` is not a glob: {why}")]
pub(crate) struct BadGlob {
    /// As it was given.
    pub(crate) glob: String,
    /// What is wrong with it.
    pub(crate) why: String,
}

impl Scope {
    /// Reads globs. `*` and `?` stop at `/`, `**` does not, `[…]` and `{a,b}` are as in a shell.
    ///
    /// # Errors
    ///
    /// [`BadGlob`] for the first that cannot be read.
    pub(crate) fn new(globs: &[String]) -> Result<Self, BadGlob> {
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let plain = glob.trim_end_matches('/');
            set.add(parsed(plain, glob)?);
            set.add(parsed(&format!("{plain}/**"), glob)?);
        }
        let globs_set = set.build().map_err(|e| BadGlob { glob: globs.join(" "), why: e.kind().to_string() })?;
        Ok(Self { globs: globs_set, count: globs.len() })
    }

    /// Tells whether a path is named; no globs name nothing.
    pub(crate) fn names(&self, path: &RepoPath) -> bool {
        self.globs.is_match(path.as_path())
    }

    /// Tells whether a task may change a path; no globs let everything.
    pub(crate) fn allows(&self, path: &RepoPath) -> bool {
        self.count == 0 || self.names(path)
    }
}

/// Reads a glob that stands for itself alone: one that names a folder does not stand for what is below it.
///
/// # Errors
///
/// [`BadGlob`].
pub(crate) fn exactly(glob: &str) -> Result<GlobMatcher, BadGlob> {
    parsed(glob.trim_end_matches('/'), glob).map(|glob| glob.compile_matcher())
}

fn parsed(form: &str, given: &str) -> Result<Glob, BadGlob> {
    let bad = |e: globset::Error| BadGlob { glob: given.to_owned(), why: e.kind().to_string() };
    GlobBuilder::new(form).literal_separator(true).build().map_err(bad)
}

/// Puts a glob that is relative to a folder of the repository into the form that is stored: relative to the root.
///
/// A glob that starts with `/` is relative to the root already. `None` if it leads out of the repository.
pub(crate) fn from_folder(folder: &RepoPath, glob: &str) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    if !glob.starts_with('/') {
        let folder = folder.to_string();
        parts.extend(folder.split('/').filter(|p| !p.is_empty()).map(globset::escape));
    }
    for part in glob.split('/').filter(|p| !p.is_empty() && *p != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part.to_owned());
        }
    }
    if parts.is_empty() {
        return Some("**".to_owned());
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(globs: &[&str]) -> Scope {
        Scope::new(&globs.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_glob_names_files_and_a_folder_all_that_is_in_it() {
        let table = [
            ("src", "src/a/b.rs", true),
            ("src/", "src/a.rs", true),
            ("src", "srcs/a.rs", false),
            ("*.tex", "a.tex", true),
            ("*.tex", "tables/a.tex", false),
            ("**/*.tex", "tables/deep/a.tex", true),
            ("**/*.tex", "a.tex", true),
            ("t/[ab].csv", "t/a.csv", true),
            ("t/{a,b}.csv", "t/c.csv", false),
        ];
        for (glob, path, named) in table {
            assert_eq!(scope(&[glob]).names(&RepoPath::from(path)), named, "{glob} {path}");
        }
        assert!(scope(&["*"]).names(&RepoPath::new(b"caf\xe9.txt".to_vec())));
    }

    #[test]
    fn a_glob_that_stands_for_itself_does_not_name_what_is_below_a_folder() {
        let glob = exactly("src/*/").unwrap();
        assert!(glob.is_match("src/a") && !glob.is_match("src/a/b.rs") && !glob.is_match("src"));
        assert_eq!(exactly("a[").unwrap_err().glob, "a[");
    }

    #[test]
    fn no_glob_allows_everything_and_names_nothing() {
        let path = RepoPath::from("a");
        assert!(scope(&[]).allows(&path) && !scope(&[]).names(&path));
    }

    #[test]
    fn a_glob_typed_in_a_subfolder_is_stored_relative_to_the_root() {
        let folder = RepoPath::from("data/[raw]");
        let stored = |glob| from_folder(&folder, glob);
        assert_eq!(stored("*.csv").as_deref(), Some("data/[[]raw[]]/*.csv"));
        assert_eq!(stored("../x").as_deref(), Some("data/x"));
        assert_eq!(stored("/x").as_deref(), Some("x"));
        assert_eq!(stored("../../..").as_deref(), None);
        assert_eq!(from_folder(&RepoPath::default(), ".").as_deref(), Some("**"));
    }
}
