//! The management API of connections, `/STAGE/@connections/ID`: post a message, describe a connection, end it.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>

use std::{sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{CONTENT_TYPE, ORIGIN},
};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;

use super::{frames::MAX_MESSAGE, registry::Entry};
use crate::{
    gateway::websocket::{self, WebSocketApi},
    local::{
        body::{self, ReadError, ResponseBody},
        cloud::Cloud,
        line::Line,
    },
};

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The id of the connection that a path names; `None` for a path of something else.
pub(in crate::local) fn connection_of(api: &WebSocketApi, path: &str) -> Option<String> {
    let id = path.strip_prefix(&api.path())?.strip_prefix("/@connections/")?;
    let is_one_segment = !id.is_empty() && !id.contains('/');
    is_one_segment.then(|| percent_decode_str(id).decode_utf8().ok()).flatten().map(|id| id.into_owned())
}

/// Responds to a call for a connection.
pub(in crate::local) async fn respond(cloud: &Cloud, id: &str, request: Request<Incoming>) -> Response<ResponseBody> {
    let line = Line::new(Arc::clone(&cloud.progress), request.method().as_str(), &format!("/@connections/{id}"));
    let (head, mut incoming) = request.into_parts();
    let result = if head.headers.contains_key(ORIGIN) {
        // A browser sends one; a function that calls the API does not.
        Err((StatusCode::FORBIDDEN, "ForbiddenException"))
    } else {
        call(cloud, id, &head.method, &mut incoming).await
    };
    let response = result.unwrap_or_else(|(status, kind)| {
        let mut response = respond_with(status, Bytes::new());
        response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(kind));
        response
    });
    line.end(response.status().as_u16(), None);
    response.map(ResponseBody::from)
}

/// A status and the type of an error, as the SDKs read them.
type CallError = (StatusCode, &'static str);

const GONE: CallError = (StatusCode::GONE, "GoneException");

async fn call(cloud: &Cloud, id: &str, method: &Method, incoming: &mut Incoming) -> Result<Response<Bytes>, CallError> {
    let find = || cloud.connections.find(id).ok_or(GONE);
    match *method {
        Method::POST => {
            let message = match body::collect(incoming, MAX_MESSAGE).await {
                Ok(message) => message,
                Err(ReadError::TooLarge) => {
                    body::drain(incoming, 4 * MAX_MESSAGE).await;
                    return Err((StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException"));
                }
                Err(ReadError::Broken) => return Err((StatusCode::BAD_REQUEST, "BadRequestException")),
            };
            let is_sent = find()?.send(String::from_utf8_lossy(&message).into_owned()).await;
            if is_sent { Ok(respond_with(StatusCode::OK, Bytes::new())) } else { Err(GONE) }
        }
        Method::GET => {
            let entry = find()?;
            Ok(respond_with(StatusCode::OK, described(&entry).into()))
        }
        Method::DELETE => {
            if find()?.close() {
                Ok(respond_with(StatusCode::NO_CONTENT, Bytes::new()))
            } else {
                Err(GONE)
            }
        }
        _ => Err((StatusCode::FORBIDDEN, "ForbiddenException")),
    }
}

fn described(entry: &Entry) -> String {
    let written = |time: SystemTime| jiff::Timestamp::try_from(time).unwrap_or_default().to_string();
    let connection = &entry.connection;
    websocket::description(connection, &written(connection.connected_at), &written(entry.last_active()))
}

fn respond_with(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    #[test]
    fn only_the_paths_of_connections_are_taken_from_the_application() {
        let api = sample::websocket(&["$default"]);
        for (path, expected) in [
            ("/dev/@connections/L0SM9cOFvHcCIhw%3D", Some("L0SM9cOFvHcCIhw=")),
            ("/dev/@connections/L0SM9cOFvHcCIhw=", Some("L0SM9cOFvHcCIhw=")),
            ("/dev/@connections/", None),
            ("/dev/@connections/a/b", None),
            ("/@connections/a", None),
            ("/device/@connections/a", None),
        ] {
            assert_eq!(connection_of(&api, path).as_deref(), expected, "{path}");
        }
    }
}
