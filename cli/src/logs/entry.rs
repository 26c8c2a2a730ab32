//! A log event with its meaning: what a line for people and a JSON object are made of.

use std::sync::Arc;

use super::{Kind, Level};

/// A log event that was parsed and attributed to a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The number of its log group.
    pub(crate) group: usize,
    /// Its time in milliseconds since 1970.
    pub(crate) timestamp: i64,
    pub(crate) stream: String,
    pub(crate) request_id: Option<Arc<str>>,
    pub(crate) level: Option<Level>,
    pub(crate) kind: Kind,
    /// Whether it continues the panic before it in its stream.
    pub(crate) is_continuation: bool,
    /// The line as it was written.
    pub(crate) message: String,
    /// The line for people, where that is another.
    pub(crate) text: Option<String>,
}

impl Entry {
    /// The line for people.
    pub(crate) fn text(&self) -> &str {
        self.text.as_deref().unwrap_or(&self.message)
    }

    /// Whether the line only brackets an invocation or an instance, or is blank: people read what happens between. A panic
    /// keeps its blank lines.
    pub(crate) fn is_bracket(&self) -> bool {
        self.kind.is_bracket() && !self.is_continuation
    }
}
