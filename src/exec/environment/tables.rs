//! Which variables a task does not see, and which it is given.

use crate::sys::process::TOKEN;

/// Names that look like a secret's; `*` is anything, case does not matter. `takeback.withhold` adds to them.
pub(super) const SECRETS: &[&str] =
    &["*TOKEN*", "*SECRET*", "*PASSWORD*", "*_KEY", "*CREDENTIAL*", "*COOKIE*", "AWS_*", "SSH_AUTH_SOCK"];

/// What the worktree's place decides; `--env` cannot.
pub(super) const RESERVED: &[&str] = &[
    TOKEN,
    "TAKEBACK_TASK",
    "TAKEBACK_BATCH",
    "TAKEBACK_INPUT",
    "TAKEBACK_SLOT",
    "TAKEBACK_BASE",
    "TAKEBACK_WORKTREE",
    "TAKEBACK_ATTEMPT",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
];

/// What says something of the caller's shell that is not so in the task. `SHLVL` stays: below 2 and with `SSH_CLIENT` beside it, a
/// `bash -c` reads the user's `.bashrc`.
pub(super) const SHELLS_OWN: &[&str] = &["OLDPWD", "_"];

/// Nobody is there to answer: what would ask fails at once, what would page prints. `--env` can say otherwise.
pub(super) const UNATTENDED: &[(&str, &str)] = &[
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", "false"),
    ("SSH_ASKPASS_REQUIRE", "never"),
    // Git hands it to a shell; with the message a task's log says why its `git commit` failed.
    ("GIT_EDITOR", "echo 'takeback: no editor in a task: say -m or --no-edit' >&2; false"),
    ("GIT_SEQUENCE_EDITOR", "echo 'takeback: no editor in a task: set GIT_SEQUENCE_EDITOR' >&2; false"),
    ("EDITOR", "false"),
    ("VISUAL", "false"),
    ("GIT_PAGER", "cat"),
    ("PAGER", "cat"),
    // `git status` takes no lock then that a `git add` beside it would fail for.
    ("GIT_OPTIONAL_LOCKS", "0"),
];

/// Git's settings in a task: nothing in the background, nothing that asks for a key. A command's own `-c` still wins.
pub(super) const GIT_CONFIG: &[(&str, &str)] = &[
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("core.fsmonitor", "false"),
    ("commit.gpgSign", "false"),
    ("tag.gpgSign", "false"),
];

/// Variables that hold a path, or a list of paths with `:`, besides those that end with `PATH`.
pub(super) const PATHS: &[&str] =
    &["VIRTUAL_ENV", "CONDA_PREFIX", "CARGO_TARGET_DIR", "UV_PROJECT_ENVIRONMENT", "R_LIBS", "R_LIBS_USER", "PERL5LIB", "RUBYLIB"];
