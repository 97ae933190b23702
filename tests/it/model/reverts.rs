//! Taking back with a new commit, and what somebody else has put on a branch.

use serde_json::Value;

use super::files;
use super::ledger::{Kind, Move};
use super::seen::Seen;
use super::world::{EITHER, World};

impl World {
    /// A task that the program found on a branch: git has to agree that its whole change is there. Returns its state by the model.
    pub(super) fn found(&self, task: &Value) -> &'static str {
        let word = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{task}")).to_owned();
        let (place, commit) = (word(&task["landed"]["ref"]), word(&task["landed"]["commit"]));
        self.lab.git(["merge-base", "--is-ancestor", &commit, &place]);
        let merged = self.merge(&word(&task["base"]), &commit, &word(&task["result"]));
        assert_eq!(merged, Err("landed"), "not all of the change is in {commit}: {task}");
        let n = self.ledger.tasks.iter().position(|t| t.id == word(&task["id"])).unwrap();
        let state = self.ledger.state(n).0;
        assert!(["ready", "failed", "cancelled"].contains(&state), "{state}: {task}");
        state
    }

    /// Whether somebody else has put a task on this branch.
    pub(super) fn is_there(&self, n: usize, branch: &str) -> bool {
        let task = self.lab.task(&self.ledger.tasks[n].id);
        self.ledger.state(n).0 != "landed" && task["landed"]["elsewhere"] == true && task["landed"]["ref"] == branch
    }

    /// Why a task that has landed cannot land: it is there, or somebody took it out since.
    pub(super) fn landed_already(&self, before: &Seen, n: usize) -> &'static str {
        let operation = self.ledger.state(n).1.map(|at| &self.ledger.operations[at]);
        let Some(landing) = operation.filter(|operation| operation.kind == Kind::Land) else { return EITHER };
        let [Move { name, to: Some(to), .. }, ..] = &landing.moves[..] else { return EITHER };
        let Some((old, new)) = self.change(&landing.tasks, n, to) else { return EITHER };
        let tip = before.at(name).map(|tip| self.merge(&new, tip, &old));
        if tip == Some(Err("landed")) { "taken-out" } else { "landed" }
    }

    /// Reverts a task that landed where it was to land: the branch has what git makes of it without the change.
    pub(super) fn revert(&mut self, n: usize) {
        let before = self.see();
        let task = self.ledger.tasks[n].clone();
        let (state, decided) = self.ledger.state(n);
        if self.lab.task(&task.id)["landed"]["elsewhere"] == true {
            return;
        }
        let Some(landing) = decided.map(|at| self.ledger.operations[at].clone()).filter(|_| state == "landed") else {
            let answer = self.takeback(&["revert", &task.id]);
            return self.assert_refused(&answer, &[if state == "running" { "running" } else { "state" }], &before);
        };
        if landing.kind == Kind::LandAs {
            return;
        }
        let name = landing.moves[0].name.clone();
        let Some((old, new)) = self.change(&landing.tasks, n, landing.moves[0].to.as_ref().unwrap()) else { return };
        if task.target.as_ref() != Some(&name) {
            return;
        }
        let answer = self.takeback(&["revert", &task.id]);
        let Some(tip) = before.at(&name).cloned() else { return self.assert_refused(&answer, &["unknown-revision"], &before) };
        let moves = match self.merge(&new, &tip, &old) {
            Err("landed") => vec![],
            Err(kind) => return self.assert_refused(&answer, &[kind], &before),
            Ok(without) => {
                let (from, to) = (files::entries(&self.files(&tip)), files::entries(&self.files(&without)));
                let followers = before.checkouts.iter().filter(|checkout| checkout.branch() == Some(&name));
                let times = followers.filter(|c| c.under_way || c.is_in_the_way(&from, &to)).count();
                if times > 0 {
                    return self.assert_refused(&answer, &vec!["dirty"; times], &before);
                }
                let to = answer.value["target"]["to"].as_str().unwrap_or_else(|| panic!("{answer:#?}")).to_owned();
                assert_eq!(self.tree_of(&to), self.tree_of(&without), "another tree than git makes");
                vec![Move { name, from: Some(tip), to: Some(to) }]
            }
        };
        assert_eq!(answer.code, 0, "{answer:#?}");
        let after = self.assert_moved(&before, &moves);
        self.decided(&answer, (Kind::Revert, vec![n]), moves, (before, after));
    }

    /// The commits without and with a task's change, by the shape that git shows of its landing; `None` for one of a squash, which no
    /// branch has by itself.
    fn change(&self, tasks: &[usize], n: usize, tip: &str) -> Option<(String, String)> {
        let behind = tasks.iter().rev().position(|task| *task == n)?;
        let squashed = self.asked(&["log", "-1", "--format=%(trailers:key=Takeback-Task,valueonly,separator=%x2c)", tip]);
        if squashed.contains(',') {
            return None;
        }
        let parents = self.asked(&["rev-list", "--parents", "-1", tip]).split(' ').count();
        let chain = if parents > 2 { format!("{tip}^2") } else { tip.to_owned() };
        let with = self.asked(&["rev-parse", &format!("{chain}~{behind}")]);
        Some((self.asked(&["rev-parse", &format!("{with}^")]), with))
    }
}
