//! Lines of the logs, as text or as JSON.

use std::{
    fmt::Write as _,
    hash::{BuildHasher as _, BuildHasherDefault},
    io::{self, Write as _},
    sync::PoisonError,
};

use anstyle::{AnsiColor, Style};
use fnv::FnvHasher;
use serde::Serialize;

use super::Report;
use crate::{
    logs::{Entry, Level, rfc3339},
    printable::printable,
};

/// The number of letters that are shown of a request id.
const SHORT_ID: usize = 8;
/// The colours of requests. Red is for errors, and black and white are the terminal's own.
const COLOURS: [AnsiColor; 10] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::Yellow,
    AnsiColor::BrightCyan,
    AnsiColor::BrightGreen,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
    AnsiColor::BrightYellow,
];

/// Where a line comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) region: &'a str,
    pub(crate) function: &'a str,
    /// Whether the text names the region; it does where there are several.
    pub(crate) names_region: bool,
    /// The same of the function.
    pub(crate) names_function: bool,
}

#[derive(Serialize)]
struct Object<'a> {
    timestamp: String,
    region: &'a str,
    function: &'a str,
    stream: &'a str,
    request_id: Option<&'a str>,
    level: Option<Level>,
    message: &'a str,
}

/// Whoever read stdout wants no more.
#[derive(Debug)]
pub(crate) struct Gone;

impl Report {
    /// Whether somebody watches the output: stdout or stderr is a terminal.
    pub(crate) fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// Whether stdout is coloured.
    pub(crate) fn is_stdout_coloured(&self) -> bool {
        self.stdout_colour
    }

    /// Writes whole lines that are printable to stdout. It waits as long as stdout does.
    pub(crate) fn write_lines(&self, lines: &str) -> Result<(), Gone> {
        let mut stdout = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        match stdout.writer.write_all(lines.as_bytes()).and_then(|()| stdout.writer.flush()) {
            Ok(()) => Ok(()),
            Err(error) => {
                if error.kind() != io::ErrorKind::BrokenPipe {
                    self.record_stdout_error(error);
                }
                Err(Gone)
            }
        }
    }
}

/// Appends an entry as one JSON object.
pub(crate) fn append_json(lines: &mut String, entry: &Entry, origin: &Origin<'_>) {
    let object = Object {
        timestamp: rfc3339(entry.timestamp),
        region: origin.region,
        function: origin.function,
        stream: &entry.stream,
        request_id: entry.request_id.as_deref(),
        level: entry.level,
        message: &entry.message,
    };
    // Strings and numbers always have a JSON form.
    if let Ok(object) = serde_json::to_string(&object) {
        lines.push_str(&object);
        lines.push('\n');
    }
}

/// Appends an entry as a line for people.
pub(crate) fn append_text(lines: &mut String, entry: &Entry, origin: &Origin<'_>, colour: bool) {
    let style = |style: Style| if colour { style } else { Style::new() };
    let dimmed = style(Style::new().dimmed());
    let request = match &entry.request_id {
        Some(id) => style(Style::new().fg_color(Some(colour_of(id).into()))),
        None => Style::new(),
    };
    let level = style(match entry.level {
        Some(Level::Error) => Style::new().fg_color(Some(AnsiColor::Red.into())).bold(),
        Some(Level::Warn) => Style::new().fg_color(Some(AnsiColor::Yellow.into())).bold(),
        _ => Style::new(),
    });
    let text = entry.text().replace('\t', "    ");
    let mut parts = text.split('\n').map(|part| printable(part.trim_end_matches('\r')));
    if entry.is_continuation {
        let first = parts.next().unwrap_or_default();
        let _ = writeln!(lines, "    {request}{first}{request:#}");
    } else {
        let _ = write!(lines, "{dimmed}{}{dimmed:#} ", rfc3339(entry.timestamp));
        if origin.names_region {
            let _ = write!(lines, "{} ", origin.region);
        }
        if origin.names_function {
            let _ = write!(lines, "{} ", printable(origin.function));
        }
        if let Some(id) = &entry.request_id {
            let short: String = id.chars().take(SHORT_ID).collect();
            let _ = write!(lines, "{request}{}{request:#} ", printable(&short));
        }
        if let Some(word) = entry.level {
            let _ = write!(lines, "{level}{:5}{level:#} ", word.as_str());
        }
        let first = parts.next().unwrap_or_default();
        let _ = writeln!(lines, "{request}{first}{request:#}");
    }
    for part in parts {
        let _ = writeln!(lines, "    {request}{part}{request:#}");
    }
}

