//! The shapes of a landing, what its commits say, and the git lines that take it back, by what git says of them.

use serde_json::{Value, json};

use crate::lab::{Lab, said};

const SHAPES: [&str; 3] = ["merge", "linear", "squash"];

/// Three ready tasks, each with a file of its own.
fn three() -> Lab {
    let lab = Lab::new();
    for name in ["a", "b", "c"] {
        lab.ready_task(name, &format!("{name}.new"), name);
    }
    lab
}

/// Runs a line that the program printed, as a person would.
#[track_caller]
fn typed(lab: &Lab, line: &str) {
    said(&lab.command("sh").env("GIT_EDITOR", "true").args(["-c", line]).output().unwrap(), 0);
}

fn tree(lab: &Lab, revision: &str) -> String {
    lab.git(["rev-parse", &format!("{revision}^{{tree}}")])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}

#[test]
fn a_merge_joins_a_chain_a_linear_landing_is_the_chain_and_a_squash_is_one_commit() {
    for (shape, commits, parents) in [("merge", 4, 2), ("linear", 3, 1), ("squash", 1, 1)] {
        let lab = three();
        let (before, main) = (lab.picture(), lab.git(["rev-parse", "main"]));
        lab.json(["land", "a", "b", "c", "--shape", shape]);
        assert_eq!(lab.git(["rev-list", "--count", &format!("{main}..main")]), commits.to_string(), "{shape}");
        assert_eq!(lab.git(["show", "-s", "--format=%P", "main"]).split(' ').count(), parents, "{shape}");
        assert_eq!(lab.git(["diff", "--name-only", &main, "main"]), "a.new\nb.new\nc.new");
        assert_eq!(lab.git(["status", "--porcelain"]), "");
        lab.json(["undo"]);
        assert_eq!(lab.picture(), before, "{shape}");
        lab.json(["redo"]);
        assert_eq!(lab.read("c.new"), "c");
        lab.git(["fsck", "--strict", "--no-dangling"]);
    }
}

#[test]
fn a_single_task_is_one_commit_in_every_shape_and_the_shape_may_be_a_setting() {
    for shape in SHAPES {
        let lab = three();
        let main = lab.git(["rev-parse", "main"]);
        lab.git(["config", "takeback.landingShape", shape]);
        lab.json(["land", "a"]);
        assert_eq!(lab.git(["rev-parse", "main^@"]), main, "{shape}");
        assert_eq!(lab.git(["log", "-1", "--format=%s"]), "Land a");
    }
    let lab = three();
    lab.git(["config", "takeback.landingShape", "squash"]);
    lab.json(["land", "a", "b"]);
    lab.json(["undo"]);
    lab.json(["land", "a", "b", "--shape", "linear"]);
    assert_eq!(lab.git(["rev-list", "--count", "HEAD"]), "3", "the option beats the setting");
}

#[test]
fn a_new_branch_starts_where_it_is_told_in_every_shape() {
    for shape in SHAPES {
        let lab = three();
        let old = lab.git(["rev-parse", "main"]);
        lab.write("later.txt", "later\n");
        lab.commit("later");
        let before = lab.picture();
        let landed = lab.json(["land", "a", "b", "--to", "for-review", "--onto", "main~1", "--shape", shape]);
        assert_eq!(lab.git(["merge-base", "main", "for-review"]), old, "{shape}");
        assert_eq!(lab.git(["diff", "--name-only", &old, "for-review"]), "a.new\nb.new", "{shape}");
        assert_eq!(landed["git_line"], "git branch -D for-review");
        lab.json(["undo"]);
        assert_eq!(lab.picture(), before);
    }
}

#[test]
fn the_printed_git_line_takes_a_landing_back_in_every_shape() {
    for shape in SHAPES {
        for tasks in [&["a"][..], &["a", "b", "c"]] {
            let lab = three();
            let before = tree(&lab, "main");
            let landed = lab.json([&["land", "--shape", shape], tasks].concat());
            let line = text(&landed["git_line"]);
            typed(&lab, line);
            assert_eq!(tree(&lab, "main"), before, "{shape} of {tasks:?}");
            assert_eq!(line.contains(" -m 1 "), shape == "merge" && tasks.len() > 1, "older gits know it of merges alone: {line}");
            assert_eq!(lab.git(["status", "--porcelain"]), "");
        }
    }
}

#[test]
fn the_printed_git_line_of_one_task_takes_it_back_alone() {
    for shape in ["merge", "linear"] {
        let lab = three();
        let landed = lab.json(["land", "a", "b", "c", "--shape", shape]);
        assert_eq!(landed["commits"][1]["task"], "b");
        typed(&lab, text(&landed["commits"][1]["git_line"]));
        assert_eq!(lab.git(["ls-tree", "--name-only", "main"]), "a.new\na.txt\nb\nc.new", "{shape}");
        let printed = three().ok(["land", "a", "b", "c", "--shape", shape]);
        assert!(printed.contains("  without takeback: git revert ") && printed.contains("  b alone: git revert "), "{printed}");
    }
    let squashed = three().json(["land", "a", "b", "--shape", "squash"]);
    assert_eq!(squashed["commits"][0].get("git_line"), None, "no commit is its own: {squashed}");
}

