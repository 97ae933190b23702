//! Values of a spec that may be written in more than one way.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, IntoDeserializer as _, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::config::parse_duration;

/// What is tried before the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    /// So many of the inputs.
    Count(u32),
    /// So many in a hundred, from 1 to 100.
    Percent(u32),
    /// These inputs.
    Inputs(Vec<String>),
}

impl Sample {
    /// Reads the words of `--sample`: a number, a share such as `10%`, or inputs.
    pub(crate) fn of_words(words: &[String]) -> Option<Self> {
        let [word] = words else { return Some(Self::Inputs(words.to_vec())).filter(|_| !words.is_empty()) };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match word.strip_suffix('%') {
            Some(share) if is_number(share) => share.parse().ok().filter(|share| (1..=100).contains(share)).map(Self::Percent),
            None if is_number(word) => word.parse().ok().filter(|count| *count > 0).map(Self::Count),
            _ => Some(Self::Inputs(words.to_vec())).filter(|_| !word.is_empty()),
        }
    }
}

impl Serialize for Sample {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => to.serialize_u32(*count),
            Self::Percent(share) => to.serialize_str(&format!("{share}%")),
            Self::Inputs(inputs) => inputs.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Sample {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SampleVisitor)
    }
}

struct SampleVisitor;

impl<'de> Visitor<'de> for SampleVisitor {
    type Value = Sample;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of inputs, a share of them such as \"10%\", or a list of inputs")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Sample, E> {
        let count = u32::try_from(number).ok().filter(|count| *count > 0);
        count.map(Sample::Count).ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    /// JSON's numbers without a sign.
    fn visit_u64<E: Error>(self, number: u64) -> Result<Sample, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Sample, E> {
        Sample::of_words(&[text.to_owned()]).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Sample, A::Error> {
        let inputs = all::<String, A>(list)?;
        if inputs.is_empty() { Err(A::Error::invalid_length(0, &self)) } else { Ok(Sample::Inputs(inputs)) }
    }
}

/// Reads a string or a list of them.
pub(super) fn strings<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    from.deserialize_any(ListOf { expected: "a string or a list of strings", entry: PhantomData })
}

/// Reads an exit code or a list of them.
pub(super) fn codes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let codes: Vec<Code> = from.deserialize_any(ListOf { expected: "an exit code or a list of them", entry: PhantomData })?;
    Ok(codes.into_iter().map(|code| code.0).collect())
}

/// Reads a list of words; one string is none, since only a shell could part it.
pub(super) fn words<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    from.deserialize_any(Words)
}

/// Reads a number within bounds.
pub(super) fn number<'de, D: Deserializer<'de>, const MIN: u32, const MAX: u32>(from: D) -> Result<Option<u32>, D::Error> {
    from.deserialize_any(Within { min: MIN, max: MAX }).map(Some)
}

/// Reads a duration.
pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let expected = "a number of seconds, or a time such as \"90s\", \"15m\" or \"2h\"";
    from.deserialize_any(Time { expected, fits: |text| parse_duration(text).is_some() }).map(Some)
}

/// Reads a duration or a share of the median.
pub(super) fn timeout<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let expected = "a number of seconds, a time such as \"15m\", or a share of the median such as \"300%\"";
    from.deserialize_any(Time { expected, fits: |text| parse_duration(text).is_some() || is_share(text) }).map(Some)
}

/// Reads a word of `--sandbox`.
pub(super) fn sandbox<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    one_of(from, &["auto", "namespace", "landlock", "none"], "\"auto\", \"namespace\", \"landlock\" or \"none\"")
}

/// Reads a word of `--network`.
pub(super) fn network<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    one_of(from, &["on", "off"], "\"on\" or \"off\"")
}

fn is_share(text: &str) -> bool {
    text.strip_suffix('%').is_some_and(|share| share.parse::<u32>().is_ok_and(|share| share > 0))
}

fn one_of<'de, D: Deserializer<'de>>(from: D, words: &[&str], expected: &str) -> Result<Option<String>, D::Error> {
    let word = String::deserialize(from)?;
    if words.contains(&word.as_str()) { Ok(Some(word)) } else { Err(D::Error::invalid_value(Unexpected::Str(&word), &expected)) }
}

/// An exit code that is not a success.
struct Code(u8);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Within { min: 1, max: 255 }).map(|code| Self(u8::try_from(code).unwrap_or(u8::MAX)))
    }
}

/// A list of entries, or one entry for a list of one.
struct ListOf<T> {
    expected: &'static str,
    entry: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListOf<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
        let one = T::deserialize(text.into_deserializer());
        one.map(|one| vec![one]).map_err(|_: E| E::invalid_type(Unexpected::Str(text), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Vec<T>, E> {
        let one = T::deserialize(number.into_deserializer());
        one.map(|one| vec![one]).map_err(|_: E| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<T>, A::Error> {
        all(list)
    }
}

struct Within {
    min: u32,
    max: u32,
}

impl Visitor<'_> for Within {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number from {} to {}", self.min, self.max)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u32, E> {
        let fitting = u32::try_from(number).ok().filter(|number| (self.min..=self.max).contains(number));
        fitting.ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    /// JSON's numbers without a sign.
    fn visit_u64<E: Error>(self, number: u64) -> Result<u32, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

struct Words;

impl<'de> Visitor<'de> for Words {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of words; a line for a shell is `shell`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<String>, A::Error> {
        let words = all(list)?;
        if words.is_empty() { Err(A::Error::invalid_length(0, &self)) } else { Ok(words) }
    }
}

struct Time {
    expected: &'static str,
    fits: fn(&str) -> bool,
}

impl Visitor<'_> for Time {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        if (self.fits)(text) { Ok(text.to_owned()) } else { Err(E::invalid_value(Unexpected::Str(text), &self)) }
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<String, E> {
        if seconds >= 0 { Ok(seconds.to_string()) } else { Err(E::invalid_value(Unexpected::Signed(seconds), &self)) }
    }
}

fn all<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(mut list: A) -> Result<Vec<T>, A::Error> {
    let mut all = Vec::new();
    while let Some(entry) = list.next_element()? {
        all.push(entry);
    }
    Ok(all)
}
