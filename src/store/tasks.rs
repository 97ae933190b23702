//! Tasks' specs and attempts' records on disk.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Layout;
use crate::id::Uid;
use crate::sys::fault::Point;
use crate::sys::file;
use crate::task::{Record, Spec};

/// A spec or record cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// There is none.
    #[error("{0:?} is missing")]
    Missing(PathBuf),
    /// It is not JSON of the right form.
    #[error("{path:?} is not readable as JSON")]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It could not be read or written.
    #[error(transparent)]
    File(#[from] file::Error),
}

/// Lists the tasks that have a folder, those too that a crash kept from being handed off.
///
/// # Errors
///
/// [`file::Error`] if the folder cannot be read.
pub(crate) fn list(layout: &Layout) -> Result<Vec<Uid>, file::Error> {
    let folder = layout.tasks();
    match std::fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(vec![]),
        Err(e) => Err(file::Error::of("list", &folder)(e)),
        Ok(entries) => Ok(entries.iter().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()),
    }
}

/// Reads a task's spec.
///
/// # Errors
///
/// [`Error::Missing`] where there is none.
pub(crate) fn load_spec(layout: &Layout, task: &Uid) -> Result<Spec, Error> {
    let path = layout.spec(task);
    load(&path)?.ok_or(Error::Missing(path))
}

/// Writes a new task's spec, and the folders it needs.
///
/// # Errors
///
/// [`Error::File`].
pub(crate) fn save_spec(layout: &Layout, spec: &Spec) -> Result<(), Error> {
    file::make_folder(&layout.task(&spec.uid))?;
    save(&layout.spec(&spec.uid), spec, Point::TASK_SPEC)
}

/// Reads an attempt's record; `None` if its runner has written none yet.
///
/// # Errors
///
/// [`Error::Json`] if it is broken.
pub(crate) fn load_record(layout: &Layout, task: &Uid, attempt: u32) -> Result<Option<Record>, Error> {
    load(&layout.attempt(task, attempt).record())
}

/// Replaces an attempt's record. Only the holder of the attempt's lock may.
///
/// # Errors
///
/// [`Error::File`].
pub(crate) fn save_record(layout: &Layout, task: &Uid, record: &Record) -> Result<(), Error> {
    save(&layout.attempt(task, record.attempt).record(), record, Point::RECORD)
}

/// Reads a JSON file; `None` where there is none.
pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    match file::read(path)? {
        None => Ok(None),
        Some(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|source| Error::Json { path: path.to_owned(), source }),
    }
}

/// Replaces a JSON file.
pub(crate) fn save(path: &Path, value: &impl Serialize, point: Point) -> Result<(), Error> {
    let bytes = serde_json::to_vec(value).map_err(|source| Error::Json { path: path.to_owned(), source })?;
    Ok(file::replace(path, &bytes, point)?)
}

/// Replaces a JSON file that several processes may write at once, by way of a folder that is the caller's alone.
pub(crate) fn save_by_way_of(own: &Path, path: &Path, value: &impl Serialize, point: Point) -> Result<(), Error> {
    let bytes = serde_json::to_vec(value).map_err(|source| Error::Json { path: path.to_owned(), source })?;
    Ok(file::replace_by_way_of(own, path, &bytes, point)?)
}
