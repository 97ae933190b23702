//! Inputs from a real repository.

use std::ffi::OsStr;

use super::*;
use crate::git::testing::TestRepo;

/// A repository with tables, a folder of projects, ignored data and a file that nobody committed.
fn project() -> TestRepo {
    let repo = TestRepo::with(&[
        (".gitignore", "data/\n*.log\n"),
        ("tables/t1.tex", "1"),
        ("tables/t2.tex", "2"),
        ("tables/old/t0.tex", "0"),
        ("projects/a/do.R", "a"),
        ("projects/b/do.R", "b"),
        ("projects.txt", "x"),
        ("odd [1].tex", "odd"),
        ("main.tex", "m"),
    ]);
    repo.write("data/raw.csv", "1,2");
    repo.write("data/deep/more.csv", "1,2");
    repo.write("new.tex", "new");
    repo
}

fn read_in(repo: &TestRepo, cwd: &str, source: &Source, stdin: &[u8]) -> Result<Inputs, Error> {
    let git = repo.repo();
    let odb = git.odb().unwrap();
    let place = Place { odb: &odb, tree: repo.tree().into(), cwd: &cwd.into(), dir: repo.dir(), repo: &git };
    read(&place, source, &mut &*stdin)
}

fn globs(given: &[&str]) -> Source {
    Source::Globs(given.iter().map(|glob| (*glob).into()).collect())
}

fn firsts(inputs: &Inputs) -> Vec<String> {
    inputs.rows.iter().map(|row| row[0].to_string()).collect()
}

fn listed(repo: &TestRepo, cwd: &str, given: &[&str]) -> Vec<String> {
    let inputs = read_in(repo, cwd, &globs(given), b"").unwrap();
    assert!(inputs.are_files && inputs.columns.is_empty() && inputs.notes.is_empty(), "{inputs:?}");
    firsts(&inputs)
}

fn refused(repo: &TestRepo, cwd: &str, given: &str) -> String {
    read_in(repo, cwd, &globs(&[given]), b"").unwrap_err().to_string()
}

#[test]
fn globs_name_files_of_the_base_relative_to_the_folder() {
    let repo = project();
    for (cwd, given, found) in [
        ("", &["tables/*.tex"][..], &["tables/t1.tex", "tables/t2.tex"][..]),
        ("", &["tables/*"], &["tables/t1.tex", "tables/t2.tex"]),
        ("", &["**/t[01].tex"], &["tables/old/t0.tex", "tables/t1.tex"]),
        ("", &["{main,odd*}.tex", "tables/t1.tex"], &["main.tex", "odd [1].tex", "tables/t1.tex"]),
        ("tables", &["*.tex"], &["t1.tex", "t2.tex"]),
        ("tables", &["../o*.tex", "/main.tex"], &["../odd [1].tex", "../main.tex"]),
        ("tables/old", &["../t2.tex", "."], &["../t2.tex", "."]),
    ] {
        assert_eq!(listed(&repo, cwd, given), found, "{given:?} in {cwd}");
    }
}

#[test]
fn a_path_is_meant_itself_and_may_be_a_folder() {
    let repo = project();
    let full = repo.root().join("tables/t1.tex");
    for (cwd, given, found) in [
        ("", "odd [1].tex", "odd [1].tex"),
        ("", "./tables//old/", "tables/old"),
        ("projects", "a", "a"),
        ("projects", "../tables/../main.tex", "../main.tex"),
        ("", full.to_str().unwrap(), "tables/t1.tex"),
    ] {
        assert_eq!(listed(&repo, cwd, &[given]), [found], "{given} in {cwd}");
    }
    assert_eq!(listed(&repo, "", &["tables/t2.tex", "main.tex"]), ["tables/t2.tex", "main.tex"], "the order is the caller's");
}

