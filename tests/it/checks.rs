//! Checks that a task cannot talk round, and what is on record of them.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::lab::{Lab, said, wait_until};

/// Hands off a shell text with further options and waits; whatever becomes of it.
fn task(lab: &Lab, name: &str, options: &[&str], script: &str) -> Value {
    let args = [&["run", "--wait", "--name", name], options, &["--shell", script]].concat();
    lab.answer(args).1["task"].clone()
}

/// A repository with a check that says no to every `a.txt` but one that says `good`.
fn with_a_script() -> Lab {
    let lab = Lab::new();
    lab.write("checks/run.sh", "grep -q good a.txt && test -f checks/data && ! test -f checks/more\n");
    lab.write("checks/data", "data\n");
    lab.commit("a check");
    lab
}

const SCRIPT: [&str; 4] = ["--check", "sh checks/run.sh", "--check-files", "checks"];

#[test]
fn a_task_that_edits_its_check_is_judged_by_the_one_of_the_base() {
    let lab = with_a_script();
    let gamed = task(&lab, "gamed", &SCRIPT, "echo bad > a.txt; echo 'exit 0' > checks/run.sh");
    assert_eq!((&gamed["state"], &gamed["reason"]), (&json!("failed"), &json!("check")), "{gamed}");
    // What it removed is there again, what it added is not, and what it changed is as it was.
    let honest =
        task(&lab, "honest", &SCRIPT, "echo good > a.txt; rm checks/data; echo > checks/more; echo 'exit 1' > checks/run.sh");
    assert_eq!((&honest["state"], &honest["checked"]), (&json!("ready"), &json!("passed")), "{honest}");
    // The result is what the task made of it; its check saw another tree.
    let result = honest["result"].as_str().unwrap();
    assert_eq!(lab.git(["diff", "--name-only", "main", result]), "a.txt\nchecks/data\nchecks/more\nchecks/run.sh");
    assert_ne!(honest["checks"][0]["tree"], json!(lab.git(["rev-parse", &format!("{result}^{{tree}}")])));
    lab.git(["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn git_in_a_check_with_files_of_the_base_sees_a_clean_commit_of_them() {
    let lab = with_a_script();
    let check = "test -z \"$(git status --porcelain)\" && git diff --quiet HEAD && test \"$(git diff --name-only HEAD~1)\" = a.txt";
    let asked = ["--check", check, "--check-files", "checks"];
    let done = task(&lab, "k7", &asked, "echo good > a.txt; rm checks/data; echo > checks/more; echo 'exit 1' > checks/run.sh");
    assert_eq!(done["checked"], json!("passed"), "{}", lab.ok(["logs", "k7", "--check", "1"]));
}

#[test]
fn a_worktree_in_which_a_check_had_files_of_the_base_is_the_next_tasks_with_all_its_files() {
    let lab = with_a_script();
    for n in 0..4 {
        let name = format!("t{n}");
        let script = format!("echo good{n} > a.txt; rm checks/data; echo {n} > checks/more; echo 'exit 1' > checks/run.sh");
        assert_eq!(task(&lab, &name, &SCRIPT, &script)["state"], "ready");
        let look = "git status --porcelain; cat a.txt checks/run.sh checks/data; ls checks";
        assert_eq!(task(&lab, &format!("look{n}"), &[], look)["state"], "empty");
        let seen = lab.ok(["logs", &format!("look{n}")]);
        let expected = format!("one\n{}data\ndata\nrun.sh\n", lab.read("checks/run.sh"));
        assert_eq!(seen, expected);
        // A check of the result itself, in a worktree that was used before.
        let name = format!("own{n}");
        let own = task(&lab, &name, &["--check", &format!("grep -q {n} checks/more && ! test -f checks/data")], &script);
        assert_eq!(own["state"], "ready", "{own}");
    }
}

#[test]
fn at_landing_the_targets_check_files_count_and_the_tasks_do_not() {
    let lab = with_a_script();
    let done = task(&lab, "k7", &SCRIPT, "echo good > a.txt; echo 'exit 0' > checks/run.sh");
    assert_eq!(done["state"], "ready", "{done}");
    lab.write("checks/strict.sh", "grep -q better a.txt\n");
    lab.commit("others have a further check");
    let both = ["land", "k7", "--check", "sh checks/strict.sh"];
    let (code, answer) = lab.answer(both);
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &json!("check")), "{answer}");
    // Others have added a file that the check says no to; the task's own version of the check would say yes.
    lab.write("checks/more", "1\n");
    lab.commit("others have more");
    let (code, answer) = lab.answer(["land", "k7"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &json!("check")), "{answer}");
    lab.git(["rm", "-q", "checks/more"]);
    lab.commit("and no more");
    // Others make the check itself stricter: the task's own version of it, which says yes to all, is not asked.
    let strict = task(&lab, "strict", &SCRIPT, "echo good > a.txt; echo 'exit 0' > checks/data");
    assert_eq!(strict["state"], "ready", "{strict}");
    lab.write("checks/run.sh", "grep -q better a.txt\n");
    lab.commit("others are stricter now");
    let (code, answer) = lab.answer(["land", "strict"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &json!("check")), "{answer}");
    lab.write("checks/run.sh", "grep -q good a.txt\n");
    lab.commit("and less again");
    lab.json(["land", "strict"]);
    assert_eq!(lab.read("checks/data"), "exit 0\n");
}

