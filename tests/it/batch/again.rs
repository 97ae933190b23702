//! The same batch asked for again: only what is missing, failed or changed runs.

use std::fs;

use super::{batch, count, hand_off, lab, lasts, names, noted, notes, outside, release, state, wait, wait_for_keeper};
use crate::lab::{Lab, wait_until};

/// Hands the batch `b` off over inputs, waits for it, and returns what was noted since.
#[track_caller]
fn ran(lab: &Lab, inputs: &[&str], options: &[&str], line: &str) -> Vec<String> {
    let before = noted(lab);
    let words = ["batch", "--wait", "--name", "b", "--accept", "no-check", "--inputs"];
    lab.run([&words[..], inputs, options, &["--shell", line]].concat());
    let mut now = noted(lab);
    for line in before {
        now.remove(now.iter().position(|other| *other == line).unwrap());
    }
    now
}

#[test]
fn what_is_done_is_not_done_again_and_that_is_said() {
    let lab = lab(3);
    let line = format!("{}; echo b > {{}}", notes(&lab));
    hand_off(&lab, "b", &["--wait"], &line);
    wait_for_keeper(&lab);
    let uid = batch(&lab, "b")["uid"].clone();
    let output = lab.run(["batch", "--name", "b", "--accept", "no-check", "--inputs", "t/*", "--shell", &line]);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("3 as before") && said.contains("b done: 3 of 3 done (3 ready)"), "{said}");
    assert_eq!(lab.run(["batch", "--accept", "no-check", "--inputs", "t/*", "--shell", &line]).status.code(), Some(0));
    wait(&lab, "b");
    assert_eq!((noted(&lab), batch(&lab, "b")["uid"].clone()), (names(3), uid), "an unnamed one is found by what it does");
    assert_eq!(lab.json(["list"])["batches"].as_array().unwrap().len(), 1);
    // Landed is done, too.
    lab.ok(["land", "b"]);
    assert!(ran(&lab, &["t/*"], &[], &line).is_empty());
    assert_eq!(count(&lab, "b", "landed"), 3);
}

