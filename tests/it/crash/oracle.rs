//! What is so in a repository, found by `git` and the file system alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::lab::Lab;
use crate::tidy::below;

/// The files of the user's that no command may touch, and what is in them.
const OWN: [(&str, &str); 3] = [("mine.txt", "mine, changed\n"), ("notes.txt", "untracked\n"), ("my.log", "ignored\n")];

/// How a repository stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// Every ref, and the object that it names.
    pub(super) refs: BTreeMap<String, String>,
    /// The trees of the user's branches, by name.
    pub(super) branches: BTreeMap<String, String>,
    /// The trees of what tasks have made: their results and side refs.
    pub(super) made: BTreeSet<String>,
    /// The kept outputs, each with its content.
    pub(super) outputs: BTreeSet<(String, Vec<u8>)>,
    /// What `git status` says of each checkout.
    pub(super) status: Vec<String>,
}

impl Facts {
    /// Looks at the repository, and at these checkouts of it.
    pub(super) fn of(lab: &Lab, checkouts: &[&str]) -> Self {
        let text = lab.git(["for-each-ref", "--format=%(refname) %(objectname) %(tree)"]);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
        let refs = lines.iter().map(|l| (l[0].to_owned(), l[1].to_owned())).collect();
        let trees = |wanted: &dyn Fn(&str) -> bool| -> BTreeMap<String, String> {
            lines.iter().filter(|l| wanted(l[0])).map(|l| (l[0].to_owned(), l[2].to_owned())).collect()
        };
        let is_made = |name: &str| name.starts_with("refs/takeback/results/") || name.starts_with("refs/takeback/side/");
        let is_branch = |name: &str| name.starts_with("refs/heads/") && !name.starts_with("refs/heads/takeback/");
        Self {
            refs,
            branches: trees(&is_branch),
            made: trees(&is_made).into_values().collect(),
            outputs: outputs(lab),
            status: checkouts.iter().map(|checkout| status(lab, checkout)).collect(),
        }
    }

    /// Every object that a ref names.
    pub(super) fn tips(&self) -> impl Iterator<Item = &String> {
        self.refs.values()
    }
}

/// `git status`, which holds HEAD, index and files against each other.
fn status(lab: &Lab, checkout: &str) -> String {
    let path = lab.outside().join(checkout);
    lab.git(["-C", path.to_str().unwrap(), "status", "--porcelain=v2", "--branch", "--ignored", "--untracked-files=all"])
        .lines()
        .filter(|line| !line.starts_with("# branch.oid"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn outputs(lab: &Lab) -> BTreeSet<(String, Vec<u8>)> {
    let mut found = BTreeSet::new();
    for path in below(&lab.root().join(".git/takeback/tasks")) {
        let text = path.to_str().unwrap();
        if let Some((_, name)) = text.split_once("/outputs/").filter(|_| path.is_file()) {
            found.insert((name.to_owned(), fs::read(&path).unwrap()));
        }
    }
    found
}

/// Every one of these objects is there, and every commit among them hangs on a ref.
pub(super) fn assert_in_reach<'a>(lab: &Lab, ids: impl IntoIterator<Item = &'a String>) {
    let reachable: BTreeSet<_> = lab.git(["rev-list", "--all"]).lines().map(ToOwned::to_owned).collect();
    for id in ids {
        let kind = lab.command("git").args(["cat-file", "-t", id]).output().unwrap();
        assert!(kind.status.success(), "{id} is gone");
        let is_commit = kind.stdout == b"commit\n";
        assert!(!is_commit || reachable.contains(id), "{id} is out of reach");
    }
}

/// The objects are sound, and all there.
pub(super) fn assert_sound(lab: &Lab, in_full: bool) {
    let how = if in_full { "--full" } else { "--connectivity-only" };
    let said = lab.git(["fsck", "--strict", "--no-dangling", "--no-progress", how]);
    assert_eq!(said, "");
}

/// The user's own files are as they were, byte for byte.
pub(super) fn assert_own_files(lab: &Lab) {
    for (path, text) in OWN {
        assert_eq!(lab.read(path), text, "{path}");
    }
}
