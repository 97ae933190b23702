//! Tests of the import: what comes in, what is refused, and that nothing is left then.

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use super::*;
use crate::git::quarantine::lab::{Lab, one_file};
use crate::git::survey::survey;
use crate::git::testing::{chmod, snapshot, write};

fn lab() -> Lab {
    Lab::new(one_file())
}

fn bring_within(lab: &Lab, limits: &Limits) -> Result<Imported, Refusal> {
    let repo = lab.test.repo();
    let survey = survey(lab.quarantine.path(), &lab.start(), limits)?;
    let (objects, have) = (lab.quarantine.objects(), [lab.start().base]);
    let spec = Import { main: &repo, objects: &objects, survey: &survey, have: &have, limits, label: "test" };
    import(&lab.quarantine.path().with_extension("import"), &spec)
}

fn bring(lab: &Lab) -> Result<Imported, Refusal> {
    bring_within(lab, &Limits::default())
}

/// Imports, and sees that nothing came into the repository.
fn refused(lab: &Lab) -> Refusal {
    let before = snapshot(&lab.test.root(), "takeback");
    let refusal = bring(lab).unwrap_err();
    assert_eq!(snapshot(&lab.test.root(), "takeback"), before, "{refusal}");
    assert!(!lab.quarantine.path().with_extension("import").exists());
    refusal
}

/// All that an error says, down to its last cause.
fn told(refusal: &Refusal) -> String {
    let mut text = refusal.to_string();
    let mut next = std::error::Error::source(refusal);
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

fn oid(lab: &Lab, revision: &str) -> Oid {
    Oid::from_str(&lab.git(&["rev-parse", revision])).unwrap()
}

fn commit(lab: &Lab, text: &str) -> Oid {
    lab.write("a.txt", text);
    lab.git(&["add", "-A"]);
    lab.git(&["commit", "-q", "-m", "a commit"]);
    oid(lab, "HEAD")
}

fn path(lab: &Lab, name: &str) -> PathBuf {
    lab.quarantine.path().join(name)
}

fn loose(lab: &Lab, id: Oid) -> PathBuf {
    let hex = id.to_string();
    path(lab, "objects").join(&hex[..2]).join(&hex[2..])
}

/// Writes an object of any bytes, as git does when told not to look.
fn hash_object(lab: &Lab, kind: &str, bytes: &[u8]) -> Oid {
    let mut git = lab.test.command(&lab.worktree, &["hash-object", "-w", "--literally", "--stdin", "-t", kind]);
    let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    Oid::from_str(String::from_utf8(output.stdout).unwrap().trim()).unwrap()
}

/// A branch `bad` whose commit has a tree of these bytes.
fn commit_tree(lab: &Lab, tree: &[u8]) {
    let tree = hash_object(lab, "tree", tree);
    let commit = lab.git(&["commit-tree", "-m", "bad", "-p", "HEAD", &tree.to_string()]);
    lab.git(&["update-ref", "refs/heads/bad", &commit]);
}

fn entry(mode: &str, name: &str, id: Oid) -> Vec<u8> {
    [format!("{mode} {name}\0").as_bytes(), id.as_bytes()].concat()
}

/// The content of an object's own file: a zlib stream that holds these bytes as they are.
fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let length = u16::try_from(bytes.len()).unwrap();
    stream.push(1);
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(bytes);
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    stream.extend((b << 16 | a).to_be_bytes());
    stream
}

