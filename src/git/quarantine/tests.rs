//! Tests of the quarantine: what git does in it, and what it sees.

//! Real git at work in a quarantine, and the repository byte for byte as before.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;

use super::lab::{BRANCH, Lab, PREFIX, one_file};
use super::*;
use crate::git::testing::{TestRepo, snapshot, write};

#[test]
fn whatever_git_does_in_the_worktree_the_repository_stays_byte_for_byte() {
    let test = one_file();
    test.git(&["branch", "other"]);
    test.git(&["tag", "v1"]);
    test.write("a.txt", "stashed\n");
    test.git(&["stash"]);
    test.write("a.txt", "two\n");
    test.commit();
    test.write("a.txt", "uncommitted\n");
    write(&test.root().join(".git/hooks/post-commit"), "#!/bin/sh\necho ran >hook-ran\n");
    fs::set_permissions(test.root().join(".git/hooks/post-commit"), fs::Permissions::from_mode(0o755)).unwrap();
    let lab = Lab::new(test);
    let before = snapshot(&lab.test.root(), "takeback");

    assert_eq!(lab.git(&["status", "--porcelain"]), "");
    assert_eq!(lab.git(&["branch", "--show-current"]), "takeback/x");
    assert_eq!(lab.git(&["log", "--format=%s", "main"]), "c\nc");
    lab.write("b.txt", "b\n");
    lab.git(&["add", "-A"]);
    lab.git(&["commit", "-q", "-m", "task"]);
    assert_eq!(fs::read(lab.worktree.join("hook-ran")).unwrap(), b"ran\n", "the repository's hooks run");
    lab.git(&["commit", "-q", "--amend", "-m", "amended"]);
    lab.git(&["branch", "-f", "other", "HEAD"]);
    lab.git(&["switch", "-q", "-c", "feature", "main"]);
    lab.write("c.txt", "c\n");
    lab.git(&["add", "-A"]);
    lab.git(&["commit", "-q", "-m", "feature"]);
    lab.git(&["tag", "-f", "v1"]);
    lab.git(&["tag", "-a", "-m", "annotated", "v2"]);
    lab.git(&["rebase", "-q", "takeback/x"]);
    lab.git(&["switch", "-q", "main"]);
    lab.git(&["merge", "-q", "--no-ff", "-m", "merged", "feature"]);
    lab.write("a.txt", "stash this\n");
    lab.git(&["stash"]);
    assert_eq!(lab.git(&["stash", "list"]).lines().count(), 1, "the user's stash is not the task's");
    lab.git(&["notes", "add", "-m", "note"]);
    lab.git(&["config", "user.name", "Somebody Else"]);
    lab.git(&["config", "core.hooksPath", "/elsewhere"]);
    lab.git(&["branch", "-D", "other"]);
    lab.git(&["update-ref", "-d", "refs/tags/v1"]);
    lab.git(&["pack-refs", "--all"]);
    lab.git(&["repack", "-q", "-a", "-d"]);
    lab.git(&["gc", "-q", "--prune=now"]);
    lab.git(&["reflog", "expire", "--expire=now", "--all"]);
    lab.git(&["fsck", "--no-dangling"]);
    lab.git(&["stash", "pop", "-q"]);

    assert_eq!(snapshot(&lab.test.root(), "takeback"), before);
}

#[test]
fn libgit2_opens_the_worktree_too() {
    let lab = Lab::new(one_file());
    let repo = Repository::open(&lab.worktree).unwrap();
    assert_eq!(repo.head().unwrap().name(), Ok(BRANCH));
    assert_eq!(repo.head().unwrap().target(), Some(lab.test.head()));
    assert!(repo.statuses(None).unwrap().is_empty());
    lab.write("a.txt", "two\n");
    assert_eq!(repo.statuses(None).unwrap().len(), 1);
    assert_eq!(repo.find_branch("main", git2::BranchType::Local).unwrap().get().target(), Some(lab.test.head()));
}

#[test]
fn a_task_sees_all_refs_but_takebacks_other_tasks_and_the_stash() {
    let test = one_file();
    for name in ["refs/heads/loose", "refs/remotes/origin/main", "refs/notes/commits", "refs/heads/takeback-not-a-task"] {
        test.git(&["update-ref", name, "HEAD"]);
    }
    test.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    test.git(&["tag", "-a", "-m", "packed", "packed"]);
    test.git(&["pack-refs", "--all"]);
    test.git(&["tag", "-a", "-m", "loose", "loose"]);
    test.write("a.txt", "two\n");
    test.commit();
    let expected = test.git(&["show-ref", "--dereference"]);
    for name in ["refs/takeback/bases/b", "refs/heads/takeback/y", "refs/stash", "refs/bisect/bad"] {
        test.git(&["update-ref", name, "HEAD"]);
    }
    let lab = Lab::new(test);
    let own = format!("{} {BRANCH}", lab.test.head());
    let seen: Vec<String> = lab.git(&["show-ref", "--dereference"]).lines().filter(|l| *l != own).map(str::to_owned).collect();
    assert_eq!(seen, expected.lines().collect::<Vec<_>>());
    assert_eq!(lab.git(&["symbolic-ref", "refs/remotes/origin/HEAD"]), "refs/remotes/origin/main");
    let text = fs::read(lab.quarantine.path().join("packed-refs")).unwrap();
    let packed = super::super::packed_refs::parse(&text).unwrap();
    assert!(packed.tags_peeled);
    assert_eq!(packed.records.iter().filter(|r| r.peeled.is_some()).count(), 2);
}

