//! Where a command is.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// Finds the file that running `name` would run: as the system does it, by `PATH` unless the name holds a `/`.
pub(crate) fn find_command(name: &OsStr, cwd: &Path, path: Option<&OsStr>) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    if name.as_bytes().contains(&b'/') {
        return Some(cwd.join(name)).filter(|file| is_executable(file));
    }
    let path = path.unwrap_or(OsStr::new("/bin:/usr/bin"));
    // An empty folder in the list is the current one, a relative one is relative to it.
    std::env::split_paths(path).map(|folder| cwd.join(folder).join(name)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    file.is_file() && access(file, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_command_is_found_where_the_system_would_find_it() {
        let top = tempfile::TempDir::new().unwrap();
        let (bin, cwd) = (top.path().join("bin"), top.path().join("cwd"));
        fs::create_dir_all(bin.join("folder")).unwrap();
        fs::create_dir_all(&cwd).unwrap();
        for (file, mode) in [(bin.join("tool"), 0o755), (bin.join("text"), 0o644), (cwd.join("local"), 0o755)] {
            File::create(&file).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        }
        let path = std::env::join_paths([Path::new("/nowhere"), &bin]).unwrap();
        let find = |name: &str| find_command(name.as_ref(), &cwd, Some(&path));
        assert_eq!(find("tool"), Some(bin.join("tool")));
        assert_eq!(find("./local"), Some(cwd.join("local")));
        assert_eq!(find("../bin/tool"), Some(cwd.join("../bin/tool")));
        for missing in ["text", "folder", "local", "", "./tool"] {
            assert_eq!(find(missing), None, "{missing}");
        }
        assert_eq!(find_command("local".as_ref(), &cwd, Some(OsStr::new(":/bin"))), Some(cwd.join("local")));
    }
}
