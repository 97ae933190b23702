//! Each verb: what must come of it by the model and by git, and whether it does.

use super::files::{self, Edit, Files, UNWANTED, script};
use super::ledger::{Kind, Move, Task};
use super::seen::Seen;
use super::step::{self, To, Undo, Work};
use super::world::{Answer, World, assert_same};
use crate::lab::wait_until;
use crate::tidy;

const CHECK: &str = "! ls -R | grep -q '^x[.]txt'";

/// What a landing must come to.
enum Landing {
    Error(&'static str),
    Refused(Vec<&'static str>),
    Lands { name: String, from: Option<String>, tree: String },
}

impl World {
    /// Hands a task off and waits for it.
    pub(super) fn run(&mut self, work: &Work) {
        let before = self.see();
        let task = self.new_task(&before, &work.edits, work.fails, work.checked);
        let mut line = script(&work.edits);
        if work.fails {
            line.push_str("exit 3\n");
        }
        let mut args = vec!["run", "--wait", "--name", &task.id, "--shell", &line];
        args.extend(work.checked.then_some(["--check", CHECK]).into_iter().flatten());
        args.extend(work.with_changes.then_some("--with-changes"));
        let answer = self.takeback(&args);
        let base = if work.with_changes { files::tracked(&before.checkouts[0].files) } else { self.files(&before.head()) };
        self.ledger.tasks.push(task);
        self.ran(self.ledger.tasks.len() - 1, &answer, &before, &base);
    }

    fn new_task(&self, before: &Seen, edits: &[Edit], fails: bool, checked: bool) -> Task {
        Task {
            id: format!("t{}", self.ledger.tasks.len() + 1),
            edits: edits.to_vec(),
            fails,
            checked,
            target: before.branch().map(ToOwned::to_owned),
            own_base: String::new(),
            attempt: 1,
            highest: 1,
            own: "running",
            base: String::new(),
            result: None,
            stays: false,
        }
    }

    /// An attempt is over: its base, its result and its state are what its edits make of `base`.
    fn ran(&mut self, n: usize, answer: &Answer, before: &Seen, base: &Files) {
        let said = answer.value["task"].clone();
        tidy::wait_for_runner(&self.lab, said["uid"].as_str().unwrap_or_else(|| panic!("{answer:#?}")));
        let word = |key: &str| said[key].as_str().map(ToOwned::to_owned);
        let task = self.ledger.tasks[n].clone();
        let base_commit = word("base").unwrap_or_else(|| panic!("{answer:#?}"));
        assert_eq!(&self.files(&base_commit), base, "the base of {}", task.id);
        let made = files::tracked(&files::apply(&task.edits, base));
        let has_changed = made != *base;
        let is_unwanted = task.checked && has_changed && !task.fails && made.contains_key(UNWANTED);
        let own = match (task.fails || is_unwanted, has_changed) {
            _ if said["state"] == "cancelled" && task.stays => "cancelled",
            (true, _) => "failed",
            (false, true) => "ready",
            (false, false) => "empty",
        };
        assert_eq!(word("state").as_deref(), Some(own), "{answer:#?}");
        assert_eq!(answer.code, i32::from(own == "failed" || own == "cancelled"));
        assert_eq!(said["attempt"], task.attempt);
        let result = word("result");
        assert_eq!(result.is_some(), has_changed, "{answer:#?}");
        if let Some(result) = &result {
            assert_eq!(self.files(result), made, "the result of {}", task.id);
        }
        let task = &mut self.ledger.tasks[n];
        (task.own, task.result) = (own, result);
        task.base.clone_from(&base_commit);
        if task.own_base.is_empty() {
            task.own_base = base_commit;
        }
        let (name, tip) = (task.branch(), task.tip().clone());
        // A branch that somebody has moved is left to them.
        let mut wanted = before.clone();
        if self.see().at(&name) == Some(&tip) {
            wanted.refs.insert(name, tip);
        }
        assert_same(&self.see(), &wanted, "a task changed what is not its own");
    }

    /// Hands a task off that stays when its work is done.
    pub(super) fn start(&mut self, edits: &[Edit]) {
        let before = self.see();
        let mut task = self.new_task(&before, edits, false, false);
        let place = self.lab.outside().join(&task.id).display().to_string();
        let line = format!(
            "{}touch {place}.here\nuntil test -e {place}.go || ! test -e {place}.here; do sleep 0.01; done\n",
            script(edits)
        );
        let answer = self.takeback(&["run", "--name", &task.id, "--shell", &line]);
        assert_eq!(answer.code, 0, "{answer:#?}");
        wait_until("the task has done its work", || self.lab.outside().join(format!("{}.here", task.id)).exists());
        let base = before.head();
        (task.stays, task.base, task.own_base) = (true, base.clone(), base.clone());
        let mut wanted = before;
        wanted.refs.insert(task.branch(), base);
        self.ledger.tasks.push(task);
        assert_same(&self.see(), &wanted, "a hand-off changed what is not its own");
    }

    /// Lets a task go that stays.
    pub(super) fn finish(&mut self, number: u8) {
        let n = self.ledger.task(number);
        if !self.ledger.tasks[n].is_running() {
            return;
        }
        let before = self.see();
        let (id, base) = (self.ledger.tasks[n].id.clone(), self.ledger.tasks[n].base.clone());
        std::fs::write(self.lab.outside().join(format!("{id}.go")), "").unwrap();
        let answer = self.takeback(&["wait", &id]);
        let base = self.files(&base);
        self.ran(n, &answer, &before, &base);
    }

    /// Cancels: what runs ends, what is over refuses.
    pub(super) fn cancel(&mut self, n: usize) {
        let before = self.see();
        let task = self.ledger.tasks[n].clone();
        let answer = self.takeback(&["cancel", &task.id]);
        if !task.is_running() {
            return self.assert_refused(&answer, &["state"], &before);
        }
        assert_eq!(answer.code, 0, "{answer:#?}");
        let answer = self.takeback(&["wait", &task.id]);
        let base = self.files(&task.base);
        self.ran(n, &answer, &before, &base);
    }

    pub(super) fn retry(&mut self, n: usize, from_head: bool) {
        let before = self.see();
        let task = self.ledger.tasks[n].clone();
        let args = ["retry", &task.id, "--base", "HEAD"];
        let answer = self.takeback(if from_head { &args } else { &args[..2] });
        match self.ledger.state(n).0 {
            "running" => return self.assert_refused(&answer, &["running"], &before),
            "landed" | "reverted" => return self.assert_refused(&answer, &["state"], &before),
            _ => assert_eq!(answer.code, 0, "{answer:#?}"),
        }
        if task.stays {
            // Its gate is open or it was cancelled: this time it is not to stay.
            std::fs::write(self.lab.outside().join(format!("{}.go", task.id)), "").unwrap();
        }
        let answer = self.takeback(&["wait", &task.id]);
        let start = if from_head { before.head() } else { task.own_base.clone() };
        let base = self.files(&start);
        self.ledger.tasks[n].highest += 1;
        self.ledger.tasks[n].attempt = self.ledger.tasks[n].highest;
        let at = before.at(&task.branch()).cloned();
        // Moved to where the new attempt starts, it is where the branch of a running task is.
        let is_ours = at.is_none() || [task.result.as_ref(), Some(&task.base), Some(&start)].contains(&at.as_ref());
        let moves = is_ours && !before.is_checked_out(&task.branch());
        let ops = self.takeback(&["ops"]);
        let first = Answer { code: 0, value: serde_json::json!({"operation": ops.value["operations"][0]}) };
        self.decided(&first, (Kind::Retry, vec![n]), vec![], (before.clone(), before.clone()));
        self.ran(n, &answer, &before, &base);
        let now = self.see().at(&task.branch()).cloned();
        let tip = self.ledger.tasks[n].tip().clone();
        assert_eq!(now, if moves { Some(tip) } else { at }, "the branch of {}", task.id);
    }

    pub(super) fn discard(&mut self, n: usize) {
        let before = self.see();
        let task = self.ledger.tasks[n].clone();
        let answer = self.takeback(&["discard", &task.id]);
        match self.ledger.state(n).0 {
            "running" => return self.assert_refused(&answer, &["running"], &before),
            "landed" | "discarded" | "reverted" => return self.assert_refused(&answer, &["state"], &before),
            _ => assert_eq!(answer.code, 0, "{answer:#?}"),
        }
        let moves = branch_goes(&task, &before, task.tip());
        let after = self.assert_moved_silently(&before, &moves);
        self.decided(&answer, (Kind::Discard, vec![n]), moves, (before, after));
    }

    /// Moves of task branches, which no checkout follows.
    pub(super) fn assert_moved_silently(&mut self, before: &Seen, moves: &[Move]) -> Seen {
        let first = Move { name: String::new(), from: None, to: None };
        let all: Vec<_> = std::iter::once(first).chain(moves.iter().cloned()).collect();
        self.assert_moved(before, &all)
    }

    pub(super) fn land(&mut self, landing: &step::Landing) {
        let step::Landing { tasks, to, shape, allow_failed } = landing;
        let (before, allow_failed) = (self.see(), *allow_failed);
        let tasks: Vec<_> = tasks.iter().map(|number| self.ledger.task(*number)).collect();
        let name = match *to {
            To::HandOff => None,
            To::Linked => Some("linked".to_owned()),
            To::Third => Some("third".to_owned()),
            To::New => {
                self.branches += 1;
                Some(format!("new-{}", self.branches))
            }
        };
        let ids: Vec<_> = tasks.iter().map(|n| self.ledger.tasks[*n].id.clone()).collect();
        let mut args = vec!["land", "--shape", shape];
        args.extend(ids.iter().map(String::as_str));
        args.extend(name.iter().flat_map(|name| ["--to", name.as_str()]));
        args.extend(allow_failed.then_some("--allow-failed"));
        let expected = self.expect_landing(&before, &tasks, name.as_deref(), allow_failed);
        let answer = self.takeback(&args);
        match expected {
            Landing::Error(kind) => self.assert_refused(&answer, &[kind], &before),
            Landing::Refused(kinds) => self.assert_refused(&answer, &kinds, &before),
            Landing::Lands { name, from, tree } => {
                assert_eq!(answer.code, 0, "{answer:#?}");
                let tip = answer.value["target"]["to"].as_str().unwrap().to_owned();
                assert_eq!(self.lab.git(["rev-parse", &format!("{tip}^{{tree}}")]), tree, "another tree than git makes");
                let mut moves = vec![Move { name: name.clone(), from, to: Some(tip) }];
                for n in &tasks {
                    let task = &self.ledger.tasks[*n];
                    let goes = task.result.iter().flat_map(|result| branch_goes(task, &before, result));
                    moves.extend(goes.filter(|step| step.name != name));
                }
                let after = self.assert_moved(&before, &moves);
                self.decided(&answer, (Kind::Land, tasks), moves, (before, after));
            }
        }
    }

    /// What must come of a landing, by the states, and by what git makes of the trees.
    fn expect_landing(&mut self, before: &Seen, tasks: &[usize], to: Option<&str>, allow_failed: bool) -> Landing {
        if (1..tasks.len()).any(|n| tasks[..n].contains(&tasks[n])) {
            return Landing::Error("usage");
        }
        let (name, from, start) = match self.target(before, tasks, to) {
            Ok(target) => target,
            Err(kind) => return Landing::Error(kind),
        };
        let mut refused: Vec<_> = tasks.iter().filter_map(|n| self.why_not(before, *n, allow_failed)).collect();
        refused.extend(tasks.iter().filter(|n| self.is_there(**n, &name)).map(|_| "landed"));
        if !refused.is_empty() {
            return Landing::Refused(refused);
        }
        let (mut tip, mut refused) = (start.clone(), vec![]);
        for n in tasks {
            let task = &self.ledger.tasks[*n];
            match self.merge(&task.base, &tip, task.result.as_ref().unwrap()) {
                Err(kind) => refused.push(kind),
                Ok(next) => tip = next,
            }
        }
        if !refused.is_empty() {
            return Landing::Refused(refused);
        }
        let tree = self.tree_of(&tip);
        let (old, new) = (files::entries(&self.files(&start)), files::entries(&self.files(&tip)));
        for checkout in before.checkouts.iter().filter(|checkout| from.is_some() && checkout.branch() == Some(&name)) {
            let times = usize::from(checkout.under_way || checkout.is_in_the_way(&old, &new));
            refused.extend(std::iter::repeat_n("dirty", times * tasks.len()));
        }
        if !refused.is_empty() {
            return Landing::Refused(refused);
        }
        let is_known = tasks.len() == 1 && self.tree_of(self.ledger.tasks[tasks[0]].result.as_ref().unwrap()) == tree;
        let is_checked = tasks.iter().any(|n| self.ledger.tasks[*n].checked);
        if is_checked && !is_known && new.contains_key(UNWANTED) {
            return Landing::Refused(vec!["check"; tasks.len()]);
        }
        Landing::Lands { name, from, tree }
    }

    /// The branch, where it is, and where the landing starts.
    pub(super) fn target(
        &self,
        before: &Seen,
        tasks: &[usize],
        to: Option<&str>,
    ) -> Result<(String, Option<String>, String), &'static str> {
        let tasks: Vec<_> = tasks.iter().map(|n| &self.ledger.tasks[*n]).collect();
        if let Some(to) = to {
            let name = format!("refs/heads/{to}");
            let from = before.at(&name).cloned();
            let at_hand_off = tasks.iter().find_map(|task| before.at(task.target.as_ref()?));
            let start = from.as_ref().or(at_hand_off).unwrap_or(&tasks[0].base).clone();
            return Ok((name, from, start));
        }
        let mut names = Vec::new();
        for task in tasks {
            let name = task.target.as_ref().ok_or("detached")?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.len() > 1 {
            return Err("usage");
        }
        let tip = before.at(names[0]).ok_or("unknown-revision")?;
        Ok((names[0].clone(), Some(tip.clone()), tip.clone()))
    }

    fn why_not(&self, before: &Seen, n: usize, allow_failed: bool) -> Option<&'static str> {
        let has_result = self.ledger.tasks[n].result.is_some();
        match self.ledger.state(n).0 {
            "running" => Some("running"),
            "empty" => Some("empty"),
            "failed" | "cancelled" if !has_result => Some("empty"),
            "failed" | "cancelled" if !allow_failed => Some("failed"),
            "landed" => Some(self.landed_already(before, n)),
            "discarded" => Some("state"),
            _ => None,
        }
    }

    /// A commit, in a place of its own, of what git makes of both changes.
    pub(super) fn merge(&self, base: &str, ours: &str, theirs: &str) -> Result<String, &'static str> {
        let merged =
            self.git_aside().args(["merge-tree", "--write-tree", &format!("--merge-base={base}"), ours, theirs]).output().unwrap();
        let text = String::from_utf8_lossy(&merged.stdout).into_owned();
        let tree = text.lines().next().unwrap_or_default();
        match merged.status.code() {
            Some(0) if tree == self.tree_of(ours) => Err("landed"),
            Some(0) => Ok(self.asked(&["commit-tree", "-m", "joined", "-p", ours, tree])),
            Some(1) => Err("conflict"),
            _ => panic!("{merged:?}"),
        }
    }

