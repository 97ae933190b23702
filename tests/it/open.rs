//! `open`: a result in a real worktree, and what is done there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::lab::{Lab, said, wait_until};

const SCRIPT: &str = "printf 'two\\n' > a.txt; printf made > made.log";

/// A task `t` that is ready, with an output; `*.log` is ignored.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write(".gitignore", "*.log\n");
    lab.commit("ignore");
    lab.ok(["run", "--wait", "--name", "t", "--check", "ls | grep -q txt", "--shell", SCRIPT]);
    lab
}

/// Opens `t` and leaves it open.
#[track_caller]
fn left_open(lab: &Lab) -> PathBuf {
    PathBuf::from(lab.ok(["open", "t"]).trim_end())
}

#[track_caller]
fn sh(lab: &Lab, script: &str) -> (i32, Value) {
    lab.answer(["open", "t", "--", "sh", "-c", script])
}

fn show(lab: &Lab, revision: &str) -> String {
    lab.git(["show", revision])
}

fn opened(lab: &Lab) -> Value {
    lab.json(["open", "--list"])["opened"].clone()
}

fn output(lab: &Lab, path: &str) -> String {
    let to = tempfile::tempdir().unwrap();
    lab.ok(["outputs", "t", "--to", to.path().to_str().unwrap()]);
    fs::read_to_string(to.path().join(path)).unwrap()
}

#[test]
fn what_is_done_in_an_opened_worktree_is_the_tasks_next_attempt() {
    let lab = lab();
    let before = lab.task("t");
    let picture = lab.git(["status", "--porcelain", "--ignored"]);
    let script = "git worktree list --porcelain > ../seen; cat a.txt > ../had; printf mine > mine.txt; git add -A; git commit -q -m mine; \
                  printf 'three\\n' > a.txt; rm b/c.txt; printf new > new.txt; printf other > other.log";
    let (code, answer) = sh(&lab, script);
    assert_eq!((code, &answer["left"]["open"], &answer["left"]["attempt"]), (0, &json!(false), &json!(2)), "{answer}");
    let path = PathBuf::from(answer["left"]["path"].as_str().unwrap());
    let seen = fs::read_to_string(path.parent().unwrap().join("seen")).err();
    assert!(seen.is_some() && !path.exists(), "all of it is gone");
    assert_eq!(path.file_name(), lab.root().file_name());

    let task = lab.task("t");
    assert_eq!(
        (&task["state"], &task["attempt"], &task["checks"][0]["exit"]["code"]),
        (&json!("ready"), &json!(2), &json!(0)),
        "{task}"
    );
    let result = task["result"].as_str().unwrap();
    assert_eq!(lab.git(["rev-parse", "takeback/t"]), result);
    assert_eq!(lab.git(["rev-parse", &format!("{result}^")]), task["base"].as_str().unwrap(), "its parent is the base");
    let names = lab.git(["diff", "--name-status", task["base"].as_str().unwrap(), result]);
    assert_eq!(names, "M\ta.txt\nD\tb/c.txt\nA\tmine.txt\nA\tnew.txt");
    assert_eq!(show(&lab, &format!("{result}:a.txt")), "three");
    assert_eq!(output(&lab, "other.log"), "other");
    let side = task["side"][0].as_str().unwrap();
    assert_eq!(lab.git(["log", "-1", "--format=%s", side]), "mine", "what was committed there is in reach");
    let earlier = before["result"].as_str().unwrap();
    assert!(lab.git(["for-each-ref", "--points-at", earlier, "refs/takeback/results"]).contains("/1"), "the earlier one too");

    assert_eq!(lab.git(["status", "--porcelain", "--ignored"]), picture, "the checkout is as it was");
    assert_eq!(opened(&lab), json!([]));
    lab.ok(["land", "t"]);
    assert_eq!(lab.read("a.txt"), "three\n");
}

