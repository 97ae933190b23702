//! A crash at every durable step, and what must hold after it.
//!
//! Each scenario runs once whole, and writes down every fault point that it passes. Then, for each of them, it runs again in a fresh
//! copy of the same repository and is aborted there; a foreign `git gc --prune=now` follows, then the next command; and then an
//! oracle that knows git and the file system alone looks whether anything was lost or left half done.
//!
//! Compiled with the feature `fault-points`: `cargo test --features fault-points --test it -- crash`.

mod batches;
mod decisions;
mod handing_off;
mod hooks;
mod moved;
mod opening;
mod oracle;
mod points;
mod reverting;
mod stage;
mod sweep;
