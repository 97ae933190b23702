//! The verbs at work: their answers for people and for scripts, and their exit codes.

use std::io::BufRead as _;
use std::process::Stdio;

use serde_json::Value;

use crate::lab::{Lab, said, wait_until};

/// The fields of DESIGN's task object that a task without an agent or a batch has.
const TASK: [&str; 20] = [
    "id",
    "uid",
    "state",
    "reason",
    "checked",
    "branch",
    "base",
    "result",
    "attempt",
    "command",
    "files",
    "exit",
    "checks",
    "sandbox",
    "outputs",
    "side",
    "queued_at",
    "started_at",
    "finished_at",
    "message",
];

fn fields(of: &Value) -> Vec<&str> {
    of.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn run_returns_at_once_with_the_name_and_three_lines() {
    let lab = Lab::new();
    let said = lab.ok(["run", "--name", "k7", "--", "touch", "x"]);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], "k7");
    assert_eq!(lines.len(), 4, "{said}");
    for (line, command) in lines[1..].iter().zip(["takeback status k7", "takeback logs -f k7", "takeback cancel k7"]) {
        assert!(line.ends_with(command), "{line}");
    }
    lab.ok(["wait", "k7"]);
}

#[test]
fn a_task_for_scripts_has_every_field_of_the_contract() {
    let lab = Lab::new();
    let handed = lab.json(["run", "--name", "k7", "--check", "true", "--", "touch", "x"]);
    let waited = lab.json(["wait", "k7"]);
    for (verb, answer) in [("run", &handed), ("wait", &waited), ("show", &lab.json(["show", "k7"]))] {
        for field in TASK {
            assert!(answer["task"].get(field).is_some(), "{verb}: no {field} in {answer}");
        }
    }
    let task = &waited["task"];
    assert_eq!(task["state"], "ready");
    assert_eq!(task["checked"], "passed");
    assert_eq!(task["branch"], "takeback/k7");
    assert_eq!(task["command"], serde_json::json!(["touch", "x"]));
    assert_eq!(fields(&task["files"]), ["changed", "deletions", "insertions"]);
    assert_eq!(task["exit"], serde_json::json!({"code": 0, "signal": null}));
    assert_eq!(task["sandbox"], serde_json::json!({"level": "none", "network": "on"}));
    assert_eq!(fields(&task["checks"][0]), ["cached", "command", "duration_ms", "exit", "tree"]);
    assert_eq!(task["result"], lab.git(["rev-parse", "takeback/k7"]));
    assert_eq!(lab.json(["list"])["tasks"][0]["id"], "k7");
    assert_eq!(lab.json(["status"])["tasks"][0]["id"], "k7");
}

#[test]
fn several_ids_give_a_list_and_one_an_object() {
    let lab = Lab::new();
    lab.ready_task("a", "a1", "1");
    lab.ready_task("b", "b1", "1");
    for verb in ["show", "wait"] {
        let answer = lab.json([verb, "a", "b"]);
        assert_eq!((&answer["tasks"][0]["id"], &answer["tasks"][1]["id"]), (&"a".into(), &"b".into()), "{verb}");
        assert!(answer.get("task").is_none());
    }
}

#[test]
fn a_task_that_fails_is_exit_1_and_its_log_and_result_are_kept() {
    let lab = Lab::new();
    let (code, answer) = lab.answer(["run", "--wait", "--name", "bad", "--shell", "echo hello; echo x > x; exit 7"]);
    assert_eq!(code, 1);
    assert_eq!((&answer["task"]["state"], &answer["task"]["reason"]), (&"failed".into(), &"exit".into()));
    assert_eq!(answer["task"]["exit"]["code"], 7);
    assert!(answer["task"]["result"].is_string());
    assert_eq!(lab.ok(["logs", "bad"]), "hello\n");
    assert_eq!(lab.answer(["wait", "bad"]).0, 1);
    assert!(lab.ok(["show", "bad"]).contains("exit code 7"));
    let (code, refused) = lab.answer(["land", "bad"]);
    assert_eq!((code, &refused["refused"][0]["kind"]), (1, &"failed".into()), "{refused}");
}

