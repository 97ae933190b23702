//! `stata-14-to-18`: do-files rewritten for Stata 18, and Stata's exit code that says nothing.

use super::Example;

fn example() -> Example {
    Example::new("stata-14-to-18")
}

/// A line's prefix that puts the Stata of the example first.
const WITH_STATA: &str = "PATH=\"$PWD/tools/fake-stata:$PATH\";";

#[test]
fn thirteen_do_files_are_tried_on_two_landed_as_one_and_taken_back_whole_or_in_part() {
    let study = example();
    study.ok("takeback batch --name eighteen");
    assert_eq!((study.state("eighteen"), study.numbers("eighteen", "ready").len()), ("sampled".into(), 2));
    assert!(study.ok("takeback diff eighteen").contains("-set mem 500m"));
    study.ok("takeback continue");
    assert_eq!(study.numbers("eighteen", "ready").len(), 13);
    let before = study.lab.picture();
    study.ok("takeback land eighteen");
    for (file, line) in [
        ("00_setup", "set more off"),
        ("01_import", "import delimited using \"$raw/persons.csv\", delimiters(\",\") varnames(1) clear"),
        ("02_merge", "merge m:1 fid using \"$work/firms.dta\", keepusing(industry size region) generate(in_firms)"),
        ("03_clean", "    replace `X' = . if `X' == -99 | `X' == -98"),
        ("04_describe", "table (region industry) (sex), statistic(median wage) nototals"),
        ("04_describe", "bysort sex: ci means lwage, level(90)"),
        ("05_wage_equation", "regress lwage age age2 i.sex##i.region, vce(cluster fid)"),
        ("05_wage_equation", "test 2.region 3.region 4.region"),
        ("07_bootstrap", "set rng kiss32 // as before Stata 14"),
        ("08_commuting", "cmset pid mode"),
        ("09_figures", "set scheme s2color // as before Stata 18"),
    ] {
        let text = study.lab.read(format!("code/{file}.do"));
        assert!(text.lines().any(|l| l == line), "{line} in {text}");
    }
    assert!(!study.lab.read("code/00_setup.do").contains("set mem"));
    assert_eq!(study.by_hand("sh tools/upgrade.sh code/*.do run_all.do | grep -c '^as it was'", 0), "13\n");
    study.ok("takeback undo");
    assert_eq!(study.lab.picture(), before);
    study.ok("takeback land eighteen");
    study.ok("takeback revert eighteen.3 eighteen.9");
    assert_eq!(study.changed("HEAD"), ["code/02_merge.do", "code/08_commuting.do"]);
}

#[test]
fn a_worker_that_only_writes_the_new_version_is_stopped_after_three() {
    let study = example();
    study.no("takeback batch --name short");
    assert_eq!(study.state("short"), "paused");
    assert!(study.ok("takeback logs short.1").contains("still there: set mem 500m"));
    study.ok("takeback cancel short");
    study.ok("takeback discard short");
    assert_eq!(study.numbers("short", "failed"), Vec::<u32>::new());
}

#[test]
fn the_check_says_no_to_what_a_do_file_may_not_become() {
    let study = example();
    study.by_hand("sh tools/upgrade.sh code/*.do run_all.do", 0);
    for (file, from, to, complaint) in [
        ("00_setup", "version 18", "version 14", "its first command is not version 18"),
        ("01_import", "rename NACE", "rename nace", "missing or changed: rename NACE industry"),
        ("02_merge", "merge m:1 pid", "merge 1:m pid", "no longer said: merge m:1"),
        ("02_merge", "keep(master match) nolabel", "nolabel", "drops what is in the other file alone"),
        (
            "03_clean",
            "    winsor2 `X', cuts(1 99) replace\n}",
            "    winsor2 `X', cuts(1 99) replace\n",
            "a brace without its other half",
        ),
        ("04_describe", "nototals", "", "a table without totals"),
        ("04_describe", "proportions trained", "means trained", "confidence intervals of proportions"),
        ("05_wage_equation", "##i.region", "#i.region", "interaction with main effects"),
        ("05_wage_equation", "if hours >= 15", "if hours >= 16", "no longer said: 15"),
        ("06_training", "runiform()", "uniform()", "still there: generate byte `fake' = uniform() < .2"),
        ("07_bootstrap", "set rng kiss32 // as before Stata 14\n", "", "other draws than before"),
        ("09_figures", "set scheme s2color // as before Stata 18\n", "", "another look than before"),
        ("11_weights", " [pw=w]", "", "no longer said: pw"),
    ] {
        let path = format!("code/{file}.do");
        let good = study.lab.read(&path);
        assert!(good.contains(from), "{from} in {good}");
        study.lab.write(&path, good.replacen(from, to, 1));
        let answer = study.by_hand(&format!("sh tools/check-do.sh {path}"), 1);
        assert!(answer.contains(complaint), "{from} as {to}: {answer}");
        study.lab.write(&path, good);
    }
    study.by_hand("sh tools/check-do.sh", 0);
}

