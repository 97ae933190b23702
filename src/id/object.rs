//! Git's object ids, one type for each kind of object.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is not an object id.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an object id of 40 hexadecimal digits")]
pub struct BadObjectId(String);

fn parse(text: &str) -> Result<git2::Oid, BadObjectId> {
    if text.len() == 40 { git2::Oid::from_str(text).ok() } else { None }.ok_or_else(|| BadObjectId(text.to_owned()))
}

macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(git2::Oid);

        impl $name {
            /// Ten hexadecimal digits, for people.
            pub fn short(&self) -> String {
                self.0.to_string()[..10].to_owned()
            }
        }

        impl From<git2::Oid> for $name {
            fn from(oid: git2::Oid) -> Self {
                Self(oid)
            }
        }

        impl From<$name> for git2::Oid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = BadObjectId;

            fn from_str(text: &str) -> Result<Self, BadObjectId> {
                parse(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadObjectId;

            fn try_from(text: String) -> Result<Self, BadObjectId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.short())
            }
        }
    };
}

object_id!(
    /// Names a commit.
    CommitId
);
object_id!(
    /// Names a tree.
    TreeId
);
object_id!(
    /// Names a blob: a file's content or a symbolic link's target.
    BlobId
);
