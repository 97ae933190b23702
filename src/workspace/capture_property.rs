//! Whatever is done to a checkout: what is captured is what git would add.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use git2::Oid;
use proptest::prelude::*;

use super::tests::{Checkout, by_git, mkfifo};
use crate::git::testing::{TestRepo, write};

/// One thing that a task does; paths are relative to the checkout.
#[derive(Clone, Debug)]
enum Deed {
    Write(Vec<u8>, &'static [u8]),
    Append(Vec<u8>),
    Mode(Vec<u8>, u32),
    Link(Vec<u8>, &'static str),
    Remove(Vec<u8>),
    Move(Vec<u8>, Vec<u8>),
    SecondName(Vec<u8>, Vec<u8>),
    Pipe(Vec<u8>),
    Folder(Vec<u8>),
    /// Changes the content and sets the time back.
    Forge(Vec<u8>),
    /// Puts the same content there again, as another file.
    Again(Vec<u8>),
    Ignore(Vec<u8>, Vec<&'static str>),
    Attributes(Vec<u8>, Vec<&'static str>),
    /// The user stages what there is, or a path of it.
    Stage,
    StagePath(Vec<u8>),
}

/// No name sorts before `.gitattributes`: of one that was deleted git takes what the index has, until it comes by it.
fn part() -> impl Strategy<Value = &'static [u8]> {
    let names: Vec<&[u8]> =
        vec![b"a", b"a", b"b", b"d", b"x.txt", b"y.o", b"t", b"caf\xe9", b"q\"\\", b"new\nline", b"s p ", b"_n", b"a.txt"];
    prop::sample::select(names)
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(part(), 1..4).prop_map(|parts| parts.join(&b'/'))
}

/// The root or a folder.
fn folder() -> impl Strategy<Value = Vec<u8>> {
    prop::option::of(path()).prop_map(|path| path.map_or(Vec::new(), |path| [path.as_slice(), b"/"].concat()))
}

fn content() -> impl Strategy<Value = &'static [u8]> {
    prop::sample::select(vec![
        &b"one\n"[..],
        b"one\r\ntwo\r\n",
        b"mixed\r\nends\n",
        b"lone\rreturn\n",
        b"$Id$\n",
        b"$Id: 1234 $ and $Id: x\n",
        b"\0binary\r\n",
        b"",
        b"no end",
        b"\r\n",
        b"text\r\n\x1a",
        b"\xef\xbb\xbfmark\r\n",
    ])
}

fn ignore_lines() -> impl Strategy<Value = Vec<&'static str>> {
    let lines =
        vec!["*.o", "t/", "t", "/a", "d/*", "!d/a", "!x.txt", "*.txt", "!t", "**/b", "*", "!*/", "d/**/a", "# a", "a/", "!a.txt"];
    prop::collection::vec(prop::sample::select(lines), 0..5)
}

fn attribute_lines() -> impl Strategy<Value = Vec<&'static str>> {
    let lines = vec![
        "* text=auto",
        "* text=auto eol=crlf",
        "* text=auto eol=lf",
        "*.txt eol=crlf",
        "*.txt text eol=lf",
        "*.txt text",
        "*.txt -text",
        "*.txt !text",
        "*.txt !eol",
        "*.txt -eol",
        "* ident",
        "*.txt -ident",
        "*.o binary",
        "*.o -binary",
        "* -text",
        "a crlf",
        "a -crlf",
        "a crlf=input",
        "[attr]ends text eol=crlf",
        "x.txt ends",
        "d/* text",
        "/a text",
        "**/x.txt ident",
        "\"a.txt\" text",
        "*.txt filter=none",
    ];
    prop::collection::vec(prop::sample::select(lines), 0..5)
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => (path(), content()).prop_map(|(path, text)| Deed::Write(path, text)),
        3 => path().prop_map(Deed::Append),
        1 => (path(), prop::sample::select(vec![0o755, 0o644, 0o601, 0o711])).prop_map(|(path, mode)| Deed::Mode(path, mode)),
        // A link that leads to itself makes git keep what was tracked below it, for it cannot look there.
        2 => (path(), prop::sample::select(vec!["..", ".", "../out", "nowhere"])).prop_map(|(path, to)| Deed::Link(path, to)),
        3 => path().prop_map(Deed::Remove),
        3 => (path(), path()).prop_map(|(from, to)| Deed::Move(from, to)),
        1 => (path(), path()).prop_map(|(from, to)| Deed::SecondName(from, to)),
        1 => path().prop_map(Deed::Pipe),
        1 => path().prop_map(Deed::Folder),
        2 => path().prop_map(Deed::Forge),
        1 => path().prop_map(Deed::Again),
        2 => (folder(), ignore_lines()).prop_map(|(folder, lines)| Deed::Ignore(folder, lines)),
        2 => (folder(), attribute_lines()).prop_map(|(folder, lines)| Deed::Attributes(folder, lines)),
    ]
}

