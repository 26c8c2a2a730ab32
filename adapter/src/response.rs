//! The response: encodes an `http::Response` in the JSON form of its gateway, in one pass.

use axum_core::body::Body;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        CONNECTION, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, Entry, LOCATION, SET_COOKIE, TRAILER,
        TRANSFER_ENCODING, UPGRADE,
    },
};

use crate::{
    body::{self, ALB_LIMIT, LAMBDA_LIMIT},
    cookie,
    cors::CorsHeaders,
    event::Gateway,
    options::Options,
    prefix::BaseUrl,
    write,
};

/// The hop-by-hop headers, beside `Connection` and the headers that it lists ([RFC 9110 §7.6.1]).
///
/// [RFC 9110 §7.6.1]: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
const HOP_BY_HOP: [HeaderName; 4] =
    [TRANSFER_ENCODING, UPGRADE, HeaderName::from_static("keep-alive"), HeaderName::from_static("proxy-connection")];

/// The capacity for keys, status and usual headers of a response.
const HEAD_CAPACITY: usize = 512;

/// An encoder of the response to one request.
#[derive(Clone, Debug)]
pub(crate) struct ResponseEncoder {
    gateway: Gateway,
    is_head: bool,
    /// The request is a `GET`, as the handshake of a WebSocket API is.
    is_handshake: bool,
    streams: bool,
    /// The base URL for `Location` and cookie paths; `None` if they are not rewritten.
    base_url: Option<BaseUrl>,
    /// The CORS headers; `None` where the gateway adds them, and without a policy.
    cors: Option<Box<CorsHeaders>>,
}

impl ResponseEncoder {
    /// `request` is the method and the headers of the request, `None` for one that could not be read; `base_url` is the URL
    /// under which the client reaches the app.
    pub(crate) fn new(
        gateway: Gateway,
        request: Option<(&Method, &HeaderMap)>,
        base_url: BaseUrl,
        options: &Options,
    ) -> Self {
        let (method, headers) = request.unzip();
        let method = method.unwrap_or(&Method::GET);
        let cors = options.cors().filter(|_| gateway == Gateway::Rest);
        Self {
            gateway,
            is_head: method == Method::HEAD,
            is_handshake: method == Method::GET,
            streams: match gateway {
                Gateway::Rest => options.streams_rest(),
                Gateway::FunctionUrl => options.streams_function_url(),
                _ => false,
            },
            base_url: Some(base_url).filter(|base_url| options.rewrites_location() && !base_url.prefix().is_empty()),
            cors: cors.map(|cors| Box::new(cors.headers_for(headers))),
        }
    }

    /// Whether the gateway expects a streamed response, and accepts no other.
    pub(crate) fn streams(&self) -> bool {
        self.streams
    }

    /// Whether a failure is one of the invocation: a WebSocket API drops the status of a response to a message, and tells
    /// the client of an invocation that failed. A handshake is refused by its status.
    pub(crate) fn fails_by_invocation(&self) -> bool {
        self.gateway == Gateway::WebSocket && !self.is_handshake
    }

    /// Whether the body can be sent: what a WebSocket API sends to the client of a message is text. Of the response to a
    /// handshake it sends only the status and the subprotocol.
    ///
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html>
    pub(crate) fn can_send(&self, body: &[u8]) -> bool {
        !self.fails_by_invocation() || simdutf8::basic::from_utf8(body).is_ok()
    }

    /// The gateway's limit for a response, in bytes of JSON.
    pub(crate) fn limit(&self) -> usize {
        if matches!(self.gateway, Gateway::Alb { .. }) { ALB_LIMIT } else { LAMBDA_LIMIT }
    }

    /// Whether the response has a body: not for `HEAD`, 204 and 304 ([RFC 9110 §6.4.1]).
    ///
    /// [RFC 9110 §6.4.1]: https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1
    pub(crate) fn has_body(&self, status: StatusCode) -> bool {
        !self.is_head && status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED
    }

