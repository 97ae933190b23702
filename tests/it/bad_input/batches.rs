//! Batches that cannot be had, or cannot go on.

use super::{refused, row};
use crate::batch::wait_for_keeper;
use crate::lab::{Lab, wait_until};

#[test]
fn going_on_unchecked() {
    let lab = Lab::new();
    for n in 0..7 {
        lab.write(format!("t/{n}"), "a");
    }
    lab.commit("seven");
    lab.ok(["batch", "--wait", "--name", "b", "--inputs", "t/*", "--", "sed", "-i", "s/a/b/"]);
    refused(&lab, ["continue", "b"]).fits(&row!()).about("b");
    lab.ok(["continue", "b", "--wait", "--accept", "no-check"]);
}

/// Three files `t/1` … and a batch `b` over them that is done.
fn done() -> Lab {
    let lab = files();
    lab.ok(["batch", "--wait", "--name", "b", "--inputs", "t/*", "--", "sed", "-i", "s/a/b/"]);
    wait_for_keeper(&lab);
    lab
}

/// Three files `t/1` …
fn files() -> Lab {
    let lab = Lab::new();
    for n in 1..=3 {
        lab.write(format!("t/{n}"), "a\n");
    }
    lab.write(".gitignore", "*.log\n");
    lab.commit("three");
    lab
}

/// A file beside the checkout, by its full name.
fn beside(lab: &Lab, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = lab.outside().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_batch_of_no_command() {
    refused(&files(), ["batch", "--inputs", "t/*"]).fits(&row!());
}

#[test]
fn a_batch_without_inputs() {
    refused(&files(), ["batch", "--", "echo"]).fits(&row!());
}

#[test]
fn a_list_of_nothing() {
    let lab = files();
    let list = beside(&lab, "list", "\n\n");
    refused(&lab, ["batch", "--inputs-from", &list, "--", "echo"]).fits(&row!()).about(&list);
    let table = beside(&lab, "t.csv", "a,b\n");
    refused(&lab, ["batch", "--csv", &table, "--", "echo"]).fits(&row!()).about(&table);
    refused(&lab, ["batch", "--inputs-from", "-", "--", "echo"]).fits(&row!());
}

#[test]
fn inputs_that_are_nowhere() {
    for inputs in ["q/*", "t/9", "*.log"] {
        refused(&files(), ["batch", "--inputs", inputs, "--", "echo"]).fits(&row!()).about(inputs);
    }
}

#[test]
fn inputs_that_git_ignores() {
    let lab = files();
    lab.write("d/x.log", "x");
    for inputs in ["d/x.log", "d/*.log", "**/*.log"] {
        refused(&lab, ["batch", "--inputs", inputs, "--", "echo"]).fits(&row!()).about(inputs);
    }
}

#[test]
fn inputs_that_are_not_committed() {
    let lab = files();
    lab.write("n/new", "x");
    for inputs in ["n/new", "n/*"] {
        refused(&lab, ["batch", "--inputs", "t/*", inputs, "--", "echo"]).fits(&row!()).about(inputs);
    }
}

#[test]
fn inputs_that_lead_out() {
    for inputs in ["../*", "../work/t/1"] {
        refused(&files(), ["batch", "--inputs", inputs, "--", "echo"]).fits(&row!()).about(inputs);
    }
}

#[test]
fn inputs_that_are_no_glob() {
    refused(&files(), ["batch", "--inputs", "t/[", "--", "echo"]).fits(&row!()).about("t/[");
}

#[test]
fn a_file_of_inputs_that_is_not_there() {
    let lab = files();
    refused(&lab, ["batch", "--inputs-from", "none", "--", "echo"]).fits(&row!()).about("none");
    refused(&lab, ["batch", "--csv", "none.csv", "--", "echo"]).fits(&row!()).about("none.csv");
    refused(&lab, ["batch", "none.toml"]).fits(&row!()).about("none.toml");
}

#[test]
fn a_list_of_lines_with_a_nul() {
    let lab = files();
    let list = beside(&lab, "list", "a\nb\0c\n");
    let said = refused(&lab, ["batch", "--inputs-from", &list, "--", "echo"]).fits(&row!()).about(&list);
    assert!(said.message.contains("line 2:"), "{said:?}");
}

#[test]
fn a_slip_in_a_table() {
    let lab = files();
    for (text, at) in [
        ("a,b\n1,2\n3\n", "3:1: expected 2 fields as in the first row, found 1"),
        ("a,a\n", "1:3: column 2 is called `a`"),
        ("a\n\"x\n", "2:1: the quote that opens here is never closed"),
    ] {
        let table = beside(&lab, "t.csv", text);
        let said = refused(&lab, ["batch", "--csv", &table, "--", "echo"]).fits(&row!()).about(&table);
        assert!(said.message.contains(&format!("t.csv:{at}")), "{said:?}");
    }
}

#[test]
fn a_slip_in_a_spec() {
    let lab = files();
    for (text, at) in [
        ("command = ['x']\ncolour = 3\n", "2:1: there is no key `colour`"),
        ("command = ['x'\n", "1:15: unclosed array"),
        ("command = ['x']\njobs = '3'\n", "2:8: invalid type: string \"3\", expected a number from 1 to 1000"),
        ("command = ['x']\njobs = 1001\n", "2:8: invalid value: integer `1001`, expected a number from 1 to 1000"),
    ] {
        let spec = beside(&lab, "s.toml", text);
        let said = refused(&lab, ["batch", &spec]).fits(&row!()).about(&spec);
        assert!(said.message.contains(&format!("s.toml:{at}")), "{said:?}");
    }
}

#[test]
fn a_spec_of_what_is_no_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let word = std::ffi::OsStr::from_bytes(b"caf\xe9");
    let words = ["batch", "--print-spec", "--inputs", "t/*", "--"].map(std::ffi::OsStr::new);
    refused(&files(), words.into_iter().chain([word])).fits(&row!());
}

