//! Specs that are read, refused and written.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::*;

fn read(text: &str) -> SpecFile {
    check::parse(text.as_bytes()).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

fn refused(text: &str) -> String {
    check::parse(text.as_bytes()).unwrap_err().to_string()
}

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// A spec in which every key is set; no file could set them all.
fn full() -> SpecFile {
    SpecFile {
        name: Some("tables".to_owned()),
        command: list(&["sed", "-i", "s/'a'/\"b\"\\n/", "two\nlines\n", "\t\u{7}\u{7f}é", "{}"]),
        shell: Some("make \\\n  {.}.pdf && ls '{}'".to_owned()),
        inputs: list(&["tables/*.tex", "a b", "'''", "\"\"\""]),
        inputs_from: Some("list.txt".to_owned()),
        null: true,
        csv: Some("list.csv".to_owned()),
        sample: Some(Sample::Count(3)),
        check: list(&["make check"]),
        check_files: list(&["tests/**"]),
        no_check_cache: true,
        final_check: list(&["make"]),
        only: list(&["{}"]),
        commit_ignored: list(&["out/*"]),
        bring: list(&["data:ro"]),
        no_bring: true,
        setup: Some(". env".to_owned()),
        env: list(&["A=b", "C"]),
        base: Some("main".to_owned()),
        with_changes: true,
        cwd: Some("sub".to_owned()),
        timeout: Some("300%".to_owned()),
        idle: Some("5m".to_owned()),
        retries: Some(0),
        jobs: Some(4),
        halt: Some("soon,fail=10%".to_owned()),
        skip_code: vec![125, 3],
        abort_code: vec![127],
        notify: Some("desktop".to_owned()),
        sandbox: Some("none".to_owned()),
        network: Some("on".to_owned()),
        accept: list(&["no-check"]),
    }
}

#[test]
fn every_key_is_an_option_that_is_written_and_read() {
    let spec = full();
    let text = text(&spec).unwrap();
    assert_eq!(toml::from_str::<SpecFile>(&text).unwrap(), spec, "{text}");
    let json = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<SpecFile>(&json).unwrap(), spec, "{json}");
    let table: toml::Table = text.parse().unwrap();
    let (mut keys, mut known) = (table.keys().map(String::as_str).collect::<Vec<_>>(), KEYS.to_vec());
    keys.sort_unstable();
    known.sort_unstable();
    assert_eq!(keys, known);
}

#[test]
fn what_is_written_holds_only_what_is_set_and_is_good_to_read() {
    let spec = SpecFile {
        command: list(&["sed", "-i", "s/a/'b'/", "{}"]),
        inputs: (1..=12).map(|n| format!("tables/table-{n:02}.tex")).collect(),
        sample: Some(Sample::Percent(10)),
        setup: Some("module load R\nexport X=1\n".to_owned()),
        ..SpecFile::default()
    };
    let written = text(&spec).unwrap();
    assert!(
        written.starts_with("command = [\"sed\", \"-i\", \"s/a/'b'/\", \"{}\"]\ninputs = [\n    \"tables/table-01.tex\",\n"),
        "{written}"
    );
    assert!(written.ends_with("]\nsample = \"10%\"\nsetup = \"\"\"\nmodule load R\nexport X=1\n\"\"\"\n"), "{written}");
    assert_eq!(read(&written), spec);
}

#[test]
fn a_string_is_a_list_of_one() {
    let spec = read("shell = 'true'\ninputs = '*.tex'\ncheck = ['a', 'b']\nenv = 'A'\nskip-code = 3\nabort-code = [126, 127]\n");
    assert_eq!((spec.inputs, spec.check, spec.env), (list(&["*.tex"]), list(&["a", "b"]), list(&["A"])));
    assert_eq!((spec.skip_code, spec.abort_code), (vec![3], vec![126, 127]));
}

