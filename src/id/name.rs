//! Names for people, and the prefixes that stand for them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const MAX: usize = 40;

/// What a user calls a task or a batch: `[a-z0-9][a-z0-9-]{0,39}`, with `.n` behind it for the n-th task of a batch.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// The text cannot be a [`Name`].
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a name: one to {MAX} characters a-z, 0-9 and -, not starting with -")]
pub struct BadName(String);

impl BadName {
    /// What was to be a name.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Name {
    /// Makes a name of any text: other characters become `-`, the text is cut, and `task` stands in where nothing is left.
    pub fn slug(text: &str) -> Self {
        let mut slug = String::new();
        for c in text.chars().map(|c| c.to_ascii_lowercase()) {
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(MAX - 8);
        let slug = slug.trim_matches('-');
        Self(if slug.is_empty() { "task".to_owned() } else { slug.to_owned() })
    }

    /// Returns this name, or the first of `name-2`, `name-3` … that is not `taken`.
    #[must_use]
    pub fn free(self, taken: impl Fn(&Self) -> bool) -> Self {
        if !taken(&self) {
            return self;
        }
        let mut n = 2_u64;
        loop {
            let next = Self(format!("{}-{n}", self.0));
            if !taken(&next) {
                return next;
            }
            n += 1;
        }
    }

    /// The name of a batch's n-th task, from 1.
    pub(crate) fn member(&self, n: usize) -> Self {
        Self(format!("{}.{n}", self.0))
    }

    /// Tells whether it is the name of a task of a batch.
    pub(crate) fn is_member(&self) -> bool {
        self.0.contains('.')
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_word(text: &str) -> bool {
    (1..=MAX).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_name(text: &str) -> bool {
    match text.split_once('.') {
        Some((batch, n)) => is_word(batch) && !n.is_empty() && n.len() <= 9 && n.bytes().all(|b| b.is_ascii_digit()),
        None => is_word(text),
    }
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        if is_name(text) { Ok(Self(text.to_owned())) } else { Err(BadName(text.to_owned())) }
    }
}

impl TryFrom<String> for Name {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({})", self.0)
    }
}

/// What a text typed by a user stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resolved<T> {
    /// Exactly one thing: by its full text, or by a prefix that fits no other.
    One(T),
    /// Nothing.
    None,
    /// Several things, none of them exactly; in the order given.
    Ambiguous(Vec<T>),
}

/// Finds what `text` stands for among `all`: an exact match beats a prefix.
pub(crate) fn resolve<'a, T>(text: &str, all: impl Iterator<Item = (&'a str, T)>) -> Resolved<T> {
    let mut found = Vec::new();
    for (name, thing) in all {
        if name == text {
            return Resolved::One(thing);
        }
        if !text.is_empty() && name.starts_with(text) {
            found.push(thing);
        }
    }
    match found.len() {
        0 => Resolved::None,
        1 => found.pop().map_or(Resolved::None, Resolved::One),
        _ => Resolved::Ambiguous(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_a_ref_and_a_shell_take_without_quotes() {
        for good in ["a", "sed-2", "0", "tables.17", &"x".repeat(40)] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a b", "a/b", "a.b", "a.", ".1", "a.1.2", "a.lock", "é", &"x".repeat(41)] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }

    #[test]
    fn any_text_gives_a_name() {
        for (text, name) in [("sed", "sed"), ("./fix Tables.sh", "fix-tables-sh"), ("--", "task"), ("Ünïcode", "n-code")] {
            assert_eq!(Name::slug(text).as_str(), name);
            assert!(Name::slug(text).as_str().parse::<Name>().is_ok());
        }
    }

    #[test]
    fn a_taken_name_gets_the_first_free_suffix() {
        let taken = ["sed", "sed-2"];
        assert_eq!(Name::slug("sed").free(|n| taken.contains(&n.as_str())).as_str(), "sed-3");
    }

    #[test]
    fn an_exact_match_beats_a_prefix_and_two_prefixes_are_refused() {
        let all = || ["sed", "sed-2", "awk"].into_iter().map(|n| (n, n));
        assert_eq!(resolve("sed", all()), Resolved::One("sed"));
        assert_eq!(resolve("a", all()), Resolved::One("awk"));
        assert_eq!(resolve("se", all()), Resolved::Ambiguous(vec!["sed", "sed-2"]));
        assert_eq!(resolve("x", all()), Resolved::None);
        assert_eq!(resolve("", all()), Resolved::None);
    }
}
