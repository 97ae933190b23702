//! `takeback man`: the manual, as pages for `man`.

use serde::Serialize;

use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::{Cx, args};
use crate::engine::{Error, ErrorKind};

const EXAMPLES: &str = "\
Examples:
  takeback man > ~/.local/share/man/man1/takeback.1
  takeback man land | man -l -

It prints and changes nothing, so there is nothing for `takeback undo` to take back.";

/// Print the manual page of the program or of a verb
///
/// In the format that `man` reads.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A verb [default: the program]
    #[arg(value_name = "VERB")]
    verb: Option<String>,
}

#[derive(Serialize)]
struct Manual {
    page: String,
}

impl View for Manual {
    fn text(&self, _page: &Page) -> String {
        self.page.trim_end_matches('\n').to_owned()
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let whole = args::command();
    let command = match &args.verb {
        None => whole,
        Some(verb) => whole
            .find_subcommand(verb)
            .cloned()
            .ok_or_else(|| Error::new(ErrorKind::Usage, format!("there is no verb `{verb}`")).about(verb))?,
    };
    let mut page = Vec::new();
    let failed = |e| Error::new(ErrorKind::Io, "cannot write the manual").because(e);
    clap_mangen::Man::new(command).render(&mut page).map_err(failed)?;
    cx.out.answer(&Manual { page: String::from_utf8_lossy(&page).into_owned() })?;
    Ok(Code::Done)
}
