//! Tests of the survey: what tasks make, and what they may plant.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;
use crate::git::quarantine::lab::{Lab, one_file};
use crate::git::testing::write;

fn lab() -> Lab {
    let test = one_file();
    test.git(&["branch", "other"]);
    test.git(&["branch", "third"]);
    test.git(&["tag", "v1"]);
    test.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    Lab::new(test)
}

fn look(lab: &Lab) -> Result<Survey, Refusal> {
    survey(lab.quarantine.path(), &lab.start(), &Limits::default())
}

fn look_within(lab: &Lab, limits: &Limits) -> Result<Survey, Refusal> {
    survey(lab.quarantine.path(), &lab.start(), limits)
}

fn oid(lab: &Lab, revision: &str) -> Oid {
    Oid::from_str(&lab.git(&["rev-parse", revision])).unwrap()
}

fn path(lab: &Lab, name: &str) -> PathBuf {
    lab.quarantine.path().join(name)
}

fn commit(lab: &Lab, text: &str) -> Oid {
    lab.write("a.txt", text);
    lab.git(&["add", "-A"]);
    lab.git(&["commit", "-q", "-m", text]);
    oid(lab, "HEAD")
}

const SOME_ID: &str = "1234567890123456789012345678901234567890";

#[test]
fn a_task_that_never_used_git_has_made_nothing() {
    let lab = lab();
    lab.git(&["status"]);
    let expected = Survey { head_branch: Some("refs/heads/takeback/x".to_owned()), ..Survey::default() };
    assert_eq!(look(&lab).unwrap(), expected);
    assert!(expected.side().is_empty());
}

#[test]
fn packing_the_refs_makes_nothing_either() {
    let lab = lab();
    lab.git(&["pack-refs", "--all"]);
    assert!(!look(&lab).unwrap().used_git);
    lab.git(&["branch", "-f", "other", "main"]);
    assert!(!look(&lab).unwrap().used_git);
}

#[test]
fn staged_files_are_a_use_of_git_with_nothing_to_keep() {
    let lab = lab();
    lab.write("a.txt", "two\n");
    lab.git(&["add", "-A"]);
    let survey = look(&lab).unwrap();
    assert!(survey.used_git && survey.side().is_empty());
}

#[test]
fn the_tip_branches_tags_and_stashes_of_a_task_are_found() {
    for pack in [false, true] {
        let lab = lab();
        let base = lab.test.head();
        let tip = commit(&lab, "two\n");
        lab.git(&["branch", "new/one"]);
        lab.git(&["branch", "-f", "other", "HEAD"]);
        lab.git(&["branch", "at-base", &base.to_string()]);
        lab.git(&["branch", "-D", "third"]);
        lab.git(&["tag", "-f", "v1"]);
        lab.git(&["tag", "-a", "-m", "v2", "v2"]);
        lab.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
        let mut stashes = Vec::new();
        for text in ["three\n", "four\n"] {
            lab.write("a.txt", text);
            lab.git(&["stash"]);
            stashes.insert(0, oid(&lab, "refs/stash"));
        }
        if pack {
            lab.git(&["gc", "-q"]);
        }
        let expected = Survey {
            head: Some(tip),
            head_branch: Some("refs/heads/takeback/x".to_owned()),
            branches: vec![("at-base".to_owned(), base), ("new/one".to_owned(), tip), ("other".to_owned(), tip)],
            tags: vec![("v1".to_owned(), tip), ("v2".to_owned(), oid(&lab, "v2"))],
            stashes: stashes.clone(),
            used_git: true,
        };
        let found = look(&lab).unwrap();
        assert_eq!(found, expected);
        let names: Vec<String> = found.side().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["head", "branches/at-base", "branches/new/one", "branches/other", "tags/v1", "tags/v2", "stash/0", "stash/1"]
        );
    }
}

