//! Making a commit, in a private store of objects.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use git2::{Commit, ObjectType, Oid, Repository, Signature};

use super::{Error, Intake};
use crate::sys::command;

/// A commit to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewCommit<'a> {
    /// What it holds.
    pub(crate) tree: Oid,
    /// What it follows.
    pub(crate) parents: &'a [Oid],
    /// Its text, with a line end.
    pub(crate) message: &'a [u8],
    /// Whose work it is; the user's where there is none.
    pub(crate) origin: Option<&'a Origin>,
}

impl<'a> NewCommit<'a> {
    /// A commit with a text of ours.
    pub(crate) fn new(tree: Oid, parents: &'a [Oid], message: &'a str) -> Self {
        Self { tree, parents, message: message.as_bytes(), origin: None }
    }
}

/// What a commit takes over from another, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Who, and when: the value of its header `author`.
    author: Vec<u8>,
    /// How its text is encoded, where that is not UTF-8.
    encoding: Option<Vec<u8>>,
}

impl Origin {
    /// Reads whose work a commit is.
    pub(crate) fn of(commit: &Commit<'_>) -> Self {
        let header = |key: &[u8]| {
            let lines = commit.raw_header_bytes().split(|b| *b == b'\n');
            lines.filter_map(|line| line.strip_prefix(key)).map(<[u8]>::to_vec).next()
        };
        Self { author: header(b"author ").unwrap_or_default(), encoding: header(b"encoding ") }
    }

    /// Tells git, or a hook of its, who the author is.
    pub(crate) fn tell(&self, git: &mut Command) {
        let text = |bytes: &[u8]| OsStr::from_bytes(bytes.trim_ascii()).to_owned();
        let end = self.author.iter().rposition(|b| *b == b'>').unwrap_or_default();
        let start = self.author[..end].iter().position(|b| *b == b'<').unwrap_or_default();
        git.env("GIT_AUTHOR_NAME", text(&self.author[..start]));
        git.env("GIT_AUTHOR_EMAIL", text(&self.author[(start + 1).min(end)..end]));
        git.env("GIT_AUTHOR_DATE", text(&[b"@", self.author.get(end + 1..).unwrap_or_default().trim_ascii()].concat()));
    }
}

/// Makes a commit by the program itself: a fixed identity, never signed. Captured results are made so.
///
/// # Errors
///
/// [`Error::Git`] if it cannot be written.
pub(crate) fn by_takeback(intake: &Intake, new: &NewCommit<'_>, at_second: i64) -> Result<Oid, Error> {
    let who = Signature::new("takeback", "takeback@localhost", &git2::Time::new(at_second, 0));
    let who = header(&who.map_err(Error::of("make", "a signature"))?);
    write(intake, new, (&who, &who))
}

/// Makes a commit by the user, without a signature: what may never be published, or is to be signed in the end.
///
/// # Errors
///
/// [`Error::Git`] if git does not know who commits.
pub(crate) fn draft(main: &Repository, intake: &Intake, new: &NewCommit<'_>) -> Result<Oid, Error> {
    let committer = header(&main.committer_from_env().map_err(Error::of("tell", "the committer"))?);
    let author = match new.origin {
        Some(origin) => origin.author.clone(),
        None => header(&main.author_from_env().map_err(Error::of("tell", "the author"))?),
    };
    write(intake, new, (&author, &committer))
}

/// Tells whether the user wants commits signed: `commit.gpgSign`.
pub(crate) fn is_signing(main: &Repository) -> bool {
    main.config().and_then(|c| c.get_bool("commit.gpgSign")).unwrap_or(false)
}

/// Makes a commit by the user, signed where `commit.gpgSign` says so.
///
/// # Errors
///
/// [`Error::Git`] if git does not know who commits; [`Error::Signing`] if it cannot be signed.
pub(crate) fn by_user(main: &Repository, intake: &Intake, new: &NewCommit<'_>) -> Result<Oid, Error> {
    if is_signing(main) { signed(main, intake, new) } else { draft(main, intake, new) }
}

/// A commit is text: its headers, an empty line, its message.
fn write(intake: &Intake, new: &NewCommit<'_>, (author, committer): (&[u8], &[u8])) -> Result<Oid, Error> {
    let repo = intake.repo();
    repo.find_tree(new.tree).map_err(Error::of("read", new.tree))?;
    for parent in new.parents {
        repo.find_commit(*parent).map_err(Error::of("read", parent))?;
    }
    let mut text = Vec::new();
    let mut header = |key: &str, value: &[u8]| {
        text.extend_from_slice(key.as_bytes());
        text.push(b' ');
        text.extend_from_slice(value);
        text.push(b'\n');
    };
    header("tree", new.tree.to_string().as_bytes());
    for parent in new.parents {
        header("parent", parent.to_string().as_bytes());
    }
    header("author", author);
    header("committer", committer);
    if let Some(encoding) = new.origin.and_then(|o| o.encoding.as_deref()) {
        header("encoding", encoding);
    }
    text.push(b'\n');
    text.extend_from_slice(new.message);
    intake.write(ObjectType::Commit, &text)
}

fn header(who: &Signature<'_>) -> Vec<u8> {
    let minutes = who.when().offset_minutes();
    let sign = if minutes < 0 { '-' } else { '+' };
    let when = format!("> {} {sign}{:02}{:02}", who.when().seconds(), minutes.abs() / 60, minutes.abs() % 60);
    [who.name_bytes(), b" <", who.email_bytes(), when.as_bytes()].concat()
}

/// The one place for signatures: libgit2 makes none.
fn signed(main: &Repository, intake: &Intake, new: &NewCommit<'_>) -> Result<Oid, Error> {
    let message = intake.passing_file("message", new.message)?;
    let mut git = command::git(main.path());
    for (name, value) in std::env::vars_os().filter(|(name, _)| is_identity(name)) {
        git.env(name, value);
    }
    if let Some(origin) = new.origin {
        origin.tell(&mut git);
        if let Some(encoding) = &origin.encoding {
            git.arg("-c").arg(OsStr::from_bytes(&[b"i18n.commitEncoding=", &encoding[..]].concat()));
        }
    }
    git.args(["commit-tree", "-S", "-F"]).arg(&message);
    for parent in new.parents {
        git.arg("-p").arg(parent.to_string());
    }
    git.arg(new.tree.to_string())
        .env("GIT_OBJECT_DIRECTORY", intake.objects())
        .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", main.commondir().join("objects"));
    let output = command::run(&mut git)?;
    if !output.status.success() {
        return Err(Error::Signing { why: command::said(&output) });
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Oid::from_str(text.trim()).map_err(Error::of("read the id of", "a signed commit"))
}

fn is_identity(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("GIT_AUTHOR_") || name.starts_with("GIT_COMMITTER_")
}
