//! What an index says of the files of a checkout: what git has of each, and how it lay on the disk then.
//!
//! The index file is read here, not by libgit2, which takes four times as long and knows nothing of the moment it was written. A file
//! is *as it was* if inode, ctime, mtime and size are the same: an mtime can be forged, a ctime cannot. What was written in the same
//! tick of the clock as the index itself could have been changed right after, so nothing is believed of it.
//!
//! The format: git's Documentation/gitformat-index.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use git2::{Odb, Oid};
use rustix::fs::Stat;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::git::tree::{self, Entry};
use crate::sys::file;
use crate::task::RepoPath;

/// Bytes of an entry before its name: ten numbers, an object id, flags.
const FIXED: usize = 62;
const ASSUME_VALID: u16 = 0x8000;
const EXTENDED: u16 = 0x4000;
const SKIP_WORKTREE: u16 = 0x4000;
const INTENT_TO_ADD: u16 = 0x2000;

/// The tracked files of a checkout, in the order of an index.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    names: Vec<u8>,
    files: Vec<Tracked>,
    tree: Option<Oid>,
}

/// One tracked file.
#[derive(Clone, Debug)]
pub(crate) struct Tracked {
    /// What git has; of a path in conflict, one side.
    pub(crate) entry: Entry,
    /// How it lay on the disk, if that can be believed.
    pub(crate) on_disk: Option<Print>,
    /// How much the user wants to be asked of it.
    pub(crate) watch: Watch,
    start: usize,
    end: usize,
}

/// Whether a file is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watch {
    /// Yes.
    Always,
    /// Only if it is there (`git update-index --skip-worktree`).
    IfThere,
    /// No (`git update-index --assume-unchanged`).
    Never,
}

/// What tells one state of a file on the disk from another, cut to what an index holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Print {
    /// Seconds and nanoseconds.
    ctime: (u32, u32),
    /// Seconds and nanoseconds.
    mtime: (u32, u32),
    inode: u32,
    size: u32,
}

impl Print {
    /// How a file lies on the disk now.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index holds 32 bits of each")]
    pub(crate) fn of(stat: &Stat) -> Self {
        Self {
            ctime: (stat.st_ctime as u32, stat.st_ctime_nsec as u32),
            mtime: (stat.st_mtime as u32, stat.st_mtime_nsec as u32),
            inode: stat.st_ino as u32,
            size: stat.st_size as u32,
        }
    }

    /// When it was changed last, by whatever means: seconds and nanoseconds.
    pub(crate) fn moment(&self) -> (i64, i64) {
        (i64::from(self.ctime.0), i64::from(self.ctime.1))
    }

    /// How long it was, but for what 32 bits do not hold.
    pub(crate) fn size(&self) -> u64 {
        u64::from(self.size)
    }
}

impl Manifest {
    /// Reads an index; where there is none, nothing is tracked.
    ///
    /// # Errors
    ///
    /// [`Error::Index`] with the reason, also for the two kinds of index that do not list all files themselves.
    pub(crate) fn load(index: &Path) -> Result<Self, Error> {
        let Some(raw) = file::read(index)? else { return Ok(Self::default()) };
        let about = fs::metadata(index).map_err(file::Error::of("look at", index))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index holds 32 bits of each")]
        let written = (about.mtime() as u32, about.mtime_nsec() as u32);
        Self::parse(&raw, written).map_err(|why| Error::Index { path: index.to_owned(), why })
    }

