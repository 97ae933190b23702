//! Parting tasks over several branches: for pull requests of a size that people review, or one for each of them.

use std::collections::BTreeMap;
use std::str::FromStr;

use globset::{GlobBuilder, GlobMatcher};

use super::plan::Error;
use super::{LandWish, named};
use crate::git::{self, repo, tree};
use crate::id::{CommitId, Name};
use crate::journal::{Book, Standing};
use crate::store::Site;
use crate::task::RepoPath;

/// Where a repository may say who owns what; the first that is there counts (GitHub's and GitLab's documentation).
const OWNERS_FILES: [&str; 4] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];

/// What tasks go together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitBy {
    /// So many on each branch, in their order.
    Number(usize),
    /// The folder that holds all that a task changes.
    Dir,
    /// Those who own the paths that a task changes, by `CODEOWNERS`.
    Owners,
}

/// The text is none of these.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is neither a number nor `dir` nor `codeowners`")]
pub struct BadSplit(String);

/// Tasks that go on a branch of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// What tells its branch from the others'.
    pub name: Name,
    /// The tasks.
    pub tasks: Vec<Name>,
}

impl FromStr for SplitBy {
    type Err = BadSplit;

    fn from_str(text: &str) -> Result<Self, BadSplit> {
        match text {
            "dir" => Ok(Self::Dir),
            "codeowners" => Ok(Self::Owners),
            number => number.parse().ok().filter(|n| *n > 0).map(Self::Number).ok_or_else(|| BadSplit(text.to_owned())),
        }
    }
}

/// Parts the tasks that would land.
///
/// # Errors
///
/// [`Error::NoOwners`] where there is no `CODEOWNERS` to part by.
pub(crate) fn split(site: &Site, wish: &LandWish, by: SplitBy) -> Result<Vec<Part>, Error> {
    let tasks = named::to_land(&Book::open(site)?, wish)?.tasks;
    let names = |tasks: &[&Standing]| tasks.iter().map(|task| task.spec.id.clone()).collect();
    if let SplitBy::Number(number) = by {
        let all: Vec<&Standing> = tasks.iter().collect();
        let parts = all.chunks(number).enumerate();
        return Ok(parts.map(|(n, part)| Part { name: Name::slug(&(n + 1).to_string()), tasks: names(part) }).collect());
    }
    let owners = match by {
        SplitBy::Owners => Some(Owners::read(site, tasks.first().map(|task| task.record.base))?),
        _ => None,
    };
    let mut parts: BTreeMap<String, Vec<&Standing>> = BTreeMap::new();
    for task in &tasks {
        let paths = paths(site, task)?;
        let key = owners.as_ref().map_or_else(|| folder(&paths), |owners| owners.of(&paths));
        parts.entry(key).or_default().push(task);
    }
    let mut taken: Vec<Name> = Vec::new();
    let mut named = Vec::new();
    for (key, tasks) in parts {
        let name = Name::slug(if key.is_empty() { "rest" } else { &key }).free(|name| taken.contains(name));
        taken.push(name.clone());
        named.push(Part { name, tasks: names(&tasks) });
    }
    Ok(named)
}

fn paths(site: &Site, task: &Standing) -> Result<Vec<RepoPath>, git::Error> {
    let Some(result) = task.record.result else { return Ok(vec![]) };
    let (base, result) = (tree::of_commit(&site.repo, task.record.base)?, tree::of_commit(&site.repo, result)?);
    let changes = tree::changes(&repo::odb(&site.repo)?, Some(base.into()), Some(result.into()))?;
    Ok(changes.into_iter().map(|change| change.path).collect())
}

/// The deepest folder that holds all of them.
fn folder(paths: &[RepoPath]) -> String {
    let Some(mut common) = paths.first().and_then(RepoPath::parent) else { return String::new() };
    for path in paths {
        while !common.holds(path) {
            let Some(above) = common.parent() else { break };
            common = above;
        }
    }
    common.to_string()
}

/// Who owns what: the last line that fits a path says.
struct Owners {
    lines: Vec<(Vec<GlobMatcher>, String)>,
}