#[test]
fn a_task_that_changes_nothing_is_a_yes() {
    let lab = Lab::new();
    let answer = lab.json(["run", "--wait", "--name", "idle", "--", "true"]);
    assert_eq!(answer["task"]["state"], "empty");
    assert_eq!(lab.answer(["land", "idle"]).0, 3);
}

#[test]
fn what_a_check_wrote_is_found_by_its_number() {
    let lab = Lab::new();
    let (code, _) =
        lab.answer(["run", "--wait", "--name", "c", "--check", "echo first", "--check", "echo second; false", "--", "touch", "x"]);
    assert_eq!(code, 1);
    assert_eq!(lab.ok(["logs", "c", "--check", "1"]), "first\n");
    assert_eq!(lab.ok(["logs", "c", "--check", "2"]), "second\n");
    assert_eq!(lab.answer(["logs", "c", "--check", "3"]).0, 2);
}

#[test]
fn logs_follow_to_the_end_and_are_json_lines_for_scripts() {
    let lab = Lab::new();
    let go = lab.outside().join("go");
    let script = format!("echo one; while [ ! -e '{}' ]; do sleep 0.02; done; echo two", go.display());
    lab.ok(["run", "--name", "f", "--shell", &script]);
    let mut follower = lab.takeback(["logs", "-f", "f"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(follower.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    std::fs::write(go, "").unwrap();
    assert_eq!(lines.map(Result::unwrap).collect::<Vec<_>>(), ["two"]);
    assert!(follower.wait().unwrap().success());
    let output = lab.run(["--json", "logs", "-f", "f"]);
    let lines: Vec<Value> = said(&output, 0).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(lines.iter().all(|l| l["schema"] == 1), "{lines:?}");
    let text: String = lines.iter().filter_map(|l| l["log"].as_str()).collect();
    assert_eq!(text, "one\ntwo\n");
    assert_eq!(lines.last().unwrap()["task"]["state"], "empty");
}

#[test]
fn land_undo_redo_and_discard_answer_with_their_operation() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    let before = lab.picture();
    let planned = lab.json(["land", "--dry-run", "k7"]);
    assert_eq!((&planned["operation"], &planned["landed"]), (&Value::Null, &serde_json::json!(["k7"])));
    assert_eq!(lab.picture(), before, "a dry run changed something");
    let landed = lab.json(["land", "k7"]);
    assert_eq!(landed["target"]["ref"], "refs/heads/main");
    assert_eq!(landed["target"]["to"], lab.git(["rev-parse", "main"]));
    assert_eq!(fields(&landed["operation"]), ["at", "batch", "id", "kind", "refs", "tasks", "undone_by"]);
    assert_eq!(lab.read("x"), "1\n");
    let after = lab.picture();

    let planned = lab.json(["undo", "--dry-run"]);
    assert_eq!(planned["operation"], Value::Null);
    assert_eq!(lab.picture(), after, "a dry run changed something");
    let undone = lab.json(["undo"]);
    assert_eq!(fields(&undone), ["kept", "not_undone", "operation", "restored", "schema", "tasks"]);
    assert_eq!(undone["operation"]["undoes"], landed["operation"]["id"]);
    assert_eq!(lab.picture(), before);
    lab.json(["redo"]);
    assert_eq!(lab.picture(), after);
    lab.json(["undo", "k7"]);
    assert_eq!(lab.picture(), before);

    lab.json(["discard", "--dry-run", "k7"]);
    assert_eq!(lab.picture(), before, "a dry run changed something");
    assert_eq!(lab.json(["discard", "k7"])["tasks"], serde_json::json!(["k7"]));
    lab.json(["undo"]);
    assert_eq!(lab.picture(), before);
    let kinds: Vec<_> = lab.json(["ops"])["operations"].as_array().unwrap().iter().map(|o| o["kind"].clone()).collect();
    assert_eq!(kinds, ["undo", "discard", "undo", "redo", "undo", "land"]);
    assert_eq!(lab.json(["ops", "-n", "2"])["operations"].as_array().unwrap().len(), 2);
}

#[test]
fn undo_says_what_it_does_before_it_does_it() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    let said = lab.ok(["land", "k7"]);
    assert!(said.contains("takeback undo") && said.contains("git revert "), "{said}");
    let output = lab.run(["undo"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("k7") && stderr.contains("restored: "), "{stderr}");
    assert!(crate::lab::said(&output, 0).contains("takeback redo"));
}

#[test]
fn a_conflict_is_exit_1_a_file_in_the_way_exit_3_and_both_name_the_path() {
    let lab = Lab::new();
    if !lab.git_merges("a_conflict_is_exit_1") {
        return;
    }
    lab.ready_task("k7", "a.txt", "task\n");
    lab.write("a.txt", "mine\n");
    let (code, answer) = lab.answer(["land", "k7"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (3, &"dirty".into()), "{answer}");
    assert_eq!(answer["refused"][0]["paths"], serde_json::json!(["a.txt"]));
    assert!(said(&lab.run(["land", "k7"]), 3).contains("a.txt"));
    lab.commit("mine");
    let (code, answer) = lab.answer(["land", "k7"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &"conflict".into()), "{answer}");
    assert_eq!(answer["refused"][0]["paths"], serde_json::json!(["a.txt"]));
    assert_eq!((&answer["operation"], &answer["landed"]), (&Value::Null, &serde_json::json!([])));
    assert_eq!(lab.read("a.txt"), "mine\n");
}

#[test]
fn diff_is_git_s_and_takes_its_options() {
    let lab = Lab::new();
    lab.ready_task("k7", "a.txt", "two\n");
    assert!(lab.ok(["diff", "k7"]).contains("-one\n+two\n"));
    assert_eq!(lab.ok(["diff", "k7", "--", "--name-only"]), "a.txt\n");
    assert_eq!(lab.run(["diff", "k7", "--", "--exit-code"]).status.code(), Some(1));
    let answer = lab.json(["diff", "k7"]);
    assert!(answer["diff"].as_str().unwrap().contains("+two"), "{answer}");
    assert_eq!(lab.run(["diff", "k7", "--", "--frobnicate"]).status.code(), Some(4));
}

#[test]
fn outputs_are_listed_and_copied_and_overwrite_nothing() {
    let lab = Lab::new();
    lab.write(".gitignore", "*.log\n");
    lab.commit("ignore");
    lab.json(["run", "--wait", "--name", "k7", "--shell", "echo 1 > a.log; echo 2 > x"]);
    let answer = lab.json(["outputs", "k7"]);
    assert_eq!(answer["outputs"][0]["path"], "a.log");
    assert_eq!(answer["outputs"][0]["kept"], true);
    assert!(lab.ok(["outputs", "k7"]).contains("a.log"));
    let to = lab.outside().join("results");
    lab.ok(["outputs", "k7", "--to", to.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(to.join("a.log")).unwrap(), "1\n");
    let (code, answer) = lab.answer(["outputs", "k7", "--to", to.to_str().unwrap()]);
    assert_eq!((code, &answer["error"]["kind"]), (3, &"dirty".into()), "{answer}");
}

#[test]
fn a_name_that_is_not_utf8_is_base64_for_scripts() {
    let lab = Lab::new();
    let (_, answer) = lab.answer(["run", "--wait", "--name", "k7", "--only", "*.txt", "--shell", r#"touch "$(printf 'a\351')""#]);
    assert_eq!(answer["task"]["outside"], serde_json::json!([{"base64": "Yek="}]), "{answer}");
}

#[test]
fn an_argument_that_is_not_utf8_reaches_the_command_as_it_is() {
    use std::os::unix::ffi::OsStrExt as _;
    let lab = Lab::new();
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9");
    let args = ["run", "--wait", "--name", "k7", "--", "touch"].map(std::ffi::OsStr::new);
    lab.ok(args.into_iter().chain([odd]));
    assert_eq!(lab.git(["ls-tree", "--name-only", "takeback/k7"]).lines().filter(|l| l.contains("caf\\351")).count(), 1);
    assert_eq!(lab.task("k7")["command"][1], serde_json::json!({"base64": "Y2Fm6Q=="}));
}

#[test]
fn ctrl_c_leaves_the_task_running_and_cancel_ends_it() {
    let lab = Lab::new();
    let waiting = lab.takeback(["run", "--wait", "--name", "k7", "--shell", "echo x > x; echo up; sleep 600"]);
    let child = { waiting }.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the task runs", || lab.run(["logs", "k7"]).stdout == b"up\n");
    said(&lab.command("kill").args(["-INT", &child.id().to_string()]).output().unwrap(), 0);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("goes on without you"), "{output:?}");
    assert_eq!(lab.task("k7")["state"], "running");
    let cancelled = lab.json(["cancel", "k7"]);
    assert_eq!(cancelled["task"]["state"], "cancelled", "{cancelled}");
    assert_eq!(lab.answer(["wait", "k7"]).0, 1);
    assert_eq!(lab.answer(["cancel", "k7"]).0, 3);
}

#[test]
fn retry_is_a_new_attempt() {
    let lab = Lab::new();
    lab.answer(["run", "--wait", "--name", "k7", "--shell", "echo $TAKEBACK_ATTEMPT; [ $TAKEBACK_ATTEMPT -gt 1 ]"]);
    let retried = lab.json(["retry", "k7"]);
    assert_eq!(retried["task"]["attempt"], 2, "{retried}");
    assert_eq!(lab.json(["wait", "k7"])["task"]["state"], "empty");
    assert_eq!(lab.ok(["logs", "k7"]), "2\n");
    assert_eq!(lab.ok(["logs", "k7", "--attempt", "1"]), "1\n");
}

#[test]
fn a_prefix_is_enough_and_an_ambiguous_one_is_refused() {
    let lab = Lab::new();
    lab.ready_task("tables", "a1", "1");
    lab.ready_task("tab-stops", "b1", "1");
    assert_eq!(lab.task("tabl")["id"], "tables");
    let (code, answer) = lab.answer(["show", "tab"]);
    assert_eq!((code, &answer["error"]["kind"]), (3, &"ambiguous".into()), "{answer}");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("tables") && message.contains("tab-stops"), "{message}");
}

#[test]
fn merge_accept_and_history_are_other_words_for_land_and_ops() {
    let lab = Lab::new();
    lab.ready_task("a", "a1", "1");
    lab.ready_task("b", "b1", "1");
    assert_eq!(lab.json(["merge", "a"])["landed"], serde_json::json!(["a"]));
    assert_eq!(lab.json(["accept", "b"])["landed"], serde_json::json!(["b"]));
    assert_eq!(lab.json(["history"])["operations"].as_array().unwrap().len(), 2);
}

#[test]
fn status_shows_what_runs_what_waits_and_what_was_decided() {
    let lab = Lab::new();
    lab.ready_task("done", "a1", "1");
    lab.ready_task("waits", "b1", "1");
    lab.json(["land", "done"]);
    lab.json(["run", "--name", "runs", "--", "sleep", "600"]);
    wait_until("it runs", || lab.task("runs")["state"] == "running");
    let screen = lab.ok(["status"]);
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("no {text} in\n{screen}"));
    assert!(at("Running") < at("  runs ") && at("  runs ") < at("Waiting for you"), "{screen}");
    assert!(at("Waiting for you") < at("  waits ") && at("  waits ") < at("Decided lately"), "{screen}");
    assert!(screen[at("Decided lately")..].contains("done"), "{screen}");
    let alone = lab.ok(["status", "waits"]);
    assert!(alone.contains("waits") && !alone.contains("runs "), "{alone}");
    lab.json(["cancel", "runs"]);
}

#[test]
fn a_command_and_a_check_are_told_their_folder_as_the_system_names_it() {
    let lab = Lab::new();
    // A shell believes in a PWD that ends with a slash, too, and a path made with it has two.
    let same = "env | grep -qxF \"PWD=$(/bin/pwd)\"";
    for (name, cwd) in [("root", "."), ("below", "b")] {
        let script = format!("{same} && touch new");
        let task = lab.json(["run", "--wait", "--name", name, "--cwd", cwd, "--check", same, "--shell", &script])["task"].clone();
        assert_eq!((&task["state"], &task["checked"]), (&"ready".into(), &"passed".into()), "{task}");
    }
}
