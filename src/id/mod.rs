//! What things are called.
//!
//! [`Uid`] is random and used in folders, refs, the journal and trailers. [`Name`] is for people. The object ids of git are typed
//! by what they name, so that a tree is never taken for a commit.

mod name;
mod object;
mod uid;

pub use name::{BadName, Name};
pub(crate) use name::{Resolved, resolve};
pub use object::{BadObjectId, BlobId, CommitId, TreeId};
pub use uid::{BadUid, Uid};