    pub(super) fn tree_of(&self, commit: &str) -> String {
        self.asked(&["rev-parse", &format!("{commit}^{{tree}}")])
    }

    pub(super) fn asked(&self, args: &[&str]) -> String {
        String::from_utf8(self.git_aside().args(args).output().unwrap().stdout).unwrap().trim().to_owned()
    }

    pub(super) fn undo(&mut self, what: Undo) {
        let before = self.see();
        let (asked, found) = match what {
            Undo::Last => (None, self.ledger.last_to_undo().ok_or("nothing")),
            Undo::Task(number) => {
                let n = self.ledger.task(number);
                (Some(self.ledger.tasks[n].id.clone()), self.ledger.to_undo_of(n))
            }
            Undo::Operation(_) if self.ledger.operations.is_empty() => return,
            Undo::Operation(number) => {
                let n = usize::from(number) % self.ledger.operations.len();
                (Some(self.ledger.operations[n].uid.clone()), self.ledger.may_undo(n))
            }
        };
        let expected = found.and_then(|at| Ok((at, self.expect_back(&before, at)?)));
        let mut args = vec!["undo"];
        args.extend(asked.as_deref());
        let answer = self.takeback(&args);
        self.took_back(&answer, before, expected, Kind::Undo);
    }

    pub(super) fn redo(&mut self) {
        let before = self.see();
        let expected = self.ledger.last_to_redo().ok_or("nothing").and_then(|at| Ok((at, self.expect_back(&before, at)?)));
        let answer = self.takeback(&["redo"]);
        self.took_back(&answer, before, expected, Kind::Redo);
    }

