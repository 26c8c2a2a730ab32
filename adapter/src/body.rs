//! Bodies of requests and responses: text or base64, and the size limits of responses.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};

use crate::json::Body;

/// Lambda's limit for a buffered response, in bytes of JSON.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(crate) const LAMBDA_LIMIT: usize = 6_291_556;
/// A load balancer's limit for a response, in bytes of JSON.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
pub(crate) const ALB_LIMIT: usize = 1_048_576;

/// The error of a body that is marked as base64 and is not valid base64.
#[derive(Debug)]
pub(crate) struct NotBase64;

/// Decodes the body of an event; text without escapes is not copied.
pub(crate) fn decode(event: &Bytes, body: Option<Body<'_>>, is_base64: bool) -> Result<Bytes, NotBase64> {
    match body {
        None | Some(Body::Plain("")) => Ok(Bytes::new()),
        Some(Body::Plain(text)) if is_base64 => decode_base64(text.as_bytes()),
        Some(Body::Plain(text)) => Ok(event.slice_ref(text.as_bytes())),
        Some(Body::Unescaped(text)) if is_base64 => decode_base64(&text),
        Some(Body::Unescaped(text)) => Ok(text.into()),
    }
}

/// Decodes base64: strictly first, which is fast and what gateways send, then leniently, with line breaks, missing
/// padding and the URL-safe alphabet, as in events written by hand.
fn decode_base64(text: &[u8]) -> Result<Bytes, NotBase64> {
    if let Ok(bytes) = base64_simd::STANDARD.decode_to_vec(text) {
        return Ok(bytes.into());
    }
    let mut plain: Vec<u8> = text
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    // Padding may be incomplete. Where it is present, it completes a group of four and ends the text.
    let padding = plain.iter().rev().take_while(|byte| **byte == b'=').count();
    plain.truncate(plain.len() - padding);
    if padding > 0 && (plain.len() % 4 < 2 || plain.len() % 4 + padding > 4) || plain.contains(&b'=') {
        return Err(NotBase64);
    }
    let bytes = base64_simd::forgiving_decode_to_vec(&plain).map_err(|_| NotBase64)?;
    Ok(bytes.into())
}

/// Whether a body may be sent as text: its content type is textual or absent, and it has no content encoding.
///
/// It is sent as text only if it is valid UTF-8 too, which the caller checks, and as base64 otherwise.
pub(crate) fn is_textual(headers: &HeaderMap) -> bool {
    let is_identity = |value: &HeaderValue| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    let is_encoded = !headers.get_all(CONTENT_ENCODING).iter().all(is_identity);
    !is_encoded && headers.get(CONTENT_TYPE).is_none_or(|value| is_textual_type(value.as_bytes()))
}

fn is_textual_type(value: &[u8]) -> bool {
    const TEXTUAL: [&[u8]; 9] = [
        b"application/json",
        b"application/javascript",
        b"application/x-javascript",
        b"application/ecmascript",
        b"application/xml",
        b"application/x-www-form-urlencoded",
        b"application/graphql",
        b"application/yaml",
        b"application/x-ndjson",
    ];
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    starts_with(essence, b"text/")
        || TEXTUAL.iter().any(|name| essence.eq_ignore_ascii_case(name))
        || ends_with(essence, b"+json")
        || ends_with(essence, b"+xml")
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}

fn ends_with(text: &[u8], end: &[u8]) -> bool {
    text.len().checked_sub(end.len()).is_some_and(|from| text[from..].eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_written_base64_is_decoded() {
        let decode = |text: &str| decode_base64(text.as_bytes()).ok().map(|bytes| bytes.to_vec());
        for text in ["+/8A", "-_8A", "+/\r\n8A", " +/8A\n"] {
            assert_eq!(decode(text), Some(vec![0xfb, 0xff, 0]), "{text:?}");
        }
        for text in ["YQ==", "YQ", "YQ=", "Y\nQ"] {
            assert_eq!(decode(text), Some(b"a".to_vec()), "{text:?}");
        }
        for text in ["Y", "Y!Q=", "é", "YQ\u{0}=", "=", "====", "Y===", "YQ===", "YQ==YQ==", "YWJj="] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }

    #[test]
    fn types_are_textual_whatever_their_case() {
        for (value, expected) in [
            ("text/html; charset=ISO-8859-1", true),
            ("TEXT/PLAIN", true),
            ("Application/JSON", true),
            ("application/problem+json", true),
            ("image/svg+xml", true),
            ("application/x-www-form-urlencoded", true),
            ("application/octet-stream", false),
            ("image/png", false),
            ("multipart/form-data; boundary=x", false),
            ("texture/x", false),
            ("", false),
        ] {
            assert_eq!(is_textual_type(value.as_bytes()), expected, "{value}");
        }
    }
}
