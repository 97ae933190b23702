//! What once failed, as the sequence that it shrank to.

use super::files::Edit;
use super::step::{Git, Landing, Step, To, Work};
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
