//! A sample first, and what the rest would take.

use serde_json::json;

use super::{batch, count, hand_off, lab, noted, notes, state, wait_for_keeper};

#[test]
fn a_sample_is_a_number_a_share_or_inputs_and_the_rest_is_told() {
    for (sample, ran) in
        [(&["2"][..], &["t/01", "t/04"][..]), (&["50%"], &["t/01", "t/03", "t/05"]), (&["t/06", "t/02"], &["t/02", "t/06"])]
    {
        let lab = lab(6);
        let line = format!("{}; echo b > {{}}", notes(&lab));
        let words = ["batch", "--wait", "--name", "b", "--check", "true", "--inputs", "t/*", "--sample"];
        let said = lab.ok([&words[..], sample, &["--shell", &line]].concat());
        assert_eq!(noted(&lab), ran, "{sample:?}");
        let rest = 6 - ran.len();
        assert!(said.contains(&format!("the rest: {rest} tasks, about ")) && said.contains("continue b"), "{said}");
        assert_eq!((state(&lab, "b").as_str(), count(&lab, "b", "queued")), ("sampled", rest as u64));
        assert!(batch(&lab, "b")["median_ms"].is_u64());
    }
}

#[test]
fn more_than_five_without_a_check_stop_after_three_and_five_do_not() {
    let lab = lab(6);
    let words = ["batch", "--wait", "--name", "b", "--inputs", "t/*", "--", "sed", "-i", "s/a/b/"];
    let said = lab.ok(words);
    assert!(said.contains("it has no check") && said.contains("continue b"), "{said}");
    assert_eq!((state(&lab, "b").as_str(), count(&lab, "b", "ready")), ("sampled", 3));
    lab.ok(["batch", "--wait", "--name", "c", "--inputs", "t/0[1-5]", "--", "sed", "-i", "s/a/c/"]);
    assert_eq!((state(&lab, "c").as_str(), count(&lab, "c", "ready")), ("done", 5));
    // The same words with the answer go on.
    lab.ok([&words[..6], &["--accept", "no-check"], &words[6..]].concat());
    lab.ok(["wait", "b"]);
    assert_eq!(count(&lab, "b", "ready"), 6);
}

#[test]
fn a_sample_can_be_landed_and_the_rest_waits_without_anybody() {
    let lab = lab(4);
    hand_off(&lab, "b", &["--sample", "1", "--wait"], "echo b > {}");
    wait_for_keeper(&lab);
    lab.ok(["land", "b", "--ready"]);
    assert_eq!((lab.read("t/01"), lab.read("t/02")), ("b\n".into(), "a\n".into()));
    assert_eq!(state(&lab, "b"), "sampled");
    let answer = lab.json(["continue", "b", "--wait"]);
    assert_eq!((&answer["batch"]["state"], &answer["batch"]["counts"]["ready"]), (&json!("done"), &json!(3)));
    lab.ok(["land", "b"]);
    assert_eq!(count(&lab, "b", "landed"), 4);
}