#[test]
fn a_worktree_belongs_to_its_user_and_git_knows_it() {
    let lab = lab();
    let path = left_open(&lab);
    let there = |args: &[&str]| lab.git([&["-C", path.to_str().unwrap()], args].concat());
    assert_eq!(there(&["status", "--porcelain", "--branch"]), "## HEAD (no branch)");
    assert_eq!(there(&["rev-parse", "HEAD"]), lab.task("t")["result"].as_str().unwrap());
    assert_eq!(there(&["rev-parse", "--git-common-dir"]), lab.root().join(".git").to_str().unwrap());
    assert!(lab.git(["worktree", "list"]).contains(path.to_str().unwrap()));
    let removed = lab.command("git").args(["worktree", "remove", "--force"]).arg(&path).output().unwrap();
    assert!(!removed.status.success(), "git does not remove it");
    lab.git(["gc", "-q", "--prune=now"]);
    lab.git(["worktree", "prune", "--expire=now"]);
    assert!(path.join("a.txt").exists());
    lab.ok(["open", "--close", "t"]);
    assert!(!path.exists() && !lab.git(["worktree", "list"]).contains(path.to_str().unwrap()));
}

#[test]
fn where_nothing_is_changed_there_is_no_attempt_and_the_worktree_goes() {
    let lab = lab();
    let operations = lab.json(["ops"]);
    let before = lab.task("t");
    let (code, answer) = sh(&lab, "cat a.txt > /dev/null; touch a.txt; git status > /dev/null");
    assert_eq!((code, &answer["left"]["open"], &answer["left"]["attempt"]), (0, &json!(false), &json!(null)), "{answer}");
    assert_eq!(lab.json(["ops"]), operations);
    assert_eq!(lab.task("t"), before);
    assert_eq!(opened(&lab), json!([]));
}

#[test]
fn without_a_terminal_it_stays_open_until_it_is_taken() {
    let lab = lab();
    let path = left_open(&lab);
    fs::write(path.join("a.txt"), "three\n").unwrap();
    assert_eq!(left_open(&lab), path, "it is returned to");
    assert_eq!(fs::read_to_string(path.join("a.txt")).unwrap(), "three\n", "as it is");
    assert_eq!((&opened(&lab)[0]["task"], &opened(&lab)[0]["state"]), (&json!("t"), &json!("left")));
    let planned = lab.json(["open", "--take", "--dry-run", "t"]);
    assert_eq!((&planned["changed"], &planned["outputs"]), (&json!(1), &json!(0)));
    assert_eq!(lab.task("t")["attempt"], 1);
    lab.ok(["open", "--take", "t"]);
    assert!(!path.exists());
    assert_eq!(show(&lab, "takeback/t:a.txt"), "three");
    // What landed, was discarded or tried again meanwhile changes nothing of that.
    let path = left_open(&lab);
    fs::write(path.join("a.txt"), "four\n").unwrap();
    lab.ok(["discard", "t"]);
    lab.ok(["open", "--take", "t"]);
    assert_eq!((lab.task("t")["state"].clone(), show(&lab, "takeback/t:a.txt").as_str()), (json!("ready"), "four"));
}

#[test]
fn an_undo_goes_back_to_the_attempt_before_and_its_number_is_not_used_again() {
    let lab = lab();
    let before = (lab.picture(), lab.task("t"));
    sh(&lab, "printf 'three\\n' > a.txt");
    let after = (lab.picture(), lab.task("t"));
    lab.ok(["undo", "t"]);
    assert_eq!((lab.picture(), lab.task("t")), before);
    lab.ok(["redo"]);
    assert_eq!((lab.picture(), lab.task("t")), after);
    lab.ok(["undo"]);
    assert_eq!((lab.picture(), lab.task("t")), before);
    lab.ok(["retry", "t"]);
    lab.ok(["wait", "t"]);
    assert_eq!(lab.task("t")["attempt"], 3);
    let taken = after.1["result"].as_str().unwrap();
    assert!(lab.git(["for-each-ref", "--points-at", taken, "refs/takeback/results"]).contains("/2"), "it stays in reach");
}

