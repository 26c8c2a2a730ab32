//! A JSON string as it is in the event, unescaped on demand.

use std::borrow::Cow;

use bytes::Bytes;

use crate::unescape;

/// The text between the quotes of a JSON string, whose escapes have been validated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JsonStr<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> JsonStr<'a> {
    pub(crate) fn new(raw: &'a str, escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// A string without escapes.
    pub(crate) fn plain(raw: &'a str) -> Self {
        Self { raw, escaped: false }
    }

    /// The text with its escapes, for comparison with words that need none.
    pub(crate) fn raw(self) -> &'a str {
        self.raw
    }

    /// The unescaped text; borrowed where there are no escapes.
    pub(crate) fn into_cow(self) -> Cow<'a, str> {
        if self.escaped {
            // Unescaping valid UTF-8 gives valid UTF-8, so nothing is replaced here.
            Cow::Owned(String::from_utf8_lossy(&unescape(self.raw)).into_owned())
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// The bytes of the unescaped text; a view of the event where there are no escapes.
    pub(crate) fn into_bytes(self, event: &Bytes) -> Bytes {
        if self.escaped { unescape(self.raw).into() } else { event.slice_ref(self.raw.as_bytes()) }
    }
}

/// Unescapes a text in one allocation, since unescaping never makes it longer.
fn unescape(raw: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    // The text has neither a quote nor an invalid escape, so all of it is unescaped.
    unescape::push(raw.as_bytes(), 0, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_what_serde_json_makes_of_them() {
        for json in [
            r#""""#,
            r#""plain""#,
            r#""a\"b\\c\/d\be\ff\ng\rh\ti""#,
            r#""\u00e9\u20ac""#,
            r#""\ud83d\ude00!""#,
            r#""é\u0000\u001f€""#,
            r#""\\u0041""#,
            r#""a long run that is plain and longer than a word \n and more""#,
        ] {
            let expected: String = serde_json::from_str(json).unwrap();
            let text = crate::json::Reader::new(json).text().unwrap().unwrap();
            assert_eq!(text.into_cow(), expected, "{json}");
        }
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        for (raw, expected) in [
            ("\\ud800", "\u{fffd}"),
            ("\\udc00x", "\u{fffd}x"),
            ("\\ud800\\u0041", "\u{fffd}A"),
            ("\\ud800\\ud83d\\ude00", "\u{fffd}😀"),
        ] {
            assert_eq!(JsonStr::new(raw, true).into_cow(), expected, "{raw}");
        }
    }

    #[test]
    fn plain_text_is_a_view_of_the_event() {
        let event = Bytes::from_static(b"{\"body\":\"hello\"}");
        let text = JsonStr::plain(std::str::from_utf8(&event[9..14]).unwrap());
        let bytes = text.into_bytes(&event);
        assert_eq!(bytes, "hello");
        assert_eq!(bytes.as_ptr(), event[9..].as_ptr());
    }
}
