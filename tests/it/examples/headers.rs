//! `script-headers`: a header on every script, as one task and as a batch.

use super::Example;

const SCRIPTS: [&str; 5] = ["code/01_import.R", "code/02_model.py", "code/03_tables.do", "code/helpers.R", "run_all.sh"];

fn example() -> Example {
    Example::new("script-headers")
}

#[test]
fn every_script_gets_its_header_and_an_undo_takes_them_away() {
    let study = example();
    let lab = &study.lab;
    let said = study.ok("takeback run --name headers");
    let before = lab.picture();
    assert!(said.contains("ready"), "{said}");
    assert_eq!(lab.ok(["diff", "headers", "--", "--name-only"]).lines().collect::<Vec<_>>(), SCRIPTS);
    assert_eq!(lab.task("headers")["files"], serde_json::json!({"changed": 5, "insertions": 40, "deletions": 0}));
    study.ok("takeback land headers");
    assert!(lab.read("run_all.sh").starts_with("#!/bin/sh\n# ==== header"));
    assert!(lab.read("code/02_model.py").starts_with("#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n# ==== header"));
    assert!(lab.read("code/03_tables.do").contains("\n* Outputs:  tables/income.tex, tables/model.ster\n"));
    assert!(lab.read("code/01_import.R").contains("\n# Date:     2026-01-02\n"));
    study.ok("takeback undo");
    assert_eq!(lab.picture(), before);
}

#[test]
fn a_second_run_has_nothing_to_do() {
    let study = example();
    let lab = &study.lab;
    study.ok("takeback run --name headers");
    study.ok("takeback land headers");
    let again =
        lab.json(["run", "--wait", "--name", "again", "--check", "sh tools/check-headers.sh", "--", "sh", "tools/add-headers.sh"]);
    assert_eq!(again["task"]["state"], "empty", "{again}");
}

#[test]
fn a_run_that_misses_one_script_fails_its_check_and_cannot_land() {
    let study = example();
    let lab = &study.lab;
    study.no("takeback run --name missed");
    let task = lab.task("missed");
    assert_eq!((&task["state"], &task["reason"]), (&"failed".into(), &"check".into()), "{task}");
    assert_eq!(task["files"]["changed"], 4);
    assert!(study.ok("takeback logs missed").contains("no: ./code/03_tables.do has no header"));
    study.no("takeback land missed");
    study.ok("takeback discard missed");
}

#[test]
fn a_run_that_touches_another_line_fails_its_check() {
    let study = example();
    let lab = &study.lab;
    let work = "sh tools/add-headers.sh && echo '# bye' >> code/helpers.R";
    let (code, answer) = lab.answer(["run", "--wait", "--check", "sh tools/check-headers.sh", "--shell", work]);
    assert_eq!((code, &answer["task"]["reason"]), (1, &"check".into()), "{answer}");
}

#[test]
fn as_a_batch_each_script_is_a_task_and_can_be_taken_back_alone() {
    let study = example();
    study.ok("takeback batch --name each");
    assert_eq!((study.state("each"), study.numbers("each", "ready")), ("sampled".into(), vec![1]));
    assert!(study.ok("takeback diff each.1").contains("+# ==== header"));
    study.ok("takeback continue each");
    let before = study.lab.picture();
    study.ok("takeback land each");
    assert_eq!(study.changed("HEAD"), SCRIPTS);
    study.ok("takeback undo each");
    assert_eq!(study.lab.picture(), before);
    study.ok("takeback land each");
    study.ok("takeback revert each.3");
    assert_eq!(study.changed("HEAD"), ["code/03_tables.do"]);
}

#[test]
fn a_batch_that_leaves_one_script_out_does_not_pass_the_final_check() {
    let study = example();
    study.ok("takeback batch --name four");
    assert_eq!((study.numbers("four", "ready"), study.numbers("four", "empty")), (vec![1, 2, 4, 5], vec![3]));
    let before = study.lab.git(["rev-parse", "main"]);
    study.no("takeback land four");
    assert_eq!(study.lab.git(["rev-parse", "main"]), before);
    study.ok("takeback discard four");
}
