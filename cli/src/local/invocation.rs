//! An invocation: the payload for a process, its outcome, and failures in Lambda's wording.
//!
//! Plain data; nothing here waits.

use std::{borrow::Cow, process::ExitStatus, time::Duration};

use bytes::Bytes;
use http::HeaderValue;
use serde_json::json;
use tokio::sync::mpsc;

use super::{credentials::Unavailable, sharing};

/// An invocation: the event and its ids.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    pub(crate) payload: Bytes,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A buffered response.
    Buffered(Bytes),
    /// A response that is still being written.
    Streamed(Streamed),
    /// An error document.
    Failed(FunctionFailure),
}

/// A response as the process writes it.
#[derive(Debug)]
pub(crate) struct Streamed {
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) chunks: mpsc::Receiver<Chunk>,
}

/// A chunk of such a response. A channel that closes before [`Chunk::End`] means that the process was cut off.
#[derive(Debug)]
pub(crate) enum Chunk {
    Data(Bytes),
    Error(StreamError),
    End,
}

/// Why a stream ended before its end.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("the function reported an error in the middle of its response: {0}")]
    Reported(String),
    #[error("the process's connection broke in the middle of its response")]
    Broken,
    #[error("the response is longer than {0} bytes, Lambda's limit for streams")]
    TooLarge(usize),
}

/// A failed invocation.
#[derive(Clone, Debug)]
pub(crate) struct FunctionFailure {
    /// The error document, as Lambda returns it to the caller.
    pub(crate) payload: Bytes,
    /// The remedy.
    pub(crate) hint: Option<Cow<'static, str>>,
    /// The remedy for an HTTP request, where that is another.
    http_hint: Option<&'static str>,
}

impl FunctionFailure {
    /// The process reported it by itself.
    pub(crate) fn reported(payload: Bytes) -> Self {
        Self { payload, hint: None, http_hint: None }
    }

    /// The function's own timeout passed.
    pub(crate) fn timed_out(request_id: &str, timeout: Duration) -> Self {
        let seconds = timeout.as_secs_f64();
        Self {
            payload: document(
                "Sandbox.Timedout",
                &format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds"),
            ),
            hint: Some("raise `--timeout`".into()),
            http_hint: Some(
                "raise `--timeout`; an endless response needs `--streaming` on a REST API or a Function URL",
            ),
        }
    }

    /// The process ended while it worked.
    pub(crate) fn exited(request_id: &str, status: Option<ExitStatus>) -> Self {
        Self {
            payload: document("Runtime.ExitError", &format!("RequestId: {request_id} Error: {}", ending(status))),
            hint: Some("the next request gets a new process; the last one's output is above".into()),
            http_hint: None,
        }
    }

    /// The process ended before it polled for an event.
    pub(crate) fn not_started(status: Option<ExitStatus>, reported: Option<Bytes>) -> Self {
        Self {
            payload: reported.unwrap_or_else(|| {
                document("Runtime.ExitError", &format!("{} before it asked for its first event", ending(status)))
            }),
            hint: Some("the process's output is above; does its `main` call `zappa_rs::run`?".into()),
            http_hint: None,
        }
    }

    /// The process runs and never polls for an event.
    pub(crate) fn never_polled(limit: Duration) -> Self {
        Self {
            payload: document(
                "Sandbox.Timedout",
                &format!("the process did not ask for an event within {} s, so it was killed", limit.as_secs_f64()),
            ),
            hint: Some(
                "does its `main` call `zappa_rs::run`, and does what comes before `run` end? Lambda allows 10 s from the \
                 start to the first event, whatever `timeout_seconds` is"
                    .into(),
            ),
            http_hint: None,
        }
    }

    /// The executable cannot be run at all.
    pub(crate) fn not_spawned(error: &std::io::Error) -> Self {
        Self {
            payload: document("Runtime.InvalidEntrypoint", &format!("the process cannot be started: {error}")),
            hint: Some("is the file still there, executable, and built for this machine?".into()),
            http_hint: None,
        }
    }

    /// There are no credentials to start the process with.
    pub(crate) fn without_credentials(unavailable: Unavailable) -> Self {
        Self {
            payload: document("Local.NoCredentials", &unavailable.reason),
            hint: unavailable.hint.map(Cow::Owned),
            http_hint: None,
        }
    }

    /// The response is larger than Lambda's limit.
    pub(crate) fn too_large(limit: usize) -> Self {
        Self {
            payload: document(
                "Function.ResponseSizeTooLarge",
                &format!("Response payload size exceeded maximum allowed payload size ({limit} bytes)."),
            ),
            hint: Some("put a result this long into S3, and respond with its key".into()),
            http_hint: Some(
                "a response this long needs `--streaming` on a REST API or a Function URL, or a link to S3",
            ),
        }
    }

    /// The same with the hint that the texts of the process allow, if they allow one.
    pub(crate) fn explained(mut self, log: &[u8], has_others: bool) -> Self {
        if let Some(hint) = sharing::hint(&[log, &self.payload], has_others) {
            (self.hint, self.http_hint) = (Some(hint.into()), None);
        }
        self
    }

    /// The remedy for an HTTP request.
    pub(crate) fn hint_for_http(&self) -> Option<&str> {
        self.http_hint.or(self.hint.as_deref())
    }

    /// The streamed response did not come to its end.
    #[expect(clippy::needless_pass_by_value, reason = "it maps an error")]
    pub(crate) fn broken_stream(reason: String) -> Self {
        Self { payload: document("Function.StreamError", &reason), hint: None, http_hint: None }
    }

    /// The tool is being stopped.
    pub(crate) fn stopping() -> Self {
        Self { payload: document("Runtime.ExitError", "the tool was stopped"), hint: None, http_hint: None }
    }
}

fn document(kind: &str, message: &str) -> Bytes {
    Bytes::from(json!({ "errorType": kind, "errorMessage": message }).to_string())
}

/// Lambda's words for the end of a process.
fn ending(status: Option<ExitStatus>) -> String {
    let Some(status) = status else {
        return "Runtime exited without providing a reason".to_owned();
    };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let name = match signal {
            4 => "illegal instruction",
            6 => "aborted",
            7 => "bus error",
            8 => "floating point exception",
            9 => "killed",
            11 => "segmentation fault",
            15 => "terminated",
            _ => return format!("Runtime exited with error: signal: {signal}"),
        };
        return format!("Runtime exited with error: signal: {name}");
    }
    match status.code() {
        Some(0) | None => "Runtime exited without providing a reason".to_owned(),
        Some(code) => format!("Runtime exited with error: exit status {code}"),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn a_process_ends_in_lambdas_words() {
        for (raw, expected) in [
            (0, "Runtime exited without providing a reason"),
            (101 << 8, "Runtime exited with error: exit status 101"),
            (9, "Runtime exited with error: signal: killed"),
            (6, "Runtime exited with error: signal: aborted"),
        ] {
            assert_eq!(ending(Some(ExitStatus::from_raw(raw))), expected);
        }
    }

    #[test]
    fn a_timeout_says_its_seconds_with_two_decimals() {
        let failure = FunctionFailure::timed_out("id", Duration::from_secs(29));
        assert_eq!(
            failure.payload,
            r#"{"errorMessage":"RequestId: id Error: Task timed out after 29.00 seconds","errorType":"Sandbox.Timedout"}"#
        );
    }
}
