//! What a user does with a task by hand: works on in its result, and says which commit of somebody else's brought it.

use super::files::{self, Edit, UNWANTED, script};
use super::ledger::{Kind, Move};
use super::verbs::branch_goes;
use super::world::{Answer, World, assert_same};

impl World {
    /// Opens a result and works there: what is then different is the next attempt, and nothing else in the repository is.
    pub(super) fn open(&mut self, n: usize, edits: &[Edit]) {
        let before = self.see();
        let task = self.ledger.tasks[n].clone();
        let state = self.ledger.state(n).0;
        let shown = self.lab.task(&task.id);
        if shown["landed"]["elsewhere"] == true || ["landed", "reverted"].contains(&state) {
            return;
        }
        let edits: Vec<_> = edits.iter().filter(|edit| !edit.is_about_ignored()).copied().collect();
        let answer = self.takeback(&["open", &task.id, "--", "sh", "-c", &script(&edits)]);
        if state == "running" {
            return self.assert_refused(&answer, &["running"], &before);
        }
        assert_eq!((answer.code, &answer.value["left"]["open"]), (0, &false.into()), "{answer:#?}");
        let (base, start) = (self.files(&task.base), self.files(task.tip()));
        let made = files::apply(&edits, &start);
        if made == start {
            assert_eq!(answer.value["left"]["attempt"], serde_json::Value::Null, "{answer:#?}");
            return assert_same(&self.see(), &before, "nothing was done");
        }
        let said = answer.value["task"].clone();
        let own = match (made == base, task.checked && made.contains_key(UNWANTED)) {
            (true, _) => "empty",
            (false, true) => "failed",
            (false, false) => "ready",
        };
        let highest = task.highest + 1;
        assert_eq!((&said["state"], &said["attempt"]), (&own.into(), &highest.into()), "{answer:#?}");
        assert_eq!(said["base"], task.base, "{answer:#?}");
        let result = said["result"].as_str().map(ToOwned::to_owned);
        assert_eq!(result.as_ref().map(|result| self.files(result)), (made != base).then_some(made), "{answer:#?}");
        let mut after = task.clone();
        (after.own, after.attempt, after.highest, after.result) = (own, highest, highest, result);
        // A branch that somebody has moved, or has checked out, is left to them.
        let (from, to) = (before.at(&task.branch()).cloned(), after.tip().clone());
        let is_ours = from.is_none() || [task.result.as_ref(), Some(&task.base)].contains(&from.as_ref());
        let is_ours = is_ours && !before.is_checked_out(&task.branch());
        let moves = vec![Move { name: task.branch(), from, to: Some(to) }];
        let moves: Vec<_> = moves.into_iter().filter(|step| is_ours && step.from != step.to).collect();
        let seen = self.assert_moved_silently(&before, &moves);
        self.ledger.tasks[n] = after.clone();
        let operation = Answer { code: 0, value: serde_json::json!({"operation": answer.value["left"]["operation"]}) };
        self.decided(&operation, (Kind::Open, vec![n]), moves, (before, seen));
        self.ledger.operations.last_mut().unwrap().attempts = Some((task, after));
    }

    /// Says that the branch's tip, or a commit before it, brought a task.
    pub(super) fn land_as(&mut self, n: usize, back: u8) {
        let before = self.see();
        let task = self.ledger.tasks[n].clone();
        let target = self.target(&before, &[n], None);
        let tip = target.as_ref().ok().and_then(|(_, from, _)| from.clone());
        let tip = tip.unwrap_or_else(|| before.refs.values().next().unwrap().clone());
        let commit = self.asked(&["rev-list", "--first-parent", &format!("--skip={back}"), "-n1", &tip]);
        let commit = if commit.is_empty() { tip } else { commit };
        let shown = self.lab.task(&task.id);
        let answer = self.takeback(&["land", &task.id, "--as", &commit]);
        if let Err(kind) = target {
            return self.assert_refused(&answer, &[kind], &before);
        }
        let refused = match self.ledger.state(n).0 {
            "running" => Some("running"),
            _ if task.result.is_none() => Some("empty"),
            "landed" if shown["landed"]["commit"] == commit => Some("landed"),
            "discarded" => Some("state"),
            "landed" => None,
            // It was made from what has that commit already.
            _ if self.asked(&["rev-list", "--count", &commit, &format!("^{}", task.base)]) == "0" => Some("state"),
            _ => None,
        };
        if let Some(kind) = refused {
            return self.assert_refused(&answer, &[kind], &before);
        }
        assert_eq!(answer.code, 0, "{answer:#?}");
        let moves = task.result.iter().flat_map(|result| branch_goes(&task, &before, result)).collect::<Vec<_>>();
        let after = self.assert_moved_silently(&before, &moves);
        self.decided(&answer, (Kind::LandAs, vec![n]), moves, (before, after));
    }
}
