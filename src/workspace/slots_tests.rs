//! Slots after tasks, users and crashes have been at them.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use git2::Oid;
use proptest::prelude::*;

use super::Slots;
use crate::git::admin::{AdminDir, Head};
use crate::git::testing::{TestRepo, write};
use crate::git::tree;
use crate::id::Uid;
use crate::sys::folder::Folder;
use crate::task::RepoPath;
use crate::workspace::Error;
use crate::workspace::cache::Cache;
use crate::workspace::record::{Owner, Role};
use crate::workspace::slot::{Slot, Wanted};

const FILES: [(&str, &str); 6] = [
    ("a.txt", "one\n"),
    ("dir/b.txt", "two\n"),
    ("dir/deep/er/c.txt", "three\n"),
    (".gitignore", "*.log\nbuild/\n"),
    ("sp ace\nline", "four\n"),
    ("caf\u{e9}", "five\n"),
];

struct Lab {
    test: TestRepo,
    slots: Slots,
}

impl Lab {
    fn new() -> Self {
        let test = TestRepo::with(&FILES);
        symlink("a.txt", test.root().join("link")).unwrap();
        fs::set_permissions(test.root().join("dir/b.txt"), fs::Permissions::from_mode(0o755)).unwrap();
        test.commit();
        let slots = Slots::new(&test.dir().join("state/slots"), &test.dir().join("state/trash"), &test.repo());
        Self { test, slots }
    }

    /// What a task needs that starts from the commit at HEAD.
    fn wanted(&self) -> Wanted {
        let owner = Owner { task: Uid::random(), attempt: 1, role: Role::Task };
        Wanted { tree: self.test.tree().into(), commit: self.test.head().into(), owner }
    }

    fn take(&self) -> Slot {
        let slot = self.slots.take(&self.wanted()).unwrap();
        self.assert_clean(&slot);
        slot
    }

    fn common(&self) -> PathBuf {
        self.test.root().join(".git").canonicalize().unwrap()
    }

    /// Git alone says whether the slot is what it should be; it looks at every byte.
    fn assert_clean(&self, slot: &Slot) {
        let root = slot.root();
        let status = self.test.git_in(&root, &["status", "--porcelain", "--ignored"]);
        assert_eq!(String::from_utf8_lossy(&status), "");
        let copy = self.test.dir().join("index-copy");
        drop(fs::remove_file(&copy));
        let index = copy.to_str().unwrap();
        let script = format!("alias.check=!export GIT_INDEX_FILE='{index}'; git add -A -f . && git write-tree");
        let tree = self.test.git_in(&root, &["-c", &script, "check"]);
        assert_eq!(String::from_utf8_lossy(&tree).trim_end(), slot.tree().unwrap().to_string());
        assert_eq!(empty_folders(&root), Vec::<PathBuf>::new());
    }
}