    fn took_back(
        &mut self,
        answer: &Answer,
        before: Seen,
        expected: Result<(usize, Vec<Move>), &'static str>,
        kind: fn(usize) -> Kind,
    ) {
        let (at, moves) = match expected {
            Err(refused) => return self.assert_refused(answer, &[refused], &before),
            Ok(found) => found,
        };
        assert_eq!(answer.code, 0, "{answer:#?}");
        let taken_back = self.ledger.operations[at].clone();
        let after =
            if taken_back.decides { self.assert_moved(&before, &moves) } else { self.assert_moved_silently(&before, &moves) };
        if before == taken_back.seen.1 {
            assert_same(&after, &taken_back.seen.0, "there and back is not the same");
        }
        self.decided(answer, (kind(at), taken_back.tasks), moves, (before, after));
    }

    /// The moves that take an operation back, or the kind of refusal.
    fn expect_back(&mut self, before: &Seen, at: usize) -> Result<Vec<Move>, &'static str> {
        if self.ledger.decided_later(at) {
            return Err("stale");
        }
        let operation = self.ledger.operations[at].clone();
        let mut moves = Vec::new();
        for (n, step) in operation.moves.iter().enumerate() {
            let back = Move { name: step.name.clone(), from: step.to.clone(), to: step.from.clone() };
            let decides = operation.decides && n == 0;
            let now = before.at(&back.name);
            if !decides && now.is_some() && before.is_checked_out(&back.name) {
                continue;
            }
            if now != back.from.as_ref() {
                if decides {
                    return Err("stale");
                }
                continue;
            }
            if decides && before.is_checked_out(&back.name) {
                let (Some(from), Some(to)) = (&back.from, &back.to) else { return Err("stale") };
                let (from, to) = (files::entries(&self.files(from)), files::entries(&self.files(to)));
                let blocked = |checkout: &&super::seen::Checkout| checkout.under_way || checkout.is_in_the_way(&from, &to);
                if before.checkouts.iter().filter(|checkout| checkout.branch() == Some(&back.name)).any(|c| blocked(&c)) {
                    return Err("dirty");
                }
            }
            moves.push(back);
        }
        Ok(moves)
    }
}

/// The move that removes a task's branch, where it is at `tip`.
pub(super) fn branch_goes(task: &Task, before: &Seen, tip: &String) -> Vec<Move> {
    let at = before.at(&task.branch()).filter(|at| *at == tip && !before.is_checked_out(&task.branch()));
    at.map(|at| Move { name: task.branch(), from: Some(at.clone()), to: None }).into_iter().collect()
}