impl Owners {
    fn read(site: &Site, base: Option<CommitId>) -> Result<Self, Error> {
        let odb = repo::odb(&site.repo)?;
        let base = base.map(|base| tree::of_commit(&site.repo, base)).transpose()?;
        for file in OWNERS_FILES {
            let Some(base) = base else { break };
            if let Some(entry) = tree::find(&odb, base.into(), &RepoPath::from(file))?.filter(|entry| !entry.is_folder()) {
                let blob = tree::read(&odb, entry.id, git2::ObjectType::Blob)?;
                return Ok(Self::parse(&String::from_utf8_lossy(blob.data())));
            }
        }
        Err(Error::NoOwners)
    }

    fn parse(text: &str) -> Self {
        // GitLab's sections, `[Name]`, part a file for people.
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '[', '^']));
        let lines = lines.filter_map(|line| {
            let (pattern, owners) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let owners = owners.split('#').next().unwrap_or_default();
            Some((globs(pattern)?, owners.split_whitespace().collect::<Vec<_>>().join(" ")))
        });
        Self { lines: lines.collect() }
    }

    /// All who own one of the paths; nothing where nobody does.
    fn of(&self, paths: &[RepoPath]) -> String {
        let owner = |path: &RepoPath| {
            let fits = |globs: &[GlobMatcher]| globs.iter().any(|glob| glob.is_match(path.as_path()));
            self.lines.iter().rev().find(|(globs, _)| fits(globs)).map(|(_, owners)| owners.clone()).unwrap_or_default()
        };
        let mut owners: Vec<String> = paths.iter().map(owner).collect();
        owners.sort();
        owners.dedup();
        owners.join(" ").trim().to_owned()
    }
}

/// A pattern is as git's for ignored files, but that `*` at its end stays in one folder.
fn globs(pattern: &str) -> Option<Vec<GlobMatcher>> {
    let plain = pattern.trim_start_matches('/').trim_end_matches('/');
    let is_anchored = pattern.trim_end_matches('/').contains('/');
    let glob = if is_anchored { plain.to_owned() } else { format!("**/{plain}") };
    let below = (!pattern.ends_with("/*")).then(|| format!("{glob}/**"));
    let own = (!pattern.ends_with('/')).then_some(glob);
    let build = |glob: String| Some(GlobBuilder::new(&glob).literal_separator(true).build().ok()?.compile_matcher());
    own.into_iter().chain(below).map(build).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(paths: &[&str]) -> Vec<RepoPath> {
        paths.iter().map(|path| RepoPath::from(*path)).collect()
    }

    #[test]
    fn the_last_line_that_fits_says_who_owns_a_path() {
        let owners = Owners::parse("# all\n*  @all\n*.js @js @web # both\n/docs/ @docs\napps/* @apps\nbuild/logs/ @logs\n");
        for (path, owner) in [
            ("a.txt", "@all"),
            ("x/y.js", "@js @web"),
            ("docs/a/b.md", "@docs"),
            ("x/docs/b.md", "@all"),
            ("apps/a.c", "@apps"),
            ("apps/a/b.c", "@all"),
            ("build/logs/x", "@logs"),
        ] {
            assert_eq!(owners.of(&paths(&[path])), owner, "{path}");
        }
        assert_eq!(owners.of(&paths(&["a.txt", "docs/b"])), "@all @docs");
    }

    #[test]
    fn a_task_belongs_to_the_folder_that_holds_all_it_changes() {
        assert_eq!(folder(&paths(&["src/a/x", "src/a/b/y"])), "src/a");
        assert_eq!(folder(&paths(&["src/a/x", "src/b/y"])), "src");
        assert_eq!(folder(&paths(&["x", "src/b/y"])), "");
    }

    #[test]
    fn a_number_dir_and_codeowners_are_understood() {
        assert_eq!("20".parse::<SplitBy>().ok(), Some(SplitBy::Number(20)));
        assert_eq!("codeowners".parse::<SplitBy>().ok(), Some(SplitBy::Owners));
        assert!("0".parse::<SplitBy>().is_err() && "team".parse::<SplitBy>().is_err());
    }
}
