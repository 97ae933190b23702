//! Every bad input that `docs/bad-input.md` lists: what the program says, and that nothing is lost or changed.
//!
//! A row of the table has the name of its test. The message, the next step, the kind and the exit code are read from the row, so the
//! table says what the program does. [`table`] holds rows and tests to one another.

mod batches;
mod bring;
mod disk_full;
mod features;
mod hand_off;
mod hooks;
mod landing;
mod landing_checkout;
mod locks;
mod open;
mod options;
mod reverting;
mod store;
mod table;
mod taking_back;
mod tasks;

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::lab::Lab;
use table::Row;

/// The name of the test that it stands in, which is that of its row.
macro_rules! row {
    () => {{
        fn here() {}
        $crate::bad_input::table::Row::of(std::any::type_name_of_val(&here))
    }};
}
pub(crate) use row;

/// A refusal: an error, or a landing that names the tasks it refuses.
#[derive(Debug)]
pub(crate) struct Said {
    code: i32,
    kind: String,
    message: String,
    object: String,
    hint: String,
    /// The whole answer.
    pub(crate) answer: Value,
}

/// Runs the program, which must refuse and change nothing that a user could look at.
#[track_caller]
pub(crate) fn refused<A: AsRef<OsStr>>(lab: &Lab, args: impl IntoIterator<Item = A>) -> Said {
    refused_by(lab, lab.takeback(["--json"]).args(args))
}

/// As [`refused`], with a command made ready before; its first argument is `--json`.
#[track_caller]
pub(crate) fn refused_by(lab: &Lab, command: &mut Command) -> Said {
    let before = picture(lab);
    let mut said = Said::of(&command.output().expect("the program starts"));
    if said.answer["refused"].is_array() {
        said.hint = hint_for_people(command);
    }
    assert_eq!(picture(lab), before, "something was changed: {said:?}");
    said
}

/// What the same landing says to do when a person asks for it: nothing has changed, so it is refused again.
fn hint_for_people(command: &Command) -> String {
    let mut again = Command::new(command.get_program());
    again.env_clear().args(command.get_args().filter(|word| *word != "--json")).current_dir(command.get_current_dir().unwrap());
    again.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let text = String::from_utf8(again.output().unwrap().stdout).unwrap();
    let hint = text.lines().find_map(|line| line.trim().strip_prefix("hint: "));
    hint.unwrap_or_else(|| panic!("no hint: {text}")).to_owned()
}

impl Said {
    /// Reads an error, or the first refusal of a landing.
    #[track_caller]
    pub(crate) fn of(output: &Output) -> Self {
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("one object, but {e}: {output:?}"));
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!stderr.contains("panicked"), "{stderr}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let code = output.status.code().unwrap_or(-1);
        let refusal = &answer["refused"][0];
        if refusal.is_object() {
            let [kind, message, object] = ["kind", "message", "task"].map(|field| text(&refusal[field]));
            return Self { code, kind, message, object, hint: String::new(), answer };
        }
        let error = &answer["error"];
        assert!(error.is_object(), "neither an error nor a refusal: {output:?}");
        let [kind, message, object, hint] = ["kind", "message", "object", "hint"].map(|field| text(&error[field]));
        assert!(stderr.contains("error: "), "for people too: {stderr}");
        assert!(stderr.contains("hint: "), "for people too: {stderr}");
        Self { code, kind, message, object, hint, answer }
    }

    /// Holds the answer to a row of the table.
    #[track_caller]
    pub(crate) fn fits(self, row: &Row) -> Self {
        assert_eq!((self.kind.as_str(), self.code.to_string().as_str()), (row.kind.as_str(), row.exit.as_str()), "{self:?}");
        assert!(fits(&row.message, &self.message), "not as the table has it: {self:?}");
        assert!(fits(&row.next, &self.hint), "not as the table has it: {self:?}");
        assert!(!self.message.contains('\n'), "one line: {self:?}");
        self
    }

    /// Makes sure of what it is about, for scripts; the message names it, too.
    #[track_caller]
    pub(crate) fn about(self, object: impl AsRef<str>) -> Self {
        let object = object.as_ref();
        assert_eq!(self.object, object, "{self:?}");
        let plain = |text: &str| text.replace(['`', '"'], "");
        assert!(self.answer["refused"].is_array() || plain(&self.message).contains(&plain(object)), "{self:?}");
        self
    }

    /// Makes sure of the paths that a refusal of a landing names.
    #[track_caller]
    pub(crate) fn at(self, paths: &[&str]) -> Self {
        assert_eq!(self.answer["refused"][0]["paths"], serde_json::json!(paths), "{self:?}");
        self
    }
}

/// Tells whether a text is as a pattern says, in which `…` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// All that a user could look at: every ref, `HEAD`, the index, `git status`, stashes and settings, and every file's mode and content.
pub(crate) fn picture(lab: &Lab) -> String {
    let mut seen = Vec::new();
    let git = |args: &[&str]| {
        let output = lab.command("git").env("GIT_OPTIONAL_LOCKS", "0").args(args).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    seen.push(git(&["for-each-ref"]));
    seen.push(git(&["rev-parse", "--symbolic-full-name", "HEAD"]));
    seen.push(git(&["ls-files", "--stage"]));
    seen.push(git(&["status", "--porcelain", "--ignored"]));
    seen.push(git(&["reflog", "refs/stash"]));
    for file in ["HEAD", "config", "index.lock", "MERGE_HEAD"] {
        seen.push(format!("{:?}", std::fs::read(lab.root().join(".git").join(file)).ok()));
    }
    files(&lab.root(), &mut seen);
    seen.join("\n--\n")
}

fn files(folder: &Path, seen: &mut Vec<String>) {
    use std::os::unix::fs::MetadataExt as _;
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries.iter().filter(|p| !p.ends_with(".git")) {
        let meta = path.symlink_metadata().unwrap();
        if meta.is_dir() {
            files(path, seen);
        } else {
            // A pipe would be waited for.
            let content = match std::fs::read_link(path) {
                Ok(link) => Some(link.into_os_string().into_encoded_bytes()),
                Err(_) => meta.is_file().then(|| std::fs::read(path).ok()).flatten(),
            };
            seen.push(format!("{} {:o} {:?}", path.display(), meta.mode(), content.map(|b| b.escape_ascii().to_string())));
        }
    }
}
