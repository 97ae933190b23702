//! Git attributes, as far as takeback has to know of them: whether a rule *could* give one to a path.
//!
//! Which rule wins is git's business. A rule that could match a path and names an attribute is enough here to leave the path to git,
//! or to refuse it; so patterns are matched generously, and a later `-eol` does not undo an earlier `eol=crlf`.

use std::path::{Path, PathBuf};

use git2::Repository;

use super::Error;
use crate::sys::file;
use crate::task::RepoPath;

/// Where git looks last, unless it was built otherwise.
const SYSTEM: &str = "/etc/gitattributes";

/// One line of an attributes file: a pattern, and what it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pattern: Pattern,
    /// The attributes in the order of the line, `binary` and other macros by their own name.
    pub(crate) gives: Vec<Attribute>,
}

/// What a line says of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// Its name.
    pub(crate) name: Vec<u8>,
    /// Its value: `None` where it is merely set; an attribute that is unset (`-name`, `!name`) is not listed.
    pub(crate) value: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    /// `[attr]name`: gives what it gives to whatever is given `name`.
    Macro(Vec<u8>),
    /// Files whose name ends so, at any depth: `*.txt`.
    Ends(Vec<u8>),
    /// Files of this name, at any depth.
    Named(Vec<u8>),
    /// Anything else: taken to match every path.
    Any,
}

impl Rule {
    /// Tells whether the rule could be for a path: wrong only by saying yes.
    pub(crate) fn may_match(&self, path: &RepoPath) -> bool {
        let name = path.file_name();
        match &self.pattern {
            Pattern::Ends(end) => name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end),
            Pattern::Named(wanted) => name.eq_ignore_ascii_case(wanted),
            Pattern::Any => true,
            Pattern::Macro(_) => false,
        }
    }

    /// The attribute whose definition the rule is, if it is one.
    pub(crate) fn defines(&self) -> Option<&[u8]> {
        if let Pattern::Macro(name) = &self.pattern { Some(name) } else { None }
    }
}

/// Reads an attributes file.
pub(crate) fn parse(text: &[u8]) -> Vec<Rule> {
    text.split(|b| *b == b'\n').filter_map(rule).collect()
}

fn rule(line: &[u8]) -> Option<Rule> {
    let line = line.trim_ascii();
    if line.is_empty() || line.starts_with(b"#") {
        return None;
    }
    let (pattern, rest) = split_pattern(line);
    let gives: Vec<_> = rest.split(u8::is_ascii_whitespace).filter_map(attribute).collect();
    (!gives.is_empty()).then(|| Rule { pattern: pattern_of(pattern), gives })
}

/// A pattern ends at white space, but for one in quotes.
fn split_pattern(line: &[u8]) -> (&[u8], &[u8]) {
    let end = if line.starts_with(b"\"") {
        let mut escaped = false;
        let closing = line[1..].iter().position(|b| {
            let closes = *b == b'"' && !escaped;
            escaped = *b == b'\\' && !escaped;
            closes
        });
        closing.map_or(line.len(), |n| n + 2)
    } else {
        line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len())
    };
    line.split_at(end)
}

fn pattern_of(text: &[u8]) -> Pattern {
    let plain = |text: &[u8]| !text.is_empty() && !text.iter().any(|b| b"*?[\\\"/".contains(b));
    match (text.strip_prefix(b"[attr]"), text.strip_prefix(b"*")) {
        (Some(name), _) => Pattern::Macro(name.to_vec()),
        (_, Some(end)) if plain(end) => Pattern::Ends(end.to_vec()),
        _ if plain(text) => Pattern::Named(text.to_vec()),
        _ => Pattern::Any,
    }
}

fn attribute(word: &[u8]) -> Option<Attribute> {
    if word.is_empty() || word.starts_with(b"-") || word.starts_with(b"!") {
        return None;
    }
    let (name, value) = match word.iter().position(|b| *b == b'=') {
        Some(n) => (&word[..n], Some(word[n + 1..].to_vec())),
        None => (word, None),
    };
    Some(Attribute { name: name.to_vec(), value })
}

/// Reads the attributes files that belong to no tree: `info/attributes`, the user's own, the system's. Those that cannot be read
/// git passes over too.
///
/// # Errors
///
/// [`Error::Git`] if the configuration is unreadable.
pub(crate) fn outside(repo: &Repository) -> Result<Vec<(PathBuf, Vec<Rule>)>, Error> {
    let config = repo.config().map_err(Error::of("read the configuration of", repo.path().display()))?;
    let users = config.get_path("core.attributesFile").ok().or_else(default_users);
    let files = [Some(repo.commondir().join("info/attributes")), users, Some(Path::new(SYSTEM).to_owned())];
    let read = |path: PathBuf| file::read(&path).ok().flatten().map(|text| (path, parse(&text)));
    Ok(files.into_iter().flatten().filter_map(read).collect())
}

fn default_users() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("git/attributes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<String> {
        parse(line.as_bytes())
            .iter()
            .flat_map(|rule| &rule.gives)
            .map(|a| String::from_utf8_lossy(&[&a.name[..], a.value.as_deref().unwrap_or(b"-")].join(&b'=')).into_owned())
            .collect()
    }

    #[test]
    fn a_line_gives_what_it_sets_and_not_what_it_unsets() {
        for (line, expected) in [
            ("*.txt text eol=crlf", vec!["text=-", "eol=crlf"]),
            ("*.bin -text !eol filter", vec!["filter=-"]),
            ("# *.txt eol=crlf", vec![]),
            ("  *.psd\tfilter=lfs diff=lfs -text\r", vec!["filter=lfs", "diff=lfs"]),
            ("\"a filter=x\" ident", vec!["ident=-"]),
            ("\"a \\\" filter=x\" ident", vec!["ident=-"]),
            ("\"open filter=x", vec![]),
            ("*", vec![]),
        ] {
            assert_eq!(names(line), expected, "{line}");
        }
    }

    #[test]
    fn a_pattern_is_matched_generously() {
        let may = |line: &str, path: &str| parse(line.as_bytes())[0].may_match(&RepoPath::from(path));
        for (line, yes, no) in
            [("*.bat eol=crlf", "a/b.BAT", "a/bat"), ("Makefile ident", "x/Makefile", "x/Makefile.in"), ("*bat ident", "abat", "b")]
        {
            assert!(may(line, yes), "{line} {yes}");
            assert!(!may(line, no), "{line} {no}");
        }
        for line in ["* ident", "/a ident", "a/b ident", "**/x ident", "*.[ch] ident", "\"a\" ident", "a\\b ident"] {
            assert!(may(line, "anything/at.all"), "{line}");
        }
    }
}
