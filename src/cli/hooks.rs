//! `takeback hooks`: keep git away from what a running task needs.

use serde::Serialize;

use crate::cli::exit::Code;
use crate::cli::out::{Page, View};
use crate::cli::table::{Cell, Table};
use crate::cli::text::plain;
use crate::cli::{Cx, program};
use crate::engine::{Error, Hook};

const EXAMPLES: &str = "\
Examples:
  takeback hooks                       what is installed, and where
  takeback hooks install
  takeback hooks install --dry-run
  takeback hooks remove

Installing is no operation: `takeback hooks remove` takes it back, `takeback undo` does not know of it.";

/// Install git hooks that keep others from a running task's branch, or remove them
///
/// The hook `reference-transaction` refuses what would delete or move the branch of a task that is running; everything else goes
/// through. A hook that is there already stays in work: it is called first, and it is put back as it was when ours is removed.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Put the hooks where git looks for hooks in this repository
    Install {
        /// Also into a folder that is not this repository's alone (core.hooksPath)
        #[arg(long)]
        force: bool,

        /// Show what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Take them away; what was there before is back, byte for byte
    Remove {
        /// Show what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show which are installed
    List,
}

#[derive(Serialize)]
struct Hooks {
    hooks: Vec<Hook>,
    #[serde(skip)]
    next: Option<&'static str>,
}

impl View for Hooks {
    fn text(&self, page: &Page) -> String {
        let mut table = Table::default();
        for hook in &self.hooks {
            let word = hook.done.unwrap_or(hook.state);
            let word = if word == "nothing" { "nothing to do" } else { word };
            let mut more = Vec::new();
            if let Some(before) = &hook.before {
                more.push(format!("with the hook that was there before, {before}"));
            }
            if !hook.used {
                more.push("git does not look there now".to_owned());
            }
            let path = Cell::new(plain(&hook.path.to_string()));
            table.row([Cell::painted(hook.name, "1"), Cell::new(word), path, Cell::painted(plain(&more.join("; ")), "2")]);
        }
        let next = self.next.map(|next| format!("\n  to take it back: {} {next}", program()));
        format!("{}{}", table.text(page), next.unwrap_or_default())
    }
}

pub(super) fn run(args: &Args, cx: &mut Cx) -> Result<Code, Error> {
    let mut next = None;
    let hooks = match args.what {
        None | Some(What::List) => cx.engine()?.hooks()?,
        Some(What::Install { force, dry_run: true }) => cx.deciding(true)?.plan_hooks_install(force)?,
        Some(What::Install { force, dry_run: false }) => {
            next = Some("hooks remove");
            cx.deciding(false)?.hooks_install(force)?
        }
        Some(What::Remove { dry_run: true }) => cx.deciding(true)?.plan_hooks_remove()?,
        Some(What::Remove { dry_run: false }) => cx.deciding(false)?.hooks_remove()?,
    };
    cx.out.answer(&Hooks { hooks, next })?;
    Ok(Code::Done)
}
