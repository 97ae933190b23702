//! A pseudo-terminal to try the program at: util-linux's `script`, which passes on what is typed and shows what is written.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::lab::{Lab, wait_until};

/// A shell line at work at a terminal.
pub(crate) struct Tty {
    script: Child,
    keys: Option<ChildStdin>,
    shown: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

/// Tells whether there is a `script` that we know; says aloud if not.
pub(crate) fn is_there(lab: &Lab, test: &str) -> bool {
    let version = lab.command("script").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let known = String::from_utf8_lossy(&version).contains("util-linux");
    if !known {
        crate::skip(test, "there is no script of util-linux to make a terminal with");
    }
    known
}

/// The program's path, for shell lines.
pub(crate) fn takeback() -> String {
    assert_cmd::cargo::cargo_bin!("takeback").display().to_string()
}

impl Tty {
    /// Starts a shell line at a new terminal of its own.
    pub(crate) fn start(lab: &Lab, line: &str) -> Self {
        let mut command = lab.command("script");
        command.args(["-q", "-e", "-c", line, "/dev/null"]).env("TERM", "xterm").env("SHELL", "/bin/sh").env("PS1", "> ");
        let mut script = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let mut stdout = script.stdout.take().unwrap();
        let reader = std::thread::spawn({
            let shown = Arc::clone(&shown);
            move || {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                    shown.lock().unwrap().extend_from_slice(&buffer[..count]);
                }
            }
        });
        Self { keys: script.stdin.take(), script, shown, reader }
    }

    /// All that was shown so far.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    /// Waits until a text was shown so many times.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str, times: usize) {
        let mut last = String::new();
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_until("it is shown", || {
                last = self.shown();
                last.matches(text).count() >= times
            });
        }));
        assert!(seen.is_ok(), "{text:?} was not shown {times} times: {last}");
    }

    /// Types.
    pub(crate) fn type_keys(&mut self, keys: &str) {
        let pipe = self.keys.as_mut().unwrap();
        pipe.write_all(keys.as_bytes()).and_then(|()| pipe.flush()).unwrap();
    }

    /// Takes the terminal away, as a closed window does.
    pub(crate) fn close(&mut self) {
        self.script.kill().unwrap();
        self.script.wait().unwrap();
    }

    /// Waits for the end, and returns the line's exit code and all that was shown.
    #[track_caller]
    pub(crate) fn end(mut self) -> (i32, String) {
        let mut status = None;
        wait_until("the line at the terminal ends", || {
            status = self.script.try_wait().unwrap();
            status.is_some()
        });
        drop(self.keys.take());
        // What was written last may still be on its way through the pipe.
        self.reader.join().unwrap();
        let shown = String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned();
        (status.unwrap().code().unwrap_or(-1), shown)
    }
}
