//! What is named and will not be there, since git ignores it and nobody brings it: hints, said before anything runs.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use git2::Odb;

use super::Error;
use crate::exec::environment::Environment;
use crate::git::tree;
use crate::id::TreeId;
use crate::runner::hand_off::lexical;
use crate::store::Site;
use crate::task::{Absent, Command, RepoPath, Spec};
use crate::verify::scope::Scope;
use crate::workspace::ignored::Ignored;

/// More words of a command are not looked at.
const WORDS: usize = 500;
/// More folders are not looked through for what a glob could mean.
const FOLDERS: usize = 2_000;
/// Variables that lead to an environment of programs.
const ENVIRONMENTS: [&str; 2] = ["VIRTUAL_ENV", "CONDA_PREFIX"];

/// Looks for what a task's words mean.
pub(in crate::runner) struct Lookout<'a> {
    root: &'a Path,
    ignored: Ignored<'a>,
    odb: &'a Odb<'a>,
    tree: TreeId,
    spec: &'a Spec,
}

impl<'a> Lookout<'a> {
    pub(in crate::runner) fn new(site: &'a Site, odb: &'a Odb<'a>, tree: TreeId, spec: &'a Spec) -> Result<Self, Error> {
        let root = site.work_dir()?;
        Ok(Self { root, ignored: Ignored::of(&site.repo, root)?, odb, tree, spec })
    }

    /// Lists the paths that the command, its checks or the environment name and that will not be there.
    pub(in crate::runner) fn absent(&self, environment: &Environment) -> Vec<Absent> {
        let lines = self.spec.checks.iter().flat_map(|line| words_of(line));
        let own: Vec<OsString> = match &self.spec.command {
            Command::Argv(words) => words.iter().map(|word| word.as_os_str().to_owned()).collect(),
            Command::Shell(line) => words_of(line),
        };
        let mut found: Vec<Absent> = Vec::new();
        for word in own.into_iter().chain(lines).take(WORDS) {
            let value = word.as_bytes().iter().position(|b| *b == b'=').map(|at| OsStr::from_bytes(&word.as_bytes()[at + 1..]));
            let path = [Some(word.as_os_str()), value].into_iter().flatten().find_map(|text| self.missing(Path::new(text)));
            found.extend(path);
        }
        for name in ENVIRONMENTS {
            let inside = environment.find(name).and_then(|value| Path::new(value).strip_prefix(self.root).ok());
            found.extend(inside.and_then(|path| self.missing_at(&RepoPath::from(path))));
        }
        let mut seen = Vec::new();
        found.retain(|absent| {
            !seen.contains(&absent.bring) && {
                seen.push(absent.bring.clone());
                true
            }
        });
        found
    }

    /// Finds what a word names, if that is a path of the checkout that git ignores.
    pub(in crate::runner) fn missing(&self, word: &Path) -> Option<Absent> {
        if word.as_os_str().is_empty() || word.is_absolute() {
            return None;
        }
        let path = self.spec.cwd.as_path().join(word);
        // As a shell goes up from the folder: above the root it is no path of the checkout.
        let depth = path.components().try_fold(0_i32, |depth, part| match part {
            Component::ParentDir => (depth > 0).then(|| depth - 1),
            Component::Normal(_) => Some(depth + 1),
            _ => Some(depth),
        });
        depth.and_then(|_| self.missing_at(&RepoPath::from(lexical(&path).as_path())))
    }

    fn missing_at(&self, path: &RepoPath) -> Option<Absent> {
        if path.is_root() || path.as_bytes().starts_with(b".git/") || self.is_brought(path) {
            return None;
        }
        let about = fs::symlink_metadata(self.root.join(path.as_path())).ok()?;
        if tree::find(self.odb, self.tree.into(), path).ok()?.is_some() {
            return None;
        }
        let highest = self.ignored.highest(path, about.is_dir())?;
        let bring = self.as_typed(&highest);
        Some(Absent { path: path.clone(), bring })
    }

    fn is_brought(&self, path: &RepoPath) -> bool {
        self.spec.bring.iter().any(|bring| bring.path == *path || bring.path.holds(path))
    }

