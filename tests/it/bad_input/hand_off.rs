//! What keeps a task from being handed off: all of it is found before anything is written.

use super::{refused, refused_by, row};
use crate::lab::Lab;

#[test]
fn not_a_repository() {
    let lab = Lab::without_repository();
    for verb in [&["run", "--", "true"][..], &["list"], &["land", "x"], &["undo"]] {
        refused(&lab, verb).fits(&row!()).about(lab.root().canonicalize().unwrap().to_str().unwrap());
    }
}

#[test]
fn a_bare_repository() {
    let lab = Lab::without_repository();
    lab.git(["init", "-q", "--bare"]);
    refused(&lab, ["run", "--", "true"]).fits(&row!());
    assert!(!lab.root().join("takeback").exists());
}

#[test]
fn a_branch_without_a_commit() {
    let lab = Lab::without_commits();
    refused(&lab, ["run", "--", "true"]).fits(&row!()).about("main");
    assert!(!lab.root().join(".git/takeback").exists());
}

#[test]
fn an_unknown_base() {
    let lab = Lab::new();
    refused(&lab, ["run", "--base", "no/such", "--", "true"]).fits(&row!()).about("no/such");
    refused(&lab, ["run", "--base", "HEAD^{tree}", "--", "true"]).fits(&row!()).about("HEAD^{tree}");
    assert!(!lab.root().join(".git/takeback").exists());
}

#[test]
fn nobody_to_commit_as() {
    let lab = Lab::new();
    lab.git(["config", "--unset", "user.name"]);
    lab.git(["config", "--unset", "user.email"]);
    lab.write("new", "1");
    for extra in [&[][..], &["--with-changes"]] {
        let mut command = lab.takeback(["--json", "run"]);
        command.args(extra).args(["--", "true"]);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env_remove(format!("GIT_{role}_NAME")).env_remove(format!("GIT_{role}_EMAIL"));
        }
        refused_by(&lab, &mut command).fits(&row!());
    }
    assert!(!lab.root().join(".git/takeback").exists());
}

#[test]
fn a_name_that_is_taken() {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    refused(&lab, ["run", "--name", "k7", "--", "true"]).fits(&row!()).about("k7");
    lab.json(["discard", "k7"]);
    refused(&lab, ["run", "--name", "k7", "--", "true"]).fits(&row!()).about("k7");
}

#[test]
fn a_name_whose_branch_is_there() {
    let lab = Lab::new();
    lab.git(["branch", "takeback/k7"]);
    refused(&lab, ["run", "--name", "k7", "--", "true"]).fits(&row!()).about("takeback/k7");
}

#[test]
fn a_bad_name() {
    let lab = Lab::new();
    for name in ["Two Words", "", "../up", "-x", &"a".repeat(41)] {
        refused(&lab, ["run".to_owned(), format!("--name={name}"), "--".to_owned(), "true".to_owned()]).fits(&row!()).about(name);
    }
}

#[test]
fn a_branch_named_like_the_prefix() {
    let lab = Lab::new();
    lab.git(["branch", "takeback"]);
    refused(&lab, ["run", "--", "true"]).fits(&row!()).about("takeback");
    lab.git(["config", "takeback.branchPrefix", "tasks"]);
    lab.json(["run", "--wait", "--name", "k7", "--", "true"]);
}

#[test]
fn a_command_that_is_not_found() {
    let lab = Lab::new();
    refused(&lab, ["run", "--", "no-such-command", "x"]).fits(&row!()).about("no-such-command");
    refused(&lab, ["run", "--", "/no/such/command"]).fits(&row!()).about("/no/such/command");
}

#[test]
fn a_command_that_is_not_in_the_base() {
    let lab = Lab::new();
    lab.write("tool.sh", "#!/bin/sh\n");
    lab.command("chmod").args(["+x", "tool.sh"]).status().unwrap();
    refused(&lab, ["run", "--", "./tool.sh"]).fits(&row!()).about("./tool.sh");
    lab.json(["run", "--wait", "--with-changes", "--", "./tool.sh"]);
}

#[test]
fn a_command_that_git_ignores() {
    let lab = Lab::new();
    lab.write(".gitignore", ".venv/\n");
    lab.commit("what is ignored");
    lab.write(".venv/bin/tool", "#!/bin/sh\n");
    lab.command("chmod").args(["+x", ".venv/bin/tool"]).status().unwrap();
    let said = refused(&lab, ["run", "--", ".venv/bin/tool"]).fits(&row!()).about(".venv/bin/tool");
    assert!(format!("{said:?}").contains("`--bring .venv`"), "{said:?}");
    lab.json(["run", "--wait", "--bring", ".venv", "--", ".venv/bin/tool"]);
}

#[test]
fn a_command_that_is_not_executable() {
    let lab = Lab::new();
    lab.write("tool.sh", "#!/bin/sh\n");
    lab.commit("a script without its right");
    refused(&lab, ["run", "--", "./tool.sh"]).fits(&row!()).about("./tool.sh");
}

#[test]
fn a_check_that_is_not_found() {
    let lab = Lab::new();
    refused(&lab, ["run", "--check", "true", "--check", "no-such-check -v", "--", "true"]).fits(&row!()).about("no-such-check -v");
}

#[test]
fn a_folder_that_is_not_in_the_base() {
    let lab = Lab::new();
    lab.write("new/file", "1");
    refused(&lab, ["run", "--cwd", "new", "--", "true"]).fits(&row!()).about("new");
    refused_by(&lab, lab.takeback(["--json", "run", "--", "true"]).current_dir(lab.root().join("new"))).fits(&row!()).about("new");
    lab.json(["run", "--wait", "--with-changes", "--cwd", "new", "--", "true"]);
}

#[test]
fn a_folder_outside_the_repository() {
    let lab = Lab::new();
    for folder in ["..", "/", "/no/such"] {
        refused(&lab, ["run", "--cwd", folder, "--", "true"]).fits(&row!());
    }
}

#[test]
fn an_uncommitted_checkout() {
    let lab = Lab::new();
    lab.write("a.txt", "changed\n");
    lab.write("new", "1");
    let before = super::picture(&lab);
    let output = lab.run(["run", "--wait", "--name", "k7", "--", "true"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code().unwrap().to_string(), row!().exit, "{stderr}");
    assert!(stderr.contains("2 changed files are not in it: --with-changes"), "{stderr}");
    assert!(super::fits(&row!().message, stderr.lines().next().unwrap()), "{stderr}");
    let without_ours = |picture: String| picture.lines().filter(|l| !l.contains("takeback/")).collect::<Vec<_>>().join("\n");
    assert_eq!(without_ours(super::picture(&lab)), without_ours(before));
}