#[test]
fn only_a_new_input_runs_and_one_that_is_not_named_any_more_is_none_of_it() {
    let lab = lab(4);
    let line = format!("{}; echo b > {{}}", notes(&lab));
    assert_eq!(ran(&lab, &["t/01", "t/02", "t/03"], &[], &line), ["t/01", "t/02", "t/03"]);
    let two = lab.task("b.2");
    assert_eq!(ran(&lab, &["t/04", "t/03", "t/01"], &[], &line), ["t/04"]);
    let tasks: Vec<_> =
        batch(&lab, "b")["tasks"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    assert_eq!(tasks, ["b.1", "b.3", "b.4"]);
    assert_eq!(lab.task("b.4")["input"], "t/04");
    assert_eq!(lab.task("b.2")["result"], two["result"], "its result stays in reach");
    assert_eq!(lab.git(["rev-parse", "takeback/b.2"]), two["result"].as_str().unwrap());
    let listed = lab.json(["list"])["tasks"].clone();
    assert!(listed.as_array().unwrap().iter().any(|task| task["id"] == "b.2"), "{listed}");
    lab.ok(["land", "b"]);
    assert_eq!((lab.read("t/01"), lab.read("t/02")), ("b\n".to_owned(), "a\n".to_owned()));
    lab.ok(["land", "b.2"]);
}

#[test]
fn those_that_failed_are_tried_again_and_the_others_not() {
    let lab = lab(4);
    let line = format!("{}; test {{#}} != 2 || test -e {}; echo b > {{}}; exit $?", notes(&lab), outside(&lab, "good").display());
    let line = line.replace("; echo b", " && echo b");
    assert_eq!(ran(&lab, &["t/*"], &[], &line), names(4));
    assert_eq!(count(&lab, "b", "failed"), 1);
    fs::write(outside(&lab, "good"), "").unwrap();
    assert_eq!(ran(&lab, &["t/*"], &[], &line), ["t/02"]);
    assert_eq!((count(&lab, "b", "ready"), lab.task("b.2")["attempt"].clone()), (4, 2.into()));
}

#[test]
fn other_words_make_other_tasks_and_the_old_results_stay() {
    let lab = lab(2);
    assert_eq!(ran(&lab, &["t/*"], &[], &format!("{}; echo b > {{}}", notes(&lab))), names(2));
    let old = lab.task("b.1")["result"].clone();
    assert_eq!(ran(&lab, &["t/*"], &[], &format!("{}; echo c > {{}}", notes(&lab))), names(2));
    let tasks = batch(&lab, "b")["tasks"].clone();
    assert_eq!(tasks, serde_json::json!(["b.3", "b.4"]));
    assert_eq!(lab.task("b.1")["result"], old);
    lab.ok(["land", "b"]);
    assert_eq!(lab.read("t/01"), "c\n");
    // And another check, too.
    assert_eq!(ran(&lab, &["t/*"], &["--check", "true"], &format!("{}; echo c > {{}}", notes(&lab))), names(2));
}

#[test]
fn another_value_of_a_variable_makes_other_tasks() {
    let lab = lab(2);
    let line = format!("{}; echo $WORD > {{}}", notes(&lab));
    assert_eq!(ran(&lab, &["t/*"], &["--env", "WORD=b"], &line), names(2));
    assert_eq!(ran(&lab, &["t/*"], &["--env", "WORD=c"], &line), names(2));
    lab.ok(["land", "b"]);
    assert_eq!(lab.read("t/01"), "c\n");
}

#[test]
fn while_it_runs_the_same_is_refused_and_more_inputs_are_taken() {
    let lab = lab(3);
    let line = format!("{}; {}; echo b > {{}}", notes(&lab), lasts(&lab));
    lab.ok(["batch", "--name", "b", "--jobs", "1", "--inputs", "t/01", "t/02", "--shell", &line]);
    wait_until("one is at work", || noted(&lab).len() == 1);
    let (code, said) = lab.answer(["batch", "--name", "b", "--jobs", "1", "--inputs", "t/01", "t/02", "--shell", &line]);
    assert_eq!((code, &said["error"]["kind"]), (3, &"running".into()), "{said}");
    lab.ok(["batch", "--name", "b", "--jobs", "1", "--inputs", "t/*", "--shell", &line]);
    release(&lab);
    wait(&lab, "b");
    assert_eq!((noted(&lab), count(&lab, "b", "ready")), (names(3), 3));
}

#[test]
fn a_batch_that_is_held_up_goes_on_though_another_is_at_work() {
    let lab = lab(4);
    let line = format!("{}; echo b > {{}}", notes(&lab));
    hand_off(&lab, "b", &["--sample", "1", "--wait"], &line);
    hand_off(&lab, "other", &["--jobs", "1"], &lasts(&lab));
    lab.ok(["batch", "--wait", "--name", "b", "--accept", "no-check", "--inputs", "t/*", "--shell", &line]);
    assert_eq!((state(&lab, "b").as_str(), noted(&lab)), ("done", names(4)));
    release(&lab);
    wait(&lab, "other");
}

#[test]
fn the_base_holds_though_the_branch_has_moved_and_a_new_one_runs_only_what_changed() {
    let lab = lab(3);
    let line = format!("{}; echo b >> {{}}", notes(&lab));
    let base = lab.git(["rev-parse", "HEAD"]);
    assert_eq!(ran(&lab, &["t/01", "t/02"], &[], &line), names(2));
    lab.write("t/02", "other\n");
    lab.commit("moved");
    assert_eq!(ran(&lab, &["t/*"], &[], &line), ["t/03"]);
    assert_eq!(lab.task("b.3")["base"], base.as_str());
    assert_eq!(ran(&lab, &["t/*"], &["--base", "HEAD"], &line), ["t/02"]);
    let tasks = batch(&lab, "b")["tasks"].clone();
    assert_eq!(tasks, serde_json::json!(["b.1", "b.3", "b.4"]));
    lab.ok(["land", "b"]);
    assert_eq!((lab.read("t/01"), lab.read("t/02")), ("a\nb\n".to_owned(), "other\nb\n".to_owned()));
}

#[test]
fn what_was_tried_on_a_sample_is_tried_on_it_again_when_it_is_changed() {
    let lab = lab(6);
    let first = format!("{}; echo b > {{}}", notes(&lab));
    assert_eq!(ran(&lab, &["t/*"], &["--sample", "2"], &first), ["t/01", "t/04"]);
    let second = format!("{}; echo c > {{}}", notes(&lab));
    assert_eq!(ran(&lab, &["t/*"], &[], &second), ["t/01", "t/04"]);
    assert_eq!((state(&lab, "b").as_str(), count(&lab, "b", "queued")), ("sampled", 4));
    lab.ok(["continue", "b", "--wait", "--accept", "no-check"]);
    assert_eq!((count(&lab, "b", "ready"), noted(&lab).len()), (6, 8));
}

#[test]
fn inputs_of_columns_are_the_same_while_the_columns_that_are_used_are() {
    let lab = lab(1);
    let csv = |text: &str| fs::write(outside(&lab, "t.csv"), text).unwrap();
    let line = format!("echo {{name}} $WORD >> {}; echo {{word}} > {{name}}", outside(&lab, "ran").display());
    let path = outside(&lab, "t.csv");
    let go = |options: &[&str]| {
        let words = ["batch", "--wait", "--name", "b", "--csv", path.to_str().unwrap()];
        lab.ok([&words[..], options, &["--shell", &line]].concat());
    };
    let env = ["--env", "WORD={more}"];
    csv("name,word,more,comment\nx,1,m,old\ny,2,m,old\n");
    go(&env);
    csv("name,word,more,comment\ny,2,m,new\nx,1,m,new\n");
    go(&env);
    assert_eq!(noted(&lab), ["x m", "y m"]);
    csv("name,word,more,comment\ny,2,m,new\nx,3,m,new\n");
    go(&env);
    assert_eq!(noted(&lab), ["x m", "x m", "y m"]);
    csv("name,word,more,comment\ny,2,n,new\nx,3,m,new\n");
    go(&env);
    assert_eq!(noted(&lab), ["x m", "x m", "y m", "y n"], "a column that only a variable has");
}