#[test]
fn a_check_that_says_no_and_then_yes_is_flaky_and_both_are_on_record() {
    let lab = Lab::new();
    let mark = lab.outside().join("asked");
    let check = format!("echo run >> {0}; echo said $(wc -l < {0}); test $(wc -l < {0}) -gt 1", mark.display());
    let done = task(&lab, "k7", &["--check", &check], "echo two > a.txt");
    assert_eq!((&done["state"], &done["checked"]), (&json!("ready"), &json!("passed")), "{done}");
    let run = &done["checks"][0];
    assert_eq!((&run["flaky"], &run["exit"]["code"]), (&json!(true), &json!(0)), "{run}");
    assert_eq!([&run["runs"][0]["exit"]["code"], &run["runs"][1]["exit"]["code"]], [&json!(1), &json!(0)]);
    assert!(done["notes"].to_string().contains("flaky"), "{done}");
    assert!(lab.ok(["show", "k7"]).contains("flaky"));
    for run in ["1", "2"] {
        assert_eq!(lab.ok(["logs", "k7", "--check", "1", "--run", run]), format!("said {run}\n"));
    }
    assert_eq!(fs::read_to_string(&mark).unwrap().lines().count(), 2);
    // The same question again: the same answer, as flaky as it was.
    let again = task(&lab, "again", &["--check", &check], "echo two > a.txt");
    assert_eq!((&again["checks"][0]["flaky"], &again["checks"][0]["cached"]), (&json!(true), &json!(true)), "{again}");
    assert_eq!(fs::read_to_string(&mark).unwrap().lines().count(), 2);
}

#[test]
fn a_check_asked_again_finds_the_worktree_as_clean_as_the_first_time() {
    let lab = Lab::new();
    lab.write(".gitignore", "*.log\n");
    lab.commit("ignore");
    let check = "! test -f made.log && ! test -f made.txt && grep -q two a.txt && touch made.log made.txt && echo x > a.txt; false";
    let done = task(&lab, "k7", &["--check", check], "echo two > a.txt");
    assert_eq!((&done["reason"], done["checks"][0]["runs"].as_array().unwrap().len()), (&json!("check"), 2), "{done}");
    let mark = lab.outside().join("asked");
    let check = format!(
        "test -f {0} && {{ ! test -f made.log && ! test -f made.txt && grep -q two a.txt; exit; }}; \
         touch {0} made.log made.txt; echo x > a.txt; false",
        mark.display()
    );
    let done = task(&lab, "clean", &["--check", &check], "echo two > a.txt");
    assert_eq!((&done["state"], &done["checks"][0]["flaky"]), (&json!("ready"), &json!(true)), "{done}");
}

