//! Telling the user where a batch has come to, where `--notify` or the configuration asked for that.

use super::Error;
use super::desk::Desk;
use crate::batch;
use crate::exec::environment::Environment;
use crate::exec::launch::Launcher;
use crate::exec::notify::{News, Notifier};
use crate::journal::Book;
use crate::store::Site;

/// Runs the notifier of a batch that goes on no further. What goes wrong stands in its log.
///
/// # Errors
///
/// [`Error::Book`] if the batch cannot be read.
pub(super) fn tell(site: &Site, book: &Book<'_>, desk: &Desk) -> Result<(), Error> {
    let policy = &desk.plan.policy;
    let (Some(how), Some(entry)) = (&policy.notify, book.fold.batch(&desk.batch)) else { return Ok(()) };
    let standing = batch::standing(site, book, entry)?;
    let word = standing.sum.state.word();
    let counts = standing.sum.counts;
    let told = format!("{} of {} over, {} failed", counts.over(), counts.all(), counts.failed);
    let why = standing.sum.why.clone().unwrap_or_default();
    let news = News {
        title: format!("{} is {word}", entry.id),
        body: if why.is_empty() { told.clone() } else { format!("{told}: {why}") },
    };
    let root = site.main_work_dir();
    let mut environment = Environment::own();
    let number = |count: usize| count.to_string();
    for (name, value) in [
        ("TAKEBACK_BATCH", entry.id.to_string()),
        ("TAKEBACK_UID", entry.uid.to_string()),
        ("TAKEBACK_STATE", word.to_owned()),
        ("TAKEBACK_MESSAGE", why),
        ("TAKEBACK_TASKS", number(counts.all())),
        ("TAKEBACK_READY", number(counts.ready)),
        ("TAKEBACK_FAILED", number(counts.failed)),
        ("TAKEBACK_QUEUED", number(counts.queued)),
    ] {
        environment.set(name, value.as_str());
    }
    environment.set("TAKEBACK_REPOSITORY", root.as_path());
    environment.set("PWD", root.as_path());
    let notifier = Notifier {
        how,
        news: &news,
        cwd: &root,
        environment: &environment,
        token: &format!("{}.notice", desk.batch),
        log: &site.layout.batch_notice_log(&desk.batch),
    };
    if let Ok(launcher) = Launcher::own() {
        // Its batch goes on, or is over, whether somebody hears of it or not.
        drop(notifier.run(&launcher));
    }
    Ok(())
}
