//! User output: results on stdout, progress and messages on stderr, in colour where it is wanted.
//!
//! It renders and never decides.

mod bars;
mod failure;
mod line_writer;
mod log_line;
mod log_statistics;
mod question;
mod region;
mod table;
mod terminal;

use std::{
    fmt::Write as _,
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

pub(crate) use failure::Failure;
pub(crate) use log_line::{Gone, Origin, append_json, append_text};

use self::{bars::Bars, line_writer::LineWriter};
use crate::{
    logs,
    printable::printable,
    progress::{Progress, Served},
    world::Stream,
};

/// Writes a line to the process's own stderr, for calls between programs that have no report.
pub(crate) fn raw(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The verbosity.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Volume {
    /// Errors, and the output of the application.
    Quiet,
    /// A line per step and request.
    Normal,
    /// Details too.
    Verbose,
}

/// Which of the two streams are coloured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coloured {
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
}

/// Both streams of one run.
pub(crate) struct Report {
    writer: Arc<LineWriter>,
    bars: Bars,
    answer: Mutex<Stream>,
    /// The error of a write to stdout.
    stdout_error: Mutex<Option<std::io::Error>>,
    volume: Volume,
    colours: Colours,
    /// Whether stdout is coloured.
    stdout_colour: bool,
    /// Whether stdout or stderr is a terminal.
    is_watched: bool,
    /// Whether what was written to stdout can be drawn over.
    can_redraw: bool,
    can_ask: bool,
    /// Locked during a question.
    asking: tokio::sync::Mutex<()>,
    begun: Instant,
}

impl Report {
    /// Takes the streams over; `colour` says whether each is coloured.
    pub(crate) fn new(stdout: Stream, stderr: Stream, volume: Volume, colour: Coloured, can_ask: bool) -> Self {
        let is_watched = stdout.is_terminal || stderr.is_terminal;
        let can_redraw = stdout.is_terminal && stderr.is_terminal;
        let draws = stderr.is_terminal && volume >= Volume::Normal;
        let writer = Arc::new(LineWriter::new(stderr));
        Self {
            bars: Bars::new(Arc::clone(&writer), draws),
            writer,
            answer: Mutex::new(stdout),
            stdout_error: Mutex::default(),
            volume,
            colours: Colours::new(colour.stderr),
            stdout_colour: colour.stdout,
            is_watched,
            can_redraw,
            can_ask,
            asking: tokio::sync::Mutex::default(),
            begun: Instant::now(),
        }
    }

    /// Whether only the result and errors are printed.
    pub(crate) fn is_quiet(&self) -> bool {
        self.volume == Volume::Quiet
    }

    /// Writes a text of the tool to stdout, unbuffered.
    pub(crate) fn answer(&self, text: &str) {
        let mut stdout = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        match writeln!(stdout.writer, "{text}").and_then(|()| stdout.writer.flush()) {
            // A reader that closed the pipe wants no more: that is no error.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => self.record_stdout_error(error),
            _ => {}
        }
    }

    /// Writes a result of others to stdout, to the byte; on a terminal, the line is ended.
    pub(crate) fn answer_bytes(&self, bytes: &[u8]) {
        let mut stdout = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        let end: &[u8] = if stdout.is_terminal && !bytes.ends_with(b"\n") { b"\n" } else { b"" };
        let written = stdout.writer.write_all(bytes).and_then(|()| stdout.writer.write_all(end));
        match written.and_then(|()| stdout.writer.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => self.record_stdout_error(error),
            _ => {}
        }
    }

    /// Writes a line with foreign parts, such as an address, to stdout.
    pub(crate) fn answer_line(&self, line: &str) {
        self.answer(&printable(line));
    }

    /// Writes the result as one JSON document.
    pub(crate) fn document(&self, document: &impl Serialize) {
        match serde_json::to_string_pretty(document) {
            Ok(text) => self.answer(&text),
            Err(error) => self.record_stdout_error(error.into()),
        }
    }

    /// Whether the reader of stdout has gone.
    pub(crate) fn is_stdout_closed(&self) -> bool {
        terminal::is_stdout_closed()
    }

    fn record_stdout_error(&self, error: std::io::Error) {
        self.stdout_error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// The error of a write to stdout, if there was one.
    pub(crate) fn stdout_error(&self) -> Option<Failure> {
        let error = self.stdout_error.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(Failure::failed(anyhow::Error::new(error).context("the answer cannot be written to stdout"), None))
    }

    /// Prints how long the command took.
    pub(crate) fn elapsed(&self, verb: &str) {
        self.step(verb, &format!("in {:.1} s", self.begun.elapsed().as_secs_f64()));
    }

    /// Prints the failure of the command.
    pub(crate) fn end(&self, failure: &Failure) {
        self.bars.write(failure.text(&self.colours).as_bytes());
    }

    fn step_after(&self, prefix: &str, verb: &str, object: &str) {
        if self.volume >= Volume::Normal {
            let (style, object) = (self.colours.step, printable(object));
            self.bars.write(format!("{prefix}{style}{verb}{style:#} {object}\n").as_bytes());
        }
    }

    /// Prints a text among the progress lines, set off from them.
    pub(crate) fn quote(&self, text: &str) {
        if self.volume >= Volume::Normal {
            self.bars.write(quoted(text).as_bytes());
        }
    }

    /// Prints an event of a resource.
    fn event(&self, sentence: &str, is_bad: bool) {
        if self.volume >= Volume::Normal {
            let style = if is_bad { self.colours.fault } else { self.colours.detail };
            self.bars.write(format!("{style}{}{style:#}\n", printable(sentence)).as_bytes());
        }
    }

    fn labelled(&self, style: Style, label: &str, sentence: &str, hint: Option<&str>) {
        let mut text = format!("{style}{label}:{style:#} {}\n", printable(sentence));
        if let Some(hint) = hint {
            let style = self.colours.hint;
            let _ = writeln!(text, "{style}hint:{style:#} {}", printable(hint));
        }
        self.bars.write(text.as_bytes());
    }
}

impl Progress for Report {
    fn step(&self, verb: &str, object: &str) {
        self.step_after("", verb, object);
    }

    fn detail(&self, sentence: &str) {
        if self.volume >= Volume::Verbose {
            let style = self.colours.detail;
            self.bars.write(format!("{style}{}{style:#}\n", printable(sentence)).as_bytes());
        }
    }

    fn warning(&self, sentence: &str, hint: Option<&str>) {
        if self.volume >= Volume::Normal {
            self.labelled(self.colours.warning, "warning", sentence, hint);
        }
    }

    fn failure(&self, sentence: &str, hint: Option<&str>) {
        self.labelled(self.colours.error, "error", sentence, hint);
    }

    fn output(&self, lines: &[u8]) {
        self.bars.write(lines);
    }

    fn request(&self, served: &Served<'_>) {
        if self.volume >= Volume::Normal {
            self.bars.write(request_line(served, self.volume, &self.colours).as_bytes());
        }
    }

    fn flush(&self) {
        self.writer.flush();
    }
}

/// A text with its lines indented, without the blank line that a panic begins with.
fn quoted(text: &str) -> String {
    let mut lines = text.lines().peekable();
    let mut quoted = String::with_capacity(text.len());
    while let Some(line) = lines.next() {
        let begins_panic = line.is_empty() && lines.peek().is_some_and(|next| logs::is_panic(next));
        match line {
            "" if begins_panic => {}
            "" => quoted.push('\n'),
            line => {
                let _ = writeln!(quoted, "  {}", printable(line));
            }
        }
    }
    quoted
}

fn request_line(served: &Served<'_>, volume: Volume, colours: &Colours) -> String {
    let mut line = String::with_capacity(160);
    let _ = write!(line, "{} {} ", printable(served.method), printable(served.path));
    match served.status {
        Some(status) => {
            let style = colours.status(status);
            let _ = write!(line, "{style}{status}{style:#}");
        }
        None => line.push_str("- client went away"),
    }
    let detail = colours.detail;
    let _ = write!(line, " {detail}in {}", Milliseconds(served.elapsed));
    if let Some(usage) = served.usage {
        let _ = write!(line, ", duration {}", Milliseconds(usage.duration));
        if let Some(init) = usage.init {
            let _ = write!(line, ", init {}", Milliseconds(init));
        }
        let _ = write!(line, ", billed {} ms, memory ", usage.billed_ms());
        match usage.memory_used {
            Some(used) => {
                let _ = write!(line, "{used}/{} MB", usage.memory_limit);
            }
            None => {
                let _ = write!(line, "?/{} MB", usage.memory_limit);
            }
        }
        if volume >= Volume::Verbose {
            let _ = write!(line, ", request {}", usage.request_id);
        }
    }
    let _ = writeln!(line, "{detail:#}");
    line
}

struct Milliseconds(Duration);

impl std::fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hundredths = self.0.as_micros() / 10;
        write!(f, "{}.{:02} ms", hundredths / 100, hundredths % 100)
    }
}