#[test]
fn a_check_is_asked_again_as_often_as_the_setting_says_and_never_when_a_limit_stopped_it() {
    let lab = Lab::new();
    let mark = lab.outside().join("asked");
    let check = format!("echo run >> {}; false", mark.display());
    let asked = || fs::read_to_string(&mark).unwrap_or_default().lines().count();
    for (retries, name, runs) in [("0", "none", 1), ("1", "one", 2), ("3", "three", 4)] {
        lab.git(["config", "takeback.checkRetries", retries]);
        let before = asked();
        let done = task(&lab, name, &["--check", &check], "echo two > a.txt");
        assert_eq!((&done["reason"], asked() - before), (&json!("check"), runs), "{done}");
        assert_eq!(done["checks"][0]["runs"].as_array().map_or(1, Vec::len), runs);
    }
    let before = asked();
    let slow = format!("echo run >> {}; exec sleep 1000", mark.display());
    let done = task(&lab, "slow", &["--check", &slow, "--idle", "4s"], "echo two > a.txt");
    assert_eq!((&done["reason"], asked() - before), (&json!("check"), 1), "{done}");
}

#[test]
fn a_yes_is_not_asked_for_again_and_a_no_is() {
    let lab = Lab::new();
    lab.git(["config", "takeback.checkRetries", "0"]);
    lab.ready_task("k7", "a.txt", "two\n");
    let (mark, switch) = (lab.outside().join("asked"), lab.outside().join("installed"));
    let check = format!("echo run >> {}; test -f {}", mark.display(), switch.display());
    let asked = || fs::read_to_string(&mark).unwrap().lines().count();
    assert_eq!(lab.answer(["land", "k7", "--check", &check]).0, 1);
    fs::write(&switch, "").unwrap();
    lab.json(["land", "k7", "--check", &check]);
    assert_eq!(asked(), 2, "a no was taken for good, though what was missing is there now");
    lab.json(["undo"]);
    fs::remove_file(&switch).unwrap();
    lab.json(["land", "k7", "--check", &check]);
    assert_eq!(asked(), 2, "a yes was asked for again");
}

