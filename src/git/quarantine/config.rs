//! What a quarantine takes over from the repository's own configuration: the keys named here, and none else.
//!
//! It is who commits, how files are converted, and how merges come out: that is what makes a task's commits the same as the user's.
//! Nothing that names another repository (`remote`, `url`, `branch`, `credential`, `submodule`), moves the worktree
//! (`core.worktree`), pulls in more (`include`), or runs a program on the way (`alias`, `filter`, `core.fsmonitor`,
//! `core.sshCommand`, editors, pagers). Merge drivers are the exception: a merge without its driver comes out wrong, and they
//! are the user's own programs, run inside the sandbox. Of diff drivers come those that describe, not those that run.
//!
//! What the user's and the system's configuration say reaches the task as ever, where its environment lets it; the keys at the
//! end are set against what must not reach it from there.

use std::path::Path;

use git2::{Config, ConfigEntry, ConfigLevel, ErrorCode, Repository};

use super::alternates::quoted;
use crate::git::Error;
use std::os::unix::ffi::OsStrExt as _;

/// Sections without subsection that are taken as they are.
const SECTIONS: &[&str] = &["author", "committer", "user"];

/// Single keys, in the lower case that libgit2 reports.
const KEYS: &[&str] = &[
    "commit.cleanup",
    "core.abbrev",
    "core.attributesfile",
    "core.autocrlf",
    "core.bigfilethreshold",
    "core.checkroundtripencoding",
    "core.checkstat",
    "core.commentchar",
    "core.commentstring",
    "core.eol",
    "core.excludesfile",
    "core.filemode",
    "core.ignorecase",
    "core.notesref",
    "core.precomposeunicode",
    "core.protecthfs",
    "core.protectntfs",
    "core.quotepath",
    "core.safecrlf",
    "core.symlinks",
    "core.trustctime",
    "core.whitespace",
    "diff.algorithm",
    "diff.context",
    "diff.indentheuristic",
    "diff.mnemonicprefix",
    "diff.noprefix",
    "diff.renamelimit",
    "diff.renames",
    "i18n.commitencoding",
    "i18n.logoutputencoding",
    "index.version",
    "merge.conflictstyle",
    "merge.default",
    "merge.directoryrenames",
    "merge.ff",
    "merge.log",
    "merge.renamelimit",
    "merge.renames",
    "merge.renormalize",
    "pull.ff",
    "pull.rebase",
    "rebase.autosquash",
    "rebase.autostash",
    "rebase.updaterefs",
];

/// The keys of a driver, `diff.<driver>.<key>` and `merge.<driver>.<key>`.
const DRIVER_KEYS: &[(&str, &[&str])] =
    &[("diff", &["algorithm", "binary", "funcname", "wordregex", "xfuncname"]), ("merge", &["driver", "name", "recursive"])];

/// What a quarantine sets for itself. No signing: the keys and their agents are out of the task's reach; landing signs.
const OWN: &str = "[core]
\trepositoryformatversion = 0
\tbare = false
\tlogallrefupdates = true
\tfsmonitor = false
[gc]
\tauto = 0
\tautoDetach = false
[maintenance]
\tauto = false
\tautoDetach = false
[commit]
\tgpgSign = false
[tag]
\tgpgSign = false
";

/// Writes the configuration of a quarantine.
///
/// # Errors
///
/// [`Error::Git`] if the repository's own cannot be read.
pub(super) fn text(main: &Repository) -> Result<Vec<u8>, Error> {
    let failed = |e| Error::of("read the configuration of", main.path().display())(e);
    let config = main.config().and_then(|mut config| config.snapshot()).map_err(failed)?;
    let mut text = Vec::new();
    let mut entries = config.entries(None).map_err(failed)?;
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(failed)?;
        if is_own(entry) && is_allowed(entry.name_bytes()) {
            write(&mut text, entry.name_bytes(), entry.has_value().then(|| entry.value_bytes()));
        }
    }
    write_hooks(&mut text, &config, main.commondir()).map_err(failed)?;
    text.extend_from_slice(OWN.as_bytes());
    Ok(text)
}

