//! `ClientError`, the error of an invocation by the test client.

use std::{error, fmt, time::Duration};

use serde::Deserialize;
use zappa_rs_adapter::BoxError;

/// The error of an invocation by a [`Client`](super::Client).
///
/// Most are errors of the function: what Lambda would report to the caller, with a type and a message.
pub struct ClientError {
    kind: Kind,
    source: Option<BoxError>,
}

enum Kind {
    /// The function failed, as Lambda reports it.
    Function { name: String, message: String },
    /// The invocation took longer than the timeout.
    Timeout(Duration),
    /// The payload has no JSON.
    Payload,
    /// The function's result is not what the caller expects.
    Output(&'static str),
    /// The process of a binary did not start.
    Start(String),
    /// The process of a binary ended.
    Exit(String),
}

impl ClientError {
    /// Reads the error document of an invocation: `errorType` and `errorMessage`.
    pub(super) fn function(document: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct Document {
            error_type: String,
            error_message: String,
        }
        let parsed = serde_json::from_slice(document).unwrap_or_else(|_| Document {
            error_type: "Unhandled".to_owned(),
            error_message: String::from_utf8_lossy(document).into_owned(),
        });
        Self::new(Kind::Function { name: parsed.error_type, message: parsed.error_message })
    }

    pub(super) fn timeout(timeout: Duration) -> Self {
        Self::new(Kind::Timeout(timeout))
    }

    pub(super) fn payload(source: impl Into<BoxError>) -> Self {
        Self { kind: Kind::Payload, source: Some(source.into()) }
    }

    pub(super) fn output(what: &'static str, source: impl Into<BoxError>) -> Self {
        Self { kind: Kind::Output(what), source: Some(source.into()) }
    }

    pub(super) fn start(program: String, source: impl Into<BoxError>) -> Self {
        Self { kind: Kind::Start(program), source: Some(source.into()) }
    }

    pub(super) fn exit(status: String) -> Self {
        Self::new(Kind::Exit(status))
    }

    fn new(kind: Kind) -> Self {
        Self { kind, source: None }
    }

    /// Whether the function failed: a handler's error or panic, or an event without a handler.
    #[must_use]
    pub fn is_function_error(&self) -> bool {
        matches!(self.kind, Kind::Function { .. })
    }

    /// Whether the invocation took longer than the [timeout](super::Client::timeout).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind, Kind::Timeout(_))
    }

    /// Whether the process of a [binary](super::Client::binary) did not start or has ended.
    #[must_use]
    pub fn is_process(&self) -> bool {
        matches!(self.kind, Kind::Start(_) | Kind::Exit(_))
    }

    /// The error's type, as Lambda reports it: of zappa-rs such as `ZappaRs.Handler` or `ZappaRs.UnmappedEvent`, or of
    /// Lambda such as `Sandbox.Timedout`.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.kind {
            Kind::Function { name, .. } => name,
            Kind::Timeout(_) => "Sandbox.Timedout",
            Kind::Payload => "Client.Payload",
            Kind::Output(_) => "Client.Output",
            Kind::Start(_) => "Runtime.InvalidEntrypoint",
            Kind::Exit(_) => "Runtime.ExitError",
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Function { name, message } => write!(f, "the function failed: {name}: {message}"),
            Kind::Timeout(timeout) => write!(f, "the function timed out after {timeout:?}"),
            Kind::Payload => f.write_str("the payload has no form as JSON"),
            Kind::Output(what) => write!(f, "the function's result is not {what}"),
            Kind::Start(program) => write!(f, "cannot start `{program}`"),
            Kind::Exit(status) => write!(f, "the function's process has ended: {status}"),
        }
    }
}

/// Prints the whole chain, since a test that returns the error prints it by `Debug`.
impl fmt::Debug for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

impl error::Error for ClientError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
