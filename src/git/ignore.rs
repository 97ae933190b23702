//! Which paths git ignores, found from the top down as git does.
//!
//! libgit2's answer differs: a pattern in a folder's `.gitignore` that takes back one of a file above is dropped, and one below an
//! ignored folder counts. Once a folder is ignored all that is below it is; nothing deeper takes that back. Whether a path is
//! tracked is not asked here: git asks for what is ignored only where it is not.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use git2::Repository;

use super::Error;
use super::glob::Pattern;
use crate::sys::file;
use crate::task::RepoPath;

/// The name of a folder's own rules.
pub(crate) const FILE_NAME: &str = ".gitignore";

/// A larger ignore file is none to git.
const MAX_BYTES: u64 = 100 * 1024 * 1024;

/// The rules that lie in no folder of the checkout: the user's own, then `info/exclude`.
#[derive(Debug)]
pub(crate) struct Ignores {
    outside: Vec<Rules>,
    fold: bool,
}

/// The rules that hold in a folder.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The folder is ignored itself.
    ignored: bool,
    /// Those of the folders down to this one.
    rules: Option<Rc<Chain>>,
}

#[derive(Debug)]
struct Chain {
    rules: Rules,
    above: Option<Rc<Chain>>,
}

/// The rules of one file, for paths below one folder.
#[derive(Debug)]
struct Rules {
    /// The folder with a `/` at its end; empty for the root.
    base: Vec<u8>,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: Pattern,
    /// Takes an earlier rule back.
    negative: bool,
    /// Only for folders.
    folders: bool,
    /// Compared with the last part of a path, at any depth.
    name: bool,
}

impl Ignores {
    /// Reads the rules that lie outside of the checkout.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] if the configuration is unreadable. A file that is unreadable is none, as to git.
    pub(crate) fn of(repo: &Repository) -> Result<Self, Error> {
        let config = repo.config().map_err(Error::of("read the configuration of", repo.path().display()))?;
        let fold = config.get_bool("core.ignoreCase").unwrap_or(false);
        let users = config.get_path("core.excludesFile").ok().or_else(default_users);
        let files = [users, Some(repo.commondir().join("info/exclude"))];
        let read = |path: PathBuf| file::read(&path).ok().flatten().map(|text| Rules::parse(Vec::new(), &text, fold));
        Ok(Self { outside: files.into_iter().flatten().filter_map(read).collect(), fold })
    }

    /// The root of the checkout, whose own ignore file says `text`.
    pub(crate) fn root(&self, text: Option<&[u8]>) -> Place {
        self.chained(&RepoPath::default(), None, text)
    }

    /// Tells whether a file or a folder in a place is ignored.
    pub(crate) fn ignores(&self, place: &Place, path: &RepoPath, folder: bool) -> bool {
        if place.ignored {
            return true;
        }
        let chain = std::iter::successors(place.rules.as_deref(), |chain| chain.above.as_deref());
        let mut all = chain.map(|chain| &chain.rules).chain(self.outside.iter().rev());
        let deciding = all.find_map(|rules| rules.find(path.as_bytes(), folder));
        deciding.is_some_and(|rule| !rule.negative)
    }

    /// The place that a folder of another place is, whose own ignore file says `text`.
    pub(crate) fn enter(&self, above: &Place, folder: &RepoPath, text: Option<&[u8]>) -> Place {
        if self.ignores(above, folder, true) {
            return Place { ignored: true, rules: None };
        }
        self.chained(folder, above.rules.clone(), text)
    }

    fn chained(&self, folder: &RepoPath, above: Option<Rc<Chain>>, text: Option<&[u8]>) -> Place {
        let Some(text) = text else { return Place { ignored: false, rules: above } };
        let mut base = folder.as_bytes().to_vec();
        if !base.is_empty() {
            base.push(b'/');
        }
        Place { ignored: false, rules: Some(Rc::new(Chain { rules: Rules::parse(base, text, self.fold), above })) }
    }
}

impl Place {
    /// Tells whether the folder is ignored itself, and with it all that is below it.
    #[cfg(test)]
    pub(crate) fn is_ignored(&self) -> bool {
        self.ignored
    }
}

/// Reads an open ignore file; `None` for one that git would not read.
pub(crate) fn read(file: std::fs::File) -> Option<Vec<u8>> {
    let about = file.metadata().ok().filter(|about| about.is_file() && about.len() <= MAX_BYTES)?;
    let mut text = Vec::with_capacity(usize::try_from(about.len()).unwrap_or_default());
    file.take(MAX_BYTES).read_to_end(&mut text).ok()?;
    Some(text)
}

fn default_users() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(folder.join(Path::new("git/ignore")))
}

impl Rules {
    fn parse(base: Vec<u8>, text: &[u8], fold: bool) -> Self {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        Self { base, rules: text.split(|b| *b == b'\n').filter_map(|line| rule(line, fold)).collect() }
    }

    /// Finds the rule that decides: the last one that matches.
    fn find(&self, path: &[u8], folder: bool) -> Option<&Rule> {
        let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
        let below = path.strip_prefix(self.base.as_slice())?;
        let matches = |rule: &&Rule| (folder || !rule.folders) && rule.pattern.matches(if rule.name { name } else { below });
        self.rules.iter().rev().find(matches)
    }
}

/// Reads one line; `None` for one that has no rule.
fn rule(line: &[u8], fold: bool) -> Option<Rule> {
    if line.is_empty() || line.starts_with(b"#") {
        return None;
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.split(|b| *b == 0).next().unwrap_or_default();
    let line = without_spaces(line);
    let (negative, text) = line.strip_prefix(b"!").map_or((false, line), |text| (true, text));
    let (folders, text) = text.strip_suffix(b"/").map_or((false, text), |text| (true, text));
    let name = !text.contains(&b'/');
    let pattern =
        if name { Pattern::for_name(text, fold) } else { Pattern::for_path(text.strip_prefix(b"/").unwrap_or(text), fold) };
    Some(Rule { pattern, negative, folders, name })
}

/// Cuts spaces at the end off, but for one that a backslash stands before.
fn without_spaces(line: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut at = 0;
    while at < line.len() {
        match line[at] {
            b' ' => {}
            b'\\' if at + 1 == line.len() => return line,
            b'\\' => {
                at += 1;
                end = at + 1;
            }
            _ => end = at + 1,
        }
        at += 1;
    }
    &line[..end]
}

#[cfg(test)]
#[path = "ignore_tests.rs"]
mod tests;
