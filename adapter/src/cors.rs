//! The CORS headers of responses through a REST API, which passes the application's own on and adds none.
//!
//! The origin is compared here; preflights never get this far, as the gateway answers them.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ORIGIN, VARY,
    },
};

use crate::contract::cors::CorsPolicy;

/// The CORS policy, with the values of its headers made once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Cors {
    policy: CorsPolicy,
    credentials_and_exposed: Vec<(HeaderName, HeaderValue)>,
}

/// The CORS headers of one response.
#[derive(Clone, Debug)]
pub(crate) struct CorsHeaders {
    cors: Arc<Cors>,
    allowed_origin: Option<HeaderValue>,
}

impl Cors {
    /// Reads the value of [`CORS`](crate::contract::variable::CORS); `None` if it is invalid.
    pub(crate) fn from_variable(value: &str) -> Option<Self> {
        let policy = CorsPolicy::parse(value)?;
        let mut rest = Vec::new();
        if policy.allows_credentials {
            rest.push((ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")));
        }
        if !policy.exposed_headers.is_empty() {
            let names = HeaderValue::try_from(policy.exposed_headers.join(",")).ok()?;
            rest.push((ACCESS_CONTROL_EXPOSE_HEADERS, names));
        }
        Some(Self { policy, credentials_and_exposed: rest })
    }

    /// The headers of the response to a request with these headers; `None` for a request that could not be read.
    pub(crate) fn headers_for(self: &Arc<Self>, request: Option<&HeaderMap>) -> CorsHeaders {
        let mut origins = request.map(|headers| headers.get_all(ORIGIN).iter()).into_iter().flatten();
        let origin = origins.next().filter(|_| origins.next().is_none()).and_then(|origin| origin.to_str().ok());
        let allowed_origin = self.policy.allowed_origin(origin).and_then(|allowed| HeaderValue::from_str(allowed).ok());
        CorsHeaders { cors: Arc::clone(self), allowed_origin }
    }
}

impl CorsHeaders {
    /// Adds the headers to a response, unless the application has decided about its origin itself.
    ///
    /// `Vary` tells caches that the response depends on the origin, whichever origin this one is for.
    /// <https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches>
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        if headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        if self.cors.policy.fixed_origin().is_none() && !varies_by_origin(headers) {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        let Some(origin) = &self.allowed_origin else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        for (name, value) in &self.cors.credentials_and_exposed {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }
}

/// Whether `Vary` already has the origin, or everything.
fn varies_by_origin(headers: &HeaderMap) -> bool {
    let fields = headers.get_all(VARY).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    fields.map(<[u8]>::trim_ascii).any(|field| field == b"*" || field.eq_ignore_ascii_case(b"origin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVERAL: &str = "https://a.example https://b.example; credentials; expose=etag,x-total";

    /// The headers of a response that already has some, for a request with these origins.
    fn added(policy: &str, origins: &[&str], response: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut request = HeaderMap::new();
        for origin in origins {
            request.append(ORIGIN, HeaderValue::from_bytes(origin.as_bytes()).unwrap());
        }
        let mut headers = HeaderMap::new();
        for (name, value) in response {
            headers.append(*name, HeaderValue::from_static(value));
        }
        Arc::new(Cors::from_variable(policy).unwrap()).headers_for(Some(&request)).add_to(&mut headers);
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines
    }

    #[test]
    fn an_allowed_origin_is_named_with_what_else_it_may() {
        let expected = [
            "access-control-allow-credentials: true",
            "access-control-allow-origin: https://b.example",
            "access-control-expose-headers: etag,x-total",
            "vary: Origin",
        ];
        assert_eq!(added(SEVERAL, &["https://b.example"], &[]), expected);
    }

    #[test]
    fn no_other_origin_is_ever_echoed() {
        let foreign = [
            &["https://evil.example"][..],
            &["https://a.example.evil.example"],
            &["https://a.example", "https://evil.example"],
            &["https://a.example https://b.example"],
            &["https://A.example"],
            &["null"],
            &["\u{e9}"],
            &[""],
            &[],
        ];
        for origins in foreign {
            assert_eq!(added(SEVERAL, origins, &[]), ["vary: Origin"], "{origins:?}");
        }
    }

    #[test]
    fn one_origin_and_all_are_the_same_for_every_request() {
        for (policy, expected) in [
            ("*", "access-control-allow-origin: *"),
            ("https://a.example", "access-control-allow-origin: https://a.example"),
        ] {
            for origins in [&[][..], &["https://evil.example"]] {
                assert_eq!(added(policy, origins, &[]), [expected], "{origins:?}");
            }
        }
    }

    #[test]
    fn what_the_application_says_stays_and_nothing_is_doubled() {
        let own = [("access-control-allow-origin", "https://own.example")];
        assert_eq!(added(SEVERAL, &["https://a.example"], &own), ["access-control-allow-origin: https://own.example"]);
        let exposed = [("access-control-expose-headers", "x-own"), ("vary", "accept-encoding, ORIGIN")];
        let expected = [
            "access-control-allow-credentials: true",
            "access-control-allow-origin: https://a.example",
            "access-control-expose-headers: x-own",
            "vary: accept-encoding, ORIGIN",
        ];
        assert_eq!(added(SEVERAL, &["https://a.example"], &exposed), expected);
        assert_eq!(added(SEVERAL, &[], &[("vary", "*")]), ["vary: *"]);
        assert_eq!(added(SEVERAL, &[], &[("vary", "accept")]), ["vary: Origin", "vary: accept"]);
    }

    #[test]
    fn a_variable_that_makes_no_header_is_no_policy() {
        assert_eq!(Cors::from_variable("https://a.example; expose=a\nb"), None);
        assert_eq!(Cors::from_variable(""), None);
    }
}
