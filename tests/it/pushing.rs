//! `land --push`, against bare repositories beside the checkout.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::lab::{Lab, said};

fn remote(lab: &Lab, name: &str) -> PathBuf {
    let place = lab.outside().join(format!("{name}.git"));
    said(&lab.command("git").args(["init", "-q", "--bare", "-b", "main"]).arg(&place).output().unwrap(), 0);
    lab.git(["remote", "add", name, place.to_str().unwrap()]);
    place
}

fn at(lab: &Lab, remote: &std::path::Path, name: &str) -> String {
    lab.git(["--git-dir", remote.to_str().unwrap(), "for-each-ref", "--format=%(objectname)", name])
}

fn ready() -> Lab {
    let lab = Lab::new();
    lab.ready_task("k7", "x", "1\n");
    lab
}

#[test]
fn a_landing_is_pushed_and_then_undo_knows_of_it() {
    let lab = ready();
    let origin = remote(&lab, "origin");
    lab.git(["push", "-q", "origin", "main"]);
    let before = lab.picture();
    let planned = lab.json(["land", "k7", "--push", "--dry-run"]);
    assert_eq!(planned["push"], json!({"remote": "origin", "ref": "refs/heads/main", "ok": null, "message": null}));
    assert_eq!(lab.picture(), before);
    let landed = lab.json(["land", "k7", "--push"]);
    assert_eq!((&landed["push"]["ok"], &landed["push"]["ref"]), (&json!(true), &json!("refs/heads/main")), "{landed}");
    let main = lab.git(["rev-parse", "main"]);
    assert_eq!((at(&lab, &origin, "refs/heads/main"), lab.git(["rev-parse", "origin/main"])), (main.clone(), main));
    assert!(!lab.command("git").args(["config", "branch.main.merge"]).status().unwrap().success(), "a setting nobody asked for");
    let (code, answer) = lab.answer(["undo"]);
    assert_eq!((code, &answer["error"]["kind"]), (3, &json!("pushed")), "{answer}");
    assert!(lab.ok(["revert", "k7"]).contains("main"), "it is taken back by a commit");
}

#[test]
fn a_new_branch_is_pushed_to_be_followed_and_the_forges_command_is_printed_not_run() {
    let lab = ready();
    let place = remote(&lab, "origin");
    let url = "https://github.com/owner/repo.git";
    lab.git(["remote", "set-url", "origin", url]);
    lab.git(["config", &format!("url.{}.pushInsteadOf", place.display()), url]);
    let said = lab.ok(["land", "k7", "--to", "fix/x", "--push"]);
    assert!(said.contains("  pushed to origin: fix/x\n") && said.contains("take it back: takeback revert k7"), "{said}");
    assert!(said.contains("  for a pull request: gh pr create --base main --head fix/x"), "{said}");
    let tip = lab.git(["rev-parse", "--short=10", "fix/x"]);
    assert!(
        said.contains(&format!("  without takeback: git revert {tip}\n")),
        "the end of the branch here takes nothing back: {said}"
    );
    assert_eq!(at(&lab, &place, "refs/heads/fix/x"), lab.git(["rev-parse", "fix/x"]));
    assert_eq!(lab.git(["config", "branch.fix/x.merge"]), "refs/heads/fix/x");
}

#[test]
fn a_remote_that_says_no_leaves_the_landing_as_it_is_and_is_quoted() {
    let lab = ready();
    let origin = remote(&lab, "origin");
    let hook = origin.join("hooks/pre-receive");
    lab.write_program(&hook, "#!/bin/sh\necho 'main is frozen' >&2\nexit 1\n");
    let (code, answer) = lab.answer(["land", "k7", "--push"]);
    assert_eq!((code, &answer["push"]["ok"]), (4, &json!(false)), "{answer}");
    assert!(answer["push"]["message"].as_str().unwrap().contains("main is frozen"), "{answer}");
    assert!(answer["operation"].is_object() && answer["refused"] == json!([]), "{answer}");
    assert_eq!((lab.read("x"), lab.task("k7")["state"].clone()), ("1\n".to_owned(), json!("landed")));
    lab.json(["undo"]);
    let output = lab.run(["land", "k7", "--push"]);
    let text = said(&output, 4);
    assert!(
        text.contains("the landing stands, to try again: git push origin main\n") && text.contains("  undo: takeback undo\n"),
        "{text}"
    );
    std::fs::remove_file(hook).unwrap();
    lab.git(["push", "-q", "origin", "main"]);
    assert_eq!(lab.answer(["undo"]).1["error"]["kind"], "pushed");
}

#[test]
fn a_pre_push_hook_and_settings_of_the_users_own_are_heeded() {
    let lab = ready();
    let origin = remote(&lab, "origin");
    lab.git(["config", "remote.origin.push", "refs/heads/main:refs/for/main"]);
    lab.write_program(".git/hooks/pre-push", "#!/bin/sh\ncat > \"$(git rev-parse --git-common-dir)/pushed\"\n");
    let landed = lab.json(["land", "k7", "--push"]);
    assert_eq!(landed["push"]["ref"], "refs/for/main");
    assert_eq!(at(&lab, &origin, "refs/for/main"), lab.git(["rev-parse", "main"]));
    assert!(std::fs::read_to_string(lab.root().join(".git/pushed")).unwrap().contains("refs/for/main"));
    let notes = landed["notes"].to_string();
    assert!(notes.contains("undo does not know of it"), "nothing follows that ref: {notes}");
}

#[test]
fn the_remote_is_the_one_that_git_would_take() {
    let to = |lab: &Lab, args: &[&str]| -> Value {
        lab.json([&["land", "k7", "--push", "--dry-run"], args].concat())["push"]["remote"].clone()
    };
    let lab = ready();
    remote(&lab, "only");
    assert_eq!(to(&lab, &[]), "only");
    remote(&lab, "origin");
    assert_eq!(to(&lab, &[]), "origin");
    lab.git(["config", "branch.main.remote", "only"]);
    assert_eq!(to(&lab, &[]), "only");
    assert_eq!(to(&lab, &["--to", "new"]), "only", "as the branch that it is for");
    lab.git(["config", "branch.new.remote", "."]);
    assert_eq!(to(&lab, &["--to", "new"]), "only", "a branch of one's own is no remote");
    lab.git(["config", "remote.pushDefault", "origin"]);
    assert_eq!(to(&lab, &[]), "origin");
    lab.git(["config", "branch.main.pushRemote", "only"]);
    assert_eq!(to(&lab, &[]), "only");
}
