//! Which of the paths that a result changes are named by the very check that is to judge it.
//!
//! A check can be a script of the repository, and the task can change that. So the words of the check's line are held against the
//! paths that the result changes. A word counts, relative to the folder that the check runs in or changes to, if it names
//!
//! - a file that was there before and is not as it was, be it a script or an operand, also behind `=` or a short option;
//! - a file that is new, where it is what runs: `./x`, `sh x`, `. x`, `python -m x`, and `x` in a folder that the line puts on `PATH`;
//! - a folder written with a `/` in which such a file is; for a test runner (`pytest tests/`) a new one, too;
//! - a link, also on the way to one of these.
//!
//! What stands behind a variable (`$PWD/x`, `"$(git rev-parse --show-toplevel)"/x`) may be meant from the root as well. Programs
//! that only look at what they are given (`grep`, `test`, `ruff`) name the work, not the check: their operands do not count, but
//! for a file of patterns (`-f`) and for what is fed to a shell (`cat x | sh`). `diff` and `cmp` are none of them: one of their
//! operands is what is expected. What `--check-files` takes from before does not count either, nor does the file that a task is about,
//! the input of a batch's task, where it is given to a program: it is the work; where it is run, it counts. What a check reads without
//! naming it is not found here: that is what `--check-files` is for.

use std::collections::BTreeSet;

use git2::{ObjectType, Odb};

use super::Error;
use super::programs::{BEFORE, ENTRIES, FEEDERS, INTERPRETERS, LOOKERS, RUNNERS, SHELLS, WRAPPERS};
use super::scope::{self, Scope};
use super::shell::commands;
use crate::git::tree::{self, Change, Entry};
use crate::id::TreeId;
use crate::task::RepoPath;

/// How many links are followed one after the other.
const LINKS: usize = 5;

/// Two trees and what leads from one to the other.
struct Trees<'a> {
    odb: &'a Odb<'a>,
    before: TreeId,
    result: TreeId,
    changes: Vec<Change>,
}

/// How a word stands in a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// It is run.
    Run,
    /// It is given to what is run.
    Given,
}

/// The lines that judge a result, and what is known of them.
#[derive(Clone, Copy)]
pub(crate) struct Judges<'a> {
    /// The lines.
    pub(crate) lines: &'a [&'a str],
    /// The folder that they run in.
    pub(crate) cwd: &'a RepoPath,
    /// Globs of what they see as it was before.
    pub(crate) check_files: &'a [String],
    /// What they are to judge, where the task is about one file.
    pub(crate) work: Option<&'a str>,
}

/// A check's lines under examination.
struct Look<'a> {
    trees: Trees<'a>,
    /// The file that the task is about.
    work: Option<RepoPath>,
    /// The folders that a relative path may be meant from.
    folders: Vec<RepoPath>,
    /// Folders of programs that the lines name.
    search: Vec<RepoPath>,
    found: BTreeSet<RepoPath>,
}

/// Finds the paths that the lines name, among `changes`: all that differs between two trees.
///
/// # Errors
///
/// [`Error`] if a tree is unreadable, or a glob of what the lines see as before.
pub(crate) fn find(
    odb: &Odb<'_>,
    (before, result): (TreeId, TreeId),
    changes: &[Change],
    judges: Judges<'_>,
) -> Result<Vec<RepoPath>, Error> {
    let Judges { lines, cwd, check_files, work } = judges;
    let safe = Scope::new(check_files)?;
    let changes: Vec<Change> = changes.iter().filter(|change| !safe.names(&change.path)).cloned().collect();
    if changes.is_empty() {
        return Ok(vec![]);
    }
    let trees = Trees { odb, before, result, changes };
    let work = work.and_then(|work| lexical(cwd, work));
    let mut look = Look { trees, work, folders: vec![cwd.clone()], search: vec![], found: BTreeSet::new() };
    for line in lines {
        look.folders.truncate(1);
        look.line(line)?;
    }
    Ok(look.found.into_iter().collect())
}

