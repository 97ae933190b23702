//! What the benchmarks share.

pub(crate) mod figures;
pub(crate) mod machine;
pub(crate) mod repository;
