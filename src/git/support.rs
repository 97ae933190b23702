//! What of git takeback cannot do right, and refuses rather than doing it wrong.
//!
//! Refused is what libgit2 gets wrong silently (facts in its issue tracker: #1473 filters, #6880 partial clones, #5813 sparse
//! checkouts) or cannot open at all. It is found before anything runs: by the configuration, by the attributes, by the tree.

use std::collections::HashSet;

use git2::{Config, ErrorClass, ObjectType, Odb, Oid, Repository};

use super::Error;
use super::attributes::{self, Attribute, Rule};
use super::tree::{self, Entry};
use crate::id::TreeId;
use crate::task::RepoPath;

/// A feature that the repository uses and takeback has no right answer for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Unsupported {
    /// Content that Git LFS keeps elsewhere.
    #[error("the repository uses Git LFS ({place})")]
    Lfs {
        /// The file that says so.
        place: String,
    },
    /// Content that a program of the user's converts.
    #[error("the repository uses the filter `{name}` ({place})")]
    Filter {
        /// The filter's name in the configuration.
        name: String,
        /// The file that says so.
        place: String,
    },
    /// Text that is not UTF-8 in the checkout and UTF-8 in git.
    #[error("the repository uses working-tree-encoding={encoding} ({place})")]
    Encoding {
        /// Its name.
        encoding: String,
        /// The file that says so.
        place: String,
    },
    /// A repository within the repository.
    #[error("the repository has a submodule at {path}")]
    Submodule {
        /// Where it is.
        path: RepoPath,
    },
    /// A checkout of a part.
    #[error("the checkout is sparse (core.sparseCheckout)")]
    SparseCheckout,
    /// An index that leaves folders folded.
    #[error("the index is sparse")]
    SparseIndex,
    /// An index in two files.
    #[error("the index is split")]
    SplitIndex,
    /// Objects that are fetched when asked for.
    #[error("the repository is a partial clone ({key})")]
    PartialClone {
        /// The key that says so.
        key: String,
    },
    /// Object ids of 64 digits.
    #[error("the repository uses {name} object ids")]
    ObjectFormat {
        /// The format's name.
        name: String,
    },
    /// Refs kept in another way than as files.
    #[error("the repository keeps its refs as `{name}`")]
    RefStorage {
        /// The way's name.
        name: String,
    },
    /// An extension or a format that came later than this program.
    #[error("the repository uses {name}, which this program does not know")]
    Unknown {
        /// `extensions.…`, or the version.
        name: String,
    },
}

impl Unsupported {
    /// What says so: a file, a path or a key.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Lfs { place } | Self::Filter { place, .. } | Self::Encoding { place, .. } => place.clone(),
            Self::Submodule { path } => path.to_string(),
            Self::SparseCheckout => "core.sparseCheckout".to_owned(),
            Self::SparseIndex | Self::SplitIndex => "index".to_owned(),
            Self::PartialClone { key } => key.clone(),
            Self::ObjectFormat { name } | Self::RefStorage { name } | Self::Unknown { name } => name.clone(),
        }
    }

    /// What the user can do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Lfs { .. } => "work on a clone made with GIT_LFS_SKIP_SMUDGE=1 whose .gitattributes has no filter=lfs".to_owned(),
            Self::Filter { name, .. } => {
                format!("if the filter may stay off here: git config --unset-all filter.{name}.clean, and .smudge, .process")
            }
            Self::Encoding { .. } => "store these files as UTF-8, or without the attribute".to_owned(),
            Self::Submodule { .. } => "hand the task off inside the submodule, or from a commit without it (--base)".to_owned(),
            Self::SparseCheckout => "git sparse-checkout disable, or work on another clone".to_owned(),
            Self::SparseIndex => "git sparse-checkout disable, or git sparse-checkout reapply --no-sparse-index".to_owned(),
            Self::SplitIndex => "git update-index --no-split-index, and git config --unset core.splitIndex".to_owned(),
            Self::PartialClone { .. } => {
                "work on a full clone: git fetch --refetch --no-filter, then git config --unset this key".to_owned()
            }
            Self::ObjectFormat { .. } => "work on a clone with SHA-1 object ids".to_owned(),
            Self::RefStorage { name } if name == "files" => {
                "git config --unset extensions.refStorage: files are git's default".to_owned()
            }
            Self::RefStorage { .. } => "git refs migrate --ref-format=files (git 2.46)".to_owned(),
            Self::Unknown { .. } => "use a newer takeback, or a clone without it".to_owned(),
        }
    }
}

/// Refuses a repository whose checkout or whose tree, read from `odb`, needs what takeback cannot do.
///
/// Every folder of the tree is read, once and raw: about 2 µs each.
///
/// # Errors
///
/// [`Error::Unsupported`] for the first such feature; [`Error::Git`] if configuration or tree is unreadable.
pub(crate) fn refuse(repo: &Repository, odb: &Odb<'_>, tree: TreeId) -> Result<(), Error> {
    let unreadable = || Error::of("read the configuration of", repo.path().display());
    let config = repo.config().and_then(|mut config| config.snapshot()).map_err(unreadable())?;
    refuse_checkout(repo, &config)?;
    if let Some(key) = promisor(&config).map_err(unreadable())? {
        return Err(Unsupported::PartialClone { key }.into());
    }
    let drivers = drivers(&config).map_err(unreadable())?;
    for (path, rules) in attributes::outside(repo)? {
        refuse_rules(&rules, &drivers, || path.display().to_string())?;
    }
    Scan { odb, drivers: &drivers, seen: HashSet::new() }.tree(tree.into(), &RepoPath::default())
}

