//! What a batch makes of its inputs: names of any bytes, files of names, tables, specs, and where it is asked for.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStringExt as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{batch, count, lab, outside, wait};
use crate::lab::{Lab, said};

/// Runs a batch `b` with these words to its end, and returns its tasks.
#[track_caller]
fn tasks(lab: &Lab, words: &[&str]) -> Vec<Value> {
    lab.run([&["batch", "--wait", "--name", "b"], words].concat());
    batch(lab, "b")["tasks"].as_array().unwrap().iter().map(|name| lab.task(name.as_str().unwrap())).collect()
}

fn field(tasks: &[Value], name: &str) -> Vec<Value> {
    tasks.iter().map(|task| task[name].clone()).collect()
}

#[test]
fn inputs_are_globs_or_what_a_shell_has_made_of_them_and_each_task_may_change_its_own() {
    for inputs in [&["t/*"][..], &["t/01", "t/02"]] {
        let lab = lab(2);
        let said = lab
            .takeback([&["batch", "--wait", "--name", "b", "--inputs"], inputs, &["--", "sed", "-i", "s/a/b/"]].concat())
            .output()
            .unwrap();
        let notes = String::from_utf8(said.stderr).unwrap();
        assert!(notes.contains("each task may change its own input alone (--only '{}'"), "{notes}");
        let task = lab.task("b.2");
        assert_eq!(task["command"], json!(["sed", "-i", "s/a/b/", "t/02"]), "`{{}}` is appended");
        lab.ok(["land", "b"]);
        assert_eq!(lab.read("t/02"), "b\n");
    }
    let lab = lab(2);
    tasks(&lab, &["--inputs", "t/*", "--shell", "echo b > t/01; echo {} > /dev/null"]);
    assert_eq!((lab.task("b.1")["state"].clone(), lab.task("b.2")["reason"].clone()), ("ready".into(), "outside".into()));
}

#[test]
fn names_of_any_bytes_reach_the_command_the_check_and_the_scope_as_they_are() {
    let lab = Lab::new();
    let names: [&[u8]; 6] = [b"a b.txt", b"it's $HOME.txt", b"two\nlines", b"caf\xe9", b"[x]*?.txt", b"-rf"];
    let path = |name: &[u8]| lab.root().join("n").join(OsString::from_vec(name.to_vec()));
    fs::create_dir(lab.root().join("n")).unwrap();
    for name in names {
        fs::write(path(name), "a\n").unwrap();
    }
    // A glob that is not escaped would fit this one, too.
    fs::write(path(b"x1.txt"), "a\n").unwrap();
    lab.commit("names");
    let mut list = Vec::new();
    for name in names {
        list.extend([b"n/", name, b"\0"].concat());
    }
    let words =
        ["batch", "--wait", "--name", "b", "--inputs-from", "-", "-0", "--check", "grep -q b {}", "--", "sed", "-i", "s/a/b/"];
    let mut command = lab.takeback(words).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    command.stdin.take().unwrap().write_all(&list).unwrap();
    assert!(command.wait().unwrap().success());
    assert_eq!(count(&lab, "b", "ready"), 6);
    assert_eq!(lab.task("b.4")["input"]["base64"], "bi9jYWbp");
    lab.ok(["land", "b"]);
    for name in names {
        assert_eq!(fs::read(path(name)).unwrap(), b"b\n", "{}", name.escape_ascii());
    }
    assert_eq!(fs::read(path(b"x1.txt")).unwrap(), b"a\n");
}

#[test]
fn each_may_change_its_own_input_alone_whatever_a_glob_would_make_of_its_name() {
    let lab = Lab::new();
    for name in ["n/[x].txt", "n/x.txt"] {
        lab.write(name, "a\n");
    }
    lab.commit("names");
    let tasks = tasks(&lab, &["--inputs", "n/[x].txt", "--shell", ": {}; echo b > n/x.txt"]);
    assert_eq!(field(&tasks, "reason"), ["outside"]);
}

#[test]
fn a_shell_line_quotes_its_inputs_and_an_argument_is_read_by_none() {
    let lab = lab(1);
    fs::write(outside(&lab, "list"), "$(touch t/evil)\n`touch t/evil`\n; touch t/evil\n").unwrap();
    let list = outside(&lab, "list");
    let from = ["--inputs-from", list.to_str().unwrap()];
    let shell = tasks(&lab, &[&from[..], &["--shell", "printf %s {} > t/out{#}"]].concat());
    assert_eq!(field(&shell, "state"), ["ready", "ready", "ready"]);
    assert_eq!(lab.git(["show", "takeback/b.1:t/out1"]), "$(touch t/evil)");
    assert_eq!(lab.git(["show", "takeback/b.3:t/out3"]), "; touch t/evil");
    lab.ok(["batch", "--wait", "--name", "c", from[0], from[1], "--", "sh", "-c", "printf %s \"$1\" > t/out", "-", "{}"]);
    assert_eq!(lab.git(["show", "takeback/c.2:t/out"]), "`touch t/evil`");
    assert_eq!(lab.git(["ls-tree", "--name-only", "takeback/c.2", "t/"]), "t/01\nt/out");
}