fn staging() -> impl Strategy<Value = Deed> {
    prop_oneof![3 => Just(Deed::Stage), 2 => path().prop_map(Deed::StagePath)]
}

/// Does a deed as far as it can be done.
fn act(checkout: &Checkout, deed: &Deed) {
    let root = checkout.test.root();
    let at = |path: &[u8]| root.join(OsStr::from_bytes(path));
    let free = |path: &[u8]| {
        let place = at(path);
        remove(&place);
        fs::create_dir_all(place.parent().unwrap()).is_ok().then_some(place)
    };
    match deed {
        Deed::Write(path, text) => {
            let place = at(path);
            if fs::create_dir_all(place.parent().unwrap()).is_ok() && !place.is_dir() && !is_pipe(&place) {
                overwrite(&place, text);
            }
        }
        Deed::Append(path) if at(path).is_file() => overwrite(&at(path), &[&fs::read(at(path)).unwrap()[..], b"more\r\n"].concat()),
        Deed::Mode(path, mode) if at(path).is_file() => drop(fs::set_permissions(at(path), Permissions::from_mode(*mode))),
        Deed::Link(path, to) => drop(free(path).map(|place| symlink(to, place))),
        Deed::Remove(path) => remove(&at(path)),
        Deed::Move(from, to) if at(from).symlink_metadata().is_ok() && !to.starts_with(from) && !from.starts_with(to) => {
            drop(free(to).map(|place| fs::rename(at(from), place)));
        }
        Deed::SecondName(from, to) if at(from).is_file() && from != to && !from.starts_with(to) => {
            drop(free(to).map(|place| fs::hard_link(at(from), place)));
        }
        Deed::Pipe(path) if fs::symlink_metadata(at(path)).is_err() && at(path).parent().unwrap().is_dir() => mkfifo(&at(path)),
        Deed::Folder(path) => drop(fs::create_dir_all(at(path))),
        Deed::Forge(path) if at(path).is_file() => {
            let before = fs::metadata(at(path)).unwrap().modified().unwrap();
            let mut text = fs::read(at(path)).unwrap();
            if let Some(byte) = text.first_mut() {
                *byte ^= 1;
            }
            overwrite(&at(path), &text);
            drop(File::options().write(true).open(at(path)).and_then(|file| file.set_modified(before)));
        }
        Deed::Again(path) if at(path).is_file() && !at(path).is_symlink() => {
            let text = fs::read(at(path)).unwrap();
            if let Some(place) = free(path) {
                overwrite(&place, &text);
            }
        }
        Deed::Ignore(folder, lines) => rules(&at(folder), ".gitignore", lines),
        Deed::Attributes(folder, lines) => rules(&at(folder), ".gitattributes", lines),
        Deed::Stage => stage(checkout, &[b"add", b"-A"]),
        Deed::StagePath(path) => stage(checkout, &[b"add", b"-f", b"--", path]),
        _ => {}
    }
}

