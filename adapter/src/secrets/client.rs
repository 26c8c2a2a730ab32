//! The client of the two services: signed calls of their JSON protocol.

use std::{
    error::Error as _,
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use http::{
    Request, StatusCode, Uri,
    header::{CONTENT_TYPE, HeaderName, USER_AGENT},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::time::timeout;

use super::{SecretsError, endpoint::Service};
use crate::error::BoxError;

/// The time for one attempt: longer than a cold connection needs, and short enough for another attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// More than 20 secrets of 64 KB.
const MAX_BODY: usize = 4 << 20;
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const JSON: &str = "application/x-amz-json-1.1";

/// A client with the credentials of the process.
pub(super) struct Client {
    http: HttpClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
    credentials: Credentials,
}

/// A service in a region.
pub(super) struct Endpoint {
    pub(super) service: Service,
    pub(super) region: String,
    pub(super) url: Uri,
}

/// A call that failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// AWS's code of the error, or none if there was no response.
    pub(super) code: Option<String>,
    pub(super) message: String,
    /// Whether another attempt may succeed.
    pub(super) is_transient: bool,
}

impl Client {
    pub(super) fn new(credentials: Credentials) -> Result<Self, SecretsError> {
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| SecretsError::environment(format!("the system has no root certificates: {error}")))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self { http: HttpClient::builder(TokioExecutor::new()).build(connector), credentials })
    }

    /// Calls an operation once.
    pub(super) async fn call(&self, endpoint: &Endpoint, operation: &str, input: &Value) -> Result<Value, Failure> {
        let request = self.request(endpoint, operation, input).map_err(|error| Failure {
            code: None,
            message: error.to_string(),
            is_transient: false,
        })?;
        match timeout(ATTEMPT_TIMEOUT, self.send(request)).await {
            Ok(result) => result,
            Err(_) => Err(no_response(format!("no response within {} seconds", ATTEMPT_TIMEOUT.as_secs()))),
        }
    }

    fn request(&self, endpoint: &Endpoint, operation: &str, input: &Value) -> Result<Request<Full<Bytes>>, BoxError> {
        let body = Bytes::from(serde_json::to_vec(input)?);
        let mut request = Request::post(&endpoint.url)
            .header(CONTENT_TYPE, JSON)
            .header(TARGET, format!("{}.{operation}", endpoint.service.target()))
            .header(USER_AGENT, concat!("zappa-rs/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(body.clone()))?;
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&endpoint.region)
            .name(endpoint.service.name())
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?;
        let headers = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let url = endpoint.url.to_string();
        let signable = SignableRequest::new("POST", &url, headers, SignableBody::Bytes(&body))?;
        let (instructions, _) = sign(signable, &parameters.into())?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Value, Failure> {
        let response = self.http.request(request).await.map_err(|error| no_response(chain(&error)))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_BODY).collect().await;
        let body = body.map_err(|error| no_response(format!("the response broke off: {error}")))?.to_bytes();
        let json = serde_json::from_slice(&body);
        match json {
            Ok(json) if status.is_success() => Ok(json),
            json => Err(refusal(status, &json.unwrap_or_default())),
        }
    }
}

fn no_response(message: String) -> Failure {
    Failure { code: None, message, is_transient: true }
}

/// The error and its causes: hyper's own text is only "client error (Connect)".
fn chain(error: &hyper_util::client::legacy::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Reads an error of the JSON protocol.
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization>
fn refusal(status: StatusCode, body: &Value) -> Failure {
    let text = |names: [&str; 2]| names.iter().find_map(|name| body[*name].as_str());
    let code = text(["__type", "code"]).unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let message = text(["message", "Message"]).unwrap_or_default();
    let message = match (code, message) {
        ("", "") => format!("status {status}"),
        (code, "") => code.to_owned(),
        ("", message) => message.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    let is_throttled = code.contains("Throttl") || matches!(code, "RequestLimitExceeded" | "TooManyRequestsException");
    let is_transient = is_throttled || status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    Failure { code: (!code.is_empty()).then(|| code.to_owned()), message, is_transient }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn throttling_is_transient_and_a_refusal_is_not() {
        let throttled =
            refusal(StatusCode::BAD_REQUEST, &json!({"__type": "ThrottlingException", "message": "Rate exceeded"}));
        assert!(throttled.is_transient);
        assert_eq!(throttled.message, "ThrottlingException: Rate exceeded");
        let denied = json!({"__type": "com.amazonaws.ssm#AccessDeniedException:x", "Message": "not authorized"});
        let denied = refusal(StatusCode::BAD_REQUEST, &denied);
        assert!(!denied.is_transient);
        assert_eq!(denied.code.as_deref(), Some("AccessDeniedException"));
        let broken = refusal(StatusCode::SERVICE_UNAVAILABLE, &Value::Null);
        assert!(broken.is_transient);
        assert_eq!(broken.message, "status 503 Service Unavailable");
    }
}
