//! Telling the user that a task is over, where `--notify` or the configuration asked for that.
//!
//! It comes after the record's last form and changes nothing in it but a note where it fails. A task that recovery finishes is not
//! told of: whoever typed that command is told there and then.

use super::attempt::{Attempt, Error, chain, token};
use crate::exec::environment::Environment;
use crate::exec::launch::Launcher;
use crate::exec::notify::{News, Notifier};
use crate::id::Uid;
use crate::store::Site;

/// Runs the notifier of a task whose last attempt is over.
///
/// # Errors
///
/// [`Error`] if the record cannot be read, or what went wrong not be written there.
pub(super) fn give(site: &Site, task: &Uid, attempt: u32) -> Result<(), Error> {
    let mut attempt = Attempt::open(site, task, attempt)?;
    let Some(how) = attempt.spec.notify.clone().filter(|_| attempt.record.state.is_over()) else { return Ok(()) };
    let (spec, record) = (&attempt.spec, &attempt.record);
    let news = News {
        title: format!("{} is {}", spec.id, record.state),
        body: record.message.clone().unwrap_or_else(|| spec.command.line()),
    };
    let root = site.main_work_dir();
    let environment = environment(&attempt, &root);
    let notifier = Notifier {
        how: &how,
        news: &news,
        cwd: &root,
        environment: &environment,
        token: &format!("{}.notice", token(task, record.attempt)),
        log: &attempt.dir.notice_log(),
    };
    let complaint = match notifier.run(&Launcher::own()?) {
        Ok(None) => return Ok(()),
        Ok(Some(complaint)) => complaint,
        Err(e) => chain(&e),
    };
    attempt.record.notes.push(format!("its notifier failed: {complaint}"));
    attempt.save()
}

/// The runner's own environment, which is the caller's, and what there is to say.
fn environment(attempt: &Attempt<'_>, root: &std::path::Path) -> Environment {
    let (spec, record) = (&attempt.spec, &attempt.record);
    let mut environment = Environment::own();
    let result = record.result.map(|result| result.to_string());
    let reason = record.reason.map_or("", crate::task::Reason::word);
    let branch = spec.branch.strip_prefix("refs/heads/").unwrap_or(&spec.branch);
    let words = [
        ("TAKEBACK_TASK", spec.id.as_str()),
        ("TAKEBACK_UID", spec.uid.as_str()),
        ("TAKEBACK_STATE", record.state.word()),
        ("TAKEBACK_REASON", reason),
        ("TAKEBACK_MESSAGE", record.message.as_deref().unwrap_or_default()),
        ("TAKEBACK_ATTEMPT", &record.attempt.to_string()),
        ("TAKEBACK_BRANCH", branch),
        ("TAKEBACK_BASE", &record.base.to_string()),
        ("TAKEBACK_RESULT", result.as_deref().unwrap_or_default()),
    ];
    for (name, value) in words {
        environment.set(name, value);
    }
    environment.set("TAKEBACK_REPOSITORY", root);
    environment.set("PWD", root);
    environment
}
