//! Signed calls of API Gateway, whose requests and responses are JSON: a few calls need no SDK crate of its size.
//! <https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html>

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_types::error::ErrorMetadata;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Error, Region, SessionCredentials, backoff::Backoff, call::Call, signed_call::SignedRequest, timeout};
use crate::regions;

const JSON: &str = "application/json";
/// What a part of a path or query keeps as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// How long a call is repeated that AWS throttles or does not answer: it takes five of some kinds a second.
const REPEATED: Duration = Duration::from_secs(20);

/// A request of API Gateway.
#[derive(Clone, Debug)]
pub(super) struct GatewayRequest {
    method: &'static str,
    target: String,
    body: String,
}

impl GatewayRequest {
    /// A request about the resource at a path.
    pub(super) fn new(method: &'static str, path: &[&str]) -> Self {
        let target = path.iter().map(|part| format!("/{}", escaped(part))).collect();
        Self { method, target, body: String::new() }
    }

    #[must_use]
    pub(super) fn with_query(mut self, name: &str, value: &str) -> Self {
        let sign = if self.target.contains('?') { '&' } else { '?' };
        self.target = format!("{}{sign}{name}={}", self.target, escaped(value));
        self
    }

    #[must_use]
    pub(super) fn with_body(mut self, body: &Value) -> Self {
        self.body = body.to_string();
        self
    }

    /// Whether a repetition does the same: all but what creates.
    fn is_idempotent(&self) -> bool {
        self.method != "POST"
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

impl Region {
    /// Calls API Gateway, and returns its response; null where it has no body.
    pub(super) async fn api_gateway(
        &self,
        call: &Call,
        credentials: &SessionCredentials,
        request: &GatewayRequest,
    ) -> Result<Value, Error> {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(3), REPEATED);
        loop {
            match self.api_gateway_once(call, credentials, request).await {
                Err(error)
                    if (error.is_throttled() || (request.is_idempotent() && is_transient(&error)))
                        && backoff.wait().await => {}
                Ok(text) if text.is_empty() => return Ok(Value::Null),
                // The text is not shown: it may have the values of keys.
                Ok(text) => return serde_json::from_str(&text).map_err(|_| Error::odd(call.clone(), None, b"no JSON")),
                Err(error) => return Err(error),
            }
        }
    }

    async fn api_gateway_once(
        &self,
        call: &Call,
        credentials: &SessionCredentials,
        request: &GatewayRequest,
    ) -> Result<String, Error> {
        let request = SignedRequest {
            service: "apigateway",
            region: self.name(),
            host: format!("apigateway.{}.{}", self.name(), regions::partition(self.name()).dns_suffix),
            method: request.method,
            target: &request.target,
            headers: &[("accept", JSON), ("content-type", JSON)],
            body: &request.body,
            timeout: timeout::ordinary(),
        };
        self.send_signed(call, credentials, request, read).await
    }
}

/// Whether a later try may do: the service failed, or nothing answered.
fn is_transient(error: &Error) -> bool {
    match error {
        Error::Refused(refusal) => refusal.status >= 500,
        Error::Unanswered { .. } => true,
        _ => false,
    }
}

/// The text of a success, or the error that AWS answered.
fn read(response: &HttpResponse) -> Result<String, OrchestratorError<ErrorMetadata>> {
    let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned();
    if response.status().is_success() {
        return Ok(body);
    }
    let answer: Value = serde_json::from_str(&body).unwrap_or_default();
    let text = |names: [&str; 2]| names.iter().find_map(|name| answer[*name].as_str().map(str::to_owned));
    let mut error = ErrorMetadata::builder();
    // `NotFoundException:http://internal.amazon.com/...`
    let code = response.headers().get("x-amzn-errortype").map(str::to_owned).or_else(|| text(["__type", "code"]));
    if let Some(code) = code.as_deref().and_then(|code| code.split(':').next()?.rsplit('#').next()) {
        error = error.code(code);
    }
    if let Some(message) = text(["message", "Message"]) {
        error = error.message(message);
    }
    Err(OrchestratorError::operation(error.build()))
}
