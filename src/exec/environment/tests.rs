//! What a task's environment has and has not.

use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;

fn caller(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    variables.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn texts(words: &[&str]) -> Vec<Text> {
    words.iter().map(|word| Text::from(*word)).collect()
}

#[test]
fn what_looks_like_a_secret_is_withheld_and_named() {
    let secret =
        ["GITHUB_TOKEN", "npm_token", "DB_PASSWORD", "PGPASSWORD", "OPENAI_API_KEY", "AWS_PROFILE", "SSH_AUTH_SOCK", "MY_PIN"];
    let harmless = ["HOME", "KEYBOARD", "LANG", "http_proxy"];
    let all: Vec<_> = secret.iter().chain(&harmless).map(|name| (OsString::from(name), OsString::from("v"))).collect();
    let taken = take(all, &Wish { withhold: &["my_*".to_owned()], ..Wish::default() }).unwrap();
    let mut expected = texts(&secret);
    expected.sort();
    assert_eq!(taken.withheld, expected);
    for name in harmless {
        assert_eq!(taken.environment.find(name), Some(OsStr::new("v")), "{name}");
    }
    for name in secret {
        assert_eq!(taken.environment.find(name), None, "{name}");
    }
}

#[test]
fn a_wish_passes_and_sets_whatever_the_name_looks_like() {
    let pass = texts(&["API_TOKEN", "GIT_AUTHOR_NAME", "ABSENT"]);
    let set = [(Text::from("X_SECRET"), Text::from("two")), (Text::from("PAGER"), Text::from("less"))];
    let wish = Wish { pass: &pass, set: &set, withhold: &[] };
    let have = caller(&[
        ("API_TOKEN", "one"),
        ("X_SECRET", "old"),
        ("GIT_AUTHOR_NAME", "A"),
        ("GIT_AUTHOR_EMAIL", "b"),
        ("PAGER", "most"),
    ]);
    let taken = take(have, &wish).unwrap();
    let find = |name| taken.environment.find(name).map(|value| value.to_string_lossy().into_owned());
    assert_eq!(find("API_TOKEN").as_deref(), Some("one"));
    assert_eq!(find("X_SECRET").as_deref(), Some("two"));
    assert_eq!(find("PAGER").as_deref(), Some("less"));
    assert_eq!(find("GIT_AUTHOR_NAME").as_deref(), Some("A"));
    assert_eq!(find("GIT_AUTHOR_EMAIL"), None);
    assert_eq!((taken.withheld, taken.missing), (vec![], texts(&["ABSENT"])));
}

#[test]
fn a_wish_cannot_lead_git_or_the_task_elsewhere() {
    for name in ["GIT_DIR", "GIT_CONFIG_KEY_0", "TAKEBACK_TOKEN", "TAKEBACK_TASK"] {
        let pass = texts(&[name]);
        assert!(matches!(take([], &Wish { pass: &pass, ..Wish::default() }), Err(Error::Reserved { .. })), "{name}");
    }
    for name in ["", "a=b", "a b", "a\nb"] {
        let set = [(Text::from(name), Text::from("v"))];
        assert!(matches!(take([], &Wish { set: &set, ..Wish::default() }), Err(Error::NotAName { .. })), "{name:?}");
    }
    let outer =
        take(caller(&[("GIT_DIR", "/x"), ("TAKEBACK_BATCH", "outer"), ("TAKEBACK_STATE_DIR", "/s")]), &Wish::default()).unwrap();
    assert_eq!(outer.environment.find("GIT_DIR"), None);
    assert_eq!(outer.environment.find("TAKEBACK_BATCH"), None);
    assert_eq!(outer.environment.find("TAKEBACK_STATE_DIR"), Some(OsStr::new("/s")));
}

#[test]
fn variables_below_the_checkout_lead_below_the_worktree() {
    let rows = [
        ("PATH", "/home/me/repo/bin:/usr/bin:/home/me/repository/bin:", "/slot/repo/bin:/usr/bin:/home/me/repository/bin:"),
        ("VIRTUAL_ENV", "/home/me/repo/.venv", "/slot/repo/.venv"),
        ("PYTHONPATH", "/home/me/repo:/link/src", "/slot/repo:/slot/repo/src"),
        ("DATA", "/home/me/repo/data", "/home/me/repo/data"),
        ("PWD", "/home/me/repo/sub", "/slot/repo/sub"),
    ];
    let have = rows.iter().map(|(name, value, _)| (OsString::from(name), OsString::from(value)));
    let taken = take(have, &Wish::default()).unwrap();
    let main = [PathBuf::from("/home/me/repo"), PathBuf::from("/link"), PathBuf::from("/")];
    let place = Place { main: &main, worktree: Path::new("/slot/repo"), cwd: Path::new("/slot/repo/sub") };
    let marks = Marks { task: "k7", attempt: 2, base: "abc", input: Some(OsStr::new("a.txt")), ..Marks::default() };
    let placed = taken.environment.placed(&place, &marks);
    for (name, _, expected) in rows {
        assert_eq!(placed.find(name), Some(OsStr::new(expected)), "{name}");
    }
    let own = [("TASK", "k7"), ("ATTEMPT", "2"), ("BASE", "abc"), ("INPUT", "a.txt"), ("WORKTREE", "/slot/repo")];
    for (name, value) in own {
        assert_eq!(placed.find(&format!("TAKEBACK_{name}")), Some(OsStr::new(value)), "{name}");
    }
    assert_eq!(placed.find("TAKEBACK_BATCH"), None);
}

#[test]
fn a_kept_environment_reads_back_and_only_its_user_can_read_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("environment.json");
    let odd = OsString::from_vec(b"caf\xe9\n".to_vec());
    let taken = take([("ODD".into(), odd), ("A".into(), "".into())], &Wish::default()).unwrap();
    taken.environment.save(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(Environment::load(&path).unwrap(), taken.environment);
    assert!(matches!(Environment::load(&folder.path().join("none")), Err(Error::Gone { .. })));
}

#[test]
fn git_in_a_task_fails_at_once_where_it_would_open_an_editor() {
    let home = TempDir::new().unwrap();
    let path = std::env::var("PATH").unwrap();
    let folder = home.path().to_str().unwrap();
    let given = caller(&[("PATH", &path), ("HOME", folder), ("GIT_EDITOR", "vi")]);
    let environment = take(given, &Wish::default()).unwrap().environment;
    let git = |arguments: &[&str]| {
        let mut git = command::with_environment("git", environment.iter());
        command::run(git.env("GIT_CONFIG_NOSYSTEM", "1").current_dir(home.path()).args(arguments)).unwrap()
    };
    assert!(git(&["init", "-q"]).status.success());
    let commit = git(&["-c", "user.name=A", "-c", "user.email=a@b", "commit", "--allow-empty"]);
    assert!(!commit.status.success());
    assert!(String::from_utf8_lossy(&commit.stderr).contains("no editor in a task"), "{commit:?}");
    assert_eq!(git(&["config", "gc.auto"]).stdout, b"0\n");
}
