//! The errors of batches and of what keeps them.

use super::taking_back::forbidden;
use crate::batch::Error as BatchError;
use crate::batch::inputs::Error as InputsError;
use crate::engine::{Error, ErrorKind};
use crate::keeper::Error as KeeperError;
use crate::runner::turn::Error as TurnError;

impl From<BatchError> for Error {
    fn from(e: BatchError) -> Self {
        let message = e.to_string();
        let new = |kind| Self::new(kind, &message);
        match e {
            BatchError::NoSource => new(ErrorKind::Usage)
                .about("--inputs")
                .hint("name them: `--inputs 'tables/*.tex'`, `--inputs-from FILE` or `--csv FILE`"),
            BatchError::Inputs(e) => inputs(e),
            BatchError::Quoted { placeholder, .. } => {
                new(ErrorKind::Usage).about(placeholder).hint("leave the quotes away: each input is quoted as it is put in")
            }
            BatchError::Unbound { word, columns, .. } => {
                let text = word.trim_matches(['{', '}']);
                let hint = if columns.is_empty() {
                    format!(
                        "`{{}}` is the input; columns have names with `--csv FILE`; text in braces has a blank in it: `{{ {text} }}`"
                    )
                } else {
                    format!("the columns are {}; text in braces has a blank in it: `{{ {text} }}`", columns.join(", "))
                };
                new(ErrorKind::Usage).about(word).hint(hint)
            }
            BatchError::Same { second, .. } => new(ErrorKind::Usage)
                .about(second)
                .hint("tell them apart in the command: `{}` is the whole input, `{//}` its folder"),
            BatchError::NoSuchInput(input) => new(ErrorKind::Usage).about(input).hint("`--sample 3` takes three of them"),
            BatchError::IsTask(name) => new(ErrorKind::NameTaken).about(name),
            BatchError::UnderWay { batch, .. } => new(ErrorKind::Running).about(batch),
            BatchError::Overtaken(batch) => new(ErrorKind::Stale).about(batch).hint("try again"),
            BatchError::NoCheck { batch, .. } => new(ErrorKind::Unchecked).about(batch),
            BatchError::NothingWaits(batch) => new(ErrorKind::Nothing).about(&batch).hint(format!("`takeback status {batch}`")),
            BatchError::NoSuchRefusal(answer) => new(ErrorKind::Usage).about(answer).hint("`no-check` is one"),
            BatchError::Retry { task, why } => forbidden(message, &task, &why),
            BatchError::Again(e) => e.into(),
            BatchError::HandOff(e) => e.into(),
            BatchError::Environment(e) => new(ErrorKind::Io).because(e),
            BatchError::Book(e) => e.into(),
            BatchError::Log(e) => e.into(),
            BatchError::Carry(e) => e.into(),
            BatchError::Task(e) => e.into(),
            BatchError::Site(e) => e.into(),
            BatchError::File(e) => e.into(),
            BatchError::Lock(e) => e.into(),
            BatchError::Git(e) => e.into(),
        }
    }
}

fn inputs(e: InputsError) -> Error {
    let message = e.to_string();
    let new = |kind| Error::new(kind, &message);
    match e {
        InputsError::NoInputs { from } => new(ErrorKind::Usage)
            .about(from.trim_matches('`'))
            .hint("a line for each, or with `-0` a NUL behind each; of a CSV file one below the names of the columns"),
        InputsError::Outside(name) => {
            new(ErrorKind::Usage).about(name).hint("a glob is relative to the folder that the tasks run in")
        }
        InputsError::Glob(e) => new(ErrorKind::Usage).about(&e.glob),
        InputsError::Nothing(name) => new(ErrorKind::UnknownPath)
            .about(name)
            .hint("`git ls-files` shows what there is; a glob is relative to the folder that the tasks run in"),
        InputsError::Ignored(name) => new(ErrorKind::UnknownPath)
            .about(name)
            .hint("name such inputs with `--inputs-from FILE`, and let the tasks see them: `--bring PATH:ro`"),
        InputsError::NotCommitted(name) => {
            new(ErrorKind::UnknownPath).about(name).hint("commit it, or hand it over with `--with-changes`")
        }
        InputsError::NoFile(path) => {
            new(ErrorKind::UnknownPath).about(path.display()).hint("`ls` shows what there is; `-` is stdin")
        }
        InputsError::Nul { from, .. } => {
            new(ErrorKind::Usage).about(from.trim_matches('`')).hint("`-0` reads a list whose entries end with NUL")
        }
        InputsError::Csv { path, .. } => {
            new(ErrorKind::Usage).about(path.display()).hint("the first line names the columns, and each further one is a task's")
        }
        InputsError::File(e) => e.into(),
        InputsError::Stdin(e) => new(ErrorKind::Io).because(e),
        InputsError::Workspace(e) => e.into(),
        InputsError::Git(e) => e.into(),
    }
}

impl From<KeeperError> for Error {
    fn from(e: KeeperError) -> Self {
        let message = e.to_string();
        match e {
            KeeperError::Recover(e) => e.into(),
            KeeperError::Book(e) => e.into(),
            KeeperError::Log(e) => e.into(),
            KeeperError::Task(e) => e.into(),
            KeeperError::Again(e) => e.into(),
            KeeperError::Lock(e) => e.into(),
            KeeperError::File(e) | KeeperError::Turn(TurnError::File(e)) => e.into(),
            KeeperError::Environment(e) => Self::new(ErrorKind::Io, message).because(e),
            other => Self::new(ErrorKind::Command, message).because(other),
        }
    }
}