#[test]
fn what_a_task_committed_comes_in_and_stays_whatever_gc_does() {
    for gc in [false, true] {
        let lab = lab();
        let tip = commit(&lab, "two\n");
        lab.git(&["tag", "-a", "-m", "v1", "v1"]);
        lab.git(&["switch", "-q", "-c", "side", "main"]);
        commit(&lab, "side\n");
        lab.write("a.txt", "stashed\n");
        lab.write("new.txt", "untracked\n");
        lab.git(&["stash", "-u"]);
        lab.git(&["switch", "-q", "takeback/x"]);
        if gc {
            lab.git(&["gc", "-q"]);
        }
        let side = lab.git(&["rev-parse", "side", "v1", "stash"]);
        let imported = bring(&lab).unwrap();
        let names: Vec<&str> = imported.side.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["head", "branches/side", "tags/v1", "stash/0"]);
        lab.quarantine.remove().unwrap();
        lab.test.git(&["gc", "-q", "--prune=now"]);
        for (name, id) in &imported.side {
            lab.test.git(&["update-ref", &format!("refs/takeback/side/{name}"), &id.to_string()]);
        }
        imported.pack.unwrap().release().unwrap();
        lab.test.git(&["gc", "-q", "--prune=now"]);
        lab.test.git(&["fsck", "--strict", "--connectivity-only"]);
        assert_eq!(lab.test.git(&["show", &format!("{tip}:a.txt")]), "two");
        assert_eq!(lab.test.git(&["show", "refs/takeback/side/stash/0^3:new.txt"]), "untracked");
        let kept =
            ["branches/side", "tags/v1", "stash/0"].map(|name| lab.test.git(&["rev-parse", &format!("refs/takeback/side/{name}")]));
        assert_eq!(kept.join("\n"), side);
    }
}

#[test]
fn nothing_to_keep_costs_nothing() {
    let lab = lab();
    lab.write("a.txt", "two\n");
    lab.git(&["add", "-A"]);
    let before = snapshot(&lab.test.root(), "takeback");
    let imported = bring(&lab).unwrap();
    assert!(imported.side.is_empty() && imported.pack.is_none());
    lab.git(&["branch", "at-base"]);
    let imported = bring(&lab).unwrap();
    assert_eq!(imported.side, [("branches/at-base".to_owned(), lab.test.head())]);
    assert!(imported.pack.is_none(), "the repository has it all");
    assert_eq!(snapshot(&lab.test.root(), "takeback"), before);
}

#[test]
fn an_object_that_lies_is_refused() {
    let lab = lab();
    commit(&lab, "two\n");
    let (blob, tree) = (oid(&lab, "HEAD:a.txt"), oid(&lab, "HEAD^{tree}"));
    let other = hash_object(&lab, "blob", b"other\n");
    for (file, by) in [(blob, other), (tree, blob)] {
        let whole = fs::read(loose(&lab, file)).unwrap();
        chmod(&loose(&lab, file), 0o644);
        write(&loose(&lab, file), fs::read(loose(&lab, by)).unwrap());
        assert!(matches!(refused(&lab), Refusal::Broken(_)), "another object by its name");
        write(&loose(&lab, file), &whole[..whole.len() / 2]);
        assert!(matches!(refused(&lab), Refusal::Broken(_)), "half an object");
        write(&loose(&lab, file), "");
        assert!(matches!(refused(&lab), Refusal::Broken(_)), "an empty file");
        write(&loose(&lab, file), whole);
    }
    bring(&lab).unwrap().pack.unwrap().release().unwrap();
}

#[test]
fn a_missing_object_is_refused_by_its_id() {
    let lab = lab();
    commit(&lab, "two\n");
    let tip = commit(&lab, "three\n");
    for revision in ["HEAD:a.txt", "HEAD^{tree}", "HEAD~", "HEAD~:a.txt"] {
        let lost = oid(&lab, revision);
        let whole = fs::read(loose(&lab, lost)).unwrap();
        fs::remove_file(loose(&lab, lost)).unwrap();
        let text = told(&refused(&lab));
        assert!(text.contains(&lost.to_string()), "{revision}: {text}");
        write(&loose(&lab, lost), whole);
    }
    fs::remove_file(loose(&lab, tip)).unwrap();
    assert!(told(&refused(&lab)).contains(&tip.to_string()));
}