impl Look<'_> {
    fn line(&mut self, line: &str) -> Result<(), Error> {
        let commands = commands(line);
        let is_fed = commands.iter().any(|words| reads_its_commands(words));
        for words in commands {
            self.command(&words, is_fed)?;
        }
        Ok(())
    }

    fn command(&mut self, words: &[String], is_fed: bool) -> Result<(), Error> {
        let at = self.program(words)?;
        let Some(program) = words.get(at) else { return Ok(()) };
        let name = program.rsplit('/').next().unwrap_or_default();
        let operands = &words[at + 1..];
        if program.contains('/') {
            self.name(program, How::Run)?;
        } else {
            for folder in self.search.clone() {
                self.path(&folder.join(program.as_bytes()), (How::Run, false), LINKS)?;
            }
        }
        match name {
            "cd" | "pushd" => operands.iter().take(1).for_each(|to| self.enter(to)),
            _ if is_fed && FEEDERS.contains(&name) => self.operands(operands, How::Given)?,
            _ if LOOKERS.contains(&name) => self.patterns(operands)?,
            _ if INTERPRETERS.contains(&name) || name == "eval" || name.starts_with("python") => self.script(name, operands)?,
            _ => {
                let how = if RUNNERS.contains(&name) { How::Run } else { How::Given };
                self.operands(operands, how)?;
            }
        }
        Ok(())
    }

    /// Finds the place of the program in a command; what is set before it may name a path, too.
    fn program(&mut self, words: &[String]) -> Result<usize, Error> {
        let mut is_wrapped = false;
        for (at, word) in words.iter().enumerate() {
            if let Some((name, value)) = word.split_once('=').filter(|(name, _)| is_variable(name)) {
                self.set(name, value)?;
            } else if is_wrapped && matches!(words[at - 1].as_str(), "-C" | "--chdir") {
                self.enter(word);
            } else if WRAPPERS.contains(&word.as_str()) {
                is_wrapped = true;
            } else if !BEFORE.contains(&word.as_str()) {
                let is_its = is_wrapped && (word.starts_with('-') || word.starts_with(|c: char| c.is_ascii_digit()));
                if !is_its {
                    return Ok(at);
                }
            }
        }
        Ok(words.len())
    }

    /// A variable that is set: `PATH` says where programs are.
    fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        if name == "PATH" {
            for part in value.split(':').filter(|part| !part.is_empty()) {
                let found: Vec<RepoPath> = self.meant(part);
                self.search.extend(found);
            }
        }
        self.name(value, How::Given)
    }

    fn enter(&mut self, folder: &str) {
        let found = lexical(&self.folders[0], behind_variable(folder).unwrap_or(folder));
        self.folders.extend(found);
    }

    /// What a word may mean, from each folder that it may be meant from.
    fn meant(&self, word: &str) -> Vec<RepoPath> {
        let (word, root) = behind_variable(word).map_or((word, None), |rest| (rest, Some(RepoPath::default())));
        self.folders.iter().cloned().chain(root).filter_map(|folder| lexical(&folder, word)).collect()
    }

    /// Of a program that only looks: the file of patterns.
    fn patterns(&mut self, operands: &[String]) -> Result<(), Error> {
        for pair in operands.windows(2).filter(|pair| pair[0] == "-f") {
            self.name(&pair[1], How::Given)?;
        }
        for file in operands.iter().filter_map(|word| word.strip_prefix("--file=")) {
            self.name(file, How::Given)?;
        }
        Ok(())
    }

    /// Of an interpreter: the first operand that is a file is what runs.
    fn script(&mut self, name: &str, operands: &[String]) -> Result<(), Error> {
        let has_text = operands.iter().any(|word| matches!(word.as_str(), "-c" | "-e"));
        let mut how = if has_text { How::Given } else { How::Run };
        for (n, word) in operands.iter().enumerate() {
            if n > 0 && operands[n - 1] == "-m" {
                let module = word.replace('.', "/");
                for file in [".py", "/__init__.py", "/__main__.py"] {
                    self.name(&format!("{module}{file}"), How::Run)?;
                }
                how = if word == "pytest" || word == "unittest" { How::Run } else { How::Given };
                continue;
            }
            if SHELLS.contains(&name) && word.contains(char::is_whitespace) {
                self.line(word)?;
            }
            self.operands(std::slice::from_ref(word), how)?;
            for entry in ENTRIES.iter().filter(|_| how == How::Run && !word.starts_with('-')) {
                self.name(&format!("{word}/{entry}"), How::Run)?;
            }
            let is_module_runner = operands.first().is_some_and(|first| first == "-m");
            if !is_module_runner && self.is_file(word)? {
                how = How::Given;
            }
        }
        Ok(())
    }

    fn operands(&mut self, operands: &[String], how: How) -> Result<(), Error> {
        for (n, word) in operands.iter().enumerate() {
            if n > 0 && operands[n - 1] == "-C" {
                self.enter(word);
                continue;
            }
            if !word.starts_with('-') {
                self.name(word, how)?;
            } else if let Some(value) = word.get(2..).filter(|value| !value.is_empty() && !word.starts_with("--")) {
                self.name(value, How::Given)?;
            }
            if let Some((name, value)) = word.split_once('=') {
                self.set(name, value)?;
            }
        }
        Ok(())
    }

    fn is_file(&self, word: &str) -> Result<bool, Error> {
        let mut paths = self.meant(word).into_iter();
        let is_file = |entry: Option<Entry>| entry.is_some_and(|entry| !entry.is_folder());
        paths.try_fold(false, |found, path| {
            let (old, new) = self.trees.at(&path)?;
            Ok(found || is_file(old) || is_file(new))
        })
    }

    /// A word that may be a path, or a glob of paths.
    fn name(&mut self, word: &str, how: How) -> Result<(), Error> {
        if !word.contains(['*', '?', '[']) {
            return self.meant(word).iter().try_for_each(|path| self.path(path, (how, word.contains('/')), LINKS));
        }
        let (word, root) = behind_variable(word).map_or((word, None), |rest| (rest, Some(RepoPath::default())));
        for folder in self.folders.iter().chain(&root) {
            let glob = scope::from_folder(folder, word).and_then(|glob| Scope::new(&[glob]).ok());
            let named = self.trees.changes.iter().filter(|change| counts(change, how, self.work.as_ref()));
            self.found.extend(named.filter(|c| glob.as_ref().is_some_and(|g| g.names(&c.path))).map(|c| c.path.clone()));
        }
        Ok(())
    }

    /// A path, and what each link on the way to it leads to.
    fn path(&mut self, path: &RepoPath, (how, with_slash): (How, bool), links: usize) -> Result<(), Error> {
        let ends = path.as_bytes().iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| at);
        for end in ends.chain([path.as_bytes().len()]) {
            let (start, rest) = path.as_bytes().split_at(end);
            let place = RepoPath::new(start.to_vec());
            let (old, new) = self.trees.at(&place)?;
            for link in [old, new].into_iter().flatten().filter(|entry| entry.mode == tree::LINK && links > 0) {
                self.add(|change| change.path == place, how);
                let target = tree::read(self.trees.odb, link.id, ObjectType::Blob)?;
                let target =
                    std::str::from_utf8(target.data()).ok().and_then(|to| lexical(&place.parent().unwrap_or_default(), to));
                if let Some(to) = target {
                    let to = rest.split(|b| *b == b'/').filter(|part| !part.is_empty()).fold(to, |to, part| to.join(part));
                    self.path(&to, (how, with_slash), links - 1)?;
                }
            }
        }
        let (old, new) = self.trees.at(path)?;
        let is_folder = [old, new].into_iter().flatten().any(Entry::is_folder);
        self.add(|change| change.path == *path || (is_folder && with_slash && path.holds(&change.path)), how);
        Ok(())
    }

    fn add(&mut self, is_named: impl Fn(&Change) -> bool, how: How) {
        let named = self.trees.changes.iter().filter(|change| is_named(change) && counts(change, how, self.work.as_ref()));
        self.found.extend(named.map(|change| change.path.clone()));
    }
}

