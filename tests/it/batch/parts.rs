//! A batch landed on several branches.

use crate::lab::Lab;

fn studies() -> Lab {
    let lab = Lab::new();
    for path in ["r/a.R", "r/b.R", "stata/c.do", "paper/d.tex"] {
        lab.write(path, "a\n");
    }
    lab.write("CODEOWNERS", "*.R @stats\n/stata/ @stats\n/paper/ @writers @editors\n");
    lab.commit("files");
    lab.ok(["batch", "--wait", "--name", "b", "--inputs", "r/*", "stata/*", "paper/*", "--", "sed", "-i", "s/a/b/", "{}"]);
    lab
}

/// The branches that a landing made, each with the files that it changes.
fn branches(lab: &Lab, by: &str) -> Vec<String> {
    let before = lab.picture();
    let answer = lab.json(["land", "b", "--to", "pr", "--split-by", by]);
    let names = answer["landings"].as_array().unwrap().iter().map(|l| l["target"]["ref"].as_str().unwrap().to_owned());
    let told = names.map(|name| {
        let files = lab.git(["diff", "--name-only", &format!("main...{name}")]);
        format!("{}: {}", name.trim_start_matches("refs/heads/"), files.replace('\n', " "))
    });
    let told = told.collect();
    for _ in answer["landings"].as_array().unwrap() {
        lab.ok(["undo", "-y"]);
    }
    assert_eq!(lab.picture(), before);
    told
}

#[test]
fn each_part_has_a_branch_and_is_undone_by_itself() {
    let lab = studies();
    assert_eq!(branches(&lab, "3"), ["pr-1: r/a.R r/b.R stata/c.do", "pr-2: paper/d.tex"]);
    assert_eq!(branches(&lab, "dir"), ["pr-paper: paper/d.tex", "pr-r: r/a.R r/b.R", "pr-stata: stata/c.do"]);
    assert_eq!(branches(&lab, "codeowners"), ["pr-stats: r/a.R r/b.R stata/c.do", "pr-writers-editors: paper/d.tex"]);
}