#[test]
fn times_are_numbers_of_seconds_or_words() {
    let spec = read("shell = 'true'\ntimeout = 90\nidle = '1h 30m'");
    assert_eq!((spec.timeout.as_deref(), spec.idle.as_deref()), (Some("90"), Some("1h 30m")));
    assert_eq!(read("shell = 'true'\ntimeout = '300%'").timeout.as_deref(), Some("300%"));
}

#[test]
fn a_sample_is_a_number_a_share_or_inputs() {
    for (value, sample) in [
        ("5", Sample::Count(5)),
        ("'5'", Sample::Count(5)),
        ("'10%'", Sample::Percent(10)),
        ("'a.tex'", Sample::Inputs(list(&["a.tex"]))),
        ("['5', 'a%']", Sample::Inputs(list(&["5", "a%"]))),
    ] {
        let spec = read(&format!("shell = 'true'\nsample = {value}"));
        assert_eq!(spec.sample.as_ref(), Some(&sample), "{value}");
        assert_eq!(read(&text(&spec).unwrap()), spec, "{value}");
    }
    for bad in ["0", "-1", "'0%'", "'101%'", "''", "[]", "true"] {
        let why = refused(&format!("shell = 'true'\nsample = {bad}"));
        let expected = "expected a number of inputs, a share of them such as \"10%\", or a list of inputs";
        assert!(why.starts_with("2:10: ") && why.ends_with(expected), "{bad}: {why}");
    }
}

#[test]
fn words_of_an_option_mean_the_same_as_in_a_spec() {
    for (words, sample) in [
        (&["5"][..], Some(Sample::Count(5))),
        (&["5%"], Some(Sample::Percent(5))),
        (&["5", "6"], Some(Sample::Inputs(list(&["5", "6"])))),
        (&["%"], Some(Sample::Inputs(list(&["%"])))),
        (&["0"], None),
        (&["200%"], None),
        (&["99999999999"], None),
        (&[], None),
    ] {
        assert_eq!(Sample::of_words(&list(words)), sample, "{words:?}");
    }
}

