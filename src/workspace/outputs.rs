//! STOPGAP
use super::Error;
use crate::sys::file;
use crate::task::{Output, RepoPath};
use std::path::{Path, PathBuf};
pub(crate) fn keep(root: &Path, outputs: Vec<Output>, to: &Path, _cap: u64) -> Result<Vec<Output>, Error> {
    let mut kept = vec![];
    for mut o in outputs {
        let target = to.join(o.path.as_path());
        if let Some(p) = target.parent() {
            file::make_folder(p)?;
        }
        drop(std::fs::rename(root.join(o.path.as_path()), &target));
        o.kept = true;
        kept.push(o);
    }
    Ok(kept)
}
pub(crate) fn copy(from: &Path, paths: &[RepoPath], to: &Path) -> Result<Vec<PathBuf>, file::Error> {
    let mut done = vec![];
    for p in paths {
        let target = to.join(p.as_path());
        if let Some(f) = target.parent() {
            file::make_folder(f)?;
        }
        std::fs::copy(from.join(p.as_path()), &target).map_err(file::Error::of("copy", &target))?;
        done.push(target);
    }
    Ok(done)
}
