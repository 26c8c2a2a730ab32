//! A body in an event: text or base64.

use std::borrow::Cow;

/// The fields `body` and `isBase64Encoded`.
pub(super) type Body<'a> = (Option<Cow<'a, str>>, bool);

/// Base64 for `binary`, else text. What is not UTF-8 comes out damaged, as it does at a REST API.
pub(super) fn classify(bytes: &[u8], binary: bool) -> Body<'_> {
    match bytes {
        [] => (None, false),
        bytes if binary => (Some(encode(bytes)), true),
        bytes => (Some(String::from_utf8_lossy(bytes)), false),
    }
}

/// Text if it may be and can be, else base64.
pub(super) fn textual(bytes: &[u8], text: bool) -> Body<'_> {
    match std::str::from_utf8(bytes) {
        _ if bytes.is_empty() => (None, false),
        Ok(body) if text => (Some(body.into()), false),
        _ => (Some(encode(bytes)), true),
    }
}

fn encode(bytes: &[u8]) -> Cow<'static, str> {
    base64_simd::STANDARD.encode_to_string(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_text_or_base64() {
        assert_eq!(classify(b"", true), (None, false));
        assert_eq!(classify(b"ab", true), (Some("YWI=".into()), true));
        assert_eq!(classify(b"ab", false), (Some("ab".into()), false));
        assert_eq!(classify(b"\xff", false), (Some("\u{fffd}".into()), false));
        assert_eq!(textual(b"", false), (None, false));
        assert_eq!(textual(b"ab", true), (Some("ab".into()), false));
        assert_eq!(textual(b"ab", false), (Some("YWI=".into()), true));
        assert_eq!(textual(b"\xff", true), (Some("/w==".into()), true));
    }
}
