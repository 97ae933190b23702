//! `takeback batch --edit`: a batch's spec in the user's editor, and handed off anew as it was left.

use std::path::Path;

use serde::Serialize;

use super::{Args, hand_off, spec};
use crate::cli::Cx;
use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::engine::{Error, ErrorKind};
use crate::sys::command;

/// Nothing was changed.
#[derive(Serialize)]
struct Left {
    batch: Option<()>,
}

impl View for Left {
    fn text(&self, _page: &Page) -> String {
        "the spec was left as it was: nothing was handed off".to_owned()
    }
}

pub(super) fn run(id: &str, args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let (name, text) = cx.engine()?.batch_spec(id)?;
    let named = if text.lines().any(|line| line.starts_with("name = ")) { text } else { format!("name = \"{name}\"\n{text}") };
    let io = |e: std::io::Error| Error::new(ErrorKind::Io, "cannot write the spec to be edited").because(e);
    let mut file = tempfile::Builder::new().prefix(&format!("{name}-")).suffix(".toml").tempfile().map_err(io)?;
    std::io::Write::write_all(&mut file, named.as_bytes()).map_err(io)?;
    edit(file.path())?;
    let now = std::fs::read_to_string(file.path()).map_err(io)?;
    if now == named {
        cx.out.answer(&Left { batch: None })?;
        return Ok(Code::Done);
    }
    hand_off(&spec::merged(args, file.path(), Path::new(""))?, cx)
}

/// Gives the editor the terminal, as git does: `GIT_EDITOR`, `VISUAL`, `EDITOR`, else `vi`.
fn edit(path: &Path) -> Result<(), Error> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = ["GIT_EDITOR", "VISUAL", "EDITOR"].into_iter().find_map(set).unwrap_or_else(|| "vi".to_owned());
    let mut shell = command::as_is("sh");
    let status = shell.args(["-c", &format!("{editor} \"$1\""), &editor]).arg(path).status();
    let status = status.map_err(|e| Error::new(ErrorKind::Command, format!("cannot start the editor `{editor}`")).because(e))?;
    if status.success() {
        return Ok(());
    }
    let hint = "EDITOR says which editor; without one: `takeback batch --name ID … -- CMD` anew";
    Err(Error::new(ErrorKind::Command, format!("the editor `{editor}` ended with {status}")).about(editor).hint(hint))
}
