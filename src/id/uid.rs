//! Random ids, never reused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const LENGTH: usize = 16;

/// 80 random bits, written as 16 characters of `a-z2-7`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uid(String);

/// The text is not a [`Uid`].
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an id of {LENGTH} characters a-z and 2-7")]
pub struct BadUid(String);

impl Uid {
    /// Draws a new one from the system's random source.
    ///
    /// # Panics
    ///
    /// If the system has no random source.
    pub fn random() -> Self {
        let mut bytes = [0_u8; LENGTH];
        if let Err(e) = getrandom::fill(&mut bytes) {
            panic!("BUG: the system gives no random bytes: {e}");
        }
        Self(bytes.iter().map(|b| char::from(DIGITS[usize::from(b % 32)])).collect())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight characters: enough to tell operations apart on a screen.
    pub fn short(&self) -> &str {
        &self.0[..8]
    }
}

impl FromStr for Uid {
    type Err = BadUid;

    fn from_str(text: &str) -> Result<Self, BadUid> {
        if text.len() == LENGTH && text.bytes().all(|b| DIGITS.contains(&b)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadUid(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Uid {
    type Error = BadUid;

    fn try_from(text: String) -> Result<Self, BadUid> {
        text.parse()
    }
}

impl From<Uid> for String {
    fn from(uid: Uid) -> Self {
        uid.0
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uid({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_reads_back_and_nothing_else_does() {
        let uid = Uid::random();
        assert_eq!(uid.as_str().parse::<Uid>().ok(), Some(uid));
        for bad in ["", "abc", "ABCDEFGHIJKLMNOP", "abcdefghijklmno1", "../../etc/passwd"] {
            assert!(bad.parse::<Uid>().is_err(), "{bad}");
        }
    }
}
