//! Each feature that is refused, made by real git.

use super::{Unsupported, refuse};
use crate::git::Error;
use crate::git::testing::{TestRepo, write};

fn refused(test: &TestRepo) -> Option<Unsupported> {
    let repo = test.repo();
    let odb = repo.odb().unwrap();
    match refuse(&repo, &odb, test.tree().into()) {
        Ok(()) => None,
        Err(Error::Unsupported(unsupported)) => {
            assert!(!unsupported.hint().is_empty());
            Some(unsupported)
        }
        Err(e) => panic!("{e:?}"),
    }
}

#[test]
fn a_plain_repository_is_not_refused() {
    let test = TestRepo::with(&[
        ("a.txt", "one\n"),
        (".gitattributes", "* text=auto\n*.bat eol=crlf\n*.png binary\n*.c ident\n*.u working-tree-encoding=UTF-8\n"),
        (".gitmodules", ""),
        ("sub/.gitattributes", "*.ipynb filter=never-configured\n*.x -filter\n\"a filter=lfs\" text\n"),
    ]);
    test.git(&["config", "core.autocrlf", "input"]);
    test.git(&["config", "index.version", "4"]);
    test.git(&["update-index", "--index-version", "4", "--untracked-cache"]);
    assert_eq!(refused(&test), None);
}

#[test]
fn lfs_is_refused_wherever_it_is_named() {
    let deep = TestRepo::with(&[("a/b/.gitattributes", "*.psd filter=lfs diff=lfs merge=lfs -text\n")]);
    assert_eq!(refused(&deep), Some(Unsupported::Lfs { place: "a/b/.gitattributes".to_owned() }));

    let by_macro = TestRepo::with(&[(".gitattributes", "[attr]big filter=lfs\n*.psd big\n")]);
    assert_eq!(refused(&by_macro), Some(Unsupported::Lfs { place: ".gitattributes".to_owned() }));

    let outside = TestRepo::with(&[("a.txt", "one\n")]);
    write(&outside.root().join(".git/info/attributes"), "*.psd filter=lfs\n");
    assert!(matches!(refused(&outside), Some(Unsupported::Lfs { place }) if place.ends_with("info/attributes")));

    let users = TestRepo::with(&[("a.txt", "one\n")]);
    write(&users.dir().join("attributes"), "*.psd filter=lfs\n");
    users.git(&["config", "core.attributesFile", users.dir().join("attributes").to_str().unwrap()]);
    assert!(matches!(refused(&users), Some(Unsupported::Lfs { .. })));
}

#[test]
fn a_filter_is_refused_once_it_has_a_program() {
    let test = TestRepo::with(&[(".gitattributes", "*.ipynb filter=strip.out\n")]);
    assert_eq!(refused(&test), None, "git takes it for nothing");
    for key in ["clean", "smudge", "process"] {
        test.git(&["config", &format!("filter.strip.out.{key}"), "cat"]);
        let expected = Unsupported::Filter { name: "strip.out".to_owned(), place: ".gitattributes".to_owned() };
        assert_eq!(refused(&test), Some(expected), "{key}");
        test.git(&["config", "--unset", &format!("filter.strip.out.{key}")]);
    }
}

#[test]
fn an_encoding_other_than_utf8_is_refused() {
    let test = TestRepo::with(&[(".gitattributes", "*.rc text working-tree-encoding=UTF-16LE eol=crlf\n")]);
    let expected = Unsupported::Encoding { encoding: "UTF-16LE".to_owned(), place: ".gitattributes".to_owned() };
    assert_eq!(refused(&test), Some(expected));
}

#[test]
fn a_submodule_is_refused_by_its_path() {
    let inner = TestRepo::with(&[("a.txt", "one\n")]);
    let test = TestRepo::with(&[("b.txt", "two\n")]);
    let from = inner.root();
    test.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from.to_str().unwrap(), "libs/inner"]);
    test.commit();
    assert_eq!(refused(&test), Some(Unsupported::Submodule { path: "libs/inner".into() }));
}

#[test]
fn a_sparse_checkout_is_refused_and_not_once_it_is_disabled() {
    for arguments in [&["--no-sparse-index"][..], &["--sparse-index"][..]] {
        let test = TestRepo::with(&[("a/x", "1"), ("b/y", "2")]);
        test.git(&[&["sparse-checkout", "set", "--cone"], arguments, &["a"]].concat());
        assert_eq!(refused(&test), Some(Unsupported::SparseCheckout), "{arguments:?}");
        test.git(&["sparse-checkout", "disable"]);
        assert_eq!(refused(&test), None, "{arguments:?}");
    }
}

#[test]
fn a_sparse_index_is_refused_though_the_checkout_is_no_more_said_to_be_sparse() {
    let test = TestRepo::with(&[("a/x", "1"), ("b/y", "2")]);
    test.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "a"]);
    test.git(&["config", "--worktree", "core.sparseCheckout", "false"]);
    assert_eq!(refused(&test), Some(Unsupported::SparseIndex));
}

#[test]
fn a_split_index_is_refused_and_a_left_over_shared_one_is_not() {
    let test = TestRepo::with(&[("a", "1")]);
    test.git(&["update-index", "--split-index"]);
    assert_eq!(refused(&test), Some(Unsupported::SplitIndex));
    test.git(&["update-index", "--no-split-index"]);
    write(&test.root().join(".git/sharedindex.0123"), "");
    assert_eq!(refused(&test), None);
}

#[test]
fn a_partial_clone_is_refused() {
    let test = TestRepo::with(&[("a", "1")]);
    let source = format!("file://{}", test.root().display());
    test.git(&["config", "uploadpack.allowFilter", "true"]);
    test.git(&["clone", "-q", "--filter=blob:none", &source, "../partial"]);
    let repo = git2::Repository::open(test.dir().join("partial")).unwrap();
    let Err(Error::Unsupported(Unsupported::PartialClone { key })) = refuse(&repo, &repo.odb().unwrap(), test.tree().into()) else {
        panic!("not refused")
    };
    assert!(key.starts_with("remote.origin."), "{key}");
    test.git(&["config", "remote.origin.promisor", "false"]);
    assert_eq!(refused(&test), None);
}

#[test]
fn a_broken_tree_is_an_error_and_no_panic() {
    let test = TestRepo::with(&[("a", "1")]);
    let blob = test.git(&["rev-parse", "HEAD:a"]);
    let error = {
        let repo = test.repo();
        refuse(&repo, &repo.odb().unwrap(), blob.parse::<crate::id::TreeId>().unwrap()).unwrap_err()
    };
    assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
}
