//! What a caller asks to land.

use crate::task::Shape;

/// What a landing of several tasks does about one that breaks a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Culprits {
    /// Nothing lands, and the first that is found is named.
    #[default]
    Stop,
    /// Those that break it are left out, and the others land.
    Evict,
}

/// Results to put on a branch.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
pub struct LandWish {
    /// Tasks and batches, in the order in which they land.
    pub ids: Vec<String>,
    /// Of a batch the tasks that are ready, and no word about the others.
    pub ready: bool,
    /// Of a batch the tasks with these numbers: `1-20,24`.
    pub numbers: Option<String>,
    /// The branch; by default the one that was checked out at hand-off. A new name is created.
    pub to: Option<String>,
    /// Where a new branch starts; by default at the branch that was checked out at hand-off.
    pub onto: Option<String>,
    /// The commits that it makes; by default as git config `takeback.landingShape` says.
    pub shape: Option<Shape>,
    /// Keep the tasks' own commits; a task without any lands as one commit.
    pub keep_commits: bool,
    /// Push the branch when it has landed.
    pub push: bool,
    /// Land without asking the `commit-msg` hook.
    pub no_verify: bool,
    /// Land on a protected branch.
    pub force: bool,
    /// Further shell command lines that judge the tree to land; by default those that a batch was handed off with.
    pub checks: Vec<String>,
    /// Land without running a check on a tree that none has seen.
    pub no_check: bool,
    /// What is done about a task that breaks a check.
    pub culprits: Culprits,
    /// Land results of failed and cancelled tasks too.
    pub allow_failed: bool,
    /// Land results that change what their own check names.
    pub allow_self_changed: bool,
    /// Globs, relative to the root, of paths outside a task's scope that may land.
    pub allow_paths: Vec<String>,
    /// The commit's subject; by default the tasks' names.
    pub message: Option<String>,
}