fn colour_of(id: &str) -> AnsiColor {
    let hash = BuildHasherDefault::<FnvHasher>::default().hash_one(id);
    COLOURS[usize::try_from(hash % COLOURS.len() as u64).unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::logs::{LogEvent, Streams, Together};

    const ORIGIN: Origin<'_> =
        Origin { region: "eu-west-1", function: "shop-dev", names_region: false, names_function: false };

    fn entries(messages: &[&str]) -> Vec<Entry> {
        let mut streams = Streams::new(false);
        let event = |message: &&str| LogEvent {
            timestamp: 1_795_636_799_500,
            stream: "s".to_owned(),
            id: String::new(),
            message: (*message).to_owned(),
        };
        messages.iter().map(|message| streams.entry(0, event(message))).collect()
    }

    fn text(messages: &[&str], origin: &Origin<'_>, colour: bool) -> String {
        let mut lines = String::new();
        entries(messages).iter().for_each(|entry| append_text(&mut lines, entry, origin, colour));
        lines
    }

    #[test]
    fn a_line_has_time_request_level_and_text() {
        let id = "8f3a2c1d-0000-4000-8000-000000000001";
        let lines = [
            format!("START RequestId: {id} Version: 7"),
            r#"{"level":"INFO","message":"signed in","user":7}"#.to_owned(),
            "thread 'main' panicked at src/main.rs:5:9:".to_owned(),
            "\tout of \u{1b}[31mtea".to_owned(),
            format!("REPORT RequestId: {id}\tDuration: 1.50 ms\tBilled Duration: 2 ms"),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(
            text(&lines[1..], &Origin { names_region: true, names_function: true, ..ORIGIN }, false),
            "2026-11-25T19:59:59.500Z eu-west-1 shop-dev INFO  signed in user=7\n\
             2026-11-25T19:59:59.500Z eu-west-1 shop-dev ERROR thread 'main' panicked at src/main.rs:5:9:\n        \
             out of tea\n\
             2026-11-25T19:59:59.500Z eu-west-1 shop-dev 8f3a2c1d done in 1.50 ms, billed 2 ms\n"
        );
        assert!(text(&lines, &ORIGIN, false).contains("\n2026-11-25T19:59:59.500Z 8f3a2c1d INFO  signed in user=7\n"));
    }

    #[test]
    fn lines_of_one_request_have_one_colour_and_no_other_control_character_is_written() {
        let id = "8f3a2c1d-0000-4000-8000-000000000001";
        let start = format!("START RequestId: {id} Version: 7");
        let coloured = text(&[&start, "one", "two\u{7}\u{202e}"], &ORIGIN, true);
        let style = Style::new().fg_color(Some(colour_of(id).into())).render().to_string();
        let lines: Vec<&str> = coloured.lines().skip(1).collect();
        assert!(lines[0].contains(&format!("{style}one")), "{coloured:?}");
        assert!(lines[1].contains(&format!(r"{style}two\u{{7}}\u{{202e}}")), "{coloured:?}");
        assert!(!text(&[&start, "one"], &ORIGIN, false).contains('\u{1b}'));
    }

    #[test]
    fn of_two_requests_at_the_same_time_each_has_its_colour_and_its_panic_in_one_piece() {
        let ids = ["8f3a2c1d-0000-4000-8000-000000000001", "1c2d3e4f-0000-4000-8000-000000000003"];
        assert_ne!(colour_of(ids[0]), colour_of(ids[1]));
        let (mut streams, mut together, mut entries) = (Streams::new(false), Together::default(), Vec::new());
        let lines = [
            "START RequestId: ID Version: 7",
            "tea",
            "thread 'main' (8) panicked at src/main.rs:5:9:",
            "out of tea",
            "stack backtrace:",
            "   0: rust_begin_unwind",
            "ERROR RequestId: ID the handler panicked",
        ];
        for line in lines {
            for (stream, id) in ["a", "b"].into_iter().zip(ids) {
                let message = line.replace("ID", id);
                let event = LogEvent { timestamp: 0, stream: stream.to_owned(), id: String::new(), message };
                together.add(streams.entry(0, event), Duration::ZERO, &mut entries);
            }
        }
        let panics: Vec<&str> =
            entries.iter().filter(|entry| entry.level == Some(Level::Error)).map(|entry| &*entry.stream).collect();
        assert_eq!(panics, ["a", "a", "a", "a", "a", "b", "b", "b", "b", "b"]);
        for entry in entries.iter().filter(|entry| !entry.is_bracket()) {
            let mut text = String::new();
            append_text(&mut text, entry, &ORIGIN, true);
            let [own, other] = if entry.stream == "a" { [0, 1] } else { [1, 0] }
                .map(|number| Style::new().fg_color(Some(colour_of(ids[number]).into())).render().to_string());
            assert!(text.contains(&own) && !text.contains(&other), "{text:?}");
        }
    }

    #[test]
    fn an_object_has_the_line_as_it_was_written() {
        let mut lines = String::new();
        append_json(&mut lines, &entries(&["[WARN] a \u{1b}[31m\"b\"\tc\nd\n"])[0], &ORIGIN);
        assert_eq!(lines.lines().count(), 1);
        let object: serde_json::Value = serde_json::from_str(&lines).unwrap();
        assert_eq!(
            object,
            serde_json::json!({
                "timestamp": "2026-11-25T19:59:59.500Z",
                "region": "eu-west-1",
                "function": "shop-dev",
                "stream": "s",
                "request_id": null,
                "level": "warn",
                "message": "[WARN] a \u{1b}[31m\"b\"\tc\nd"
            })
        );
    }
}
