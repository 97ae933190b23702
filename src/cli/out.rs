//! Output: the only place that writes to stdout and stderr.
//!
//! Answers go to stdout, as text or as one JSON object whose first field is `"schema": 1`; notes, progress and errors to stderr.
//! Colours and progress are for terminals only; `NO_COLOR` and `CI` turn both off. A reader that has gone is no error.

use std::io::{self, IsTerminal as _, Write as _};

use clap::builder::StyledStr;
use serde::Serialize;

use crate::cli::text::plain;
use crate::engine::{Error, ErrorKind};

/// What a verb answers: fields for scripts, text for people.
pub(super) trait View: Serialize {
    /// The text for people, without the last line's end.
    fn text(&self, page: &Page) -> String;
}

/// How a stream shows text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    colour: bool,
    width: Option<usize>,
}

/// The two streams.
#[derive(Debug)]
pub(super) struct Out {
    json: bool,
    stdout: Page,
    stderr: Page,
    live: bool,
    asks: bool,
    reader: Reader,
}

/// Whether somebody still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    There,
    Gone,
}

#[derive(Serialize)]
struct Answer<'a, V: Serialize> {
    schema: u32,
    #[serde(flatten)]
    view: &'a V,
}

#[derive(Serialize)]
struct Failure<'a> {
    error: Fault<'a>,
}

#[derive(Serialize)]
struct Fault<'a> {
    kind: &'a str,
    message: String,
    hint: Option<String>,
    object: Option<&'a str>,
}

impl Page {
    fn of(terminal: bool, width: Option<usize>) -> Self {
        let colour = terminal && !is_set("NO_COLOR") && !is_set("CI") && std::env::var_os("TERM").is_none_or(|t| t != "dumb");
        Self { colour, width: width.filter(|_| terminal) }
    }

    /// Text without colours, of any width.
    pub(super) const PLAIN: Self = Self { colour: false, width: None };

