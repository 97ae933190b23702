//! Exit codes and hints: the one place that knows which number and which next command an answer has.

use std::process::ExitCode;

use crate::cli::{args, program};
use crate::engine::{Error, ErrorKind, Landing, Refusal, RefusalKind, Task};
use crate::task::State;

/// How the program ends; the numbers are DESIGN section 8's and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// What was asked for is done.
    Done,
    /// The answer is no: a task failed, a check failed, a conflict.
    No,
    /// The command line cannot be understood, or names what does not exist.
    Usage,
    /// The state forbids it: dirty, stale, ambiguous, running.
    Forbidden,
    /// It could not be carried out: I/O, sandbox, git.
    Impossible,
    /// The user stopped it.
    Interrupted,
}

impl Code {
    fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Forbidden => 3,
            Self::Impossible => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.number())
    }
}

/// The exit code of an error.
pub(super) fn code(kind: ErrorKind) -> Code {
    use ErrorKind as K;
    match kind {
        K::Usage
        | K::BadName
        | K::Unknown
        | K::UnknownRevision
        | K::UnknownFolder
        | K::UnknownPath
        | K::CommandNotFound
        | K::CheckNotFound => Code::Usage,
        K::Bare
        | K::Unborn
        | K::Detached
        | K::NoIdentity
        | K::NameTaken
        | K::PrefixIsBranch
        | K::Ambiguous
        | K::TooLarge
        | K::Locked
        | K::Format
        | K::Stale
        | K::Pushed
        | K::Dirty
        | K::Running
        | K::Unchecked
        | K::Collected
        | K::State
        | K::Hook
        | K::NoRemote
        | K::Open
        | K::Nothing => Code::Forbidden,
        K::NotARepository
        | K::StateDir
        | K::DiskFull
        | K::Damaged
        | K::Unsupported
        | K::Configuration
        | K::Sandbox
        | K::Signing
        | K::Command
        | K::Io
        | K::Git => Code::Impossible,
    }
}

/// The exit code of a wait for tasks: no if any of them failed or was cancelled.
pub(super) fn verdict<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> Code {
    let no = tasks.into_iter().any(|t| matches!(t.state, State::Failed | State::Cancelled | State::Unknown));
    if no { Code::No } else { Code::Done }
}

/// The exit code of a landing. What it left out, as it was told to, is no failure of what has landed.
pub(super) fn landing(landing: &Landing) -> Code {
    if landing.operation.is_some() { Code::Done } else { refusals(&landing.refused) }
}

/// The exit code of refusals.
pub(super) fn refusals(refused: &[Refusal]) -> Code {
    if refused.is_empty() {
        Code::Done
    } else if refused.iter().any(|r| is_no(r.kind)) {
        Code::No
    } else {
        Code::Forbidden
    }
}

/// A refusal that is an answer, not a state.
fn is_no(kind: RefusalKind) -> bool {
    use RefusalKind as R;
    matches!(kind, R::Conflict | R::Check | R::Hook | R::Commits | R::Failed | R::Outside | R::SelfChanged)
}