    fn parse(raw: &[u8], written: (u32, u32)) -> Result<Self, &'static str> {
        const SHORT: &str = "it is cut off";
        let header = raw.get(..12).filter(|raw| raw.starts_with(b"DIRC")).ok_or("it is none")?;
        let version = number(header, 4).ok_or(SHORT)?;
        let count = number(header, 8).ok_or(SHORT)? as usize;
        if !(2..=4).contains(&version) {
            return Err("its version is not known");
        }
        let end = raw.len().checked_sub(20).ok_or(SHORT)?;
        let mut reader = Reader { raw: &raw[..end], at: 12, compressed: version == 4, written };
        let mut manifest =
            Self { names: Vec::with_capacity(raw.len() / 2), files: Vec::with_capacity(count.min(raw.len() / FIXED)), tree: None };
        for _ in 0..count {
            reader.entry(&mut manifest).ok_or(SHORT)?;
        }
        manifest.tree = reader.extensions()?;
        Ok(manifest)
    }

    /// Makes the manifest of a checkout of which nothing is known but the tree that it was made from: every file will be read.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] if the tree cannot be read.
    pub(crate) fn of_tree(odb: &Odb<'_>, tree: Oid) -> Result<Self, Error> {
        let mut manifest = Self { tree: Some(tree), ..Self::default() };
        for (path, entry) in tree::flatten(odb, tree)? {
            let start = manifest.names.len();
            manifest.names.extend_from_slice(path.as_bytes());
            let end = manifest.names.len();
            manifest.files.push(Tracked { entry, on_disk: None, watch: Watch::Always, start, end });
        }
        Ok(manifest)
    }

    /// Has every file looked at that is there, whatever the user has told git (`--assume-unchanged`): the checkout will go.
    pub(crate) fn watch_all(&mut self) {
        for file in self.files.iter_mut().filter(|file| file.watch == Watch::Never) {
            file.watch = Watch::IfThere;
        }
    }

    /// The tree that the index is known to list, if it says so.
    pub(crate) fn tree(&self) -> Option<Oid> {
        self.tree
    }

    /// Says that the index lists this tree, and nothing else.
    pub(crate) fn lists(&mut self, tree: Oid) {
        self.tree = Some(tree);
    }

    /// How many files are tracked.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// The files, sorted by path.
    pub(crate) fn files(&self) -> &[Tracked] {
        &self.files
    }

    /// A file's path.
    pub(crate) fn path(&self, file: &Tracked) -> &[u8] {
        &self.names[file.start..file.end]
    }

    /// Finds a file's number by its path.
    pub(crate) fn find(&self, path: &[u8]) -> Option<usize> {
        self.files.binary_search_by(|file| self.path(file).cmp(path)).ok()
    }

    /// The numbers of the files below a folder; of all for the root.
    pub(crate) fn below(&self, folder: &RepoPath) -> std::ops::Range<usize> {
        if folder.is_root() {
            return 0..self.files.len();
        }
        let mut prefix = folder.as_bytes().to_vec();
        prefix.push(b'/');
        let start = self.files.partition_point(|file| self.path(file) < prefix.as_slice());
        let count = self.files[start..].partition_point(|file| self.path(file).starts_with(&prefix));
        start..start + count
    }
}

fn number(raw: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(raw.get(at..at + 4)?.try_into().ok()?))
}

struct Reader<'a> {
    raw: &'a [u8],
    at: usize,
    compressed: bool,
    written: (u32, u32),
}

