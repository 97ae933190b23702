//! Checkouts held against what real git would write.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid, Repository};

use super::{Before, Writer, Written};
use crate::git::testing::{TestRepo, write};
use crate::git::tree::{self, Change, Entry};
use crate::git::{Error, on_disk};
use crate::sys::folder::Folder;
use crate::task::RepoPath;

fn changes(repo: &Repository, old: Oid, new: Oid) -> Vec<Change> {
    tree::changes(&repo.odb().unwrap(), Some(old), Some(new)).unwrap()
}

/// Brings the checkout from one tree to another. Returns the paths that were left alone.
fn bring(test: &TestRepo, old: Oid, new: Oid, careful: bool) -> Vec<RepoPath> {
    let repo = test.repo();
    let changes = changes(&repo, old, new);
    let mut writer = Writer::new(&repo, &test.root(), new.into(), None).unwrap();
    let mut left = Vec::new();
    let report = |change: &Change, written| {
        match written {
            Written::Done(metadata) => assert_eq!(metadata.is_symlink(), change.new.unwrap().mode == 0o120_000),
            Written::Gone => assert_eq!(change.new, None),
            Written::Differs => left.push(change.path.clone()),
        }
        Ok(())
    };
    writer.apply(&changes, careful, report).unwrap();
    writer.sync().unwrap();
    left
}

/// Commits what `make` does to the checkout and returns the trees before and after, with the checkout back at the former.
fn two_trees(test: &TestRepo, make: impl FnOnce(&TestRepo)) -> (Oid, Oid) {
    let old = test.tree();
    make(test);
    test.commit();
    let new = test.tree();
    test.git(&["read-tree", "--reset", "-u", &old.to_string()]);
    (old, new)
}

/// What git says of the checkout once its index is at the tree.
fn status_at(test: &TestRepo, tree: Oid) -> String {
    test.git(&["read-tree", &tree.to_string()]);
    test.git(&["diff", "--name-status"]) + &test.git(&["ls-files", "--others"])
}

