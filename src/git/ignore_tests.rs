//! Ignore rules held against what real git says.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use proptest::prelude::*;

use super::*;
use crate::git::testing::TestRepo;
use crate::sys::folder::Folder;

/// Lists what is ignored as the capture finds it: folder by folder, whole where a folder is ignored.
fn ours(test: &TestRepo) -> Vec<String> {
    let ignores = Ignores::of(&test.repo()).unwrap();
    let root = Folder::open(&test.root()).unwrap();
    let text = |folder: &Folder| folder.read(FILE_NAME.as_ref()).ok().and_then(read);
    let place = ignores.root(text(&root).as_deref());
    let mut found = Vec::new();
    let mut todo = vec![(RepoPath::default(), root, place)];
    while let Some((path, folder, place)) = todo.pop() {
        for (name, _) in folder.entries().unwrap() {
            let child = path.join(name.as_bytes());
            if child.as_bytes() == b".git" {
                continue;
            }
            match folder.enter(&name).unwrap() {
                Some(below) => {
                    let place = ignores.enter(&place, &child, text(&below).as_deref());
                    if place.is_ignored() {
                        found.push(format!("{child}/"));
                    } else {
                        todo.push((child, below, place));
                    }
                }
                None if ignores.ignores(&place, &child, false) => found.push(child.to_string()),
                None => {}
            }
        }
    }
    found.sort();
    found
}

fn theirs(test: &TestRepo) -> Vec<String> {
    let arguments = ["ls-files", "-o", "-i", "--directory", "-z", "--exclude-standard"];
    let listed = String::from_utf8(test.git_in(&test.root(), &arguments)).unwrap();
    let mut found: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
    found.sort();
    found
}

fn test_repo() -> TestRepo {
    let test = TestRepo::init(&[]);
    test.git(&["config", "core.excludesFile", test.dir().join("users").to_str().unwrap()]);
    test
}

#[test]
fn a_deeper_file_takes_back_what_one_above_says_but_not_below_an_ignored_folder() {
    let test = test_repo();
    for (path, text) in [
        (".gitignore", "*.log\ntarget/\n/only\nkeep\\ \nspaces   \n\\#hash\r\n\\!bang\n"),
        ("sub/.gitignore", "!important.log\n"),
        ("target/.gitignore", "!x\n"),
    ] {
        test.write(path, text);
    }
    for path in ["a.log", "sub/b.log", "sub/important.log", "target/x", "only", "sub/only", "keep ", "spaces", "#hash", "!bang"] {
        test.write(path, "");
    }
    assert_eq!(ours(&test), ["!bang", "#hash", "a.log", "keep ", "only", "spaces", "sub/b.log", "target/"]);
    assert_eq!(ours(&test), theirs(&test));
}

#[test]
fn the_users_own_rules_yield_to_those_of_the_repository() {
    let test = test_repo();
    crate::git::testing::write(&test.dir().join("users"), "*.tmp\n*.bak\n*.old\n");
    test.write(".git/info/exclude", "!a.tmp\nsecret\n!b.old\n");
    test.write(".gitignore", "!*.bak\nb.old\n");
    for path in ["a.tmp", "b.tmp", "c.bak", "b.old", "d/secret"] {
        test.write(path, "");
    }
    assert_eq!(ours(&test), ["b.old", "b.tmp", "d/secret"]);
    assert_eq!(theirs(&test), ["b.old", "b.tmp", "d/", "d/secret"], "git also names a folder that holds nothing else");
}

#[test]
fn an_ignore_file_that_is_a_link_or_a_folder_is_none() {
    let test = test_repo();
    crate::git::testing::write(&test.dir().join("rules"), "a\n");
    std::os::unix::fs::symlink(test.dir().join("rules"), test.root().join(".gitignore")).unwrap();
    fs::create_dir_all(test.root().join("sub/.gitignore")).unwrap();
    for path in ["a", "sub/a", "sub/.gitignore/a"] {
        test.write(path, "");
    }
    assert_eq!(ours(&test), Vec::<String>::new());
    assert_eq!(ours(&test), theirs(&test));
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "ab", "a.b", "b-", "a b", "!", "#", "B", "[", "a*"]).prop_map(str::to_owned)
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(name(), 1..4).prop_map(|parts| parts.join("/"))
}

fn pattern() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "a",
        "b",
        "*",
        "**",
        "?",
        "a*",
        "*b",
        "[ab]",
        "[!a]",
        "[^b]*",
        "ab",
        "a.b",
        "\\!",
        "\\#",
        "a\\ b",
        "a b",
        "B",
        "b-",
        "[a-b]?",
        "[[:alpha:]]",
        "**b",
        "a**",
        "\\[",
        "[]b]",
        "[[:x:]]",
        "[a",
        "a\\*",
        "***",
        "",
    ]);
    let parts = prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"));
    let ends = prop::sample::select(vec!["", "", "", "/", " ", "  ", "\r", "\\ ", "\\"]);
    let starts = prop::sample::select(vec!["", "", "", "!", "!", "/", "!/", "#", "**/"]);
    (starts, parts, ends).prop_map(|(start, middle, end)| format!("{start}{middle}{end}"))
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(48)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_ignored_is_what_git_ignores(
        files in prop::collection::vec(path(), 1..25),
        ignore_files in prop::collection::vec((prop::option::of(path()), prop::collection::vec(pattern(), 1..6)), 1..4),
        users in prop::collection::vec(pattern(), 0..3),
        exclude in prop::collection::vec(pattern(), 0..3),
        fold in any::<bool>(),
    ) {
        let test = test_repo();
        test.git(&["config", "core.ignoreCase", if fold { "true" } else { "false" }]);
        crate::git::testing::write(&test.dir().join("users"), users.join("\n"));
        test.write(".git/info/exclude", exclude.join("\n"));
        for path in &files {
            let target = test.root().join(path);
            if fs::create_dir_all(target.parent().unwrap()).is_ok() && !target.exists() {
                drop(fs::File::create(target));
            }
        }
        for (folder, lines) in &ignore_files {
            let folder = folder.as_ref().map_or(test.root(), |folder| test.root().join(folder));
            if folder.is_dir() {
                crate::git::testing::write(&folder.join(FILE_NAME), lines.join("\n"));
            }
        }
        // Git lists a folder of which everything is ignored as if it were ignored; and no empty one.
        let arguments = ["ls-files", "-o", "-z", "--exclude-standard"];
        let listed = String::from_utf8(test.git_in(&test.root(), &arguments)).unwrap();
        let mut theirs: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
        theirs.sort();
        let ignored = ours(&test);
        let mut kept: Vec<String> = all_files(&test);
        kept.retain(|path| !ignored.iter().any(|ignored| path == ignored || (ignored.ends_with('/') && path.starts_with(ignored))));
        prop_assert_eq!(kept, theirs);
    }
}

fn all_files(test: &TestRepo) -> Vec<String> {
    let listed = test.git_in(&test.root(), &["ls-files", "-o", "-z"]);
    let mut found: Vec<String> = String::from_utf8(listed).unwrap().split_terminator('\0').map(str::to_owned).collect();
    found.sort();
    found
}
