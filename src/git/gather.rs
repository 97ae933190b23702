//! Joining small packs: each result comes as a pack of its own, and with a thousand of them everybody's git is slow.
//!
//! `git repack --geometric` (git 2.32) joins packs that are small beside the others, with all that is in them, reachable or not, and
//! takes the old ones away when the new one is there. A pack with a `.keep` it leaves alone, and so does an older git all of them.

use std::fs;
use std::process::{Child, Stdio};

use git2::Repository;

use crate::sys::command;

/// A `git repack` in the background.
#[derive(Debug)]
pub(crate) struct Gathering {
    child: Child,
}

/// Counts the packs of a repository.
pub(crate) fn count_packs(main: &Repository) -> usize {
    let entries = fs::read_dir(main.commondir().join("objects/pack")).into_iter().flatten().flatten();
    entries.filter(|entry| entry.path().extension().is_some_and(|end| end == "pack")).count()
}

/// Begins to join them. `None` where git cannot be started: then they stay as they are.
pub(crate) fn begin(main: &Repository) -> Option<Gathering> {
    let mut git = command::git(main.commondir());
    git.args(["-c", "repack.writeBitmaps=false", "repack", "--geometric=2", "-d", "-q"]);
    git.stdout(Stdio::null()).stderr(Stdio::null());
    git.spawn().ok().map(|child| Gathering { child })
}

impl Gathering {
    /// Tells whether it is over.
    pub(crate) fn is_over(&mut self) -> bool {
        // Where somebody else has waited for it, it is over as well.
        !matches!(self.child.try_wait(), Ok(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;

    #[test]
    fn many_packs_become_few_and_nothing_is_missing() {
        let test = TestRepo::with(&[("a", "0\n")]);
        for n in 1..20 {
            test.git(&["commit", "-q", "--allow-empty", "-m", &n.to_string()]);
            test.git(&["repack", "-q", "-d"]);
        }
        let repo = test.repo();
        let before = count_packs(&repo);
        assert!(before > 15, "{before}");
        let mut gathering = begin(&repo).unwrap();
        while !gathering.is_over() {
            std::thread::yield_now();
        }
        let version = test.git(&["version"]);
        let is_old = ["version 2.30", "version 2.31"].iter().any(|old| version.contains(old));
        assert!(is_old || count_packs(&repo) < before / 2, "{}", count_packs(&repo));
        test.git(&["fsck", "--strict"]);
        assert_eq!(test.git(&["rev-list", "--count", "HEAD"]).trim(), "20");
    }
}
