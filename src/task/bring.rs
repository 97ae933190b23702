//! What is brought to a task: files that git does not have, copied to where the task and its checks look for them.

use serde::{Deserialize, Serialize};

use super::{Amount, RepoPath, Text};

/// One path to bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bring {
    /// Where it is seen, relative to the worktree's root. What lies outside of the checkout is `../…`: beside the worktree.
    pub(crate) path: RepoPath,
    /// Where it is taken from; `None`: from the same place in the checkout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Text>,
    /// How.
    #[serde(default)]
    pub(crate) mode: BringMode,
}

/// How a path is brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum BringMode {
    /// As a copy that the task may change.
    #[default]
    Copy,
    /// As a copy without the right to write.
    Ro,
    /// A mode of a later version.
    #[serde(other)]
    Other,
}

/// A path of the checkout that a command names and that its task does not see, since git ignores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Absent {
    /// Relative to the root.
    pub(crate) path: RepoPath,
    /// What would have to be brought, relative to the folder that the task runs in.
    pub(crate) bring: RepoPath,
}

/// A path that was brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Brought {
    /// Where the task sees it, relative to its worktree's root.
    pub path: RepoPath,
    /// How it was brought.
    pub mode: BringMode,
    /// How much was copied.
    #[serde(flatten)]
    pub amount: Amount,
}

impl Absent {
    /// What the user should know before the task runs.
    pub(crate) fn will_not_be_there(&self) -> String {
        format!("`{}` is ignored by git and will not be there: --bring {}", self.path, self.bring)
    }

    /// What may be behind a failure.
    pub(crate) fn was_not_there(&self) -> String {
        format!("`{}` is ignored by git and was not there: --bring {}", self.path, self.bring)
    }
}

/// Tells whether a place lies beside the worktree, not in it.
pub(crate) fn is_beside(place: &RepoPath) -> bool {
    place.as_bytes().starts_with(b"../")
}