#[test]
fn trees_that_git_does_not_allow_are_refused_with_gits_own_words() {
    let lab = lab();
    let blob = oid(&lab, "HEAD:a.txt");
    let tree = oid(&lab, "HEAD^{tree}");
    let cases: [(&str, Vec<u8>); 8] = [
        ("hasDotgit", entry("100644", ".git", blob)),
        ("hasDotgit", entry("40000", ".GiT", tree)),
        ("hasDotdot", entry("40000", "..", tree)),
        ("hasDot", entry("100644", ".", blob)),
        ("fullPathname", entry("100644", "a/b", blob)),
        ("duplicateEntries", [entry("100644", "a", blob), entry("100644", "a", blob)].concat()),
        ("treeNotSorted", [entry("100644", "b", blob), entry("100644", "a", blob)].concat()),
        ("the mode 104644", entry("104644", "a", blob)),
    ];
    for (word, tree) in cases {
        commit_tree(&lab, &tree);
        let text = told(&refused(&lab));
        assert!(text.contains(word), "{word}: {text}");
    }
    commit_tree(&lab, b"not a tree");
    assert!(matches!(refused(&lab), Refusal::Broken(_)));
    commit_tree(&lab, &entry("40000", "blob-as-folder", blob));
    assert!(matches!(refused(&lab), Refusal::Broken(_)));
}

#[test]
fn only_tags_may_lead_to_something_else_than_a_commit() {
    let lab = lab();
    let blob = hash_object(&lab, "blob", b"tagged\n");
    lab.git(&["tag", "blob", &blob.to_string()]);
    let imported = bring(&lab).unwrap();
    assert_eq!(imported.side, [("tags/blob".to_owned(), blob)]);
    imported.pack.unwrap().release().unwrap();
    write(&path(&lab, "refs/heads/blob"), format!("{blob}\n"));
    assert!(matches!(refused(&lab), Refusal::BadRef { .. }));
}

#[test]
fn an_object_that_says_it_is_huge_is_refused_before_it_is_unpacked() {
    let lab = lab();
    let tip = commit(&lab, "two\n");
    for id in [oid(&lab, "HEAD:a.txt"), oid(&lab, "HEAD^{tree}"), tip] {
        let whole = fs::read(loose(&lab, id)).unwrap();
        chmod(&loose(&lab, id), 0o644);
        let kind = lab.git(&["cat-file", "-t", &id.to_string()]);
        write(&loose(&lab, id), zlib(format!("{kind} 500000000000\0some").as_bytes()));
        assert!(matches!(refused(&lab), Refusal::TooMuch { what: "bytes in one object", .. }), "{kind}");
        write(&loose(&lab, id), zlib(format!("{kind} 4\0{}", "more than four".repeat(1000)).as_bytes()));
        assert!(matches!(refused(&lab), Refusal::Broken(_)), "{kind}");
        write(&loose(&lab, id), whole);
    }
    let tight = Limits { unpacked_bytes: 100, ..Limits::default() };
    assert!(matches!(bring_within(&lab, &tight), Err(Refusal::TooMuch { what: "bytes in all objects", .. })));
    let tight = Limits { objects: 2, ..Limits::default() };
    assert!(matches!(bring_within(&lab, &tight), Err(Refusal::TooMuch { what: "objects", .. })));
}

#[test]
fn a_pack_is_read_by_what_it_holds_not_by_its_index() {
    let lab = lab();
    commit(&lab, "two\n");
    lab.git(&["repack", "-q", "-a", "-d", "-l"]);
    let first = packs(&lab, "idx").remove(0);
    let right = fs::read(&first).unwrap();
    for id in 0..3 {
        lab.write("b.txt", &format!("{id}"));
        lab.git(&["add", "-A"]);
    }
    lab.git(&["commit", "-q", "-m", "three"]);
    lab.git(&["repack", "-q", "-d", "-l"]);
    let second = packs(&lab, "idx").into_iter().find(|p| *p != first).unwrap();
    chmod(&second, 0o644);
    write(&second, right);
    bring(&lab).unwrap().pack.unwrap().release().unwrap();
    lab.test.git(&["gc", "-q", "--prune=now"]);
}

