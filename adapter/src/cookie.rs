//! `Set-Cookie` headers: paths behind a prefix, and several cookies in a map with one value a name (an ALB without
//! multi-value headers).

use bytes::Bytes;
use http::HeaderValue;

use crate::prefix::has_prefix;

/// The start of the name of a cookie that is valid for the whole host.
const HOST_PREFIX: &[u8] = b"__Host-";

/// Rewrites a cookie with `prefix` before each `Path` attribute; `None` if it does not change.
///
/// `Path=/` becomes `Path=/prod`: a path with a slash at the end would not match `/prod` itself ([RFC 6265 §5.1.4]).
///
/// [RFC 6265 §5.1.4]: https://www.rfc-editor.org/rfc/rfc6265#section-5.1.4
pub(crate) fn with_prefix(cookie: &HeaderValue, prefix: &str) -> Option<HeaderValue> {
    let bytes = cookie.as_bytes();
    // Browsers accept it only with `Path=/`, and compare its name case-insensitively ([RFC 6265bis §4.1.3.2]).
    //
    // [RFC 6265bis §4.1.3.2]: https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-__host-prefix
    let name = bytes.trim_ascii_start();
    if name.get(..HOST_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(HOST_PREFIX)) {
        return None;
    }
    // The first part is always the name and the value.
    let mut start = bytes.iter().position(|byte| *byte == b';')? + 1;
    let mut rewritten: Option<Vec<u8>> = None;
    let mut copied = 0;
    while start <= bytes.len() {
        let end = bytes[start..].iter().position(|byte| *byte == b';').map_or(bytes.len(), |length| start + length);
        if let Some(at) = path_start(&bytes[start..end]).map(|at| start + at) {
            let path = bytes[at..end].trim_ascii_end();
            if !has_prefix(path, prefix) {
                let out = rewritten.get_or_insert_with(|| Vec::with_capacity(bytes.len() + prefix.len()));
                out.extend_from_slice(&bytes[copied..at]);
                out.extend_from_slice(prefix.as_bytes());
                out.extend_from_slice(if path == b"/" { b"" } else { path });
                copied = end;
            }
        }
        start = end + 1;
    }
    let mut out = rewritten?;
    out.extend_from_slice(&bytes[copied..]);
    HeaderValue::from_maybe_shared(Bytes::from(out)).ok()
}

/// Finds the start of the path in an attribute like ` Path = /x`; `None` for other attributes and relative paths.
fn path_start(attribute: &[u8]) -> Option<usize> {
    let equals = attribute.iter().position(|byte| *byte == b'=')?;
    if !attribute[..equals].trim_ascii().eq_ignore_ascii_case(b"path") {
        return None;
    }
    let value = equals + 1 + attribute[equals + 1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    (attribute.get(value) == Some(&b'/')).then_some(value)
}

/// A spelling of the header name `set-cookie`, with letters in upper case by the bits of `variant`: 512 equivalent
/// names.
pub(crate) fn name_variant(variant: usize) -> String {
    let mut bits = variant;
    let letter = |character: char| {
        if !character.is_ascii_alphabetic() {
            return character;
        }
        let is_upper = bits & 1 == 1;
        bits >>= 1;
        if is_upper { character.to_ascii_uppercase() } else { character }
    };
    "set-cookie".chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_get_the_prefix_and_nothing_else_changes() {
        for (cookie, expected) in [
            ("a=1; Path=/", Some("a=1; Path=/prod")),
            ("a=1; path=/admin; HttpOnly", Some("a=1; path=/prod/admin; HttpOnly")),
            ("a=1;PATH = / ;Secure", Some("a=1;PATH = /prod;Secure")),
            ("a=1; HttpOnly; Path=/x", Some("a=1; HttpOnly; Path=/prod/x")),
            ("a=1; Path=/production", Some("a=1; Path=/prod/production")),
            // The last path counts for a browser, so none is left without the prefix.
            ("a=1; Path=/x; Secure; Path=/;", Some("a=1; Path=/prod/x; Secure; Path=/prod;")),
            ("a=1; Path=/prod; Path=/", Some("a=1; Path=/prod; Path=/prod")),
            ("a=1; Path=/prod", None),
            ("a=1; Path=/prod/admin ; Secure", None),
            ("__Host-a=1; Secure; Path=/", None),
            (" __host-a=1; Secure; Path=/", None),
            ("__Host-Http-a=1; Secure; HttpOnly; Path=/", None),
            ("__Secure-a=1; Secure; Path=/", Some("__Secure-a=1; Secure; Path=/prod")),
            ("a=__Host-; Path=/", Some("a=__Host-; Path=/prod")),
            ("path=/; HttpOnly", None),
            ("a=1; Path=", None),
            ("a=1; Path", None),
            ("a=1", None),
            ("a=1;", None),
        ] {
            let value = with_prefix(&HeaderValue::from_static(cookie), "/prod");
            assert_eq!(value.as_ref().map(|value| value.to_str().unwrap()), expected, "{cookie}");
        }
    }

    #[test]
    fn names_differ_in_case_only() {
        let names: Vec<String> = (0..512).map(name_variant).collect();
        assert_eq!(names[0], "set-cookie");
        assert_eq!(names[1], "Set-cookie");
        assert!(names.iter().all(|name| name.eq_ignore_ascii_case("set-cookie")));
        let distinct: std::collections::HashSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), 512);
    }
}
