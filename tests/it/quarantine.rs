//! A task's git cannot change the repository (DESIGN, promise 3): whatever it does, `.git` is byte for byte as before, but for what is
//! takeback's own: `takeback/`, `refs/takeback`, the tasks' branches, new packs, and the worktrees' admin dirs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::lab::Lab;

/// A repository with all that a task could want to break: branches, tags, a stash, notes, hooks, settings, a reflog, loose and packed.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.git(["branch", "old"]);
    lab.git(["tag", "v1"]);
    lab.git(["pack-refs", "--all"]);
    lab.write("a.txt", "two\n");
    lab.commit("second");
    lab.git(["tag", "-a", "-m", "annotated", "v2"]);
    lab.git(["notes", "add", "-m", "a note"]);
    lab.write("a.txt", "stashed\n");
    lab.git(["stash"]);
    lab.git(["remote", "add", "origin", "https://example.org/none.git"]);
    lab.git(["update-ref", "refs/remotes/origin/main", "HEAD~1"]);
    lab.write(".git/hooks/pre-commit", "#!/bin/sh\necho the user's own hook\n");
    lab.write(".git/info/exclude", "*.mine\n");
    lab
}

/// Every file of `.git` that is not takeback's, with its content.
fn repository(lab: &Lab) -> BTreeMap<PathBuf, Vec<u8>> {
    let root = lab.root().join(".git");
    let mut found = BTreeMap::new();
    walk(&root, &root, &mut found);
    found
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    const OURS: [&str; 6] =
        ["takeback", "refs/takeback", "refs/heads/takeback", "logs/refs/takeback", "logs/refs/heads/takeback", "worktrees"];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_owned();
        if OURS.iter().any(|ours| name == Path::new(ours)) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            walk(root, &path, found);
        } else {
            let content = std::fs::read_link(&path).map(|to| to.into_os_string().into_encoded_bytes());
            found.insert(name, content.or_else(|_| std::fs::read(&path)).unwrap());
        }
    }
}

/// Runs a task and holds the repository to what it was.
#[track_caller]
fn run(lab: &Lab, script: &str) -> Value {
    let before = repository(lab);
    let (_, answer) = lab.answer(["run", "--wait", "--name", "k7", "--shell", script]);
    let after = repository(lab);
    let new_pack = |path: &Path| path.starts_with("objects/pack") || path == Path::new("objects/info/commit-graph");
    for (path, content) in &after {
        match before.get(path) {
            Some(old) => {
                assert_eq!(old.escape_ascii().to_string(), content.escape_ascii().to_string(), "{} changed", path.display());
            }
            None => assert!(new_pack(path), "{} was made", path.display()),
        }
    }
    let gone: Vec<_> = before.keys().filter(|path| !after.contains_key(*path)).collect();
    assert!(gone.is_empty(), "{gone:?} are gone");
    let kept: Vec<_> = after.keys().filter(|path| path.extension().is_some_and(|e| e == "keep")).collect();
    assert!(kept.is_empty(), "{kept:?} are left over");
    lab.git(["fsck", "--full", "--strict"]);
    answer["task"].clone()
}

