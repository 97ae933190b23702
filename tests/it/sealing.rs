//! Signatures and the `commit-msg` hook on the commits of a landing, by what git says of them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::lab::Lab;

const SHAPES: [&str; 3] = ["merge", "linear", "squash"];

/// As Gerrit's hook: adds a `Change-Id` that is new each time, unless there is one; and counts how often it was asked.
const CHANGE_ID: &str = r#"#!/bin/sh
echo asked >> "$(git rev-parse --git-common-dir)/asked"
grep -q '^Change-Id: ' "$1" && exit 0
id=$( (date +%s%N; cat "$1"; echo $$) | git hash-object --stdin)
git interpret-trailers --trailer "Change-Id: I$id" < "$1" > "$1.tmp" && mv "$1.tmp" "$1"
"#;

fn two() -> Lab {
    let lab = Lab::new();
    lab.ready_task("a", "a.new", "a");
    lab.ready_task("b", "b.new", "b");
    lab
}

fn change_ids(lab: &Lab, range: &str) -> Vec<String> {
    let text = lab.git(["log", "--format=%(trailers:key=Change-Id,valueonly,separator=%x2c)", range]);
    text.lines().map(ToOwned::to_owned).collect()
}

fn asked(lab: &Lab) -> usize {
    std::fs::read_to_string(lab.root().join(".git/asked")).map_or(0, |text| text.lines().count())
}

/// The folder of gpg's agent is a socket's: its path must be short.
fn gpg_key(lab: &Lab, home: &Path) -> bool {
    std::fs::set_permissions(home, std::fs::Permissions::from_mode(0o700)).unwrap();
    let mut gpg = lab.command("gpg");
    gpg.env("GNUPGHOME", home).args(["--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "A Tester <tester@example.org>"]);
    gpg.args(["default", "default", "never"]).output().is_ok_and(|output| output.status.success())
}

#[test]
fn every_commit_of_every_shape_is_signed_by_gpg_where_git_is_told_to() {
    let home = tempfile::Builder::new().prefix("gpg").tempdir_in("/tmp").unwrap();
    for shape in SHAPES {
        let lab = two();
        if shape == SHAPES[0] && !gpg_key(&lab, home.path()) {
            return crate::skip("every_commit_of_every_shape_is_signed_by_gpg", "gpg is missing, or makes no key");
        }
        lab.git(["config", "commit.gpgSign", "true"]);
        let output = lab.takeback(["land", "a", "b", "--shape", shape]).env("GNUPGHOME", home.path()).output().unwrap();
        crate::lab::said(&output, 0);
        let log = lab.command("git").env("GNUPGHOME", home.path()).args(["log", "--format=%G?", ":/start..HEAD"]).output();
        let log = String::from_utf8(log.unwrap().stdout).unwrap();
        assert!(!log.is_empty() && log.lines().all(|line| line == "G" || line == "U"), "{shape}: {log}");
        let undone = lab.takeback(["undo"]).env("GNUPGHOME", home.path()).output().unwrap();
        crate::lab::said(&undone, 0);
    }
    drop(std::process::Command::new("gpgconf").env("GNUPGHOME", home.path()).args(["--kill", "all"]).status());
}

#[test]
fn every_commit_of_every_shape_is_signed_by_ssh_where_git_is_told_to() {
    for shape in SHAPES {
        let lab = two();
        let key = lab.outside().join("key");
        let made = lab.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
        if !made.is_ok_and(|status| status.success()) {
            return crate::skip("every_commit_of_every_shape_is_signed_by_ssh", "ssh-keygen is missing");
        }
        let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
        let allowed = lab.outside().join("allowed");
        std::fs::write(&allowed, format!("tester@example.org {public}")).unwrap();
        for (name, value) in [
            ("gpg.format", "ssh"),
            ("user.signingKey", key.to_str().unwrap()),
            ("gpg.ssh.allowedSignersFile", allowed.to_str().unwrap()),
            ("commit.gpgSign", "true"),
        ] {
            lab.git(["config", name, value]);
        }
        let landed = lab.json(["land", "a", "b", "--shape", shape]);
        let log = lab.git(["log", "--format=%G?", ":/start..HEAD"]);
        assert!(!log.is_empty() && log.lines().all(|line| line == "G"), "{shape}: {log}");
        assert_eq!(landed["target"]["to"], lab.git(["rev-parse", "main"]));
        lab.git(["fsck", "--strict", "--no-dangling"]);
    }
}

#[test]
fn the_commit_msg_hook_edits_every_commit_that_the_branch_gets_once() {
    for (shape, commits) in [("merge", 3), ("linear", 2), ("squash", 1)] {
        let lab = two();
        lab.write_program(".git/hooks/commit-msg", CHANGE_ID);
        let before = lab.picture();
        lab.json(["land", "a", "b", "--shape", shape, "--dry-run"]);
        assert_eq!((asked(&lab), lab.picture()), (0, before.clone()), "planning asks no hook");
        let landed = lab.json(["land", "a", "b", "--shape", shape]);
        let ids = change_ids(&lab, ":/start..HEAD");
        assert!(ids.iter().all(|id| id.starts_with('I') && !id.contains(',')), "{shape}: {ids:?}");
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), commits, "{shape}: {ids:?}");
        assert_eq!(asked(&lab), commits, "{shape}");
        assert_eq!(landed["target"]["to"], lab.git(["rev-parse", "main"]));
        if shape != "squash" {
            assert_eq!(landed["commits"][0]["after"], lab.git(["log", "--format=%H", "--grep", "Land a$"]));
        }
        lab.git(["fsck", "--strict", "--no-dangling"]);
        lab.json(["undo"]);
        assert_eq!(lab.picture(), before);
        lab.json(["land", "a", "--no-verify"]);
        assert_eq!((asked(&lab), change_ids(&lab, "-1").concat()), (commits, String::new()));
    }
}

