//! Packs that come in, with a foreign `git gc` at every moment, and objects that must not.

use git2::ObjectType;

use super::*;
use crate::git::testing::{TestRepo, write as write_file};
use crate::git::tree::{self, Entry, FILE};
use crate::task::RepoPath;

/// Captures `texts` as files of one commit on top of HEAD, into an intake.
fn commit(intake: &Intake, test: &TestRepo, texts: &[&str]) -> Oid {
    let odb = intake.odb().unwrap();
    let mut edits = tree::Edits::new();
    for text in texts {
        let id = odb.write(ObjectType::Blob, text.as_bytes()).unwrap();
        edits.insert(RepoPath::from(*text), Some(Entry { mode: FILE, id }));
    }
    let id = tree::edit(&odb, &odb, Some(test.tree()), &edits).unwrap();
    let who = git2::Signature::new("A", "a@example.org", &git2::Time::new(0, 0)).unwrap();
    let repo = &intake.repo;
    let parent = repo.find_commit(test.head()).unwrap();
    repo.commit(None, &who, &who, "captured", &repo.find_tree(id).unwrap(), &[&parent]).unwrap()
}

fn intake(test: &TestRepo) -> Intake {
    Intake::create(&test.dir().join("intake"), &test.repo()).unwrap()
}

fn publish(intake: &Intake, test: &TestRepo, tip: Oid, strict: bool) -> Result<Option<KeptPack>, Error> {
    intake.publish(&test.repo(), &[tip], Cut { have: &[test.head()], strict }, "task 1")
}

#[test]
fn what_is_published_survives_a_foreign_gc_before_any_ref_is_there() {
    let test = TestRepo::with(&[("a", "1"), ("d/b", "2")]);
    // The repository has one of the objects loose and unreachable, so it is not written to the intake.
    let loose = test.repo().blob(b"loose").unwrap();
    let intake = intake(&test);
    let tip = commit(&intake, &test, &["loose", "new"]);
    let kept = publish(&intake, &test, tip, true).unwrap().unwrap();
    test.git(&["gc", "-q", "--prune=now"]);
    test.git(&["repack", "-q", "-a", "-d"]);
    test.git(&["cat-file", "-e", &loose.to_string()]);
    test.git(&["rev-list", "--objects", &tip.to_string()]);
    test.git(&["update-ref", "refs/takeback/x", &tip.to_string()]);
    kept.release().unwrap();
    test.git(&["gc", "-q", "--prune=now"]);
    test.git(&["fsck", "--strict", "--full"]);
    assert_eq!(test.git(&["show", &format!("{tip}:new")]), "new");
    assert_eq!(test.git(&["show", &format!("{tip}:d/b")]), "2");
}

#[test]
fn only_what_the_repository_has_not_is_packed_and_nothing_is_no_pack() {
    let test = TestRepo::with(&[("a", "1"), ("d/b", "2")]);
    let intake = intake(&test);
    assert!(publish(&intake, &test, test.head(), false).unwrap().is_none());
    let tip = commit(&intake, &test, &["new"]);
    let kept = publish(&intake, &test, tip, false).unwrap().unwrap();
    let idx = kept.keep.as_ref().unwrap().with_extension("idx");
    let listed = test.git(&["verify-pack", "-v", idx.to_str().unwrap()]);
    let objects = listed.lines().filter(|line| ["commit", "tree", "blob"].iter().any(|kind| line.contains(&format!(" {kind} "))));
    assert_eq!(objects.count(), 3, "{listed}");
    kept.release().unwrap();
}

#[test]
fn a_missing_object_is_told_as_missing_and_nothing_is_published() {
    let test = TestRepo::with(&[("a", "1")]);
    let loose = test.repo().blob(b"gone").unwrap();
    let intake = intake(&test);
    let tip = commit(&intake, &test, &["gone"]);
    test.git(&["prune", "--expire=now"]);
    let error = publish(&intake, &test, tip, false).unwrap_err();
    assert!(matches!(&error, Error::Missing { object } if *object == loose.to_string()), "{error:?}");
    assert!(left_over(&test.repo()).unwrap().is_empty());
    drop(intake);
    // Captured once more, into a new intake, it works.
    let intake = self::intake(&test);
    let tip = commit(&intake, &test, &["gone"]);
    publish(&intake, &test, tip, false).unwrap().unwrap().release().unwrap();
    test.git(&["cat-file", "-e", &loose.to_string()]);
}