#[test]
fn a_glob_names_folders_where_it_fits_no_file_or_ends_in_a_slash() {
    let repo = project();
    assert_eq!(listed(&repo, "", &["projects/*"]), ["projects/a", "projects/b"]);
    assert_eq!(listed(&repo, "", &["*s/"]), ["projects", "tables"]);
    assert_eq!(listed(&repo, "", &["tables/*/"]), ["tables/old"]);
    assert_eq!(listed(&repo, "projects/a", &["../../*/*/"]), [".", "../b", "../../tables/old"]);
}

#[test]
fn what_names_nothing_of_the_base_is_an_error_that_says_what_is_there() {
    let repo = project();
    for (given, why) in [
        ("data/raw.csv", "`data/raw.csv` names no file of the base: git ignores what is there"),
        ("data", "`data` names no file of the base: git ignores what is there"),
        ("data/**/*.csv", "`data/**/*.csv` names no file of the base: git ignores what is there"),
        ("**/*.csv", "`**/*.csv` names no file of the base: git ignores what is there"),
        ("new.tex", "`new.tex` names no file of the base: what is there is not committed"),
        ("n*.tex", "`n*.tex` names no file of the base: what is there is not committed"),
        ("tables/t9.tex", "`tables/t9.tex` names no file of the base"),
        ("tabels/*.tex", "`tabels/*.tex` names no file of the base"),
        ("**/HEAD", "`**/HEAD` names no file of the base"),
        ("main.tex/x", "`main.tex/x` names no file of the base"),
        ("../x.tex", "`../x.tex` leads out of the repository"),
        ("../*.tex", "`../*.tex` leads out of the repository"),
        ("/dev/null", "`/dev/null` leads out of the repository"),
        ("/dev/nul*", "`/dev/nul*` leads out of the repository"),
        ("a[", "`a[` is not a glob: unclosed character class; missing ']'"),
    ] {
        assert_eq!(refused(&repo, "", given), why);
    }
    assert_eq!(refused(&repo, "tables", "../data/*"), "`../data/*` names no file of the base: git ignores what is there");
}

#[test]
fn names_that_are_not_utf8_are_files_like_others() {
    let repo = project();
    repo.write(b"caf\xe9/a.tex", "a");
    repo.commit();
    let given = Source::Globs(vec![OsStr::from_bytes(b"caf\xe9/a.tex").into(), "caf?/*.tex".into()]);
    let inputs = read_in(&repo, "", &given, b"").unwrap();
    assert_eq!(inputs.rows, [[Text::from(OsStr::from_bytes(b"caf\xe9/a.tex"))]]);
    let given = Source::Globs(vec![OsStr::from_bytes(b"caf\xe9/*.tex").into()]);
    assert!(matches!(read_in(&repo, "", &given, b""), Err(Error::Glob(_))));
}

#[test]
fn ten_thousand_paths_of_a_shells_own_glob_are_read_in_their_order() {
    let repo = TestRepo::init(&[]);
    let names: Vec<_> = (0..10_000).map(|n| format!("d/{n:05}.txt")).collect();
    let git = repo.repo();
    let blob = git.blob(b"x").unwrap();
    let mut folder = git.treebuilder(None).unwrap();
    for name in &names {
        folder.insert(&name[2..], blob, 0o100_644).unwrap();
    }
    let mut root = git.treebuilder(None).unwrap();
    root.insert("d", folder.write().unwrap(), 0o040_000).unwrap();
    let (odb, tree) = (git.odb().unwrap(), root.write().unwrap().into());
    let place = Place { odb: &odb, tree, cwd: &"d".into(), dir: repo.dir(), repo: &git };
    let given = Source::Globs(names.iter().map(|name| name[2..].into()).collect());
    let inputs = read(&place, &given, &mut std::io::empty()).unwrap();
    assert_eq!(inputs.rows.len(), names.len());
    assert_eq!((inputs.rows[0][0].clone(), inputs.rows[9_999][0].clone()), ("00000.txt".into(), "09999.txt".into()));
}

