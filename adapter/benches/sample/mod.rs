//! Sample events, the same bytes for both sides.
//!
//! The small ones have the shape, headers and size of a browser's request through a gateway. The large ones are
//! generated here, since four megabytes do not belong in a repository.

use axum::body::Bytes;
use serde_json::Value;

const HTTP_API_GET: &[u8] = include_bytes!("http-api-get.json");
const REST_GET: &[u8] = include_bytes!("rest-get.json");
const ALB_GET: &[u8] = include_bytes!("alb-get.json");
const ALB_MULTI_GET: &[u8] = include_bytes!("alb-multi-get.json");
const MESSAGE: &[u8] = include_bytes!("sqs-message.json");
/// The length of a large body in the event, before escapes; base64 is a third longer than the application's body.
const LARGE_BYTES: usize = 4_500_000;
/// The size in bytes of the picture that the application serves.
const COVER_BYTES: usize = 4_000_000;

/// A line of the large text body: one character in eight is escaped in JSON, as in a document or a CSV file.
const LINE: &str = "{\"id\":1042,\"title\":\"Ownership and borrowing\",\"tags\":[\"rust\",\"book\"],\"read\":true}\n";

/// A browser's requests without a body, by gateway.
pub(crate) fn small() -> [(&'static str, Bytes); 4] {
    [
        ("HTTP API GET", Bytes::from_static(HTTP_API_GET)),
        ("REST GET", Bytes::from_static(REST_GET)),
        ("ALB GET", Bytes::from_static(ALB_GET)),
        ("ALB GET multi-value", Bytes::from_static(ALB_MULTI_GET)),
    ]
}

/// Uploads through an HTTP API.
pub(crate) fn large() -> [(&'static str, Bytes); 2] {
    let mut text = LINE.repeat(LARGE_BYTES / LINE.len() + 1);
    text.truncate(LARGE_BYTES);
    let base64 = base64_simd::STANDARD.encode_to_string(noise(LARGE_BYTES / 4 * 3));
    [
        ("4.5 MB text", upload(text, "application/x-ndjson", false)),
        ("4.5 MB base64", upload(base64, "application/octet-stream", true)),
    ]
}

/// Requests that are measured with their response, named by it.
pub(crate) fn full_cycle() -> [(&'static str, Bytes); 2] {
    let mut cover = http_api_event();
    cover["rawPath"] = "/cover".into();
    cover["requestContext"]["http"]["path"] = "/cover".into();
    [("200 B JSON response", Bytes::from_static(HTTP_API_GET)), ("4 MB binary response", bytes(&cover))]
}

/// A batch of SQS with ten messages.
pub(crate) fn batch() -> Bytes {
    let message: Value = serde_json::from_slice(MESSAGE).expect("the sample is JSON");
    let messages = (0..10).map(|number| {
        let mut message = message.clone();
        message["messageId"] = format!("059f36b4-87a3-44ab-83d2-66197000000{number}").into();
        message
    });
    bytes(&serde_json::json!({ "Records": messages.collect::<Vec<_>>() }))
}

/// The picture that the application serves.
pub(crate) fn cover() -> Bytes {
    noise(COVER_BYTES).into()
}

/// Pseudo-random bytes, the same in every run.
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
    let length = if is_base64 { body.len() / 4 * 3 } else { body.len() };
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
    serde_json::to_vec(event).expect("a value is always JSON").into()
}
