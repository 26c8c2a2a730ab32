//! Lines of text: Lambda's own, and those of loggers that begin with a level.

use std::borrow::Cow;

use super::{
    Level,
    invocation_report::InvocationReport,
    line::{Kind, Line},
};

/// What Lambda's own lines begin with that are no news.
const PLATFORM: [&str; 5] = ["INIT_START ", "RESTORE_START ", "EXTENSION\t", "TELEMETRY\t", "LOGS\t"];

/// Parses a line of text.
pub(super) fn parse(message: &str) -> Line<'_> {
    platform(message).unwrap_or_else(|| application(message))
}

fn platform(message: &str) -> Option<Line<'_>> {
    let line = |kind, level, id: Option<&'static str>| Line {
        kind,
        level,
        request_id: id.map(Cow::Borrowed),
        text: Cow::Borrowed(message),
    };
    if PLATFORM.iter().any(|begin| message.starts_with(begin)) {
        return Some(line(Kind::Platform, None, None));
    }
    if let Some(rest) = message.strip_prefix("START RequestId: ") {
        return Some(Line { request_id: first_word(rest), ..line(Kind::Start, None, None) });
    }
    if let Some(rest) = message.strip_prefix("END RequestId: ") {
        return Some(Line { request_id: first_word(rest), ..line(Kind::End, None, None) });
    }
    if let Some(rest) = message.strip_prefix("REPORT RequestId: ") {
        let report = InvocationReport::from_text(rest);
        let level = report.failure.is_some().then_some(Level::Error);
        let text = Cow::Owned(report.to_string());
        return Some(Line { kind: Kind::Report(report), level, request_id: first_word(rest), text });
    }
    // A start that failed, or took longer than Lambda waits.
    if message.starts_with("INIT_REPORT ") {
        return Some(line(Kind::Record, message.contains("Status: ").then_some(Level::Error), None));
    }
    // `RequestId: ID Error: Runtime exited with error: exit status 101`
    if let Some(rest) = message.strip_prefix("RequestId: ") {
        let (id, text) = rest.split_once(' ')?;
        let level = text.starts_with("Error: ").then_some(Level::Error);
        return Some(Line { kind: Kind::Record, level, request_id: Some(id.into()), text: text.into() });
    }
    // `2026-11-29T16:00:00.000Z ID Task timed out after 3.00 seconds`
    let (_, rest) = message.split_once(' ').filter(|(time, _)| is_time(time))?;
    let (id, text) = rest.split_once(' ')?;
    (is_request_id(id) && text.starts_with("Task timed out")).then(|| Line {
        kind: Kind::Record,
        level: Some(Level::Error),
        request_id: Some(id.into()),
        text: text.into(),
    })
}

fn application(message: &str) -> Line<'_> {
    let message = console::strip_ansi_codes(message);
    if message.trim().is_empty() {
        return Line { kind: Kind::Blank, level: None, request_id: None, text: message };
    }
    if is_panic(&message) {
        return Line { kind: Kind::Panic, level: Some(Level::Error), request_id: None, text: message };
    }
    match message {
        Cow::Borrowed(message) => record(message),
        Cow::Owned(message) => {
            let Line { kind, level, request_id, text } = record(&message);
            let (request_id, text) = (request_id.map(|id| id.into_owned().into()), text.into_owned().into());
            Line { kind, level, request_id, text }
        }
    }
}

/// A line of a logger: perhaps a time, then a level, then perhaps `RequestId: ID`, as the adapter writes it.
fn record(message: &str) -> Line<'_> {
    let plain = Line { kind: Kind::Text, level: None, request_id: None, text: message.into() };
    let timeless = match message.split_once([' ', '\t']) {
        Some((time, rest)) if is_time(time) => rest.trim_start(),
        _ => message,
    };
    let has_time = timeless.len() != message.len();
    let (word, rest) = timeless.split_once([' ', '\t', ']']).unwrap_or((timeless, ""));
    let Some(level) = Level::parse(word.trim_matches(['[', ']', ':'])) else {
        return if has_time { Line { kind: Kind::Record, text: timeless.into(), ..plain } } else { plain };
    };
    // A word such as `error` begins many a sentence; loggers write it in capitals or behind a time.
    if !has_time && word.bytes().any(|letter| letter.is_ascii_lowercase()) {
        return plain;
    }
    let rest = rest.trim_start();
    let (request_id, text) = match rest.strip_prefix("RequestId: ").and_then(|rest| rest.split_once(' ')) {
        Some((id, text)) => (Some(id.into()), text),
        None => (None, rest),
    };
    Line { kind: Kind::Record, level: Some(level), request_id, text: text.into() }
}

/// `thread 'main' panicked at src/main.rs:5:9:`, as Rust's own hook writes it.
pub(crate) fn is_panic(message: &str) -> bool {
    message
        .strip_prefix("thread '")
        .is_some_and(|rest| rest.contains("' panicked at ") || rest.contains(") panicked at "))
}

fn first_word(text: &str) -> Option<Cow<'_, str>> {
    text.split_whitespace().next().map(Cow::Borrowed)
}

/// Whether a word looks like `2026-11-29T16:00:00`.
fn is_time(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 19
        && bytes[..19].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => *byte == b'T',
            13 | 16 => *byte == b':',
            _ => byte.is_ascii_digit(),
        })
}

/// Whether a word looks like a UUID.
fn is_request_id(word: &str) -> bool {
    word.len() == 36 && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