#[test]
fn a_merge_that_does_not_say_of_which_kind_it_is_is_left_to_people() {
    let study = example();
    study.lab.write("code/new one.do", "version 14\nmerge id using \"a.dta\"\n");
    study.lab.commit("one more");
    let output = study.sh("sh tools/upgrade.sh 'code/new one.do'");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 2: merge without unique, uniqusing or uniqmaster"));
    assert_eq!(study.lab.read("code/new one.do"), "version 18\nmerge id using \"a.dta\"\n");
    assert!(study.by_hand("sh tools/check-do.sh 'code/new one.do'", 1).contains("still there: merge id"));
}

#[test]
fn stata_ends_with_0_and_the_log_tells() {
    let study = example();
    study.by_hand("sh tools/upgrade.sh --version-only code/04_describe.do", 0);
    study.by_hand(&format!("{WITH_STATA} stata -b do code/04_describe.do && rm 04_describe.log"), 0);
    let answer = study.by_hand(&format!("{WITH_STATA} sh tools/stata-b.sh code/04_describe.do"), 1);
    assert!(answer.contains("no: code/04_describe.do: r(198) in logs/04_describe.log, after"), "{answer}");
    assert!(answer.contains("option contents() not allowed"), "{answer}");
    study.by_hand("git checkout -q code && sh tools/upgrade.sh code/*.do && cp code/04_describe.do 'code/4 b.do'", 0);
    assert_eq!(
        study.by_hand(&format!("{WITH_STATA} sh tools/stata-b.sh code/04_describe.do 'code/4 b.do'"), 0),
        "2 ran to the end\n"
    );
    assert_eq!(study.by_hand("ls; ls logs", 0).matches("stata-b-").count(), 0);
}

#[test]
fn where_there_is_no_stata_that_is_said() {
    let study = example();
    let without = "for p in stata-mp stata-se stata; do ! command -v $p > /dev/null || exit 9; done;";
    if study.sh(without).status.code() == Some(9) {
        return crate::skip("where_there_is_no_stata_that_is_said", "there is a Stata");
    }
    assert_eq!(study.by_hand("sh tools/stata-b.sh run_all.do", 0), "no Stata here: not run: run_all.do\n");
    study.by_hand("sh tools/stata-b.sh --must run_all.do", 1);
}

#[test]
fn a_task_whose_do_file_stata_refuses_fails_its_check() {
    let study = example();
    let path = format!("{}:{}", study.lab.root().join("tools/fake-stata").display(), std::env::var("PATH").unwrap());
    let words =
        ["batch", "--wait", "--name", "run", "--inputs", "code/04_describe.do", "run_all.do", "--check", "sh tools/stata-b.sh {}"];
    let mut command = study.lab.takeback([&words[..], &["--", "sh", "tools/upgrade.sh", "--version-only", "{}"]].concat());
    assert_eq!(command.env("PATH", path).output().unwrap().status.code(), Some(1));
    assert_eq!((study.numbers("run", "failed"), study.numbers("run", "ready")), (vec![1], vec![2]));
}