impl Trees<'_> {
    /// What is at a path before and after; at the root, where everything is, nothing.
    fn at(&self, path: &RepoPath) -> Result<(Option<Entry>, Option<Entry>), Error> {
        if path.is_root() {
            return Ok((None, None));
        }
        Ok((tree::find(self.odb, self.before.into(), path)?, tree::find(self.odb, self.result.into(), path)?))
    }
}

/// What is new and only given to a program is what the task was to make; what it is about is what it was to change.
fn counts(change: &Change, how: How, work: Option<&RepoPath>) -> bool {
    how == How::Run || (change.old.is_some() && work != Some(&change.path))
}

/// Tells whether a command is a shell or its like that reads from elsewhere what it is to run.
fn reads_its_commands(words: &[String]) -> bool {
    let Some(at) = words.iter().position(|word| word == "eval" || INTERPRETERS.contains(&word.as_str())) else { return false };
    words[at] == "eval" || words[at + 1..].iter().all(|word| word.starts_with('-') && word != "-c" && word != "-e")
}

/// What follows a variable or a substitution at the start of a word. Most lead to the worktree, or below it; the home folder does not.
fn behind_variable(word: &str) -> Option<&str> {
    let inner = word.strip_prefix('$')?;
    let end = match inner.chars().next()? {
        '{' => inner.find('}')? + 1,
        '(' => inner.rfind(')')? + 1,
        _ => inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?,
    };
    let (variable, rest) = inner.split_at(end);
    rest.strip_prefix('/').filter(|_| variable.trim_matches(['{', '}']) != "HOME")
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// A path as it is meant in a folder; `None` if it leads out of the repository.
fn lexical(folder: &RepoPath, word: &str) -> Option<RepoPath> {
    if word.is_empty() || word.starts_with('/') {
        return None;
    }
    let mut path = folder.clone();
    for part in word.split('/').filter(|part| !matches!(*part, "" | ".")) {
        path = if part == ".." { path.parent()? } else { path.join(part.as_bytes()) };
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git;
    use crate::git::testing::TestRepo;

    /// Every file but `new.sh` and `t/new` is there before, and all are changed.
    const FILES: &[&str] = &[
        "a.txt",
        "check.sh",
        "ci.mk",
        "t/one",
        "tools/check.py",
        "tools/run",
        "sub/check.sh",
        "pkg/__main__.py",
        "new.sh",
        "t/new",
    ];

    fn trees() -> (TestRepo, TreeId, TreeId) {
        let test = TestRepo::init(&[]);
        for file in FILES.iter().filter(|file| !file.contains("new")) {
            test.write(file, "1\n");
        }
        std::os::unix::fs::symlink("tools/check.py", test.root().join("link")).unwrap();
        std::os::unix::fs::symlink("tools", test.root().join("tools-link")).unwrap();
        std::os::unix::fs::symlink("t", test.root().join("moved")).unwrap();
        test.commit();
        let before = test.tree().into();
        for file in FILES {
            test.write(file, "2\n");
        }
        std::fs::remove_file(test.root().join("moved")).unwrap();
        std::os::unix::fs::symlink("sub", test.root().join("moved")).unwrap();
        test.commit();
        let result = test.tree().into();
        (test, before, result)
    }

    fn named(lines: &[&str], cwd: &str, check_files: &[&str]) -> Vec<String> {
        named_of(None, lines, cwd, check_files)
    }

    fn named_of(work: Option<&str>, lines: &[&str], cwd: &str, check_files: &[&str]) -> Vec<String> {
        let (test, before, result) = trees();
        let repo = test.repo();
        let odb = git::repo::odb(&repo).unwrap();
        let check_files: Vec<_> = check_files.iter().map(ToString::to_string).collect();
        let judges = Judges { lines, cwd: &RepoPath::from(cwd), check_files: &check_files, work };
        let changes = tree::changes(&odb, Some(before.into()), Some(result.into())).unwrap();
        let found = find(&odb, (before, result), &changes, judges).unwrap();
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_a_line_runs_or_is_given_counts_and_what_it_only_looks_at_does_not() {
        for (line, expected) in [
            ("sh check.sh", &["check.sh"][..]),
            ("./check.sh", &["check.sh"]),
            ("check.sh", &[]),
            (". ./check.sh && make", &["check.sh"]),
            ("sh -eu check.sh a.txt", &["a.txt", "check.sh"]),
            ("sh new.sh", &["new.sh"]),
            ("sh check.sh new.sh", &["check.sh"]),
            ("sh -c './new.sh; true'", &["new.sh"]),
            ("sh < check.sh", &["check.sh"]),
            ("python3 tools/check.py t/new", &["tools/check.py"]),
            ("python -m tools.check", &["tools/check.py"]),
            ("python -m pytest t/", &["t/new", "t/one"]),
            ("pytest t/", &["t/new", "t/one"]),
            ("mytool t/", &["t/one"]),
            ("make t", &[]),
            ("make -f ci.mk all", &["ci.mk"]),
            ("make -fci.mk", &["ci.mk"]),
            ("cmd --config=ci.mk", &["ci.mk"]),
            ("CONFIG=ci.mk cmd", &["ci.mk"]),
            ("env X=1 timeout -k 5 60 sh check.sh", &["check.sh"]),
            ("if ! sh check.sh; then false; fi", &["check.sh"]),
            ("cd sub && sh check.sh", &["check.sh", "sub/check.sh"]),
            ("make -C sub && sub/check.sh", &["sub/check.sh"]),
            ("sh t*/../check.sh", &["check.sh"]),
            ("sh tools/*", &["tools/check.py", "tools/run"]),
            ("python link", &["tools/check.py"]),
            ("python tools-link/check.py", &["tools/check.py"]),
            ("sh moved/check.sh", &["moved", "sub/check.sh"]),
            ("python -m pkg", &["pkg/__main__.py"]),
            ("python pkg x", &["pkg/__main__.py"]),
            ("sh $PWD/check.sh", &["check.sh"]),
            ("cd sub && \"${TAKEBACK_WORKTREE}/tools/run\"", &["tools/run"]),
            ("sh \"$(git rev-parse --show-toplevel)/check.sh\"", &["check.sh"]),
            ("sh $(pwd)/check.sh new.sh", &["check.sh"]),
            ("sh $HOME/check.sh", &[]),
            ("sh $PWD/tools/*", &["tools/check.py", "tools/run"]),
            ("PATH=$PWD/tools:$PATH run && ls", &["tools/run"]),
            ("export PATH=tools:$PATH; run", &["tools/run"]),
            ("env -C sub sh check.sh", &["check.sh", "sub/check.sh"]),
            ("cat check.sh | sh", &["check.sh"]),
            ("eval \"$(cat check.sh)\"", &["check.sh"]),
            ("cat a.txt | sh check.sh", &["check.sh"]),
            ("diff a.txt new.sh", &["a.txt"]),
            ("grep -q two a.txt", &[]),
            ("grep -f ci.mk a.txt", &["ci.mk"]),
            ("test \"$(sh check.sh a.txt)\" = 3", &["a.txt", "check.sh"]),
            ("test -s a.txt -a -f new.sh", &[]),
            ("! git grep -qI http://", &[]),
            ("ruff check tools/", &[]),
            ("mytool .", &[]),
            ("mytool /check.sh ../check.sh", &[]),
        ] {
            assert_eq!(named(&[line], "", &[]), expected, "{line}");
        }
    }

    #[test]
    fn words_are_relative_to_the_folder_of_the_check() {
        assert_eq!(named(&["sh check.sh"], "sub", &[]), ["sub/check.sh"]);
        assert_eq!(named(&["sh ../check.sh"], "sub", &[]), ["check.sh"]);
        assert_eq!(named(&["true", "sh check.sh"], "", &[]), ["check.sh"]);
    }

    #[test]
    fn what_is_taken_from_before_does_not_count() {
        assert_eq!(named(&["sh check.sh ci.mk"], "", &["check.sh"]), ["ci.mk"]);
        assert_eq!(named(&["pytest t/"], "", &["t"]), Vec::<String>::new());
    }

    #[test]
    fn the_file_that_a_task_is_about_counts_only_where_it_is_run() {
        for (line, cwd, work, expected) in [
            ("sh check.sh a.txt", "", "a.txt", &["check.sh"][..]),
            ("mytool a.txt ci.mk", "", "a.txt", &["ci.mk"]),
            ("mytool ./a.txt", "", "a.txt", &[]),
            ("mytool check.sh", "sub", "check.sh", &[]),
            ("mytool ../check.sh", "sub", "check.sh", &["check.sh"]),
            ("mytool t/", "", "t/one", &[]),
            ("sh check.sh", "", "check.sh", &["check.sh"]),
            ("pytest t/one", "", "t/one", &["t/one"]),
        ] {
            assert_eq!(named_of(Some(work), &[line], cwd, &[]), expected, "{line} about {work}");
        }
    }
}
