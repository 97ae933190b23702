//! The world that a sequence runs in: a repository, what the model says of it, and what must hold at every moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::files::{self, Files};
use super::ledger::{Kind, Ledger, Move, Operation};
use super::seen::{self, Seen};
use crate::lab::{Lab, said};
use crate::tidy;

/// Why a task cannot land that has landed: one of [`LANDED`], the model does not know which.
pub(super) const EITHER: &str = "landed, or taken out since";

/// It is there, or somebody took it out since.
const LANDED: [&str; 2] = ["landed", "taken-out"];

/// A repository with the model of it.
pub(super) struct World {
    pub(super) lab: Lab,
    pub(super) ledger: Ledger,
    /// The linked worktree, while it is there.
    pub(super) linked: PathBuf,
    /// Every base, result and end of a move that was ever said.
    known: BTreeSet<String>,
    /// How many branches were made for landings.
    pub(super) branches: usize,
    trees: BTreeMap<String, Files>,
}

/// What a command said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: i32,
    pub(super) value: Value,
}

impl Answer {
    /// The kinds of its error or of its refusals.
    pub(super) fn kinds(&self) -> Vec<String> {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let refused = self.value["refused"].as_array().into_iter().flatten();
        match &self.value["error"] {
            Value::Null => refused.map(|refusal| word(&refusal["kind"])).collect(),
            error => vec![word(&error["kind"])],
        }
    }
}

/// The exit code that a kind of refusal has, by the tables of docs/bad-input.md.
fn code_of(kind: &str) -> i32 {
    match kind {
        "conflict" | "check" | "failed" | "outside" => 1,
        "usage" | "unknown" | "unknown-revision" => 2,
        _ => 3,
    }
}

impl World {
    pub(super) fn new() -> Self {
        let lab = Lab::without_commits();
        let linked = lab.outside().join("linked");
        for path in ["a.txt", "b/c.txt", "two words.txt"] {
            lab.write(path, files::lines(path));
        }
        lab.write(".gitignore", "*.log\n");
        lab.git(["config", "gc.auto", "0"]);
        // Reflogs are not relied on.
        lab.git(["config", "core.logAllRefUpdates", "false"]);
        lab.commit("start");
        lab.git(["branch", "third"]);
        lab.git(["worktree", "add", "-q", "-b", "linked", "../linked"]);
        std::fs::create_dir(lab.outside().join("scratch")).unwrap();
        Self { lab, ledger: Ledger::default(), linked, known: BTreeSet::new(), branches: 0, trees: BTreeMap::new() }
    }

    pub(super) fn see(&self) -> Seen {
        Seen::of(&self.lab, &self.linked)
    }

    /// Runs the program.
    pub(super) fn takeback(&self, args: &[&str]) -> Answer {
        let (code, value) = self.lab.answer(args);
        Answer { code, value }
    }

    /// A refusal: of these kinds, with the exit code that they have, and nothing is different.
    #[track_caller]
    pub(super) fn assert_refused(&self, answer: &Answer, kinds: &[&str], before: &Seen) {
        let said = answer.kinds();
        let as_expected = |(said, kind): (&String, &&str)| said == kind || (*kind == EITHER && LANDED.contains(&said.as_str()));
        assert!(said.len() == kinds.len() && said.iter().zip(kinds).all(as_expected), "{kinds:?} {answer:#?}");
        let code = if kinds.iter().any(|kind| code_of(kind) == 1) { 1 } else { code_of(kinds[0]) };
        assert_eq!(answer.code, code, "{answer:#?}");
        assert_same(&self.see(), before, "a refused command changed something");
    }

    /// These moves were made and nothing else: refs, then the files and indexes of the checkouts that follow.
    #[track_caller]
    pub(super) fn assert_moved(&mut self, before: &Seen, moves: &[Move]) -> Seen {
        let mut wanted = before.clone();
        for step in moves {
            match &step.to {
                Some(to) => drop(wanted.refs.insert(step.name.clone(), to.clone())),
                None => drop(wanted.refs.remove(&step.name)),
            }
        }
        if let Some(Move { name, from: Some(from), to: Some(to) }) = moves.first() {
            let (old, new) = (self.files(from), self.files(to));
            for checkout in wanted.checkouts.iter_mut().filter(|checkout| checkout.branch() == Some(name)) {
                *checkout = checkout.moved(&files::entries(&old), &files::entries(&new), &new);
            }
        }
        let after = self.see();
        assert_same(&after, &wanted, "not what was decided, and nothing else");
        after
    }