#[test]
fn a_damaged_pack_is_refused_with_gits_own_words() {
    let lab = lab();
    commit(&lab, &"some text that is long enough\n".repeat(100));
    lab.git(&["repack", "-q", "-a", "-d", "-l"]);
    let pack = packs(&lab, "pack").remove(0);
    chmod(&pack, 0o644);
    let whole = fs::read(&pack).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0x55;
    for bytes in [&flipped[..], &whole[..whole.len() - 30], b"PACK", b""] {
        write(&pack, bytes);
        let text = told(&refused(&lab));
        assert!(text.contains("fatal: "), "{text}");
    }
}

#[test]
fn a_pack_that_takes_too_much_memory_is_refused() {
    let lab = lab();
    commit(&lab, &"0123456789abcdef".repeat(1 << 20));
    lab.git(&["-c", "core.bigFileThreshold=1g", "repack", "-q", "-a", "-d", "-l"]);
    let tight = Limits { pack_effort: (8 << 20, 60), ..Limits::default() };
    assert!(matches!(bring_within(&lab, &tight), Err(Refusal::Broken(_))));
}

fn packs(lab: &Lab, end: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(path(lab, "objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension() == Some(OsStr::new(end))).collect()
}

#[test]
fn what_a_quarantine_borrows_from_elsewhere_is_not_read() {
    let lab = lab();
    let other = one_file();
    other.write("a.txt", "from elsewhere\n");
    let foreign = other.commit();
    let elsewhere = other.root().join(".git/objects");
    write(&path(&lab, "objects/info/alternates"), format!("{}\n", elsewhere.display()));
    write(&path(&lab, "refs/heads/foreign"), format!("{foreign}\n"));
    assert!(told(&refused(&lab)).contains(&foreign.to_string()));
    write(&path(&lab, "objects/info/http-alternates"), format!("{}\n", elsewhere.display()));
    write(&path(&lab, "config"), format!("[include]\n\tpath = {}\n", other.root().join(".git/config").display()));
    assert!(told(&refused(&lab)).contains(&foreign.to_string()));
}

#[test]
fn a_commit_graph_and_a_multi_pack_index_of_the_task_are_not_believed() {
    let lab = lab();
    let tip = commit(&lab, "two\n");
    commit(&lab, "three\n");
    lab.git(&["repack", "-q", "-a", "-d", "-l"]);
    for name in ["objects/info/commit-graph", "objects/pack/multi-pack-index"] {
        write(&path(&lab, name), "nonsense");
    }
    let imported = bring(&lab).unwrap();
    imported.pack.unwrap().release().unwrap();
    assert_eq!(lab.test.git(&["cat-file", "-t", &tip.to_string()]), "commit");
}

#[test]
fn a_link_among_the_objects_is_refused() {
    let other = one_file();
    other.write("a.txt", "from elsewhere\n");
    let foreign = other.commit();
    let hex = foreign.to_string();
    let object = other.root().join(".git/objects").join(&hex[..2]).join(&hex[2..]);
    for place in ["objects", "objects/pack", &format!("objects/{}", &hex[..2]), &format!("objects/{}/{}", &hex[..2], &hex[2..])] {
        let lab = lab();
        write(&path(&lab, "refs/heads/foreign"), format!("{foreign}\n"));
        let at = path(&lab, place);
        if at.exists() {
            fs::rename(&at, lab.test.dir().join("was")).unwrap();
        }
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        symlink(other.root().join(".git").join(place), &at).unwrap();
        assert!(matches!(refused(&lab), Refusal::Foreign(_)), "{place}");
    }
    assert!(object.exists());
}

#[test]
fn what_a_crash_left_of_an_import_is_no_obstacle() {
    let lab = lab();
    commit(&lab, "two\n");
    write(&lab.quarantine.path().with_extension("import").join("view/objects/ab/left"), "left");
    bring(&lab).unwrap().pack.unwrap().release().unwrap();
}
