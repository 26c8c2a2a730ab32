//! The query string, from a gateway's raw query or from its maps.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{entries, json_str::JsonStr};

/// The characters to escape in an encoded query.
const NOT_IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// The characters to encode in a decoded key or value: all but `unreserved` ([RFC 3986 §2.3]), since URI and form
/// decoding agree on that encoding alone.
///
/// [RFC 3986 §2.3]: https://www.rfc-editor.org/rfc/rfc3986#section-2.3
const NOT_UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Appends a query as the client sent it.
pub(crate) fn push_raw(target: &mut String, query: &str) {
    if !query.is_empty() {
        target.push('?');
        target.extend(utf8_percent_encode(query, NOT_IN_QUERY));
    }
}

/// Appends a map with encoded keys and values: the multi-value map, or the single-value map if that is empty.
pub(crate) fn push_encoded(target: &mut String, multi: Option<&str>, single: Option<&str>) {
    let _ = push(target, multi, NOT_IN_QUERY) || push(target, single, NOT_IN_QUERY);
}

/// Appends a map whose keys and values a gateway has decoded; otherwise as [`push_encoded`].
pub(crate) fn push_decoded(target: &mut String, multi: Option<&str>, single: Option<&str>) {
    let _ = push(target, multi, NOT_UNRESERVED) || push(target, single, NOT_UNRESERVED);
}

/// Appends a map, and returns whether it has entries.
fn push(target: &mut String, map: Option<&str>, encode: &'static AsciiSet) -> bool {
    let Some(map) = map else { return false };
    let entries = entries::parse(map);
    for (at, (name, value)) in entries.iter().enumerate() {
        target.push(if at == 0 { '?' } else { '&' });
        push_text(target, *name, encode);
        target.push('=');
        push_text(target, *value, encode);
    }
    !entries.is_empty()
}

fn push_text(target: &mut String, text: JsonStr<'_>, encode: &'static AsciiSet) {
    target.extend(utf8_percent_encode(&text.into_cow(), encode));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(push: impl FnOnce(&mut String)) -> String {
        let mut target = String::from("/");
        push(&mut target);
        target.split_off(1)
    }

    #[test]
    fn decoded_maps_read_alike_as_uri_and_as_form() {
        let map = r#"{"q": ["a b&c=d+e%", "2"], "flag": "", "é": 1}"#;
        assert_eq!(build(|out| push_decoded(out, None, Some(map))), "?q=a%20b%26c%3Dd%2Be%25&q=2&flag=&%C3%A9=1");
    }

    #[test]
    fn encoded_maps_stay_as_they_are() {
        let map = r#"{"a%20b": "c+d%2F", "x": "é\"|"}"#;
        assert_eq!(build(|out| push_encoded(out, None, Some(map))), "?a%20b=c+d%2F&x=%C3%A9%22|");
    }

    #[test]
    fn raw_queries_stay_as_they_are() {
        assert_eq!(build(|out| push_raw(out, "a=1&a=2&b=%zz&c='[]{}\\^`|")), "?a=1&a=2&b=%zz&c='[]{}\\^`|");
        assert_eq!(build(|out| push_raw(out, "")), "");
    }

    #[test]
    fn every_valid_byte_is_kept() {
        for byte in 0..=0x7f_u8 {
            let query = format!("a{}b", char::from(byte));
            let kept = build(|out| push_raw(out, &query));
            assert!(http::uri::PathAndQuery::try_from(format!("/{kept}")).is_ok(), "{kept}");
            let parsed = http::uri::PathAndQuery::try_from(format!("/?{query}"));
            let is_query = parsed.is_ok_and(|parsed| parsed.query() == Some(&query));
            assert_eq!(kept[1..] == query, is_query, "{byte:#x}");
        }
    }

    #[test]
    fn empty_maps_are_no_query() {
        for map in [None, Some("{}"), Some("{ }"), Some(r#"{"a":[]}"#)] {
            assert_eq!(build(|out| push_decoded(out, map, None)), "");
            assert_eq!(build(|out| push_decoded(out, map, Some(r#"{"a":"1"}"#))), "?a=1");
            assert_eq!(build(|out| push_decoded(out, Some(r#"{"a":["1"]}"#), map)), "?a=1");
        }
    }
}
