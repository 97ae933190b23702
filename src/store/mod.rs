//! What takeback keeps in the repository: where each file and ref is, and how it is read and written.
//!
//! Nothing above this module spells a path below `.git/takeback` or a ref below `refs/takeback`.

pub(crate) mod batches;
pub(crate) mod format;
pub(crate) mod layout;
pub(crate) mod site;
pub(crate) mod state_dir;
pub(crate) mod tasks;

pub(crate) use layout::Layout;
pub(crate) use site::Site;