#[test]
fn columns_of_a_table_stand_in_the_command_the_check_the_scope_and_the_environment() {
    let lab = Lab::new();
    let table = outside(&lab, "t.csv");
    fs::write(&table, "\u{feff}code,file name,n\r\n\"a,1\",\"it's \"\"x\"\"\",1\r\nb,y,2\r\n".replace("file name", "file"))
        .unwrap();
    let words =
        ["--csv", table.to_str().unwrap(), "--only", "out/{code}", "--env", "WORD=<{n}>", "--check", "grep -qF {file} out/{code}"];
    let line = "mkdir out; printf '%s %s\\n' {file} \"$WORD\" > out/{code}";
    let tasks = tasks(&lab, &[&words[..], &["--shell", line]].concat());
    assert_eq!(field(&tasks, "state"), ["ready", "ready"], "{tasks:?}");
    assert_eq!(field(&tasks, "input"), ["a,1", "b"]);
    assert_eq!(lab.git(["show", "takeback/b.1:out/a,1"]), "it's \"x\" <1>");
    assert_eq!(lab.git(["show", "takeback/b.2:out/b"]), "y <2>");
    lab.run([
        "batch",
        "--wait",
        "--name",
        "c",
        "--csv",
        table.to_str().unwrap(),
        "--only",
        "out/b",
        "--shell",
        "mkdir out; echo {n} > out/{code}",
    ]);
    assert_eq!((&lab.task("c.1")["reason"], &lab.task("c.2")["state"]), (&"outside".into(), &"ready".into()));
}

