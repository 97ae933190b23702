//! Real commands to their end, whichever it is.

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::exec::environment::Environment;
use crate::exec::log::{LogReader, Piece};
use crate::exec::testing;
use crate::sys::process::{Liveness, liveness};
use crate::task::Text;

struct Lab {
    top: TempDir,
    launcher: Launcher,
    environment: Environment,
    token: String,
    cancel: AtomicBool,
    limits: Limits,
    grace: Grace,
    sizes: Sizes,
}

impl Lab {
    fn new(token: &str) -> Self {
        let top = TempDir::new().unwrap();
        let launcher = testing::launcher(top.path());
        let mut environment = Environment::default();
        environment.set("PATH", "/usr/local/bin:/usr/bin:/bin");
        let token = format!("{token}-{}", std::process::id());
        let ms = Duration::from_millis;
        let grace = Grace { settle: ms(200), interrupt: ms(400), terminate: ms(400), kill: Duration::from_secs(20) };
        let (limits, sizes) = (Limits::default(), Sizes::default());
        Self { top, launcher, environment, token, cancel: AtomicBool::new(false), limits, grace, sizes }
    }

    /// With patience for a command that ends as soon as it is asked: nobody waits longer than that takes.
    fn patient(token: &str) -> Self {
        let mut lab = Self::new(token);
        lab.grace.interrupt = Duration::from_secs(60);
        lab
    }

    fn run(&self, script: &str) -> Ended {
        self.run_recorded(&["sh", "-c", script], |_| Ok::<_, io::Error>(())).unwrap()
    }

    fn run_recorded<E>(&self, words: &[&str], record: impl FnOnce(&ProcessId) -> Result<(), E>) -> Result<Ended, Error>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let argv: Vec<Text> = words.iter().map(|word| Text::from(*word)).collect();
        let (cwd, log) = (self.top.path(), self.log());
        let environment = &self.environment;
        let launch = Launch { argv: &argv, cwd, environment, token: &self.token, setup: None, input: None };
        let (launcher, limits, grace, sizes, cancel) = (&self.launcher, self.limits, self.grace, self.sizes, &self.cancel);
        Execution { launcher, launch, limits, grace, log: &log, sizes, cancel, terminal: None }.run(record)
    }

    /// Runs a script and cancels it once `condition` holds.
    fn cancel_when(&self, script: &str, condition: impl Fn() -> bool) -> Ended {
        std::thread::scope(|scope| {
            let run = scope.spawn(|| self.run(script));
            let start = Instant::now();
            let mut held = condition();
            while !held && start.elapsed() < Duration::from_secs(60) {
                std::thread::sleep(Duration::from_millis(5));
                held = condition();
            }
            self.cancel.store(true, Ordering::Relaxed);
            let ended = run.join().unwrap();
            assert!(held, "never: {ended:?}");
            ended
        })
    }

    fn log(&self) -> PathBuf {
        self.top.path().join("log")
    }

    fn logged(&self) -> String {
        let mut text = Vec::new();
        let mut log = LogReader::new(&self.log());
        while let Some(piece) = log.read().unwrap() {
            match piece {
                Piece::Bytes(bytes) => text.extend(bytes),
                Piece::LeftOut(count) => text.extend(format!("[… {count} bytes left out …]").bytes()),
            }
        }
        String::from_utf8(text).unwrap()
    }

    fn living(&self) -> Vec<Process> {
        Family { root: None, token: &self.token }.living()
    }
}

fn names(processes: &[Process]) -> Vec<&str> {
    processes.iter().map(|process| process.name.as_str()).collect()
}

#[test]
fn a_command_ends_with_its_code_and_its_output_is_logged() {
    let lab = Lab::new("plain");
    let ended = lab.run("echo out; echo err >&2; exit 3");
    assert_eq!((ended.cause, ended.exit), (Cause::Exited, Exit { code: Some(3), signal: None }));
    assert_eq!(lab.logged(), "out\nerr\n");
    assert_eq!((ended.left_over, ended.survivors), (vec![], vec![]));
}

#[test]
fn a_signal_that_was_not_ours_is_told_as_such() {
    let ended = Lab::new("signal").run("kill -SEGV $$");
    assert_eq!((ended.cause, ended.exit), (Cause::Signal, Exit { code: None, signal: Some(11) }));
}

#[test]
fn a_command_that_is_not_there_was_not_started() {
    let lab = Lab::new("missing");
    let ended = lab.run_recorded(&["no-such-command"], |_| Ok::<_, io::Error>(())).unwrap();
    assert_eq!(ended.cause, Cause::NotStarted(NotStarted::NotFound { program: "no-such-command".into() }));
}

#[test]
fn nothing_runs_if_its_process_cannot_be_recorded() {
    let lab = Lab::new("record");
    let mut process = None;
    let refused = lab.run_recorded(&["touch", "ran"], |id| {
        process = Some(id.clone());
        Err(io::Error::other("no"))
    });
    assert!(matches!(refused, Err(Error::Record(_))));
    assert!(!lab.top.path().join("ran").exists());
    assert_eq!(liveness(&process.unwrap()), Liveness::Dead);
}