fn refuse_checkout(repo: &Repository, config: &Config) -> Result<(), Error> {
    let on = |key| config.get_bool(key).unwrap_or(false);
    if on("core.sparseCheckout") {
        return Err(Unsupported::SparseCheckout.into());
    }
    let split = on("core.splitIndex") || has_shared_index(repo);
    if !repo.is_bare() && (split || on("index.sparse")) {
        refuse_index(repo)?;
    }
    Ok(())
}

fn has_shared_index(repo: &Repository) -> bool {
    let names = std::fs::read_dir(repo.path()).into_iter().flatten().flatten();
    names.map(|entry| entry.file_name()).any(|name| name.as_encoded_bytes().starts_with(b"sharedindex."))
}

/// Lets libgit2 read the index: it names the extension that it cannot read.
fn refuse_index(repo: &Repository) -> Result<(), Error> {
    match repo.index().and_then(|mut index| index.read(true)) {
        Err(e) if e.message().contains("'link'") => Err(Unsupported::SplitIndex.into()),
        Err(e) if e.message().contains("'sdir'") => Err(Unsupported::SparseIndex.into()),
        other => other.map_err(Error::of("read the index of", repo.path().display())),
    }
}

/// The key that makes the repository a partial clone.
fn promisor(config: &Config) -> Result<Option<String>, git2::Error> {
    let mut found = None;
    config.entries(Some(r"^remote\..*\.(promisor|partialclonefilter)$"))?.for_each(|entry| {
        if let (Ok(name), value) = (entry.name(), entry.value()) {
            let off = name.ends_with("promisor") && value.is_ok_and(|v| matches!(v, "false" | "no" | "off" | "0"));
            if !off {
                found.get_or_insert_with(|| name.to_owned());
            }
        }
    })?;
    Ok(found)
}

/// The filters that have a program: git takes any other for nothing at all.
pub(super) fn drivers(config: &Config) -> Result<HashSet<String>, git2::Error> {
    let mut found = HashSet::new();
    config.entries(Some(r"^filter\..*\.(clean|smudge|process)$"))?.for_each(|entry| {
        let name = entry.name().ok().and_then(|name| name.strip_prefix("filter.")?.rsplit_once('.'));
        found.extend(name.map(|(name, _)| name.to_owned()));
    })?;
    Ok(found)
}

fn refuse_rules(rules: &[Rule], drivers: &HashSet<String>, place: impl Fn() -> String) -> Result<(), Unsupported> {
    rules.iter().flat_map(|rule| &rule.gives).try_for_each(|attribute| refuse_attribute(attribute, drivers, &place))
}

fn refuse_attribute(attribute: &Attribute, drivers: &HashSet<String>, place: &impl Fn() -> String) -> Result<(), Unsupported> {
    let Some(value) = attribute.value.as_ref().map(|value| String::from_utf8_lossy(value).into_owned()) else {
        return Ok(());
    };
    match attribute.name.as_slice() {
        b"filter" if value == "lfs" => Err(Unsupported::Lfs { place: place() }),
        b"filter" if drivers.contains(&value) => Err(Unsupported::Filter { name: value, place: place() }),
        b"working-tree-encoding" if !is_utf8(&value) => Err(Unsupported::Encoding { encoding: value, place: place() }),
        _ => Ok(()),
    }
}

pub(super) fn is_utf8(name: &str) -> bool {
    name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8")
}

struct Scan<'a> {
    odb: &'a Odb<'a>,
    drivers: &'a HashSet<String>,
    seen: HashSet<Oid>,
}

impl Scan<'_> {
    fn tree(&mut self, tree: Oid, folder: &RepoPath) -> Result<(), Error> {
        if !self.seen.insert(tree) {
            return Ok(());
        }
        let object = tree::read(self.odb, tree, ObjectType::Tree)?;
        for (name, entry) in tree::parse(tree, object.data())? {
            self.entry(entry, folder, name)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: Entry, folder: &RepoPath, name: &[u8]) -> Result<(), Error> {
        match entry.mode {
            tree::FOLDER => self.tree(entry.id, &folder.join(name)),
            tree::GITLINK => Err(Unsupported::Submodule { path: folder.join(name) }.into()),
            tree::LINK => Ok(()),
            _ if name == b".gitattributes" => {
                let object = tree::read(self.odb, entry.id, ObjectType::Blob)?;
                let place = || folder.join(name).to_string();
                Ok(refuse_rules(&attributes::parse(object.data()), self.drivers, place)?)
            }
            _ => Ok(()),
        }
    }
}

/// Names the feature for which libgit2 would not even open a repository.
pub(super) fn of_open(error: &git2::Error, config: Option<&Config>) -> Option<Unsupported> {
    if error.class() != ErrorClass::Repository {
        return None;
    }
    let message = error.message();
    let value = |key| config.and_then(|config| config.get_string(key).ok());
    if let Some(name) = message.strip_prefix("unknown object format ") {
        return Some(Unsupported::ObjectFormat { name: name.trim_matches('\'').to_owned() });
    }
    if let Some(key) = message.strip_prefix("unsupported extension name ") {
        return Some(match key.to_ascii_lowercase().as_str() {
            "extensions.refstorage" => Unsupported::RefStorage { name: value(key).unwrap_or_default() },
            "extensions.partialclone" => Unsupported::PartialClone { key: key.to_owned() },
            _ => Unsupported::Unknown { name: key.to_owned() },
        });
    }
    message.starts_with("unsupported repository version").then(|| Unsupported::Unknown { name: message.to_owned() })
}

#[cfg(test)]
#[path = "support_tests.rs"]
mod tests;
