//! `Set-Cookie` behind a prefix, and in a map that has room for one value a name.

use http::HeaderValue;

/// The cookie with `prefix` in front of its path, if it has a path of its own.
///
/// `Path=/` becomes `Path=/prod`: a path with a slash at the end would not match `/prod` itself ([RFC 6265 §5.1.4]).
///
/// [RFC 6265 §5.1.4]: https://www.rfc-editor.org/rfc/rfc6265#section-5.1.4
pub(crate) fn with_prefix(cookie: &HeaderValue, prefix: &str) -> Option<HeaderValue> {
    let bytes = cookie.as_bytes();
    // The first part is the name and the value, whatever they look like.
    let mut start = bytes.iter().position(|byte| *byte == b';')? + 1;
    loop {
        let end = bytes[start..].iter().position(|byte| *byte == b';').map_or(bytes.len(), |length| start + length);
        if let Some(value) = path_start(&bytes[start..end]) {
            let (before, path) = (&bytes[..start + value], bytes[start + value..end].trim_ascii_end());
            let path = if path == b"/" { b"" } else { path };
            return HeaderValue::from_bytes(&[before, prefix.as_bytes(), path, &bytes[end..]].concat()).ok();
        }
        start = end + 1;
        if end == bytes.len() {
            return None;
        }
    }
}

/// Where the path begins in an attribute like ` Path = /x`, if it is one and absolute.
fn path_start(attribute: &[u8]) -> Option<usize> {
    let equals = attribute.iter().position(|byte| *byte == b'=')?;
    if !attribute[..equals].trim_ascii().eq_ignore_ascii_case(b"path") {
        return None;
    }
    let value = equals + 1 + attribute[equals + 1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    (attribute.get(value) == Some(&b'/')).then_some(value)
}

/// `set-cookie` with letters in upper case by the bits of `variant`: 512 names that mean the same.
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
