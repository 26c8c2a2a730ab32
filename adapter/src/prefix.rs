//! Prefix rewriting, as in a reverse proxy: `Location` headers of the app become the client's.
//!
//! Only a path from the root of the app's own host is rewritten. A path that has the prefix already is kept: the app
//! took it from `Referer`, from the extractor `Prefix` or from the client's own path.

use http::HeaderValue;

/// The URL under which the client reaches the app: an origin, and the prefix of the path.
#[derive(Clone, Debug, Default)]
pub(crate) struct BaseUrl {
    prefix: String,
    is_plain_http: bool,
    authority: Option<HeaderValue>,
}

impl BaseUrl {
    /// `prefix` is empty or begins with `/`; `authority` is the request's `Host`.
    pub(crate) fn new(prefix: String, is_plain_http: bool, authority: Option<HeaderValue>) -> Self {
        Self { prefix, is_plain_http, authority }
    }

    /// The prefix, without a slash at its end.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Rewrites a `Location` with the prefix before its path; `None` if it does not change.
    pub(crate) fn location(&self, value: &HeaderValue) -> Option<HeaderValue> {
        let value = value.as_bytes();
        let origin = self.origin(value)?;
        let path = &value[origin..];
        if has_prefix(path, &self.prefix) {
            return None;
        }
        // An origin without a path means the root ([RFC 3986 §6.2.3]).
        //
        // [RFC 3986 §6.2.3]: https://www.rfc-editor.org/rfc/rfc3986#section-6.2.3
        let root = if path.first() == Some(&b'/') { "" } else { "/" };
        let parts = [&value[..origin], self.prefix.as_bytes(), root.as_bytes(), path];
        HeaderValue::from_bytes(&parts.concat()).ok()
    }

    /// The length of the part of a reference that names the app's own host: nothing, `//host` or `https://host`; `None`
    /// for another host, and for a reference that is relative to the client's path.
    fn origin(&self, value: &[u8]) -> Option<usize> {
        let scheme: &[u8] = if self.is_plain_http { b"http:" } else { b"https:" };
        let scheme = match value {
            [b'/', b'/', ..] => 0,
            [b'/', ..] => return Some(0),
            _ => value.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme))?.len(),
        };
        let authority = value[scheme..].strip_prefix(b"//")?;
        let length = authority.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(authority.len());
        let own = self.authority.as_ref()?.as_bytes();
        let is_own = self.without_port(&authority[..length]).eq_ignore_ascii_case(self.without_port(own));
        is_own.then_some(scheme + 2 + length)
    }

    /// An authority without the port that its scheme implies.
    fn without_port<'a>(&self, authority: &'a [u8]) -> &'a [u8] {
        let port: &[u8] = if self.is_plain_http { b":80" } else { b":443" };
        authority.strip_suffix(port).unwrap_or(authority)
    }
}

/// Whether a path begins with `prefix`, on a segment boundary; percent-encoded characters equal plain ones.
pub(crate) fn has_prefix(path: &[u8], prefix: &str) -> bool {
    let mut rest = Characters(path);
    Characters(prefix.as_bytes()).all(|character| rest.next() == Some(character))
        && matches!(rest.0, [] | [b'/' | b'?' | b'#', ..])
}

/// An iterator over the decoded bytes of a path. An encoded delimiter does not delimit, so it differs from a plain one.
struct Characters<'a>(&'a [u8]);

impl Iterator for Characters<'_> {
    type Item = (u8, bool);

    fn next(&mut self) -> Option<(u8, bool)> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        if let [b'%', high, low, rest @ ..] = self.0
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            self.0 = rest;
            let byte = high << 4 | low;
            return Some((byte, matches!(byte, b'/' | b'?' | b'#')));
        }
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some((*first, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrite(base_url: &BaseUrl, value: &str) -> String {
        let value = HeaderValue::from_str(value).unwrap();
        let rewritten = base_url.location(&value).unwrap_or(value);
        rewritten.to_str().unwrap().to_owned()
    }

    #[test]
    fn prefixes_are_found_between_segments_however_they_are_encoded() {
        for (path, prefix, expected) in [
            ("/dev", "/dev", true),
            ("/dev/", "/dev", true),
            ("/dev/x", "/dev", true),
            ("/dev?q", "/dev", true),
            ("/dev#top", "/dev", true),
            ("/devices", "/dev", false),
            ("/dev%2Fx", "/dev", false),
            ("/DEV/x", "/dev", false),
            ("/x/dev", "/dev", false),
            ("/de", "/dev", false),
            ("", "/dev", false),
            ("/%64%65v/x", "/dev", true),
            ("/eu%2Fshop/x", "/eu/shop", false),
            ("/eu/shop/x", "/eu/shop", true),
            ("/caf%c3%a9/x", "/caf%C3%A9", true),
            ("/caf\u{e9}/x", "/caf%C3%A9", true),
            ("/a%", "/a%25", true),
            ("/a%2", "/a%252", true),
        ] {
            assert_eq!(has_prefix(path.as_bytes(), prefix), expected, "{path} behind {prefix}");
        }
    }

    #[test]
    fn absolute_locations_of_the_apps_own_host_are_treated_like_their_path() {
        let host = HeaderValue::from_static("api.example.com");
        let base_url = BaseUrl::new("/dev".to_owned(), false, Some(host));
        for (app, client) in [
            ("https://api.example.com/x?y#z", "https://api.example.com/dev/x?y#z"),
            ("https://api.example.com/dev/x", "https://api.example.com/dev/x"),
            ("https://api.example.com/devices", "https://api.example.com/dev/devices"),
            ("https://api.example.com", "https://api.example.com/dev/"),
            ("https://api.example.com?q", "https://api.example.com/dev/?q"),
            ("HTTPS://API.example.com:443/x", "HTTPS://API.example.com:443/dev/x"),
            ("//api.example.com/x", "//api.example.com/dev/x"),
            ("http://api.example.com/x", "http://api.example.com/x"),
            ("https://api.example.com:8443/x", "https://api.example.com:8443/x"),
            ("https://user@api.example.com/x", "https://user@api.example.com/x"),
            ("https://api.example.com.evil.example/x", "https://api.example.com.evil.example/x"),
            ("https:/x", "https:/x"),
            ("https:", "https:"),
            ("//", "//"),
        ] {
            assert_eq!(rewrite(&base_url, app), client, "{app}");
        }
    }

    #[test]
    fn origins_have_the_scheme_and_port_that_the_client_used() {
        let host = HeaderValue::from_static("127.0.0.1:3000");
        let base_url = BaseUrl::new("/dev".to_owned(), true, Some(host));
        assert_eq!(rewrite(&base_url, "http://127.0.0.1:3000/x"), "http://127.0.0.1:3000/dev/x");
        assert_eq!(rewrite(&base_url, "http://127.0.0.1/x"), "http://127.0.0.1/x");
        assert_eq!(rewrite(&base_url, "https://127.0.0.1:3000/x"), "https://127.0.0.1:3000/x");
        let hostless = BaseUrl::new("/dev".to_owned(), false, None);
        assert_eq!(rewrite(&hostless, "https://api.example.com/x"), "https://api.example.com/x");
        assert_eq!(rewrite(&hostless, "/x"), "/dev/x");
    }
}