impl Reader<'_> {
    /// Reads one entry; `None` where the index ends too early.
    fn entry(&mut self, manifest: &mut Manifest) -> Option<()> {
        let fixed = self.raw.get(self.at..self.at + FIXED)?;
        let field = |n: usize| number(fixed, n * 4);
        let print = Print { ctime: (field(0)?, field(1)?), mtime: (field(2)?, field(3)?), inode: field(5)?, size: field(9)? };
        let entry = Entry { mode: i32::try_from(field(6)?).ok()?, id: Oid::from_bytes(&fixed[40..60]).ok()? };
        let flags = u16::from_be_bytes([fixed[60], fixed[61]]);
        let mut header = FIXED;
        let mut more = 0;
        if flags & EXTENDED != 0 {
            more = u16::from_be_bytes(self.raw.get(self.at + FIXED..self.at + FIXED + 2)?.try_into().ok()?);
            header += 2;
        }
        let (start, end) = self.name(header, manifest)?;
        let conflict = flags & 0x3000 != 0;
        let believed = !conflict && more & INTENT_TO_ADD == 0 && print.ctime < self.written && print.mtime < self.written;
        let watch = match (flags & ASSUME_VALID != 0, more & SKIP_WORKTREE != 0) {
            (true, _) => Watch::Never,
            (_, true) => Watch::IfThere,
            _ => Watch::Always,
        };
        let file = Tracked { entry, on_disk: believed.then_some(print), watch, start, end };
        match manifest.files.last_mut() {
            // The sides of a conflict follow each other; the second of three is ours.
            Some(last) if manifest.names[last.start..last.end] == manifest.names[start..end] => {
                if flags & 0x3000 == 0x2000 {
                    last.entry = file.entry;
                }
            }
            _ => manifest.files.push(file),
        }
        Some(())
    }

    /// Reads an entry's name and goes on to the next entry.
    fn name(&mut self, header: usize, manifest: &mut Manifest) -> Option<(usize, usize)> {
        let begin = self.at;
        self.at += header;
        let start = manifest.names.len();
        if self.compressed {
            // The name is the one before, less so many bytes at its end, and what follows.
            let cut = self.variable()?;
            let before = manifest.files.last().map_or(start..start, |last| last.start..last.end);
            let kept = before.len().checked_sub(cut)?;
            manifest.names.extend_from_within(before.start..before.start + kept);
        }
        let rest = self.raw.get(self.at..)?;
        let length = rest.iter().position(|b| *b == 0)?;
        manifest.names.extend_from_slice(&rest[..length]);
        self.at += length + 1;
        if !self.compressed {
            self.at = begin + (header + length + 8) / 8 * 8;
        }
        Some((start, manifest.names.len()))
    }

    /// Reads a number of seven bits a byte, the highest first, as git's packs have it for offsets.
    fn variable(&mut self) -> Option<usize> {
        let mut byte = *self.raw.get(self.at)?;
        let mut value = usize::from(byte & 0x7f);
        self.at += 1;
        while byte & 0x80 != 0 {
            byte = *self.raw.get(self.at)?;
            value = (value.checked_add(1)?.checked_mul(128)?) + usize::from(byte & 0x7f);
            self.at += 1;
        }
        Some(value)
    }

    /// Reads what follows the entries, and returns the tree that the index is known to list.
    fn extensions(&mut self) -> Result<Option<Oid>, &'static str> {
        let mut tree = None;
        while let Some(header) = self.raw.get(self.at..self.at + 8) {
            let size = number(header, 4).unwrap_or_default() as usize;
            let data = self.raw.get(self.at + 8..self.at + 8 + size).ok_or("it is cut off")?;
            match &header[..4] {
                b"TREE" => tree = root_of(data),
                b"link" => return Err("it is split (git update-index --no-split-index)"),
                b"sdir" => return Err("it is sparse (git sparse-checkout disable)"),
                name if !name[0].is_ascii_uppercase() => return Err("it has an extension that is not known"),
                _ => {}
            }
            self.at += 8 + size;
        }
        Ok(tree)
    }
}

/// The tree of the root: an empty name, the number of entries or `-1` if it is not known, the number of subtrees, the id.
fn root_of(data: &[u8]) -> Option<Oid> {
    let rest = data.strip_prefix(b"\0")?;
    let line = rest.iter().position(|b| *b == b'\n')?;
    if rest.starts_with(b"-") {
        return None;
    }
    Oid::from_bytes(rest.get(line + 1..line + 21)?).ok()
}

impl Tracked {
    /// Tells whether git has a plain file here, executable or not.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self.entry.mode, tree::FILE | tree::EXECUTABLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepo;

    fn load(test: &TestRepo) -> Manifest {
        Manifest::load(&test.root().join(".git/index")).unwrap()
    }

    fn paths(manifest: &Manifest) -> Vec<String> {
        manifest.files().iter().map(|file| String::from_utf8_lossy(manifest.path(file)).into_owned()).collect()
    }

