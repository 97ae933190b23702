//! `--bring`: data and environments that git does not have are seen by a task and its checks, and never written through.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::lab::{Lab, wait_until};

/// A lab that ignores `data/`, `.venv/` and `.env`.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write(".gitignore", "data/\n.venv/\n.env\n*.log\n");
    lab.commit("what is ignored");
    lab.write("data/x.csv", "1\n");
    lab.write("data/sub/y.csv", "2\n");
    lab
}

/// Every file and link below a folder: its path, rights, times, and content or target.
fn print_of(folder: &Path) -> Vec<String> {
    let mut seen = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(path) = todo.pop() {
        let about = path.symlink_metadata().unwrap();
        let content = match () {
            () if about.is_symlink() => fs::read_link(&path).unwrap().into_os_string().into_vec(),
            () if about.is_file() => fs::read(&path).unwrap_or_default(),
            () => Vec::new(),
        };
        let time = (about.mtime(), about.mtime_nsec());
        seen.push(format!("{} {:o} {time:?} {}", path.display(), about.mode(), content.escape_ascii()));
        if about.is_dir() {
            todo.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        }
    }
    seen.sort();
    seen
}

/// Runs a task to its end and returns it.
#[track_caller]
fn run(lab: &Lab, options: &[&str], script: &str) -> Value {
    let args = [&["run", "--wait", "--name", "t"], options, &["--shell", script]].concat();
    lab.answer(args).1["task"].clone()
}

#[track_caller]
fn outputs(lab: &Lab, task: &str) -> Vec<(String, String)> {
    let answer = lab.json(["outputs", task]);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    answer["outputs"].as_array().unwrap().iter().map(|o| (text(&o["path"]), text(&o["kind"]))).collect()
}

fn pair(path: &str, kind: &str) -> (String, String) {
    (path.to_owned(), kind.to_owned())
}

fn log(lab: &Lab, task: &str) -> String {
    lab.ok(["logs", task])
}

/// The folders of all slots.
fn slots(lab: &Lab) -> Vec<PathBuf> {
    let mut todo = vec![lab.outside().join("state")];
    while let Some(folder) = todo.pop() {
        if folder.ends_with("slots") {
            return fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        }
        todo.extend(fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()));
    }
    Vec::new()
}

#[test]
fn a_task_and_its_check_see_what_is_brought_and_the_original_stays_as_it_was() {
    let lab = lab();
    let name = OsString::from_vec(b"data/caf\xe9 \n.csv".to_vec());
    lab.write(Path::new(&name), "odd\n");
    fs::hard_link(lab.root().join("data/x.csv"), lab.root().join("data/same.csv")).unwrap();
    lab.write("data/tool", "#!/bin/sh\n");
    fs::set_permissions(lab.root().join("data/tool"), Permissions::from_mode(0o750)).unwrap();
    let before = print_of(&lab.root().join("data"));
    let script = "find data -printf '%y %m %T@ %p\\n' | sort; echo more >> data/x.csv; cat data/same.csv; rm data/sub/y.csv; \
                  rmdir data/sub; echo new > data/n.csv; mkdir data/made; echo m > data/made/m; for f in data/caf*; do echo z > \"$f\"; done; \
                  echo two > a.txt";
    let task = run(&lab, &["--bring", "data", "--check", "test \"$(cat data/x.csv)\" = 1"], script);
    assert_eq!((&task["state"], &task["files"]["changed"]), (&json!("ready"), &json!(1)), "{task}");
    assert_eq!(task["brought"], json!([{"path": "data", "mode": "copy", "files": 5, "bytes": 20}]));
    assert_eq!(print_of(&lab.root().join("data")), before);
    let seen = log(&lab, "t");
    for path in ["data/tool", "data/x.csv"] {
        let about = lab.root().join(path).metadata().unwrap();
        let line = format!("f {:o} {}.{:09}0 {path}", about.mode() & 0o777, about.mtime(), about.mtime_nsec());
        assert!(seen.contains(&line), "{line} in {seen}");
    }
    assert!(seen.ends_with("1\n"), "a second name is a file of its own: {seen}");
    let odd = r#"{"base64":"ZGF0YS9jYWbpIAouY3N2"}"#;
    let mut expected = vec![
        pair(odd, "brought"),
        pair("data/made", "brought"),
        pair("data/n.csv", "brought"),
        pair("data/sub", "brought-deleted"),
        pair("data/x.csv", "brought"),
    ];
    let mut listed = outputs(&lab, "t");
    expected.sort();
    listed.sort();
    assert_eq!(listed, expected);
    let to = lab.outside().join("copies");
    lab.ok([OsStr::new("outputs"), "t".as_ref(), "--to".as_ref(), to.as_os_str()]);
    assert_eq!(fs::read_to_string(to.join("data/x.csv")).unwrap(), "1\nmore\n");
    assert_eq!(fs::read_to_string(to.join(&name)).unwrap(), "z\n");
    assert_eq!(lab.git(["ls-tree", "-r", "--name-only", "takeback/t"]), ".gitignore\na.txt\nb/c.txt");
}

