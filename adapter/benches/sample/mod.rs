//! The events that are measured: the same bytes for both sides.
//!
//! The small ones have the shape, the header set and the size of what a browser sends through a gateway. The large
//! ones are made here, since four megabytes have no place in a repository.

use axum::body::Bytes;
use serde_json::Value;

/// `GET` through an HTTP API, payload 2.0, 1.2 KB.
pub(crate) const HTTP_API_GET: &[u8] = include_bytes!("http-api-get.json");
/// `GET` through a REST API, payload 1.0, 2 KB.
pub(crate) const REST_GET: &[u8] = include_bytes!("rest-get.json");
/// `GET` through a load balancer in single-value mode.
pub(crate) const ALB_GET: &[u8] = include_bytes!("alb-get.json");
/// The same in multi-value mode.
pub(crate) const ALB_MULTI_GET: &[u8] = include_bytes!("alb-multi-get.json");

/// How long a large body is in the event, before escapes; base64 is a third longer than what the application sees.
const LARGE_BYTES: usize = 4_500_000;
/// How many bytes the picture has that the application serves.
const COVER_BYTES: usize = 4_000_000;

/// A line of the large text body: one character in eight is escaped in JSON, as in a document or a CSV file.
const LINE: &str = "{\"id\":1042,\"title\":\"Ownership and borrowing\",\"tags\":[\"rust\",\"book\"],\"read\":true}\n";

/// An upload of text with escapes through an HTTP API.
pub(crate) fn text_upload() -> Bytes {
    let mut text = LINE.repeat(LARGE_BYTES / LINE.len() + 1);
    text.truncate(LARGE_BYTES);
    upload(text, "application/x-ndjson", false)
}

/// An upload of bytes through an HTTP API, as base64.
pub(crate) fn binary_upload() -> Bytes {
    upload(
        base64_simd::STANDARD.encode_to_string(noise(LARGE_BYTES / 4 * 3)),
        "application/octet-stream",
        true,
    )
}

/// The picture that the application serves.
pub(crate) fn cover() -> Bytes {
    noise(COVER_BYTES).into()
}

/// A request for that picture.
pub(crate) fn cover_request() -> Bytes {
    let mut event = http_api_event();
    event["rawPath"] = "/cover".into();
    event["requestContext"]["http"]["path"] = "/cover".into();
    bytes(&event)
}

/// Bytes without a pattern that a compressor or a text check could use; the same in every run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[0]
        })
        .collect()
}

fn upload(body: String, content_type: &str, is_base64: bool) -> Bytes {
    let length = if is_base64 {
        body.len() / 4 * 3
    } else {
        body.len()
    };
    let mut event = http_api_event();
    event["rawPath"] = "/upload".into();
    event["requestContext"]["http"]["method"] = "POST".into();
    event["requestContext"]["http"]["path"] = "/upload".into();
    event["headers"]["content-type"] = content_type.into();
    event["headers"]["content-length"] = length.to_string().into();
    event["body"] = Value::String(body);
    event["isBase64Encoded"] = is_base64.into();
    bytes(&event)
}

fn http_api_event() -> Value {
    serde_json::from_slice(HTTP_API_GET).expect("the sample is JSON")
}

fn bytes(event: &Value) -> Bytes {
    serde_json::to_vec(event)
        .expect("a value is always JSON")
        .into()
}
