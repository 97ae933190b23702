//! The architecture, held to `src/lib.rs`: modules use earlier layers only; and what every file has to have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::source::{self, File};

/// The longest a file may be, without its tests.
const LONGEST: usize = 400;

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The layer of each module, as the comments of `lib.rs` say.
fn layers() -> BTreeMap<String, u32> {
    let text = fs::read_to_string(src().join("lib.rs")).unwrap();
    let mut layers = BTreeMap::new();
    let mut layer = None;
    for line in text.lines().map(str::trim) {
        if let Some(number) = line.strip_prefix("// layer ") {
            let number: u32 = number.parse().unwrap();
            assert!(layer.is_none_or(|before| before < number), "`{line}` stands after a later layer");
            layer = Some(number);
        } else if let Some((_, module)) = line.split_once("mod ") {
            let module = module.trim_end_matches(';').to_owned();
            let layer = layer.unwrap_or_else(|| panic!("the module {module} has no layer"));
            layers.insert(module, layer);
        }
    }
    layers
}

/// Why a use is not allowed; `None` if it is.
fn forbidden(layers: &BTreeMap<String, u32>, from: &str, to: &str) -> Option<String> {
    let (Some(own), Some(other)) = (layers.get(from), layers.get(to)) else {
        return Some(format!("uses {to}, which is no module with a layer"));
    };
    match other.cmp(own) {
        _ if from == to => None,
        std::cmp::Ordering::Less => None,
        std::cmp::Ordering::Equal => Some(format!("uses {to}, its neighbour in layer {own}")),
        std::cmp::Ordering::Greater => Some(format!("is in layer {own} and uses {to} of layer {other}")),
    }
}

/// The lines of a file that break the order.
fn breaches(layers: &BTreeMap<String, u32>, file: &File) -> Vec<String> {
    let Some(own) = file.module.first() else { return Vec::new() };
    let uses = file.uses.iter().filter_map(|used| Some((used.line, used.path.first()?)));
    let broken = uses.filter_map(|(line, to)| Some((line, forbidden(layers, own, to)?)));
    broken.map(|(line, why)| format!("{}:{line}: {own} {why}", file.path.display())).collect()
}

#[test]
fn a_module_uses_earlier_layers_only() {
    let layers = layers();
    let files = source::read(&src().join("lib.rs"));
    assert!(files.len() > layers.len(), "only {} files were found", files.len());
    let broken: Vec<_> = files.iter().flat_map(|file| breaches(&layers, file)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_use_of_a_later_layer_is_found_however_it_is_written() {
    let layers = layers();
    for text in [
        "use crate::engine::Engine;",
        "use crate::{id::Uid, engine::{self, Error}};",
        "fn f() { crate::engine::f(); }",
        "fn f(x: &crate::engine::Engine) {}",
        "use super::engine;",
        "mod inner { use super::super::{engine, id}; }",
        "fn f() { let g = super::engine::f; /* crate::id */ }",
    ] {
        let found = breaches(&layers, &File::of(&["git"], text));
        assert!(!found.is_empty(), "{text}");
    }
    for text in [
        "use crate::id::Uid;\n// use crate::engine::Engine;\n/// [`crate::engine`]",
        "const A: &str = \"crate::engine::Engine\"; const B: &str = r#\"crate::cli \"# ;",
        "use crate::git::refs; mod inner { use super::refs; }",
        "fn f<'a>(c: char, s: &'a str) { if c == '\"' { crate::sys::f() } }",
    ] {
        let found = breaches(&layers, &File::of(&["git"], text));
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn a_neighbour_in_the_same_layer_is_not_used() {
    let layers = BTreeMap::from([("landing".to_owned(), 9), ("runner".to_owned(), 9)]);
    let found = breaches(&layers, &File::of(&["landing", "plan"], "use crate::runner::Wish;"));
    assert!(found[0].contains("its neighbour in layer 9"), "{found:?}");
}

#[test]
fn every_file_belongs_to_a_module_and_says_what_it_holds() {
    let known: BTreeSet<_> = source::read(&src().join("lib.rs")).into_iter().map(|f| f.path).collect();
    for path in source::below(&src()) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} does not open with `//!`", path.display());
        let is_program = path.ends_with("main.rs") || path.parent().is_some_and(|p| p.ends_with("bin"));
        if is_program {
            assert!(text.lines().count() < 8, "{} is more than a call of the library", path.display());
        } else {
            assert!(known.contains(&path), "{} belongs to no module", path.display());
        }
    }
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    for file in source::read(&src().join("lib.rs")) {
        assert!(file.lines <= LONGEST, "{} has {} lines: it may hold a second noun", file.path.display(), file.lines);
    }
}

#[test]
fn every_fault_point_is_passed_somewhere() {
    let list = fs::read_to_string(src().join("sys/fault.rs")).unwrap();
    let list = list.split_once("points! {").unwrap().1.split_once("\n}").unwrap().0;
    let points: Vec<_> = list.lines().filter_map(|line| Some(line.trim().split_once(" = \"")?.0)).collect();
    assert!(points.len() > 10, "{points:?}");
    let files = source::read(&src().join("lib.rs"));
    let words: BTreeSet<_> = files.iter().filter(|f| !f.path.ends_with("fault.rs")).flat_map(|f| &f.words).collect();
    let unused: Vec<_> = points.into_iter().filter(|point| !words.contains(&(*point).to_owned())).collect();
    assert!(unused.is_empty(), "never passed: {unused:?}");
}
