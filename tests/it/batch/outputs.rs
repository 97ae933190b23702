//! What the tasks of a batch made and git ignores.

use super::lab;

#[test]
fn outputs_of_a_batch_are_listed_by_task_and_copied_to_a_folder_for_each() {
    let lab = lab(3);
    lab.write(".gitignore", "made/\n");
    lab.commit("ignore");
    let line = "mkdir made; test {#} = 2 || cp {} made/out; echo b > {}";
    lab.ok(["batch", "--wait", "--name", "b", "--inputs", "t/*", "--shell", line]);
    let list = lab.ok(["outputs", "b"]);
    assert!(list.contains("b.1\n") && list.contains("b.3\n") && !list.contains("b.2"), "{list}");
    let to = lab.outside().join("all");
    lab.ok(["outputs", "b", "--to", to.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(to.join("b.3/made/out")).unwrap(), "a\n");
    assert!(!to.join("b.2").exists());
}
