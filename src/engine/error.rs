//! The one error of the public API: what kind it is, what it is about, and what lies behind it.

use std::fmt;

/// An answer that is not what was asked for. Its text names the object and the cause; [`source`](std::error::Error::source) goes on.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    object: Option<String>,
    hint: Option<String>,
    revert_would_do: bool,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What went wrong, for scripts. An open list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The folder is in no git repository.
    NotARepository,
    /// The repository has no checkout.
    Bare,
    /// `HEAD` is a branch without a commit.
    Unborn,
    /// No branch was checked out at hand-off, and none was named.
    Detached,
    /// A revision does not exist.
    UnknownRevision,
    /// The folder is not in the base.
    UnknownFolder,
    /// Git does not know who commits.
    NoIdentity,
    /// A name is not of the form of names.
    BadName,
    /// A task is called so already.
    NameTaken,
    /// A branch is called like the prefix of tasks' branches.
    PrefixIsBranch,
    /// A path that was named is not there.
    UnknownPath,
    /// It is more than may be copied.
    TooLarge,
    /// No task or operation is called so.
    Unknown,
    /// Several tasks start so.
    Ambiguous,
    /// The command is not found.
    CommandNotFound,
    /// A check's command is not found.
    CheckNotFound,
    /// An option's value is not of its form, or options do not go together.
    Usage,
    /// The folder for worktrees cannot be used.
    StateDir,
    /// The disk is full.
    DiskFull,
    /// Another process holds a lock.
    Locked,
    /// Another version wrote the files.
    Format,
    /// The journal or a record is damaged.
    Damaged,
    /// The repository uses a feature that cannot be served rightly.
    Unsupported,
    /// A git setting is not served.
    Configuration,
    /// A ref is not where it was expected.
    Stale,
    /// The commits to be taken back are known to be on a remote.
    Pushed,
    /// Paths of a checkout are in the way, or a merge or rebase is under way.
    Dirty,
    /// The task is still running.
    Running,
    /// No check can tell whether the rest of a batch goes well.
    Unchecked,
    /// Objects that are needed were collected.
    Collected,
    /// The state that the task is in forbids it.
    State,
    /// There is nothing to undo or redo.
    Nothing,
    /// A hook cannot be installed or removed.
    Hook,
    /// A task's worktree is open, or is not.
    Open,
    /// An isolation level is not to be had.
    Sandbox,
    /// No remote to push to is known.
    NoRemote,
    /// A commit cannot be signed.
    Signing,
    /// A child process failed.
    Command,
    /// A file could not be read or written.
    Io,
    /// Git could not do it.
    Git,
}

impl Error {
    /// Makes an error with its text.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), object: None, hint: None, revert_would_do: false, source: None }
    }

    /// Names what the error is about, for scripts.
    #[must_use]
    pub(crate) fn about(mut self, object: impl fmt::Display) -> Self {
        self.object = Some(object.to_string());
        self
    }

    /// Says what to do about it, where only the place of the error knows.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Marks an undo that is not exact any more, though a new commit may take the change back.
    #[must_use]
    pub(crate) fn or_revert(mut self) -> Self {
        self.revert_would_do = true;
        self
    }

    /// Puts what lies behind the error.
    #[must_use]
    pub(crate) fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Tells whether [`Engine::plan_revert_instead`](super::Engine::plan_revert_instead) may find a way.
    pub fn revert_would_do(&self) -> bool {
        self.revert_would_do
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The next step, where only the place of the error knows it.
    pub fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// What it is about: a task, a path, a ref.
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

impl ErrorKind {
    /// The word that scripts see in `error.kind`.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotARepository => "not-a-repository",
            Self::Bare => "bare",
            Self::Unborn => "unborn",
            Self::Detached => "detached",
            Self::UnknownRevision => "unknown-revision",
            Self::UnknownFolder => "unknown-folder",
            Self::NoIdentity => "no-identity",
            Self::BadName => "bad-name",
            Self::NameTaken => "name-taken",
            Self::PrefixIsBranch => "prefix-is-branch",
            Self::UnknownPath => "unknown-path",
            Self::TooLarge => "too-large",
            Self::Unknown => "unknown",
            Self::Ambiguous => "ambiguous",
            Self::CommandNotFound => "command-not-found",
            Self::CheckNotFound => "check-not-found",
            Self::Usage => "usage",
            Self::StateDir => "state-dir",
            Self::DiskFull => "disk-full",
            Self::Locked => "locked",
            Self::Format => "format",
            Self::Damaged => "damaged",
            Self::Unsupported => "unsupported",
            Self::Configuration => "configuration",
            Self::Stale => "stale",
            Self::Pushed => "pushed",
            Self::Dirty => "dirty",
            Self::Running => "running",
            Self::Unchecked => "unchecked",
            Self::Collected => "collected",
            Self::State => "state",
            Self::Nothing => "nothing",
            Self::Hook => "hook",
            Self::Open => "open",
            Self::Sandbox => "sandbox",
            Self::NoRemote => "no-remote",
            Self::Signing => "signing",
            Self::Command => "command",
            Self::Io => "io",
            Self::Git => "git",
        }
    }
}
