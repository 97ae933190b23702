//! `__launch` as the program has it, spoken to over its gate.

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn at_the_gate(folder: &Path) -> (Child, UnixStream) {
    let program = env!("CARGO_BIN_EXE_takeback");
    let (mut gate, other) = UnixStream::pair().unwrap();
    let mut command = Command::new(program);
    command.args(["__launch", "wait", program]).arg(folder).args(["", "", "touch", "ran"]);
    let child = command.stdin(Stdio::from(OwnedFd::from(other))).spawn().unwrap();
    drop(command);
    let mut ready = [0];
    gate.read_exact(&mut ready).unwrap();
    assert_eq!(&ready, b"R");
    (child, gate)
}

#[test]
fn the_command_runs_when_the_gate_opens() {
    let folder = tempfile::TempDir::new().unwrap();
    let (mut child, mut gate) = at_the_gate(folder.path());
    gate.write_all(b"G").unwrap();
    assert!(child.wait().unwrap().success());
    assert!(folder.path().join("ran").exists());
    let mut told = String::new();
    gate.read_to_string(&mut told).unwrap();
    assert_eq!(told, "S");
}

#[test]
fn the_command_never_runs_when_the_parent_is_gone() {
    let folder = tempfile::TempDir::new().unwrap();
    let (mut child, gate) = at_the_gate(folder.path());
    drop(gate);
    assert_eq!(child.wait().unwrap().code(), Some(125));
    assert!(!folder.path().join("ran").exists());
}
