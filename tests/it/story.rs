//! The story of `examples/story`, played on this project's own sources.

use std::path::Path;

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
    let root = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let story = Path::new(&root).join("examples/story/story.sh");
    let mut sh = lab.command("sh");
    let output = sh.arg(story).arg(&root).env("TAKEBACK", assert_cmd::cargo::cargo_bin!("takeback")).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.contains("every tree that landed is one that was checked"), "{said}");
}