#[test]
fn packed_tags_of_unknown_depth_are_not_promised_to_be_peeled() {
    let test = one_file();
    test.git(&["tag", "-a", "-m", "packed", "packed"]);
    let tag = test.git(&["rev-parse", "packed"]);
    test.git(&["tag", "-d", "packed"]);
    write(&test.root().join(".git/packed-refs"), format!("{tag} refs/tags/packed\n"));
    let lab = Lab::new(test);
    assert!(lab.git(&["show-ref", "--dereference"]).contains("refs/tags/packed^{}"));
}

#[test]
fn replaced_and_grafted_and_shallow_history_looks_the_same() {
    let origin = one_file();
    origin.write("a.txt", "two\n");
    origin.commit();
    let test = TestRepo::init(&[]);
    test.git(&["fetch", "-q", "--depth=1", origin.root().to_str().unwrap(), "main"]);
    test.git(&["reset", "-q", "--hard", "FETCH_HEAD"]);
    test.write("a.txt", "three\n");
    let three = test.commit();
    test.write("a.txt", "four\n");
    let four = test.commit();
    test.git(&["replace", &four.to_string(), &three.to_string()]);
    let lab = Lab::new(test);
    assert_eq!(lab.git(&["log", "--format=%H"]), lab.test.git(&["log", "--format=%H"]));
    assert_eq!(lab.git(&["rev-parse", "--is-shallow-repository"]), "true");
}

#[test]
fn ignore_rules_and_attributes_of_the_repository_hold_in_the_task() {
    let test = one_file();
    write(&test.root().join(".git/info/exclude"), "*.log\n");
    write(&test.root().join(".git/info/attributes"), "*.bat text eol=crlf\n");
    let lab = Lab::new(test);
    lab.write("x.log", "x\n");
    assert_eq!(lab.git(&["status", "--porcelain"]), "");
    assert_eq!(lab.git(&["check-attr", "eol", "x.bat"]), "x.bat: eol: crlf");
}

