//! What Linux tells of processes, in `/proc` (proc(5)).

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use super::Process;

pub(super) fn machine_id() -> Option<Vec<u8>> {
    fs::read("/etc/machine-id").or_else(|_| fs::read("/var/lib/dbus/machine-id")).ok()
}

pub(super) fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

pub(super) fn pid_namespace() -> Option<u64> {
    fs::metadata("/proc/self/ns/pid").ok().map(|namespace| namespace.ino())
}

pub(super) fn find(pid: u32) -> Option<Process> {
    parse(pid, &fs::read(format!("/proc/{pid}/stat")).ok()?)
}

pub(super) fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter_map(find).collect()
}

/// Tells whether the environment that a process was started with holds `entry` (`NAME=value`).
pub(super) fn carries(process: &Process, entry: &[u8]) -> bool {
    fs::read(format!("/proc/{}/environ", process.pid))
        .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|have| have == entry))
}

/// The folder that a process is in.
pub(super) fn folder(process: &Process) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{}/cwd", process.pid)).ok()
}

/// Reads a `stat` line. The name stands in parentheses and may hold anything, `)` and spaces too.
fn parse(pid: u32, line: &[u8]) -> Option<Process> {
    let open = line.iter().position(|byte| *byte == b'(')?;
    let close = line.iter().rposition(|byte| *byte == b')')?;
    let name = String::from_utf8_lossy(line.get(open + 1..close)?).into_owned();
    let rest: Vec<&str> = std::str::from_utf8(&line[close + 1..]).ok()?.split_ascii_whitespace().collect();
    // `rest` starts at field 3 of proc_pid_stat(5), the state.
    let number = |field: usize| rest.get(field - 3)?.parse::<u64>().ok();
    let small = |field: usize| u32::try_from(number(field)?).ok();
    let ended = matches!(*rest.first()?, "Z" | "X" | "x");
    Some(Process {
        pid,
        parent: small(4)?,
        group: small(5)?,
        session: small(6)?,
        started: number(22)?,
        // The first thread of a process can end before the others do.
        over: ended && number(20)? <= 1,
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_confuse_the_fields() {
        let line = b"42 (a) S (b) R 7 40 39 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 9876 11 12\n";
        let process = parse(42, line).unwrap();
        assert_eq!((process.name.as_str(), process.parent, process.group, process.session), ("a) S (b", 7, 40, 39));
        assert_eq!((process.started, process.over), (9876, false));
    }

    #[test]
    fn a_process_whose_first_thread_has_ended_is_not_over() {
        let line = |threads: u32| format!("42 (a) Z 7 40 39 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 {threads} 0 9876 11 12\n");
        assert!(parse(42, line(1).as_bytes()).unwrap().over);
        assert!(!parse(42, line(2).as_bytes()).unwrap().over);
    }
}