    pub(super) fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(super) fn paint(&self, code: &str, text: &str) -> String {
        if self.colour && !code.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Columns of the terminal; `None` where there is none.
    pub(super) fn width(&self) -> Option<usize> {
        self.width
    }
}

impl Out {
    pub(super) fn new(json: bool) -> Self {
        let stderr_is_terminal = io::stderr().is_terminal();
        let width = rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col)).filter(|w| *w > 0);
        Self {
            json,
            stdout: Page::of(io::stdout().is_terminal(), width),
            stderr: Page::of(stderr_is_terminal, None),
            asks: io::stdin().is_terminal() && stderr_is_terminal,
            reader: Reader::There,
            live: stderr_is_terminal && can_draw(),
        }
    }

    /// Whether scripts read the answer.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a line on stderr may be drawn again and again.
    pub(super) fn is_live(&self) -> bool {
        self.live
    }

    /// Whether the whole terminal that stdout is may be drawn on.
    pub(super) fn has_screen(&self) -> bool {
        !self.json && io::stdout().is_terminal() && can_draw()
    }

    /// How stdout shows text.
    pub(super) fn page(&self) -> &Page {
        &self.stdout
    }

    /// Whether a command can have the terminal.
    pub(super) fn has_terminal(&self) -> bool {
        self.asks && io::stdout().is_terminal()
    }

    /// Writes the answer.
    pub(super) fn answer(&mut self, view: &impl View) -> Result<(), Error> {
        if self.json {
            return self.object(view).map(drop);
        }
        let text = view.text(&self.stdout);
        if !text.is_empty() {
            self.bytes(format!("{text}\n").as_bytes())?;
        }
        Ok(())
    }

    /// Writes one JSON object on a line of its own.
    pub(super) fn object(&mut self, fields: &impl Serialize) -> Result<Reader, Error> {
        let mut line = serde_json::to_vec(&Answer { schema: 1, view: fields })
            .map_err(|e| Error::new(ErrorKind::Io, "cannot write the answer as JSON").because(e))?;
        line.push(b'\n');
        self.bytes(&line)
    }

    /// Writes bytes to stdout as they are, and tells whether somebody reads them.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<Reader, Error> {
        if self.reader == Reader::Gone {
            return Ok(Reader::Gone);
        }
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(Reader::There),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.reader = Reader::Gone;
                Ok(Reader::Gone)
            }
            Err(e) => Err(Error::new(ErrorKind::Io, "cannot write to stdout").because(e)),
        }
    }

    /// Says something on stderr that is not the answer.
    pub(super) fn note(&mut self, text: &str) {
        let text = text.split('\n').map(plain).collect::<Vec<_>>().join("\n");
        complain(&format!("{}\n", self.stderr.dim(&text)));
    }

    /// Draws a line that the next one replaces; only where [`Out::is_live`].
    pub(super) fn draw(&mut self, text: &str) {
        complain(&format!("\r\x1b[K{}", self.stderr.dim(&plain(text))));
    }

    /// Takes the line of [`Out::draw`] away.
    pub(super) fn wipe(&mut self) {
        if self.live {
            complain("\r\x1b[K");
        }
    }

    /// Asks on the terminal; `None` where there is nobody to ask.
    pub(super) fn ask(&mut self, question: &str) -> Option<bool> {
        if !self.asks {
            return None;
        }
        complain(&format!("{question} [y/N] "));
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line);
        Some(read.is_ok() && matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Reports an error: its chain and what to type next on stderr, for scripts also an object on stdout.
    pub(super) fn error(&mut self, error: &Error, hint: Option<String>) {
        let message = chain(error);
        complain(&format!("{} {}\n", self.stderr.paint("1;31", "error:"), lines(&message)));
        if let Some(hint) = &hint {
            complain(&format!("{} {}\n", self.stderr.paint("1;36", "hint:"), lines(hint)));
        }
        self.failure(Fault { kind: error.kind().word(), message, hint, object: error.object() });
    }

    /// Reports that the command line cannot be understood.
    pub(super) fn usage(&mut self, refused: &clap::Error, hint: String, object: Option<&str>) {
        let text = refused.render();
        complain(&if self.stderr.colour { text.ansi().to_string() } else { text.to_string() });
        let text = text.to_string();
        complain(&format!("{} {}\n", self.stderr.paint("1;36", "hint:"), lines(&hint)));
        let message = match text.strip_prefix("error: ") {
            Some(text) => text.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "),
            None => "no verb was given".to_owned(),
        };
        self.failure(Fault { kind: ErrorKind::Usage.word(), message, hint: Some(hint), object });
    }

    /// Writes help that was asked for.
    pub(super) fn help(&mut self, text: &StyledStr) {
        let text = if self.stdout.colour { text.ansi().to_string() } else { text.to_string() };
        drop(self.bytes(text.as_bytes()));
    }

    fn failure(&mut self, error: Fault<'_>) {
        if self.json {
            drop(self.object(&Failure { error }));
        }
    }
}

/// The error and what lies behind it, as one line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

fn lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// Writes to stdout what is no answer: a picture on the terminal. Where that fails there is nobody to see it.
pub(super) fn show(text: &str) {
    let mut stdout = io::stdout().lock();
    drop(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
}

/// Writes to stderr; where that fails there is nobody to tell.
pub(super) fn complain(text: &str) {
    let mut stderr = io::stderr().lock();
    drop(stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()));
}

/// Whether a terminal of this kind can be drawn on, and somebody looks.
fn can_draw() -> bool {
    !is_set("CI") && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_its_causes_once_each() {
        let cause = std::io::Error::other("no space");
        let error = Error::new(ErrorKind::DiskFull, "cannot keep k7").because(cause);
        assert_eq!(chain(&error), "cannot keep k7: no space");
    }

    #[test]
    fn schema_is_the_first_field() {
        #[derive(Serialize)]
        struct Some {
            a: u8,
        }
        assert_eq!(serde_json::to_string(&Answer { schema: 1, view: &Some { a: 2 } }).unwrap(), r#"{"schema":1,"a":2}"#);
    }
}
