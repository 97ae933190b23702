//! Running a command to its end: started so that it cannot be lost, watched, logged in bounds, ended with all that it started.

pub(crate) mod environment;
pub(crate) mod launch;
pub(crate) mod log;
pub(crate) mod lookup;
#[cfg(test)]
mod testing;
