//! Trees held against those that real git makes, on random edits too.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::git::testing::TestRepo;

fn blob(odb: &Odb<'_>, text: &str) -> Entry {
    Entry { mode: FILE, id: odb.write(ObjectType::Blob, text.as_bytes()).unwrap() }
}

fn edits<const N: usize>(list: [(&str, Option<Entry>); N]) -> Edits {
    list.into_iter().map(|(path, entry)| (RepoPath::from(path), entry)).collect()
}

fn paths(odb: &Odb<'_>, tree: Oid) -> Vec<String> {
    flatten(odb, tree).unwrap().iter().map(|(path, _)| path.to_string()).collect()
}

#[test]
fn a_file_becomes_a_folder_and_a_folder_a_file() {
    let test = TestRepo::init(&[]);
    let repo = test.repo();
    let odb = repo.odb().unwrap();
    let one = blob(&odb, "one\n");
    let base =
        edit(&odb, &odb, None, &edits([("a", Some(one)), ("a.b", Some(one)), ("d/x/y", Some(one)), ("d/z", Some(one))])).unwrap();
    assert_eq!(paths(&odb, base), ["a", "a.b", "d/x/y", "d/z"]);
    for (change, expected) in [
        (edits([("a", None), ("a/b", Some(one))]), vec!["a.b", "a/b", "d/x/y", "d/z"]),
        (edits([("a/b", Some(one))]), vec!["a.b", "a/b", "d/x/y", "d/z"]),
        (edits([("d", Some(one)), ("d/x/y", None)]), vec!["a", "a.b", "d"]),
        (edits([("d/x", Some(one))]), vec!["a", "a.b", "d/x", "d/z"]),
        (edits([("d", None)]), vec!["a", "a.b"]),
        (edits([("d", None), ("d/n", Some(one))]), vec!["a", "a.b", "d/n"]),
        (edits([("a/b", None), ("nothing/here", None)]), vec!["a", "a.b", "d/x/y", "d/z"]),
    ] {
        let tree = edit(&odb, &odb, Some(base), &change).unwrap();
        assert_eq!(paths(&odb, tree), expected, "{change:?}");
        test.git(&["fsck", "--strict", "--no-dangling"]);
    }
}

