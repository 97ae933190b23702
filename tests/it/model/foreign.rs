//! What people do with git. Whether git agrees is its own affair: what counts is what takeback makes of it afterwards.

use std::path::PathBuf;

use super::files::{Edit, script};
use super::step::{Git, Place};
use super::world::World;

impl World {
    /// Somebody uses git. No task and no operation is different for it: see [`World::look`].
    pub(super) fn foreign(&mut self, git: &Git) {
        match git {
            Git::Edit(edits) => self.edit(&self.lab.root(), edits),
            Git::EditLinked(edits) => self.in_linked(|world, place| world.edit(&place, edits)),
            Git::Stage(edits) => {
                self.edit(&self.lab.root(), edits);
                self.git(&["add", "-A"]);
            }
            Git::Commit(edits) => self.commit(&self.lab.root(), edits),
            Git::CommitLinked(edits) => self.in_linked(|world, place| world.commit(&place, edits)),
            Git::Amend => self.git(&["commit", "-q", "--amend", "--allow-empty", "-m", "amended"]),
            Git::StashPush => self.git(&["stash", "push", "-q", "--include-untracked"]),
            Git::StashPop => self.git(&["stash", "pop", "-q"]),
            Git::Switch(Place::Detached) => self.git(&["switch", "-q", "--detach"]),
            Git::Switch(place) => {
                let name = self.name(*place);
                self.git(&["switch", "-q", &name]);
            }
            Git::ResetHard { back } => self.git(&["reset", "-q", "--hard", if *back { "HEAD~1" } else { "HEAD" }]),
            Git::Rebase => {
                self.git(&["rebase", "-q", "third"]);
                self.git(&["rebase", "--abort"]);
            }
            Git::DeleteBranch(place) => {
                let name = self.name(*place);
                self.git(&["branch", "-q", "-D", &name]);
            }
            Git::RenameBranch(place) => {
                self.branches += 1;
                let name = self.name(*place);
                self.git(&["branch", "-m", &name, &format!("renamed-{}", self.branches)]);
            }
            Git::MoveBranch(task) => {
                let name = self.name(Place::Task(*task));
                self.git(&["branch", "-q", "-f", &name, "third"]);
            }
            Git::Merge(task) => {
                let name = self.name(Place::Task(*task));
                self.git(&["merge", "-q", "--no-edit", "--no-ff", &name]);
            }
            Git::CherryPick(task) => {
                let name = self.name(Place::Task(*task));
                self.git(&["cherry-pick", &name]);
            }
            Git::GiveUp => {
                self.git(&["merge", "--abort"]);
                self.git(&["cherry-pick", "--abort"]);
            }
            Git::RemoveLinked => drop(std::fs::remove_dir_all(&self.linked)),
            Git::Prune => self.git(&["worktree", "prune", "--expire=now"]),
            Git::Repair => self.git(&["worktree", "repair"]),
            Git::PackRefs => self.git(&["pack-refs", "--all"]),
            Git::Gc => self.git(&["gc", "-q", "--prune=now"]),
        }
    }

    fn name(&self, place: Place) -> String {
        match place {
            Place::Main => "main".to_owned(),
            Place::Third => "third".to_owned(),
            Place::Detached => "HEAD".to_owned(),
            Place::Task(number) => format!("takeback/{}", self.ledger.tasks[self.ledger.task(number)].id),
        }
    }

    fn git(&self, args: &[&str]) {
        self.git_in(&self.lab.root(), args);
    }

    fn git_in(&self, place: &PathBuf, args: &[&str]) {
        let mut git = self.lab.command("git");
        git.current_dir(place).env("GIT_EDITOR", "true").args(args).output().unwrap();
    }

    fn in_linked(&self, act: impl Fn(&Self, PathBuf)) {
        if self.linked.is_dir() {
            act(self, self.linked.clone());
        }
    }

    fn edit(&self, place: &PathBuf, edits: &[Edit]) {
        let done = self.lab.command("sh").current_dir(place).args(["-c", &script(edits)]).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    fn commit(&self, place: &PathBuf, edits: &[Edit]) {
        self.edit(place, edits);
        self.git_in(place, &["add", "-A"]);
        self.git_in(place, &["commit", "-q", "-m", "by somebody"]);
    }
}