fn empty_folders(at: &Path) -> Vec<PathBuf> {
    let inside: Vec<_> = fs::read_dir(at).unwrap().map(|e| e.unwrap()).collect();
    let mut found: Vec<PathBuf> = if inside.is_empty() { vec![at.to_owned()] } else { Vec::new() };
    for entry in inside {
        if entry.file_type().unwrap().is_dir() {
            found.extend(empty_folders(&entry.path()));
        }
    }
    found
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_new_slot_is_a_clean_worktree_called_as_the_repository_is() {
    let lab = Lab::new();
    let slot = lab.take();
    assert_eq!(slot.root(), lab.test.dir().join("state/slots/1/repo"));
    assert!(lab.test.git(&["worktree", "list", "--porcelain"]).contains("locked takeback: in use by"));
    assert_eq!(slot.admin().unwrap().head().unwrap(), Head::Detached(lab.test.head()));
    let second = lab.take();
    assert_eq!((slot.n(), second.n()), (1, 2), "the first is in use");
    slot.release().unwrap();
    assert!(lab.test.git(&["worktree", "list", "--porcelain"]).contains("takeback: in use by"), "the second still is");
    assert_eq!(lab.take().n(), 1);
}

#[test]
fn whatever_a_task_leaves_the_next_finds_a_clean_slot() {
    let lab = Lab::new();
    let outside = lab.test.dir().join("outside");
    write(&outside.join("precious"), "mine");
    let slot = lab.take();
    let root = slot.root();
    write(&root.join("new/untracked"), "x");
    write(&root.join("build/out.o"), "x");
    write(&root.join("x.log"), "x");
    write(&root.join("dir/x.log"), "x");
    fs::create_dir_all(root.join("empty/er")).unwrap();
    write(&root.join("a.txt"), "changed");
    fs::remove_file(root.join("link")).unwrap();
    symlink(&outside, root.join("link")).unwrap();
    fs::remove_dir_all(root.join("dir/deep")).unwrap();
    symlink(&outside, root.join("dir/deep")).unwrap();
    fs::remove_file(root.join("sp ace\nline")).unwrap();
    write(&root.join("sp ace\nline/now/a/folder"), "x");
    fs::remove_file(root.join(".git")).unwrap();
    lab.test.git_in(&root, &["init", "-q"]);
    lab.test.git_in(&root, &["init", "-q", "dir/embedded"]);
    rustix::fs::mknodat(rustix::fs::CWD, root.join("fifo"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    mode(&root.join("caf\u{e9}"), 0o000);
    mode(&root.join("build"), 0o000);
    mode(&root.join("dir"), 0o500);
    mode(&root, 0o500);
    slot.release().unwrap();
    assert_eq!(lab.take().n(), 1);
    assert_eq!(fs::read(outside.join("precious")).unwrap(), b"mine");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn a_change_whose_time_is_set_back_does_not_reach_the_next_task() {
    let lab = Lab::new();
    let slot = lab.take();
    let path = slot.root().join("a.txt");
    let before = fs::metadata(&path).unwrap();
    let times = fs::FileTimes::new().set_modified(before.modified().unwrap()).set_accessed(before.accessed().unwrap());
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::io::Write::write_all(&mut &file, b"eno\n").unwrap();
    file.set_times(times).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before.modified().unwrap());
    slot.release().unwrap();
    let slot = lab.take();
    assert_eq!(fs::read(slot.root().join("a.txt")).unwrap(), b"one\n");
}

#[test]
fn a_file_with_a_second_name_elsewhere_is_written_anew() {
    let lab = Lab::new();
    let slot = lab.take();
    let back_door = lab.test.dir().join("back-door");
    fs::hard_link(slot.root().join("a.txt"), &back_door).unwrap();
    slot.release().unwrap();
    let slot = lab.take();
    write(&back_door, "poison");
    assert_eq!(fs::read(slot.root().join("a.txt")).unwrap(), b"one\n");
}

#[test]
fn only_what_differs_is_touched() {
    let lab = Lab::new();
    let slot = lab.take();
    let inode = |slot: &Slot, path: &str| std::os::unix::fs::MetadataExt::ino(&fs::metadata(slot.root().join(path)).unwrap());
    let before = [inode(&slot, "a.txt"), inode(&slot, "dir/b.txt")];
    write(&slot.root().join("dir/deep/er/c.txt"), "changed");
    slot.release().unwrap();
    lab.test.write("a.txt", "one and a half\n");
    lab.test.git(&["rm", "-q", "caf\u{e9}"]);
    lab.test.commit();
    let slot = lab.take();
    let after = [inode(&slot, "a.txt"), inode(&slot, "dir/b.txt")];
    assert_ne!(before[0], after[0]);
    assert_eq!(before[1], after[1]);
}

#[test]
fn a_slot_that_holds_the_same_tree_is_preferred() {
    let lab = Lab::new();
    let (first, second) = (lab.take(), lab.take());
    lab.test.write("a.txt", "2");
    lab.test.commit();
    let old = second.record.tree;
    let mut first = first;
    first.reset(lab.test.tree().into()).unwrap();
    first.release().unwrap();
    second.release().unwrap();
    let mut wanted = lab.wanted();
    wanted.tree = old.unwrap();
    assert_eq!(lab.slots.take(&wanted).unwrap().n(), 2);
    assert_eq!(lab.take().n(), 1);
}

#[test]
fn a_slot_goes_to_trees_of_every_shape_and_back() {
    let lab = Lab::new();
    let first = lab.wanted();
    lab.test.git(&["rm", "-rq", "dir", "a.txt"]);
    lab.test.write("dir", "a file now\n");
    lab.test.write("a.txt/is/a/folder", "now\n");
    lab.test.write(".gitattributes", "*.crlf eol=crlf\n");
    lab.test.write("x.crlf", "a\nb\n");
    lab.test.write(b"\xff\xfe", "not UTF-8");
    lab.test.commit();
    for _ in 0..2 {
        let slot = lab.slots.take(&first).unwrap();
        assert_eq!(fs::read(slot.root().join("dir/b.txt")).unwrap(), b"two\n");
        slot.release().unwrap();
        let slot = lab.take();
        assert_eq!(fs::read(slot.root().join("x.crlf")).unwrap(), b"a\r\nb\r\n");
        slot.release().unwrap();
    }
}

/// Takes a slot for the commit at HEAD and puts the files of the commit before over it.
fn take_with_files_of_before(lab: &Lab) -> Slot {
    let mut slot = lab.take();
    let repo = lab.test.repo();
    let odb = crate::git::repo::odb(&repo).unwrap();
    let before = repo.head().unwrap().peel_to_commit().unwrap().parent(0).unwrap().tree_id();
    slot.put_over(&tree::changes(&odb, Some(lab.test.tree()), Some(before)).unwrap()).unwrap();
    slot
}

#[test]
fn what_was_put_over_a_tree_is_gone_with_the_next_reset_without_a_look_at_every_byte() {
    let lab = Lab::new();
    lab.test.write("a.txt", "changed\n");
    lab.test.write("added/x", "new\n");
    fs::remove_file(lab.test.root().join("caf\u{e9}")).unwrap();
    lab.test.commit();
    let slot = take_with_files_of_before(&lab);
    let root = slot.root();
    assert_eq!(fs::read_to_string(root.join("a.txt")).unwrap(), "one\n");
    assert_eq!(fs::read_to_string(root.join("caf\u{e9}")).unwrap(), "five\n");
    assert!(!root.join("added").exists());
    assert_eq!(lab.test.git_in(&root, &["diff", "--name-only"]), b"", "the index tells of it");
    let untouched = fs::metadata(root.join("sp ace\nline")).unwrap().ino();
    slot.release().unwrap();
    // The same tree again, and one where the files are as they were put over it.
    let slot = lab.take();
    assert_eq!(fs::metadata(slot.root().join("sp ace\nline")).unwrap().ino(), untouched);
    slot.release().unwrap();
    take_with_files_of_before(&lab).release().unwrap();
    lab.test.git(&["checkout", "-q", "HEAD~1", "--", "."]);
    lab.test.commit();
    lab.take().release().unwrap();
}

#[test]
fn a_task_never_gets_a_slot_in_which_a_check_left_something_and_who_does_finds_it_once() {
    let lab = Lab::new();
    let names = |path: &RepoPath| path.as_bytes() == b"build";
    let globs = ["build".to_owned()];
    let cache = Cache { globs: &globs, names: &names };
    let check = || {
        let wanted = lab.wanted();
        let owner = Owner { role: Role::Check, ..wanted.owner };
        lab.slots.take_with(&Wanted { owner, ..wanted }, Some(cache)).unwrap()
    };
    let mut slot = check();
    assert!(!slot.has_cache());
    write(&slot.root().join("build/made"), "1");
    write(&slot.root().join("x.log"), "1");
    slot.leave_cache(cache);
    slot.release().unwrap();
    let task = lab.take();
    assert_eq!(task.n(), 2);
    task.release().unwrap();
    let slot = check();
    assert!(slot.n() == 1 && slot.has_cache());
    assert_eq!(fs::read_to_string(slot.root().join("build/made")).unwrap(), "1");
    assert!(!slot.root().join("x.log").exists());
    // Nobody said that this check has ended: what it left is not found again.
    slot.release().unwrap();
    let slot = check();
    assert!(!slot.has_cache() && !slot.root().join("build").exists());
    lab.assert_clean(&slot);
}

#[test]
fn what_users_do_to_a_slots_registration_is_put_right() {
    type Spoil = fn(&Lab, &Path);
    let spoils: [(&str, Spoil); 11] = [
        ("the folder is removed", |_, root| fs::remove_dir_all(root).unwrap()),
        ("the folder is a file", |_, root| {
            fs::remove_dir_all(root).unwrap();
            write(root, "x");
        }),
        ("the folder is a link", |lab, root| {
            fs::rename(root, lab.test.dir().join("moved")).unwrap();
            symlink(lab.test.dir().join("moved"), root).unwrap();
        }),
        ("worktree remove", |lab, root| drop(lab.test.git(&["worktree", "remove", "--force", root.to_str().unwrap()]))),
        ("worktree prune", |lab, root| {
            fs::remove_dir_all(root).unwrap();
            lab.test.git(&["worktree", "prune", "--expire", "now"]);
        }),
        ("worktree move", |lab, root| drop(lab.test.git(&["worktree", "move", root.to_str().unwrap(), "../moved"]))),
        ("worktree repair", |lab, _| drop(lab.test.git(&["worktree", "repair"]))),
        ("the admin dir is removed", |lab, _| fs::remove_dir_all(lab.common().join("worktrees/takeback-1")).unwrap()),
        ("the index is removed", |lab, _| fs::remove_file(lab.common().join("worktrees/takeback-1/index")).unwrap()),
        ("a git was killed there", |lab, _| write(&lab.common().join("worktrees/takeback-1/index.lock"), "half")),
        ("somebody staged", |lab, root| {
            write(&root.join("a.txt"), "staged");
            lab.test.git_in(root, &["add", "-A"]);
        }),
    ];
    for (what, spoil) in spoils {
        let lab = Lab::new();
        let slot = lab.take();
        let root = slot.root();
        slot.release().unwrap();
        spoil(&lab, &root);
        lab.test.write("a.txt", "two\n");
        lab.test.commit();
        let slot = lab.take();
        assert_eq!(slot.root(), root, "{what}");
        assert_eq!(slot.n(), 1, "{what}");
        assert_eq!(slot.admin().unwrap().worktree().unwrap(), root, "{what}");
        slot.release().unwrap();
        let moved = lab.test.dir().join("moved");
        if moved.exists() {
            assert_eq!(fs::read(moved.join("a.txt")).unwrap(), b"one\n", "{what}: it is the user's now");
        }
    }
}

#[test]
fn a_slot_whose_reset_was_cut_off_is_compared_by_content() {
    let lab = Lab::new();
    let slot = lab.take();
    let (root, folder, mut record) = (slot.root(), slot.folder.clone(), slot.record.clone());
    slot.release().unwrap();
    record.tree = None;
    record.owner = None;
    record.save(&folder).unwrap();
    let kept = fs::metadata(root.join("dir/b.txt")).unwrap();
    write(&root.join("a.txt"), "half");
    write(&root.join(".takeback-0123"), "half");
    mode(&root.join("dir/deep"), 0o000);
    let slot = lab.take();
    assert_eq!(slot.n(), 1);
    let ino = std::os::unix::fs::MetadataExt::ino;
    assert_eq!(ino(&fs::metadata(root.join("dir/b.txt")).unwrap()), ino(&kept), "what is the same is not written again");
}

#[test]
fn a_slot_with_an_owner_is_kept_for_recovery_and_claimed_as_it_is() {
    let lab = Lab::new();
    let wanted = lab.wanted();
    let Owner { task, attempt, .. } = wanted.owner.clone();
    let slot = lab.slots.take(&wanted).unwrap();
    assert!(lab.slots.owned().unwrap()[0].held);
    assert!(lab.slots.claim(&task, attempt).unwrap().is_empty(), "its owner is alive");
    write(&slot.root().join("work"), "of an hour");
    drop(slot);

    let owned = lab.slots.owned().unwrap();
    assert_eq!((owned.len(), owned[0].held, &owned[0].owner), (1, false, &wanted.owner));
    assert_eq!(lab.take().n(), 2, "nobody else gets it");
    assert!(lab.slots.claim(&task, attempt + 1).unwrap().is_empty());
    let slot = lab.slots.claim(&task, attempt).unwrap().pop().unwrap();
    assert!(slot.has_its_index().unwrap());
    assert_eq!(fs::read(slot.root().join("work")).unwrap(), b"of an hour");
    slot.release().unwrap();
    assert_eq!(lab.take().n(), 1);
}

#[test]
fn a_slot_that_somebody_looks_at_is_claimed_when_that_is_over() {
    let lab = Lab::new();
    let wanted = lab.wanted();
    let Owner { task, attempt, .. } = wanted.owner.clone();
    drop(lab.slots.take(&wanted).unwrap());
    let look = fs::File::open(lab.slots.path_of(1).join("lock")).unwrap();
    look.lock_shared().unwrap();
    let (started, ready) = std::sync::mpsc::channel();
    let slots = lab.slots.clone();
    let claiming = std::thread::spawn(move || {
        started.send(()).unwrap();
        slots.claim(&task, attempt).unwrap().len()
    });
    ready.recv().unwrap();
    drop(look);
    assert_eq!(claiming.join().unwrap(), 1);
}

#[test]
fn letting_go_puts_head_and_git_file_right() {
    let lab = Lab::new();
    lab.test.git(&["branch", "takeback/k7"]);
    let slot = lab.take();
    let (root, admin) = (slot.root(), slot.admin().unwrap());
    admin.point_head(&Head::Branch("refs/heads/takeback/k7".to_owned())).unwrap();
    fs::remove_file(root.join(".git")).unwrap();
    write(&root.join(".git"), "gitdir: /nowhere\n");
    slot.release().unwrap();
    assert_eq!(admin.head().unwrap(), Head::Detached(lab.test.head()));
    lab.test.git_in(&root, &["status"]);
    lab.test.git(&["branch", "-D", "takeback/k7"]);
    assert!(!lab.test.git(&["worktree", "list", "--porcelain"]).contains("locked"));
}

#[test]
fn a_slot_that_cannot_be_prepared_is_nobodys() {
    let lab = Lab::new();
    let mut wanted = lab.wanted();
    wanted.tree = Oid::from_str("1234567890123456789012345678901234567890").unwrap().into();
    assert!(lab.slots.take(&wanted).is_err());
    assert_eq!(lab.slots.owned().unwrap(), []);
    let slot = lab.take();
    assert_eq!(slot.n(), 1);
    slot.release().unwrap();
    drop(lab.slots.take(&wanted).unwrap_err());
    assert_eq!(lab.take().n(), 1);
}

#[test]
fn a_reset_that_failed_half_way_is_made_good_by_the_next() {
    let lab = Lab::new();
    lab.take().release().unwrap();
    for path in ["a.txt", "m.txt", "z.txt"] {
        lab.test.write(path, format!("new {path}\n"));
    }
    lab.test.git(&["rm", "-q", "dir/b.txt"]);
    lab.test.commit();
    let blob = lab.test.git(&["rev-parse", "HEAD:m.txt"]);
    let object = lab.common().join("objects").join(&blob[..2]).join(&blob[2..]);
    fs::rename(&object, lab.test.dir().join("object")).unwrap();
    let wanted = lab.wanted();
    assert!(lab.slots.take(&wanted).is_err(), "an object is not there");
    fs::rename(lab.test.dir().join("object"), &object).unwrap();
    let slot = lab.take();
    assert_eq!(slot.n(), 1);
    assert!(!slot.root().join("dir/b.txt").exists());
}

#[test]
fn a_record_that_is_not_understood_keeps_its_slot_from_everybody() {
    let lab = Lab::new();
    let slot = lab.take();
    write(&slot.root().join("work"), "of an hour");
    let folder = slot.folder.clone();
    drop(slot);
    write(&folder.join("slot.json"), "{\"n\": \"one\"}");
    assert_eq!(lab.take().n(), 2);
    assert!(folder.join("repo/work").exists());
}

#[test]
fn surplus_slots_are_deleted_and_those_in_use_are_not() {
    let lab = Lab::new();
    let (one, two, three, four) = (lab.take(), lab.take(), lab.take(), lab.take());
    let kept = [one.root(), four.root(), two.root()];
    let gone = three.root();
    mode(&gone.join("dir"), 0o000);
    drop(four);
    one.release().unwrap();
    three.release().unwrap();
    write(&lab.test.dir().join("state/trash/old/debris"), "x");
    assert_eq!(lab.slots.shrink(1).unwrap(), 1);
    assert!(!gone.parent().unwrap().exists());
    assert!(kept.iter().all(|root| root.join("a.txt").exists()));
    assert_eq!(AdminDir::find(&lab.common(), "takeback-3"), None);
    assert_eq!(fs::read_dir(lab.test.dir().join("state/trash")).unwrap().count(), 0);
    drop(two);
    assert_eq!(lab.slots.shrink(0).unwrap(), 1, "the owners' slots stay");
}

#[test]
fn where_no_slot_is_surplus_none_is_held() {
    let lab = Lab::new();
    let slot = lab.take();
    let lock = slot.folder.join("lock");
    slot.release().unwrap();
    write(&lock, "nobody");
    assert_eq!(lab.slots.shrink(1).unwrap(), 0);
    assert_eq!(fs::read_to_string(&lock).unwrap(), "nobody", "its holder writes who it is");
    assert_eq!(lab.slots.shrink(0).unwrap(), 1);
}

#[test]
fn what_holds_the_repository_is_never_deleted() {
    let lab = Lab::new();
    let mut slot = lab.take();
    let own = slot.folder.clone();
    for folder in [lab.test.dir().to_owned(), lab.test.root(), lab.common(), lab.common().join("objects")] {
        slot.folder = folder.clone();
        slot.record.save(&folder).unwrap();
        let refused = slot.refuse_removal();
        assert!(matches!(refused, Err(Error::Kept { .. })), "{}", folder.display());
        fs::remove_file(folder.join("slot.json")).unwrap();
        assert!(matches!(slot.refuse_removal(), Err(Error::Kept { .. })), "it has no record");
    }
    slot.folder = own;
    slot.refuse_removal().unwrap();

    lab.test.git(&["clone", "-q", "--bare", ".", "../bare/of.git"]);
    slot.folder = lab.test.dir().join("bare");
    slot.common = slot.folder.join("of.git");
    slot.record.save(&slot.folder).unwrap();
    assert!(matches!(slot.refuse_removal(), Err(Error::Kept { .. })), "it holds a bare repository");
}

#[test]
fn a_repository_that_was_moved_finds_its_slots_again() {
    let lab = Lab::new();
    lab.take().release().unwrap();
    let moved = lab.test.dir().join("elsewhere");
    fs::create_dir(&moved).unwrap();
    for part in ["repo", "state"] {
        fs::rename(lab.test.dir().join(part), moved.join(part)).unwrap();
    }
    let repo = git2::Repository::open(moved.join("repo")).unwrap();
    let slots = Slots::new(&moved.join("state/slots"), &moved.join("state/trash"), &repo);
    let head = repo.head().unwrap().peel_to_commit().unwrap();
    let owner = Owner { task: Uid::random(), attempt: 1, role: Role::Check };
    let slot = slots.take(&Wanted { tree: head.tree_id().into(), commit: head.id().into(), owner }).unwrap();
    assert_eq!(slot.admin().unwrap().name(), "takeback-1");
    assert_eq!(lab.test.git_in(&slot.root(), &["status", "--porcelain", "--ignored"]), b"");
}

/// What a task may do to a path; the paths are few, so that deeds meet.
fn deed() -> impl Strategy<Value = (u8, usize)> {
    (0..9_u8, 0..10_usize)
}

fn act(root: &Path, (deed, n): (u8, usize)) {
    let places = ["a.txt", "dir", "dir/b.txt", "dir/deep", "dir/deep/er/c.txt", "link", "new", "new/x.log", "build", ".gitignore"];
    let path = root.join(places[n]);
    let quiet = drop::<std::io::Result<()>>;
    let is_folder = fs::symlink_metadata(&path).is_ok_and(|m| m.is_dir());
    match deed {
        0 if is_folder => quiet(fs::remove_dir_all(&path)),
        0 => quiet(fs::remove_file(&path)),
        1 => quiet(fs::create_dir_all(&path)),
        2 => quiet(fs::create_dir_all(path.parent().unwrap()).and_then(|()| fs::File::create(&path)).map(drop)),
        3 => quiet(symlink("dir", &path)),
        4 => quiet(fs::set_permissions(&path, fs::Permissions::from_mode(0o000))),
        5 => quiet(fs::set_permissions(&path, fs::Permissions::from_mode(0o555))),
        6 => quiet(fs::rename(&path, root.join("moved"))),
        7 => quiet(fs::rename(root.join("moved"), &path)),
        _ => quiet(fs::hard_link(root.join("a.txt"), &path)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_debris_is_cleared(rounds in prop::collection::vec(prop::collection::vec(deed(), 1..12), 1..4)) {
        let lab = Lab::new();
        for deeds in rounds {
            let slot = lab.take();
            for deed in deeds {
                act(&slot.root(), deed);
            }
            slot.release().unwrap();
        }
        let slot = lab.take();
        assert_eq!(slot.n(), 1);
        drop(Folder::open(&slot.root()).unwrap());
    }
}
