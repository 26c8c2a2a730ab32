//! Header names, with a fast path for those that gateways and browsers send with nearly every request.

use http::{HeaderName, header};

/// The header of X-Ray's trace id.
pub(crate) const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// The header that lists the client and the proxies that a request passed through, the client first.
pub(crate) const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The header of the host that the client asked for.
pub(crate) const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// The header of the scheme that the client used.
pub(crate) const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The length of the longest name in [`well_known`], rounded up.
const MAX_WELL_KNOWN_LEN: usize = 32;

/// Parses a header name in any case; `None` if it is invalid.
pub(crate) fn parse(name: &str) -> Option<HeaderName> {
    let mut buffer = [0; MAX_WELL_KNOWN_LEN];
    let known = buffer.get_mut(..name.len()).and_then(|lower| {
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        well_known(lower)
    });
    known.or_else(|| HeaderName::from_bytes(name.as_bytes()).ok())
}

/// Looks up a well-known header name in lower case. For a name that the `http` crate does not know, parsing would
/// allocate.
fn well_known(lower: &[u8]) -> Option<HeaderName> {
    Some(match lower {
        b"host" => header::HOST,
        b"user-agent" => header::USER_AGENT,
        b"accept" => header::ACCEPT,
        b"accept-encoding" => header::ACCEPT_ENCODING,
        b"accept-language" => header::ACCEPT_LANGUAGE,
        b"content-length" => header::CONTENT_LENGTH,
        b"content-type" => header::CONTENT_TYPE,
        b"authorization" => header::AUTHORIZATION,
        b"cookie" => header::COOKIE,
        b"origin" => header::ORIGIN,
        b"referer" => header::REFERER,
        b"cache-control" => header::CACHE_CONTROL,
        b"connection" => header::CONNECTION,
        b"upgrade-insecure-requests" => header::UPGRADE_INSECURE_REQUESTS,
        b"if-none-match" => header::IF_NONE_MATCH,
        b"range" => header::RANGE,
        b"via" => header::VIA,
        b"x-forwarded-for" => FORWARDED_FOR,
        b"x-forwarded-proto" => FORWARDED_PROTO,
        b"x-forwarded-host" => FORWARDED_HOST,
        b"x-forwarded-port" => const { HeaderName::from_static("x-forwarded-port") },
        b"x-amzn-trace-id" => TRACE_ID,
        b"sec-fetch-dest" => const { HeaderName::from_static("sec-fetch-dest") },
        b"sec-fetch-mode" => const { HeaderName::from_static("sec-fetch-mode") },
        b"sec-fetch-site" => const { HeaderName::from_static("sec-fetch-site") },
        b"sec-fetch-user" => const { HeaderName::from_static("sec-fetch-user") },
        b"sec-ch-ua" => const { HeaderName::from_static("sec-ch-ua") },
        b"sec-ch-ua-mobile" => const { HeaderName::from_static("sec-ch-ua-mobile") },
        b"sec-ch-ua-platform" => const { HeaderName::from_static("sec-ch-ua-platform") },
        b"priority" => const { HeaderName::from_static("priority") },
        b"x-api-key" => const { HeaderName::from_static("x-api-key") },
        b"x-amz-cf-id" => const { HeaderName::from_static("x-amz-cf-id") },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_names_are_those_that_parsing_gives() {
        for name in [
            "host",
            "user-agent",
            "accept",
            "accept-encoding",
            "accept-language",
            "content-length",
            "content-type",
            "authorization",
            "cookie",
            "origin",
            "referer",
            "cache-control",
            "connection",
            "upgrade-insecure-requests",
            "if-none-match",
            "range",
            "via",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-amzn-trace-id",
            "sec-fetch-dest",
            "sec-fetch-mode",
            "sec-fetch-site",
            "sec-fetch-user",
            "sec-ch-ua",
            "sec-ch-ua-mobile",
            "sec-ch-ua-platform",
            "priority",
            "x-api-key",
            "x-amz-cf-id",
        ] {
            let parsed = HeaderName::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(well_known(name.as_bytes()), Some(parsed.clone()));
            assert_eq!(parse(&name.to_uppercase()), Some(parsed));
        }
        let long = "x-a-name-that-is-longer-than-any-usual-one";
        assert_eq!(parse(long), Some(HeaderName::from_static(long)));
        assert_eq!(parse("X-Other"), Some(HeaderName::from_static("x-other")));
        assert_eq!(parse("not a name"), None);
        assert_eq!(parse(""), None);
    }
}
