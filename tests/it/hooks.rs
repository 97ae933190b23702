//! Hooks: what they refuse, what goes through, and how they come and go.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::json;

use crate::lab::{Lab, wait_until};

const OURS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/hooks/git/reference-transaction");

fn place(lab: &Lab) -> PathBuf {
    lab.root().join(".git/hooks/reference-transaction")
}

fn kept(lab: &Lab) -> PathBuf {
    lab.root().join(".git/hooks/reference-transaction.before-takeback")
}

/// A hook that writes down what it is told.
fn noting(lab: &Lab) -> String {
    let log = lab.outside().join("noted");
    format!("#!/bin/sh\n{{ echo \"$1:\"; cat; }} >> '{}'\n", log.display())
}

fn noted(lab: &Lab) -> String {
    fs::read_to_string(lab.outside().join("noted")).unwrap_or_default()
}

/// Hands off a task that runs until [`end`].
fn start(lab: &Lab, name: &str) -> String {
    let go = lab.outside().join("go");
    let script = format!("echo two > a.txt; while ! [ -e '{}' ]; do sleep 0.02; done", go.display());
    lab.ok(["run", "--name", name, "--shell", &script]);
    let branch = format!("refs/heads/takeback/{name}");
    wait_until("the task runs", || lab.task(name)["started_at"].is_string());
    lab.git(["rev-parse", &branch])
}

fn end(lab: &Lab, name: &str) {
    fs::write(lab.outside().join("go"), "").unwrap();
    lab.ok(["wait", name]);
}

/// Every git on the way to programs: they differ in what they tell a hook.
fn gits() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> =
        std::env::split_paths(&path).map(|folder| folder.join("git")).filter(|git| git.is_file()).collect();
    found.dedup_by_key(|git| git.canonicalize().unwrap());
    assert!(!found.is_empty());
    found
}

fn git(lab: &Lab, git: &Path, args: &[&str]) -> Output {
    lab.command(git).args(args).output().unwrap()
}

