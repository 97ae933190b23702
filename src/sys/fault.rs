//! Places where a test can stop the program dead.
//!
//! Each durable step takes a [`Point`] and passes it twice: `before` and `after`. Built with the feature `fault-points`, the program
//! appends every passing to the file named by `TAKEBACK_FAULT_LOG` and aborts where `TAKEBACK_FAULT` says, as `name:before:2` for
//! the second passing in one process. Without the feature all of this is nothing.

/// A named durable step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point(&'static str);

macro_rules! points {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        impl Point {
            $($(#[$doc])* pub(crate) const $name: Self = Self($text);)*
        }

        /// The name of every point, for the test that looks whether each was passed.
        #[cfg(feature = "fault-points")]
        pub(crate) const ALL: &[&str] = &[$($text),*];
    };
}

points! {
    /// A task's spec is written.
    TASK_SPEC = "task-spec";
    /// A batch, with its inputs, is written.
    BATCH = "batch";
    /// An attempt's environment is written.
    ATTEMPT_ENV = "attempt-env";
    /// An attempt's record is replaced.
    RECORD = "record";
    /// A line is appended to the journal.
    JOURNAL = "journal";
    /// The journal's torn tail is cut off.
    JOURNAL_CUT = "journal-cut";
    /// The repository's `format.json` is written.
    FORMAT = "format";
    /// A ref is created, moved or deleted.
    REF = "ref";
    /// A pack's `.keep` is made.
    PACK_KEEP = "pack-keep";
    /// A pack is put into the repository.
    PACK = "pack";
    /// A pack's index is put into the repository: from here on its objects are found.
    PACK_IDX = "pack-idx";
    /// A pack's `.keep` is removed.
    PACK_RELEASE = "pack-release";
    /// A slot's state is replaced.
    SLOT = "slot";
    /// A slot's admin dir is renamed into `.git/worktrees`.
    SLOT_ADMIN = "slot-admin";
    /// A slot's HEAD is set.
    SLOT_HEAD = "slot-head";
    /// A slot's admin dir is locked against `git worktree prune`, or unlocked.
    SLOT_HOLD = "slot-hold";
    /// A slot's `.git` file is replaced.
    SLOT_LINK = "slot-link";
    /// A slot's index is replaced.
    SLOT_INDEX = "slot-index";
    /// The list of what was brought to an attempt is written, or removed.
    BROUGHT = "brought";
    /// A file or folder that a task made and git ignores is moved to its outputs.
    OUTPUT = "output";
    /// A check's verdict is written.
    VERDICT = "verdict";
    /// A checkout's index is locked.
    INDEX_LOCK = "index-lock";
    /// A file of a user's checkout is replaced or removed.
    CHECKOUT_FILE = "checkout-file";
    /// A checkout's index is replaced.
    CHECKOUT_INDEX = "checkout-index";
    /// A checkout's index is unlocked.
    INDEX_UNLOCK = "index-unlock";
    /// A cancel request is written.
    CANCEL = "cancel";
    /// A thing of ours is renamed to the trash.
    TRASH = "trash";
    /// What was installed of hooks is written.
    HOOK_LEDGER = "hook-ledger";
    /// A hook that is to be replaced gets a second name.
    HOOK_KEPT = "hook-kept";
    /// A hook is put in place, or taken away.
    HOOK = "hook";
}

impl Point {
    /// Passes the point before the step.
    pub(crate) fn before(self) {
        self.pass("before");
    }

    /// Passes the point after the step.
    pub(crate) fn after(self) {
        self.pass("after");
    }

    #[cfg(not(feature = "fault-points"))]
    #[allow(clippy::unused_self, clippy::missing_const_for_fn, reason = "the twin below does the work")]
    fn pass(self, _side: &str) {}

    #[cfg(feature = "fault-points")]
    fn pass(self, side: &str) {
        testing::pass(self.0, side);
    }
}

#[cfg(feature = "fault-points")]
mod testing {
    use std::collections::HashMap;
    use std::io::Write as _;
    use std::sync::Mutex;

    static PASSED: Mutex<Option<HashMap<String, u32>>> = Mutex::new(None);

    pub(super) fn pass(name: &str, side: &str) {
        assert!(super::ALL.contains(&name), "BUG: fault point {name} is not in the list");
        let mut passed = PASSED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let count = passed.get_or_insert_default().entry(format!("{name}:{side}")).or_insert(0);
        *count += 1;
        let here = format!("{name}:{side}:{count}");
        if let Some(log) = std::env::var_os("TAKEBACK_FAULT_LOG") {
            let line = format!("{} {here}\n", std::env::args().nth(1).unwrap_or_default());
            let opened = std::fs::OpenOptions::new().append(true).create(true).open(log);
            drop(opened.and_then(|mut file| file.write_all(line.as_bytes())));
        }
        if std::env::var("TAKEBACK_FAULT").is_ok_and(|at| at == here || at == format!("{} {here}", role())) {
            std::process::abort();
        }
    }

    /// The verb this process was started with: `run`, `__runner`, `land` …
    fn role() -> String {
        std::env::args().nth(1).unwrap_or_default()
    }
}