#[test]
fn a_checkout_goes_from_tree_to_tree_and_back_as_git_would_take_it() {
    let test =
        TestRepo::with(&[("keep", "k"), ("gone/deep/er", "g"), ("file-to-folder", "f"), ("folder-to-file/x", "x"), ("run", "r")]);
    let (old, new) = two_trees(&test, |test| {
        test.git(&["rm", "-rqf", "gone", "file-to-folder", "folder-to-file"]);
        test.write("file-to-folder/a/b", "1");
        test.write("folder-to-file", "2");
        test.write("sp ace\nline", "3");
        test.write(b"caf\xe9/\xff", "4");
        symlink("nowhere", test.root().join("link")).unwrap();
        fs::set_permissions(test.root().join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    });
    for careful in [true, false] {
        assert_eq!(bring(&test, old, new, careful), []);
        assert_eq!(status_at(&test, new), "");
        assert!(!test.root().join("gone").exists());
        assert_eq!(fs::read(test.root().join(OsStr::from_bytes(b"caf\xe9/\xff"))).unwrap(), b"4");
        assert_eq!(bring(&test, new, old, careful), []);
        assert_eq!(status_at(&test, old), "");
    }
}

#[test]
fn a_file_gets_the_rights_that_the_umask_leaves() {
    let test = TestRepo::with(&[("a", "a")]);
    let (old, new) = two_trees(&test, |test| {
        test.write("plain", "p");
        test.write("run", "r");
        fs::set_permissions(test.root().join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    });
    bring(&test, old, new, true);
    let mode = |name: &str| fs::metadata(test.root().join(name)).unwrap().permissions().mode() & 0o777;
    let umask = 0o777
        & !{
            write(&test.dir().join("probe"), "");
            fs::metadata(test.dir().join("probe")).unwrap().permissions().mode() | 0o111
        };
    assert_eq!(mode("plain"), 0o666 & !umask);
    assert_eq!(mode("run"), 0o777 & !umask);
}

#[test]
fn what_is_not_as_it_was_is_left_alone() {
    type Spoil = fn(&TestRepo);
    let cases: [(&str, Spoil); 9] = [
        ("changed", |t| t.write("changed", "mine")),
        ("changed", |t| fs::remove_file(t.root().join("changed")).unwrap()),
        ("changed", |t| fs::set_permissions(t.root().join("changed"), fs::Permissions::from_mode(0o755)).unwrap()),
        ("changed", |t| {
            fs::remove_file(t.root().join("changed")).unwrap();
            symlink("a", t.root().join("changed")).unwrap();
        }),
        ("removed", |t| t.write("removed", "mine")),
        ("removed", |t| {
            fs::remove_file(t.root().join("removed")).unwrap();
            t.write("removed/ignored", "mine");
        }),
        ("new/file", |t| t.write("new/file", "mine")),
        ("new/file", |t| t.write("new", "mine")),
        ("new/file", |t| symlink(t.dir(), t.root().join("new")).unwrap()),
    ];
    for (n, (path, spoil)) in cases.into_iter().enumerate() {
        let test = TestRepo::with(&[("changed", "1"), ("removed", "1")]);
        let (old, new) = two_trees(&test, |test| {
            test.write("changed", "2");
            test.write("new/file", "2");
            fs::remove_file(test.root().join("removed")).unwrap();
        });
        spoil(&test);
        let spoiled = snapshot(&test.root().join(Path::new(path).iter().next().unwrap()));
        assert_eq!(bring(&test, old, new, true), [RepoPath::from(path)], "case {n}");
        assert_eq!(snapshot(&test.root().join(Path::new(path).iter().next().unwrap())), spoiled, "case {n}");
        assert!(!test.dir().join("file").exists(), "case {n} wrote through a link");
        assert_eq!(fs::read_to_string(test.root().join("changed")).ok().as_deref() == Some("2"), path != "changed");
    }
}

/// Every path below, with its mode and bytes.
fn snapshot(at: &Path) -> Vec<(PathBuf, u32, Vec<u8>)> {
    let Ok(metadata) = fs::symlink_metadata(at) else { return Vec::new() };
    let bytes = if metadata.is_file() { fs::read(at).unwrap() } else { Vec::new() };
    let mut found = vec![(at.to_owned(), metadata.permissions().mode(), bytes)];
    if metadata.is_dir() {
        found.extend(fs::read_dir(at).unwrap().flat_map(|entry| snapshot(&entry.unwrap().path())));
    }
    found
}

#[test]
fn by_force_nothing_is_in_the_way_and_no_link_is_followed() {
    let test = TestRepo::with(&[("a", "a")]);
    let (old, new) = two_trees(&test, |test| {
        test.write("one/x", "1");
        test.write("two/x", "2");
        test.write("three", "3");
        test.write("locked/x", "4");
    });
    let outside = test.dir().join("outside");
    write(&outside.join("x"), "theirs");
    symlink(&outside, test.root().join("one")).unwrap();
    test.write("two", "a file");
    test.write("three/full/of", "things");
    test.write("locked/y", "");
    fs::set_permissions(test.root().join("locked"), fs::Permissions::from_mode(0o000)).unwrap();
    assert_eq!(bring(&test, old, new, false), []);
    fs::remove_file(test.root().join("locked/y")).unwrap();
    assert_eq!(status_at(&test, new), "");
    assert_eq!(fs::read(outside.join("x")).unwrap(), b"theirs");
}

#[test]
fn the_new_trees_attributes_decide_about_line_ends_and_not_those_of_the_checkout() {
    let test =
        TestRepo::with(&[("a.bat", "one\n"), ("b.txt", "one\n"), ("sub/c.bat", "one\n"), (".gitattributes", "*.txt eol=crlf\n")]);
    test.git(&["checkout", "-q", "-f", "HEAD", "--", "."]);
    let (old, new) = two_trees(&test, |test| {
        test.write(".gitattributes", "[attr]dos eol=crlf\n*.bat dos\n*.id ident\n");
        test.write("sub/.gitattributes", "c.bat -text\n");
        for path in ["a.bat", "b.txt", "sub/c.bat"] {
            test.write(path, "two\n");
        }
        test.write("x.id", "$Id$\n");
    });
    test.write("b.txt", "one\r\n");
    assert_eq!(bring(&test, old, new, true), []);
    let read = |path: &str| fs::read_to_string(test.root().join(path)).unwrap();
    assert_eq!(read("a.bat"), "two\r\n");
    assert_eq!(read("b.txt"), "two\n", "the old tree's attributes are of no account");
    assert_eq!(read("sub/c.bat"), "two\n");
    assert!(read("x.id").starts_with("$Id: "), "{}", read("x.id"));
    assert_eq!(status_at(&test, new), "");
}

#[test]
fn the_configuration_decides_about_line_ends_too() {
    for (key, value) in [("core.autocrlf", "true"), ("core.eol", "crlf")] {
        let test = TestRepo::with(&[("a.txt", "one\n"), (".gitattributes", "*.txt text\n")]);
        let (old, new) = two_trees(&test, |test| test.write("a.txt", "two\n"));
        test.git(&["config", key, value]);
        assert_eq!(bring(&test, old, new, true), []);
        assert_eq!(fs::read_to_string(test.root().join("a.txt")).unwrap(), "two\r\n", "{key}");
        assert_eq!(bring(&test, new, old, true), [], "{key}: it is as git would store it");
        assert_eq!(status_at(&test, old), "");
    }
    let test = TestRepo::with(&[("a.txt", "one\n")]);
    let (old, new) = two_trees(&test, |test| test.write("a.txt", "two\n"));
    write(&test.root().join(".git/info/attributes"), "a.* eol=crlf\n");
    assert_eq!(bring(&test, old, new, true), []);
    assert_eq!(fs::read_to_string(test.root().join("a.txt")).unwrap(), "two\r\n");
}

#[test]
fn a_path_that_leads_out_or_into_git_is_never_written() {
    let test = TestRepo::with(&[("a", "a")]);
    let repo = test.repo();
    let writer = Writer::new(&repo, &test.root(), test.tree().into(), None).unwrap();
    let entry = Entry { mode: 0o100_644, id: repo.blob(b"evil").unwrap() };
    for path in ["../x", "a/../../x", "/x", "a//x", ".git/hooks/pre-commit", "sub/.GIT/config", "GIT~1/config", ".", "", "x\0y"] {
        for before in [Before::Whatever, Before::Like(None)] {
            assert!(matches!(writer.write(&path.into(), entry, before), Err(Error::Corrupt { .. })), "{path:?}");
            assert!(matches!(writer.remove(&path.into(), before), Err(Error::Corrupt { .. })), "{path:?}");
        }
    }
    assert!(!test.dir().join("x").exists());
}

#[test]
fn what_a_crash_left_beside_a_file_goes_when_the_file_is_tried_again() {
    for spoiled in [false, true] {
        let test = TestRepo::with(&[("dir/a", "1")]);
        let (old, new) = two_trees(&test, |test| test.write("dir/a", "2"));
        let debris = test.root().join("dir").join(super::temporary(&"dir/a".into()));
        write(&debris, "half");
        if spoiled {
            test.write("dir/a", "mine");
        }
        assert_eq!(bring(&test, old, new, true).len(), usize::from(spoiled));
        assert!(!debris.exists());
    }
}

#[test]
fn a_blob_that_is_not_there_is_an_error_and_changes_nothing() {
    let test = TestRepo::with(&[("a", "1")]);
    let repo = test.repo();
    let writer = Writer::new(&repo, &test.root(), test.tree().into(), None).unwrap();
    let entry = Entry { mode: 0o100_644, id: Oid::hash_object(ObjectType::Blob, b"nowhere").unwrap() };
    assert!(matches!(writer.write(&"a".into(), entry, Before::Whatever), Err(Error::Missing { .. })));
    assert_eq!(fs::read(test.root().join("a")).unwrap(), b"1");
}

#[test]
fn a_state_is_named_by_what_lies_there() {
    let test = TestRepo::with(&[("a", "1")]);
    symlink("a", test.root().join("link")).unwrap();
    symlink(".", test.root().join("here")).unwrap();
    let root = Folder::open(&test.root()).unwrap();
    let state = |path: &str| on_disk::state_of(&root, &path.into()).unwrap();
    let blob = |bytes: &[u8]| Oid::hash_object(ObjectType::Blob, bytes).unwrap();
    assert_eq!(state("a"), on_disk::OnDisk::File { id: blob(b"1"), executable: false });
    assert_eq!(state("link"), on_disk::OnDisk::Link { id: blob(b"a") });
    assert_eq!(state("here/a"), on_disk::OnDisk::Absent, "a link is not followed");
    assert_eq!(state(".git"), on_disk::OnDisk::Folder);
    assert_eq!(state("nothing/at/all"), on_disk::OnDisk::Absent);
}
