//! Commands started at the gate, with real processes.

use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use tempfile::TempDir;

use super::*;
use crate::exec::testing;
use crate::sys::gate::NotStarted;
use crate::sys::process::{Liveness, Table, liveness};

struct Lab {
    top: TempDir,
    launcher: Launcher,
    environment: Environment,
}

struct Ran {
    status: ExitStatus,
    output: String,
    why_not: Option<NotStarted>,
}

impl Lab {
    fn new() -> Self {
        let top = TempDir::new().unwrap();
        let launcher = testing::launcher(top.path());
        let mut environment = Environment::default();
        environment.set("PATH", "/usr/local/bin:/usr/bin:/bin");
        Self { top, launcher, environment }
    }

    fn launch<'a>(&'a self, argv: &'a [Text]) -> Launch<'a> {
        Launch { argv, cwd: self.top.path(), environment: &self.environment, token: "t0", setup: None, input: None }
    }

    fn prepare(&self, launch: &Launch<'_>) -> (Prepared, std::io::PipeReader) {
        let (reader, writer) = std::io::pipe().unwrap();
        (self.launcher.prepare(launch, Output::Pipe(writer)).unwrap(), reader)
    }

    fn run(&self, launch: &Launch<'_>) -> Ran {
        let (prepared, mut reader) = self.prepare(launch);
        let mut running = prepared.go();
        let mut output = String::new();
        reader.read_to_string(&mut output).unwrap();
        let status = running.awaited.child.wait().unwrap();
        Ran { status, output, why_not: running.gate.why_not_started() }
    }
}

fn words(words: &[&str]) -> Vec<Text> {
    words.iter().map(|word| Text::from(*word)).collect()
}

#[test]
fn a_command_gets_its_words_folder_environment_and_an_empty_stdin() {
    let lab = Lab::new();
    let argv = words(&[
        "sh",
        "-c",
        r#"printf '%s|' "$@"; pwd -P; echo "$TAKEBACK_TOKEN"; cat; echo err >&2; exit 3"#,
        "sh",
        "a b",
        "",
        "*",
    ]);
    let ran = lab.run(&lab.launch(&argv));
    let folder = lab.top.path().canonicalize().unwrap();
    assert_eq!(ran.output, format!("a b||*|{}\nt0\nerr\n", folder.display()));
    assert_eq!((ran.status.code(), ran.why_not), (Some(3), None));
}

#[test]
fn nothing_runs_before_the_gate_opens_and_the_process_is_known_by_then() {
    let lab = Lab::new();
    let argv = words(&["touch", "ran"]);
    let (prepared, _reader) = lab.prepare(&lab.launch(&argv));
    let process = prepared.process().clone();
    assert_eq!(liveness(&process), Liveness::Alive);
    let table = Table::read();
    let seen = table.find(process.pid).unwrap();
    assert_eq!((seen.group, seen.session), (process.pid, process.pid), "it leads its own session");
    prepared.abandon();
    assert_eq!(liveness(&process), Liveness::Dead);
    assert!(!lab.top.path().join("ran").exists());
}

#[test]
fn a_command_that_cannot_be_started_says_why() {
    let lab = Lab::new();
    crate::sys::file::fill(&lab.top.path().join("plain"), b"text").unwrap();
    testing::write_program(&lab.top.path().join("orphan"), "#!/nowhere/interpreter\n");
    let why = |program: &str| lab.run(&lab.launch(&words(&[program]))).why_not.unwrap();
    assert_eq!(why("no-such-command"), NotStarted::NotFound { program: "no-such-command".into() });
    assert_eq!(why("./orphan"), NotStarted::Interpreter { program: "./orphan".into() });
    assert!(matches!(why("./plain"), NotStarted::NotExecutable { .. }));
    let argv = words(&["true"]);
    let nowhere = Launch { cwd: Path::new("/nowhere"), ..lab.launch(&argv) };
    assert!(matches!(lab.run(&nowhere).why_not, Some(NotStarted::Folder { .. })));
    let nothing = Launch { input: Some(Path::new("/nowhere")), ..lab.launch(&argv) };
    assert!(matches!(lab.run(&nothing).why_not, Some(NotStarted::Input { .. })));
    assert_eq!(lab.run(&lab.launch(&words(&["sh", "-c", "exit 127"]))).why_not, None, "its own exit code");
}