#[test]
fn what_is_brought_and_not_changed_is_no_output_whatever_git_says_of_it() {
    let lab = lab();
    lab.write("scratch/not-ignored.txt", "1\n");
    let task = run(&lab, &["--bring", "data", "--bring", "scratch"], "git add -A; git commit -qm all; echo new > scratch/new");
    assert_eq!(task["state"], "empty", "{task}");
    assert_eq!(outputs(&lab, "t"), [pair("scratch/new", "brought")]);
    assert_eq!(task["side"], json!([]), "git in the task took it: {task}");
}

#[test]
fn the_next_task_finds_nothing_of_it_not_even_beside_the_worktree() {
    let lab = lab();
    lab.write(".env", "SECRET=1\n");
    let sibling = lab.outside().join("shared");
    fs::create_dir_all(sibling.join("deep")).unwrap();
    fs::write(sibling.join("deep/f"), "f\n").unwrap();
    for folder in [sibling.join("deep"), lab.root().join("data/sub")] {
        fs::set_permissions(folder, Permissions::from_mode(0o555)).unwrap();
    }
    let before = print_of(&sibling);
    let options = ["--bring", "data", "--bring", ".env", "--bring", sibling.to_str().unwrap()];
    let task = run(&lab, &options, "cat ../shared/deep/f data/sub/y.csv; chmod 0 data/sub; test -f .env");
    assert_eq!(task["state"], "empty", "{task}");
    assert!(log(&lab, "t").ends_with("f\n2\n"));
    for slot in slots(&lab) {
        assert!(!slot.join("shared").exists(), "{}", slot.display());
    }
    let next = lab.json([
        "run",
        "--wait",
        "--name",
        "next",
        "--shell",
        "ls -A . ..; test ! -e data && test ! -e .env && test ! -e ../shared",
    ]);
    assert_eq!(next["task"]["state"], "empty", "{next} {}", log(&lab, "next"));
    assert_eq!(print_of(&sibling), before);
    fs::set_permissions(lab.root().join("data/sub"), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(sibling.join("deep"), Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn no_link_can_be_written_through() {
    let lab = lab();
    let outside = lab.outside().join("elsewhere");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("o.txt"), "o\n").unwrap();
    symlink(lab.root().join("data/x.csv"), outside.join("back")).unwrap();
    let data = lab.root().join("data");
    symlink("x.csv", data.join("near")).unwrap();
    symlink("../a.txt", data.join("up")).unwrap();
    symlink(lab.root().join("data/x.csv"), data.join("absolute")).unwrap();
    symlink(outside.join("o.txt"), data.join("out")).unwrap();
    symlink(&outside, data.join("folder")).unwrap();
    symlink("out", data.join("chain")).unwrap();
    symlink(lab.outside().join("not-there"), data.join("nothing")).unwrap();
    symlink("../../elsewhere/made-here", data.join("relative-nothing")).unwrap();
    symlink("../.git/config", data.join("git")).unwrap();
    let others = lab.outside().join("others");
    fs::create_dir(&others).unwrap();
    fs::write(others.join("o.txt"), "o\n").unwrap();
    let alone = lab.outside().join("alone.txt");
    fs::write(&alone, "o\n").unwrap();
    symlink(&alone, data.join("single")).unwrap();
    symlink(&others, lab.root().join(".venv")).unwrap();
    let print = || [print_of(&data), print_of(&outside), print_of(&others), print_of(&alone), print_of(&lab.root().join("a.txt"))];
    let before = print();
    let script = "for f in near up absolute out folder/o.txt folder/back chain single nothing relative-nothing git; do echo w >> data/$f; done; \
                  echo v >> .venv/o.txt; find data -type l -printf '%p -> %l\\n' | sort";
    let task = run(&lab, &["--bring", "data", "--bring", ".venv"], script);
    assert_eq!(task["state"], "ready", "{task}");
    assert_eq!(print(), before);
    assert!(!lab.outside().join("not-there").exists() && !outside.join("made-here").exists());
    let links: Vec<_> = log(&lab, "t").lines().filter(|l| l.contains(" -> ")).map(ToOwned::to_owned).collect();
    let expected = [
        "data/absolute -> x.csv",
        "data/chain -> out",
        "data/folder/back -> ../x.csv",
        "data/near -> x.csv",
        "data/out -> folder/o.txt",
        "data/relative-nothing -> folder/made-here",
        "data/up -> ../a.txt",
    ];
    assert_eq!(links, expected);
    let notes = task["notes"].to_string();
    for left_out in ["data/nothing", "data/git"] {
        assert!(notes.contains(&format!("`{left_out}` is not brought")), "{notes}");
    }
}

#[test]
fn tracked_files_come_from_git_and_the_rest_of_their_folder_is_brought() {
    let lab = lab();
    lab.write("data/README", "from git\n");
    lab.git(["add", "-f", "data/README"]);
    lab.git(["commit", "-q", "-m", "a tracked file in an ignored folder"]);
    lab.write("data/README", "changed here\n");
    let task = run(&lab, &["--bring", "data"], "cat data/README data/x.csv; echo two >> data/README; echo n > data/n");
    assert_eq!((&task["state"], &task["files"]["changed"]), (&json!("ready"), &json!(1)), "{task}");
    assert!(log(&lab, "t").ends_with("from git\n1\n"));
    assert_eq!(outputs(&lab, "t"), [pair("data/n", "brought")]);
    assert_eq!(lab.git(["show", "takeback/t:data/README"]), "from git\ntwo");
}

#[test]
fn what_is_asked_for_goes_into_the_commit_only_where_the_task_changed_it() {
    let lab = lab();
    let task = run(&lab, &["--bring", "data", "--commit-ignored", "data/**"], "echo w >> data/x.csv; echo n > data/n.csv");
    assert_eq!(task["state"], "ready", "{task}");
    let tree = lab.git(["ls-tree", "-r", "--name-only", "takeback/t", "data"]);
    assert_eq!(tree, "data/n.csv\ndata/x.csv");
}

#[test]
fn paths_are_those_of_the_folder_and_the_checkout_where_the_command_was_typed() {
    let lab = lab();
    lab.write("b/local.log", "main\n");
    let typed_in = |dir: &str, name: &str, options: &[&str]| {
        let args = [&["-C", dir, "run", "--wait", "--name", name], options, &["--shell", "cat local.log ../data/x.csv"]].concat();
        let task = lab.answer(args).1["task"].clone();
        assert_eq!(task["state"], "empty", "{task} {}", log(&lab, name));
        log(&lab, name)
    };
    assert_eq!(typed_in("b", "below", &["--bring", "local.log", "--bring", "../data"]), "main\n1\n");
    assert_eq!(typed_in(".", "cwd", &["--cwd", "b", "--bring", "local.log", "--bring", "../data"]), "main\n1\n");
    assert_eq!(typed_in("b", "glob", &["--bring", "*.log", "--bring", "../data/*.csv"]), "main\n1\n");
    let linked = lab.outside().join("linked");
    lab.git(["worktree", "add", "-q", linked.to_str().unwrap()]);
    fs::write(linked.join("b/local.log"), "linked\n").unwrap();
    fs::create_dir(linked.join("data")).unwrap();
    fs::write(linked.join("data/x.csv"), "7\n").unwrap();
    let dir = linked.join("b");
    assert_eq!(typed_in(dir.to_str().unwrap(), "linked", &["--bring", "local.log", "--bring", "../data"]), "linked\n7\n");
}

#[test]
fn a_change_with_a_forged_time_is_found() {
    let lab = lab();
    let script = "cp -p data/x.csv ref; printf '7\\n' > data/x.csv; touch -r ref data/x.csv; rm ref; touch data/sub/y.csv; mv data/sub data/moved";
    let task = run(&lab, &["--bring", "data"], script);
    assert_eq!(task["state"], "empty", "{task}");
    let expected = [pair("data/moved", "brought"), pair("data/sub", "brought-deleted"), pair("data/x.csv", "brought")];
    assert_eq!(outputs(&lab, "t"), expected);
}

#[test]
fn read_only_is_a_copy_without_the_right_to_write() {
    let lab = lab();
    let task = run(&lab, &["--bring", "data:ro"], "stat -c '%a %n' data data/x.csv; chmod u+w data/x.csv; echo w >> data/x.csv");
    assert_eq!(task["brought"][0]["mode"], "ro", "{task}");
    let mode = |path: &str| lab.root().join(path).metadata().unwrap().mode() & 0o555;
    let expected = format!("{:o} data\n{:o} data/x.csv\n", mode("data"), mode("data/x.csv"));
    assert!(log(&lab, "t").ends_with(&expected), "{}", log(&lab, "t"));
    assert_eq!(outputs(&lab, "t"), [pair("data/x.csv", "brought")]);
    assert_eq!(lab.read("data/x.csv"), "1\n");
}

#[test]
fn a_verdict_holds_for_as_long_as_the_data_is_the_same() {
    let lab = lab();
    let cached = |name: &str| {
        let check = "test $(cat data/x.csv) -ge 1";
        let args = ["run", "--wait", "--name", name, "--bring", "data", "--check", check, "--shell", "echo two > a.txt"];
        let task = lab.json(args)["task"].clone();
        assert_eq!(task["state"], "ready", "{task}");
        task["checks"][0]["cached"].as_bool().unwrap()
    };
    assert_eq!((cached("first"), cached("second")), (false, true));
    lab.write("data/x.csv", "3\n");
    assert_eq!((cached("third"), cached("fourth")), (false, true));
    lab.write("data/new.csv", "4\n");
    assert!(!cached("fifth"));
    // Another content of the same length, with the time that it had.
    let (path, at) = (lab.root().join("data/x.csv"), lab.root().join("data/x.csv").metadata().unwrap().modified().unwrap());
    fs::write(&path, "5\n").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
    assert_eq!((cached("sixth"), cached("seventh")), (false, true));
}

#[test]
fn a_link_to_nothing_does_not_keep_a_glob_from_bringing_the_rest() {
    let lab = lab();
    symlink("user@host.1234", lab.root().join("data/.#x.csv")).unwrap();
    let (said, task) = said_and_task(&lab, "t", &["--bring", "data/{*,.#*}", "--shell", "test -f data/x.csv"]);
    assert_eq!(task["exit"]["code"], 0, "{said}");
    assert!(said.contains("`data/.#x.csv` is not brought: it is a link that leads to nothing\n"), "{said}");
    assert!(said.contains("data/x.csv (1 file, 2 bytes)"), "{said}");
}

#[test]
fn an_opened_worktree_says_what_is_not_brought_to_it() {
    let lab = lab();
    run(&lab, &["--bring", "data", "--check", "test -f data/x.csv"], "echo b > a.txt");
    let output = lab.run(["open", "t", "--", "sh", "-c", "! test -e data && echo c > a.txt"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("not there, since it is brought to the task and its checks alone: `data`\n"), "{said}");
    assert_eq!(lab.json(["show", "t"])["task"]["checked"], "passed", "{said}");
}

#[test]
fn a_pipe_that_a_task_made_is_listed_as_what_it_is() {
    let lab = lab();
    run(&lab, &["--bring", "data"], "mkfifo data/pipe");
    let said = lab.ok(["outputs", "t"]);
    assert!(said.contains("not kept: no file, or unreadable"), "{said}");
}

#[test]
fn a_retry_and_a_landing_check_see_the_data_as_it_is_then() {
    let lab = lab();
    let check = "echo checked with $(cat data/x.csv) >> $TMPDIR/seen";
    let task = run(&lab, &["--bring", "data", "--check", check], "cat data/x.csv > a.txt");
    assert_eq!(task["state"], "ready", "{task}");
    lab.write("data/x.csv", "9\n");
    lab.ok(["retry", "t"]);
    lab.ok(["wait", "t"]);
    assert_eq!(lab.git(["show", "takeback/t:a.txt"]), "9");
    lab.write("other.txt", "meanwhile\n");
    lab.commit("so that the tree to land is another");
    lab.write("data/x.csv", "10\n");
    lab.ok(["land", "t"]);
    let seen = fs::read_to_string(lab.outside().join("tmp/seen")).unwrap();
    assert_eq!(seen, "checked with 1\nchecked with 9\nchecked with 10\n");
    lab.ok(["undo", "t"]);
    let linked = lab.outside().join("linked");
    lab.git(["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
    fs::create_dir(linked.join("data")).unwrap();
    fs::write(linked.join("data/x.csv"), "11\n").unwrap();
    lab.ok(["-C", linked.to_str().unwrap(), "land", "t", "--to", "side"]);
    let seen = fs::read_to_string(lab.outside().join("tmp/seen")).unwrap();
    assert!(seen.ends_with("checked with 11\n"), "{seen}");
}

#[test]
fn what_is_not_there_any_more_fails_the_attempt_with_its_path() {
    let lab = lab();
    run(&lab, &["--bring", "data"], "true");
    fs::rename(lab.root().join("data"), lab.root().join("elsewhere.log")).unwrap();
    lab.ok(["retry", "t"]);
    lab.answer(["wait", "t"]);
    let task = lab.task("t");
    assert_eq!((&task["state"], &task["reason"]), (&json!("failed"), &json!("spawn")), "{task}");
    assert!(task["message"].as_str().unwrap().contains("cannot bring `data`"), "{task}");
}

#[test]
fn a_disk_that_is_too_small_for_the_data_fails_the_attempt_and_not_the_next() {
    let lab = lab();
    lab.write("data/large", vec![7; 6 << 20]);
    let script = "mount -t tmpfs -o size=5m none $TAKEBACK_STATE_DIR; \
                  $takeback --json run --wait --name t --bring data -- true > ../said || true; \
                  $takeback --json run --wait --name next --bring data/x.csv --shell 'test ! -e data/large && cat data/x.csv > a.txt' > ../next";
    let unshared = |script: &str| {
        let mut command = lab.command("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-eu", "-c", script]);
        command.env("takeback", assert_cmd::cargo::cargo_bin!("takeback")).output().unwrap()
    };
    if !unshared("mount -t tmpfs none /mnt").status.success() {
        return crate::skip("a disk too small for brought data", "no file system can be mounted here");
    }
    let output = unshared(script);
    assert!(output.status.success(), "{output:?}");
    let answer = |file: &str| -> Value { serde_json::from_slice(&fs::read(lab.outside().join(file)).unwrap()).unwrap() };
    let task = answer("said")["task"].clone();
    assert_eq!((&task["state"], &task["reason"]), (&json!("failed"), &json!("disk")), "{task}");
    assert!(task["message"].as_str().unwrap().contains("data/large"), "{task}");
    assert_eq!(answer("next")["task"]["state"], "ready");
}

#[test]
fn a_check_for_which_the_data_is_not_there_any_more_is_no_yes() {
    let lab = lab();
    let away = format!("mv {0}/data {0}/gone.log; echo two > a.txt", lab.root().display());
    let task = run(&lab, &["--bring", "data", "--check", "true"], &away);
    assert_eq!((&task["state"], &task["reason"]), (&json!("failed"), &json!("check")), "{task}");
    let message = task["message"].as_str().unwrap();
    assert!(message.starts_with("the check `true` could not be asked: cannot bring `data`: there is no "), "{message}");
    assert_eq!(task["files"]["changed"], 1, "what it did is kept: {task}");
}

#[test]
fn no_cache_of_a_check_keeps_what_was_brought_for_it() {
    let lab = lab();
    for cache in ["data", "built.log", "built.log/**"] {
        lab.git(["config", "--add", "takeback.checkCache", cache]);
    }
    lab.write("built.log/from-here", "1\n");
    let check = "ls -d data/* built.log/* >> $TMPDIR/seen 2> /dev/null; mkdir -p built.log; echo b > built.log/by-the-check";
    let options = ["--bring", "data", "--bring", "built.log/from-here", "--check", check];
    assert_eq!(run(&lab, &options, "echo two > a.txt")["state"], "ready");
    lab.json(["run", "--wait", "--name", "other", "--check", check, "--shell", "echo three > a.txt"]);
    let seen = fs::read_to_string(lab.outside().join("tmp/seen")).unwrap();
    assert_eq!(seen, "built.log/from-here\ndata/sub\ndata/x.csv\nbuilt.log/by-the-check\n");
}

#[test]
fn a_task_whose_runner_was_killed_keeps_what_it_changed_in_brought_data() {
    let lab = lab();
    let sibling = lab.outside().join("shared.txt");
    fs::write(&sibling, "s\n").unwrap();
    let script = "echo w >> data/x.csv; rm data/sub/y.csv; echo w >> ../shared.txt; echo two > a.txt; touch done.log; sleep 1000";
    lab.ok(["run", "--name", "t", "--bring", "data", "--bring", sibling.to_str().unwrap(), "--shell", script]);
    wait_until("the task has done its work", || slots(&lab).iter().any(|slot| slot.join("work/done.log").exists()));
    let pid = runner(&lab);
    assert!(lab.command("kill").args(["-9", &pid]).status().unwrap().success());
    wait_until("its runner is gone", || lab.task("t")["message"].as_str().is_some_and(|m| m.contains("runner is gone")));
    lab.refused(["discard", "nothing-such"], 2);
    assert_eq!(lab.task("t")["reason"], "interrupted");
    let expected = [
        pair("../shared.txt", "brought"),
        pair("data/sub/y.csv", "brought-deleted"),
        pair("data/x.csv", "brought"),
        pair("done.log", "ignored"),
    ];
    assert_eq!(outputs(&lab, "t"), expected);
    assert_eq!(fs::read_to_string(&sibling).unwrap(), "s\n");
    assert!(slots(&lab).iter().all(|slot| !slot.join("shared.txt").exists()));
}

/// The process that owns the one attempt there is.
fn runner(lab: &Lab) -> String {
    let tasks = lab.root().join(".git/takeback/tasks");
    let task = fs::read_dir(tasks).unwrap().next().unwrap().unwrap().path();
    let record: Value = serde_json::from_slice(&fs::read(task.join("1/record.json")).unwrap()).unwrap();
    record["runner"]["pid"].to_string()
}

#[test]
fn a_project_can_say_once_what_its_tasks_are_brought() {
    let lab = lab();
    for path in ["data", ".venv", "a.txt"] {
        lab.git(["config", "--add", "takeback.bring", path]);
    }
    let output = lab.run(["run", "--wait", "--name", "t", "--shell", "cat data/x.csv"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(log(&lab, "t").ends_with("1\n"), "{said}");
    assert!(said.contains("brought as copies: data (2 files, 4 bytes)"), "{said}");
    assert!(said.contains("takeback.bring: cannot bring `.venv`: there is no "), "{said}");
    assert!(said.contains("takeback.bring: `a.txt` is tracked: it is in the worktree already"), "{said}");
    let without = lab.json(["run", "--wait", "--name", "without", "--no-bring", "--shell", "test ! -e data"]);
    assert_eq!(without["task"]["state"], "empty", "{without}");
}

#[test]
fn a_virtual_environment_works_and_what_it_cannot_do_is_said() {
    let lab = lab();
    lab.write(".venv/pyvenv.cfg", "home = /usr/bin\n");
    lab.write(".venv/bin/tool", "#!/bin/sh\necho from $0\n");
    fs::set_permissions(lab.root().join(".venv/bin/tool"), Permissions::from_mode(0o755)).unwrap();
    symlink("/bin/sh", lab.root().join(".venv/bin/shell")).unwrap();
    let output = lab.run(["run", "--wait", "--name", "t", "--bring", ".venv", "--", ".venv/bin/tool"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains(".venv is a virtual environment: its scripts and editable installs still lead to the original"),
        "{said}"
    );
    assert!(log(&lab, "t").ends_with("from .venv/bin/tool\n"));
    let shell = lab.json(["run", "--wait", "--bring", ".venv", "--", ".venv/bin/shell", "-c", "echo w > a.txt"]);
    assert_eq!(shell["task"]["state"], "ready", "{shell}");
}

#[test]
fn thousands_of_files_are_brought_whole() {
    let lab = lab();
    for n in 0..3000 {
        lab.write(format!("data/{}/{n}", n % 40), n.to_string());
    }
    let task = run(&lab, &["--bring", "data"], "find data -type f | sort | xargs cat | cksum");
    assert_eq!(task["state"], "empty", "{task}");
    let here = lab.command("sh").args(["-c", "find data -type f | sort | xargs cat | cksum"]).output().unwrap();
    assert!(log(&lab, "t").ends_with(&*String::from_utf8_lossy(&here.stdout)));
    assert_eq!(task["brought"][0]["files"], 3002);
}

/// What `run` says before the task, and the task.
#[track_caller]
fn said_and_task(lab: &Lab, name: &str, options: &[&str]) -> (String, Value) {
    let output = lab.run([&["run", "--wait", "--name", name], options].concat());
    (String::from_utf8_lossy(&output.stderr).into_owned(), lab.task(name))
}

#[test]
fn an_ignored_path_that_the_command_names_is_said_before_it_runs_and_when_it_fails() {
    let lab = lab();
    let hint = "`data/x.csv` is ignored by git and will not be there: --bring data\n";
    let (said, task) = said_and_task(&lab, "argv", &["--", "cat", "data/x.csv", "--from=data/sub/y.csv"]);
    assert_eq!(said.matches("will not be there").count(), 1, "{said}");
    assert!(said.contains(hint), "{said}");
    assert_eq!(
        task["message"],
        "its command ended with exit code 1; `data/x.csv` is ignored by git and was not there: --bring data"
    );
    let (said, task) = said_and_task(&lab, "shell", &["--shell", "wc -l <data/x.csv > data/made; true"]);
    assert!(said.contains(hint), "{said}");
    assert_eq!(task["message"], Value::Null, "it did not fail: {task}");
    let (said, _) = said_and_task(&lab, "check", &["--check", "grep 1 data/x.csv", "--", "true"]);
    assert!(said.contains(hint), "{said}");
    let (said, _) = said_and_task(&lab, "below", &["--cwd", "b", "--", "cat", "../data/x.csv"]);
    assert!(said.contains("`data/x.csv` is ignored by git and will not be there: --bring ../data\n"), "{said}");
    for (n, options) in [
        &["--bring", "data", "--", "cat", "data/x.csv"][..],
        &["--", "cat", "data/not-there"],
        &["--", "cat", "a.txt", "data2", "../data/x.csv"],
        &["--shell", "echo > data/x.csv"],
    ]
    .iter()
    .enumerate()
    {
        let (said, task) = said_and_task(&lab, &format!("none-{n}"), options);
        assert!(!said.contains("will not be there"), "{options:?}: {said}");
        assert!(!task["message"].to_string().contains("--bring"), "{task}");
    }
}

#[test]
fn an_environment_that_the_caller_has_active_and_the_task_will_not_have_is_said() {
    let lab = lab();
    lab.write(".venv/bin/python", "");
    let mut command = lab.takeback(["run", "--wait", "--name", "t", "--", "true"]);
    let output = command.env("VIRTUAL_ENV", lab.root().join(".venv")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("`.venv` is ignored by git and will not be there: --bring .venv\n"), "{said}");
}

#[test]
fn a_glob_that_fits_ignored_files_alone_says_what_would_bring_them() {
    let lab = lab();
    lab.write("b/one.log", "1\n");
    lab.write("b/two.log", "2\n");
    for (glob, hint) in [
        ("data/**/*.csv", Some("--only data/**/*.csv: 0 files match, but git ignores 2: --bring data\n")),
        ("data", Some("--only data: 0 files match, but git ignores 2: --bring data\n")),
        ("b/*.log", Some("--only b/*.log: 0 files match, but git ignores 2: --bring 'b/*.log'\n")),
        ("b/*.txt", None),
        ("new/**", None),
    ] {
        let output = lab.run(["run", "--wait", "--only", glob, "--", "true"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match hint {
            Some(hint) => assert!(said.contains(hint), "{glob}: {said}"),
            None => assert!(!said.contains("0 files match"), "{glob}: {said}"),
        }
    }
    let output = lab.run(["run", "--wait", "--bring", "data", "--only", "data/*.csv", "--", "true"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("0 files match"));
}