#[test]
fn whatever_head_stands_on_is_told() {
    let lab = lab();
    let tip = commit(&lab, "two\n");
    lab.git(&["switch", "-q", "-c", "mine"]);
    let found = look(&lab).unwrap();
    assert_eq!((found.head, found.head_branch.as_deref()), (Some(tip), Some("refs/heads/mine")));
    assert_eq!(found.branches, [("mine".to_owned(), tip)]);

    lab.git(&["switch", "-q", "--detach"]);
    let detached = commit(&lab, "three\n");
    let found = look(&lab).unwrap();
    assert_eq!((found.head, found.head_branch), (Some(detached), None));
    assert_eq!(found.branches, [("mine".to_owned(), tip), ("takeback/x".to_owned(), tip)], "the own branch was left behind");

    lab.git(&["branch", "-D", "takeback/x"]);
    lab.git(&["switch", "-q", "--orphan", "unborn"]);
    let found = look(&lab).unwrap();
    assert_eq!((found.head, found.head_branch.as_deref()), (None, Some("refs/heads/unborn")));
    assert_eq!(found.branches, [("mine".to_owned(), tip)]);
}

#[test]
fn a_branch_whose_name_is_not_utf8_is_kept_by_an_escaped_one() {
    let lab = lab();
    let name = OsStr::from_bytes(b"refs/heads/caf\xe9");
    write(&lab.quarantine.path().join(name), format!("{SOME_ID}\n"));
    assert_eq!(look(&lab).unwrap().branches, [("caf%e9".to_owned(), Oid::from_str(SOME_ID).unwrap())]);
    write(&path(&lab, "refs/heads/caf%e9"), SOME_ID);
    assert!(matches!(look(&lab), Err(Refusal::BadRef { .. })), "two branches by one name");
}

#[test]
fn a_quarantine_that_is_gone_or_replaced_is_refused() {
    let lab = lab();
    fs::remove_file(path(&lab, "HEAD")).unwrap();
    assert!(matches!(look(&lab), Err(Refusal::BadRef { .. })));
    let start = lab.start();
    let moved = lab.test.dir().join("moved");
    fs::rename(lab.quarantine.path(), &moved).unwrap();
    let look = || survey(lab.quarantine.path(), &start, &Limits::default());
    assert!(matches!(look(), Err(Refusal::Gone { .. })));
    symlink(&moved, lab.quarantine.path()).unwrap();
    assert!(matches!(look(), Err(Refusal::Foreign(_))));
    fs::remove_file(lab.quarantine.path()).unwrap();
    write(lab.quarantine.path(), "a file");
    assert!(matches!(look(), Err(Refusal::Foreign(_))));
}

#[test]
fn no_link_in_a_quarantine_is_followed() {
    let outside = tempfile::tempdir().unwrap();
    write(&outside.path().join("secret"), SOME_ID);
    let inner = ["HEAD", "packed-refs", "refs", "refs/heads", "refs/heads/leak", "logs", "objects", "objects/pack", "objects/ab"];
    for name in inner {
        let lab = lab();
        write(&path(&lab, "refs/stash"), SOME_ID);
        let at = path(&lab, name);
        if at.is_dir() {
            fs::rename(&at, lab.test.dir().join("was")).unwrap();
        } else {
            drop(fs::remove_file(&at));
        }
        let file = ["HEAD", "packed-refs", "refs/heads/leak"].contains(&name);
        symlink(if file { outside.path().join("secret") } else { outside.path().to_owned() }, &at).unwrap();
        assert!(matches!(look(&lab), Err(Refusal::Foreign(_))), "{name}: {:?}", look(&lab));
    }
}

#[test]
fn a_conversion_to_reftable_is_told_from_refs_that_are_gone() {
    let lab = lab();
    if lab.refused(&["refs", "migrate", "--ref-format=reftable"]) {
        fs::create_dir(path(&lab, "reftable")).unwrap();
    }
    assert!(matches!(look(&lab), Err(Refusal::Reftable)));
}

#[test]
fn refs_by_names_that_git_does_not_allow_are_refused() {
    let long = format!("refs/heads/{}", "x".repeat(10_000));
    let deep = format!("refs/heads/{}", "d/".repeat(600) + "x");
    let parts = [
        "refs/heads/a..b",
        "refs/heads/../../../../etc/x",
        "refs/heads/a\tb",
        "refs/heads/a\x07",
        "refs/heads/a b",
        "refs/tags/.x",
    ];
    let more =
        ["refs/heads/", "refs/heads/a/", "refs/heads//a", "refs/heads/x.lock", "refs/heads/@{", "refs/tags/a:b", &long, &deep];
    for name in parts.iter().chain(&more) {
        let lab = lab();
        let before = fs::read_to_string(path(&lab, "packed-refs")).unwrap();
        write(&path(&lab, "packed-refs"), format!("{before}{SOME_ID} {name}\n"));
        match look(&lab) {
            Err(Refusal::BadRef { name, .. }) => assert!(name.len() < 400, "{name}"),
            other => panic!("{name:.40}: {other:?}"),
        }
    }
}

