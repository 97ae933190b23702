//! The demo's repository: a small real project, shipped in the program.

use std::path::{Path, PathBuf};

use crate::engine::{Error, ErrorKind};
use crate::sys::command;

macro_rules! files {
    ($($path:literal),* $(,)?) => { &[$(($path, include_str!(concat!("project/", $path)))),*] };
}

const FILES: &[(&str, &str)] = files![
    "README.md",
    "gitignore",
    "run_all.sh",
    "code/figure.py",
    "code/yearly.R",
    "data/2021.csv",
    "data/2022.csv",
    "data/2023.csv",
    "tools/check-dates.sh",
    "tools/iso-dates.sh",
    "tools/micromol.sh",
];

/// What the repository needs so that the demo does the same under any user's configuration.
const SETTINGS: &[(&str, &str)] = &[
    ("user.name", "Demo"),
    ("user.email", "demo@example.org"),
    ("commit.gpgSign", "false"),
    ("core.autocrlf", "false"),
    ("core.hooksPath", ".git/hooks"),
];

/// A temporary folder with the repository and everything that takeback puts beside it.
pub(super) struct Project {
    folder: PathBuf,
}

impl Project {
    /// Makes the folder, the files and their first commit. The folder stays when the program ends.
    pub(super) fn make() -> Result<Self, Error> {
        let made = tempfile::Builder::new().prefix("takeback-demo-").tempdir();
        let folder = made.map_err(|e| Error::new(ErrorKind::Io, "cannot make a temporary folder").because(e))?;
        let project = Self { folder: folder.keep() };
        project.write_files().map_err(|e| {
            let folder = project.folder.display();
            Error::new(ErrorKind::Io, format!("cannot write to {folder}")).about(folder).because(e)
        })?;
        project.commit()?;
        Ok(project)
    }

    /// The folder that holds everything.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The checkout.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.join("river")
    }

    fn write_files(&self) -> std::io::Result<()> {
        for (path, text) in FILES {
            let name = if *path == "gitignore" { ".gitignore" } else { path };
            let file = self.root().join(name);
            std::fs::create_dir_all(file.parent().unwrap_or(&self.folder))?;
            #[expect(clippy::disallowed_methods, reason = "a new file in a folder that nobody else knows")]
            std::fs::write(file, text)?;
        }
        Ok(())
    }

    fn commit(&self) -> Result<(), Error> {
        self.git(&["init", "-q", "-b", "main", "--template="])?;
        for (key, value) in SETTINGS {
            self.git(&["config", key, value])?;
        }
        let state = self.folder.join("state");
        self.git(&["config", "takeback.stateDir", &state.to_string_lossy()])?;
        // Forced: what the user ignores everywhere must not leave a hole here.
        self.git(&["add", "-A", "--force"])?;
        self.git(&["commit", "-q", "-m", "River samples 2021 to 2023"]).map(drop)
    }

    /// Runs git in the checkout and returns what it wrote.
    pub(super) fn git(&self, args: &[&str]) -> Result<String, Error> {
        let output = command::output(command::new("git").current_dir(self.root()).args(args));
        let output = output.map_err(|e| Error::new(ErrorKind::Command, "git does not do what the demo needs").because(e))?;
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    /// All that the user could look at: the branch's commit, the index, what git says of the files.
    pub(super) fn picture(&self) -> Result<String, Error> {
        let commands: [&[&str]; 3] = [&["rev-parse", "HEAD"], &["ls-files", "--stage"], &["status", "--porcelain"]];
        commands.iter().map(|args| self.git(args)).collect()
    }
}
