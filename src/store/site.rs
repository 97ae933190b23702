//! A repository in which takeback works: opened to read, or made ready to write.

use std::path::{Path, PathBuf};

use git2::Repository;

use super::format::{Format, Home};
use super::{Layout, format, state_dir};
use crate::config::{self, Config};
use crate::git::{self, repo};
use crate::id::Uid;
use crate::sys::file;
use crate::sys::lock::{self, Lock};

/// The repository, its configuration, and where our things are.
pub(crate) struct Site {
    /// Opened where the command was typed: the main checkout, a linked worktree, or bare.
    pub(crate) repo: Repository,
    /// Where our things are.
    pub(crate) layout: Layout,
    /// The values that hold here.
    pub(crate) config: Config,
    format: Option<Format>,
    home: Home,
}

/// The repository cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] git::Error),
    /// Its configuration is wrong.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// Another version wrote our folder.
    #[error(transparent)]
    Format(#[from] format::Error),
    /// There is no place for worktrees.
    #[error(transparent)]
    StateDir(#[from] state_dir::Error),
    /// Our folder cannot be made.
    #[error(transparent)]
    File(#[from] file::Error),
    /// Another process is writing.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// It has no checkout.
    #[error("{0:?} is a bare repository")]
    Bare(PathBuf),
}

impl Site {
    /// Opens the repository that `dir` lies in, to read.
    ///
    /// # Errors
    ///
    /// [`Error::Open`] if there is none; [`Error::Format`] if a version wrote our folder that we cannot read.
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        let repo = repo::open(dir)?;
        let common = repo.commondir().canonicalize().unwrap_or_else(|_| repo.commondir().to_owned());
        let layout = Layout::new(&common);
        let config = Config::load(&repo)?;
        let format = Format::load(&layout)?;
        let home = format.as_ref().map_or(Home::Same, |f| f.home(&layout));
        Ok(Self { repo, layout, config, format, home })
    }

    /// Makes our folder ready to write: the first time, after a move, and after a copy, which gets an id of its own. Returns what
    /// the user should know.
    ///
    /// # Errors
    ///
    /// [`Error::Format`] if a newer version wrote it.
    pub(crate) fn prepare_to_write(&mut self) -> Result<Option<String>, Error> {
        if let Some(format) = &self.format {
            format.check_writable(&self.layout)?;
        }
        if self.format.is_some() && self.home == Home::Same {
            return Ok(None);
        }
        file::make_folder(&self.layout.locks())?;
        file::make_folder(&self.layout.tasks())?;
        let _lock = Lock::acquire(&self.layout.writer_lock())?;
        // Another command may have done it meanwhile.
        self.format = Format::load(&self.layout)?;
        if let Some(format) = &self.format {
            format.check_writable(&self.layout)?;
            self.home = format.home(&self.layout);
        }
        let (format, note) = match (&self.format, &self.home) {
            (Some(_), Home::Same) => return Ok(None),
            (None, _) => (Format::fresh(self.layout.common()), None),
            (Some(old), Home::Moved) => {
                let note = format!("the repository was moved here from {}", old.common_dir);
                (Format { common_dir: self.layout.common().into(), ..old.clone() }, Some(note))
            }
            (Some(old), Home::Copied) => {
                let note = format!(
                    "this repository is a copy of {}: it works on its own from here on, and tasks that were under way in the original \
                     are called unknown here",
                    old.common_dir
                );
                (Format::fresh(self.layout.common()), Some(note))
            }
        };
        format.save(&self.layout)?;
        self.format = Some(format);
        self.home = Home::Same;
        Ok(note)
    }

    /// The repository's random id; `None` where takeback never wrote anything.
    pub(crate) fn repository(&self) -> Option<&Uid> {
        self.format.as_ref().map(|f| &f.repository)
    }

    /// Whether this is a copy that was not written to yet: what runs, runs in the original.
    pub(crate) fn is_fresh_copy(&self) -> bool {
        self.home == Home::Copied
    }

    /// The root of the checkout where the command was typed.
    ///
    /// # Errors
    ///
    /// [`Error::Bare`].
    pub(crate) fn work_dir(&self) -> Result<&Path, Error> {
        self.repo.workdir().ok_or_else(|| Error::Bare(self.repo.path().to_owned()))
    }

    /// The root of the main checkout; where the repository is bare, the git dir itself.
    pub(crate) fn main_work_dir(&self) -> PathBuf {
        let common = self.layout.common();
        match common.file_name() {
            Some(name) if name == ".git" => common.parent().unwrap_or(common).to_owned(),
            _ => self.repo.workdir().filter(|_| !self.repo.is_worktree()).unwrap_or(common).to_owned(),
        }
    }

    /// The folder that worktrees of all repositories will be in, as far as that can be told without making it; without links.
    pub(crate) fn likely_state_dir(&self) -> PathBuf {
        state_dir::likely(&self.main_work_dir(), self.config.state_dir.as_deref())
    }

    /// The folder for worktrees, made if need be.
    ///
    /// # Errors
    ///
    /// [`Error::StateDir`].
    pub(crate) fn state_dir(&self) -> Result<state_dir::StateDir, Error> {
        let fresh = Uid::random();
        let repository = self.repository().unwrap_or(&fresh);
        Ok(state_dir::find(repository, &self.main_work_dir(), self.config.state_dir.as_deref())?)
    }
}