#[test]
fn a_command_reads_its_input_from_a_file() {
    let lab = Lab::new();
    let prompt = lab.top.path().join("prompt");
    crate::sys::file::fill(&prompt, b"do it").unwrap();
    let argv = words(&["cat"]);
    let launch = Launch { input: Some(&prompt), ..lab.launch(&argv) };
    assert_eq!(lab.run(&launch).output, "do it");
    assert_eq!(lab.run(&Launch { setup: Some("cat; x=1"), ..launch }).output, "do it");
}

#[test]
fn a_setup_is_sourced_before_the_command() {
    let lab = Lab::new();
    let argv = words(&["sh", "-c", r#"echo "$ADDED $1"; cat; exit 4"#, "sh", "a  b"]);
    let ran = lab.run(&Launch { setup: Some("false; export ADDED=yes # a comment"), ..lab.launch(&argv) });
    assert_eq!((ran.output.as_str(), ran.status.code(), ran.why_not), ("yes a  b\n", Some(4), None));
}

#[test]
fn a_setup_that_fails_or_ends_keeps_the_command_from_starting() {
    let lab = Lab::new();
    let argv = words(&["echo", "ran"]);
    for (setup, code) in [("exit 0", 0), ("echo no; false", 1), ("set -e; (exit 5); true", 5), ("if", 2), ("cat <<end", 0)] {
        let ran = lab.run(&Launch { setup: Some(setup), ..lab.launch(&argv) });
        assert_eq!((ran.why_not, ran.status.code()), (Some(NotStarted::Unreached), Some(code)), "{setup}");
        assert!(!ran.output.contains("ran\n"), "{setup}: {}", ran.output);
    }
    let missing = words(&["no-such-command"]);
    let ran = lab.run(&Launch { setup: Some("true"), ..lab.launch(&missing) });
    assert_eq!(ran.why_not, Some(NotStarted::NotFound { program: "no-such-command".into() }));
}

#[test]
fn what_a_setup_leaves_behind_does_not_hold_up_the_answer() {
    let lab = Lab::new();
    let argv = words(&["true"]);
    let setup = "sleep 30 >/dev/null 2>&1 & echo $! > pid";
    let ran = lab.run(&Launch { setup: Some(setup), ..lab.launch(&argv) });
    assert_eq!((ran.status.code(), ran.why_not), (Some(0), None));
    let pid: i32 = std::fs::read_to_string(lab.top.path().join("pid")).unwrap().trim().parse().unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_command_has_no_file_of_ours_open_and_no_signal_ignored() {
    let lab = Lab::new();
    let kept = std::fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&kept, rustix::io::FdFlags::empty()).unwrap();
    let argv = words(&["sh", "-c", "ls /proc/self/fd; grep -E 'Sig(Ign|Blk)' /proc/self/status"]);
    let launch = lab.launch(&argv);
    for ran in [lab.run(&launch), lab.run(&Launch { setup: Some("true"), ..launch })] {
        let mut lines = ran.output.lines();
        // The last one is the folder that `ls` reads.
        assert_eq!(lines.by_ref().take(4).collect::<Vec<_>>(), ["0", "1", "2", "3"]);
        for line in lines {
            assert!(line.starts_with("Sig"), "{line}");
            let bits = u64::from_str_radix(line.rsplit('\t').next().unwrap(), 16).unwrap();
            // The C library keeps the signals above 31 to itself.
            assert_eq!(bits & 0x7fff_ffff, 0, "{line}");
        }
    }
    drop(kept);
}

#[test]
fn a_command_has_no_terminal_to_ask_on() {
    let lab = Lab::new();
    let ran = lab.run(&lab.launch(&words(&["sh", "-c", ": < /dev/tty"])));
    assert_ne!(ran.status.code(), Some(0), "{}", ran.output);
    assert_eq!(ran.status.signal(), None);
}
