//! Why an invocation failed or the loop ended: one opaque error with questions.

use std::{error, fmt};

/// An error of any kind, as tower and hyper hand them on.
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// Why an invocation has no answer, or why the loop ended.
///
/// `Display` prints this level; [`source`](error::Error::source) leads further down.
pub struct Error {
    kind: Kind,
    source: Option<BoxError>,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// The event cannot be read; the source says why.
    Malformed,
    /// No source is known by the event's keys; they are named.
    Unknown(String),
    /// The sender is known but nothing is registered for it.
    Unmapped(String),
    /// A handler's payload does not fit its type.
    Payload(String),
    /// A handler failed or panicked.
    Handler(String),
    /// A variable that Lambda sets is missing or wrong.
    Environment(&'static str),
    /// The loop on the Runtime API ended.
    Runtime,
    /// The process has a loop already.
    SecondRun,
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, source: None }
    }

    pub(crate) fn with_source(kind: Kind, source: impl Into<BoxError>) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    /// Whether the event is of no source that is known, or of one that nothing is registered for.
    #[must_use]
    pub fn is_unknown_event(&self) -> bool {
        matches!(self.kind, Kind::Unknown(_) | Kind::Unmapped(_))
    }

    /// Whether the event cannot be read: it is no JSON object, or one that is nested too deeply.
    #[must_use]
    pub fn is_malformed_event(&self) -> bool {
        matches!(self.kind, Kind::Malformed)
    }

    /// Whether a registered handler failed, its payload included.
    #[must_use]
    pub fn is_handler(&self) -> bool {
        matches!(self.kind, Kind::Payload(_) | Kind::Handler(_))
    }

    /// Whether the loop was refused because it was started before in this process.
    #[must_use]
    pub fn is_second_run(&self) -> bool {
        matches!(self.kind, Kind::SecondRun)
    }

    /// The name that Lambda's error report carries, such as `ZappaRs.UnknownEvent`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Malformed => "ZappaRs.MalformedEvent",
            Kind::Unknown(_) => "ZappaRs.UnknownEvent",
            Kind::Unmapped(_) => "ZappaRs.UnmappedEvent",
            Kind::Payload(_) => "ZappaRs.Payload",
            Kind::Handler(_) => "ZappaRs.Handler",
            Kind::Environment(_) => "ZappaRs.Environment",
            Kind::Runtime => "ZappaRs.Runtime",
            Kind::SecondRun => "ZappaRs.SecondRun",
        }
    }

    /// This error and all below it, in one line.
    #[must_use]
    pub fn chain(&self) -> String {
        Self::chain_of(self)
    }

    pub(crate) fn chain_of(error: &(dyn error::Error + 'static)) -> String {
        let mut last = error.to_string();
        let mut chain = last.clone();
        for cause in std::iter::successors(error.source(), |cause| cause.source()) {
            // Errors that only wrap another one say what it says.
            let text = cause.to_string();
            if text != last {
                chain = format!("{chain}: {text}");
                last = text;
            }
        }
        chain
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Malformed => f.write_str("the event cannot be read"),
            Kind::Unknown(keys) => write!(f, "the event is of no known source; its keys: {keys}"),
            Kind::Unmapped(sender) => write!(f, "no handler is registered for {sender}"),
            Kind::Payload(handler) => write!(f, "the payload does not fit the type that {handler} takes"),
            Kind::Handler(handler) => write!(f, "{handler} failed"),
            Kind::Environment(name) => write!(f, "the variable `{name}`, which Lambda sets, is missing or wrong"),
            Kind::Runtime => f.write_str("the loop on the Lambda Runtime API ended"),
            Kind::SecondRun => f.write_str("this process has asked the Lambda Runtime API for events before"),
        }
    }
}

/// Prints the chain, since `main` shows what it returns by `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chain())
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
