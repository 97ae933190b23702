//! The command line's grammar, and the help that shows the daily verbs first.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::cli::{
    batch, cancel, completions, config, demo, diff, discard, go_on, hooks, land, list, logs, man, open, ops, outputs, redo, retry,
    revert, run, show, status, undo, wait, watch,
};

/// Hand work off. Take any of it back.
///
/// A command runs in a git worktree of its own, without supervision. Whatever happens to it, what it changed becomes a commit that
/// you look at, land or throw away; and a landing can be taken back exactly.
#[derive(Parser, Debug)]
#[command(name = "takeback", version, arg_required_else_help = true)]
pub(super) struct Cli {
    /// Work as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true, display_order = 100)]
    pub(super) dir: Vec<PathBuf>,

    /// Answer with one JSON object on stdout
    #[arg(long, global = true, display_order = 101)]
    pub(super) json: bool,

    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    Run(run::Args),
    Batch(Box<batch::Args>),
    Continue(go_on::Args),
    Status(status::Args),
    List(list::Args),
    Show(show::Args),
    Logs(logs::Args),
    Watch(watch::Args),
    Wait(wait::Args),
    Cancel(cancel::Args),
    Retry(retry::Args),
    Diff(diff::Args),
    Outputs(outputs::Args),
    Open(open::Args),
    #[command(visible_aliases = ["merge", "accept"])]
    Land(land::Args),
    Discard(discard::Args),
    Revert(revert::Args),
    Undo(undo::Args),
    Redo(redo::Args),
    #[command(visible_alias = "history")]
    Ops(ops::Args),
    Config(config::Args),
    Hooks(hooks::Args),
    Demo(demo::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// The verbs as the first page of help shows them.
const GROUPS: &[(&str, &[&str])] = &[
    ("Hand off", &["run", "batch", "continue"]),
    ("Follow", &["status", "list", "show", "logs", "watch", "wait", "cancel", "retry"]),
    ("Look", &["diff", "outputs", "open"]),
    ("Decide", &["land", "discard", "revert"]),
    ("Take back", &["undo", "redo", "ops"]),
    ("Keep house", &["config", "hooks", "demo", "completions", "man", "help"]),
];

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Green.on_default().bold());

const TOUR: &str = "\
Start:  takeback demo
Daily:  takeback run --check 'make test' -- ./fix.sh      hand a command off
        takeback status                                   what runs, what waits for you
        takeback diff fix, takeback land fix              look at it, put it on your branch
        takeback undo                                     take that back

Exit codes: 0 done, 1 the answer is no, 2 usage, 3 the state forbids it, 4 could not be carried out, 130 interrupted";

/// The whole grammar, with its help.
pub(super) fn command() -> clap::Command {
    let mut command = Cli::command().styles(STYLES);
    command.build();
    let verbs = verbs_by_group(&command);
    command
        .help_template("{about}\n\n{usage-heading} {usage}{after-help}\n\nOptions:\n{options}\n")
        .after_help(format!("{verbs}\n\n{TOUR}"))
}

fn verbs_by_group(command: &clap::Command) -> String {
    let mut groups = Vec::new();
    for (title, verbs) in GROUPS {
        let mut lines = vec![format!("{title}:")];
        for verb in verbs.iter().filter_map(|v| command.find_subcommand(v)) {
            let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
            let aliases: Vec<_> = verb.get_visible_aliases().collect();
            let also = if aliases.is_empty() { String::new() } else { format!(" (also: {})", aliases.join(", ")) };
            lines.push(format!("  {:<12} {about}{also}", verb.get_name()));
        }
        groups.push(lines.join("\n"));
    }
    groups.join("\n\n")
}

impl Verb {
    /// The verb as it is typed.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Run(_) => "run",
            Self::Batch(_) => "batch",
            Self::Continue(_) => "continue",
            Self::Status(_) => "status",
            Self::List(_) => "list",
            Self::Config(_) => "config",
            Self::Hooks(_) => "hooks",
            Self::Show(_) => "show",
            Self::Logs(_) => "logs",
            Self::Watch(_) => "watch",
            Self::Wait(_) => "wait",
            Self::Cancel(_) => "cancel",
            Self::Retry(_) => "retry",
            Self::Diff(_) => "diff",
            Self::Outputs(_) => "outputs",
            Self::Open(_) => "open",
            Self::Land(_) => "land",
            Self::Discard(_) => "discard",
            Self::Revert(_) => "revert",
            Self::Undo(_) => "undo",
            Self::Redo(_) => "redo",
            Self::Ops(_) => "ops",
            Self::Demo(_) => "demo",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_stands_in_one_group_of_the_help() {
        let grouped: Vec<_> = GROUPS.iter().flat_map(|(_, verbs)| verbs.iter().copied()).collect();
        let command = command();
        let verbs: Vec<_> = command.get_subcommands().filter(|c| !c.is_hide_set()).map(clap::Command::get_name).collect();
        assert_eq!(grouped, verbs);
    }

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_says_more_in_its_long_help() {
        for verb in command().get_subcommands().filter(|c| c.get_name() != "help") {
            assert!(verb.get_long_about().is_some(), "{}", verb.get_name());
            assert!(verb.get_after_long_help().is_some_and(|t| t.to_string().contains("takeback ")), "{}", verb.get_name());
        }
    }
}