/// Git may refuse: a path is not there, a pipe has the place of a file.
fn stage(checkout: &Checkout, arguments: &[&[u8]]) {
    let mut git = crate::sys::command::new("git");
    git.args(arguments.iter().map(|argument| OsStr::from_bytes(argument))).current_dir(checkout.test.root());
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", checkout.test.dir());
    drop(crate::sys::command::run(&mut git).unwrap());
}

/// Makes the index say nothing of how files lie on the disk.
fn forget(checkout: &Checkout) {
    let tree = checkout.test.git(&["write-tree"]);
    fs::remove_file(checkout.path(".git/index")).unwrap();
    checkout.test.git(&["read-tree", &tree]);
}

fn rules(folder: &Path, name: &str, lines: &[&str]) {
    if !folder.is_dir() {
        return;
    }
    remove(&folder.join(name));
    if !lines.is_empty() {
        write(&folder.join(name), lines.join("\n"));
    }
}

#[expect(clippy::disallowed_methods, reason = "as a task does it: in place")]
fn overwrite(place: &Path, text: &[u8]) {
    drop(fs::write(place, text));
}

fn is_pipe(place: &Path) -> bool {
    place.metadata().is_ok_and(|about| !about.is_file() && !about.is_dir())
}

fn remove(place: &PathBuf) {
    drop(fs::remove_dir_all(place));
    drop(fs::remove_file(place));
}

/// Values of configuration: `core.autocrlf`, `core.eol`, `core.fileMode`.
fn settings() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let one = |key: &'static str, values: Vec<&'static str>| {
        prop::option::weighted(0.3, prop::sample::select(values)).prop_map(move |value| value.map(|value| (key, value)))
    };
    let all = (
        one("core.autocrlf", vec!["true", "input", "false"]),
        one("core.eol", vec!["crlf", "lf", "native"]),
        one("core.fileMode", vec!["false"]),
        one("core.ignoreCase", vec!["true"]),
    );
    all.prop_map(|(a, b, c, d)| [a, b, c, d].into_iter().flatten().collect())
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_task_does_the_tree_is_the_one_that_git_would_make(
        before in prop::collection::vec(deed(), 0..15),
        settings in settings(),
        believed in any::<bool>(),
        staged in prop::option::weighted(0.3, (prop::collection::vec(deed(), 0..8), staging())),
        after in prop::collection::vec(deed(), 0..20),
    ) {
        // Git converts a file that did not change only if it believes nothing of the disk, so attributes are left out where it does.
        let (before, settings, staged, after) = if believed {
            let plain = |deeds: Vec<Deed>| deeds.into_iter().filter(|deed| !matches!(deed, Deed::Attributes(..))).collect();
            let settings = settings.into_iter().filter(|(key, _)| *key == "core.ignoreCase").collect();
            (plain(before), settings, staged.map(|(deeds, staging)| (plain(deeds), staging)), plain(after))
        } else {
            (before, settings, staged, after)
        };
        let checkout = Checkout::of(TestRepo::init(&[]));
        for deed in &before {
            act(&checkout, deed);
        }
        stage(&checkout, &[b"add", b"-A", b"-f"]);
        checkout.test.git(&["commit", "-q", "--allow-empty", "-m", "base"]);
        for (key, value) in settings {
            checkout.test.git(&["config", key, value]);
        }
        for deed in staged.iter().flat_map(|(deeds, staging)| deeds.iter().chain([staging])) {
            act(&checkout, deed);
        }
        for deed in &after {
            act(&checkout, deed);
        }
        if !believed {
            forget(&checkout);
        }
        let theirs = by_git(&checkout);
        prop_assume!(theirs.is_some());
        let ours = Oid::from(checkout.capture().tree);
        if Some(ours) != theirs {
            let theirs = theirs.unwrap().to_string();
            let objects = checkout.test.dir().join("intake/objects");
            let mut git = crate::sys::command::new("git");
            git.args(["diff", "--binary", &theirs, &ours.to_string()]).current_dir(checkout.test.root());
            git.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects);
            let diff = crate::sys::command::output(&mut git).unwrap();
            prop_assert!(false, "from git's tree to ours:\n{}", String::from_utf8_lossy(&diff));
        }
    }
}