#[test]
fn what_was_done_is_held_against_checks_and_scope() {
    let lab = lab();
    let (code, answer) = sh(&lab, "rm a.txt; exit 7");
    assert_eq!((code, &answer["exit"]["code"]), (1, &json!(7)), "the command's no is a no: {answer}");
    assert_eq!((&answer["task"]["state"], &answer["task"]["reason"]), (&json!("failed"), &json!("check")), "{answer}");
    lab.ok(["run", "--wait", "--name", "narrow", "--only", "a.txt", "--shell", "echo two > a.txt"]);
    lab.ok(["open", "narrow", "--", "sh", "-c", "echo x > b/c.txt"]);
    assert_eq!(lab.task("narrow")["reason"], "outside");
}

#[test]
fn ignored_files_are_kept_and_none_takes_anothers_place() {
    let lab = lab();
    let (_, answer) = sh(&lab, "printf more > more.log");
    assert_eq!((&answer["left"]["outputs"], &answer["left"]["attempt"]), (&json!(1), &json!(null)), "{answer}");
    assert_eq!((output(&lab, "more.log"), output(&lab, "made.log")), ("more".to_owned(), "made".to_owned()));
    assert_eq!(lab.task("t")["attempt"], 1);
    let (_, answer) = sh(&lab, "printf again > made.log; printf free > free.log");
    assert_eq!((&answer["left"]["open"], &answer["left"]["outputs"]), (&json!(true), &json!(1)), "{answer}");
    let path = PathBuf::from(answer["left"]["path"].as_str().unwrap());
    assert_eq!(fs::read_to_string(path.join("made.log")).unwrap(), "again");
    assert_eq!((output(&lab, "made.log"), output(&lab, "free.log")), ("made".to_owned(), "free".to_owned()));
    fs::remove_file(path.join("made.log")).unwrap();
    lab.ok(["open", "--close", "t"]);
}

#[test]
fn nothing_is_taken_from_under_a_process_that_still_works_there() {
    let lab = lab();
    let stop = lab.outside().join("stop");
    let script = format!("echo three > a.txt; (while ! [ -e '{}' ]; do sleep 0.02; done) > /dev/null 2>&1 &", stop.display());
    let (code, answer) = sh(&lab, &script);
    assert_eq!((code, &answer["left"]["open"]), (0, &json!(true)), "{answer}");
    assert!(answer["left"]["why"].as_str().unwrap().contains("still works in it"), "{answer}");
    assert_eq!(lab.task("t")["attempt"], 1);
    fs::write(stop, "").unwrap();
    wait_until("it is through", || lab.answer(["open", "--take", "t"]).1["left"]["open"] == json!(false));
    assert_eq!(show(&lab, "takeback/t:a.txt"), "three");
}

#[test]
fn a_merge_that_is_under_way_is_not_taken_for_the_outcome() {
    let lab = lab();
    lab.write("a.txt", "other\n");
    lab.commit("other");
    let (_, answer) = sh(&lab, "git merge -q main; true");
    assert!(answer["left"]["why"].as_str().unwrap().contains("a merge is under way"), "{answer}");
    let path = PathBuf::from(answer["left"]["path"].as_str().unwrap());
    let there = path.to_str().unwrap();
    fs::write(path.join("a.txt"), "both\n").unwrap();
    lab.git(["-C", there, "add", "-A"]);
    lab.git(["-C", there, "commit", "-q", "-m", "both"]);
    lab.ok(["open", "--take", "t"]);
    assert_eq!(show(&lab, "takeback/t:a.txt"), "both");
    assert_eq!(lab.git(["log", "-1", "--format=%s", lab.task("t")["side"][0].as_str().unwrap()]), "both");
}

#[test]
fn a_submodule_that_was_added_there_does_not_go_with_it() {
    let lab = lab();
    lab.git(["clone", "-q", ".", "../other"]);
    let path = left_open(&lab);
    let there = path.to_str().unwrap();
    let other = lab.outside().join("other").display().to_string();
    lab.git(["-C", there, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &other, "sub"]);
    let sub = path.join("sub").display().to_string();
    lab.git(["-C", &sub, "commit", "-q", "--allow-empty", "-m", "in it"]);
    lab.refused(["open", "--close", "t"], 3);
    let (code, answer) = lab.answer(["open", "--take", "t"]);
    assert_eq!((code, &answer["left"]["open"], &answer["left"]["attempt"]), (3, &json!(true), &json!(null)), "{answer}");
    assert!(answer["left"]["why"].as_str().unwrap().contains("submodules"), "{answer}");
    assert_eq!(lab.git(["-C", &sub, "log", "-1", "--format=%s"]), "in it");
    lab.git(["-C", there, "submodule", "--quiet", "deinit", "--all", "--force"]);
    fs::rename(lab.root().join(".git/worktrees/takeback-open-t/modules"), lab.outside().join("modules")).unwrap();
    lab.ok(["open", "--take", "t"]);
    assert!(lab.git(["ls-tree", "takeback/t"]).contains("160000"));
}

