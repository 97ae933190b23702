//! `takeback completions`: a script that completes the command line.

use clap_complete::Shell;
use serde::Serialize;

use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::{Cx, args};
use crate::engine::{Error, ErrorKind};

const EXAMPLES: &str = "\
Examples:
  takeback completions bash > ~/.local/share/bash-completion/completions/takeback
  takeback completions zsh > ~/.zfunc/_takeback
  takeback completions fish > ~/.config/fish/completions/takeback.fish

It prints and changes nothing, so there is nothing for `takeback undo` to take back.";

/// Print a script that completes the command line in a shell
///
/// Verbs, options and their values.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

#[derive(Serialize)]
struct Script {
    shell: String,
    script: String,
}

impl View for Script {
    fn text(&self, _page: &Page) -> String {
        self.script.clone()
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::command(), "takeback", &mut script);
    let script = String::from_utf8(script).map_err(|e| Error::new(ErrorKind::Io, "the script is no text").because(e))?;
    cx.out.answer(&Script { shell: args.shell.to_string(), script })?;
    Ok(Code::Done)
}