#[test]
fn a_placeholder_that_is_none() {
    let lab = files();
    let table = beside(&lab, "t.csv", "name\nx\n");
    for words in [
        &["--", "echo", "{colour}"][..],
        &["--check", "test {colour}", "--", "echo"],
        &["--only", "{colour}", "--", "echo"],
        &["--env", "X={colour}", "--", "echo"],
    ] {
        for inputs in [["--inputs", "t/*"], ["--csv", table.as_str()]] {
            refused(&lab, [&["batch"], &inputs[..], words].concat()).fits(&row!()).about("{colour}");
        }
    }
}

#[test]
fn a_placeholder_in_quotes() {
    let lab = files();
    let list = beside(&lab, "list", "plain\n$(rm -rf .)\n");
    for words in [["--shell", "echo \"{}\""], ["--shell", "echo '{}'"]] {
        refused(&lab, ["batch", "--inputs-from", &list, words[0], words[1]]).fits(&row!()).about("{}");
    }
    refused(&lab, ["batch", "--inputs-from", &list, "--check", "test \"{.}\"", "--", "echo"]).fits(&row!()).about("{.}");
}

#[test]
fn two_inputs_of_one_task() {
    let words = ["batch", "--inputs", "t/*", "--only", "**", "--", "echo", "{//}"];
    refused(&files(), words).fits(&row!()).about("t/2");
}

#[test]
fn a_sample_of_what_is_no_input() {
    refused(&files(), ["batch", "--inputs", "t/*", "--sample", "t/9", "--", "echo"]).fits(&row!()).about("t/9");
}

#[test]
fn a_sample_of_nothing() {
    for sample in ["0", "0%"] {
        refused(&files(), ["batch", "--inputs", "t/*", "--sample", sample, "--", "echo"]).fits(&row!()).about(sample);
    }
}

#[test]
fn a_halt_that_is_none() {
    for halt in ["whenever", "now", "now,fail=0", "soon,fail=101%", "now,fail=-1"] {
        refused(&files(), ["batch", "--inputs", "t/*", "--halt", halt, "--", "echo"]).fits(&row!());
    }
}

#[test]
fn an_answer_to_no_refusal() {
    let lab = done();
    refused(&lab, ["batch", "--inputs", "t/*", "--accept", "mercy", "--", "echo"]).fits(&row!()).about("mercy");
    refused(&lab, ["continue", "b", "--accept", "mercy"]).fits(&row!()).about("mercy");
}

#[test]
fn a_batch_named_like_a_task() {
    let lab = files();
    lab.ready_task("solo", "a.txt", "s");
    refused(&lab, ["batch", "--name", "solo", "--inputs", "t/*", "--", "echo"]).fits(&row!()).about("solo");
}

#[test]
fn a_name_like_a_batchs_task() {
    let lab = done();
    refused(&lab, ["run", "--name", "x.1", "--", "true"]).fits(&row!()).about("x.1");
    refused(&lab, ["batch", "--name", "y.1", "--inputs", "t/*", "--", "true"]).fits(&row!()).about("y.1");
}

#[test]
fn the_same_batch_while_it_runs() {
    let lab = files();
    let go = lab.outside().join("go");
    let line = format!("until test -e {}; do sleep 0.02; done; echo b > {{}}", go.display());
    let words = ["batch", "--name", "b", "--jobs", "2", "--inputs", "t/*", "--shell", &line];
    lab.ok(words);
    // The branches of those that have begun are there.
    wait_until("two are at work", || lab.git(["branch", "--list", "takeback/b.*"]).lines().count() == 2);
    refused(&lab, words).fits(&row!()).about("b");
    std::fs::write(go, "").unwrap();
    lab.ok(["wait", "b"]);
}

#[test]
fn going_on_with_no_batch() {
    let lab = done();
    for name in ["nothing", "b.1"] {
        refused(&lab, ["continue", name]).fits(&row!()).about(name);
    }
}

#[test]
fn going_on_with_nothing() {
    refused(&done(), ["continue", "b"]).fits(&row!()).about("b");
}

#[test]
fn a_batch_where_a_task_is_meant() {
    let lab = done();
    for verb in ["logs", "open"] {
        refused(&lab, [verb, "b"]).fits(&row!()).about("b");
    }
}

#[test]
fn a_retry_of_a_batch() {
    refused(&done(), ["retry", "b"]).fits(&row!()).about("b");
}

#[test]
fn a_retry_of_what_failed_where_none_did() {
    refused(&done(), ["retry", "b", "--failed"]).fits(&row!()).about("b");
}

#[test]
fn a_discard_of_what_failed_where_none_did() {
    refused(&done(), ["discard", "b", "--failed"]).fits(&row!()).about("b");
}

#[test]
fn a_cancel_of_a_batch_that_is_over() {
    refused(&done(), ["cancel", "b"]).fits(&row!()).about("b");
}

#[test]
fn numbers_of_no_tasks() {
    let lab = done();
    for numbers in ["7-9", "x", "1-", "2-1", "0"] {
        refused(&lab, ["land", "b", "--tasks", numbers]).fits(&row!()).about(numbers);
    }
}

#[test]
fn a_batch_of_which_nothing_can_land() {
    let lab = done();
    lab.ok(["land", "b"]);
    refused(&lab, ["land", "b"]).fits(&row!()).about("b");
    refused(&lab, ["land", "b", "--ready", "--tasks", "2"]).fits(&row!()).about("b");
}