/// The next command to type, or what to do, after an error.
pub(super) fn hint(error: &Error, verb: Option<&str>) -> String {
    use ErrorKind as K;
    if let Some(step) = error.next_step() {
        return step.to_owned();
    }
    let us = program();
    let it = error.object().unwrap_or("ID");
    match error.kind() {
        K::NotARepository => format!("`git init` makes a repository here; `{us} -C DIR …` works in another folder"),
        K::Bare => "make a checkout: `git worktree add ../work`, and work there".to_owned(),
        K::UnknownPath => "`ls -a` shows what is there; a path is relative to the folder that the task runs in".to_owned(),
        K::TooLarge => "bring a part of it, or let more through: `git config takeback.bringMaxCopy 10g`".to_owned(),
        K::Unborn => "make a first commit: `git commit --allow-empty -m start`".to_owned(),
        K::Detached => format!("name the branch: `{us} land {it} --to BRANCH`"),
        K::UnknownRevision => "`git log --oneline --all` shows what there is".to_owned(),
        K::UnknownFolder => "commit the folder, or hand its content over with `--with-changes`".to_owned(),
        K::NoIdentity => "tell git: `git config user.name 'Your Name'` and `git config user.email you@example.org`".to_owned(),
        K::BadName => "for example `--name fix-tables`".to_owned(),
        K::NameTaken => format!("leave `--name` out, or see what has it: `{us} show {it}`"),
        K::PrefixIsBranch => "use another prefix: `git config takeback.branchPrefix tasks`".to_owned(),
        K::Unknown => format!("`{us} list` shows tasks, `{us} ops` operations"),
        K::Ambiguous => format!("type more of it; `{us} list` shows all"),
        K::CommandNotFound => "give its path, or have `--setup 'module load …'` bring it".to_owned(),
        K::CheckNotFound => "a check is a shell line: `--check 'make test'`; `--setup` can bring programs".to_owned(),
        K::Usage => format!("`{us} {}--help` shows how", verb.map(|v| format!("{v} ")).unwrap_or_default()),
        K::StateDir => "name another folder, outside the repository: `git config takeback.stateDir ~/takeback-state`, or TAKEBACK_STATE_DIR where that is set".to_owned(),
        K::DiskFull => "make room, then try again; `df -h` shows where it is short".to_owned(),
        K::Locked => "try again when the other process is through".to_owned(),
        K::Format => "use the version of takeback that wrote these files, or a newer one".to_owned(),
        K::Damaged => "keep a copy before anything else: `cp -a .git/takeback ../takeback-copy`".to_owned(),
        K::Configuration => "`git config --show-origin --get-regexp '^takeback'` shows where it is set".to_owned(),
        K::Stale | K::Pushed => format!("`{us} ops` shows what was done; a new commit takes it back: `git revert`"),
        K::Dirty => "commit or stash what is in the way: `git stash push --include-untracked`".to_owned(),
        K::Running => format!("`{us} wait {it}` waits for it, `{us} cancel {it}` ends it"),
        K::Unchecked => format!(
            "look at what is there: `{us} status {it}`; `{us} continue {it} --accept no-check` goes on all the same"
        ),
        K::State => format!("`{us} status` and `{us} ops` show where things stand"),
        K::Nothing => format!("`{us} ops` shows what was done"),
        K::Open => format!("`{us} open --list` shows what is open"),
        K::Hook => format!("`{us} hooks` shows what is installed"),
        K::Sandbox => "`--sandbox auto` takes the best there is and records it".to_owned(),
        K::Io => "see whether the path is there and may be written to: `ls -ld` shows it".to_owned(),
        K::Git | K::Collected => "`git fsck` tells what is wrong with the repository".to_owned(),
        K::NoRemote => "`git remote -v` shows which remotes there are".to_owned(),
        K::Signing => "`git commit-tree -S -m try HEAD^{tree}` shows whether git can sign; without signatures: `git config commit.gpgSign false`".to_owned(),
        K::Command => "run that command by hand to see more; `git --version` says which git it is".to_owned(),
        K::Unsupported => "work on a clone without it".to_owned(),
    }
}

/// The next command to type where the command line cannot be understood.
pub(super) fn usage_hint(refused: &clap::Error) -> String {
    use clap::error::{ContextKind, ErrorKind as Clap};
    let us = program();
    let verb = verb();
    match (refused.kind(), verb.as_deref()) {
        (Clap::UnknownArgument | Clap::MissingRequiredArgument, Some("run")) => {
            format!("two dashes go before the command: `{us} run -- CMD…`")
        }
        (Clap::MissingRequiredArgument, Some("batch")) => {
            format!("two dashes go before the command: `{us} batch --inputs GLOB -- CMD {{}}`")
        }
        (Clap::InvalidSubcommand, _) => match refused.get(ContextKind::SuggestedSubcommand) {
            Some(verbs) => format!("`{us} {verbs}`, or `{us} --help` for all verbs"),
            None => format!("`{us} --help` shows all verbs"),
        },
        (Clap::DisplayHelpOnMissingArgumentOrSubcommand, _) => format!("`{us} demo` shows how it works"),
        (_, Some(verb)) => format!("`{us} {verb} --help` shows how"),
        (_, None) => format!("`{us} --help` shows how"),
    }
}

/// The argument that a refusal is about.
pub(super) fn usage_object(refused: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue};
    let about = refused.get(ContextKind::InvalidArg).or_else(|| refused.get(ContextKind::InvalidSubcommand))?;
    match about {
        ContextValue::Strings(all) => all.first().cloned(),
        one => Some(one.to_string()),
    }
}

/// The first word of the command line that is a verb.
fn verb() -> Option<String> {
    let command = args::command();
    let words = std::env::args_os().skip(1).take_while(|word| word != "--");
    words.filter_map(|word| word.into_string().ok()).find(|word| command.find_subcommand(word).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_design() {
        let all = [Code::Done, Code::No, Code::Usage, Code::Forbidden, Code::Impossible, Code::Interrupted];
        assert_eq!(all.map(Code::number), [0, 1, 2, 3, 4, 130]);
    }

    #[test]
    fn a_hint_names_the_object_and_the_verb() {
        let running = Error::new(ErrorKind::Running, "it runs").about("k7");
        assert_eq!(hint(&running, None), "`takeback wait k7` waits for it, `takeback cancel k7` ends it");
        let usage = Error::new(ErrorKind::Usage, "no");
        assert_eq!(hint(&usage, Some("run")), "`takeback run --help` shows how");
    }
}
