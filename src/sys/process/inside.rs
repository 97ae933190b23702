//! Who is at work in a folder.

use std::path::Path;

use super::system;
use super::table::{Process, Table};

/// The processes whose current folder is `root` or below it, as far as it can be seen: those of other users mostly cannot.
pub(crate) fn inside(root: &Path) -> Vec<Process> {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let table = Table::read();
    table.iter().filter(|p| !p.over && system::folder(p).is_some_and(|at| at.starts_with(&root))).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::command;

    #[test]
    fn who_works_in_a_folder_is_seen_and_who_does_not_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let below = dir.path().join("a b");
        std::fs::create_dir(&below).unwrap();
        let mut child = command::new("sleep").arg("60").current_dir(&below).spawn().unwrap();
        let found: Vec<u32> = inside(dir.path()).iter().map(|p| p.pid).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found, [child.id()]);
        assert!(inside(dir.path()).is_empty());
    }
}
