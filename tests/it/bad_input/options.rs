//! Options whose values are not of their form, that do not go together, or that this version cannot grant.

use super::{refused, row};
use crate::lab::Lab;

fn run(lab: &Lab, options: &[&str]) -> super::Said {
    let said = refused(lab, [&["run"], options, &["--", "true"]].concat());
    assert!(!lab.root().join(".git/takeback/tasks").exists(), "a task was made: {said:?}");
    said
}

#[test]
fn a_base_and_the_changes() {
    run(&Lab::new(), &["--base", "HEAD", "--with-changes"]).fits(&row!());
}

#[test]
fn a_bad_glob() {
    let lab = Lab::new();
    run(&lab, &["--only", "a[b"]).fits(&row!()).about("a[b");
    run(&lab, &["--commit-ignored", "{a"]).fits(&row!()).about("{a");
    run(&lab, &["--check-files", "{b"]).fits(&row!()).about("{b");
}

#[test]
fn a_glob_that_leads_out() {
    run(&Lab::new(), &["--only", "../x"]).fits(&row!()).about("../x");
    run(&Lab::new(), &["--check-files", "../x"]).fits(&row!()).about("../x");
}

#[test]
fn a_variable_of_ours() {
    let lab = Lab::new();
    run(&lab, &["--env", "TAKEBACK_TASK=x"]).fits(&row!()).about("TAKEBACK_TASK");
    run(&lab, &["--env", "GIT_DIR=/tmp"]).fits(&row!()).about("GIT_DIR");
}

#[test]
fn a_variable_without_a_name() {
    for value in ["=x", "A B=1", "A\tB"] {
        run(&Lab::new(), &["--env", value]).fits(&row!());
    }
}

#[test]
fn a_bad_duration() {
    for option in ["--timeout", "--idle"] {
        for value in ["soon", "5 parsecs", ""] {
            run(&Lab::new(), &[option, value]).fits(&row!());
        }
    }
}

#[test]
fn no_terminal_for_the_command() {
    run(&Lab::new(), &["--interactive"]).fits(&row!()).about("--interactive");
}

#[test]
fn somebody_there_and_a_limit_for_nobody() {
    for option in [["--idle", "5m"], ["--retries", "2"]] {
        run(&Lab::new(), &[&["--interactive"], &option as &[&str]].concat()).fits(&row!());
    }
}

#[test]
fn a_number_of_retries_that_is_none() {
    for value in ["-1", "many", "101", ""] {
        run(&Lab::new(), &[&format!("--retries={value}")]).fits(&row!());
    }
}

#[test]
fn no_command() {
    let lab = Lab::new();
    refused(&lab, ["run"]).fits(&row!());
    refused(&lab, ["run", "--"]).fits(&row!());
}

#[test]
fn an_empty_shell_line() {
    refused(&Lab::new(), ["run", "--shell", " "]).fits(&row!());
}

#[test]
fn an_option_behind_no_dashes() {
    refused(&Lab::new(), ["run", "make", "-j2"]).fits(&row!());
}

#[test]
fn a_verb_that_is_none() {
    refused(&Lab::new(), ["lnad", "k7"]).fits(&row!());
}

#[test]
fn a_sandbox_that_is_not_there() {
    for level in ["namespace", "landlock"] {
        run(&Lab::new(), &["--sandbox", level]).fits(&row!()).about(format!("--sandbox {level}"));
    }
}

#[test]
fn no_network() {
    run(&Lab::new(), &["--network", "off"]).fits(&row!()).about("--network off");
}

#[test]
fn a_bad_setting() {
    for (key, value) in [
        ("takeback.timeout", "soon"),
        ("takeback.maxFile", "big"),
        ("takeback.branchPrefix", "a..b"),
        ("takeback.checkRetries", "often"),
        ("takeback.culpritRuns", "-1"),
        ("takeback.checkCache", "../target"),
        ("takeback.checkCache", "/target"),
        ("takeback.checkCache", "a[b"),
    ] {
        let lab = Lab::new();
        lab.git(["config", key, value]);
        refused(&lab, ["list"]).fits(&row!()).about(key);
        run(&lab, &[]).fits(&row!()).about(key);
    }
}

#[test]
fn a_state_dir_that_is_a_file() {
    let lab = Lab::new();
    let place = lab.outside().join("taken");
    std::fs::write(&place, "").unwrap();
    let mut command = lab.takeback(["--json", "run", "--", "true"]);
    let said = super::refused_by(&lab, command.env("TAKEBACK_STATE_DIR", &place)).fits(&row!());
    assert!(format!("{said:?}").contains("taken"), "{said:?}");
    assert_eq!(lab.json(["list"])["tasks"], serde_json::json!([]));
}

#[test]
fn a_state_dir_inside_the_repository() {
    let lab = Lab::new();
    std::os::unix::fs::symlink(lab.root(), lab.outside().join("link")).unwrap();
    for place in [lab.root().join("deep/state"), lab.root(), lab.root().join(".git/x"), lab.outside().join("link/state")] {
        let mut command = lab.takeback(["--json", "run", "--", "true"]);
        super::refused_by(&lab, command.env("TAKEBACK_STATE_DIR", &place)).fits(&row!());
        assert_eq!(lab.json(["list"])["tasks"], serde_json::json!([]));
    }
}
