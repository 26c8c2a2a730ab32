//! What one log line means: Lambda's own lines, JSON of `tracing` and of Lambda, and text.

use std::borrow::Cow;

use super::{Level, invocation_report::InvocationReport, json_line, text_line};

/// The kind of a line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// An instance starts, or something else of Lambda's that is no news in itself.
    Platform,
    /// An invocation begins.
    Start,
    /// An invocation ends.
    End,
    /// Lambda's report of an invocation.
    Report(InvocationReport),
    /// A line without a word, such as the one that a panic begins with.
    Blank,
    /// The first line of a panic, which its message and backtrace follow.
    Panic,
    /// A line of the application with a level or a request id of its own, so that no other line continues into it.
    Record,
    /// Any other text.
    Text,
}

/// A line that was parsed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line<'a> {
    pub(crate) kind: Kind,
    pub(crate) level: Option<Level>,
    /// The request id that stands in the line.
    pub(crate) request_id: Option<Cow<'a, str>>,
    /// The line for people: without what the other fields say.
    pub(crate) text: Cow<'a, str>,
}

impl<'a> Line<'a> {
    /// Parses a line; every line is one.
    pub(crate) fn parse(message: &'a str) -> Self {
        let message = message.trim_matches(['\n', '\r']);
        let json = if message.starts_with('{') { json_line::parse(message) } else { None };
        json.unwrap_or_else(|| text_line::parse(message))
    }

    /// Whether the line only brackets an invocation or an instance, or is blank: people read what happens between.
    pub(crate) fn is_bracket(&self) -> bool {
        self.kind.is_bracket()
    }
}

impl Kind {
    pub(super) fn is_bracket(&self) -> bool {
        matches!(self, Self::Platform | Self::Start | Self::End | Self::Blank)
    }
}
