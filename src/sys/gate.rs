//! The gate: a started process waits at it until it may go on, and tells through it what became of it.
//!
//! A pair of sockets; the child's end is its stdin, so that no other open file need be handed down.
//!
//! ```text
//! child                                              parent
//!   R  it waits, in a session of its own      ──►
//!                                             ◄──  G  go on     (nothing: the parent has ended or gave up; the child ends)
//!   S  about to become the command            ──►
//!   F… it could not (JSON)                    ──►
//! ```
//! The child keeps its end close-on-exec while it becomes the command. Nothing waits for its end to be closed: a process that a
//! task's setup left behind can hold it.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::task::Text;

const READY: u8 = b'R';
const GO: u8 = b'G';
const STARTING: u8 = b'S';
const FAILED: u8 = b'F';

/// Why a command was not started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NotStarted {
    /// The folder to run in cannot be entered.
    #[error("cannot enter the folder {path}: {why}")]
    Folder {
        /// The folder.
        path: Text,
        /// What the system said.
        why: String,
    },
    /// The file for its stdin cannot be opened.
    #[error("cannot read {path}: {why}")]
    Input {
        /// The file.
        path: Text,
        /// What the system said.
        why: String,
    },
    /// There is no such program.
    #[error("{program}: command not found")]
    NotFound {
        /// As it was named.
        program: Text,
    },
    /// The program is a script, and the interpreter that its first line names is not there.
    #[error("{program}: the interpreter that its first line names was not found")]
    Interpreter {
        /// As it was named.
        program: Text,
    },
    /// The program is there and cannot be run.
    #[error("cannot run {program}: {why}")]
    NotExecutable {
        /// As it was named.
        program: Text,
        /// What the system said.
        why: String,
    },
    /// The setup, or whatever else comes before the command, ended before it.
    #[error("what comes before the command ended, so the command was not started")]
    Unreached,
}

/// The parent's end.
#[derive(Debug)]
pub(crate) struct Gate {
    stream: UnixStream,
}

/// The child's end.
#[derive(Debug)]
pub(crate) struct Waiting {
    stream: UnixStream,
}

impl Gate {
    /// Makes a gate and the stdin of the process that is to wait at it.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub(crate) fn new() -> io::Result<(Self, Stdio)> {
        let (stream, other) = UnixStream::pair()?;
        Ok((Self { stream }, Stdio::from(OwnedFd::from(other))))
    }

    /// Waits until the child stands at the gate.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if it ended before, `WouldBlock` if it took too long.
    pub(crate) fn wait_for_child(&mut self, patience: Duration) -> io::Result<()> {
        self.stream.set_read_timeout(Some(patience))?;
        let mut byte = [0];
        self.stream.read_exact(&mut byte)?;
        if byte == [READY] { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    /// Lets the child go on. A child that has ended shows by how it ended.
    pub(crate) fn open(&mut self) {
        drop(self.stream.write_all(&[GO]));
    }

    /// Once the child has ended: tells why it never became the command; `None` if it did.
    pub(crate) fn why_not_started(&mut self) -> Option<NotStarted> {
        let mut told = Vec::new();
        drop(self.stream.set_nonblocking(true));
        // Ends with an error where somebody else holds the other end; what there was is in `told` then.
        drop(self.stream.read_to_end(&mut told));
        match told.strip_prefix(&[STARTING]) {
            None => Some(parse(&told).unwrap_or(NotStarted::Unreached)),
            Some(rest) => parse(rest),
        }
    }
}

fn parse(told: &[u8]) -> Option<NotStarted> {
    let json = told.strip_prefix(&[FAILED])?;
    Some(serde_json::from_slice(json).unwrap_or(NotStarted::Unreached))
}

impl Waiting {
    /// Takes the gate from stdin, which stays open.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub(crate) fn at_stdin() -> io::Result<Self> {
        let stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        Ok(Self { stream })
    }

    /// Waits to be let through; false if the parent has ended or gave up.
    pub(crate) fn wait(&mut self) -> bool {
        let mut byte = [0];
        self.stream.write_all(&[READY]).and_then(|()| self.stream.read_exact(&mut byte)).is_ok() && byte == [GO]
    }

    /// Tells that the command comes now.
    pub(crate) fn tell_starting(&mut self) {
        drop(self.stream.write_all(&[STARTING]));
    }

    /// Tells that the command will not come.
    pub(crate) fn tell_failed(&mut self, why: &NotStarted) {
        let mut told = vec![FAILED];
        if serde_json::to_writer(&mut told, why).is_ok() {
            drop(self.stream.write_all(&told));
        }
    }
}
