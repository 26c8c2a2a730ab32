//! A gateway's own error response, with the reason and the remedy for the terminal.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header::CONTENT_TYPE};
use serde::Deserialize;

use super::{
    arrival::Stamp,
    cors,
    error_response::{ErrorResponse, GatewayError},
    limit, {Gateway, GatewayKind},
};

/// The gateway's own error response.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What the client gets, as AWS words it.
    pub(crate) response: Response<Bytes>,
    /// The reason and the remedy, for the terminal.
    pub(crate) reason: String,
}

impl Refusal {
    /// The function reported an error (`X-Amz-Function-Error`), crashed or ran into its own timeout; `payload` is its
    /// error document.
    #[must_use]
    pub(crate) fn function_error(gateway: &Gateway, stamp: &Stamp, payload: &[u8]) -> Self {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Document {
            error_type: Option<String>,
            error_message: Option<String>,
        }
        let reason = match serde_json::from_slice(payload) {
            Ok(Document { error_type: Some(kind), error_message: Some(message) }) => format!("{kind}: {message}"),
            Ok(Document { error_message: Some(text), .. } | Document { error_type: Some(text), .. }) => text,
            _ => "without a description".into(),
        };
        Self::new(gateway, stamp, GatewayError::Function, format!("the function failed: {reason}"))
    }

    /// The gateway's own timeout passed without a response.
    #[must_use]
    pub(crate) fn timeout(gateway: &Gateway, stamp: &Stamp) -> Self {
        let seconds = gateway.timeout.as_secs_f64();
        let reason = format!("the function did not respond within {seconds} s; {}", further(gateway));
        Self::new(gateway, stamp, GatewayError::Timeout, reason)
    }

    /// The body is longer than [`limit::request_body`]; the server may say so without reading the rest.
    #[must_use]
    pub(crate) fn body_too_large(gateway: &Gateway, stamp: &Stamp) -> Self {
        let limit = limit::request_body(gateway.kind);
        let reason = format!("the request's body is over {limit} bytes, the gateway's limit; let clients upload to S3");
        Self::new(gateway, stamp, GatewayError::BodyTooLarge, reason)
    }

    /// The body broke before it was whole. What came of it is not passed on: an application would take it for all.
    pub(crate) fn cut_off(gateway: &Gateway, stamp: &Stamp) -> Self {
        let reason = "the request was cut off before its body was whole; the function did not get it".into();
        Self::new(gateway, stamp, GatewayError::CutOff, reason)
    }

    pub(crate) fn new(gateway: &Gateway, stamp: &Stamp, cause: GatewayError, reason: String) -> Self {
        let mut refusal = Self::from_response(gateway, stamp, ErrorResponse::new(gateway.kind, cause), reason);
        if gateway.kind == GatewayKind::Rest {
            cors::add_to_error(gateway, cause, refusal.response.headers_mut());
        }
        refusal
    }

    /// A response of the API to a request that it does not let in.
    pub(super) fn of_the_api(gateway: &Gateway, stamp: &Stamp, wording: ErrorResponse, reason: String) -> Self {
        let mut refusal = Self::from_response(gateway, stamp, wording, reason);
        if gateway.kind == GatewayKind::Rest {
            cors::add_to_own_error(gateway, refusal.response.headers_mut());
        }
        refusal
    }

    fn from_response(gateway: &Gateway, stamp: &Stamp, wording: ErrorResponse, reason: String) -> Self {
        let mut response = Response::new(wording.body);
        *response.status_mut() = wording.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(wording.media));
        if let Some(error) = wording.error {
            let name = HeaderName::from_static("x-amzn-errortype");
            headers.insert(name, HeaderValue::from_static(error));
        }
        sign(gateway, stamp, headers);
        Self { response, reason }
    }
}

/// The remedy when a response is too large or too late for a gateway.
pub(crate) fn further(gateway: &Gateway) -> &'static str {
    match gateway.kind {
        GatewayKind::Rest | GatewayKind::FunctionUrl => "set streaming",
        GatewayKind::Http => "HTTP APIs cannot stream: use a Function URL or a REST API and set streaming",
        GatewayKind::Alb => "ALBs cannot stream: use a Function URL or a REST API and set streaming",
    }
}

