//! Captures held against what `git add -A && git write-tree` makes of the same folder.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use git2::Oid;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::*;
use crate::git::testing::TestRepo;

/// A checkout and how it is captured.
pub(super) struct Checkout {
    pub(super) test: TestRepo,
    pub(super) globs: GlobSet,
    pub(super) large_bytes: u64,
    /// Of the last capture: what it made is gone with it.
    intake: RefCell<Option<Intake>>,
}

impl Checkout {
    pub(super) fn of(test: TestRepo) -> Self {
        test.git(&["config", "core.excludesFile", "/dev/null"]);
        test.git(&["config", "core.attributesFile", "/dev/null"]);
        Self { test, globs: GlobSet::empty(), large_bytes: u64::MAX, intake: RefCell::new(None) }
    }

    fn with(files: &[(&str, &str)]) -> Self {
        Self::of(TestRepo::with(files))
    }

    fn taking(mut self, globs: &[&str]) -> Self {
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            set.add(GlobBuilder::new(glob).literal_separator(true).build().unwrap());
        }
        self.globs = set.build().unwrap();
        self
    }

    pub(super) fn try_capture(&self) -> Result<Captured, Error> {
        let repo = self.test.repo();
        let manifest = Manifest::load(&repo.path().join("index")).unwrap();
        drop(self.intake.take());
        let intake = Intake::create(&self.test.dir().join("intake"), &repo).unwrap();
        let root = self.test.root();
        let captured = capture(&CaptureInput {
            repo: &repo,
            root: &root,
            manifest: &manifest,
            base: self.test.tree().into(),
            intake: &intake,
            commit_ignored: (!self.globs.is_empty()).then_some(&|path: &RepoPath| self.globs.is_match(path.as_path())),
            brought: &Ledger::default(),
            around: &root,
            large_bytes: self.large_bytes,
            own: true,
        });
        self.intake.replace(Some(intake));
        captured
    }

    pub(super) fn capture(&self) -> Captured {
        self.try_capture().unwrap()
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.test.root().join(path)
    }

    /// What the captured tree holds: mode, path, and content.
    fn listed(&self, captured: &Captured) -> Vec<String> {
        let intake = self.intake.borrow();
        let odb = intake.as_ref().unwrap().odb().unwrap();
        let all = tree::flatten(&odb, captured.tree.into()).unwrap();
        let text = |id| String::from_utf8_lossy(odb.read(id).unwrap().data()).into_owned();
        all.iter().map(|(path, entry)| format!("{:o} {path} {}", entry.mode, text(entry.id))).collect()
    }
}

fn outputs(captured: &Captured) -> Vec<String> {
    captured.outputs.iter().map(|o| format!("{:?} {} {}/{}", o.kind, o.path, o.amount.files, o.amount.bytes)).collect()
}

/// What git makes of the checkout: it believes nothing that its index says of the disk.
pub(super) fn by_git(checkout: &Checkout) -> Option<Oid> {
    let test = &checkout.test;
    let index = test.dir().join("oracle");
    drop(fs::remove_file(&index));
    let git = |arguments: &[&str], input: Option<&[u8]>| {
        let mut git = crate::sys::command::new("git");
        git.args(arguments).current_dir(test.root()).env("HOME", test.dir()).env("GIT_INDEX_FILE", &index);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        if let Some(input) = input {
            let path = test.dir().join("input");
            crate::git::testing::write(&path, input);
            git.stdin(fs::File::open(path).unwrap());
        }
        crate::sys::command::output(&mut git)
    };
    let staged = test.git_in(&test.root(), &["ls-files", "-s", "-z"]);
    git(&["update-index", "-z", "--index-info"], Some(&staged)).unwrap();
    git(&["-c", "advice.addEmbeddedRepo=false", "add", "-A"], None).ok()?;
    let tree = git(&["write-tree"], None).unwrap();
    Some(Oid::from_str(String::from_utf8(tree).unwrap().trim_end()).unwrap())
}