#[test]
fn folders_that_become_empty_vanish_and_nothing_is_the_empty_tree() {
    let test = TestRepo::init(&[]);
    let repo = test.repo();
    let odb = repo.odb().unwrap();
    let one = blob(&odb, "one\n");
    let base = edit(&odb, &odb, None, &edits([("d/x/y", Some(one)), ("e", Some(one))])).unwrap();
    let less = edit(&odb, &odb, Some(base), &edits([("d/x/y", None)])).unwrap();
    assert_eq!(find(&odb, less, &RepoPath::from("d")).unwrap(), None);
    let none = edit(&odb, &odb, Some(less), &edits([("e", None)])).unwrap();
    assert_eq!(none.to_string(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    assert_eq!(test.git(&["cat-file", "-t", &none.to_string()]), "tree");
    assert_eq!(paths(&odb, none), Vec::<String>::new());
}

#[test]
fn an_edit_that_changes_nothing_writes_nothing() {
    let test = TestRepo::with(&[("a/b/c", "1"), ("d", "2")]);
    let repo = test.repo();
    let odb = repo.odb().unwrap();
    let writer = Odb::new().unwrap();
    let there = find(&odb, test.tree(), &RepoPath::from("a/b/c")).unwrap();
    let same = edit(&odb, &writer, Some(test.tree()), &edits([("a/b/c", there), ("x/y", None)])).unwrap();
    assert_eq!(same, test.tree(), "an odb without a place to write to was not needed");
}

#[test]
fn what_is_there_is_found_be_it_file_or_folder() {
    let test = TestRepo::with(&[("a/b/c", "1"), ("d", "2")]);
    let repo = test.repo();
    let odb = repo.odb().unwrap();
    let mode = |path: &str| find(&odb, test.tree(), &RepoPath::from(path)).unwrap().map(|entry| entry.mode);
    assert_eq!([mode("a/b/c"), mode("a/b"), mode(""), mode("d")], [Some(FILE), Some(FOLDER), Some(FOLDER), Some(FILE)]);
    assert_eq!([mode("d/e"), mode("a/x"), mode("b")], [None, None, None]);
}

#[test]
fn a_tree_that_is_missing_or_broken_is_an_error_that_names_it() {
    let test = TestRepo::with(&[("a", "1")]);
    let repo = test.repo();
    let odb = repo.odb().unwrap();
    let nowhere = Oid::from_str("1111111111111111111111111111111111111111").unwrap();
    let blob = blob(&odb, "1").id;
    assert!(matches!(changes(&odb, None, Some(nowhere)), Err(Error::Missing { object }) if object == nowhere.to_string()));
    assert!(matches!(changes(&odb, None, Some(blob)), Err(Error::Corrupt { object, .. }) if object == blob.to_string()));
    for raw in [&b"100644 a"[..], b"100644 a\0short", b"x a\0aaaaaaaaaaaaaaaaaaaa", b"no space in sight at all"] {
        assert!(parse(nowhere, raw).is_err(), "{raw:?}");
    }
}

/// Paths that meet in many ways: names that are each other's prefix, with what sorts before and after `/`.
fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "a.", "a-", "a0", "b", "é", "a b"]), 1..4)
        .prop_map(|parts| parts.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn editing_from_one_tree_to_another_is_what_git_makes_and_their_changes_lead_there(
        old in prop::collection::btree_map(path(), 0..4u8, 0..12),
        new in prop::collection::btree_map(path(), 0..4u8, 0..12),
    ) {
        let test = TestRepo::init(&[]);
        let repo = test.repo();
        let odb = repo.odb().unwrap();
        let mut trees = Vec::new();
        for files in [&old, &new] {
            // A file that is also a folder cannot be: the file goes.
            let folder = |path: &str| files.keys().any(|other| other.starts_with(&format!("{path}/")));
            let mut index = git2::Index::open(&test.dir().join(format!("index{}", trees.len()))).unwrap();
            let mut wanted = Edits::new();
            for (path, text) in files.iter().filter(|(path, _)| !folder(path)) {
                let entry = blob(&odb, &text.to_string());
                wanted.insert(RepoPath::from(path.as_str()), Some(entry));
                index.add(&index_entry(path, entry)).unwrap();
            }
            let tree = edit(&odb, &odb, None, &wanted).unwrap();
            prop_assert_eq!(tree, index.write_tree_to(&repo).unwrap());
            trees.push(tree);
        }
        let listed = changes(&odb, Some(trees[0]), Some(trees[1])).unwrap();
        prop_assert!(listed.windows(2).all(|pair| pair[0].path < pair[1].path));
        let mut text = String::new();
        for change in &listed {
            let status = match (change.old, change.new) { (None, _) => 'A', (_, None) => 'D', _ => 'M' };
            write!(text, "{status}\0{}\0", change.path).unwrap();
        }
        let (from, to) = (trees[0].to_string(), trees[1].to_string());
        let theirs = test.git_in(&test.root(), &["diff-tree", "-r", "-z", "--name-status", "--no-renames", &from, &to]);
        prop_assert_eq!(text, String::from_utf8(theirs).unwrap());
        let there = listed.into_iter().map(|change| (change.path, change.new)).collect();
        prop_assert_eq!(edit(&odb, &odb, Some(trees[0]), &there).unwrap(), trees[1]);
    }
}

fn index_entry(path: &str, entry: Entry) -> git2::IndexEntry {
    let time = git2::IndexTime::new(0, 0);
    git2::IndexEntry {
        ctime: time,
        mtime: time,
        dev: 0,
        ino: 0,
        mode: u32::try_from(entry.mode).unwrap(),
        uid: 0,
        gid: 0,
        file_size: 0,
        id: entry.id,
        flags: 0,
        flags_extended: 0,
        path: path.into(),
    }
}