/// Adds the headers that the gateway adds to each response.
pub(crate) fn sign(gateway: &Gateway, stamp: &Stamp, headers: &mut HeaderMap) {
    let stamps: &[(&'static str, &str)] = match gateway.kind {
        GatewayKind::Rest => &[
            ("x-amzn-requestid", &stamp.request_id),
            ("x-amz-apigw-id", &stamp.extended_request_id),
            ("x-amzn-trace-id", &stamp.trace_id),
        ],
        GatewayKind::Http => &[("apigw-requestid", &stamp.extended_request_id)],
        GatewayKind::FunctionUrl => &[("x-amzn-requestid", &stamp.request_id), ("x-amzn-trace-id", &stamp.trace_id)],
        GatewayKind::Alb => &[("server", "awselb/2.0")],
    };
    for (name, value) in stamps {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    fn refuse(kind: GatewayKind, cause: GatewayError) -> Response<Bytes> {
        Refusal::new(&sample::gateway(kind), &sample::stamp(), cause, String::new()).response
    }

    #[test]
    fn rest_names_the_error_and_the_ids() {
        let response = refuse(GatewayKind::Rest, GatewayError::NoRoute);
        let expected = sample::headers(&[
            ("content-type", "application/json"),
            ("x-amzn-errortype", "MissingAuthenticationTokenException"),
            ("x-amzn-requestid", &sample::stamp().request_id),
            ("x-amz-apigw-id", &sample::stamp().extended_request_id),
            ("x-amzn-trace-id", &sample::stamp().trace_id),
        ]);
        assert_eq!(response.headers(), &expected);
    }

    #[test]
    fn a_function_error_is_reported_on_the_terminal_and_hidden_from_the_client() {
        let gateway = sample::gateway(GatewayKind::Rest);
        for (payload, reason) in [
            (r#"{"errorType":"Panic","errorMessage":"oh"}"#, "the function failed: Panic: oh"),
            (
                r#"{"errorMessage":"Task timed out after 3.00 seconds"}"#,
                "the function failed: Task timed out after 3.00 seconds",
            ),
            (r#"{"errorType":"Runtime.ExitError"}"#, "the function failed: Runtime.ExitError"),
            ("oops", "the function failed: without a description"),
        ] {
            let refusal = Refusal::function_error(&gateway, &sample::stamp(), payload.as_bytes());
            assert_eq!(refusal.reason, reason);
            assert_eq!(refusal.response.body(), r#"{"message": "Internal server error"}"#);
        }
    }

    #[test]
    fn a_timeout_says_what_gets_further() {
        for (kind, status, hint) in [
            (GatewayKind::Rest, 504, "within 29 s; set streaming"),
            (GatewayKind::FunctionUrl, 502, "within 29 s; set streaming"),
            (GatewayKind::Http, 503, "HTTP APIs cannot stream"),
            (GatewayKind::Alb, 504, "ALBs cannot stream"),
        ] {
            let refusal = Refusal::timeout(&sample::gateway(kind), &sample::stamp());
            assert_eq!(refusal.response.status().as_u16(), status);
            assert!(refusal.reason.contains(hint), "{}", refusal.reason);
        }
    }

    #[test]
    fn a_body_that_is_too_large_names_the_limit() {
        for (kind, status, limit) in [
            (GatewayKind::Rest, 413, "10485760"),
            (GatewayKind::Http, 413, "10485760"),
            (GatewayKind::FunctionUrl, 413, "6291556"),
            (GatewayKind::Alb, 413, "1048576"),
        ] {
            let refusal = Refusal::body_too_large(&sample::gateway(kind), &sample::stamp());
            assert_eq!(refusal.response.status().as_u16(), status);
            assert!(refusal.reason.contains(limit), "{}", refusal.reason);
        }
    }

    #[test]
    fn a_body_that_is_cut_off_is_a_bad_request_everywhere() {
        for kind in sample::KINDS {
            let refusal = Refusal::cut_off(&sample::gateway(kind), &sample::stamp());
            assert_eq!(refusal.response.status(), 400, "{kind:?}");
            assert!(String::from_utf8_lossy(refusal.response.body()).contains("Bad Request"), "{kind:?}");
        }
    }
}
