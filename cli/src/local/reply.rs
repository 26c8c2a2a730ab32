//! The responses of the Runtime API and the Extensions API.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use serde_json::json;

use super::instance::Conflict;

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(super) type Reply = Response<Full<Bytes>>;

/// The response to a posted response or error.
pub(super) fn accepted() -> Reply {
    const BODY: &[u8] = b"{\"status\":\"OK\"}\n";
    let mut reply = Response::new(Full::new(Bytes::from_static(BODY)));
    *reply.status_mut() = StatusCode::ACCEPTED;
    reply.headers_mut().insert(CONTENT_TYPE, JSON);
    reply
}

/// The response to a request that the state of the instance does not allow.
pub(super) fn conflict_reply(conflict: Conflict) -> Reply {
    match conflict {
        Conflict::RequestId => error_reply(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"),
        Conflict::Phase(expected) => error_reply(
            StatusCode::FORBIDDEN,
            "InvalidStateTransition",
            &format!("State transition is not allowed; the current state is {expected}"),
        ),
    }
}

/// An error response.
pub(super) fn error_reply(status: StatusCode, kind: &str, message: &str) -> Reply {
    let body = json!({ "errorMessage": message, "errorType": kind }).to_string();
    let mut reply = Response::new(Full::new(Bytes::from(body)));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, JSON);
    reply
}

/// A response with a JSON body.
pub(super) fn json_reply(body: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(body));
    reply.headers_mut().insert(CONTENT_TYPE, JSON);
    reply
}
