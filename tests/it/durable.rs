//! What changes the disk for good goes through a door that has a fault point, so that the crash sweep stops the program there.

use std::fs;
use std::path::{Path, PathBuf};

/// The calls that change the disk for good.
const CALLS: [&str; 9] = [
    "fs::rename(",
    "hard_link(",
    ".persist(",
    "fs::remove_file(",
    ".set_len(",
    ".sync_all(",
    ".sync_data(",
    "index.write(",
    "renameat(",
];

/// The doors: their functions take a point, or serve one that does.
const DOORS: [&str; 2] = ["sys/file.rs", "sys/folder.rs"];

/// Calls elsewhere that need no point, how many, and why a crash there does not matter.
const HARMLESS: &[(&str, &str, usize, &str)] = &[
    ("exec/log/mod.rs", "fs::remove_file(", 2, "the middle of a log, which is bounded"),
    ("sys/lock.rs", ".set_len(", 1, "a lock's file only says who holds it"),
    ("git/quarantine/snapshot.rs", "fs::remove_file(", 1, "a private git dir is made anew"),
    ("git/import.rs", "fs::rename(", 1, "a scratch folder is made anew"),
    ("git/import.rs", "fs::remove_file(", 1, "a scratch folder is made anew"),
    ("git/clean.rs", "index.write(", 1, "a scratch folder is made anew"),
    ("git/hook.rs", "index.write(", 1, "a hook's index lies in a folder that goes with the plan"),
    ("sys/content.rs", ".set_len(", 1, "a copy that is cut short is made anew; its caller passes the point"),
    ("workspace/outputs.rs", "fs::rename(", 2, "its caller passes the point"),
];

/// How many lines away a point may be.
const NEAR: usize = 12;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file of the library but its tests, without the tests in it.
fn files() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(source()).unwrap().to_str().unwrap().to_owned();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            let is_test = stem.ends_with("tests") || ["testing", "lab", "capture_property"].contains(&stem);
            if !is_test {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                found.push((name, code.lines().map(ToOwned::to_owned).collect()));
            }
        }
    }
    found
}

#[test]
fn what_changes_the_disk_for_good_is_near_a_fault_point() {
    let mut bare = Vec::new();
    let mut harmless: Vec<(String, &str, usize)> = Vec::new();
    for (name, lines) in files().iter().filter(|(name, _)| !DOORS.contains(&name.as_str())) {
        for (n, line) in lines.iter().enumerate() {
            let Some(call) = CALLS.iter().find(|call| line.contains(**call) && !line.trim_start().starts_with("//")) else {
                continue;
            };
            let around = &lines[n.saturating_sub(NEAR)..lines.len().min(n + NEAR)];
            if around.iter().any(|line| line.contains("Point::")) && !name.ends_with("outputs.rs") {
                continue;
            }
            match harmless.iter_mut().find(|(file, known, _)| file == name && known == call) {
                Some((.., count)) => *count += 1,
                None => harmless.push((name.clone(), call, 1)),
            }
            if !HARMLESS.iter().any(|(file, known, ..)| file == name && known == call) {
                bare.push(format!("src/{name}:{}: {}", n + 1, line.trim()));
            }
        }
    }
    assert!(bare.is_empty(), "no fault point is near, so no sweep stops here:\n{}", bare.join("\n"));
    for (file, call, count, why) in HARMLESS {
        let found = harmless.iter().find(|(name, known, _)| name == file && known == call).map_or(0, |(.., n)| *n);
        assert_eq!(found, *count, "{call} in src/{file} ({why})");
    }
}

#[test]
fn each_door_passes_its_point_before_and_after() {
    let files = files();
    let text = |name: &str| files.iter().find(|(n, _)| n == name).unwrap().1.join("\n");
    let door = text("sys/file.rs");
    for call in ["persist(path)", "fs::rename(from, to)", "fs::remove_file(path)"] {
        for (at, _) in door.match_indices(call).filter(|(at, _)| door[..*at].contains("point: Point")) {
            let function = door[..at].rfind("\nfn ").max(door[..at].rfind("\npub(crate) fn ")).unwrap();
            let end = at + door[at..].find("\n}").unwrap();
            let body = &door[function..end];
            let (before, after) = (body.find("point.before()").unwrap(), body.rfind("point.after()").unwrap());
            assert!(function + before < at && at < function + after, "{body}");
        }
    }
}