#[test]
fn a_target_that_moves_meanwhile_does_not_gather_change_ids() {
    let lab = two();
    lab.write_program(".git/hooks/commit-msg", CHANGE_ID);
    // The check of the joined tree moves the branch once, so the landing is planned again.
    let script = format!(
        "cd '{0}' && test -e moved || {{ touch moved; git update-ref refs/heads/other $(git commit-tree -p other -m x other^{{tree}}); }}",
        lab.root().display()
    );
    lab.git(["branch", "other"]);
    lab.json(["land", "a", "--to", "other", "--check", &script]);
    assert_eq!(lab.git(["rev-list", "--count", "other"]), "3", "it was planned again");
    assert_eq!(change_ids(&lab, "other")[0].matches('I').count(), 1);
    assert_eq!(asked(&lab), 1);
}

#[test]
fn a_hook_finds_what_git_commit_gives_it() {
    let lab = two();
    lab.git(["config", "core.hooksPath", "my hooks"]);
    let seen = lab.outside().join("seen");
    let script = format!(
        "#!/bin/sh\n{{ pwd; git diff --cached --name-status; echo \"$GIT_AUTHOR_NAME $GIT_EDITOR\"; basename \"$1\"; cat; }} > '{}' 2>&1\n",
        seen.display()
    );
    lab.write_program("my hooks/commit-msg", &script);
    std::fs::create_dir(lab.root().join("sub")).unwrap();
    let output = lab.takeback(["land", "a"]).current_dir(lab.root().join("sub")).output().unwrap();
    crate::lab::said(&output, 0);
    let root = lab.root().canonicalize().unwrap();
    let wanted = format!("{}\nA\ta.new\nA Tester :\nCOMMIT_EDITMSG\n", root.display());
    assert_eq!(std::fs::read_to_string(seen).unwrap(), wanted);
}

#[test]
fn a_hook_can_read_what_no_commit_of_the_repository_holds_yet() {
    let lab = Lab::new();
    if !lab.git_merges("a_hook_can_read_what_no_commit_of_the_repository_holds_yet") {
        return;
    }
    let lines = |first: &str, last: &str| format!("{first}\n{}{last}\n", "same\n".repeat(20));
    lab.write("f", lines("1", "20"));
    lab.commit("long");
    lab.ready_task("k7", "f", &lines("one", "20"));
    lab.write("f", lines("1", "twenty"));
    lab.commit("others went on");
    let seen = lab.outside().join("seen");
    lab.write_program(".git/hooks/commit-msg", &format!("#!/bin/sh\ngit show :f > '{}'\n", seen.display()));
    lab.json(["land", "k7"]);
    assert_eq!(std::fs::read_to_string(seen).unwrap(), lines("one", "twenty"));
}