    /// A path as it would be typed in the folder that the task runs in.
    fn as_typed(&self, path: &RepoPath) -> RepoPath {
        RepoPath::from(path.typed_in(&self.spec.cwd).as_path())
    }

    /// A line for each glob that fits no file of the base, but files that git ignores. `typed` is how it was given.
    pub(in crate::runner) fn fruitless(&self, option: &str, globs: &[String], typed: &[String]) -> Result<Vec<String>, Error> {
        let mut lines = Vec::new();
        if globs.is_empty() {
            return Ok(lines);
        }
        let files = tree::flatten(self.odb, self.tree.into())?;
        for (glob, typed) in globs.iter().zip(typed) {
            let scope = Scope::new(std::slice::from_ref(glob))?;
            if files.iter().any(|(path, _)| scope.names(path)) {
                continue;
            }
            let (count, tops) = self.ignored_files(&scope, glob);
            let bring = match tops.as_slice() {
                [top] => self.as_typed(top).to_string(),
                _ => format!("'{typed}'"),
            };
            if count > 0 {
                lines.push(format!("{option} {typed}: 0 files match, but git ignores {count}: --bring {bring}"));
            }
        }
        Ok(lines)
    }

    /// A line for each glob that was to keep files as they are in the base, and fits none.
    pub(in crate::runner) fn idle(&self, option: &str, globs: &[String], typed: &[String]) -> Result<Vec<String>, Error> {
        if globs.is_empty() {
            return Ok(vec![]);
        }
        let files = tree::flatten(self.odb, self.tree.into())?;
        let mut lines = Vec::new();
        for (glob, typed) in globs.iter().zip(typed) {
            let scope = Scope::new(std::slice::from_ref(glob))?;
            if !files.iter().any(|(path, _)| scope.names(path)) {
                lines.push(format!("{option} {typed}: 0 files of the base match: it only takes away what the task adds there"));
            }
        }
        Ok(lines)
    }

    /// Counts the ignored files of the checkout that a glob fits and nobody brings, and lists what would have to be brought.
    fn ignored_files(&self, scope: &Scope, glob: &str) -> (usize, Vec<RepoPath>) {
        let fixed: PathBuf = Path::new(glob).components().take_while(|part| !super::given::is_glob(part.as_os_str())).collect();
        let fixed = RepoPath::from(fixed.as_path());
        let (mut count, mut tops) = (0, Vec::new());
        let mut todo = vec![if self.root.join(fixed.as_path()).is_dir() { fixed } else { fixed.parent().unwrap_or_default() }];
        for _ in 0..FOLDERS {
            let Some(folder) = todo.pop() else { break };
            let Ok(entries) = fs::read_dir(self.root.join(folder.as_path())) else { continue };
            for entry in entries.flatten().filter(|entry| !folder.is_root() || entry.file_name() != ".git") {
                let path = folder.join(entry.file_name().as_bytes());
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    todo.push(path);
                } else if scope.names(&path)
                    && !self.is_brought(&path)
                    && let Some(top) = self.ignored.highest(&path, false)
                {
                    count += 1;
                    if !tops.contains(&top) {
                        tops.push(top);
                    }
                }
            }
        }
        (count, tops)
    }
}

/// The words of a shell line, but for what it is written to.
fn words_of(line: &str) -> Vec<OsString> {
    let words = shlex::split(line).unwrap_or_else(|| line.split_whitespace().map(ToOwned::to_owned).collect());
    let mut written = false;
    let mut found = Vec::new();
    for word in words {
        let is_target = written || word.contains('>');
        written = word.ends_with('>');
        if !is_target {
            found.push(OsString::from(word.trim_start_matches('<').trim_end_matches([';', ')', '&'])));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_line_are_what_it_reads_not_what_it_writes_to() {
        assert_eq!(
            words_of("sort <data/x.csv >out.log; cat 'a b' > new; wc x; (y)"),
            ["sort", "data/x.csv", "cat", "a b", "wc", "x", "(y"]
        );
        assert_eq!(words_of("echo 'open"), ["echo", "'open"]);
    }
}
