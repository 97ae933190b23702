//! Running a command to its end: started so that it cannot be lost, watched, logged in bounds, ended with all that it started.

pub(crate) mod environment;
pub(crate) mod launch;
mod limits;
pub(crate) mod log;
pub(crate) mod lookup;
pub(crate) mod notify;
mod pump;
pub(crate) mod run;
#[cfg(test)]
mod testing;
