//! Worktrees registered by hand, looked at by real git and by libgit2.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use super::{AdminDir, Head, Registration};
use crate::git::testing::{TestRepo, write};

fn repo() -> TestRepo {
    TestRepo::with(&[("a.txt", "one\n")])
}

fn common(test: &TestRepo) -> PathBuf {
    test.root().join(".git")
}

fn register(test: &TestRepo, name: &str, worktree: &Path) -> AdminDir {
    let head = Head::Detached(test.head());
    AdminDir::register(&common(test), &Registration { name, worktree, head, reason: "in use" }).unwrap().unwrap()
}

/// A worktree with files, as `git worktree add` would have made it.
fn whole(test: &TestRepo, name: &str, worktree: &Path) -> AdminDir {
    fs::create_dir_all(worktree).unwrap();
    let admin = register(test, name, worktree);
    admin.write_link().unwrap();
    test.git_in(worktree, &["reset", "-q", "--hard"]);
    admin
}

fn odd_folders(test: &TestRepo) -> Vec<PathBuf> {
    let odd: [&[u8]; 4] = [b"with space", b"new\nline", b"caf\xe9", b"trailing \n"];
    odd.iter().map(|name| test.dir().join(OsString::from_vec(name.to_vec())).join("repo")).collect()
}

#[test]
fn git_and_libgit2_both_see_a_worktree_whatever_its_path() {
    let test = repo();
    for (n, worktree) in odd_folders(&test).iter().enumerate() {
        let name = format!("takeback-{n}");
        let admin = whole(&test, &name, worktree);
        let listed = test.git_in(&test.root(), &["worktree", "list", "--porcelain", "-z"]);
        let line = [b"worktree ", worktree.as_os_str().as_encoded_bytes(), b"\0"].concat();
        assert!(listed.windows(line.len()).any(|w| w == line), "{worktree:?} in {:?}", String::from_utf8_lossy(&listed));
        assert!(test.repo().worktrees().unwrap().iter().flatten().flatten().any(|seen| seen == name));
        assert_eq!(test.git_in(worktree, &["status", "--porcelain"]), b"");
        assert_eq!(admin.open().unwrap().workdir(), Some(worktree.as_path()));
        assert_eq!(&admin.worktree().unwrap(), worktree);
        assert_eq!(AdminDir::find(&common(&test), &name), Some(admin));
    }
}

#[test]
fn a_locked_worktree_outlives_prune_and_gc_though_its_folder_is_gone() {
    let test = repo();
    let worktree = test.dir().join("wt");
    let admin = register(&test, "takeback-1", &worktree);
    test.git(&["worktree", "prune", "--expire", "now"]);
    test.git(&["-c", "gc.worktreePruneExpire=now", "gc", "-q", "--prune=now"]);
    assert!(AdminDir::find(&common(&test), "takeback-1").is_some());
    assert!(test.git(&["worktree", "list", "--porcelain"]).contains("locked in use"));

    admin.unlock().unwrap();
    test.git(&["worktree", "prune", "--expire", "now"]);
    assert_eq!(AdminDir::find(&common(&test), "takeback-1"), None);
}

#[test]
fn a_worktree_is_opened_by_its_admin_dir_and_never_by_its_own_git_file() {
    let test = repo();
    let worktree = test.dir().join("wt");
    let admin = whole(&test, "takeback-1", &worktree);
    let elsewhere = TestRepo::with(&[("b.txt", "evil\n")]);
    fs::remove_file(worktree.join(".git")).unwrap();
    write(&worktree.join(".git"), format!("gitdir: {}\n", elsewhere.root().join(".git").display()));

    let opened = admin.open().unwrap();
    assert_eq!(opened.commondir().canonicalize().unwrap(), common(&test).canonicalize().unwrap());
    assert_eq!(opened.head().unwrap().target(), Some(test.head()));

    admin.write_link().unwrap();
    assert_eq!(test.git_in(&worktree, &["rev-parse", "HEAD"]).trim_ascii_end(), test.head().to_string().as_bytes());
}

#[test]
fn a_git_file_that_became_a_link_is_replaced_and_not_written_through() {
    let test = repo();
    let worktree = test.dir().join("wt");
    let admin = whole(&test, "takeback-1", &worktree);
    let victim = test.dir().join("victim");
    write(&victim, "mine");
    fs::remove_file(worktree.join(".git")).unwrap();
    std::os::unix::fs::symlink(&victim, worktree.join(".git")).unwrap();
    admin.write_link().unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"mine");
    assert!(fs::symlink_metadata(worktree.join(".git")).unwrap().is_file());
}

#[test]
fn head_is_a_branch_or_a_commit_and_reads_back() {
    let test = repo();
    let admin = whole(&test, "takeback-1", &test.dir().join("wt"));
    assert_eq!(admin.head().unwrap(), Head::Detached(test.head()));
    test.git(&["branch", "takeback/k7"]);
    let branch = Head::Branch("refs/heads/takeback/k7".to_owned());
    admin.point_head(&branch).unwrap();
    assert_eq!(admin.head().unwrap(), branch);
    assert!(test.git(&["worktree", "list", "--porcelain"]).contains("branch refs/heads/takeback/k7"));
    assert_eq!(admin.open().unwrap().head().unwrap().name().ok(), Some("refs/heads/takeback/k7"));
}

#[test]
fn a_name_that_is_taken_is_not_given_twice_whatever_is_left_there() {
    let test = repo();
    let worktree = test.dir().join("wt");
    drop(register(&test, "takeback-1", &worktree));
    fs::create_dir(common(&test).join("worktrees/takeback-2")).unwrap();
    for name in ["takeback-1", "takeback-2"] {
        let registration = Registration { name, worktree: &worktree, head: Head::Detached(test.head()), reason: "r" };
        assert_eq!(AdminDir::register(&common(&test), &registration).unwrap(), None, "{name}");
    }
    assert_eq!(AdminDir::find(&common(&test), "takeback-2"), None, "it is no whole admin dir");
}

#[test]
fn what_a_crash_left_half_made_is_no_obstacle_and_goes() {
    let test = repo();
    let tmp = common(&test).join("takeback/tmp/worktrees");
    write(&tmp.join("takeback-1/HEAD"), "torn");
    write(&tmp.join("old-trash/index"), "torn");
    let admin = register(&test, "takeback-1", &test.dir().join("wt"));
    assert_eq!(admin.head().unwrap(), Head::Detached(test.head()));
    let left: BTreeSet<_> = fs::read_dir(&tmp).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, BTreeSet::from([OsString::from("lock")]));
}

#[test]
fn a_registration_taken_back_leaves_nothing_but_the_files() {
    let test = repo();
    let worktree = test.dir().join("wt");
    let admin = whole(&test, "takeback-1", &worktree);
    admin.remove(&common(&test)).unwrap();
    assert_eq!(AdminDir::names(&common(&test)).unwrap(), Vec::<OsString>::new());
    assert_eq!(test.git(&["worktree", "list"]).lines().count(), 1);
    assert!(worktree.join("a.txt").exists());
}

#[test]
fn a_worktree_of_a_bare_repository_is_opened_too() {
    let test = repo();
    let bare = test.dir().join("bare.git");
    test.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let worktree = test.dir().join("wt");
    let head = Head::Detached(test.head());
    let registration = Registration { name: "takeback-1", worktree: &worktree, head, reason: "r" };
    let admin = AdminDir::register(&bare, &registration).unwrap().unwrap();
    assert_eq!(admin.open().unwrap().workdir(), Some(worktree.as_path()));
}