#[test]
fn a_submodule_is_an_input_by_name_and_no_file() {
    let repo = TestRepo::with(&[("a/file", "x")]);
    let commit = repo.head().to_string();
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},a/sub")]);
    repo.git(&["commit", "-qm", "sub"]);
    assert_eq!(listed(&repo, "", &["a/*"]), ["a/file"]);
    assert_eq!(listed(&repo, "", &["a/sub"]), ["a/sub"]);
    assert_eq!(listed(&repo, "", &["a/s*"]), ["a/sub"]);
}

#[test]
fn lines_come_from_a_file_or_from_stdin() {
    let repo = project();
    let source = |file: Option<&str>, nul| Source::Lines { file: file.map(Into::into), nul };
    crate::git::testing::write(&repo.dir().join("list.txt"), "one\r\n\ntwo\n");
    let inputs = read_in(&repo, "", &source(Some("list.txt"), false), b"").unwrap();
    assert_eq!((firsts(&inputs), inputs.are_files), (vec!["one".to_owned(), "two".to_owned()], false));
    let inputs = read_in(&repo, "tables", &source(None, true), b"t1.tex\0../main.tex\0old\0").unwrap();
    assert_eq!((firsts(&inputs).len(), inputs.are_files), (3, true));
    let inputs = read_in(&repo, "", &source(None, false), b"main.tex\nnew.tex\n").unwrap();
    assert!(!inputs.are_files, "the base has no new.tex");
    for (source, stdin, why) in [
        (source(None, false), &b"\n\n"[..], "there are no inputs: stdin names none"),
        (source(None, false), b"a\nb\0c\n", "stdin, line 2: there is a NUL byte in it"),
        (source(Some("gone.txt"), false), b"", "there is no file `gone.txt`"),
        (globs(&[]), b"", "there are no inputs: `--inputs` names none"),
    ] {
        assert_eq!(read_in(&repo, "", &source, stdin).unwrap_err().to_string(), why);
    }
    let folder = read_in(&repo, "", &source(Some("repo"), false), b"");
    assert!(matches!(folder, Err(Error::File(_))), "{folder:?}");
}

#[test]
fn a_table_has_named_columns_and_its_first_may_name_files() {
    let repo = project();
    let write = |text: &str| crate::git::testing::write(&repo.dir().join("list.csv"), text);
    let csv = Source::Csv("list.csv".into());
    write("file,who\ntables/t1.tex,\"Smith, J.\"\nmain.tex,Lee\n");
    let inputs = read_in(&repo, "", &csv, b"").unwrap();
    assert_eq!(inputs.columns, ["file", "who"]);
    assert_eq!(inputs.rows[0], ["tables/t1.tex".into(), "Smith, J.".into()]);
    assert!(inputs.are_files);
    for (text, why) in [
        ("file,who\n", "there are no inputs: `list.csv` names none"),
        ("file,who\nmain.tex,Lee\nx\n", "list.csv:3:1: expected 2 fields as in the first row, found 1"),
    ] {
        write(text);
        assert_eq!(read_in(&repo, "", &csv, b"").unwrap_err().to_string(), why);
    }
}

#[test]
fn equal_rows_are_taken_once_and_named() {
    let repo = project();
    let lines = Source::Lines { file: None, nul: false };
    let inputs = read_in(&repo, "", &lines, b"a\nb\na\na\nc\n").unwrap();
    assert_eq!(firsts(&inputs), ["a", "b", "c"]);
    assert_eq!(inputs.notes, ["given more than once, taken once: a"]);
    let inputs = read_in(&repo, "", &lines, b"a\nb\nc\nd\ne\ne\nd\nc\nb\na\n").unwrap();
    assert_eq!(inputs.notes, ["given more than once, taken once: e, d, c and 2 more"]);
    let inputs = read_in(&repo, "", &globs(&["tables/*.tex", "tables/../tables/t1.tex"]), b"").unwrap();
    assert_eq!((firsts(&inputs).len(), inputs.notes.len()), (2, 1), "a path may be typed in two ways");
    assert_eq!(read_in(&repo, "", &lines, b"a\nb\n").unwrap().notes, [""; 0]);
}
