//! What is none of a task's fault: a rate limit passes, a login does not.

use super::{batch, count, lab};
use crate::lab::wait_until;

#[test]
fn a_batch_waits_for_a_rate_limit_to_pass_and_tries_the_task_again() {
    let lab = lab(4);
    let met = lab.outside().join("met");
    let line =
        format!("mkdir {0} 2>/dev/null && {{ echo 'HTTP 429, retry-after: 1'; exit 1; }}; sed -i s/a/b/ {{}}", met.display());
    let words = ["batch", "--wait", "--name", "b", "--jobs", "1", "--check", "grep -q b {}", "--inputs", "t/*", "--shell", &line];
    let said = lab.takeback(words).output().unwrap();
    let told = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(0), "{told}");
    assert!(told.contains("paused"), "{told}");
    assert_eq!((count(&lab, "b", "ready"), lab.task("b.1")["attempt"].as_u64()), (4, Some(2)));
}

#[test]
fn a_batch_pauses_for_a_login_until_somebody_says_so() {
    let lab = lab(4);
    let line = format!("test -e {}/login || {{ echo 'Not logged in'; exit 1; }}; sed -i s/a/b/ {{}}", lab.outside().display());
    let words = ["batch", "--wait", "--name", "b", "--jobs", "1", "--check", "grep -q b {}", "--inputs", "t/*", "--shell", &line];
    assert_eq!(lab.run(words).status.code(), Some(1));
    let now = batch(&lab, "b");
    assert_eq!((&now["state"], &now["counts"]["queued"], &now["until"]), (&"paused".into(), &4.into(), &serde_json::Value::Null));
    assert!(now["message"].as_str().unwrap().contains("b.1 needs a login"), "{now}");
    let lock = lab.root().join(".git/takeback/locks/keeper");
    wait_until("nobody is left to wait", || std::fs::File::open(&lock).unwrap().try_lock_shared().is_ok());
    std::fs::write(lab.outside().join("login"), "").unwrap();
    lab.ok(["continue", "b", "--wait"]);
    assert_eq!(count(&lab, "b", "ready"), 4);
}
