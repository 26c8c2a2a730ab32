//! The span of an invocation, by OpenTelemetry's semantic conventions.
//!
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span>,
//! <https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/>

use std::sync::atomic::{AtomicBool, Ordering};

use axum_core::body::Body;
use http::{
    HeaderMap, HeaderName, Method, Request, StatusCode,
    header::{HOST, USER_AGENT},
};
use opentelemetry::trace::Status;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::{parent, pipeline};
use crate::Invocation;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Whether the process has had an invocation.
static IS_WARM: AtomicBool = AtomicBool::new(false);

/// Makes `span` that of a request, and gives the request its `traceparent`.
pub(crate) fn start_request(span: &Span, request: &mut Request<Body>, invocation: &Invocation) {
    let Some(pipeline) = pipeline() else { return };
    if let Some(parent) = parent::of_request(request.headers(), invocation.trace_id(), &pipeline.sampling) {
        let _ = span.set_parent(parent);
    }
    let method = known_method(request.method());
    span.record("otel.kind", "server");
    span.record("otel.name", method.unwrap_or("HTTP"));
    span.set_attribute("http.request.method", method.unwrap_or("_OTHER"));
    if method.is_none() {
        span.set_attribute("http.request.method_original", request.method().as_str().to_owned());
    }
    span.set_attribute("url.path", request.uri().path().to_owned());
    let headers = request.headers();
    for (key, name) in [("server.address", HOST), ("user_agent.original", USER_AGENT), ("url.scheme", FORWARDED_PROTO)]
    {
        if let Some(value) = text(headers, &name) {
            span.set_attribute(key, value);
        }
    }
    span.set_attribute("faas.trigger", "http");
    describe_invocation(span, invocation);
    parent::write(&span.context(), request.headers_mut());
}

/// Makes `span` that of an event, which `name` handles.
pub(crate) fn start_event(span: &Span, name: &str, invocation: &Invocation) {
    let Some(pipeline) = pipeline() else { return };
    if let Some(parent) = parent::of_trace_id(invocation.trace_id(), &pipeline.sampling) {
        let _ = span.set_parent(parent);
    }
    span.record("otel.kind", "consumer");
    span.record("otel.name", name);
    describe_invocation(span, invocation);
}

/// Makes `span` that of a request that is no valid one.
pub(crate) fn start_rejected(span: &Span, invocation: &Invocation) {
    start_event(span, "HTTP", invocation);
    span.record("otel.kind", "server");
}

/// Records the status of the response in the current span; one of 500 and more is an error.
pub(crate) fn record_status(span: &Span, status: StatusCode) {
    if pipeline().is_none() {
        return;
    }
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_attribute("error.type", status.as_str().to_owned());
        span.set_status(Status::error(""));
    }
}

/// Records that the invocation failed.
pub(crate) fn record_failure(span: &Span, kind: &'static str, message: &str) {
    if pipeline().is_none() {
        return;
    }
    span.set_attribute("error.type", kind);
    span.set_status(Status::error(message.to_owned()));
}

fn describe_invocation(span: &Span, invocation: &Invocation) {
    span.set_attribute("faas.invocation_id", invocation.request_id().to_owned());
    span.set_attribute("faas.coldstart", !IS_WARM.swap(true, Ordering::Relaxed));
}

/// The methods that the conventions know. Names of spans must be few, and a client can send any method.
fn known_method(method: &Method) -> Option<&'static str> {
    const KNOWN: [&str; 10] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"];
    KNOWN.into_iter().find(|known| *known == method.as_str())
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
