//! The stories of `examples/story`, played with this project's own sources and with made-up ones.

use std::path::PathBuf;
use std::process::Command;

use crate::lab::Lab;

#[test]
fn a_week_of_landings_and_reverts_on_a_real_project_is_as_told() {
    let lab = Lab::new();
    let test = "a_week_of_landings_and_reverts_on_a_real_project_is_as_told";
    if !lab.git_merges(test) {
        return;
    }
    if lab.command("ssh-keygen").arg("-?").output().is_err() {
        return crate::skip(test, "there is no ssh-keygen");
    }
    let said = as_told(play(&lab, "story.sh").arg(root()));
    assert!(said.contains("every tree that landed is one that was checked"), "{said}");
}

#[test]
fn a_batch_with_six_bad_tasks_is_sampled_killed_landed_and_taken_back_as_told() {
    let lab = Lab::new();
    let test = "a_batch_with_six_bad_tasks_is_sampled_killed_landed_and_taken_back_as_told";
    if lab.command("cc").arg("--version").output().is_err() {
        return crate::skip(test, "there is no C compiler called cc");
    }
    let said = as_told(play(&lab, "batch.sh").arg("20"));
    assert!(said.contains("20 tasks, each run once"), "{said}");
    assert!(said.contains("\n  nobody starts those that wait\n  next: takeback continue units\n"), "{said}");
    assert!(said.contains("  hint: takeback land units --tasks 1-4,7-9,11-14,16-20 lands them without it"), "{said}");
    assert!(said.contains("refused: units.6 and units.13 break the check"), "{said}");
    assert!(said.contains("  hint: takeback diff units.6, and so on, shows what they do; takeback retry units.6"), "{said}");
}

fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()).into()
}

/// One of the scripts, with the program under test.
fn play(lab: &Lab, script: &str) -> Command {
    let mut sh = lab.command("sh");
    sh.arg(root().join("examples/story").join(script)).env("TAKEBACK", assert_cmd::cargo::cargo_bin!("takeback"));
    sh
}

/// What a script says that comes to its end.
#[track_caller]
fn as_told(script: &mut Command) -> String {
    let output = script.output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{errors}");
    said.into_owned()
}
