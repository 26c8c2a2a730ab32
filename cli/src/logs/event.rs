//! A log event as CloudWatch Logs stores it.

/// An event of a log group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LogEvent {
    /// Its time in milliseconds since 1970, by the clock of whoever wrote it.
    pub(crate) timestamp: i64,
    /// The log stream: one for each instance of a function.
    pub(crate) stream: String,
    /// The id that CloudWatch gave it, unique in the log group.
    pub(crate) id: String,
    /// The line, without the line break at its end.
    pub(crate) message: String,
}
