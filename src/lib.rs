//! takeback: hand work off, take any of it back.
//!
//! The modules are listed by layer; each uses earlier layers only, and no neighbour in its own. `tests/it/layers.rs` holds the
//! imports to this list.

// layer 0
mod id;
// layer 1
mod task;
// layer 2
mod sys;
// layer 3
mod config;
mod git;
// layer 4
mod store;
// layer 5
mod journal;
// layer 6
mod hooks;
mod sandbox;
mod workspace;
// layer 7
mod exec;
// layer 8
mod verify;
// layer 9
mod landing;
mod runner;
mod takeback;
// layer 10
mod batch;
// layer 11
mod keeper;
// layer 12
pub mod engine;
// layer 14
mod cli;

pub use cli::main;
