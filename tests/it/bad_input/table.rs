//! The table of bad inputs in `docs/bad-input.md`, held to the tests of this module.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    name: String,
    /// The message, with `…` for what differs.
    pub(crate) message: String,
    /// What to do, with `…` for what differs.
    pub(crate) next: String,
    /// The word for scripts.
    pub(crate) kind: String,
    /// The exit code.
    pub(crate) exit: String,
}

impl Row {
    /// Finds the row of a test by its full name, with `::here` behind it.
    #[track_caller]
    pub(crate) fn of(full_name: &str) -> Self {
        let parts = full_name.rsplit("::").filter(|part| !matches!(*part, "here" | "{{closure}}"));
        let name = parts.into_iter().next().unwrap_or_default().to_owned();
        let found = rows().into_iter().find(|row| row.name == name);
        found.unwrap_or_else(|| panic!("docs/bad-input.md has no row for `{name}`"))
    }
}

fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// The rows, in the order of the page. A cell that holds `|` has it as `\|`.
fn rows() -> Vec<Row> {
    let page = std::fs::read_to_string(root().join("docs/bad-input.md")).expect("docs/bad-input.md");
    let table = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| input ") && !line.starts_with("| --"));
    table.map(row).collect()
}

fn row(line: &str) -> Row {
    let line = line.replace("\\|", "\u{1}");
    let cells: Vec<String> = line.trim_matches('|').split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect();
    let [_, message, next, kind, exit, test] = cells.as_slice() else { panic!("six cells: {line}") };
    let code = |text: &str| text.trim_matches('`').to_owned();
    Row { name: code(test), message: message.clone(), next: next.clone(), kind: code(kind), exit: exit.clone() }
}

/// The tests of this module but for those of the table itself.
fn tests(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("table.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.trim() == "#[test]" {
                let name = lines.find_map(|l| l.trim().strip_prefix("fn ")).and_then(|l| l.split('(').next());
                names.insert(name.expect("a test has a name").to_owned());
            }
        }
    }
    names
}

#[test]
fn every_row_has_its_test_and_every_test_its_row() {
    let rows = rows();
    let named: BTreeSet<String> = rows.iter().map(|row| row.name.clone()).collect();
    assert_eq!(named.len(), rows.len(), "a test is named twice");
    let tests = tests(&root().join("tests/it/bad_input"));
    let without_test: Vec<_> = named.difference(&tests).collect();
    let without_row: Vec<_> = tests.difference(&named).collect();
    assert!(without_test.is_empty() && without_row.is_empty(), "no test: {without_test:?}; no row: {without_row:?}");
    assert!(rows.len() > 50, "the table was read");
}

#[test]
fn a_pattern_fits_what_it_says_and_nothing_else() {
    for (pattern, text, fits) in [
        ("the branch `…` is gone", "the branch `x` is gone", true),
        ("the branch `…` is gone", "the branch `x` is gone away", false),
        ("a … b … c", "a 1 b 2 c", true),
        ("a … b … c", "a 1 c 2 b", false),
        ("plain", "plain", true),
        ("plain", "plainer", false),
    ] {
        assert_eq!(super::fits(pattern, text), fits, "{pattern} {text}");
    }
}

#[test]
fn every_kind_of_error_has_a_row() {
    // What libgit2 says about a repository that is broken in a way of its own.
    const NOT_HERE: [&str; 1] = ["git"];
    let source = std::fs::read_to_string(root().join("src/engine/error.rs")).unwrap();
    let kinds: Vec<_> = source.lines().filter_map(|l| l.trim().strip_prefix("Self::")?.split('"').nth(1)).collect();
    assert!(kinds.len() > 30, "the table of kinds has moved: {kinds:?}");
    let rows = rows();
    let missing: Vec<_> =
        kinds.iter().filter(|kind| rows.iter().all(|row| row.kind != **kind) && !NOT_HERE.contains(kind)).collect();
    assert!(missing.is_empty(), "no row has {missing:?}");
}
