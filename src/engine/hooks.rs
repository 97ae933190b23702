//! Installing our hooks, removing them, and looking how they stand.

use super::{Engine, Error, ErrorKind};
use crate::hooks::{self, Folder, How, Ledger, Standing};
use crate::task::Text;

/// One of our hooks, and how it stands in a folder.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Hook {
    /// What git calls it.
    pub name: &'static str,
    /// Its place.
    pub path: Text,
    /// What is there: `installed`, `outdated`, `edited`, `foreign` or `absent`.
    pub state: &'static str,
    /// The hook that was there before ours, which calls it; `None` where there was none.
    pub before: Option<Text>,
    /// Whether git looks there now.
    pub used: bool,
    /// What was done, or would be: `installed`, `updated`, `removed` or `nothing`; absent where it was only looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<&'static str>,
}

impl Engine {
    /// Looks at every hook of ours: where git looks for hooks now, and where one was installed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if the list of what was installed is unreadable.
    pub fn hooks(&self) -> Result<Vec<Hook>, Error> {
        let folder = Folder::find(&self.site)?;
        let ledger = Ledger::load(&self.site.layout)?;
        Ok(hooks::all(&folder, &ledger)?.iter().map(|standing| Hook::of(standing, None)).collect())
    }

    /// Decides what installing our hooks would do.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Hook`] where a hook cannot be put in place, or, unless `force`, where the folder is not the repository's own.
    pub fn plan_hooks_install(&self, force: bool) -> Result<Vec<Hook>, Error> {
        self.install(How { force, dry_run: true })
    }

    /// Installs our hooks. A hook that is there already stays in work: ours calls it.
    ///
    /// # Errors
    ///
    /// As [`Self::plan_hooks_install`]; nothing is changed then.
    pub fn hooks_install(&mut self, force: bool) -> Result<Vec<Hook>, Error> {
        self.install(How { force, dry_run: false })
    }

    fn install(&self, how: How) -> Result<Vec<Hook>, Error> {
        let done = hooks::install(&self.site.layout, &Folder::find(&self.site)?, how)?;
        Ok(done.iter().map(|(standing, done)| Hook::of(standing, Some(done.word()))).collect())
    }

    /// Decides what removing our hooks would do.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Hook`] where one was edited.
    pub fn plan_hooks_remove(&self) -> Result<Vec<Hook>, Error> {
        self.remove(How { dry_run: true, ..How::default() })
    }

    /// Removes our hooks; a hook that was there before is back at its place, the same file.
    ///
    /// # Errors
    ///
    /// As [`Self::plan_hooks_remove`]; nothing is changed then.
    pub fn hooks_remove(&mut self) -> Result<Vec<Hook>, Error> {
        self.remove(How::default())
    }

    fn remove(&self, how: How) -> Result<Vec<Hook>, Error> {
        let done = hooks::remove(&self.site.layout, &Folder::find(&self.site)?, how)?;
        Ok(done.iter().map(|(standing, done)| Hook::of(standing, Some(done.word()))).collect())
    }
}

impl Hook {
    fn of(standing: &Standing, done: Option<&'static str>) -> Self {
        Self {
            name: standing.script.name,
            path: standing.path.as_path().into(),
            state: standing.state.word(),
            before: standing.before.then(|| standing.kept.as_path().into()),
            used: standing.used,
            done,
        }
    }
}

impl From<hooks::Error> for Error {
    fn from(e: hooks::Error) -> Self {
        let message = e.to_string();
        let new = |path: &std::path::Path| Self::new(ErrorKind::Hook, &message).about(path.display());
        match e {
            hooks::Error::Off(path) => new(&path).hint("`git config --show-origin core.hooksPath` shows who says so"),
            hooks::Error::NotOwn { folder, .. } => new(&folder).hint("`takeback hooks install --force` puts it there all the same"),
            hooks::Error::Edited(path) => {
                new(&path).hint(format!("keep your lines and take it away: mv '{0}' '{0}.mine'; then try again", path.display()))
            }
            hooks::Error::InTheWay { hook, kept } => {
                new(&hook).hint(format!("look at both, and move the second away: mv '{0}' '{0}.old'", kept.display()))
            }
            hooks::Error::Json { path, source } => Self::new(ErrorKind::Damaged, message).about(path.display()).because(source),
            hooks::Error::Git(e) => e.into(),
            hooks::Error::Lock(e) => e.into(),
            hooks::Error::File(e) => e.into(),
        }
    }
}
