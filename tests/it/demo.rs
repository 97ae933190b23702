//! `takeback demo`, whole.

use crate::lab::Lab;

#[test]
fn the_demo_does_what_it_says_and_leaves_its_folder() {
    let lab = Lab::without_repository();
    let told = lab.ok(["demo"]);
    for line in [
        "$ takeback run ",
        "$ takeback land dates",
        "$ takeback undo",
        "$ takeback batch ",
        "nitrate.1 and nitrate.2 landed on main",
        "$ takeback status",
        "  cd ",
    ] {
        assert!(told.contains(line), "no {line} in\n{told}");
    }
    let root = told.lines().find_map(|l| l.strip_prefix("A small repository: ")).unwrap();
    let log = lab.git(["-C", root, "log", "--format=%s"]);
    assert_eq!(log.lines().count(), 2, "{log}");
    assert_eq!(lab.git(["-C", root, "status", "--porcelain"]), "");
}

#[test]
fn the_demo_for_scripts_names_its_steps() {
    let lab = Lab::without_repository();
    let answer = lab.json(["demo"]);
    assert!(answer["steps"].as_array().unwrap().len() > 8, "{answer}");
    assert!(std::path::Path::new(answer["repository"].as_str().unwrap()).join(".git").exists());
}
