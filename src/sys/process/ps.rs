//! What macOS and the BSDs tell of processes, by `ps` and `sysctl`.
//!
//! Written from the manual pages ps(1) and sysctl(8) of macOS, and never run there.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::Process;
use crate::sys::command;

pub(super) fn machine_id() -> Option<Vec<u8>> {
    sysctl("kern.uuid").map(String::into_bytes)
}

pub(super) fn boot() -> Option<String> {
    sysctl("kern.bootsessionuuid").or_else(|| sysctl("kern.boottime"))
}

#[expect(clippy::unnecessary_wraps, reason = "on Linux it may be unknown")]
pub(super) fn pid_namespace() -> Option<u64> {
    Some(0)
}

pub(super) fn find(pid: u32) -> Option<Process> {
    listed(&["-p", &pid.to_string()]).into_iter().next()
}

pub(super) fn all() -> Vec<Process> {
    listed(&["-ax"])
}

/// Tells whether a process's environment holds `entry`. `ps -E` prints it after the arguments, for the user's own processes only.
pub(super) fn carries(process: &Process, entry: &[u8]) -> bool {
    let pid = process.pid.to_string();
    let shown = command::output(command::new("ps").args(["-E", "-ww", "-o", "command=", "-p", &pid])).unwrap_or_default();
    shown.split(u8::is_ascii_whitespace).any(|word| word == entry)
}

/// The folder that a process is in: `lsof -F n` prints it on a line that begins with `n`, lsof(8).
pub(super) fn folder(process: &Process) -> Option<PathBuf> {
    let pid = process.pid.to_string();
    let told = command::output(command::new("lsof").args(["-w", "-a", "-p", &pid, "-d", "cwd", "-F", "n"])).ok()?;
    let line = told.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"n"))?;
    Some(PathBuf::from(OsStr::from_bytes(line)))
}

fn sysctl(name: &str) -> Option<String> {
    let text = command::output(command::new("sysctl").args(["-n", name])).ok()?;
    Some(String::from_utf8_lossy(&text).trim().to_owned()).filter(|text| !text.is_empty())
}

fn listed(which: &[&str]) -> Vec<Process> {
    let columns = ["-o", "pid=", "-o", "ppid=", "-o", "pgid=", "-o", "state=", "-o", "lstart=", "-o", "comm="];
    let output = command::output(command::new("ps").env("LC_ALL", "C").args(which).args(columns)).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().filter_map(parse).collect()
}

/// Reads `pid ppid pgid state Sat Nov 22 20:10:01 2026 name`.
fn parse(line: &str) -> Option<Process> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let pid = words.first()?.parse().ok()?;
    let session = super::pid_of(pid).and_then(|pid| rustix::process::getsid(Some(pid)).ok());
    let path = words.get(9..)?.join(" ");
    Some(Process {
        pid,
        parent: words[1].parse().ok()?,
        group: words[2].parse().ok()?,
        session: session.and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok()).unwrap_or(0),
        started: super::fnv(words[4..9].join(" ").as_bytes()),
        over: words[3].starts_with('Z'),
        name: path.rsplit('/').next().unwrap_or_default().to_owned(),
    })
}
