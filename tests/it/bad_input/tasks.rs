//! Words that name no task, or several, and tasks whose state forbids what is asked.

use super::{refused, row};
use crate::lab::{Lab, wait_until};
use crate::tty::{self, Tty, takeback};

#[test]
fn an_unknown_task() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    for verb in ["show", "logs", "watch", "wait", "cancel", "retry", "diff", "outputs", "land", "discard", "undo", "status"] {
        refused(&lab, [verb, "nobody"]).fits(&row!()).about("nobody");
    }
}

#[test]
fn an_ambiguous_prefix() {
    let lab = Lab::new();
    lab.ready_task("tables", "a1", "1");
    lab.ready_task("tab-stops", "b1", "1");
    for verb in ["show", "logs", "watch", "wait", "cancel", "retry", "diff", "outputs", "land", "discard", "undo"] {
        refused(&lab, [verb, "tab"]).fits(&row!()).about("tab");
    }
}

#[test]
fn an_attempt_that_is_not_there() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["logs", "k7", "--attempt", "2"]).fits(&row!()).about("2");
}

#[test]
fn a_check_that_was_not_asked_for() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["logs", "k7", "--check", "1"]).fits(&row!()).about("1");
}

#[test]
fn a_run_of_a_check_that_is_not_there() {
    let lab = Lab::new();
    lab.answer(["run", "--wait", "--name", "k7", "--check", "false", "--", "touch", "x"]);
    refused(&lab, ["logs", "k7", "--check", "1", "--run", "3"]).fits(&row!()).about("3");
}

#[test]
fn a_cancel_of_what_is_over() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["cancel", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn a_retry_of_what_has_landed() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.json(["land", "k7"]);
    refused(&lab, ["retry", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn a_retry_of_what_had_the_terminal() {
    let lab = Lab::new();
    if !tty::is_there(&lab, "a_retry_of_what_had_the_terminal") {
        return;
    }
    let (_, shown) = Tty::start(&lab, &format!("{} run -i --name k7 -- false", takeback())).end();
    assert!(shown.contains("takeback logs k7") && !shown.contains("retry"), "{shown}");
    refused(&lab, ["retry", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn a_discard_of_what_has_landed() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab.json(["land", "k7"]);
    refused(&lab, ["discard", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn a_retry_or_discard_of_what_runs() {
    let lab = Lab::new();
    lab.json(["run", "--name", "k7", "--", "sleep", "600"]);
    wait_until("it runs", || lab.task("k7")["started_at"].is_string());
    refused(&lab, ["retry", "k7"]).fits(&row!()).about("k7");
    refused(&lab, ["discard", "k7"]).fits(&row!()).about("k7");
    lab.json(["cancel", "k7"]);
}

#[test]
fn a_diff_of_what_changed_nothing() {
    let lab = Lab::new();
    lab.json(["run", "--wait", "--name", "k7", "--", "true"]);
    refused(&lab, ["diff", "k7"]).fits(&row!()).about("k7");
}

#[test]
fn outputs_onto_files_that_are_there() {
    let lab = Lab::new();
    lab.write(".gitignore", "*.pdf\n");
    lab.commit("ignore");
    lab.json(["run", "--wait", "--name", "k7", "--shell", "echo 1 > a.pdf; echo 2 > b.pdf"]);
    let to = lab.outside().join("to");
    std::fs::create_dir(&to).unwrap();
    std::fs::write(to.join("b.pdf"), "mine").unwrap();
    refused(&lab, ["outputs", "k7", "--to", to.to_str().unwrap()]).fits(&row!()).about(to.join("b.pdf").to_str().unwrap());
    assert!(!to.join("a.pdf").exists(), "half copied");
    assert_eq!(std::fs::read_to_string(to.join("b.pdf")).unwrap(), "mine");
}

#[test]
fn outputs_into_a_folder_that_cannot_be_made() {
    let lab = Lab::new();
    lab.write(".gitignore", "*.pdf\n");
    lab.commit("ignore");
    lab.json(["run", "--wait", "--name", "k7", "--shell", "echo 1 > a.pdf"]);
    lab.write("../file", "");
    refused(&lab, ["outputs", "k7", "--to", "../file/below"]).fits(&row!());
}

#[test]
fn a_diff_with_an_option_that_git_does_not_know() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["diff", "k7", "--", "--frobnicate"]).fits(&row!());
}