    /// Prepares an app's headers for the gateway, for buffered and streamed responses alike.
    pub(crate) fn prepare(&self, status: StatusCode, headers: &mut HeaderMap) {
        remove_hop_by_hop(headers);
        if let Some(cors) = &self.cors {
            cors.add_to(headers);
        }
        if self.streams {
            // A streamed response has no trailers except those that report an error.
            headers.remove(TRAILER);
        }
        if !self.keeps_length(status, headers) {
            headers.remove(CONTENT_LENGTH);
        }
        let Some(base_url) = &self.base_url else { return };
        for name in [LOCATION, CONTENT_LOCATION] {
            if let Entry::Occupied(mut values) = headers.entry(name) {
                for value in values.iter_mut() {
                    if let Some(rewritten) = base_url.location(value) {
                        *value = rewritten;
                    }
                }
            }
        }
        if let Entry::Occupied(mut cookies) = headers.entry(SET_COOKIE) {
            for value in cookies.iter_mut() {
                if let Some(rewritten) = cookie::with_prefix(value, base_url.prefix()) {
                    *value = rewritten;
                }
            }
        }
    }

    /// Whether the app's `content-length` is kept: only for a response that describes a body without having one
    /// ([RFC 9110 §8.6]).
    ///
    /// A gateway computes the length of a body itself, and a REST API would pass the app's length on under another
    /// name.
    ///
    /// [RFC 9110 §8.6]: https://www.rfc-editor.org/rfc/rfc9110#section-8.6
    fn keeps_length(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let is_zero = || headers.get_all(CONTENT_LENGTH).iter().any(|length| length == "0");
        match status {
            StatusCode::NO_CONTENT => false,
            StatusCode::NOT_MODIFIED => self.is_head && !is_zero(),
            _ => self.is_head,
        }
    }

    /// Encodes a buffered response; `body` is empty where the response has none. A WebSocket API passes base64 on as it is,
    /// so there every body that is UTF-8 is text, whatever its type.
    pub(crate) fn encode(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
        let may_be_text = self.gateway == Gateway::WebSocket || body::is_textual(headers);
        let text = if may_be_text { simdutf8::basic::from_utf8(body).ok() } else { None };
        let body_room = text.map_or_else(|| base64_simd::STANDARD.encoded_length(body.len()), write::expected_length);
        let mut out = Vec::with_capacity(HEAD_CAPACITY + body_room);
        self.push_head(&mut out, status, headers);
        out.extend_from_slice(b",\"body\":");
        match text {
            Some(text) => write::push_string(&mut out, text),
            None => {
                out.push(b'"');
                base64_simd::STANDARD.encode_append(body, &mut out);
                out.push(b'"');
            }
        }
        out.extend_from_slice(if text.is_some() {
            b",\"isBase64Encoded\":false}"
        } else {
            b",\"isBase64Encoded\":true}"
        });
        out
    }

    /// Encodes the prelude of a streamed response.
    pub(crate) fn encode_prelude(&self, status: StatusCode, headers: &HeaderMap) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD_CAPACITY);
        self.push_head(&mut out, status, headers);
        out.push(b'}');
        out
    }

    /// Writes the opening brace, the status and the headers in the gateway's form.
    fn push_head(&self, out: &mut Vec<u8>, status: StatusCode, headers: &HeaderMap) {
        out.extend_from_slice(b"{\"statusCode\":");
        out.extend_from_slice(status.as_str().as_bytes());
        if matches!(self.gateway, Gateway::Alb { .. } | Gateway::Lattice) {
            out.extend_from_slice(b",\"statusDescription\":\"");
            out.extend_from_slice(status.as_str().as_bytes());
            out.push(b' ');
            out.extend_from_slice(status.canonical_reason().unwrap_or("Unknown").as_bytes());
            out.push(b'"');
        }
        match self.gateway {
            Gateway::Rest | Gateway::HttpApiV1 | Gateway::Alb { multi_value: true } => {
                push_multi_value(out, headers.iter());
            }
            Gateway::HttpApi | Gateway::FunctionUrl => {
                push_joined(out, headers);
                push_cookies(out, headers);
            }
            Gateway::Alb { multi_value: false } | Gateway::Lattice | Gateway::WebSocket => push_single(out, headers),
        }
    }
}

