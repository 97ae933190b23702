//! What must not change in the repository while a task runs, and what did.
//!
//! At level `none` nothing keeps a command from writing there by path. The user may do so as well at the same time, so what is found
//! is reported, not judged.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use git2::{ObjectType, Oid, Repository};

use crate::git::{self, quarantine};

/// What the repository looked like at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    refs: BTreeMap<String, String>,
    files: BTreeMap<String, Option<Oid>>,
}

impl Look {
    /// Looks at refs (but for our own and those of single worktrees), `HEAD`, configuration and hooks.
    ///
    /// # Errors
    ///
    /// [`git::Error`] if refs cannot be listed.
    pub(crate) fn at(main: &Repository, own_prefix: &str) -> Result<Self, git::Error> {
        let common = main.commondir();
        let mut files = BTreeMap::new();
        for name in ["HEAD", "config", "config.worktree", "info/exclude", "info/attributes"] {
            files.insert(name.to_owned(), hash(&common.join(name)));
        }
        for entry in fs::read_dir(common.join("hooks")).into_iter().flatten().flatten() {
            files.insert(format!("hooks/{}", entry.file_name().to_string_lossy()), hash(&entry.path()));
        }
        Ok(Self { refs: quarantine::visible_refs(main, own_prefix)?, files })
    }

    /// Says what is different now, a line each.
    pub(crate) fn changes(&self, now: &Self) -> Vec<String> {
        let mut lines = differences(&self.refs, &now.refs);
        lines.extend(differences(&self.files, &now.files).into_iter().map(|line| format!(".git/{line}")));
        lines
    }
}

fn differences<T: PartialEq>(before: &BTreeMap<String, T>, now: &BTreeMap<String, T>) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, value) in before {
        match now.get(name) {
            None => lines.push(format!("{name} was deleted")),
            Some(other) if other != value => lines.push(format!("{name} was changed")),
            Some(_) => {}
        }
    }
    lines.extend(now.keys().filter(|name| !before.contains_key(*name)).map(|name| format!("{name} was made")));
    lines
}

fn hash(path: &Path) -> Option<Oid> {
    Oid::hash_file(ObjectType::Blob, path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;

    #[test]
    fn a_changed_ref_hook_or_setting_is_named_and_our_own_refs_are_not() {
        let test = TestRepo::with(&[("a", "1\n")]);
        let repo = test.repo();
        let before = Look::at(&repo, "refs/heads/takeback/").unwrap();
        test.git(&["branch", "takeback/x"]);
        test.git(&["update-ref", "refs/takeback/bases/x", "HEAD"]);
        assert_eq!(before.changes(&Look::at(&repo, "refs/heads/takeback/").unwrap()), Vec::<String>::new());
        test.git(&["tag", "v1"]);
        test.git(&["config", "user.name", "other"]);
        fs::create_dir_all(repo.path().join("hooks")).unwrap();
        fs::File::create(repo.path().join("hooks/pre-commit")).unwrap();
        let now = Look::at(&repo, "refs/heads/takeback/").unwrap();
        let lines = before.changes(&now);
        assert_eq!(lines, ["refs/tags/v1 was made", ".git/config was changed", ".git/hooks/pre-commit was made"]);
    }
}