#[test]
fn a_slip_has_its_line_and_column_and_says_what_was_expected() {
    let long = "expected a number of seconds, a time such as \"15m\", or a share of the median such as \"300%\"";
    for (text, why) in [
        ("shell = 'a'\ncheks = 'b'", "2:1: there is no key `cheks`; did you mean `check`?"),
        ("shell = 'a'\ninputs_from = 'b'", "2:1: there is no key `inputs_from`; did you mean `inputs-from`?"),
        ("shell = 'a'\n  TIMEOUT = 5", "2:3: there is no key `TIMEOUT`; did you mean `timeout`?"),
        ("shell = 'a'\nmax-cost = 5", "2:1: there is no key `max-cost`"),
        ("shell = 'a'\n[batch]\nname = 'x'", "2:2: there is no key `batch`"),
        ("shell = 'a'\nname = 5", "2:8: invalid type: integer `5`, expected a string"),
        ("shell = 'a'\ncheck = 5", "2:9: invalid value: integer `5`, expected a string or a list of strings"),
        ("shell = 'a'\ncheck = ['ö', 5]", "2:15: invalid type: integer `5`, expected a string"),
        ("shell = 'a'\nnull = 1\ninputs-from = 'b'", "2:8: invalid type: integer `1`, expected a boolean"),
        ("command = 'sed x'", "1:11: invalid type: string \"sed x\", expected a list of words; a line for a shell is `shell`"),
        ("command = []", "1:11: invalid length 0, expected a list of words; a line for a shell is `shell`"),
        ("shell = 'a'\ntimeout = 'soon'", &format!("2:11: invalid value: string \"soon\", {long}")),
        ("shell = 'a'\ntimeout = '0%'", &format!("2:11: invalid value: string \"0%\", {long}")),
        (
            "shell = 'a'\nidle = '50%'",
            "2:8: invalid value: string \"50%\", expected a number of seconds, or a time such as \"90s\", \"15m\" or \"2h\"",
        ),
        ("shell = 'a'\nretries = 101", "2:11: invalid value: integer `101`, expected a number from 0 to 100"),
        ("shell = 'a'\nretries = 1.5", "2:11: invalid type: floating point `1.5`, expected a number from 0 to 100"),
        ("shell = 'a'\njobs = 0", "2:8: invalid value: integer `0`, expected a number from 1 to 1000"),
        ("shell = 'a'\nskip-code = [3, 256]", "2:17: invalid value: integer `256`, expected a number from 1 to 255"),
        ("shell = 'a'\nskip-code = 0", "2:13: invalid value: integer `0`, expected an exit code or a list of them"),
        ("shell = 'a'\nnetwork = 'yes'", "2:11: invalid value: string \"yes\", expected \"on\" or \"off\""),
        (
            "shell = 'a'\nsandbox = 'best'",
            "2:11: invalid value: string \"best\", expected \"auto\", \"namespace\", \"landlock\" or \"none\"",
        ),
        ("shell = 'a'\n\ncommand = ['b']", "3:1: `command` does not go with `shell`"),
        ("csv = 'a'\nshell = 'a'\ninputs = 'b'", "3:1: `inputs` does not go with `csv`"),
        ("shell = 'a'\ninputs = 'b'\ninputs-from = 'c'", "3:1: `inputs-from` does not go with `inputs`"),
        ("shell = 'a'\nbase = 'b'\nwith-changes = true", "3:1: `with-changes` does not go with `base`"),
        ("shell = 'a'\nnull = true", "2:1: `null` goes with `inputs-from` only"),
        ("name = 'a'", "1:1: expected `command`, a list of words, or `shell`, a line for a shell"),
        ("", "1:1: expected `command`, a list of words, or `shell`, a line for a shell"),
        ("shell = 'a'\nshell = 'b'", "2:1: duplicate key"),
        ("shell = make", "1:9: string values must be quoted, expected literal string"),
    ] {
        assert_eq!(refused(text), why, "{text}");
    }
    assert_eq!(check::parse(b"shell = 'a'\nname = '\xff'").unwrap_err().to_string(), "2:9: it is not UTF-8");
}

#[test]
fn a_spec_is_read_from_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("spec.toml");
    let why = load(&path).unwrap_err();
    assert_eq!(why.to_string(), format!("there is no file `{}`", path.display()));
    crate::git::testing::write(&path, "\u{feff}shell = 'a'\r\nname = 'x'\r\n");
    assert_eq!(load(&path).unwrap().name.as_deref(), Some("x"));
    crate::git::testing::write(&path, "\u{feff}shell = 'a'\r\nnam = 'x'\r\n");
    let why = load(&path).unwrap_err().to_string();
    assert_eq!(why, format!("{}:2:1: there is no key `nam`; did you mean `name`?", path.display()));
}

#[test]
fn a_word_that_is_not_utf8_is_refused_by_name() {
    assert_eq!(word(&"a b".into()).unwrap(), "a b");
    let why = word(&OsStr::from_bytes(b"caf\xe9").into()).unwrap_err();
    assert_eq!(why.to_string(), "`caf\u{fffd}` is not UTF-8, so no spec can hold it");
}

proptest::proptest! {
    #[test]
    fn whatever_a_spec_says_is_read_as_it_was_written(
        words in proptest::collection::vec("\\PC*|[\\x00-\\x7f]*", 1..5),
        inputs in proptest::collection::vec("\\PC*|['\"\\\\\r\n\t]*", 0..5),
        setup in proptest::option::of("[\\x00-\\x7f]*"),
    ) {
        let spec = SpecFile { command: words, inputs, setup, ..SpecFile::default() };
        let text = text(&spec).unwrap();
        proptest::prop_assert_eq!(check::parse(text.as_bytes()), Ok(spec));
    }
}