#[test]
fn two_landings_of_one_task_at_once_have_their_checks_apart() {
    let lab = Lab::new();
    lab.ready_task("k7", "a.txt", "two\n");
    let here = lab.outside().join("here");
    fs::create_dir(&here).unwrap();
    // Each waits for the other, and both commit: in one git dir they would meet.
    let check = format!(
        "git rev-parse --git-dir > {0}/$$; while test $(ls {0} | wc -l) -lt 2; do sleep 0.05; done; \
         echo $$ > mine; git add mine; git commit -q -m mine; sleep 0.2; test \"$(git show HEAD:mine)\" = $$",
        here.display()
    );
    let landing = |to: &str| {
        let mut land = lab.takeback(["land", "k7", "--to", to, "--check", &check]);
        land.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let landings = [landing("one"), landing("two")];
    let ended = landings.map(|mut child| child.wait().unwrap().code());
    let dirs: Vec<_> = fs::read_dir(&here).unwrap().map(|e| fs::read_to_string(e.unwrap().path()).unwrap()).collect();
    assert_eq!(dirs.len(), 2);
    assert_ne!(dirs[0], dirs[1]);
    // Only one of them can land it; the check of the other said yes as well.
    assert!(ended.contains(&Some(0)), "{ended:?}");
    let left = wait_until_none_is_left(&lab);
    assert_eq!(left, Vec::<String>::new());
    said(&lab.run(["show", "k7"]), 0);
}

fn wait_until_none_is_left(lab: &Lab) -> Vec<String> {
    let folder = lab.root().join(".git/takeback/tasks");
    let look = || {
        let output = lab.command("find").arg(&folder).args(["-path", "*/checking/*"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    wait_until("the checks' git dirs are gone", || look().is_empty());
    look()
}

#[test]
fn a_task_that_changes_what_its_check_runs_is_said_everywhere_and_lands_only_by_name() {
    let lab = with_a_script();
    let done = task(&lab, "k7", &["--check", "sh checks/run.sh"], "echo bad > a.txt; echo 'exit 0' > checks/run.sh");
    assert_eq!((&done["state"], &done["checked"]), (&json!("ready"), &json!("self-changed")), "{done}");
    assert_eq!(done["self_changed"], json!(["checks/run.sh"]));
    for verb in ["show", "status", "wait"] {
        let said = lab.ok([verb, "k7"]);
        assert!(said.contains("it changed what its check names"), "{said}");
        assert!(verb == "status" || said.contains("its check names what it changed: checks/run.sh"), "{said}");
    }
    let before = lab.picture();
    let (code, answer) = lab.answer(["land", "k7"]);
    assert_eq!((code, &answer["refused"][0]["kind"]), (1, &json!("self-changed")), "{answer}");
    assert_eq!(answer["refused"][0]["paths"], json!(["checks/run.sh"]));
    assert_eq!(lab.picture(), before);
    lab.json(["land", "k7", "--allow-self-changed"]);
    assert_eq!(lab.read("checks/run.sh"), "exit 0\n");
}

#[test]
fn a_check_that_is_reached_by_a_link_a_variable_or_the_path_counts_too() {
    let lab = with_a_script();
    std::os::unix::fs::symlink("checks", lab.root().join("link")).unwrap();
    lab.commit("a link to the folder of the check");
    let edit = "echo 'exit 0' > checks/run.sh";
    let move_away = "mkdir other; echo 'exit 0' > other/run.sh; rm link; ln -s other link";
    for (n, (check, script, changed)) in [
        ("sh link/run.sh", edit, json!(["checks/run.sh"])),
        ("sh link/run.sh", move_away, json!(["link", "other/run.sh"])),
        ("sh \"$TAKEBACK_WORKTREE/checks/run.sh\"", edit, json!(["checks/run.sh"])),
        ("cat checks/run.sh | sh", edit, json!(["checks/run.sh"])),
        ("chmod +x checks/run.sh; PATH=$PWD/checks:$PATH; run.sh", edit, json!(["checks/run.sh"])),
    ]
    .into_iter()
    .enumerate()
    {
        let done = task(&lab, &format!("t{n}"), &["--check", check], script);
        assert_eq!((&done["state"], &done["checked"]), (&json!("ready"), &json!("self-changed")), "{check}: {done}");
        assert_eq!(done["self_changed"], changed, "{check}: {done}");
    }
}

#[test]
fn check_files_that_fit_nothing_in_the_base_are_said() {
    let lab = with_a_script();
    for (glob, is_said) in [("chekcs/**", true), ("checks/**", false)] {
        let output = lab.run(["run", "--wait", "--check", "true", "--check-files", glob, "--shell", "echo > b.txt"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = format!("--check-files {glob}: 0 files of the base match: it only takes away what the task adds there\n");
        assert_eq!(said.contains(&line), is_said, "{glob}: {said}");
    }
}

#[test]
fn what_the_setup_of_a_check_runs_counts_as_the_check() {
    let lab = Lab::new();
    lab.write("env.sh", "export X=1\n");
    lab.commit("an environment");
    let options = ["--setup", ". ./env.sh", "--check", "test \"$X\" = 2"];
    let done = task(&lab, "k7", &options, "echo export X=2 > env.sh");
    assert_eq!((&done["checked"], &done["self_changed"]), (&json!("self-changed"), &json!(["env.sh"])), "{done}");
}

#[test]
fn one_task_cannot_land_with_a_change_to_the_check_of_another() {
    let lab = with_a_script();
    let honest = task(&lab, "honest", &["--check", "sh checks/run.sh"], "echo good > a.txt");
    assert_eq!(honest["checked"], "passed", "{honest}");
    assert_eq!(task(&lab, "other", &[], "echo 'exit 0' > checks/run.sh")["state"], "ready");
    let (code, answer) = lab.answer(["land", "honest", "other"]);
    assert_eq!((code, &answer["refused"][1]["kind"]), (1, &json!("self-changed")), "{answer}");
    assert_eq!(answer["refused"][0]["paths"], json!(["checks/run.sh"]));
    lab.json(["land", "honest", "other", "--allow-self-changed"]);
}

/// A repository whose checks may keep `target` and what is in `web/.cache`, and a check that notes what it finds of these.
fn with_a_cache() -> (Lab, String) {
    let lab = Lab::new();
    lab.write(".gitignore", "target\n.cache/\n*.log\n");
    lab.write("web/index", "1\n");
    lab.commit("ignore");
    lab.git(["config", "--add", "takeback.checkCache", "target"]);
    lab.git(["config", "--add", "takeback.checkCache", "web/.cache"]);
    let check = "ls target web/.cache other web/made.log 2>/dev/null | grep -v : | sort | xargs echo found; git status --porcelain; \
                 mkdir -p target web/.cache other/target; for d in target web/.cache other other/target; do \
                 echo x > $d/$(git rev-parse HEAD:a.txt | cut -c1-4); done; touch web/made.log";
    (lab, check.to_owned())
}

fn wrote(lab: &Lab, task: &str) -> String {
    lab.ok(["logs", task, "--check", "1"])
}

#[test]
fn what_a_check_built_in_the_folders_of_the_cache_is_there_for_the_next_check_and_nothing_else_is() {
    let (lab, check) = with_a_cache();
    let first = task(&lab, "first", &["--check", &check], "echo first > a.txt");
    assert_eq!((&first["state"], first["checks"][0].get("with_cache")), (&json!("ready"), None), "{first}");
    assert_eq!(wrote(&lab, "first"), "found\n");
    let second = task(&lab, "second", &["--check", &check], "echo second > a.txt; ls -A . web other 2>&1; true");
    assert_eq!(second["checks"][0]["with_cache"], json!(true), "{second}");
    let hash = lab.git(["rev-parse", &format!("{}:a.txt", first["result"].as_str().unwrap())]);
    assert_eq!(wrote(&lab, "second"), format!("found {0} {0}\n", &hash[..4]));
    assert!(lab.ok(["show", "second"]).contains("with what an earlier check had built"));
    // No task has seen any of it, and nothing of it is in a result.
    assert!(!lab.ok(["logs", "second"]).contains("target"), "{}", lab.ok(["logs", "second"]));
    assert_eq!(lab.git(["diff", "--name-only", "main", second["result"].as_str().unwrap()]), "a.txt");
    // What was said with a cache is no answer to who wants none.
    let clean = task(&lab, "clean", &["--no-check-cache", "--check", &check], "echo second > a.txt");
    assert_eq!((clean["checks"][0].get("with_cache"), &clean["checks"][0]["cached"]), (None, &json!(false)), "{clean}");
    assert_eq!(wrote(&lab, "clean"), "found\n");
}

#[test]
fn without_the_setting_a_check_finds_nothing_that_another_left() {
    let (lab, check) = with_a_cache();
    lab.git(["config", "--unset-all", "takeback.checkCache"]);
    for name in ["first", "second", "third"] {
        task(&lab, name, &["--check", &check], &format!("echo {name} > a.txt"));
        assert_eq!(wrote(&lab, name), "found\n", "{name}");
    }
}

#[test]
fn a_check_that_fails_over_what_an_earlier_one_built_is_asked_again_without_it() {
    let (lab, _) = with_a_cache();
    let check = "test ! -e target/stale && mkdir -p target && touch target/stale";
    assert_eq!(task(&lab, "first", &["--check", check], "echo first > a.txt")["checked"], "passed");
    let second = task(&lab, "second", &["--check", check], "echo second > a.txt");
    let run = &second["checks"][0];
    assert_eq!((&second["state"], &run["flaky"], run.get("with_cache")), (&json!("ready"), &json!(true), None), "{second}");
    assert_eq!((&run["runs"][0]["with_cache"], run["runs"][1].get("with_cache")), (&json!(true), None), "{run}");
    assert!(second["notes"].to_string().contains("with what an earlier check had built"), "{second}");
}

#[test]
fn what_a_check_that_was_stopped_had_built_is_not_found_again() {
    let (lab, _) = with_a_cache();
    let check = "ls target 2>/dev/null; mkdir -p target; echo half > target/half; test -e fast || exec sleep 1000";
    let slow = task(&lab, "slow", &["--check", check, "--idle", "4s"], "echo slow > a.txt");
    assert_eq!(slow["reason"], "check", "{slow}");
    let next = task(&lab, "next", &["--check", check], "touch fast");
    assert_eq!(next["checks"][0].get("with_cache"), None, "{next}");
    assert_eq!(wrote(&lab, "next"), "");
    let again = task(&lab, "again", &["--check", check], "touch fast more");
    assert_eq!((&again["checks"][0]["with_cache"], wrote(&lab, "again").as_str()), (&json!(true), "half\n"), "{again}");
}

#[test]
fn a_folder_that_the_result_does_not_ignore_is_no_cache_for_it() {
    let (lab, _) = with_a_cache();
    let check = "git status --porcelain; ls target 2>/dev/null; mkdir -p target; echo built > target/built";
    task(&lab, "first", &["--check", check], "echo first > a.txt");
    task(&lab, "shows", &["--check", check], "echo '*.log' > .gitignore");
    assert_eq!(wrote(&lab, "shows"), "");
}