#[test]
fn names_that_cannot_be_side_by_side_are_refused() {
    let lab = lab();
    let lines = format!("{SOME_ID} refs/heads/n\n{SOME_ID} refs/heads/n-x\n{SOME_ID} refs/heads/n/below\n");
    write(&path(&lab, "packed-refs"), lines);
    assert!(matches!(look(&lab), Err(Refusal::BadRef { .. })));
}

#[test]
fn symbolic_refs_are_followed_but_not_in_a_circle_and_never_as_paths() {
    let lab = lab();
    let tip = commit(&lab, "two\n");
    lab.git(&["symbolic-ref", "refs/heads/second", "refs/heads/takeback/x"]);
    lab.git(&["symbolic-ref", "HEAD", "refs/heads/second"]);
    let found = look(&lab).unwrap();
    assert_eq!(found.head, Some(tip));
    assert_eq!(found.branches, [], "another name of a branch is no branch");
    write(&path(&lab, "refs/heads/second"), "ref: refs/heads/first\n");
    write(&path(&lab, "refs/heads/first"), "ref: refs/heads/second\n");
    assert!(matches!(look(&lab), Err(Refusal::BadRef { .. })));
    write(&path(&lab, "HEAD"), "ref: ../../../../etc/hostname\n");
    assert_eq!(look(&lab).unwrap().head, None);
}

#[test]
fn files_that_are_not_as_git_writes_them_are_refused() {
    let cases: [(&str, &[u8]); 6] = [
        ("HEAD", b"nonsense"),
        ("packed-refs", b"nonsense\n"),
        ("refs/heads/new", b""),
        ("refs/heads/new", b"123"),
        ("refs/heads/takeback/x", b"\0\0\0\0"),
        ("logs/refs/stash", b"short\n"),
    ];
    for (name, bytes) in cases {
        let lab = lab();
        write(&path(&lab, "refs/stash"), SOME_ID);
        assert!(look(&lab).is_ok());
        write(&path(&lab, name), bytes);
        assert!(look(&lab).is_err(), "{name} {bytes:?}");
    }
    let lab = lab();
    write(&path(&lab, "refs/heads/new.lock"), "left by a git that was killed");
    write(&path(&lab, "refs/remotes/origin/x"), "nobody asks");
    assert!(!look(&lab).unwrap().used_git);
}

#[test]
fn there_is_a_limit_to_everything() {
    let lab = lab();
    let default = Limits::default();
    commit(&lab, "two\n");
    for n in 0..3 {
        lab.git(&["branch", &format!("b{n}")]);
        lab.write("a.txt", &format!("{n}"));
        lab.git(&["stash"]);
    }
    assert!(look(&lab).is_ok());
    let tight = [
        Limits { loose_refs: 3, ..default.clone() },
        Limits { side: 2, ..default.clone() },
        Limits { object_files: 2, ..default.clone() },
        Limits { object_bytes: 20, ..default.clone() },
        Limits { text_bytes: 20, ..default.clone() },
    ];
    for limits in tight {
        assert!(matches!(look_within(&lab, &limits), Err(Refusal::TooMuch { .. } | Refusal::Foreign(_))), "{limits:?}");
    }
}

#[test]
fn a_flood_of_object_files_is_refused_in_no_time() {
    let lab = lab();
    let folder = path(&lab, "objects/ab");
    fs::create_dir(&folder).unwrap();
    let first = folder.join(format!("{:038x}", 0));
    write(&first, "x");
    for n in 1..2000 {
        fs::hard_link(&first, folder.join(format!("{n:038x}"))).unwrap();
    }
    assert!(look_within(&lab, &Limits { object_files: 2000, ..Limits::default() }).is_ok());
    let tight = Limits { object_files: 1999, ..Limits::default() };
    assert!(matches!(look_within(&lab, &tight), Err(Refusal::Foreign(_) | Refusal::TooMuch { .. })));
    let sparse = fs::File::create(path(&lab, "objects/pack/big")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    assert!(matches!(look(&lab), Err(Refusal::TooMuch { .. })), "a sparse file counts by its length");
}