#[test]
fn what_each_task_brought_stays_in_reach_in_every_shape() {
    for shape in SHAPES {
        let lab = three();
        let landed = lab.json(["land", "a", "b", "c", "--shape", shape]);
        lab.git(["reflog", "expire", "--expire=now", "--all"]);
        lab.git(["gc", "-q", "--prune=now"]);
        for (n, name) in ["a.new", "b.new", "c.new"].into_iter().enumerate() {
            let [before, after] = ["before", "after"].map(|end| text(&landed["commits"][n][end]).to_owned());
            assert_eq!(lab.git(["diff", "--name-only", &before, &after]), name, "{shape}");
            let reached = lab.git(["for-each-ref", "--contains", &after]);
            assert!(!reached.is_empty(), "{shape}: {after} is out of reach");
        }
    }
}

#[test]
fn a_protected_branch_is_landed_on_by_force_alone() {
    let lab = three();
    for glob in ["main", "release/*"] {
        lab.git(["config", "--add", "takeback.landProtected", glob]);
    }
    let before = lab.picture();
    let (code, answer) = lab.answer(["land", "a"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (3, &json!("protected")), "{answer}");
    assert_eq!(lab.answer(["land", "a", "--to", "release/1"]).0, 3);
    assert_eq!(lab.picture(), before);
    lab.json(["land", "a", "--to", "release-1"]);
    lab.json(["undo"]);
    lab.json(["land", "a", "--force"]);
    assert_eq!(lab.read("a.new"), "a");
}

#[test]
fn commits_say_as_much_of_the_task_as_they_are_told_to() {
    let lab = Lab::new();
    let run = ["run", "--wait", "--name", "k7", "--check", "test -f x", "--shell", "echo 1 > x\necho 2 > y"];
    let uid = lab.json(run)["task"]["uid"].clone();
    let message = |how: &str| {
        lab.git(["config", "takeback.landingTrailers", how]);
        lab.json(["land", "k7", "-m", "Tables\n\nFixes: #3"]);
        let message = lab.git(["log", "-1", "--format=%B"]);
        let trailers = lab.git(["log", "-1", "--format=%(trailers:only,unfold)"]);
        lab.json(["undo"]);
        (message.trim().to_owned(), trailers.trim().to_owned())
    };
    let task = format!("Fixes: #3\nTakeback-Task: {}", text(&uid));
    assert_eq!(message("none"), ("Tables\n\nFixes: #3".to_owned(), "Fixes: #3".to_owned()));
    assert_eq!(message("id"), (format!("Tables\n\n{task}"), task.clone()));
    let all = format!("{task}\nTakeback-Command: \"echo 1 > x\\necho 2 > y\"\nTakeback-Check: test -f x");
    assert_eq!(message("all"), (format!("Tables\n\n{all}"), all));
}

#[test]
fn a_squash_names_every_task_and_a_long_list_stands_below_the_subject() {
    let lab = Lab::new();
    let names = ["the-first-of-the-tables", "the-second-of-the-tables", "the-third-of-the-tables"];
    for name in names {
        lab.ready_task(name, name, "1\n");
    }
    lab.json(["land", names[0], names[1], names[2], "--shape", "squash"]);
    let message = lab.git(["log", "-1", "--format=%B"]);
    let list = names.map(|name| format!("* {name}")).join("\n");
    assert!(message.starts_with(&format!("Land 3 tasks\n\n{list}\n\nTakeback-Task: ")), "{message}");
    assert_eq!(lab.git(["log", "-1", "--format=%(trailers:key=Takeback-Task)"]).lines().filter(|l| !l.is_empty()).count(), 3);
}

#[test]
fn what_lands_again_after_a_revert_names_the_commit_that_brought_it_first_and_is_really_back() {
    for shape in SHAPES {
        let lab = three();
        let first = lab.json(["land", "a", "b", "--shape", shape]);
        let brought = match shape {
            "squash" => text(&first["target"]["to"]).to_owned(),
            _ => text(&first["commits"][0]["after"]).to_owned(),
        };
        lab.json(["revert", "a"]);
        assert!(!lab.root().join("a.new").exists());
        lab.json(["land", "a", "--shape", shape]);
        assert_eq!(lab.read("a.new"), "a", "{shape}");
        let relands = lab.git(["log", "-1", "--format=%(trailers:key=Takeback-Relands,valueonly)"]);
        assert_eq!(relands.trim(), brought, "{shape}");
    }
}