#[test]
fn objects_that_the_repository_borrows_are_found() {
    let lender = TestRepo::with(&[("big.txt", "lent\n")]);
    let test = TestRepo::init(&[]);
    let borrowed = test.dir().join("lender");
    fs::rename(lender.root(), &borrowed).unwrap();
    write(&test.root().join(".git/objects/info/alternates"), "../../../lender/.git/objects\n");
    let base = String::from_utf8(test.git_in(&borrowed, &["rev-parse", "HEAD"])).unwrap();
    test.git(&["reset", "-q", "--hard", base.trim()]);
    let lab = Lab::new(test);
    assert_eq!(lab.git(&["cat-file", "-p", "HEAD:big.txt"]), "lent");
    assert_eq!(lab.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_repository_in_a_folder_of_any_name_works() {
    for name in [OsString::from("with space"), OsString::from("new\nline \"q\" \\"), OsString::from_vec(b"caf\xe9#".to_vec())] {
        let test = one_file();
        let folder = test.dir().join(&name);
        let main = folder.join("main");
        fs::create_dir(&folder).unwrap();
        fs::rename(test.root().join(".git"), &main).unwrap();
        let repo = Repository::open_bare(&main).unwrap();
        let base = repo.refname_to_id("refs/heads/main").unwrap();
        let spec = QuarantineSpec { main: &repo, branch: BRANCH, prefix: PREFIX, base, index_from: None };
        let worktree = folder.join("wt");
        fs::create_dir(&worktree).unwrap();
        Quarantine::create(&folder.join("q"), &spec).unwrap().attach(&worktree).unwrap();
        test.git_in(&worktree, &["reset", "-q", "--hard"]);
        test.git_in(&worktree, &["commit", "-q", "--allow-empty", "-m", "x"]);
        assert_eq!(test.git_in(&worktree, &["log", "--format=%s"]), b"x\nc\n", "{name:?}");
    }
}

#[test]
fn the_configuration_that_comes_along_is_what_makes_the_same_commits() {
    let test = one_file();
    let shared = test.dir().join("shared");
    write(&shared, "[user]\n\temail = elsewhere@example.org\n[core]\n\tworktree = ..\n[alias]\n\tbad = !false\n");
    for (key, value) in [
        ("user.name", "Ünï \"quoted\" ; # \\"),
        ("include.path", shared.to_str().unwrap()),
        ("core.autocrlf", "input"),
        ("core.fsmonitor", "/bin/false"),
        ("core.sshCommand", "false"),
        ("commit.gpgSign", "true"),
        ("remote.origin.url", "/elsewhere"),
        ("merge.own.driver", "own %A"),
        ("diff.own.textconv", "own"),
        ("alias.st", "status"),
        ("filter.x.clean", "x"),
    ] {
        test.git(&["config", key, value]);
    }
    let lab = Lab::new(test);
    let text = lab.git(&["config", "--local", "--list"]);
    let own =
        ["core.repositoryformatversion=0", "core.fsmonitor=false", "gc.auto=0", "maintenance.auto=false", "commit.gpgsign=false"];
    let taken =
        ["user.name=Ünï \"quoted\" ; # \\", "user.email=elsewhere@example.org", "core.autocrlf=input", "merge.own.driver=own %A"];
    for line in own.iter().chain(&taken) {
        assert!(text.lines().any(|l| l == *line), "{line} is not in {text}");
    }
    for left in ["worktree", "alias", "remote", "include", "filter", "ssh", "textconv", "/bin/false"] {
        assert!(!text.contains(left), "{left} is in {text}");
    }
}

#[test]
fn the_repositorys_own_hooks_folder_counts() {
    let test = one_file();
    test.git(&["config", "core.hooksPath", ".husky"]);
    let lab = Lab::new(test);
    assert_eq!(lab.git(&["config", "core.hooksPath"]), ".husky");
    lab.test.git(&["config", "--unset", "core.hooksPath"]);
    let lab = Lab::new(lab.test);
    let hooks = lab.test.repo().commondir().join("hooks");
    assert_eq!(OsStr::new(&lab.git(&["config", "core.hooksPath"])), hooks.as_os_str());
}

#[test]
fn there_is_nothing_to_push_to_by_name() {
    let test = one_file();
    test.git(&["remote", "add", "origin", "/elsewhere"]);
    test.git(&["config", "branch.main.remote", "origin"]);
    let lab = Lab::new(test);
    assert!(lab.refused(&["push"]));
    assert!(lab.refused(&["push", "origin", "HEAD"]));
    assert_eq!(lab.git(&["remote"]), "");
}

#[test]
fn a_quarantine_that_a_crash_left_is_made_anew() {
    let lab = Lab::new(one_file());
    lab.git(&["commit", "-q", "--allow-empty", "-m", "left"]);
    let lab = Lab::new(lab.test);
    assert_eq!(lab.git(&["log", "--format=%s"]), "c");
    lab.quarantine.remove().unwrap();
    lab.quarantine.remove().unwrap();
    assert!(!lab.quarantine.path().exists() && !lab.quarantine.path().with_extension("start").exists());
}

#[test]
fn a_worktree_that_was_led_elsewhere_is_noticed() {
    let lab = Lab::new(one_file());
    let link = lab.worktree.join(".git");
    assert!(lab.quarantine.is_attached(&lab.worktree));
    write(&link, format!("gitdir: {}\n", lab.test.root().join(".git").display()));
    assert!(!lab.quarantine.is_attached(&lab.worktree));
    fs::remove_file(&link).unwrap();
    assert!(!lab.quarantine.is_attached(&lab.worktree));
    std::os::unix::fs::symlink(lab.quarantine.path(), &link).unwrap();
    assert!(!lab.quarantine.is_attached(&lab.worktree));
    lab.quarantine.attach(&lab.worktree).unwrap();
    assert!(lab.quarantine.is_attached(&lab.worktree));
}

#[test]
fn a_torn_record_is_replaced_by_the_refs_as_they_are() {
    let lab = Lab::new(one_file());
    let repo = lab.test.repo();
    let spec = QuarantineSpec { main: &repo, branch: BRANCH, prefix: PREFIX, base: lab.test.head(), index_from: None };
    let stored = lab.quarantine.snapshot(&spec).unwrap();
    assert_eq!(stored.base, lab.test.head());
    lab.test.git(&["branch", "later"]);
    assert_eq!(lab.quarantine.snapshot(&spec).unwrap(), stored);
    let record = lab.quarantine.path().with_extension("start");
    let whole = fs::read(&record).unwrap();
    for torn in [whole.len() - 1, 10, 0] {
        write(&record, &whole[..torn]);
        let now = lab.quarantine.snapshot(&spec).unwrap();
        assert!(now != stored && now.branch == BRANCH, "cut at {torn}");
    }
}
