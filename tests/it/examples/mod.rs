//! The examples, run with the commands of their README.

mod cleaning;
mod headers;
mod stata;
mod tables;

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::lab::{Lab, said};

/// An example, made a repository as its README says.
struct Example {
    lab: Lab,
    readme: String,
}

impl Example {
    fn new(name: &str) -> Self {
        let from = folder(name);
        let lab = Lab::without_commits();
        let copied = lab.command("cp").arg("-r").arg(from.join(".")).arg(lab.root()).status().unwrap();
        assert!(copied.success());
        lab.commit("The start");
        let readme = std::fs::read_to_string(from.join("README.md")).unwrap().replace("\\\n", " ");
        Self { lab, readme }
    }

    /// The arguments after `takeback` of the README's first command that starts so, as a shell would read them.
    #[track_caller]
    fn command(&self, start: &str) -> Vec<String> {
        let line = self.readme.lines().find(|l| l.starts_with(start)).unwrap_or_else(|| panic!("{start} in the README"));
        shlex::split(line).unwrap().split_off(1)
    }

    /// Gives that command, which must exit with 0.
    #[track_caller]
    fn ok(&self, start: &str) -> String {
        self.lab.ok(self.command(start))
    }

    /// Gives that command, which must say no.
    #[track_caller]
    fn no(&self, start: &str) -> String {
        said(&self.lab.run(self.command(start)), 1)
    }

    /// A shell line, given by hand in the checkout.
    fn sh(&self, line: &str) -> Output {
        self.lab.command("sh").args(["-c", line]).output().unwrap()
    }

    /// A shell line that must exit with the code; what it wrote to stdout.
    #[track_caller]
    fn by_hand(&self, line: &str, code: i32) -> String {
        said(&self.sh(line), code)
    }

    /// The tasks of a batch that are in a state, by number.
    #[track_caller]
    fn numbers(&self, batch: &str, state: &str) -> Vec<u32> {
        let answer = self.lab.json(["list"]);
        let tasks = answer["tasks"].as_array().unwrap().iter().filter(|task| task["batch"] == batch && task["state"] == state);
        let mut numbers: Vec<_> = tasks.map(number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Where a batch stands.
    #[track_caller]
    fn state(&self, batch: &str) -> Value {
        self.lab.json(["show", batch])["batch"]["state"].clone()
    }

    /// A batch's command as a spec.
    #[track_caller]
    fn spec(&self, mut words: Vec<String>) -> String {
        words.retain(|word| word != "--wait");
        words.insert(1, "--print-spec".to_owned());
        self.lab.ok(words)
    }

    /// The paths that a commit changes.
    fn changed(&self, commit: &str) -> Vec<String> {
        let said = self.lab.git(["diff", "--name-only", &format!("{commit}^"), commit]);
        said.lines().map(str::to_owned).collect()
    }
}

fn number(task: &Value) -> u32 {
    task["id"].as_str().unwrap().rsplit_once('.').unwrap().1.parse().unwrap()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// The examples that hold a batch.
const BATCHES: [&str; 4] = ["cleaning-pipeline", "journal-tables", "script-headers", "stata-14-to-18"];

#[test]
fn each_spec_says_what_the_readme_has_as_a_command_and_can_be_handed_off() {
    for name in BATCHES {
        let example = Example::new(name);
        let lines = |text: &str| {
            let mut lines: Vec<_> = text.lines().filter(|l| !l.starts_with(['#', 't'])).map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let spec = example.lab.read("batch.toml");
        assert!(spec.contains("\ntimeout = "), "{spec}");
        assert_eq!(lines(&example.spec(example.command("takeback batch --name"))), lines(&spec), "{name}");
        example.sh("test ! -f tools/make-data.sh || sh tools/make-data.sh");
        let answer = example.lab.json(["batch", "batch.toml", "--wait"]);
        assert_eq!(answer["batch"]["state"], "sampled", "{answer}");
    }
}

#[test]
fn each_command_with_an_agent_is_one_that_can_be_given() {
    for name in BATCHES {
        let example = Example::new(name);
        let (_, with_agent) = example.readme.split_once("## With an agent").unwrap();
        let line = with_agent.lines().find(|l| l.starts_with("takeback batch")).unwrap();
        let spec = example.spec(shlex::split(line).unwrap().split_off(1));
        assert!(spec.contains("claude") && spec.contains("--permission-mode"), "{spec}");
    }
}

#[test]
fn every_script_is_one_that_a_posix_shell_can_read() {
    for name in BATCHES {
        let tools = folder(name).join("tools");
        let scripts = std::fs::read_dir(tools).unwrap().map(|entry| entry.unwrap().path());
        for script in scripts.filter(|path| path.extension().is_some_and(|e| e == "sh")) {
            let lab = Lab::without_repository();
            said(&lab.command("sh").arg("-n").arg(&script).output().unwrap(), 0);
        }
    }
}
