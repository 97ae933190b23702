//! placeholder
use serde::{Deserialize, Serialize};
/// x
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessId { pub(crate) pid: u32 }
