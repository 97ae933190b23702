//! The operating system: files that survive a crash, locks, processes, clocks.
//!
//! Every durable step of the program goes through [`mod@file`] or `git::refs` and names its [`fault::Point`], so that a test can stop
//! the program there.

pub(crate) mod clock;
pub(crate) mod command;
pub(crate) mod content;
pub(crate) mod fault;
pub(crate) mod file;
pub(crate) mod folder;
pub(crate) mod foreign;
pub(crate) mod gate;
pub(crate) mod lock;
pub(crate) mod process;
pub(crate) mod scratch;
pub(crate) mod terminal;