#[test]
fn what_has_landed_can_be_looked_at_and_what_is_done_there_is_its_users() {
    let lab = lab();
    lab.ok(["land", "t"]);
    assert_eq!(sh(&lab, "test -f a.txt").1["left"]["open"], json!(false));
    let (_, answer) = sh(&lab, "printf three > a.txt");
    assert_eq!((&answer["left"]["open"], &answer["left"]["attempt"]), (&json!(true), &json!(null)), "{answer}");
    let path = answer["left"]["path"].as_str().unwrap();
    lab.git(["-C", path, "switch", "-q", "-c", "mine"]);
    lab.git(["-C", path, "commit", "-q", "-a", "-m", "mine"]);
    lab.ok(["open", "--close", "t"]);
    assert_eq!(show(&lab, "mine:a.txt"), "three");
}

#[test]
fn a_result_that_is_amended_is_taken_and_a_look_at_another_branch_is_not() {
    let lab = lab();
    let (_, answer) = sh(&lab, "echo three > a.txt; git commit -q -a --amend -m better");
    assert_eq!((&answer["left"]["attempt"], show(&lab, "takeback/t:a.txt").as_str()), (&json!(2), "three"), "{answer}");
    let (_, answer) = sh(&lab, "git switch -q --detach main");
    assert_eq!((&answer["left"]["open"], &answer["left"]["attempt"]), (&json!(false), &json!(null)), "{answer}");
    let (_, answer) = sh(&lab, "git switch -q --detach main; echo four > a.txt");
    assert_eq!((&answer["left"]["attempt"], show(&lab, "takeback/t:a.txt").as_str()), (&json!(3), "four"), "{answer}");
}

