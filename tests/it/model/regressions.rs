//! What once failed, as the sequence that it shrank to, and what chance comes upon too seldom.

use super::files::Edit;
use super::step::{Git, Landing, Place, Step, To, Undo, Work};
use super::{can_play, play};

fn run(edits: &[Edit]) -> Step {
    Step::Run(Work { edits: edits.to_vec(), fails: false, checked: false, with_changes: false })
}

fn land(number: u8, to: To) -> Step {
    Step::Land(Landing { tasks: vec![number], to, shape: "merge", allow_failed: false })
}

#[test]
fn a_file_that_the_task_deletes_and_the_target_renamed_is_no_change_that_is_there_already() {
    if can_play("a_file_that_the_task_deletes") {
        let rename = Git::Commit(vec![Edit::Rename(0, 4)]);
        play(&[run(&[Edit::First(0, 0)]), Step::Git(rename), run(&[Edit::Delete(4)]), land(1, To::Linked)]);
    }
}

#[test]
fn a_branch_that_somebody_has_moved_stays_where_it_is_when_its_result_is_worked_on() {
    if can_play("a_branch_that_somebody_has_moved") {
        let moved = [Git::Switch(Place::Third), Git::Commit(vec![Edit::Write(2, 1)]), Git::MoveBranch(0)].map(Step::Git);
        let open = Step::Open(0, vec![Edit::Last(0, 1)]);
        play(&[&[run(&[Edit::First(0, 0)])], &moved[..], &[open, Step::Undo(Undo::Last)]].concat());
    }
}

#[test]
fn an_attempt_by_hand_that_was_undone_keeps_its_number_and_comes_back() {
    if can_play("an_attempt_by_hand_that_was_undone") {
        let open = |c| Step::Open(0, vec![Edit::Last(0, c)]);
        let retry = Step::Retry { task: 0, from_head: false };
        let back = || Step::Undo(Undo::Task(0));
        play(&[run(&[Edit::First(0, 0)]), open(1), back(), open(2), back(), Step::Redo, back(), retry]);
    }
}

#[test]
fn a_tasks_branch_that_is_checked_out_stays_whatever_becomes_of_the_task() {
    if can_play("a_tasks_branch_that_is_checked_out") {
        let start = || vec![run(&[Edit::Write(2, 0)]), Step::Git(Git::Switch(Place::Task(0)))];
        play(&[start(), vec![land(0, To::HandOff), run(&[Edit::Write(0, 0)])]].concat());
        play(&[start(), vec![Step::Discard(0), run(&[Edit::Write(0, 0)])]].concat());
        let again = [Step::Discard(0), Step::Undo(Undo::Last), Step::Git(Git::Switch(Place::Task(0))), Step::Redo];
        play(&[&[run(&[Edit::Write(0, 0)])], &again[..], &[run(&[Edit::Write(0, 0)])]].concat());
    }
}
