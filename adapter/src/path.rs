//! Path rules: the path for the app, the client's own path, and the prefix (stage or base path) in which they differ.
//!
//! Paths are not normalised: `//x`, `/a/../b`, `%2F` stay as they were sent. A prefix is stripped once, and only on a
//! segment boundary.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters to escape in an encoded path: [RFC 3986] delimiters and bytes that URI parsers reject.
///
/// [RFC 3986]: https://www.rfc-editor.org/rfc/rfc3986#section-3.3
const NOT_IN_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'?').add(b'<').add(b'>').add(b'`');

/// The characters to encode in a path that a gateway has decoded: all but `pchar` and `/` ([RFC 3986 §3.3]).
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

/// The request target for the app, and the prefix of the client's path.
#[derive(Debug)]
pub(crate) struct Target {
    /// The app's path and query.
    pub(crate) app: String,
    /// The prefix that the client sees before the app's paths: `/prod`, `/shop`, or nothing.
    pub(crate) prefix: String,
}

impl Target {
    /// Builds the target from the app's `path` and the query; `original` is the client's path. Both paths are encoded.
    pub(crate) fn new(path: &str, original: &str, push_query: impl FnOnce(&mut String)) -> Self {
        let path = if path.is_empty() { "/" } else { path };
        let mut app = String::with_capacity(path.len() + 64);
        push_rooted(&mut app, path);
        let prefix = prefix(original, &app).to_owned();
        push_query(&mut app);
        Self { app, prefix }
    }
}

/// Appends a path with a leading `/`, which a hand-written event may lack.
fn push_rooted(out: &mut String, path: &str) {
    if !path.starts_with('/') {
        out.push('/');
    }
    out.push_str(path);
}

/// Computes the prefix that `original` has before `path`; for `/prod` and `/` it is `/prod`.
fn prefix<'a>(original: &'a str, path: &str) -> &'a str {
    let prefix = match original.strip_suffix(path) {
        Some(prefix) => prefix,
        None if path == "/" => original.trim_end_matches('/'),
        None => "",
    };
    // A relative path, as in hand-written events, has no prefix that a link could begin with.
    if prefix.starts_with('/') { prefix } else { "" }
}

/// Strips `/segment` from the start of `path` if it is a whole segment there.
pub(crate) fn strip_segment<'a>(path: &'a str, segment: &str) -> Option<&'a str> {
    strip(path.strip_prefix('/')?, segment)
}

/// Strips `prefix` (which begins with `/`) from the start of `path`, on a segment boundary.
pub(crate) fn strip<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(prefix)?;
    match rest.as_bytes().first() {
        None => Some("/"),
        Some(b'/') => Some(rest),
        Some(_) => None,
    }
}

/// Escapes the bytes of an encoded path that are invalid in a URI.
pub(crate) fn escape_invalid(path: &str) -> Cow<'_, str> {
    utf8_percent_encode(path, NOT_IN_PATH).into()
}

/// Encodes a path that a gateway has decoded.
pub(crate) fn encode(path: &str) -> Cow<'_, str> {
    utf8_percent_encode(path, NOT_PCHAR).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_stripped_once_and_on_segment_boundaries() {
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
    fn encoded_paths_keep_every_valid_byte() {
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
    fn the_prefix_is_what_the_clients_path_has_before_the_apps() {
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
