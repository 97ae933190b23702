//! The plain git lines that take a landing back, for who has no takeback.

use crate::id::{CommitId, Uid};
use crate::journal::{Landed, Operation};

use super::target::short;

/// The line that takes all of a landing back: by new commits, or by the branch's end where the landing made it.
pub(crate) fn git_line(operation: &Operation) -> Option<String> {
    let first = operation.moves.first().filter(|_| operation.decisive)?;
    if first.from.is_none() {
        return first.to.map(|_| format!("git branch -D {}", quoted(short(&first.name))));
    }
    git_line_of_commits(operation)
}

/// The line that takes all of a landing back by new commits: for a branch that others have, or have built on.
pub(crate) fn git_line_of_commits(operation: &Operation) -> Option<String> {
    let tip = operation.moves.first().filter(|_| operation.decisive)?.to?;
    let landed = &operation.landed;
    let joined = match landed.last() {
        Some(last) => last.after != tip && !operation.keeps.contains(&last.after),
        // An earlier version did not say what each task brought, and joined several always.
        None => operation.tasks.len() > 1,
    };
    Some(match (landed.first(), landed.last()) {
        _ if joined => format!("git revert -m 1 {}", tip.short()),
        (Some(first), Some(last)) if last.after == tip => revert(first.before, tip, landed.iter().map(|l| l.commits).sum()),
        _ => format!("git revert {}", tip.short()),
    })
}

/// The line that takes one of several tasks back; `None` where the branch has no commit of its own for it.
pub(crate) fn git_line_of(operation: &Operation, task: &Uid) -> Option<String> {
    let Landed { before, after, commits, .. } = operation.landed_of(task)?;
    let is_alone = operation.landed.len() == 1;
    (!is_alone && operation.keeps.is_empty()).then(|| revert(*before, *after, *commits))
}

fn revert(before: CommitId, after: CommitId, commits: u32) -> String {
    if commits == 1 { format!("git revert {}", after.short()) } else { format!("git revert {}..{}", before.short(), after.short()) }
}

fn quoted(name: &str) -> String {
    shlex::try_quote(name).map_or_else(|_| name.to_owned(), Into::into)
}
