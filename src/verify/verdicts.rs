//! What checks said before: a check that ran on the same tree, asked in the same way, is not run again.

use std::path::Path;

use git2::{ObjectType, Oid};
use serde::Serialize;

use crate::id::TreeId;
use crate::store::{Layout, tasks};
use crate::sys::fault::Point;
use crate::sys::file;
use crate::task::{CheckRun, EnvWish, Level, RepoPath};

/// All that a verdict depends on, as far as it was asked for. What is brought beside the tree belongs here too.
///
/// A yes is taken for the same question for good; a no is kept, and asked again: what was missing on the machine may be there now, and
/// a no that is wrong for ever helps nobody.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Question<'a> {
    /// The tree that is looked at, with the files that make the check as they were before.
    pub(crate) tree: TreeId,
    /// The shell command line.
    pub(crate) command: &'a str,
    /// The folder it runs in.
    pub(crate) cwd: &'a RepoPath,
    /// The text run before it.
    pub(crate) setup: Option<&'a str>,
    /// The environment asked for.
    pub(crate) env: &'a [EnvWish],
    /// How it is kept to its worktree.
    pub(crate) level: Level,
    /// A fingerprint of what is brought to it; `None` if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) brought: Option<String>,
    /// The folders that it may find as an earlier check left them.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(crate) cache: &'a [String],
}

impl Question<'_> {
    /// Returns the yes that was said to the same question before, marked as such. A verdict that cannot be read counts as none.
    pub(crate) fn find_yes(&self, layout: &Layout) -> Option<CheckRun> {
        let known: Option<CheckRun> = tasks::load(&layout.verdict(&self.key())).ok()?;
        known.filter(CheckRun::passed).map(|run| CheckRun { cached: true, ..run })
    }

    /// Keeps what was said, by way of the folder of the attempt that asked.
    ///
    /// # Errors
    ///
    /// [`tasks::Error`] if it cannot be written.
    pub(crate) fn save_answer(&self, layout: &Layout, own: &Path, run: &CheckRun) -> Result<(), tasks::Error> {
        let path = layout.verdict(&self.key());
        if let Some(folder) = path.parent() {
            file::make_folder(folder)?;
        }
        tasks::save_by_way_of(own, &path, run, Point::VERDICT)
    }

    /// The name of the answer's file: a hash over every field.
    fn key(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        Oid::hash_object(ObjectType::Blob, &text).map(|hash| hash.to_string()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Exit, Trial};

    fn question<'a>(command: &'a str, cwd: &'a RepoPath, env: &'a [EnvWish]) -> Question<'a> {
        let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904".parse().unwrap();
        Question { tree, command, cwd, setup: None, env, level: Level::None, brought: None, cache: &[] }
    }

    fn trials(codes: &[i32]) -> Vec<Trial> {
        codes
            .iter()
            .map(|code| Trial { exit: Exit { code: Some(*code), signal: None }, duration_ms: 7, with_cache: false })
            .collect()
    }

    #[test]
    fn a_yes_is_found_again_for_the_same_question_only_and_as_flaky_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let (root, below) = (RepoPath::default(), RepoPath::from("a"));
        let asked = question("make test", &root, &[]);
        let run = CheckRun::of_trials("make test", asked.tree, &trials(&[1, 0])).unwrap();
        assert_eq!(asked.find_yes(&layout), None);
        asked.save_answer(&layout, folder.path(), &run).unwrap();
        let known = asked.find_yes(&layout).unwrap();
        assert!(known.flaky && known.cached, "{known:?}");
        assert_eq!(CheckRun { cached: false, ..known }, run);
        let env = [EnvWish::Pass("TOKEN".to_owned())];
        for other in [question("make", &root, &[]), question("make test", &below, &[]), question("make test", &root, &env)] {
            assert_eq!(other.find_yes(&layout), None);
        }
    }

    #[test]
    fn a_no_is_kept_and_asked_again() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let root = RepoPath::default();
        let asked = question("make test", &root, &[]);
        let run = CheckRun::of_trials("make test", asked.tree, &trials(&[1, 1])).unwrap();
        asked.save_answer(&layout, folder.path(), &run).unwrap();
        assert_eq!(asked.find_yes(&layout), None);
        assert_eq!(tasks::load(&layout.verdict(&asked.key())).unwrap(), Some(run));
    }
}