#[track_caller]
fn refuses(lab: &Lab, with: &Path, args: &[&str], branch: &str, at: &str) {
    let output = git(lab, with, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let what = format!("{} {args:?}", with.display());
    assert!(!output.status.success(), "{what} went through");
    assert!(said.contains(&format!("takeback: {branch} is the branch of the task t")), "{what}: {said}");
    assert!(said.contains("`takeback cancel t`"), "{what}: {said}");
    assert_eq!(lab.git(["rev-parse", branch]), at, "{what}");
}

#[track_caller]
fn passes(lab: &Lab, with: &Path, args: &[&str]) {
    let output = git(lab, with, args);
    assert!(output.status.success() && output.stderr.is_empty(), "{} {args:?}: {output:?}", with.display());
}

fn try_everything(lab: &Lab, with: &Path, at: &str) {
    let branch = "takeback/t";
    let full = "refs/heads/takeback/t";
    let other = lab.git(["rev-parse", "other"]);
    let path = lab.root();
    let path = path.to_str().unwrap();
    for args in [
        &["update-ref", full, &other] as &[&str],
        &["update-ref", full, &other, at],
        &["update-ref", "-d", full],
        &["update-ref", "-d", full, at],
        &["branch", "-m", branch, "mine"],
        &["-C", "b", "update-ref", "-d", full],
        &["-C", ".git", "update-ref", "-d", full],
        &["-C", "../linked", "update-ref", "-d", full],
        &["-C", "../linked", "update-ref", full, &other],
        &["-C", "/", "--git-dir", &format!("{path}/.git"), "update-ref", "-d", full],
        &["fetch", "-q", "--update-head-ok", "../bare.git", &format!("+refs/heads/other:{full}")],
        &["-c", "receive.denyCurrentBranch=ignore", "-C", "../bare.git", "push", "-q", path, &format!("+other:{full}")],
    ] {
        refuses(lab, with, args, branch, at);
    }
    passes(lab, with, &["update-ref", full, at]);
    passes(lab, with, &["update-ref", "refs/heads/other-still", &other]);
    passes(lab, with, &["fetch", "-q", "../bare.git", "+refs/heads/*:refs/remotes/bare/*"]);
}

#[test]
fn a_running_tasks_branch_stays_where_it_is_and_everything_else_goes_on() {
    let lab = Lab::new();
    lab.git(["commit", "-q", "--allow-empty", "-m", "other"]);
    lab.git(["branch", "other"]);
    lab.git(["reset", "-q", "--hard", "HEAD~1"]);
    lab.git(["worktree", "add", "-q", "--detach", "../linked"]);
    lab.git(["clone", "-q", "--bare", ".", "../bare.git"]);
    lab.git(["config", "receive.denyCurrentBranch", "ignore"]);
    let at = start(&lab, "t");
    lab.ok(["hooks", "install"]);
    for with in gits() {
        try_everything(&lab, &with, &at);
        for tidy in [&["pack-refs", "--all"] as &[&str], &["gc", "-q", "--prune=now"], &["pack-refs", "--all", "--no-prune"]] {
            passes(&lab, &with, tidy);
            assert!(!lab.root().join(".git/refs/heads/takeback/t").exists(), "{} {tidy:?} packs it as ever", with.display());
            try_everything(&lab, &with, &at);
        }
        // The ref's own file, and the same value packed.
        fs::create_dir_all(lab.root().join(".git/refs/heads/takeback")).unwrap();
        fs::write(lab.root().join(".git/refs/heads/takeback/t"), format!("{at}\n")).unwrap();
        try_everything(&lab, &with, &at);
    }
    end(&lab, "t");
    assert_eq!(lab.task("t")["state"], "ready");
    lab.ok(["land", "t"]);
    lab.ok(["undo"]);
    lab.git(["branch", "-D", "takeback/t"]);
}

#[test]
fn where_git_is_not_named_a_running_branch_no_program_is_started() {
    let lab = Lab::new();
    start(&lab, "t");
    let mut hook = lab
        .command("/bin/sh")
        .env("PATH", "/nowhere")
        .args([OURS, "prepared"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = hook.stdin.take().unwrap();
    for n in 0..1000 {
        writeln!(stdin, "{:040} {n:040x} refs/remotes/origin/takeback/t{n}", 0).unwrap();
    }
    drop(stdin);
    let output = hook.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    end(&lab, "t");
}

#[test]
fn a_worktree_of_the_users_that_is_called_like_ours_protects_nothing() {
    let lab = Lab::new();
    lab.ready_task("t", "x", "1\n");
    lab.ok(["hooks", "install"]);
    lab.git(["worktree", "add", "-q", "../takeback-9", "takeback/t"]);
    lab.git(["update-ref", "refs/heads/takeback/t", "HEAD"]);
}

#[test]
fn the_hook_that_was_there_before_is_called_with_every_line_and_its_no_counts() {
    let lab = Lab::new();
    lab.write_program(place(&lab), &noting(&lab));
    lab.ok(["hooks", "install"]);
    let head = lab.git(["rev-parse", "HEAD"]);
    for running in [false, true] {
        if running {
            start(&lab, "t");
        }
        let before = noted(&lab).len();
        let mut child = lab.command("git").args(["update-ref", "--stdin"]).stdin(Stdio::piped()).spawn().unwrap();
        let lines = format!("create refs/x/{running}/one {head}\ncreate refs/x/{running}/two {head}\n");
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        let none = "0".repeat(40);
        let told = format!("{none} {head} refs/x/{running}/one\n{none} {head} refs/x/{running}/two\n");
        assert_eq!(&noted(&lab)[before..], format!("prepared:\n{told}committed:\n{told}"));
    }
    lab.write_program(kept(&lab), "#!/bin/sh\necho theirs >&2\nexit 1\n");
    let output = lab.command("git").args(["update-ref", "refs/x/three", &head]).output().unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("theirs"), "{output:?}");
    end(&lab, "t");
}

#[test]
fn what_was_there_before_is_back_the_very_same_when_ours_goes() {
    let lab = Lab::new();
    lab.write_program(place(&lab), &noting(&lab));
    let identity = |path: &Path| path.symlink_metadata().map(|m| (m.ino(), m.mode(), m.mtime_nsec(), m.nlink())).unwrap();
    let before = identity(&place(&lab));
    assert_eq!(lab.json(["hooks", "install"])["hooks"][0]["done"], "installed");
    assert_eq!(fs::read(place(&lab)).unwrap(), fs::read(OURS).unwrap());
    assert_eq!(identity(&kept(&lab)), before);
    assert_eq!(lab.json(["hooks", "install"])["hooks"][0]["done"], "nothing");
    assert_eq!(lab.json(["hooks", "remove"])["hooks"][0]["done"], "removed");
    assert_eq!(identity(&place(&lab)), before);
    assert_eq!(lab.json(["hooks", "remove"])["hooks"][0]["done"], "nothing");
    assert!(!kept(&lab).exists() && !lab.root().join(".git/takeback/hooks.json").exists());

    fs::remove_file(place(&lab)).unwrap();
    std::os::unix::fs::symlink("elsewhere", place(&lab)).unwrap();
    lab.ok(["hooks", "install"]);
    lab.ok(["hooks", "remove"]);
    assert_eq!(fs::read_link(place(&lab)).unwrap(), Path::new("elsewhere"));

    fs::remove_file(place(&lab)).unwrap();
    lab.ok(["hooks", "install"]);
    lab.ok(["hooks", "remove"]);
    assert!(place(&lab).symlink_metadata().is_err());
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let lab = Lab::new();
    lab.write_program(place(&lab), &noting(&lab));
    assert_eq!(lab.json(["hooks", "install", "--dry-run"])["hooks"][0]["done"], "installed");
    assert!(!kept(&lab).exists() && !lab.root().join(".git/takeback/hooks.json").exists());
    lab.ok(["hooks", "install"]);
    assert_eq!(lab.json(["hooks", "remove", "--dry-run"])["hooks"][0]["done"], "removed");
    assert!(kept(&lab).exists());
}

#[test]
fn an_install_that_fails_leaves_nothing() {
    let lab = Lab::new();
    let folder = lab.root().join(".git/hooks");
    fs::remove_dir_all(&folder).unwrap_or_default();
    std::os::unix::fs::symlink("nowhere/hooks", &folder).unwrap();
    let said = lab.refused(["hooks", "install"], 4);
    assert!(said.contains("hooks"), "{said}");
    assert!(!lab.root().join(".git/takeback/hooks.json").exists());
    fs::create_dir_all(lab.root().join(".git/nowhere/hooks")).unwrap();
    lab.ok(["hooks", "install"]);
    let ledger = lab.read(".git/takeback/hooks.json");
    // What an earlier install has put elsewhere stays known.
    std::os::unix::fs::symlink("nothing/there", lab.root().join(".git/more")).unwrap();
    lab.git(["config", "core.hooksPath", ".git/more"]);
    lab.refused(["hooks", "install", "--force"], 4);
    assert_eq!(lab.read(".git/takeback/hooks.json"), ledger);
}

#[test]
fn an_empty_folder_of_hooks_is_the_root_of_the_file_system_as_for_git() {
    let lab = Lab::new();
    lab.git(["config", "core.hooksPath", ""]);
    let hook = &lab.json(["hooks", "list"])["hooks"][0];
    assert_eq!(hook["path"], "/reference-transaction");
    let said = lab.refused(["hooks", "install"], 3);
    assert!(said.contains("git's hooks are in \"/\", outside of the repository"), "{said}");
    for folder in [lab.root(), lab.root().join(".git/hooks")] {
        assert!(!folder.join("reference-transaction").exists());
    }
}

#[test]
fn the_list_tells_ours_from_older_ones_and_from_others() {
    let lab = Lab::new();
    let state = || lab.json(["hooks", "list"])["hooks"][0]["state"].clone();
    assert_eq!(state(), "absent");
    lab.write_program(place(&lab), "#!/bin/sh\n");
    assert_eq!(state(), "foreign");
    lab.ok(["hooks", "install"]);
    assert_eq!(state(), "installed");
    assert_eq!(lab.json(["hooks"])["hooks"][0]["before"], json!(kept(&lab)));
    fs::set_permissions(place(&lab), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(state(), "outdated", "it is not run");
    assert_eq!(lab.json(["hooks", "install"])["hooks"][0]["done"], "updated");
    assert_eq!(state(), "installed");
    fs::write(place(&lab), "#!/bin/sh\n# mine\n").unwrap();
    assert_eq!(state(), "edited");
    // As an older version would have left it.
    let id = lab.git(["hash-object", ".git/hooks/reference-transaction"]);
    let ledger = lab.root().join(".git/takeback/hooks.json");
    let mut lines: serde_json::Value = serde_json::from_slice(&fs::read(&ledger).unwrap()).unwrap();
    lines["hooks"][0]["scripts"] = json!([id]);
    fs::write(&ledger, lines.to_string()).unwrap();
    assert_eq!(state(), "outdated");
    assert_eq!(lab.json(["hooks", "install"])["hooks"][0]["done"], "updated");
    assert_eq!(state(), "installed");
    lab.ok(["hooks", "remove"]);
    assert_eq!(fs::read_to_string(place(&lab)).unwrap(), "#!/bin/sh\n");
}

#[test]
fn a_folder_of_hooks_inside_the_git_dir_is_the_repositorys_own() {
    let lab = Lab::new();
    lab.git(["config", "core.hooksPath", ".git/my hooks"]);
    let at = start(&lab, "t");
    lab.ok(["hooks", "install"]);
    assert!(lab.root().join(".git/my hooks/reference-transaction").exists() && !place(&lab).exists());
    refuses(&lab, Path::new("git"), &["update-ref", "-d", "refs/heads/takeback/t"], "takeback/t", &at);
    end(&lab, "t");
    lab.git(["config", "--unset", "core.hooksPath"]);
    let hooks = lab.json(["hooks"])["hooks"].clone();
    assert_eq!((&hooks[0]["state"], &hooks[1]["used"]), (&json!("absent"), &json!(false)), "{hooks}");
    lab.ok(["hooks", "remove"]);
    assert!(!lab.root().join(".git/my hooks/reference-transaction").exists());
}

#[test]
fn a_repository_that_is_moved_takes_its_hooks_along_and_a_copy_has_its_own() {
    for folder in [".git/hooks", "shared"] {
        let lab = Lab::new();
        lab.git(["config", "core.hooksPath", folder]);
        let hook = |root: &Path| root.join(folder).join("reference-transaction");
        lab.write_program(hook(&lab.root()), "#!/bin/sh\n# mine\n");
        lab.ok(["hooks", "install", "--force"]);
        let copy = lab.outside().join("copy");
        assert!(lab.command("cp").arg("-a").args([lab.root(), copy.clone()]).status().unwrap().success());
        let there = copy.to_str().unwrap();
        let hooks = lab.json(["-C", there, "hooks"])["hooks"].clone();
        assert_eq!((hooks.as_array().unwrap().len(), &hooks[0]["state"]), (1, &json!("installed")), "{hooks}");
        lab.ok(["-C", there, "hooks", "remove"]);
        assert_eq!(fs::read_to_string(hook(&copy)).unwrap(), "#!/bin/sh\n# mine\n");
        assert_eq!(lab.json(["hooks"])["hooks"][0]["state"], "installed", "the original keeps its own");

        let moved = lab.outside().join("moved");
        fs::rename(lab.root(), &moved).unwrap();
        fs::create_dir(lab.root()).unwrap();
        let there = moved.to_str().unwrap();
        assert_eq!(lab.json(["-C", there, "hooks", "install", "--force"])["hooks"][0]["done"], "nothing");
        lab.ok(["-C", there, "hooks", "remove"]);
        assert_eq!(fs::read_to_string(hook(&moved)).unwrap(), "#!/bin/sh\n# mine\n");
        assert!(!moved.join(".git/takeback/hooks.json").exists());
    }
}

#[test]
fn one_that_was_put_there_by_hand_or_by_another_repository_is_known_for_ours() {
    let lab = Lab::new();
    fs::create_dir_all(lab.root().join(".git/hooks")).unwrap();
    fs::copy(OURS, place(&lab)).unwrap();
    assert_eq!(lab.json(["hooks"])["hooks"][0]["state"], "installed");
    assert_eq!(lab.json(["hooks", "install"])["hooks"][0]["done"], "nothing");
    assert!(!kept(&lab).exists(), "it does not call itself");
    assert_eq!(lab.json(["hooks", "remove"])["hooks"][0]["done"], "removed");
    assert!(!place(&lab).exists());

    let shared = lab.outside().join("shared");
    lab.write_program(shared.join("reference-transaction"), "#!/bin/sh\n# mine\n");
    let other = lab.outside().join("other");
    lab.git(["clone", "-q", ".", other.to_str().unwrap()]);
    let there = other.to_str().unwrap();
    for root in [".", there] {
        lab.git(["-C", root, "config", "core.hooksPath", shared.to_str().unwrap()]);
    }
    lab.ok(["hooks", "install", "--force"]);
    assert_eq!(lab.json(["-C", there, "hooks", "install", "--force"])["hooks"][0]["done"], "nothing");
    assert_eq!(lab.json(["-C", there, "hooks", "remove"])["hooks"][0]["done"], "nothing", "it is the first one's");
    lab.ok(["hooks", "remove"]);
    assert_eq!(fs::read_to_string(shared.join("reference-transaction")).unwrap(), "#!/bin/sh\n# mine\n");
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 1);
}
