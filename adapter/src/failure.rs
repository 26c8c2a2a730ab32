//! What goes wrong between a request and its answer, as the client and as the operator see it.

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

/// Why our answer stands where the app's should.
#[derive(Debug)]
pub(crate) enum Failure {
    BadRequest(BadRequest),
    Service(BoxError),
    Body(BoxError),
    Panic(String),
    /// The handler had not answered, or, with `true`, its body had not ended.
    Deadline {
        in_body: bool,
    },
    /// The answer's size in bytes, at least, and the most that the gateway takes.
    TooLarge {
        size: usize,
        limit: usize,
    },
}

impl Failure {
    /// Logs the cause and makes the answer, which names the request and no cause.
    pub(crate) fn answer(&self, invocation: &Invocation) -> Response<Body> {
        let request_id = invocation.request_id();
        let (status, message) = self.summary();
        let cause = self.cause();
        match self {
            Self::BadRequest(_) => log::warn(request_id, &cause),
            _ => log::error(request_id, &cause),
        }
        response::failure(status, &message, request_id)
    }

    fn summary(&self) -> (StatusCode, String) {
        match self {
            Self::BadRequest(BadRequest::Target) => (StatusCode::URI_TOO_LONG, "URI Too Long".to_owned()),
            Self::BadRequest(fault) => (StatusCode::BAD_REQUEST, format!("Bad Request: {fault}")),
            Self::Service(_) | Self::Body(_) | Self::Panic(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error".to_owned())
            }
            Self::Deadline { .. } => (StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout".to_owned()),
            Self::TooLarge { size, limit } => (
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("Response Too Large: {size} bytes, and this gateway takes {limit}"),
            ),
        }
    }

    fn cause(&self) -> String {
        match self {
            Self::BadRequest(fault) => format!("the request is answered without the app: {fault}"),
            Self::Service(error) => format!("the app failed: {}", Error::chain_of(&**error)),
            Self::Body(error) => format!("the answer's body failed: {}", Error::chain_of(&**error)),
            Self::Panic(message) => format!("the app panicked: {message}"),
            Self::Deadline { in_body: false } => "the app had not answered shortly before the deadline".to_owned(),
            Self::Deadline { in_body: true } => {
                "the answer's body had not ended shortly before the deadline; if it never ends, set `streaming`"
                    .to_owned()
            }
            Self::TooLarge { size, limit } => format!(
                "the answer is too large: {size} bytes or more as JSON, and the gateway takes {limit}; answer with a \
                 link to the file, or set `streaming` behind a REST API or a Function URL"
            ),
        }
    }
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