#[test]
fn a_command_that_runs_too_long_is_ended() {
    let mut lab = Lab::patient("timeout");
    lab.limits.timeout = Some(Duration::from_secs(2));
    // A shell lets no command in the background hear an interrupt: this one is a family without.
    let ended = lab.run("sleep 93 | sleep 94");
    assert_eq!((ended.cause, ended.exit), (Cause::Timeout, Exit { code: None, signal: Some(2) }));
    assert!(ended.duration >= Duration::from_secs(2));
    assert_eq!(lab.living(), []);
}

#[test]
fn a_command_is_asked_twice_and_then_killed() {
    let mut lab = Lab::new("deaf");
    // Time for what it says when it is asked.
    (lab.grace.interrupt, lab.grace.terminate) = (Duration::from_secs(4), Duration::from_secs(4));
    let script = "trap 'echo int' INT; trap 'echo term' TERM; echo go; while :; do sleep 0.05; done 2>/dev/null";
    let ended = lab.cancel_when(script, || lab.logged() == "go\n");
    assert_eq!((ended.cause, ended.exit.signal), (Cause::Cancelled, Some(9)));
    let logged = lab.logged();
    assert_eq!(logged.lines().filter(|line| *line != "Terminated").collect::<Vec<_>>(), ["go", "int", "term"]);
}

#[test]
fn a_command_that_ends_well_when_asked_was_cancelled_all_the_same() {
    let lab = Lab::patient("polite");
    let script = "trap 'echo saved; exit 0' INT; echo go; while :; do sleep 0.05; done";
    let ended = lab.cancel_when(script, || lab.logged() == "go\n");
    assert_eq!((ended.cause, ended.exit.code), (Cause::Cancelled, Some(0)));
    assert_eq!(lab.logged(), "go\nsaved\n");
}

#[test]
fn silence_is_what_idle_counts() {
    let mut lab = Lab::new("idle");
    lab.limits.idle = Some(Duration::from_secs(4));
    let ended = lab.run("for n in $(seq 20); do echo $n; sleep 0.25; done; echo quiet; sleep 600");
    assert_eq!(ended.cause, Cause::Idle);
    assert!(lab.logged().ends_with("20\nquiet\n"), "{}", lab.logged());
    assert!(ended.duration >= Duration::from_secs(8), "it spoke for five seconds");
}

#[test]
fn a_cancelled_command_ends_with_all_that_it_started() {
    let lab = Lab::new("cancel");
    let sleepers = || lab.living().iter().filter(|process| process.name == "sleep").count();
    let ended = lab.cancel_when("setsid sh -c 'sleep 91 & setsid sleep 92' & sleep 90", || sleepers() == 3);
    assert_eq!((ended.cause, ended.survivors), (Cause::Cancelled, vec![]));
    assert_eq!(lab.living(), []);
}

#[test]
fn what_a_command_leaves_running_is_told_and_ended() {
    let lab = Lab::new("left");
    let start = Instant::now();
    // It ends when both sleep, and not before they have become what is looked for.
    let ended = lab.run(
        "(setsid sh -c 'echo $$ > one; exec sleep 880' &) ; sh -c 'trap \"\" TERM; echo $$ > two; exec sleep 890' & \
         for who in one two; do until [ \"$(cat /proc/$(cat $who)/comm)\" = sleep ]; do sleep 0.01; done; done 2> /dev/null; echo done",
    );
    assert_eq!((ended.cause, ended.exit.code), (Cause::Exited, Some(0)));
    assert_eq!(names(&ended.left_over), ["sleep", "sleep"]);
    assert_eq!((ended.survivors, lab.living()), (vec![], vec![]));
    assert!(start.elapsed() < Duration::from_secs(300), "nobody waited for their pipe");
    assert_eq!(lab.logged(), "done\n");
}

#[test]
fn what_ends_just_after_the_command_is_no_left_over() {
    let mut lab = Lab::new("settle");
    lab.grace.settle = Duration::from_secs(60);
    let ended = lab.run("(sleep 0.05; echo late) & echo early");
    assert_eq!(ended.left_over, []);
    assert_eq!(lab.logged(), "early\nlate\n");
}

#[test]
fn one_who_got_away_with_the_pipe_does_not_hold_up_the_end() {
    let lab = Lab::new("away");
    let start = Instant::now();
    // Without token, session and parent, as without a subreaper: it cannot be found.
    let ended = lab.run(
        "env -i PATH=$PATH setsid sh -c 'echo $$ > pid; for n in $(seq 30000); do echo noise; sleep 0.01; done & exec sleep 870' & \
                         until [ -s pid ]; do sleep 0.01; done; env -i kill -CONT $$; echo done",
    );
    assert_eq!(ended.exit.code, Some(0));
    assert!(start.elapsed() < Duration::from_secs(200));
    assert!(lab.logged().contains("done\n"));
    let session: i32 = std::fs::read_to_string(lab.top.path().join("pid")).unwrap().trim().parse().unwrap();
    rustix::process::kill_process_group(rustix::process::Pid::from_raw(session).unwrap(), rustix::process::Signal::KILL).unwrap();
}

#[test]
fn much_output_is_bounded_and_counted() {
    let mut lab = Lab::new("much");
    lab.sizes = Sizes { head: 1000, segment: 1000 };
    lab.run("head -c 3000000 /dev/zero | tr '\\0' 'x'; echo end");
    let logged = lab.logged();
    assert!(logged.len() < 4000 && logged.contains("bytes left out") && logged.ends_with("xend\n"));
}
