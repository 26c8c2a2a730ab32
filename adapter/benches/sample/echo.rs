//! Requests to `POST /echo` with a JSON body, which is unescaped in the request and escaped in the response.

use std::{fmt::Write as _, iter};

use axum::body::Bytes;
use serde_json::Value;

/// The event without its body.
const EVENT: &[u8] = include_bytes!("http-api-post.json");
/// A line of a log or an export: one byte in six is escaped.
const LINE: &str = "{\"id\":1042,\"title\":\"Ownership and borrowing\",\"tags\":[\"rust\",\"book\"],\"read\":true}\n";

/// A request with a list of orders of about `length` bytes: a quote at every eighth byte or sooner.
pub(crate) fn orders(length: usize) -> Bytes {
    let mut json = String::from("{\"orders\":[");
    // Numbers and names differ in length, since branch prediction learns a pattern that repeats.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let numbers = iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    });
    const NAMES: [&str; 6] = ["Chair", "Garden table, folding", "Lamp", "Shelf 80 × 30", "Hook", "Rug \"Oslo\""];
    for (index, number) in numbers.enumerate() {
        if json.len() + 2 >= length {
            break;
        }
        let separator = if index == 0 { "" } else { "," };
        let name = NAMES[usize::try_from(number % 6).unwrap_or_default()].replace('"', "\\\"");
        let (id, quantity, sku) = (number % 100_000, number % 12, number % 977);
        let _ = write!(
            json,
            "{separator}{{\"id\":{id},\"sku\":\"A-{sku}\",\"name\":\"{name}\",\"qty\":{quantity},\"tags\":[\"new\",\"eu\"]}}"
        );
    }
    json.push_str("]}");
    request(&json)
}

/// A request with `length` bytes of lines.
pub(crate) fn lines(length: usize) -> Bytes {
    let mut text = LINE.repeat(length / LINE.len() + 1);
    text.truncate(length);
    request(&text)
}

fn request(body: &str) -> Bytes {
    let mut event: Value = serde_json::from_slice(EVENT).expect("the sample is JSON");
    event["rawPath"] = "/echo".into();
    event["requestContext"]["http"]["path"] = "/echo".into();
    event["headers"]["content-length"] = body.len().to_string().into();
    event["body"] = body.into();
    serde_json::to_vec(&event).expect("a value is always JSON").into()
}
