//! The inputs of a batch: read once, when it is handed off, and each row the input of one task.
//!
//! They come from globs over the files of the base, from a list, or from a CSV file. Nothing is written.

mod csv;
mod error;
mod files;
mod globs;
mod lines;

use std::collections::HashSet;
use std::io::Read;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use git2::{Odb, Repository};

pub(crate) use self::error::Error;
use self::files::Files;
use crate::git::{self, tree};
use crate::id::{CommitId, TreeId};
use crate::sys::file;
use crate::task::{RepoPath, Text};

/// More are counted, not named.
const NAMED: usize = 3;

/// Where the inputs of a batch come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Globs over the base's files, or paths of the base, relative to the folder that the tasks run in.
    Globs(Vec<Text>),
    /// A list.
    Lines {
        /// The file that holds it; `None` is stdin.
        file: Option<PathBuf>,
        /// Its entries end in NUL, not in a line's end.
        nul: bool,
    },
    /// A CSV file, whose first row names the columns.
    Csv(PathBuf),
}

/// The inputs of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Inputs {
    /// Names of the columns; none unless they come from a CSV file.
    pub(crate) columns: Vec<String>,
    /// One value a row, or one for each column. No two rows are equal, and there is at least one.
    pub(crate) rows: Vec<Vec<Text>>,
    /// Every row's first value names a file or a folder of the base.
    pub(crate) are_files: bool,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

/// Where inputs are looked for.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Has the base's tree.
    pub(crate) odb: &'a Odb<'a>,
    /// The base's tree.
    pub(crate) tree: TreeId,
    /// The folder that the tasks run in: globs and values are relative to it.
    pub(crate) cwd: &'a RepoPath,
    /// The caller's folder: names of files with inputs are relative to it.
    pub(crate) dir: &'a Path,
    /// Says what git ignores.
    pub(crate) repo: &'a Repository,
}

/// Reads the inputs from where they are.
///
/// # Errors
///
/// [`Error`] names what cannot be read or stands for nothing; no input at all is one too.
pub(crate) fn read(place: &Place<'_>, source: &Source, stdin: &mut dyn Read) -> Result<Inputs, Error> {
    let files = Files::of(place.odb, place.tree)?;
    let (columns, rows) = match source {
        Source::Globs(globs) => (vec![], one_a_row(globs::expand(place, &files, globs)?)),
        Source::Lines { file, nul } => {
            let text = match file {
                Some(path) => load(place, path)?,
                None => all_of(stdin)?,
            };
            (vec![], one_a_row(lines::parse(&text, *nul).map_err(|line| Error::Nul { from: source.name(), line })?))
        }
        Source::Csv(path) => {
            let table = csv::parse(&load(place, path)?).map_err(|why| Error::Csv { path: path.clone(), why })?;
            (table.columns, table.rows)
        }
    };
    if rows.is_empty() {
        return Err(Error::NoInputs { from: source.name() });
    }
    let (rows, notes) = once_each(rows);
    let is_file = |text: &Text| files::resolve(place.cwd, text.as_os_str().as_bytes()).is_some_and(|path| files.has(&path));
    let are_files = rows.iter().all(|row| row.first().is_some_and(is_file));
    Ok(Inputs { columns, rows, are_files, notes })
}

impl Source {
    /// As an error names it.
    fn name(&self) -> String {
        match self {
            Self::Globs(_) => "`--inputs`".to_owned(),
            Self::Lines { file: None, .. } => "stdin".to_owned(),
            Self::Lines { file: Some(path), .. } | Self::Csv(path) => format!("`{}`", path.display()),
        }
    }
}

/// Tells whether an input is the same file in two commits.
pub(crate) fn is_same_file(repo: &Repository, cwd: &RepoPath, input: &Text, commits: (CommitId, CommitId)) -> bool {
    let find = |commit: CommitId| {
        let path = files::resolve(cwd, input.as_os_str().as_bytes())?;
        let odb = git::repo::odb(repo).ok()?;
        tree::find(&odb, tree::of_commit(repo, commit).ok()?.into(), &path).ok()?
    };
    let (one, other) = (find(commits.0), find(commits.1));
    one.is_some() && one == other
}

fn load(place: &Place<'_>, path: &Path) -> Result<Vec<u8>, Error> {
    file::read(&place.dir.join(path))?.ok_or_else(|| Error::NoFile(path.to_owned()))
}

fn all_of(stdin: &mut dyn Read) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    stdin.read_to_end(&mut text).map_err(Error::Stdin)?;
    Ok(text)
}

fn one_a_row(values: Vec<Text>) -> Vec<Vec<Text>> {
    values.into_iter().map(|value| vec![value]).collect()
}

/// Takes equal rows once, and says so.
fn once_each(rows: Vec<Vec<Text>>) -> (Vec<Vec<Text>>, Vec<String>) {
    let (mut seen, mut named) = (HashSet::with_capacity(rows.len()), HashSet::new());
    let (rows, mut again): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| seen.insert(row.clone()));
    again.retain(|row| named.insert(row.clone()));
    if again.is_empty() {
        return (rows, vec![]);
    }
    let first: Vec<_> = again.iter().take(NAMED).map(|row| shown(row)).collect();
    let more = again.len() - first.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (rows, vec![format!("given more than once, taken once: {}{more}", first.join(", "))])
}

fn shown(row: &[Text]) -> String {
    row.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;