/// Removes the hop-by-hop headers: the standard ones and those that `Connection` lists.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    if let Entry::Occupied(connection) = headers.entry(CONNECTION) {
        let values: Vec<HeaderValue> = connection.remove_entry_mult().1.collect();
        for name in values.iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b',')) {
            if let Ok(name) = HeaderName::from_bytes(name.trim_ascii()) {
                headers.remove(name);
            }
        }
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Writes a map of headers: `open` and `close` enclose the values of a name, and `between` separates them.
///
/// A header map yields the values of a name one after the other, so comparing with the last name groups them.
fn push_map<'a>(
    out: &mut Vec<u8>,
    headers: impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)>,
    [open, between, close]: [&[u8]; 3],
) {
    out.push(b'{');
    let mut last: Option<&HeaderName> = None;
    for (name, value) in headers {
        if last == Some(name) {
            out.extend_from_slice(between);
        } else {
            if last.is_some() {
                out.extend_from_slice(close);
                out.push(b',');
            }
            out.push(b'"');
            out.extend_from_slice(name.as_str().as_bytes());
            out.extend_from_slice(b"\":");
            out.extend_from_slice(open);
            last = Some(name);
        }
        write::push_bytes(out, value.as_bytes());
    }
    if last.is_some() {
        out.extend_from_slice(close);
    }
    out.push(b'}');
}

/// Writes a map from names to lists of values.
fn push_multi_value<'a>(out: &mut Vec<u8>, headers: impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)>) {
    out.extend_from_slice(b",\"multiValueHeaders\":");
    push_map(out, headers, [b"[\"", b"\",\"", b"\"]"]);
}

/// Writes a map from names to values without cookies; several values are joined by `, ` ([RFC 9110 §5.3]).
///
/// [RFC 9110 §5.3]: https://www.rfc-editor.org/rfc/rfc9110#section-5.3
fn push_joined(out: &mut Vec<u8>, headers: &HeaderMap) {
    out.extend_from_slice(b",\"headers\":");
    push_map(out, headers.iter().filter(|(name, _)| **name != SET_COOKIE), [b"\"", b", ", b"\""]);
}

/// Writes the list of cookies.
fn push_cookies(out: &mut Vec<u8>, headers: &HeaderMap) {
    let mut cookies = headers.get_all(SET_COOKIE).iter();
    let Some(first) = cookies.next() else { return };
    out.extend_from_slice(b",\"cookies\":[\"");
    write::push_bytes(out, first.as_bytes());
    for cookie in cookies {
        out.extend_from_slice(b"\",\"");
        write::push_bytes(out, cookie.as_bytes());
    }
    out.extend_from_slice(b"\"]");
}

/// Writes a map from names to values; `Set-Cookie` headers, which cannot be joined, get spellings of the name that differ in case.
fn push_single(out: &mut Vec<u8>, headers: &HeaderMap) {
    push_joined(out, headers);
    out.pop();
    let mut is_empty = out.ends_with(b"{");
    for (variant, cookie) in headers.get_all(SET_COOKIE).iter().enumerate() {
        if !std::mem::take(&mut is_empty) {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(cookie::name_variant(variant).as_bytes());
        out.extend_from_slice(b"\":\"");
        write::push_bytes(out, cookie.as_bytes());
        out.push(b'"');
    }
    out.push(b'}');
}

/// Builds an error response in place of the app's: the status, and a JSON body with a message and the request id.
pub(crate) fn error_response(status: StatusCode, message: &str, request_id: &str) -> Response<Body> {
    let mut json = b"{\"message\":".to_vec();
    write::push_string(&mut json, message);
    json.extend_from_slice(b",\"requestId\":");
    write::push_string(&mut json, request_id);
    json.push(b'}');
    let mut response = Response::new(Body::from(Bytes::from(json)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