fn set_mode(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_checkout_without_changes_is_its_base() {
    let checkout = Checkout::with(&[("a", "1"), ("d/b", "2")]);
    let captured = checkout.capture();
    assert_eq!(captured.tree, checkout.test.tree().into());
    assert!(captured.outputs.is_empty());
}

#[test]
fn edits_deletions_modes_links_and_new_files_are_captured() {
    let checkout = Checkout::with(&[("a", "1"), ("d/b", "2"), ("d/c", "3"), ("x", "4")]);
    let test = &checkout.test;
    test.write("a", "one");
    test.write("new/deep/file", "n");
    test.write(b"caf\xe9\n\"q\"", "bytes");
    fs::remove_file(checkout.path("d/b")).unwrap();
    set_mode(&checkout.path("d/c"), 0o755);
    fs::remove_file(checkout.path("x")).unwrap();
    symlink("a", checkout.path("x")).unwrap();
    let captured = checkout.capture();
    assert_eq!(Oid::from(captured.tree), by_git(&checkout).unwrap());
    let listed = checkout.listed(&captured);
    assert_eq!(listed.len(), 5, "{listed:?}");
    assert!(listed.contains(&"100755 d/c 3".to_owned()) && listed.contains(&"120000 x a".to_owned()), "{listed:?}");
}

#[test]
fn a_forged_mtime_and_a_change_in_the_same_tick_hide_nothing() {
    for _ in 0..20 {
        let checkout = Checkout::with(&[("a", "1")]);
        let path = checkout.path("a");
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        checkout.test.write("a", "2");
        fs::File::options().write(true).open(&path).unwrap().set_modified(before).unwrap();
        assert_eq!(checkout.listed(&checkout.capture()), ["100644 a 2"]);
    }
}

#[test]
fn ignored_folders_are_one_output_and_what_is_tracked_in_them_is_not_lost() {
    let checkout = Checkout::with(&[("a", "1")]);
    let test = &checkout.test;
    test.write("t/kept", "1");
    test.git(&["add", "-A"]);
    test.git(&["commit", "-q", "-m", "c"]);
    test.write(".gitignore", "t/\nm/\n*.o\n");
    for (path, text) in [
        ("t/kept", "22"),
        ("t/new", "333"),
        ("t/.gitignore", "!new\n"),
        ("m/x/y", "4"),
        ("m/z", "55"),
        ("s/a.o", "6"),
        ("s/b", "7"),
    ] {
        test.write(path, text);
    }
    let captured = checkout.capture();
    assert_eq!(Oid::from(captured.tree), by_git(&checkout).unwrap());
    assert_eq!(outputs(&captured), ["Ignored m 2/3", "Ignored s/a.o 1/1", "Ignored t/.gitignore 1/5", "Ignored t/new 1/3"]);
}

#[test]
fn ignored_files_that_were_asked_for_are_in_the_tree_and_counted() {
    let checkout = Checkout::with(&[(".gitignore", "out/\n*.csv\n")]).taking(&["out/keep/**", "*.csv"]);
    for (path, text) in
        [("out/keep/a", "1"), ("out/keep/b/c", "22"), ("out/x/y", "3"), ("out/z", "4"), ("r.csv", "55"), ("d/s.csv", "6")]
    {
        checkout.test.write(path, text);
    }
    let captured = checkout.capture();
    let listed = checkout.listed(&captured);
    assert_eq!(listed[1..], ["100644 out/keep/a 1", "100644 out/keep/b/c 22", "100644 r.csv 55"]);
    assert_eq!(outputs(&captured), ["Ignored d/s.csv 1/1", "Ignored out/x 1/1", "Ignored out/z 1/1"]);
    assert_eq!(captured.committed_ignored, Amount { files: 3, bytes: 5 });
}

#[test]
fn large_new_files_are_outputs_and_large_tracked_ones_are_not() {
    let mut checkout = Checkout::with(&[("old", "1")]).taking(&["asked"]);
    checkout.large_bytes = 10;
    for path in ["old", "new", "asked"] {
        checkout.test.write(path, "x".repeat(11));
    }
    checkout.test.write("small", "x".repeat(10));
    let captured = checkout.capture();
    let listed = checkout.listed(&captured);
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert_eq!(outputs(&captured), ["Large new 1/11"]);
    assert_eq!(captured.committed_ignored, Amount::default(), "it is not ignored");
}

#[test]
fn a_repository_in_the_repository_is_one_output_and_nothing_of_it_is_lost() {
    let checkout = Checkout::with(&[("src/a", "1")]);
    let test = &checkout.test;
    test.git(&["init", "-q", "inner/repo"]);
    test.write("inner/repo/file", "1");
    test.write("inner/beside", "2");
    test.write("linked/.git", "gitdir: ../elsewhere\n");
    test.write("linked/file", "3");
    test.git(&["init", "-q", "src"]);
    test.write("src/b", "4");
    test.write("notes/.git", "no repository");
    test.write("notes/file", "5");
    let captured = checkout.capture();
    assert_eq!(checkout.listed(&captured), ["100644 inner/beside 2", "100644 notes/file 5", "100644 src/a 1", "100644 src/b 4"]);
    let listed: Vec<_> = captured.outputs.iter().map(|output| format!("{:?} {}", output.kind, output.path)).collect();
    assert_eq!(listed, ["Embedded inner/repo", "Embedded linked", "BadName notes/.git", "BadName src/.git"]);
}

#[test]
fn names_that_git_refuses_are_outputs_and_the_tree_passes_fsck() {
    let checkout = Checkout::with(&[("a", "1")]);
    for path in [".GIT/hooks/x", "d/.Git", "d/git~1", "d/.git ", "d/fine", "e/.git./f"] {
        checkout.test.write(path, "1");
    }
    symlink("elsewhere", checkout.path("d/.gitmodules")).unwrap();
    let captured = checkout.capture();
    assert_eq!(checkout.listed(&captured), ["100644 a 1", "100644 d/fine 1"]);
    let listed: Vec<_> = captured.outputs.iter().map(|output| output.path.to_string()).collect();
    assert_eq!(listed, [".GIT", "d/.Git", "d/.git ", "d/.gitmodules", "d/git~1", "e/.git."]);
    assert!(captured.outputs.iter().all(|output| output.kind == OutputKind::BadName));
}

#[test]
fn pipes_and_sockets_are_listed_and_no_obstacle() {
    let checkout = Checkout::with(&[("a", "1"), ("b", "2")]);
    fs::remove_file(checkout.path("a")).unwrap();
    for path in ["a", "d/pipe"] {
        fs::create_dir_all(checkout.path(path).parent().unwrap()).unwrap();
        mkfifo(&checkout.path(path));
    }
    drop(std::os::unix::net::UnixListener::bind(checkout.path("s")).unwrap());
    let captured = checkout.capture();
    assert_eq!(checkout.listed(&captured), ["100644 b 2"]);
    assert_eq!(outputs(&captured), ["Unreadable a 0/0", "Unreadable d/pipe 0/0", "Unreadable s 0/0"]);
}

pub(super) fn mkfifo(path: &std::path::Path) {
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
}

#[test]
fn what_a_plain_user_may_not_read_is_made_readable() {
    let checkout = Checkout::with(&[("a", "1"), ("d/b", "2"), ("e/f", "3")]);
    let test = &checkout.test;
    test.write("a", "11");
    test.write("d/b", "22");
    test.write("n/x", "4");
    for (path, mode) in [("a", 0o000), ("d", 0o000), ("e", 0o100), ("n/x", 0o200), ("n", 0o444)] {
        set_mode(&checkout.path(path), mode);
    }
    let captured = checkout.capture();
    assert_eq!(checkout.listed(&captured), ["100644 a 11", "100644 d/b 22", "100644 e/f 3", "100644 n/x 4"]);
    assert!(captured.outputs.is_empty());
}

#[test]
fn a_checkout_that_is_gone_is_all_deleted_and_one_that_is_a_file_is_an_error() {
    let test = TestRepo::with(&[("a", "1"), ("d/b", "2")]);
    let root = test.dir().join("slot");
    test.git(&["worktree", "add", "-q", root.to_str().unwrap()]);
    let repo = crate::git::repo::open_git_dir(&test.root().join(".git/worktrees/slot")).unwrap();
    let manifest = Manifest::load(&repo.path().join("index")).unwrap();
    fs::remove_dir_all(&root).unwrap();
    let capture = || {
        let intake = Intake::create(&test.dir().join("intake"), &repo).unwrap();
        capture(&CaptureInput {
            repo: &repo,
            root: &root,
            manifest: &manifest,
            base: test.tree().into(),
            intake: &intake,
            commit_ignored: None,
            brought: &Ledger::default(),
            around: &root,
            large_bytes: u64::MAX,
            own: true,
        })
    };
    assert_eq!(capture().unwrap().tree.to_string(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    crate::git::testing::write(&root, "a file");
    assert!(matches!(capture(), Err(Error::NoFolder { path }) if path == root));
    fs::remove_file(&root).unwrap();
    symlink(test.root(), &root).unwrap();
    assert!(matches!(capture(), Err(Error::NoFolder { .. })));
}

#[test]
fn modes_and_links_that_a_file_system_does_not_keep_stay_as_they_were() {
    let checkout = Checkout::with(&[("x", "1"), ("y", "2")]);
    let test = &checkout.test;
    set_mode(&checkout.path("x"), 0o755);
    symlink("y", checkout.path("l")).unwrap();
    test.commit();
    for key in ["core.fileMode", "core.symlinks"] {
        test.git(&["config", key, "false"]);
    }
    set_mode(&checkout.path("x"), 0o644);
    test.write("x", "11");
    test.write("y", "22");
    set_mode(&checkout.path("y"), 0o755);
    fs::remove_file(checkout.path("l")).unwrap();
    test.write("l", "x");
    test.write("new", "3");
    set_mode(&checkout.path("new"), 0o755);
    let captured = checkout.capture();
    assert_eq!(Oid::from(captured.tree), by_git(&checkout).unwrap());
    assert_eq!(checkout.listed(&captured), ["120000 l x", "100644 new 3", "100755 x 11", "100644 y 22"]);
}

#[test]
fn a_filter_that_the_task_asks_for_is_applied_by_git_and_one_that_fails_loses_nothing() {
    let checkout = Checkout::with(&[("a.up", "before\n"), ("b.bad", "before\n")]);
    let test = &checkout.test;
    test.git(&["config", "filter.up.clean", "tr a-z A-Z"]);
    test.git(&["config", "filter.bad.clean", "false"]);
    test.git(&["config", "filter.bad.required", "true"]);
    test.write(".gitattributes", "*.up filter=up\n*.bad filter=bad\n*.none filter=none\n*.u16 working-tree-encoding=UTF-16LE\n");
    for path in ["a.up", "d/-n\n.up", "b.bad", "c.none"] {
        test.write(path, "after\n");
    }
    test.write("e.u16", "h\0i\0");
    let captured = checkout.capture();
    let listed = checkout.listed(&captured);
    let wanted =
        ["100644 a.up AFTER\n", "100644 b.bad before\n", "100644 c.none after\n", "100644 d/-n\n.up AFTER\n", "100644 e.u16 hi"];
    assert_eq!(listed[1..], wanted);
    assert_eq!(outputs(&captured), ["Unreadable b.bad 1/6"]);
    assert!(test.git(&["count-objects"]).starts_with("3 "), "nothing but the base was written to the repository itself");
}

#[test]
fn line_ends_that_git_would_not_let_in_are_no_obstacle() {
    let checkout = Checkout::with(&[("a.txt", "1\n")]);
    let test = &checkout.test;
    for (key, value) in [("core.autocrlf", "input"), ("core.safecrlf", "true")] {
        test.git(&["config", key, value]);
    }
    test.write("a.txt", "1\r\n2\r\n");
    assert_eq!(checkout.listed(&checkout.capture()), ["100644 a.txt 1\n2\n"]);
}

#[test]
fn what_the_user_has_staged_counts_and_flags_of_the_index_are_kept_to() {
    let checkout = Checkout::with(&[("a", "1"), ("b", "2"), ("c", "3"), ("s", "4")]);
    let test = &checkout.test;
    test.write("new", "n");
    test.write("ign", "i");
    test.write(".git/info/exclude", "ign\nforced\n");
    test.write("forced", "f");
    test.git(&["add", "-f", "new", "forced"]);
    test.git(&["rm", "-q", "--cached", "b"]);
    test.git(&["update-index", "--assume-unchanged", "c"]);
    test.git(&["update-index", "--skip-worktree", "s"]);
    test.write("c", "not looked at");
    fs::remove_file(checkout.path("s")).unwrap();
    fs::remove_file(checkout.path("b")).unwrap();
    let captured = checkout.capture();
    assert_eq!(checkout.listed(&captured), ["100644 a 1", "100644 c 3", "100644 forced f", "100644 new n", "100644 s 4"]);
    assert_eq!(outputs(&captured), ["Ignored ign 1/1"]);
}

#[test]
fn a_folder_deeper_than_a_path_may_be_long_is_an_output() {
    let checkout = Checkout::with(&[("a", "1")]);
    let root = Folder::open(&checkout.test.root()).unwrap();
    let name = "x".repeat(200);
    let mut folder = root.make("deep".as_ref()).unwrap();
    for _ in 0..40 {
        folder = folder.make(name.as_ref()).unwrap();
    }
    drop(folder.create(OsStr::from_bytes(b"f"), false).unwrap());
    let captured = checkout.capture();
    assert_eq!(checkout.listed(&captured), ["100644 a 1"]);
    assert_eq!(captured.outputs.len(), 1);
    assert_eq!(captured.outputs[0].kind, OutputKind::Unreadable);
    root.remove_all("deep".as_ref()).unwrap();
}

#[test]
fn attributes_are_those_that_git_reads_and_no_link_to_some_is_followed() {
    let checkout = Checkout::with(&[("a.txt", "1\n"), ("b.txt", "1\n"), ("d/i", "1\n"), ("k.txt", "1\r\n")]);
    let test = &checkout.test;
    crate::git::testing::write(&test.dir().join("rules"), "* text\n");
    test.write(".gitattributes", "\"a.txt\" text\n[attr]mark ident\nd/* mark\nk.txt text=auto\n");
    symlink(test.dir().join("rules"), checkout.path("d/.gitattributes")).unwrap();
    for (path, text) in [("a.txt", "1\r\n2\r\n"), ("b.txt", "1\r\n"), ("d/i", "$Id: x $\r\n"), ("k.txt", "1\r\n2\r\n")] {
        test.write(path, text);
    }
    let captured = checkout.capture();
    assert_eq!(Oid::from(captured.tree), by_git(&checkout).unwrap());
    let listed = checkout.listed(&captured);
    assert!(listed.contains(&"100644 a.txt 1\n2\n".to_owned()) && listed.contains(&"100644 d/i $Id$\r\n".to_owned()), "{listed:?}");
}