    #[test]
    fn every_version_of_an_index_is_read_as_git_reads_it() {
        let long = format!("d/{}", "x".repeat(250));
        let test = TestRepo::with(&[("a", "1"), ("d/a.b", "2"), ("d/a/b", "3"), (&long, "4"), ("é", "5")]);
        for version in ["2", "3", "4"] {
            test.git(&["update-index", "--index-version", version]);
            test.git(&["update-index", "--skip-worktree", "d/a.b"]);
            let manifest = load(&test);
            let listed = test.git(&["-c", "core.quotePath=false", "ls-files", "-s"]);
            let ours: Vec<String> = manifest
                .files()
                .iter()
                .zip(paths(&manifest))
                .map(|(file, path)| format!("{:o} {} 0\t{path}", file.entry.mode, file.entry.id))
                .collect();
            assert_eq!(ours, listed.lines().collect::<Vec<_>>(), "version {version}");
            assert_eq!(manifest.files()[manifest.find(b"d/a.b").unwrap()].watch, Watch::IfThere);
            test.git(&["update-index", "--no-skip-worktree", "d/a.b"]);
        }
    }

    #[test]
    fn the_tree_is_known_after_a_commit_and_not_after_an_add() {
        let test = TestRepo::with(&[("a", "1"), ("d/b", "2")]);
        assert_eq!(load(&test).tree(), Some(test.tree()));
        test.write("d/b", "3");
        test.git(&["add", "d/b"]);
        assert_eq!(load(&test).tree(), None);
    }

    #[test]
    fn what_lies_below_a_folder_is_found_and_its_namesakes_are_not() {
        let test = TestRepo::with(&[("a", "1"), ("d", "2"), ("e.x", "3"), ("e/x", "4"), ("e/y/z", "5"), ("e0", "6")]);
        let manifest = load(&test);
        let below = |folder: &str| paths(&manifest)[manifest.below(&RepoPath::from(folder))].to_vec();
        assert_eq!(below("e"), ["e/x", "e/y/z"]);
        assert_eq!(below("e/y"), ["e/y/z"]);
        assert_eq!(below("d"), Vec::<String>::new());
        assert_eq!(below("").len(), 6);
    }

    #[test]
    fn of_a_path_in_conflict_nothing_on_the_disk_is_believed() {
        let test = TestRepo::with(&[("a", "1")]);
        test.git(&["checkout", "-q", "-b", "side"]);
        test.write("a", "2");
        test.commit();
        test.git(&["checkout", "-q", "main"]);
        test.write("a", "3");
        test.commit();
        let mut merge = crate::sys::command::new("git");
        merge.args(["-c", "user.name=A", "-c", "user.email=a@example.org", "merge", "-q", "side"]).current_dir(test.root());
        assert!(!crate::sys::command::run(&mut merge).unwrap().status.success());
        let manifest = load(&test);
        assert_eq!(paths(&manifest), ["a"]);
        assert_eq!(manifest.files()[0].on_disk, None);
    }

    #[test]
    fn nothing_is_believed_of_a_file_that_was_changed_in_the_tick_in_which_the_index_was_written() {
        use std::time::{Duration, SystemTime};
        let test = TestRepo::with(&[("a", "1")]);
        let about = fs::metadata(test.root().join("a")).unwrap();
        let changed = Duration::new(about.ctime().unsigned_abs(), about.ctime_nsec().try_into().unwrap());
        let index = fs::File::options().write(true).open(test.root().join(".git/index")).unwrap();
        for (written, believed) in [
            (changed + Duration::from_nanos(1), true),
            (changed, false),
            (changed.checked_sub(Duration::from_secs(1)).unwrap(), false),
        ] {
            index.set_modified(SystemTime::UNIX_EPOCH + written).unwrap();
            assert_eq!(load(&test).files()[0].on_disk.is_some(), believed, "{written:?}");
        }
    }

    #[test]
    fn an_index_that_is_cut_off_or_does_not_list_all_files_is_an_error() {
        let test = TestRepo::with(&[("a", "1"), ("b", "2")]);
        let index = test.root().join(".git/index");
        let raw = fs::read(&index).unwrap();
        for length in [0, 4, 11, 40, 80, raw.len() - 60] {
            assert!(Manifest::parse(&raw[..length], (0, 0)).is_err(), "{length} bytes");
        }
        test.git(&["update-index", "--split-index"]);
        assert!(matches!(Manifest::load(&index), Err(Error::Index { why, .. }) if why.contains("split")));
        assert_eq!(Manifest::load(&test.dir().join("nothing")).unwrap().len(), 0);
    }
}