#[test]
fn an_object_whose_content_is_not_its_name_is_refused() {
    let test = TestRepo::with(&[("a", "1")]);
    let intake = intake(&test);
    let tip = commit(&intake, &test, &["right"]);
    let (right, wrong) = (test.git(&["hash-object", "-t", "blob", "/dev/null"]), test.repo().blob(b"wrong").unwrap().to_string());
    assert_ne!(right, wrong);
    let right = Oid::hash_object(ObjectType::Blob, b"right").unwrap().to_string();
    let place = |objects: &Path, id: &str| objects.join(&id[..2]).join(&id[2..]);
    let target = place(&intake.path().join("objects"), &right);
    fs::remove_file(&target).unwrap();
    fs::copy(place(&test.root().join(".git/objects"), &wrong), &target).unwrap();
    let fresh = open(intake.path()).unwrap();
    let intake = Intake { dir: intake.dir.clone(), repo: fresh, scratch: None };
    assert!(publish(&intake, &test, tip, false).is_err());
    assert!(left_over(&test.repo()).unwrap().is_empty());
}

#[test]
fn a_tree_that_git_would_not_check_out_is_refused_when_strict() {
    let test = TestRepo::with(&[("a", "1")]);
    let intake = intake(&test);
    let odb = intake.odb().unwrap();
    let id = odb.write(ObjectType::Blob, b"x").unwrap();
    let edits = [(RepoPath::from(".git/hooks/post-checkout"), Some(Entry { mode: FILE, id }))].into();
    let hostile = tree::edit(&odb, &odb, None, &edits).unwrap();
    let error = publish(&intake, &test, hostile, true).unwrap_err();
    assert!(matches!(error, Error::Command(_)), "{error:?}");
    assert!(left_over(&test.repo()).unwrap().is_empty());
}

#[test]
fn commits_tags_and_side_branches_of_a_quarantine_come_whole() {
    let test = TestRepo::with(&[("a", "1")]);
    let base = test.head();
    let quarantine = test.dir().join("q");
    test.git(&["clone", "-q", "--shared", ".", quarantine.to_str().unwrap()]);
    let git = |arguments: &[&str]| String::from_utf8(test.git_in(&quarantine, arguments)).unwrap().trim_end().to_owned();
    for (file, text) in [("b", "2"), ("c/d", "3")] {
        write_file(&quarantine.join(file), text);
        git(&["add", "-A"]);
        git(&["commit", "-q", "-m", file]);
    }
    git(&["tag", "-a", "-m", "t", "t"]);
    git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    write_file(&quarantine.join("e"), "4");
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "e"]);
    git(&["merge", "-q", "-m", "joined", "t"]);
    let tips = ["t", "side"].map(|name| Oid::from_str(&git(&["rev-parse", name])).unwrap());
    let mut intake = intake(&test);
    intake.also_read(&quarantine.join(".git/objects")).unwrap();
    let cut = Cut { have: &[base], strict: true };
    let kept = intake.publish(&test.repo(), &tips, cut, "side refs").unwrap().unwrap();
    fs::remove_dir_all(&quarantine).unwrap();
    for tip in tips {
        test.git(&["rev-list", "--objects", &tip.to_string()]);
    }
    assert_eq!(test.git(&["show", &format!("{}:c/d", tips[1])]), "3");
    kept.release().unwrap();
}

#[test]
fn a_kept_pack_that_a_crash_left_is_found_by_its_label_and_a_users_own_is_not() {
    let test = TestRepo::with(&[("a", "1")]);
    let packs = test.root().join(".git/objects/pack");
    write_file(&packs.join("pack-1.keep"), "mine\n");
    let intake = intake(&test);
    let tip = commit(&intake, &test, &["new"]);
    assert!(publish(&intake, &test, tip, false).unwrap().is_some());
    let mut left = left_over(&test.repo()).unwrap();
    assert_eq!(left.len(), 1);
    let (label, kept) = left.remove(0);
    assert_eq!(label, "task 1");
    kept.release().unwrap();
    assert!(left_over(&test.repo()).unwrap().is_empty());
    assert!(packs.join("pack-1.keep").exists());
}

#[test]
fn what_a_crash_left_of_an_intake_is_gone_when_it_is_made_again() {
    let test = TestRepo::with(&[("a", "1")]);
    let first = intake(&test);
    let tip = commit(&first, &test, &["new"]);
    drop(first);
    assert!(!intake(&test).odb().unwrap().exists(tip));
}

#[test]
fn a_shallow_repository_is_no_obstacle() {
    let origin = TestRepo::with(&[("a", "1")]);
    origin.write("a", "2");
    origin.commit();
    let url = format!("file://{}", origin.root().display());
    let test = TestRepo::init(&[]);
    test.git(&["fetch", "-q", "--depth", "1", &url, "main"]);
    test.git(&["reset", "-q", "--hard", "FETCH_HEAD"]);
    let intake = intake(&test);
    let tip = commit(&intake, &test, &["new"]);
    publish(&intake, &test, tip, true).unwrap().unwrap().release().unwrap();
    assert_eq!(test.git(&["show", &format!("{tip}:new")]), "new");
}