#[test]
fn a_git_that_cannot_run_hooks_for_us_has_its_hooks_run_all_the_same() {
    let lab = two();
    lab.write_program(".git/hooks/commit-msg", CHANGE_ID);
    let real = lab.command("sh").args(["-c", "command -v git"]).output().unwrap().stdout;
    let real = String::from_utf8(real).unwrap();
    let old = format!(
        "#!/bin/sh\ncase \"$1\" in version) echo git version 2.30.2;; hook) exit 1;; *) exec {} \"$@\";; esac\n",
        real.trim()
    );
    lab.write_program("../old/git", &old);
    let path = format!("{}:{}", lab.outside().join("old").display(), std::env::var("PATH").unwrap());
    crate::lab::said(&lab.takeback(["land", "a", "b"]).env("PATH", path).output().unwrap(), 0);
    assert_eq!((asked(&lab), change_ids(&lab, ":/start..HEAD").len()), (3, 3));
}

#[test]
fn a_hook_that_git_would_not_run_is_not_run() {
    let lab = two();
    lab.write_program(".git/hooks/commit-msg", "#!/bin/sh\nexit 1\n");
    std::fs::set_permissions(lab.root().join(".git/hooks/commit-msg"), std::fs::Permissions::from_mode(0o644)).unwrap();
    lab.json(["land", "a"]);
}

#[test]
fn a_no_of_the_hook_names_the_task_whose_commit_it_is() {
    let lab = two();
    lab.write_program(
        ".git/hooks/commit-msg",
        "#!/bin/sh\ngrep -q 'Land b$' \"$1\" || exit 0\necho 'no ticket' >&2\necho 'PROJ-1 is one' >&2\nexit 1\n",
    );
    let before = lab.picture();
    let (code, answer) = lab.answer(["land", "a", "b"]);
    assert_eq!((code, answer["refused"].as_array().unwrap().len()), (1, 1), "{answer}");
    assert_eq!((&answer["refused"][0]["kind"], &answer["refused"][0]["task"]), (&json!("hook"), &json!("b")));
    assert!(answer["refused"][0]["message"].as_str().unwrap().contains("no ticket; PROJ-1 is one"), "{answer}");
    assert_eq!(lab.picture(), before);
}

#[test]
fn what_a_hook_that_says_yes_writes_is_passed_on() {
    let lab = two();
    lab.write_program(".git/hooks/commit-msg", "#!/bin/sh\necho 'the subject is rather short'\n");
    let landed = lab.json(["land", "a", "b"]);
    assert_eq!(landed["notes"][0], "the commit-msg hook says: the subject is rather short", "once for all: {landed}");
}

#[test]
fn a_revert_passes_the_hook_and_is_signed_like_a_landing() {
    let lab = two();
    lab.write_program(".git/hooks/commit-msg", CHANGE_ID);
    lab.json(["land", "a"]);
    lab.json(["revert", "a"]);
    lab.json(["land", "a"]);
    let ids = change_ids(&lab, ":/start..HEAD");
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{ids:?}");
}

#[test]
fn what_a_hook_leaves_is_tidied_as_git_does_it_and_nothing_is_no_message() {
    let lab = two();
    lab.write_program(".git/hooks/commit-msg", "#!/bin/sh\nprintf '\\n\\n\\nReviewed-by: the hook  \\n\\n' >> \"$1\"\n");
    lab.json(["land", "a"]);
    let message = lab.git(["log", "-1", "--format=%B"]);
    assert!(message.trim_end().ends_with("\n\nReviewed-by: the hook") && !message.contains("\n\n\n"), "{message:?}");
    lab.write_program(".git/hooks/commit-msg", "#!/bin/sh\necho > \"$1\"\n");
    assert_eq!(lab.answer(["land", "b"]).1["refused"][0]["kind"], "hook");
}
