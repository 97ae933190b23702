//! What was measured on.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The machine, the system and the programs, as a table.
pub(crate) fn facts(dir: &Path) -> String {
    let facts = [
        ("processor", format!("{} × {}", cores(), processor())),
        ("memory", format!("{:.0} GiB", memory_gib())),
        ("system", said("uname", &["-sr"])),
        ("file system", file_system(dir)),
        ("git", said("git", &["--version"])),
        ("takeback", format!("{}, built as for a release", env!("CARGO_PKG_VERSION"))),
    ];
    let facts: Vec<_> = facts.iter().map(|(name, value)| format!("| {name} | {value} |")).collect();
    format!("| | |\n|---|---|\n{}", facts.join("\n"))
}

fn said(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output().expect(program);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| said("uname", &["-m"]), |(_, name)| name.to_owned())
}

fn memory_gib() -> f64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or_default() / f64::from(1 << 20)
}

/// The type and the options of the mount that a folder is on.
fn file_system(dir: &Path) -> String {
    let dir = dir.canonicalize().expect("the folder is there");
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>()).filter(|f| f.len() > 3 && dir.starts_with(f[1]));
    fields.max_by_key(|f| f[1].len()).map_or_else(|| "unknown".to_owned(), |f| format!("{} ({})", f[2], f[3]))
}
