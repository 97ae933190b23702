//! The examples, run with the commands of their README.

use std::path::Path;

use crate::lab::Lab;

const SCRIPTS: [&str; 5] = ["code/01_import.R", "code/02_model.py", "code/03_tables.do", "code/helpers.R", "run_all.sh"];

fn study() -> Lab {
    let lab = Lab::without_commits();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/script-headers/.");
    let copied = lab.command("cp").arg("-r").arg(from).arg(lab.root()).status().unwrap();
    assert!(copied.success());
    lab.commit("The study");
    lab
}

/// The arguments after `takeback` of the README's command that starts with `start`, as a shell would read them.
fn command(start: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/script-headers/README.md")).unwrap();
    let joined = text.replace("\\\n", " ");
    let line = joined.lines().find(|l| l.starts_with(start)).unwrap_or_else(|| panic!("{start} in the README"));
    shlex::split(line).unwrap().split_off(1)
}

#[test]
fn every_script_gets_its_header_and_an_undo_takes_them_away() {
    let lab = study();
    let said = lab.ok(command("takeback run --name headers"));
    let before = lab.picture();
    assert!(said.contains("ready"), "{said}");
    assert_eq!(lab.ok(["diff", "headers", "--", "--name-only"]).lines().collect::<Vec<_>>(), SCRIPTS);
    assert_eq!(lab.task("headers")["files"], serde_json::json!({"changed": 5, "insertions": 40, "deletions": 0}));
    lab.ok(command("takeback land headers"));
    assert!(lab.read("run_all.sh").starts_with("#!/bin/sh\n# ==== header"));
    assert!(lab.read("code/02_model.py").starts_with("#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n# ==== header"));
    assert!(lab.read("code/03_tables.do").contains("\n* Outputs:  tables/income.tex, tables/model.ster\n"));
    assert!(lab.read("code/01_import.R").contains("\n# Date:     2026-01-02\n"));
    lab.ok(command("takeback undo"));
    assert_eq!(lab.picture(), before);
}

#[test]
fn a_second_run_has_nothing_to_do() {
    let lab = study();
    lab.ok(command("takeback run --name headers"));
    lab.ok(command("takeback land headers"));
    let again =
        lab.json(["run", "--wait", "--name", "again", "--check", "sh tools/check-headers.sh", "--", "sh", "tools/add-headers.sh"]);
    assert_eq!(again["task"]["state"], "empty", "{again}");
}

#[test]
fn a_run_that_misses_one_script_fails_its_check_and_cannot_land() {
    let lab = study();
    assert_eq!(lab.run(command("takeback run --name missed")).status.code(), Some(1));
    let task = lab.task("missed");
    assert_eq!((&task["state"], &task["reason"]), (&"failed".into(), &"check".into()), "{task}");
    assert_eq!(task["files"]["changed"], 4);
    assert!(lab.ok(command("takeback logs missed")).contains("no: ./code/03_tables.do has no header"));
    assert_eq!(lab.run(command("takeback land missed")).status.code(), Some(1));
    lab.ok(command("takeback discard missed"));
}

#[test]
fn a_run_that_touches_another_line_fails_its_check() {
    let lab = study();
    let work = "sh tools/add-headers.sh && echo '# bye' >> code/helpers.R";
    let (code, answer) = lab.answer(["run", "--wait", "--check", "sh tools/check-headers.sh", "--shell", work]);
    assert_eq!((code, &answer["task"]["reason"]), (1, &"check".into()), "{answer}");
}