/// Each side ref of the task, by the end of its name, with the subject of its commit; each must be there after a gc.
#[track_caller]
fn side(lab: &Lab, task: &Value) -> BTreeMap<String, String> {
    let prefix = format!("refs/takeback/side/{}/{}/", task["uid"].as_str().unwrap(), task["attempt"]);
    lab.git(["gc", "-q", "--prune=now"]);
    let names = task["side"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let subject = |name: &str| lab.git(["log", "-1", "--format=%s", name]);
    names.map(|name| (name.strip_prefix(&prefix).unwrap_or_else(|| panic!("{name}")).to_owned(), subject(name))).collect()
}

#[test]
fn commits_of_a_task_are_its_own_and_its_result_is_one_commit_on_the_base() {
    let lab = lab();
    let task = run(&lab, "echo 1 > x && git add x && git commit -q -m mine && echo 2 > y");
    assert_eq!(task["state"], "ready", "{task}");
    assert_eq!(lab.git(["rev-parse", "takeback/k7^"]), lab.git(["rev-parse", "main"]));
    assert_eq!(lab.git(["diff", "--name-only", "main", "takeback/k7"]), "x\ny");
    assert_eq!(side(&lab, &lab.task("k7")), BTreeMap::from([("head".to_owned(), "mine".to_owned())]));
}

#[test]
fn branches_tags_and_stashes_of_a_task_are_listed_and_stay_in_reach() {
    let lab = lab();
    let task = run(
        &lab,
        "git checkout -q -b other && echo 1 > x && git add x && git commit -q -m 'on other' && git tag mark &&
         git checkout -q takeback/k7 && echo stash > a.txt && git stash -q && echo again > a.txt && git stash -q && echo 2 > y",
    );
    assert_eq!(task["state"], "ready", "{task}");
    let side = side(&lab, &lab.task("k7"));
    let names: Vec<_> = side.keys().map(String::as_str).collect();
    assert_eq!(names, ["branches/other", "stash/0", "stash/1", "tags/mark"]);
    assert_eq!(side["branches/other"], "on other");
    assert!(side["stash/0"].starts_with("WIP on takeback/k7"), "{side:?}");
    assert_eq!(lab.git(["stash", "list"]).lines().count(), 1, "the user's own stash is alone");
    assert_eq!(lab.git(["branch", "--list", "other"]), "");
}

#[test]
fn whatever_git_does_in_a_task_the_repository_is_byte_for_byte_as_before() {
    let tries = [
        "git branch -D old; git branch -D main; git tag -d v1; git tag -d v2",
        "git update-ref -d refs/heads/main; git update-ref -d refs/notes/commits; git update-ref refs/heads/main HEAD~1",
        "git gc -q --prune=now --aggressive; git repack -adfq; git prune --expire=now; git prune-packed",
        "git config user.name Somebody; git config --local core.hooksPath /tmp; git config core.worktree /; git config alias.x '!true'",
        "git reset -q --hard HEAD~1; git checkout -q --orphan fresh; git rm -rfq .; git commit -q --allow-empty -m orphan",
        "git worktree prune --expire=now; git worktree list; git worktree add ../elsewhere; git worktree remove --force .",
        "git stash drop; git stash clear; git reflog expire --expire=all --all",
        "git remote remove origin; git pack-refs --all; git commit -q --allow-empty --amend -m amended",
        "d=$(git rev-parse --git-dir); for h in pre-commit post-checkout post-commit reference-transaction update; do
             mkdir -p $d/hooks; printf '#!/bin/sh\\ntouch $TMPDIR/hook-ran\\n' > $d/hooks/$h; chmod +x $d/hooks/$h; done;
         echo '[core] fsmonitor = touch $TMPDIR/hook-ran' >> $d/config; echo x > y",
        "d=$(git rev-parse --git-common-dir); rm -rf $d/refs $d/objects $d/HEAD",
        "echo '*.txt' > $(git rev-parse --git-path info/exclude); git update-index --assume-unchanged a.txt; git add -A; git commit -qm c",
        "git symbolic-ref HEAD refs/heads/main; git commit -q --allow-empty -m 'on main'; git update-server-info; git maintenance run",
        "git filter-branch -f --msg-filter 'sed s/start/x/' -- --all; git fast-export --all | git fast-import --force --quiet",
        "git submodule init; git sparse-checkout set b; git rerere clear; git notes remove; git bisect start",
    ];
    for script in tries {
        let lab = lab();
        run(&lab, &format!("{script}\necho kept > kept-all-the-same; true"));
        let tree = lab.git(["ls-tree", "-r", "--name-only", "takeback/k7"]);
        assert!(tree.lines().any(|name| name == "kept-all-the-same"), "{script}: {tree}");
        assert_eq!(lab.git(["status", "--porcelain"]), "", "{script}");
        assert!(!lab.outside().join("tmp/hook-ran").exists(), "a hook or a setting of the task was obeyed: {script}");
        lab.json(["run", "--wait", "--name", "next", "--", "touch", "next"]);
        assert_eq!(lab.git(["diff", "--name-only", "main", "takeback/next"]), "next", "the next task starts clean after: {script}");
    }
}

#[test]
fn a_task_sees_the_history_and_only_its_own_branch_of_takebacks() {
    let lab = lab();
    lab.ready_task("earlier", "e", "1\n");
    run(&lab, "git log --all --format=%s > log; git for-each-ref --format='%(refname)' > refs; git stash list > stashes");
    let show = |path: &str| lab.git(["show", &format!("takeback/k7:{path}")]);
    assert!(show("log").contains("start") && show("log").contains("second"), "{}", show("log"));
    let refs = show("refs");
    for name in ["refs/heads/main", "refs/heads/old", "refs/tags/v1", "refs/tags/v2", "refs/heads/takeback/k7"] {
        assert!(refs.lines().any(|line| line == name), "{refs}");
    }
    assert!(!refs.contains("earlier") && !refs.contains("refs/takeback/"), "{refs}");
    assert_eq!(show("stashes"), "", "the user's stash is the user's");
}

#[test]
fn a_broken_hostile_or_huge_quarantine_fails_the_task_and_its_files_are_kept() {
    let commit = "echo 1 > x; git add x; git commit -q -m mine; d=$(git rev-parse --git-dir)";
    let tries = [
        ("a lost object", "find $d/objects -type f -name '[0-9a-f]*' -delete"),
        ("a damaged object", "for o in $(find $d/objects -type f -path '*/??/*'); do chmod +w $o; echo rubbish > $o; done"),
        ("a ref that is none", "echo rubbish > $d/refs/heads/bad"),
        ("HEAD that is none", "echo rubbish > $d/HEAD"),
        ("HEAD that is a folder", "rm $d/HEAD; mkdir $d/HEAD"),
        ("refs that lead out", "rm -r $d/refs; ln -s / $d/refs"),
        ("objects that lead out", "mv $d/objects $d/o; ln -s $d/o $d/objects"),
        (
            "a tree with .git in it",
            "b=$(git hash-object -w x); t=$(printf '100644 blob %s\\t.git\\n' $b | git mktree); git update-ref refs/heads/evil $(git commit-tree -m evil $t)",
        ),
        (
            "a tree with .. in it",
            "b=$(git hash-object -w x); t=$(printf '100644 blob %s\\t..\\n' $b | git mktree); git update-ref refs/heads/evil $(git commit-tree -m evil $t)",
        ),
        (
            "more refs than are taken over",
            "for n in $(seq 1 1100); do echo \"create refs/heads/b$n $(git rev-parse HEAD)\"; done | git update-ref --stdin",
        ),
        ("a pipe where a ref is", "mkfifo $d/refs/heads/pipe"),
        ("a folder that is gone", "mv $d $d.away"),
    ];
    for (what, script) in tries {
        let lab = lab();
        let task = run(&lab, &format!("{commit}\n{script}\necho 2 > y"));
        assert_eq!((&task["state"], &task["reason"]), (&"failed".into(), &"quarantine".into()), "{what}: {task}");
        assert!(task["message"].as_str().unwrap().contains("was not taken over"), "{what}: {task}");
        assert_eq!(lab.git(["diff", "--name-only", "main", "takeback/k7"]), "x\ny", "{what}");
        assert_eq!(task["side"], serde_json::json!([]), "{what}");
        lab.json(["land", "k7", "--allow-failed"]);
        lab.json(["undo", "k7"]);
    }
}

#[test]
fn a_quarantine_above_the_limit_fails_the_task_and_its_files_are_kept() {
    let lab = lab();
    lab.git(["config", "takeback.maxQuarantine", "1m"]);
    let task = run(&lab, "head -c 3000000 /dev/urandom > big; git add big; git commit -qm big; rm big; echo 1 > x");
    assert_eq!((&task["state"], &task["reason"]), (&"failed".into(), &"quarantine".into()), "{task}");
    assert_eq!(lab.git(["diff", "--name-only", "main", "takeback/k7"]), "x");
}

#[test]
fn a_task_that_removes_its_git_still_has_its_files_kept() {
    let lab = lab();
    let task = run(&lab, "echo 1 > x; rm .git; echo 2 > y");
    assert_eq!(task["result"], lab.git(["rev-parse", "takeback/k7"]), "{task}");
    assert_eq!(lab.git(["diff", "--name-only", "main", "takeback/k7"]), "x\ny");
}

#[test]
fn a_task_that_makes_a_repository_of_its_own_in_place_of_its_git_has_escaped_and_its_files_are_kept() {
    let lab = lab();
    let task = run(&lab, "rm .git; git init -q .; git add -A; git commit -qm own; echo 2 > y");
    assert_eq!((&task["state"], &task["reason"]), (&"failed".into(), &"escaped".into()), "{task}");
    assert_eq!(lab.git(["diff", "--name-only", "main", "takeback/k7"]), "y");
    lab.ready_task("next", "z", "1\n");
}

#[test]
fn a_task_that_links_to_the_repository_has_escaped_what_it_did_there_is_named_and_its_files_are_kept() {
    let lab = lab();
    let git = lab.root().join(".git");
    let script =
        format!("rm .git; ln -s '{}' .git; git branch escaped-branch; git config some.key value; echo 1 > x", git.display());
    let (_, answer) = lab.answer(["run", "--wait", "--name", "k7", "--shell", &script]);
    let task = &answer["task"];
    assert_eq!((&task["state"], &task["reason"]), (&"failed".into(), &"escaped".into()), "{task}");
    assert_eq!(lab.git(["diff", "--name-only", "main", "takeback/k7"]), "x");
    let shown = lab.ok(["show", "k7"]);
    for change in ["refs/heads/escaped-branch was made", ".git/config was changed"] {
        assert!(shown.contains(change), "{shown}");
    }
    assert_eq!(lab.git(["status", "--porcelain"]), "");
    lab.ready_task("next", "z", "1\n");
    assert_eq!(lab.git(["diff", "--name-only", "main", "takeback/next"]), "z");
}
