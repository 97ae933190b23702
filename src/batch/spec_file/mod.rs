//! A batch written down: a TOML file whose keys are the long options of `takeback batch`.
//!
//! ```toml
//! name = "tables"
//! command = ["./restyle.py", "{}"]
//! inputs = ["tables/*.tex"]
//! check = ["./compare.py {}"]
//! sample = 3
//! ```
//!
//! Where a list of strings is meant a string is taken for a list of one, but for `command`, whose words a shell would have to part.
//! The names of files with inputs (`inputs-from`, `csv`) are relative to the spec's own folder; every other path is what it is
//! on the command line. A spec that is read is in order as far as that can be seen without the repository.

mod check;
mod error;
mod values;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub(crate) use self::error::Error;
pub(crate) use self::values::Sample;
use super::at::BOM;
use crate::sys::file;
use crate::task::Text;

/// A list that would make a longer line is written with one entry a line.
const WIDTH: usize = 100;

/// Every key, in the order in which they are written.
const KEYS: [&str; 32] = [
    "name",
    "command",
    "shell",
    "inputs",
    "inputs-from",
    "null",
    "csv",
    "sample",
    "check",
    "check-files",
    "no-check-cache",
    "final-check",
    "only",
    "commit-ignored",
    "bring",
    "no-bring",
    "setup",
    "env",
    "base",
    "with-changes",
    "cwd",
    "timeout",
    "idle",
    "retries",
    "jobs",
    "halt",
    "skip-code",
    "abort-code",
    "notify",
    "sandbox",
    "network",
    "accept",
];

/// What a spec says; what it does not say is empty.
#[derive(Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct SpecFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::words")]
    pub(crate) command: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shell: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::strings")]
    pub(crate) inputs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inputs_from: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) null: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) csv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sample: Option<Sample>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::strings")]
    pub(crate) check: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::strings")]
    pub(crate) check_files: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) no_check_cache: bool,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::strings")]
    pub(crate) final_check: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::strings")]
    pub(crate) only: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::strings")]
    pub(crate) commit_ignored: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::strings")]
    pub(crate) bring: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) no_bring: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) setup: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::strings")]
    pub(crate) env: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) base: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) with_changes: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cwd: Option<String>,
    /// A duration, or a share of the median such as `300%`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "values::timeout")]
    pub(crate) timeout: Option<String>,
    /// A duration.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "values::duration")]
    pub(crate) idle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "values::number::<_, 0, 100>")]
    pub(crate) retries: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "values::number::<_, 1, 1000>")]
    pub(crate) jobs: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) halt: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::codes")]
    pub(crate) skip_code: Vec<u8>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::codes")]
    pub(crate) abort_code: Vec<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notify: Option<String>,
    /// A word of `--sandbox`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "values::sandbox")]
    pub(crate) sandbox: Option<String>,
    /// `on` or `off`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "values::network")]
    pub(crate) network: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "values::strings")]
    pub(crate) accept: Vec<String>,
}

/// Reads a spec.
///
/// # Errors
///
/// [`Error`] with the file, and with the line and the column of what is wrong in it.
pub(crate) fn load(path: &Path) -> Result<SpecFile, Error> {
    let bytes = file::read(path)?.ok_or_else(|| Error::NoFile(path.to_owned()))?;
    check::parse(bytes.strip_prefix(BOM).unwrap_or(&bytes)).map_err(|why| Error::Wrong { path: path.to_owned(), why })
}

/// Writes a spec down: what is set, one key a line, such that [`load`] reads the same.
///
/// # Errors
///
/// [`Error::Write`] if that cannot be said in TOML.
pub(crate) fn text(spec: &SpecFile) -> Result<String, Error> {
    let mut table = toml::Table::try_from(spec)?;
    let mut text = String::new();
    for key in KEYS {
        let Some((key, value)) = table.remove_entry(key) else { continue };
        let is_list = value.is_array();
        let entry = toml::Table::from_iter([(key, value)]);
        let line = toml::to_string(&entry)?;
        text += &if is_list && line.len() > WIDTH { toml::to_string_pretty(&entry)? } else { line };
    }
    Ok(text)
}

/// Takes a word of a command line into a spec.
///
/// # Errors
///
/// [`Error::NotUtf8`], which TOML has to be.
pub(crate) fn word(word: &Text) -> Result<String, Error> {
    word.as_os_str().to_str().map(ToOwned::to_owned).ok_or_else(|| Error::NotUtf8(word.clone()))
}

#[cfg(test)]
mod tests;
