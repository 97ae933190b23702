//! Outputs of any size, cut and read back.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const SMALL: Sizes = Sizes { head: 10, segment: 4 };

fn written(text: &str, sizes: Sizes) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("log");
    let mut writer = LogWriter::create(&path, sizes).unwrap();
    // In odd pieces, so that they lie across files.
    text.as_bytes().chunks(3).for_each(|piece| writer.write(piece));
    let (total, error) = writer.finish();
    assert_eq!((total, error.is_none()), (text.len() as u64, true));
    (folder, path)
}

fn shown(path: &Path) -> String {
    let mut shown = Vec::new();
    copy(&mut LogReader::new(path), &mut shown);
    String::from_utf8(shown).unwrap()
}

/// Takes all there is now, with a line for what was left out.
fn copy(reader: &mut LogReader, to: &mut Vec<u8>) {
    while let Some(piece) = reader.read().unwrap() {
        match piece {
            Piece::Bytes(bytes) => to.extend(bytes),
            Piece::LeftOut(count) => {
                let before = if to.last().is_none_or(|b| *b == b'\n') { "" } else { "\n" };
                to.extend(format!("{before}[… {count} bytes left out …]\n").bytes());
            }
        }
    }
}

#[test]
fn a_log_is_whole_up_to_the_head_and_two_segments() {
    for text in ["", "short", "0123456789", "0123456789a", "0123456789abcdefgh"] {
        let (_folder, path) = written(text, SMALL);
        assert_eq!(shown(&path), text);
    }
}

#[test]
fn what_lies_between_head_and_tail_is_counted() {
    let (folder, path) = written("0123456789aaaabbbbccccdd", SMALL);
    assert_eq!(shown(&path), "0123456789\n[… 8 bytes left out …]\nccccdd");
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["log", "log.3", "log.4"]);
    for name in names {
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_log_that_is_not_there_is_empty_and_an_old_one_is_forgotten() {
    let (_folder, path) = written("0123456789aaaabbbbccccdd", SMALL);
    LogWriter::create(&path, SMALL).unwrap().write(b"new");
    assert_eq!(shown(&path), "new");
    assert_eq!(shown(Path::new("/nowhere/log")), "");
}

#[test]
fn a_full_disk_does_not_stop_the_one_who_writes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sub/log");
    fs::create_dir(folder.path().join("sub")).unwrap();
    let mut writer = LogWriter::create(&path, SMALL).unwrap();
    fs::remove_dir_all(folder.path().join("sub")).unwrap();
    writer.write(&[b'x'; 100]);
    let (total, error) = writer.finish();
    assert_eq!(total, 100);
    assert!(error.is_some());
}

#[test]
fn a_follower_sees_everything_that_was_kept_when_it_was_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("log");
    let sizes = Sizes { head: 1000, segment: 5000 };
    let done = AtomicBool::new(false);
    let mut seen = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = LogWriter::create(&path, sizes).unwrap();
            for n in 0..20_000 {
                writer.write(format!("{n}\n").as_bytes());
            }
            done.store(true, Ordering::SeqCst);
        });
        let mut reader = LogReader::new(&path);
        loop {
            let last = done.load(Ordering::SeqCst);
            copy(&mut reader, &mut seen);
            if last {
                break;
            }
        }
    });
    let seen = String::from_utf8(seen).unwrap();
    assert!(seen.starts_with("0\n1\n2\n"));
    assert!(seen.ends_with("19998\n19999\n"));
    let all: u64 = (0..20_000).map(|n| format!("{n}\n").len() as u64).sum();
    let left_out: u64 = seen.split("[… ").skip(1).map(|rest| rest.split(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    let lines = seen.lines().filter(|line| !line.starts_with('[')).collect::<Vec<_>>().join("").len() as u64;
    assert!(lines + left_out <= all && lines + left_out + 20_000 >= all, "{lines} + {left_out} of {all}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_sizes_head_and_tail_are_the_outputs_own(head in 0_u64..20, segment in 1_u64..20, length in 0_usize..200) {
        let text: Vec<u8> = (b'a'..=b'z').cycle().take(length).collect();
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("log");
        let mut writer = LogWriter::create(&path, Sizes { head, segment }).unwrap();
        writer.write(&text);
        let mut reader = LogReader::new(&path);
        let mut position = 0;
        while let Some(piece) = reader.read().unwrap() {
            match piece {
                Piece::Bytes(bytes) => {
                    prop_assert_eq!(&text[position..position + bytes.len()], bytes.as_slice());
                    position += bytes.len();
                }
                Piece::LeftOut(count) => position += usize::try_from(count).unwrap(),
            }
        }
        prop_assert_eq!(position, length);
    }
}
