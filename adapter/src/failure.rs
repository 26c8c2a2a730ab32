//! Failures of a request: the error response for the client and the log line for the operator.

use std::any::Any;

use axum_core::body::Body;
use http::{Response, StatusCode};

use crate::{
    error::{BoxError, Error},
    invocation::Invocation,
    log,
    request::BadRequest,
    response,
};

/// The reason why the adapter responds in place of the app.
#[derive(Debug)]
pub(crate) enum Failure {
    BadRequest(BadRequest),
    /// The path may be read as one that another route than the request's protects.
    OtherRoute,
    Service(BoxError),
    Body(BoxError),
    Panic(String),
    /// The deadline passed before the app responded or, with `in_body`, before the response's body ended.
    Deadline {
        in_body: bool,
    },
    /// The response's size in bytes (a lower bound), and the gateway's limit.
    TooLarge {
        size: usize,
        limit: usize,
    },
    /// The response to a message of a WebSocket API is not UTF-8; its size in bytes.
    NotText {
        size: usize,
    },
}

impl Failure {
    /// Logs the cause and builds the error response, which has the request id and not the cause.
    pub(crate) fn respond(&self, invocation: &Invocation) -> Response<Body> {
        let request_id = invocation.request_id();
        let (status, message) = self.summary();
        let cause = self.cause();
        match self {
            Self::BadRequest(_) | Self::OtherRoute => log::warn(request_id, &cause),
            _ => log::error(request_id, &cause),
        }
        response::error_response(status, &message, request_id)
    }

    fn summary(&self) -> (StatusCode, String) {
        match self {
            Self::BadRequest(BadRequest::Target) => (StatusCode::URI_TOO_LONG, "URI Too Long".to_owned()),
            Self::BadRequest(error) => (StatusCode::BAD_REQUEST, format!("Bad Request: {error}")),
            Self::OtherRoute => (StatusCode::FORBIDDEN, "Forbidden".to_owned()),
            Self::Service(_) | Self::Body(_) | Self::Panic(_) | Self::NotText { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error".to_owned())
            }
            Self::Deadline { .. } => (StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout".to_owned()),
            Self::TooLarge { size, limit } => (
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("Response Too Large: {size} bytes, and this gateway's limit is {limit}"),
            ),
        }
    }

    /// The cause, for the operator.
    pub(crate) fn cause(&self) -> String {
        match self {
            Self::BadRequest(error) => format!("the request is rejected: {error}"),
            Self::OtherRoute => {
                "the request is rejected: its path may be read as one that another route of `routes` protects"
                    .to_owned()
            }
            Self::Service(error) => format!("the app failed: {}", Error::chain_of(&**error)),
            Self::Body(error) => format!("the response's body failed: {}", Error::chain_of(&**error)),
            Self::Panic(message) => format!("the app panicked: {message}"),
            Self::Deadline { in_body: false } => "the app had not responded shortly before the deadline".to_owned(),
            Self::Deadline { in_body: true } => {
                "the response's body had not ended shortly before the deadline; if it never ends, set `streaming`"
                    .to_owned()
            }
            Self::TooLarge { size, limit } => format!(
                "the response is too large: {size} bytes or more as JSON, and the gateway's limit is {limit}; respond \
                 with a link to the file, or set `streaming` behind a REST API or a Function URL"
            ),
            Self::NotText { size } => format!(
                "the response's body, {size} bytes, is not UTF-8, and a WebSocket API sends text only; respond with text, \
                 such as JSON or base64, and without compression"
            ),
        }
    }
}

/// The message of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
