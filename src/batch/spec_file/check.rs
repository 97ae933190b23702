//! From the text of a spec to what it says, with the place of whatever is wrong.

use std::ops::Range;

use toml::de::DeTable;

use super::error::{Problem, Slip};
use super::{KEYS, SpecFile};
use crate::batch::at::At;

/// Groups of keys of which only one can hold.
const ONE_OF: [&[&str]; 3] = [&["command", "shell"], &["inputs", "inputs-from", "csv"], &["base", "with-changes"]];

/// What is wrong, and at which byte.
type Found = (usize, Problem);

/// Reads the text of a spec.
pub(super) fn parse(bytes: &[u8]) -> Result<SpecFile, Slip> {
    let text = std::str::from_utf8(bytes).map_err(|e| (e.valid_up_to(), Problem::NotUtf8));
    text.and_then(read).map_err(|(offset, what)| Slip { at: At::of(bytes, offset), what })
}

fn read(text: &str) -> Result<SpecFile, Found> {
    let table = DeTable::parse(text).map_err(|e| value(&e))?;
    let mut keys: Vec<(&str, Range<usize>)> = table.get_ref().keys().map(|key| (key.get_ref().as_ref(), key.span())).collect();
    keys.sort_by_key(|(_, span)| span.start);
    if let Some((key, span)) = keys.iter().find(|(key, _)| !KEYS.contains(key)) {
        return Err((span.start, Problem::UnknownKey { key: (*key).to_owned(), near: near(key) }));
    }
    for group in ONE_OF {
        let mut there = keys.iter().filter_map(|(key, span)| Some((group.iter().find(|name| *name == key)?, span)));
        if let (Some((first, _)), Some((second, span))) = (there.next(), there.next()) {
            return Err((span.start, Problem::Both { first, second }));
        }
    }
    let find = |name| keys.iter().find(|(key, _)| *key == name);
    if let (Some((_, span)), None) = (find("null"), find("inputs-from")) {
        return Err((span.start, Problem::Alone { key: "null", with: "inputs-from" }));
    }
    if find("command").is_none() && find("shell").is_none() {
        return Err((0, Problem::NoCommand));
    }
    toml::from_str(text).map_err(|e| value(&e))
}

fn value(error: &toml::de::Error) -> Found {
    (error.span().map_or(0, |span| span.start), Problem::Value(error.message().to_owned()))
}

/// The key that somebody may have meant: a third of its letters may differ.
fn near(key: &str) -> Option<&'static str> {
    let key = key.to_lowercase();
    let distance = |known: &&&str| strsim::osa_distance(&key, known);
    KEYS.iter().min_by_key(distance).filter(|known| distance(known) <= known.len().div_ceil(3)).copied()
}