#[test]
fn a_list_is_a_file_or_stdin_and_need_not_name_files() {
    let lab = lab(1);
    let list = outside(&lab, "list");
    fs::write(&list, "one\r\n\ntwo words\n").unwrap();
    let from_file = tasks(&lab, &["--inputs-from", list.to_str().unwrap(), "--shell", "echo {} > t/{#}"]);
    assert_eq!(field(&from_file, "input"), ["one", "two words"]);
    assert_eq!(field(&from_file, "state"), ["ready", "ready"], "no scope where inputs are no files");
    let mut command = lab.takeback(["batch", "--wait", "--name", "c", "--inputs-from", "-", "--shell", "echo {} > t/{#}"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"three\n").unwrap();
    said(&child.wait_with_output().unwrap(), 0);
    assert_eq!(lab.git(["show", "takeback/c.1:t/1"]), "three");
}

#[test]
fn a_batch_is_the_same_from_a_subfolder_and_from_another_worktree() {
    let lab = lab(2);
    lab.git(["worktree", "add", "-q", "../linked"]);
    let linked = outside(&lab, "linked");
    for (name, folder) in [("sub", lab.root().join("t")), ("linked", linked.join("t"))] {
        let words = ["batch", "--wait", "--name", name, "--inputs", "0*", "../a.txt", "--check", "grep -q b {}", "--"];
        let command = ["sh", "-c", "echo b > \"$1\"", "-", "{}"];
        let output = lab.takeback([&words[..], &command].concat()).current_dir(&folder).output().unwrap();
        said(&output, 0);
        assert_eq!(lab.task(&format!("{name}.1"))["input"], "01");
        assert_eq!((count(&lab, name, "ready"), lab.task(&format!("{name}.3"))["input"].clone()), (3, "../a.txt".into()));
    }
    said(&lab.takeback(["land", "linked"]).current_dir(&linked).output().unwrap(), 0);
    assert_eq!((fs::read_to_string(linked.join("t/01")).unwrap(), lab.read("t/01")), ("b\n".into(), "a\n".into()));
    lab.ok(["land", "sub"]);
    assert_eq!((lab.read("t/02"), lab.read("a.txt")), ("b\n".into(), "b\n".into()));
}

#[test]
fn tasks_that_run_at_once_have_slots_of_their_own_and_know_their_batch() {
    let lab = lab(6);
    let now = outside(&lab, "now");
    fs::create_dir(&now).unwrap();
    // A slot that is another's too cannot be made.
    let line = format!(
        "test {{%}} = $TAKEBACK_SLOT || exit 3; mkdir {0}/{{%}} || exit 4; sleep 0.1; rmdir {0}/{{%}}; echo $TAKEBACK_BATCH $TAKEBACK_INPUT {{%}} > {{}}",
        now.display()
    );
    let tasks = tasks(&lab, &["--accept", "no-check", "--jobs", "3", "--inputs", "t/*", "--shell", &line]);
    assert_eq!(field(&tasks, "state"), vec![json!("ready"); 6], "{tasks:?}");
    for (n, _) in tasks.iter().enumerate() {
        let text = lab.git(["show", &format!("takeback/b.{0}:t/0{0}", n + 1)]);
        let words: Vec<_> = text.split(' ').collect();
        assert_eq!(words[..2], ["b", &format!("t/0{}", n + 1)]);
        assert!((1..=3).contains(&words[2].parse::<u32>().unwrap()), "{text}");
    }
}

#[test]
fn a_spec_says_what_a_command_line_says_and_what_is_typed_comes_on_top() {
    let lab = lab(3);
    let words =
        ["--name", "b", "--jobs", "2", "--inputs", "t/*", "--check", "grep -q \"b\" {}", "--env", "WORD=it's", "--retries", "1"];
    let more = ["--timeout", "300%", "--halt", "soon,fail=2", "--skip-code", "9", "--final-check", "true", "--sample", "50%"];
    let command = ["--", "sh", "-c", "echo b \"$WORD\" > \"$1\"", "-", "{}"];
    let spec = lab.ok([&["batch", "--print-spec"], &words[..], &more, &command].concat());
    assert!(lab.json(["list"])["batches"].as_array().unwrap().is_empty(), "nothing was handed off");
    fs::write(outside(&lab, "spec.toml"), &spec).unwrap();
    let path = outside(&lab, "spec.toml");
    let path = path.to_str().unwrap();
    lab.ok(["batch", path, "--wait"]);
    assert_eq!(
        (batch(&lab, "b")["state"].clone(), count(&lab, "b", "ready"), batch(&lab, "b")["jobs"].clone()),
        ("sampled".into(), 2, 2.into())
    );
    assert_eq!(lab.git(["show", "takeback/b.1:t/01"]), "b it's");
    // The command line that it was printed from is the same batch.
    lab.ok([&["batch"], &words[..], &more, &command].concat());
    wait(&lab, "b");
    assert_eq!(batch(&lab, "b")["tasks"], json!(["b.1", "b.2", "b.3"]));
    lab.ok(["batch", path, "--wait", "--name", "c", "--inputs", "t/03", "--jobs", "1", "--", "sh", "-c", "echo b c > \"$1\"", "-"]);
    assert_eq!((batch(&lab, "c")["jobs"].clone(), lab.git(["show", "takeback/c.1:t/03"])), (1.into(), "b c".into()));
}

#[test]
fn an_input_that_is_named_twice_is_one_and_that_is_said() {
    let lab = lab(2);
    let output = lab.run(["batch", "--wait", "--name", "b", "--inputs", "t/*", "t/02", "--", "sed", "-i", "s/a/b/"]);
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(notes.contains("given more than once, taken once: t/02"), "{notes}");
    assert_eq!(batch(&lab, "b")["tasks"], json!(["b.1", "b.2"]));
}

#[test]
fn a_batch_of_a_linked_worktree_runs_as_from_there_though_its_keeper_is_at_home_elsewhere() {
    let lab = lab(4);
    let linked = lab.outside().join("linked");
    lab.git(["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "side"]);
    let gate = outside(&lab, "gate");
    let line = format!("until test -e {}; do sleep 0.02; done; echo b > {{}}", gate.display());
    lab.ok(["batch", "--name", "first", "--jobs", "1", "--inputs", "t/01", "--shell", &line]);
    // The keeper is there by now, started in the main checkout.
    let mut second = lab.takeback(["batch", "--wait", "--name", "second", "--inputs", "t/02", "--shell", "echo $PYTHONPATH > {}"]);
    let mut child = second.current_dir(&linked).env("PYTHONPATH", linked.join("lib")).spawn().unwrap();
    fs::write(&gate, "").unwrap();
    assert!(child.wait().unwrap().success());
    let seen = lab.git(["show", "takeback/second.1:t/02"]);
    assert!(seen.ends_with("/lib") && !seen.starts_with(linked.to_str().unwrap()), "{seen}");
    lab.ok(["land", "second"]);
    assert_eq!(fs::read_to_string(linked.join("t/02")).unwrap().trim(), seen, "on the branch that was checked out there");
}
