//! What can happen to a repository: each verb, and what people do with git in between.

use proptest::prelude::*;

use super::files::Edit;

/// Something that happens. Numbers choose among what there is at that moment, and wrap.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A task is handed off and waited for.
    Run(Work),
    /// A task is handed off, does its work, and stays until it is let go or cancelled.
    Start(Vec<Edit>),
    /// A task that stays is let go.
    Finish(u8),
    Land(Landing),
    Discard(u8),
    Revert(u8),
    Undo(Undo),
    Redo,
    Retry {
        task: u8,
        from_head: bool,
    },
    Cancel(u8),
    /// A result is opened, and something is done there.
    Open(u8, Vec<Edit>),
    /// A commit is said to have brought a task: where the branch is that it was to land on, or an earlier one.
    LandAs {
        task: u8,
        back: u8,
    },
    /// Somebody uses git.
    Git(Git),
}

/// A task that is waited for.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) edits: Vec<Edit>,
    pub(super) fails: bool,
    pub(super) checked: bool,
    pub(super) with_changes: bool,
}

/// What is landed, and how.
#[derive(Clone, Debug)]
pub(super) struct Landing {
    pub(super) tasks: Vec<u8>,
    pub(super) to: To,
    pub(super) shape: &'static str,
    pub(super) allow_failed: bool,
}

/// Where a landing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    HandOff,
    /// The branch of the linked worktree.
    Linked,
    /// A branch that is checked out nowhere.
    Third,
    New,
}

/// What is to be taken back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Undo {
    Last,
    Task(u8),
    Operation(u8),
}

/// What people do with git, and with an editor.
#[derive(Clone, Debug)]
pub(super) enum Git {
    Edit(Vec<Edit>),
    EditLinked(Vec<Edit>),
    Stage(Vec<Edit>),
    Commit(Vec<Edit>),
    CommitLinked(Vec<Edit>),
    Amend,
    StashPush,
    StashPop,
    Switch(Place),
    ResetHard { back: bool },
    Rebase,
    DeleteBranch(Place),
    RenameBranch(Place),
    MoveBranch(u8),
    Merge(u8),
    CherryPick(u8),
    GiveUp,
    RemoveLinked,
    Prune,
    Repair,
    PackRefs,
    Gc,
}

/// A branch, or none.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Main,
    Third,
    Task(u8),
    Detached,
}

fn edits(most: usize) -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(Edit::any(), 1..=most)
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![3 => Just(Place::Main), 2 => Just(Place::Third), 2 => any::<u8>().prop_map(Place::Task), 1 => Just(Place::Detached)]
}

fn work() -> impl Strategy<Value = Work> {
    let odd = || prop::bool::weighted(0.2);
    (edits(3), odd(), odd(), odd()).prop_map(|(edits, fails, checked, with_changes)| Work { edits, fails, checked, with_changes })
}

fn land() -> impl Strategy<Value = Step> {
    let to = prop_oneof![6 => Just(To::HandOff), 1 => Just(To::Linked), 1 => Just(To::Third), 1 => Just(To::New)];
    let tasks = prop_oneof![3 => prop::collection::vec(any::<u8>(), 1), 1 => prop::collection::vec(any::<u8>(), 2..4)];
    let shape = prop::sample::select(vec!["merge", "linear", "squash"]);
    (tasks, to, shape, any::<bool>())
        .prop_map(|(tasks, to, shape, allow_failed)| Step::Land(Landing { tasks, to, shape, allow_failed }))
}

fn git() -> impl Strategy<Value = Git> {
    prop_oneof![
        4 => edits(2).prop_map(Git::Edit),
        1 => edits(2).prop_map(Git::EditLinked),
        2 => edits(2).prop_map(Git::Stage),
        4 => edits(2).prop_map(Git::Commit),
        1 => edits(2).prop_map(Git::CommitLinked),
        2 => Just(Git::Amend),
        1 => Just(Git::StashPush),
        1 => Just(Git::StashPop),
        4 => place().prop_map(Git::Switch),
        2 => any::<bool>().prop_map(|back| Git::ResetHard { back }),
        1 => Just(Git::Rebase),
        2 => place().prop_map(Git::DeleteBranch),
        1 => place().prop_map(Git::RenameBranch),
        1 => any::<u8>().prop_map(Git::MoveBranch),
        2 => any::<u8>().prop_map(Git::Merge),
        1 => any::<u8>().prop_map(Git::CherryPick),
        1 => Just(Git::GiveUp),
        1 => Just(Git::RemoveLinked),
        1 => Just(Git::Prune),
        1 => Just(Git::Repair),
        1 => Just(Git::PackRefs),
        3 => Just(Git::Gc),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let undo =
        prop_oneof![3 => Just(Undo::Last), 2 => any::<u8>().prop_map(Undo::Task), 1 => any::<u8>().prop_map(Undo::Operation)];
    prop_oneof![
        6 => work().prop_map(Step::Run),
        1 => edits(2).prop_map(Step::Start),
        1 => any::<u8>().prop_map(Step::Finish),
        8 => land(),
        2 => any::<u8>().prop_map(Step::Discard),
        5 => any::<u8>().prop_map(Step::Revert),
        5 => undo.prop_map(Step::Undo),
        3 => Just(Step::Redo),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(task, from_head)| Step::Retry { task, from_head }),
        1 => any::<u8>().prop_map(Step::Cancel),
        3 => (any::<u8>(), edits(2)).prop_map(|(task, edits)| Step::Open(task, edits)),
        2 => (any::<u8>(), 0..2_u8).prop_map(|(task, back)| Step::LandAs { task, back }),
        12 => git().prop_map(Step::Git),
    ]
}

/// A sequence: a task first, since most steps are about one.
pub(super) fn sequence() -> impl Strategy<Value = Vec<Step>> {
    (work(), prop::collection::vec(step(), 3..16)).prop_map(|(first, mut steps)| {
        steps.insert(0, Step::Run(first));
        steps
    })
}