/// Tells whether an entry is the repository's, not the user's or the system's.
fn is_own(entry: &ConfigEntry<'_>) -> bool {
    matches!(entry.level(), ConfigLevel::Local | ConfigLevel::Worktree)
}

/// The hooks that run for the user run for the task. Where the user's own configuration says where they are, it says so to the task.
fn write_hooks(text: &mut Vec<u8>, config: &Config, common: &Path) -> Result<(), git2::Error> {
    let name = b"core.hookspath";
    match config.get_entry("core.hookspath") {
        Ok(entry) if is_own(&entry) => write(text, name, entry.has_value().then(|| entry.value_bytes())),
        Ok(_) => {}
        Err(e) if e.code() == ErrorCode::NotFound => write(text, name, Some(common.join("hooks").as_os_str().as_bytes())),
        Err(e) => return Err(e),
    }
    Ok(())
}

fn is_allowed(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else {
        return false;
    };
    match split(name) {
        Some((section, "", _)) => SECTIONS.contains(&section) || KEYS.contains(&name),
        Some((section, _, key)) => DRIVER_KEYS.iter().any(|(s, keys)| *s == section && keys.contains(&key)),
        None => false,
    }
}

/// Section, subsection and key; the subsection may hold dots.
fn split(name: &str) -> Option<(&str, &str, &str)> {
    let (section, rest) = name.split_once('.')?;
    Some(rest.rsplit_once('.').map_or((section, "", rest), |(sub, key)| (section, sub, key)))
}

fn write(text: &mut Vec<u8>, name: &[u8], value: Option<&[u8]>) {
    let name = String::from_utf8_lossy(name);
    let Some((section, subsection, key)) = split(&name) else {
        return;
    };
    text.extend(format!("[{section}").bytes());
    if !subsection.is_empty() {
        text.extend(b" ");
        text.extend(quoted(subsection.as_bytes()));
    }
    text.extend(format!("]\n\t{key}").bytes());
    if let Some(value) = value {
        text.extend(b" = ");
        text.extend(quoted(value));
    }
    text.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_keys_pass() {
        for good in ["user.name", "core.autocrlf", "merge.my.driver.driver", "diff.rust.xfuncname", "committer.email"] {
            assert!(is_allowed(good.as_bytes()), "{good}");
        }
        let bad = [
            "core.worktree",
            "core.fsmonitor",
            "core.sshcommand",
            "core.hookspath",
            "core.bare",
            "include.path",
            "includeif.gitdir:/.path",
            "remote.origin.url",
            "url.x.insteadof",
            "credential.helper",
            "alias.st",
            "filter.lfs.clean",
            "diff.external",
            "diff.x.textconv",
            "diff.x.command",
            "user.x.name",
            "commit.gpgsign",
            "extensions.worktreeconfig",
        ];
        for bad in bad {
            assert!(!is_allowed(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn any_value_reads_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let mut text = Vec::new();
        let values: [&[u8]; 6] = [b" a ; # \"b\" \\ ", b"new\nline\ttab", b"caf\xe9", b"", b"tail\\", b"~/x"];
        for (n, value) in values.iter().enumerate() {
            write(&mut text, format!("merge.a \"{n}\".B\\c.driver").as_bytes(), Some(value));
        }
        write(&mut text, b"core.symlinks", None);
        crate::sys::file::fill(&path, &text).unwrap();
        let config = Config::open(&path).unwrap().snapshot().unwrap();
        for (n, value) in values.iter().enumerate() {
            assert_eq!(config.get_bytes(&format!("merge.a \"{n}\".B\\c.driver")).unwrap(), *value);
        }
        assert!(config.get_bool("core.symlinks").unwrap());
    }
}
