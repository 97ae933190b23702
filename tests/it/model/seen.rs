//! What git and the file system say of a repository, without a word of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::files::{self, Entries, File, Files};
use crate::lab::{Lab, said};

/// Everything that a user could look at, and the refs that are ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Every ref but ours.
    pub(super) refs: BTreeMap<String, String>,
    /// The main checkout, then the linked one if it is there.
    pub(super) checkouts: Vec<Checkout>,
}

/// A checkout: what `HEAD` says, the index, the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checkout {
    pub(super) root: PathBuf,
    pub(super) head: String,
    pub(super) index: BTreeMap<(Vec<u8>, String), (String, String)>,
    pub(super) files: Files,
    pub(super) under_way: bool,
}

impl Seen {
    /// Looks.
    pub(super) fn of(lab: &Lab, linked: &Path) -> Self {
        let mut checkouts = vec![Checkout::of(lab, &lab.root(), &lab.root().join(".git"))];
        let admin = lab.root().join(".git/worktrees/linked");
        if linked.join(".git").exists() && admin.join("HEAD").exists() {
            checkouts.push(Checkout::of(lab, linked, &admin));
        }
        Self { refs: refs(lab), checkouts }
    }

    /// The commit that a branch is at.
    pub(super) fn at(&self, name: &str) -> Option<&String> {
        self.refs.get(name)
    }

    /// The branch that the main checkout has.
    pub(super) fn branch(&self) -> Option<&str> {
        self.checkouts[0].branch()
    }

    /// Whether a checkout has this branch.
    pub(super) fn is_checked_out(&self, name: &str) -> bool {
        self.checkouts.iter().any(|checkout| checkout.branch() == Some(name))
    }

    /// The commit that the main checkout is at.
    pub(super) fn head(&self) -> String {
        match self.branch() {
            Some(name) => self.refs.get(name).cloned().unwrap_or_default(),
            None => self.checkouts[0].head.clone(),
        }
    }
}

impl Checkout {
    fn of(lab: &Lab, root: &Path, git_dir: &Path) -> Self {
        let text = git_at(lab, root, &["ls-files", "--stage", "-z"]);
        let mut index = BTreeMap::new();
        for line in text.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
            let (words, path) = split(line);
            index.insert((path, words[2].clone()), (words[0].clone(), words[1].clone()));
        }
        let marks = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "BISECT_LOG"];
        Self {
            root: root.to_owned(),
            head: fs::read_to_string(git_dir.join("HEAD")).unwrap().trim().to_owned(),
            index,
            files: files::read(root),
            under_way: marks.iter().any(|mark| git_dir.join(mark).exists()),
        }
    }

    pub(super) fn branch(&self) -> Option<&str> {
        self.head.strip_prefix("ref: ")
    }

    /// Tells whether this keeps the checkout from going from one tree to the other.
    pub(super) fn is_in_the_way(&self, from: &Entries, to: &Entries) -> bool {
        changed(from, to).iter().any(|path| self.blocks(path, from, to))
    }

    fn blocks(&self, path: &[u8], from: &Entries, to: &Entries) -> bool {
        let on_disk = self.files.get(path).map(files::entry);
        let old = from.get(path);
        if self.staged(path).as_ref() != old || on_disk.as_ref() != old {
            return true;
        }
        let below = [path, b"/"].concat();
        let stays_below = |other: &&Vec<u8>| other.starts_with(&below) && self.staged(other).is_none();
        let is_new = old.is_none() && to.contains_key(path);
        let parents = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| &path[..at]);
        let is_file_that_stays =
            |folder: &[u8]| self.files.contains_key(folder) && (!from.contains_key(folder) || to.contains_key(folder));
        is_new && (self.files.keys().any(|other| stays_below(&other)) || parents.into_iter().any(is_file_that_stays))
    }

    /// What the index has, where it has one thing.
    fn staged(&self, path: &[u8]) -> Option<(String, String)> {
        let at = |stage: &str| self.index.get(&(path.to_vec(), stage.to_owned()));
        if ["1", "2", "3"].iter().any(|stage| at(stage).is_some()) {
            return None;
        }
        at("0").cloned()
    }

    /// As this checkout should be once it went from one tree to the other, with nothing in the way.
    pub(super) fn moved(&self, from: &Entries, to: &Entries, contents: &Files) -> Self {
        let mut after = self.clone();
        for path in changed(from, to) {
            let key = (path.clone(), "0".to_owned());
            if let Some(entry) = to.get(&path) {
                after.index.insert(key, entry.clone());
                after.files.insert(path.clone(), contents[&path].clone());
            } else {
                after.index.remove(&key);
                after.files.remove(&path);
            }
        }
        after
    }
}

/// The paths that differ.
pub(super) fn changed(from: &Entries, to: &Entries) -> BTreeSet<Vec<u8>> {
    from.keys().chain(to.keys()).filter(|path| from.get(*path) != to.get(*path)).cloned().collect()
}

/// Every ref but ours.
fn refs(lab: &Lab) -> BTreeMap<String, String> {
    let text = lab.git(["for-each-ref", "--format=%(refname) %(objectname)"]);
    let pairs = text.lines().filter_map(|line| line.split_once(' ')).filter(|(name, _)| !name.starts_with("refs/takeback/"));
    pairs.map(|(name, id)| (name.to_owned(), id.to_owned())).collect()
}

/// A commit's files, by asking git.
pub(super) fn tree_files(git: impl Fn() -> Command, commit: &str) -> Files {
    let listed = git().args(["ls-tree", "-r", "-z", commit]).output().unwrap();
    said(&listed, 0);
    let lines: Vec<_> = listed.stdout.split(|byte| *byte == 0).filter(|line| !line.is_empty()).map(split).collect();
    let wanted: Vec<_> = lines.iter().map(|(words, _)| format!("{}\n", words[2])).collect();
    let mut cat = git();
    let mut cat = cat.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    cat.stdin.take().unwrap().write_all(wanted.concat().as_bytes()).unwrap();
    let output = cat.wait_with_output().unwrap().stdout;
    let mut rest = &output[..];
    let mut files = Files::new();
    for (words, path) in lines {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap();
        let size: usize = String::from_utf8_lossy(&rest[..end]).rsplit(' ').next().unwrap().parse().unwrap();
        let mode = ["100644", "100755", "120000"].into_iter().find(|mode| *mode == words[0]).unwrap();
        files.insert(path, File { mode, bytes: rest[end + 1..][..size].to_vec() });
        rest = &rest[end + size + 2..];
    }
    files
}

/// The words before the tab, and the path after it.
fn split(line: &[u8]) -> (Vec<String>, Vec<u8>) {
    let tab = line.iter().position(|byte| *byte == b'\t').unwrap();
    let words = String::from_utf8(line[..tab].to_vec()).unwrap();
    (words.split(' ').map(ToOwned::to_owned).collect(), line[tab + 1..].to_vec())
}

#[track_caller]
fn git_at(lab: &Lab, root: &Path, args: &[&str]) -> Vec<u8> {
    let output = lab.command("git").current_dir(root).args(args).output().unwrap();
    said(&output, 0);
    output.stdout
}
