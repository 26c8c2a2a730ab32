//! The end of a request whose response is whole: its line in the log, and the response for the client.

use bytes::Bytes;
use http::{HeaderValue, Response, header::CONTENT_TYPE};
use hyper::ext::ReasonPhrase;

use super::{body::ResponseBody, line::Line, running::Running};
use crate::gateway::{
    refusal::Refusal,
    response::{StatusDescription, Warning},
};

/// Ends with the gateway's own response, and says why.
pub(super) fn reject(line: Line, refusal: Refusal, running: Option<&Running>) -> Response<ResponseBody> {
    line.failure(&refusal.reason, None);
    respond_buffered(line, refusal.response, running)
}

/// Ends with a response that is whole.
pub(super) fn respond_buffered(
    line: Line,
    response: Response<Bytes>,
    running: Option<&Running>,
) -> Response<ResponseBody> {
    let mut response = response.map(ResponseBody::from);
    if let Some(Warning(warning)) = response.extensions_mut().remove::<Warning>() {
        line.warning(&warning);
    }
    line.end(response.status().as_u16(), running.map(Running::usage).as_ref());
    if let Some(StatusDescription(text)) = response.extensions_mut().remove::<StatusDescription>() {
        // A phrase that HTTP cannot hold is left to the server, which knows the usual one.
        if let Ok(phrase) = ReasonPhrase::try_from(text.into_bytes()) {
            response.extensions_mut().insert(phrase);
        }
    }
    response
}

/// Ends with what the function wrote, as the body.
pub(super) fn respond_uninterpreted(line: Line, payload: Bytes, running: &Running) -> Response<ResponseBody> {
    let mut response = Response::new(payload);
    let kind = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    respond_buffered(line, response, Some(running))
}