/// The styles in use; all empty where colour is not wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Colours {
    pub(crate) error: Style,
    warning: Style,
    pub(crate) hint: Style,
    step: Style,
    detail: Style,
    good: Style,
    moved: Style,
    fault: Style,
}

impl Colours {
    fn new(wanted: bool) -> Self {
        if !wanted {
            return Self::default();
        }
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        Self {
            error: colour(AnsiColor::Red).bold(),
            warning: colour(AnsiColor::Yellow).bold(),
            hint: colour(AnsiColor::Cyan).bold(),
            step: colour(AnsiColor::Green).bold(),
            detail: Style::new().dimmed(),
            good: colour(AnsiColor::Green),
            moved: colour(AnsiColor::Yellow),
            fault: colour(AnsiColor::Red),
        }
    }

    fn status(&self, status: u16) -> Style {
        match status {
            ..300 => self.good,
            300..500 => self.moved,
            500.. => self.fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Usage;

    #[test]
    fn a_request_line_carries_the_facts_of_lambdas_report() {
        let usage = Usage {
            request_id: "id".to_owned(),
            duration: Duration::from_micros(1_234),
            init: Some(Duration::from_micros(20_500)),
            memory_used: Some(12),
            memory_limit: 256,
        };
        let served = Served {
            method: "GET",
            path: "/dev/hello",
            status: Some(200),
            elapsed: Duration::from_micros(22_009),
            usage: Some(&usage),
        };
        assert_eq!(
            request_line(&served, Volume::Normal, &Colours::default()),
            "GET /dev/hello 200 in 22.00 ms, duration 1.23 ms, init 20.50 ms, billed 22 ms, memory 12/256 MB\n"
        );
    }

    #[test]
    fn the_blank_line_that_a_panic_begins_with_is_not_quoted() {
        let log = "one\n\ntwo\n\nthread 'main' (7) panicked at src/main.rs:5:9:\nout of tea\n";
        let expected = "  one\n\n  two\n  thread 'main' (7) panicked at src/main.rs:5:9:\n  out of tea\n";
        assert_eq!(quoted(log), expected);
    }

    #[test]
    fn a_request_that_never_reached_the_function_has_no_usage() {
        let served =
            Served { method: "GET", path: "/", status: Some(403), elapsed: Duration::from_micros(90), usage: None };
        assert_eq!(request_line(&served, Volume::Normal, &Colours::default()), "GET / 403 in 0.09 ms\n");
    }
}
