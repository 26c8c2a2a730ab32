//! The error of the adapter: one opaque type with predicates.

use std::{error, fmt};

use crate::authorizer::UNAUTHORIZED;

/// A boxed error of any type, as in tower and hyper.
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// The error of a failed invocation or of the event loop.
///
/// `Display` prints this error only; [`source`](error::Error::source) returns its cause.
pub struct Error {
    kind: Kind,
    source: Option<BoxError>,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// The event cannot be read; the source has the reason.
    Malformed,
    /// The event's keys, which are listed, match no known source.
    Unknown(String),
    /// The source is known, but no handler is registered for it.
    Unmapped(String),
    /// The event is for another of the functions; the text says which this one is.
    Misdirected(String),
    /// An authorizer refuses a request as one without valid credentials.
    Unauthorized,
    /// A handler's payload does not fit its type.
    Payload(String),
    /// A handler failed or panicked.
    Handler(String),
    /// The app failed on an event whose failure is not a response.
    App,
    /// An environment variable that Lambda sets is missing or invalid.
    Environment(&'static str),
    /// The event loop ended.
    Runtime,
    /// The process has started an event loop before.
    SecondRun,
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, source: None }
    }

    pub(crate) fn with_source(kind: Kind, source: impl Into<BoxError>) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    /// Whether the event's source is unknown, or no handler is registered for it.
    #[must_use]
    pub fn is_unknown_event(&self) -> bool {
        matches!(self.kind, Kind::Unknown(_) | Kind::Unmapped(_) | Kind::Misdirected(_))
    }

    /// Whether the event cannot be read: it is not a JSON object, or it is nested too deeply.
    #[must_use]
    pub fn is_malformed_event(&self) -> bool {
        matches!(self.kind, Kind::Malformed)
    }

    /// Whether a registered handler failed or its payload is invalid.
    #[must_use]
    pub fn is_handler(&self) -> bool {
        matches!(self.kind, Kind::Payload(_) | Kind::Handler(_))
    }

    /// Whether an authorizer refused a request as one without valid credentials. API Gateway knows it by the error's message,
    /// `Unauthorized`.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        matches!(self.kind, Kind::Unauthorized)
    }

    /// Whether the event loop was started a second time in this process.
    #[must_use]
    pub fn is_second_run(&self) -> bool {
        matches!(self.kind, Kind::SecondRun)
    }

    /// The error type in Lambda's error report, such as `ZappaRs.UnknownEvent`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Malformed => "ZappaRs.MalformedEvent",
            Kind::Unknown(_) => "ZappaRs.UnknownEvent",
            Kind::Unmapped(_) => "ZappaRs.UnmappedEvent",
            Kind::Misdirected(_) => "ZappaRs.MisdirectedEvent",
            Kind::Unauthorized => "ZappaRs.Unauthorized",
            Kind::Payload(_) => "ZappaRs.Payload",
            Kind::Handler(_) => "ZappaRs.Handler",
            Kind::App => "ZappaRs.App",
            Kind::Environment(_) => "ZappaRs.Environment",
            Kind::Runtime => "ZappaRs.Runtime",
            Kind::SecondRun => "ZappaRs.SecondRun",
        }
    }

    /// The messages of this error and of all its causes, in one line.
    #[must_use]
    pub fn chain(&self) -> String {
        Self::chain_of(self)
    }

    pub(crate) fn chain_of(error: &(dyn error::Error + 'static)) -> String {
        let mut last = error.to_string();
        let mut chain = last.clone();
        for cause in std::iter::successors(error.source(), |cause| cause.source()) {
            // A wrapper may have the same message as its cause.
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
            Kind::Unknown(keys) => write!(f, "the event's source is unknown; its keys: {keys}"),
            Kind::Unmapped(event) => write!(f, "no handler is registered for {event}"),
            Kind::Misdirected(sentence) => f.write_str(sentence),
            Kind::Unauthorized => f.write_str(UNAUTHORIZED),
            Kind::Payload(handler) => write!(f, "the payload does not fit the type that {handler} takes"),
            Kind::Handler(handler) => write!(f, "{handler} failed"),
            Kind::App => f.write_str("the app did not respond to a message of a WebSocket API"),
            Kind::Environment(name) => write!(f, "the variable `{name}`, which Lambda sets, is missing or invalid"),
            Kind::Runtime => f.write_str("the event loop on the Lambda Runtime API ended"),
            Kind::SecondRun => f.write_str("this process has started an event loop on the Lambda Runtime API before"),
        }
    }
}

/// Prints the whole chain, since a `main` that returns the error prints it by `Debug`.
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