    /// Writes a decision down that the program says it carried out.
    pub(super) fn decided(&mut self, answer: &Answer, operation: (Kind, Vec<usize>), moves: Vec<Move>, seen: (Seen, Seen)) {
        let said = &answer.value["operation"];
        let (kind, tasks) = operation;
        assert_eq!(said["kind"], kind.word(), "{said}");
        for step in moves.iter().flat_map(|step| [&step.from, &step.to]).flatten() {
            self.known.insert(step.clone());
        }
        let uid = said["id"].as_str().unwrap().to_owned();
        let is_decision = kind == Kind::Land || (kind == Kind::Revert && !moves.is_empty());
        let decides = is_decision || matches!(kind, Kind::Undo(at) | Kind::Redo(at) if self.ledger.operations[at].decides);
        self.ledger.decide(Operation { uid, kind, tasks, moves, decides, attempts: None, holds: true, seen });
    }

    /// A commit's files.
    pub(super) fn files(&mut self, commit: &str) -> Files {
        if let Some(known) = self.trees.get(commit) {
            return known.clone();
        }
        let files = seen::tree_files(|| self.git_aside(), commit);
        self.trees.insert(commit.to_owned(), files.clone());
        files
    }

    /// What must hold after every step.
    pub(super) fn look(&mut self) {
        let list = self.lab.json(["list"]);
        let mut states = BTreeMap::new();
        for task in list["tasks"].as_array().unwrap() {
            let id = task["id"].as_str().unwrap().to_owned();
            let is_known = self.ledger.states().get(&id).is_some_and(|state| state == "landed");
            let is_found = task["landed"]["elsewhere"] == true && !is_known;
            let state = if is_found { self.found(task) } else { task["state"].as_str().unwrap() };
            states.insert(id, state.to_owned());
            self.known.extend([&task["base"], &task["result"]].into_iter().filter_map(Value::as_str).map(ToOwned::to_owned));
        }
        assert_eq!(states, self.ledger.states());
        self.look_at_operations();
        let reachable = self.lab.git(["rev-list", "--glob=refs/takeback/*"]);
        let reachable: BTreeSet<_> = reachable.lines().collect();
        for commit in &self.known {
            assert!(reachable.contains(commit.as_str()), "{commit} is out of reach");
        }
        tidy::assert_tidy(&self.lab, &[&self.lab.root(), &self.linked]);
    }

    fn look_at_operations(&mut self) {
        let ops = self.lab.json(["ops"]);
        let ops: Vec<_> = ops["operations"].as_array().unwrap().iter().rev().collect();
        let said: Vec<_> = ops.iter().map(|op| (op["id"].as_str().unwrap(), op["kind"].as_str().unwrap())).collect();
        let wanted: Vec<_> = self.ledger.operations.iter().map(|op| (op.uid.as_str(), op.kind.word())).collect();
        assert_eq!(said, wanted);
        for moved in ops.iter().flat_map(|op| op["refs"].as_array().unwrap()) {
            self.known.extend([&moved["from"], &moved["to"]].into_iter().filter_map(Value::as_str).map(ToOwned::to_owned));
        }
        for (op, model) in ops.iter().zip(&self.ledger.operations) {
            assert_eq!(op["undone_by"].is_null(), model.holds, "{op}");
        }
    }

    /// Ends what runs, and has git look at everything.
    pub(super) fn end(&mut self) {
        for n in 0..self.ledger.tasks.len() {
            if self.ledger.tasks[n].is_running() {
                self.cancel(n);
            }
        }
        self.look();
        let lab = &self.lab;
        let output = lab.command("git").args(["fsck", "--strict", "--no-dangling", "--no-progress"]).output().unwrap();
        assert_eq!(said(&output, 0), "");
        lab.git(["gc", "-q", "--prune=now"]);
        self.look();
    }

    /// Git with a place of its own for new objects: asking it leaves nothing in the repository.
    pub(super) fn git_aside(&self) -> Command {
        let mut git = self.lab.command("git");
        git.env("GIT_OBJECT_DIRECTORY", self.lab.outside().join("scratch"));
        git.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", self.lab.root().join(".git/objects"));
        git
    }
}

/// Two pictures are one; else says where they differ.
#[track_caller]
pub(super) fn assert_same(now: &Seen, wanted: &Seen, what: &str) {
    assert_eq!(now.refs, wanted.refs, "{what}: refs");
    for (now, wanted) in now.checkouts.iter().zip(&wanted.checkouts) {
        let root = now.root.display();
        assert_eq!(now.head, wanted.head, "{what}: HEAD in {root}");
        assert_eq!(now.files, wanted.files, "{what}: files in {root}");
        assert_eq!(now.index, wanted.index, "{what}: index of {root}");
    }
    assert_eq!(now, wanted, "{what}");
}
