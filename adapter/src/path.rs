//! Stage and base-path rules, the part everyone gets wrong: what the app sees, what the client asked for, and the
//! difference between the two.
//!
//! Nothing is normalised: `//x`, `/a/../b`, `%2F` stay as they were sent. Prefixes come off once, between segments.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a path that comes encoded may still not hold: [RFC 3986] delimiters and bytes that no URI parser takes.
///
/// [RFC 3986]: https://www.rfc-editor.org/rfc/rfc3986#section-3.3
const NOT_IN_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'?').add(b'<').add(b'>').add(b'`');

/// All but `pchar` and `/` ([RFC 3986 §3.3]): what must be encoded again after a gateway has decoded a path.
///
/// [RFC 3986 §3.3]: https://www.rfc-editor.org/rfc/rfc3986#section-3.3
const NOT_PCHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A request's target as the app sees it, and what the client's has in front.
#[derive(Debug)]
pub(crate) struct Target {
    /// Path and query.
    pub(crate) app: String,
    /// What stands in front of the app's paths for the client: `/prod`, `/shop`, or nothing.
    pub(crate) prefix: String,
}

impl Target {
    /// Joins the path that the app sees and its query; `path` and `original`, the client's own, are encoded.
    pub(crate) fn new(path: &str, original: &str, push_query: impl FnOnce(&mut String)) -> Self {
        let path = if path.is_empty() { "/" } else { path };
        let mut app = String::with_capacity(path.len() + 64);
        push_rooted(&mut app, path);
        let prefix = prefix(original, &app).to_owned();
        push_query(&mut app);
        Self { app, prefix }
    }
}

/// A path of a URI begins with `/`; a gateway's always does, an invocation by hand may not.
fn push_rooted(out: &mut String, path: &str) {
    if !path.starts_with('/') {
        out.push('/');
    }
    out.push_str(path);
}

/// What `original` has in front of `path`; `/prod` and `/` differ by `/prod`.
fn prefix<'a>(original: &'a str, path: &str) -> &'a str {
    let prefix = match original.strip_suffix(path) {
        Some(prefix) => prefix,
        None if path == "/" => original.trim_end_matches('/'),
        None => "",
    };
    // A path without a root, as people write it by hand, has nothing in front that a link could begin with.
    if prefix.starts_with('/') { prefix } else { "" }
}

/// Takes `/segment` off the front of `path` if a whole segment is what stands there.
pub(crate) fn strip_segment<'a>(path: &'a str, segment: &str) -> Option<&'a str> {
    strip(path.strip_prefix('/')?, segment)
}

/// Takes `prefix` (which begins with `/`) off the front of `path`, between segments.
pub(crate) fn strip<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(prefix)?;
    match rest.as_bytes().first() {
        None => Some("/"),
        Some(b'/') => Some(rest),
        Some(_) => None,
    }
}

/// A path that comes encoded, as it is but for bytes that a URI cannot hold.
pub(crate) fn escape_invalid(path: &str) -> Cow<'_, str> {
    utf8_percent_encode(path, NOT_IN_PATH).into()
}

/// A path that a gateway has decoded, encoded again.
pub(crate) fn encode(path: &str) -> Cow<'_, str> {
    utf8_percent_encode(path, NOT_PCHAR).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_come_off_once_and_between_segments() {
        for (path, prefix, expected) in [
            ("/prod/users", "/prod", Some("/users")),
            ("/prod", "/prod", Some("/")),
            ("/prod/", "/prod", Some("/")),
            ("/production", "/prod", None),
            ("/prod/prod/x", "/prod", Some("/prod/x")),
            ("/prod//x", "/prod", Some("//x")),
            ("/a/b/c", "/a/b", Some("/c")),
            ("/x/prod", "/prod", None),
        ] {
            assert_eq!(strip(path, prefix), expected, "{path} without {prefix}");
        }
        assert_eq!(strip_segment("/prod/users", "prod"), Some("/users"));
        assert_eq!(strip_segment("prod/users", "prod"), None);
    }

    #[test]
    fn encoded_paths_keep_whatever_a_uri_can_hold() {
        for byte in 0..=0x7f_u8 {
            let path = format!("/a{}b", char::from(byte));
            let kept = escape_invalid(&path);
            assert!(http::uri::PathAndQuery::try_from(&*kept).is_ok(), "{kept}");
            let is_path = http::uri::PathAndQuery::try_from(&*path).is_ok_and(|parsed| parsed.path() == path);
            assert_eq!(kept == path, is_path, "{byte:#x}");
        }
        assert_eq!(escape_invalid("/a/../b;v=1//%2F%"), "/a/../b;v=1//%2F%");
        assert_eq!(escape_invalid("/é"), "/%C3%A9");
    }

    #[test]
    fn decoded_paths_are_encoded_again() {
        for (decoded, expected) in [
            ("/a b", "/a%20b"),
            ("/a?b", "/a%3Fb"),
            ("/100%", "/100%25"),
            ("/a%20b", "/a%2520b"),
            ("/a;v=1/@x:y", "/a;v=1/@x:y"),
            ("/é\"<", "/%C3%A9%22%3C"),
        ] {
            assert_eq!(encode(decoded), expected);
        }
    }

    #[test]
    fn the_prefix_is_what_the_client_wrote_in_front() {
        for (path, original, app, prefix) in [
            ("/users", "/prod/users", "/users?q=1", "/prod"),
            ("/", "/prod", "/?q=1", "/prod"),
            ("/", "/prod/", "/?q=1", "/prod"),
            ("//x", "/prod//x", "//x?q=1", "/prod"),
            ("/x", "/x", "/x?q=1", ""),
            ("/x", "/prod/y", "/x?q=1", ""),
            ("/x", "prod/x", "/x?q=1", ""),
            ("/", "prod", "/?q=1", ""),
            ("", "", "/?q=1", ""),
            ("x", "x", "/x?q=1", ""),
        ] {
            let target = Target::new(path, original, |out| out.push_str("?q=1"));
            assert_eq!((&*target.app, &*target.prefix), (app, prefix), "{path} of {original}");
        }
    }
}