#[test]
fn what_is_done_while_the_checks_run_stays_there() {
    let lab = Lab::new();
    let go = lab.outside().join("go");
    fs::write(&go, "").unwrap();
    let check = format!("while ! [ -e '{}' ]; do sleep 0.02; done", go.display());
    lab.ok(["run", "--wait", "--name", "t", "--check", &check, "--shell", "echo two > a.txt"]);
    let path = left_open(&lab);
    fs::write(path.join("a.txt"), "three\n").unwrap();
    fs::remove_file(&go).unwrap();
    let take = lab.takeback(["--json", "open", "--take", "t"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let uid = lab.task("t")["uid"].as_str().unwrap().to_owned();
    let record = lab.root().join(".git/takeback/tasks").join(uid).join("2/record.json");
    wait_until("its checks run", || record.exists());
    fs::write(path.join("a.txt"), "four\n").unwrap();
    fs::write(&go, "").unwrap();
    let answer: Value = serde_json::from_str(&said(&take.wait_with_output().unwrap(), 3)).unwrap();
    assert_eq!((&answer["left"]["open"], &answer["left"]["attempt"]), (&json!(true), &json!(2)), "{answer}");
    assert_eq!(show(&lab, "takeback/t:a.txt"), "three");
    lab.ok(["open", "--take", "t"]);
    assert_eq!(show(&lab, "takeback/t:a.txt"), "four");
}

#[test]
fn commits_that_were_left_behind_there_stay_in_reach() {
    let lab = lab();
    let path = left_open(&lab);
    let there = path.to_str().unwrap().to_owned();
    let commit = |text: &str| {
        fs::write(path.join("a.txt"), text).unwrap();
        lab.git(["-C", &there, "commit", "-q", "-a", "-m", text]);
        lab.git(["-C", &there, "rev-parse", "HEAD"])
    };
    let dropped = commit("dropped");
    lab.git(["-C", &there, "reset", "-q", "--hard", "HEAD~1"]);
    let amended = commit("amended");
    lab.git(["-C", &there, "commit", "-q", "--amend", "-m", "again"]);
    lab.ok(["open", "--take", "t"]);
    lab.git(["-c", "gc.reflogExpire=now", "gc", "-q", "--prune=now"]);
    for commit in [dropped, amended] {
        assert!(!lab.git(["for-each-ref", "--contains", &commit, "refs/takeback"]).is_empty());
    }
    // A folder that is removed by hand takes none with it either.
    let path = left_open(&lab);
    fs::write(path.join("a.txt"), "by hand").unwrap();
    lab.git(["-C", path.to_str().unwrap(), "commit", "-q", "-a", "-m", "by hand"]);
    let commit = lab.git(["-C", path.to_str().unwrap(), "rev-parse", "HEAD"]);
    fs::remove_dir_all(&path).unwrap();
    let path = left_open(&lab);
    assert!(path.join("a.txt").exists(), "it is opened anew");
    assert!(!lab.git(["for-each-ref", "--contains", &commit, "refs/takeback"]).is_empty());
}

#[test]
fn what_git_was_told_not_to_look_at_is_looked_at_before_it_goes() {
    let lab = lab();
    for (flag, text) in [("--assume-unchanged", "three"), ("--skip-worktree", "four")] {
        let path = left_open(&lab);
        let there = path.to_str().unwrap();
        lab.git(["-C", there, "update-index", flag, "a.txt"]);
        fs::write(path.join("a.txt"), text).unwrap();
        assert_eq!(lab.git(["-C", there, "status", "--porcelain"]), "", "git does not see it");
        lab.refused(["open", "--close", "t"], 3);
        lab.ok(["open", "--take", "t"]);
        assert_eq!(show(&lab, "takeback/t:a.txt"), text);
    }
}

#[test]
fn what_was_staged_and_is_in_no_file_stays_in_reach() {
    let lab = lab();
    let stage = |path: &Path| {
        let there = path.to_str().unwrap().to_owned();
        for (name, text) in [("a.txt", "staged"), ("new.txt", "staged too")] {
            fs::write(path.join(name), text).unwrap();
            lab.git(["-C", &there, "add", name]);
        }
        fs::write(path.join("a.txt"), "two\n").unwrap();
        fs::remove_file(path.join("new.txt")).unwrap();
    };
    let kept = |name: &str| (show(&lab, &format!("{name}:a.txt")), show(&lab, &format!("{name}:new.txt")));
    let expected = ("staged".to_owned(), "staged too".to_owned());
    let path = left_open(&lab);
    stage(&path);
    lab.refused(["open", "--close", "t"], 3);
    let left = lab.json(["open", "--take", "t"])["left"].clone();
    assert_eq!((&left["open"], &left["attempt"]), (&json!(false), &json!(null)), "{left}");
    lab.git(["gc", "-q", "--prune=now"]);
    assert_eq!(kept(left["side"][0].as_str().unwrap()), expected);
    assert_eq!(lab.task("t")["side"], left["side"]);
    // A folder that is removed by hand does not take it along.
    let path = left_open(&lab);
    fs::write(path.join("b/c.txt"), "staged").unwrap();
    lab.git(["-C", path.to_str().unwrap(), "add", "-A"]);
    fs::remove_dir_all(&path).unwrap();
    let path = left_open(&lab);
    let refs = lab.git(["for-each-ref", "--format=%(refname)", "refs/takeback/side"]);
    assert!(refs.lines().any(|name| show(&lab, &format!("{name}:b/c.txt")) == "staged"), "{refs}");
    // With a new attempt it is among the refs of that.
    stage(&path);
    fs::write(path.join("a.txt"), "three\n").unwrap();
    let answer = lab.json(["open", "--take", "t"]);
    assert_eq!((&answer["left"]["attempt"], show(&lab, "takeback/t:a.txt").as_str()), (&json!(2), "three"), "{answer}");
    assert_eq!(kept(answer["task"]["side"][0].as_str().unwrap()), expected);
}

#[test]
fn what_was_committed_and_left_there_is_named() {
    let lab = lab();
    let path = left_open(&lab);
    let there = path.to_str().unwrap();
    lab.git(["-C", there, "commit", "-q", "--allow-empty", "-m", "left"]);
    lab.git(["-C", there, "reset", "-q", "--hard", "HEAD~1"]);
    let said = lab.ok(["open", "--take", "t"]);
    assert!(said.contains("no file was changed"), "{said}");
    let name = said.trim().rsplit(' ').next().unwrap();
    assert_eq!(lab.git(["log", "-1", "--format=%s", name]), "left", "{said}");
}

#[test]
fn a_registration_that_is_gone_costs_no_file() {
    let lab = lab();
    let path = left_open(&lab);
    fs::write(path.join("a.txt"), "three\n").unwrap();
    lab.git(["worktree", "unlock", path.to_str().unwrap()]);
    fs::remove_dir_all(lab.root().join(".git/worktrees/takeback-open-t")).unwrap();
    assert_eq!(left_open(&lab), path);
    assert_eq!(lab.git(["-C", path.to_str().unwrap(), "status", "--porcelain"]), " M a.txt");
    lab.ok(["open", "--take", "t"]);
    assert_eq!(show(&lab, "takeback/t:a.txt"), "three");
}

#[test]
fn a_command_that_was_cut_short_leaves_all_and_the_next_one_says_so() {
    let lab = lab();
    let ready = lab.outside().join("ready");
    let script = format!("echo three > a.txt; echo > '{}'; exec sleep 1000", ready.display());
    let mut open = lab.takeback(["open", "t", "--", "sh", "-c", &script]).stdout(Stdio::null()).spawn().unwrap();
    wait_until("it is at work", || ready.exists());
    assert_eq!(opened(&lab)[0]["state"], "attended");
    let inside = processes_in(Path::new(opened(&lab)[0]["path"].as_str().unwrap()));
    open.kill().unwrap();
    open.wait().unwrap();
    for pid in inside {
        said(&lab.command("kill").arg(pid.to_string()).output().unwrap(), 0);
    }
    assert_eq!(opened(&lab)[0]["state"], "cut-short");
    let output = lab.run(["discard", "nothing-such"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("t is open still"), "{output:?}");
    wait_until("it is taken", || lab.answer(["open", "--take", "t"]).0 == 0);
    assert_eq!(show(&lab, "takeback/t:a.txt"), "three");
}

#[test]
fn status_says_how_many_worktrees_are_open_and_how_many_were_cut_short() {
    let lab = lab();
    assert!(!lab.ok(["status"]).contains("open --list"));
    assert_eq!(lab.json(["status"])["opened"], json!([]));
    left_open(&lab);
    assert!(lab.ok(["status"]).ends_with("\n\n1 worktree open: takeback open --list\n"), "{}", lab.ok(["status"]));
    assert_eq!(lab.json(["status", "t"])["opened"][0]["state"], "left");
    lab.ready_task("k8", "b.txt", "two\n");
    lab.run(["open", "k8", "--", "sh", "-c", "kill -KILL $PPID"]);
    let screen = lab.ok(["status"]);
    assert!(screen.ends_with("\n\n2 worktrees open, 1 of them cut short: takeback open --list\n"), "{screen}");
    assert!(lab.ok(["status", "t"]).ends_with("\n1 worktree open: takeback open --list\n"));
}

fn processes_in(folder: &Path) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    all.filter(|pid: &u32| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|at| at == folder)).collect()
}

#[test]
fn a_task_that_changed_nothing_is_opened_at_its_base() {
    let lab = Lab::new();
    lab.ok(["run", "--wait", "--name", "t", "--cwd", "b", "--", "true"]);
    let (_, answer) = sh(&lab, "printf mine > d.txt");
    assert_eq!(answer["task"]["state"], "ready", "{answer}");
    assert_eq!(show(&lab, "takeback/t:b/d.txt"), "mine", "in the folder that the task ran in");
    let (_, answer) = sh(&lab, "rm d.txt");
    assert_eq!((&answer["task"]["state"], &answer["task"]["attempt"]), (&json!("empty"), &json!(3)), "{answer}");
}
