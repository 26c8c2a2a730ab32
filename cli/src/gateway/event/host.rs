//! The `Host` of a request, by which a gateway finds the API, and what takes its place: the request target's authority,
//! a name.
//!
//! Facts: [RFC 9112 §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2), and for an empty `Host`, whose `http`
//! URI would be without a host, [RFC 9110 §4.2.1](https://www.rfc-editor.org/rfc/rfc9110#section-4.2.1).

use http::{HeaderValue, header::HOST, uri::Authority};

use super::GatewayError;
use crate::gateway::arrival::Arrival;

/// Checks that there is one `Host`, and that it is one. Where the request target has an authority, that is the host,
/// and the `Host` may be empty.
///
/// HTTP/1.0 knew none, so there it may be missing: the rule speaks of HTTP/1.1, and load balancers pass such requests
/// on. Two are refused whatever the version.
pub(super) fn check(arrival: &Arrival) -> Result<(), (GatewayError, String)> {
    let hosts: Vec<&HeaderValue> = arrival.headers.get_all(HOST).iter().collect();
    let authority = arrival.authority();
    let reason = match *hosts {
        _ if authority.is_some_and(|authority| !is_host(authority.as_bytes())) => {
            format!("the request target's authority is not a valid host: {:?}", authority.unwrap_or_default())
        }
        [] if arrival.protocol == "HTTP/1.0" => return Ok(()),
        [] => "the request has no `Host` header, and HTTP/1.1 demands one".to_owned(),
        [host] if is_host(host.as_bytes()) || host.is_empty() && authority.is_some() => return Ok(()),
        [host] if host.is_empty() => "the request's `Host` header is empty".to_owned(),
        [host] => format!("the request's `Host` header is not a valid host: {host:?}"),
        _ => format!("the request has {} `Host` headers, and HTTP allows one", hosts.len()),
    };
    Err((GatewayError::Host, reason))
}

/// Replaces the `Host` by the authority of a request target in absolute form, which takes precedence over it; a request
/// that a gateway would refuse stays as it is.
pub(crate) fn resolve(arrival: &mut Arrival) {
    if check(arrival).is_err() {
        return;
    }
    let authority = arrival.authority().map(HeaderValue::from_str);
    if let Some(Ok(authority)) = authority {
        arrival.headers.insert(HOST, authority);
    }
}

/// Replaces the `Host` by a name, as if the client had sent it by https; a request that a gateway would reject stays as
/// it is.
pub(crate) fn replace(arrival: &mut Arrival, name: &str) {
    if check(arrival).is_err() {
        return;
    }
    // A name that no header can hold is none that the command line takes.
    if let Ok(name) = HeaderValue::from_str(name) {
        arrival.headers.insert(HOST, name);
        arrival.scheme = "https";
    }
}

/// Whether a value is a host with or without a port.
fn is_host(value: &[u8]) -> bool {
    // `http` takes `host:port` where the port is no number for a host with a colon in it.
    let is_whole = |authority: &Authority| authority.port().is_some() || authority.host() == authority.as_str();
    let is_named = |authority: &Authority| !authority.host().is_empty() && is_whole(authority);
    !value.contains(&b'@') && Authority::try_from(value).is_ok_and(|authority| is_named(&authority))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    fn status(gateway: &crate::gateway::Gateway, protocol: &'static str, hosts: &[&str]) -> Option<u16> {
        let stage = if gateway.kind == crate::gateway::GatewayKind::Rest { "/dev/x" } else { "/x" };
        let pairs: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
        let arrival = Arrival { headers: sample::headers(&pairs), protocol, ..sample::get(stage) };
        let refusal = super::super::build(gateway, &arrival, &sample::stamp()).err()?;
        assert!(refusal.reason.contains("`Host` header"), "{}", refusal.reason);
        Some(refusal.response.status().as_u16())
    }

    #[test]
    fn a_name_takes_the_place_of_one_host_and_hides_no_error() {
        for (hosts, expected) in [
            (&["127.0.0.1:3000"][..], Some("api.example.com")),
            (&["a b"], None),
            (&["a.example", "b.example"], None),
            (&[], None),
        ] {
            let pairs: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            let mut arrival = Arrival { headers: sample::headers(&pairs), ..sample::get("/dev/x") };
            replace(&mut arrival, "api.example.com");
            match expected {
                Some(name) => {
                    assert_eq!(arrival.headers.get_all(HOST).iter().collect::<Vec<_>>(), [name]);
                    assert_eq!(arrival.scheme, "https");
                }
                None => assert!(check(&arrival).is_err(), "{hosts:?}"),
            }
        }
    }

    #[test]
    fn a_request_has_one_host() {
        for kind in sample::KINDS {
            let gateway = sample::gateway(kind);
            for (protocol, hosts, expected) in [
                ("HTTP/1.1", &["api.example.com"][..], None),
                ("HTTP/1.1", &["127.0.0.1:3000"], None),
                ("HTTP/1.1", &["[::1]:3000"], None),
                ("HTTP/1.1", &[""], Some(400)),
                ("HTTP/1.1", &[":3000"], Some(400)),
                ("HTTP/1.1", &[], Some(400)),
                ("HTTP/1.1", &["a.example", "b.example"], Some(400)),
                ("HTTP/1.1", &["a.example", "a.example"], Some(400)),
                ("HTTP/1.1", &["a b"], Some(400)),
                ("HTTP/1.1", &["user@a.example"], Some(400)),
                ("HTTP/1.1", &["a.example:port"], Some(400)),
                ("HTTP/1.1", &["http://a.example/"], Some(400)),
                ("HTTP/1.0", &[], None),
                ("HTTP/1.0", &[""], Some(400)),
                ("HTTP/1.0", &["a.example"], None),
                ("HTTP/1.0", &["a.example", "b.example"], Some(400)),
            ] {
                assert_eq!(status(&gateway, protocol, hosts), expected, "{kind:?} {protocol} {hosts:?}");
            }
        }
    }

    #[test]
    fn the_authority_of_the_request_target_takes_precedence() {
        for (target, protocol, hosts, expected) in [
            ("http://other/dev/x", "HTTP/1.1", &["a.example"][..], Some("other")),
            ("http://other:81/dev/x", "HTTP/1.1", &["a.example:80"], Some("other:81")),
            ("http://[::1]:81?x", "HTTP/1.1", &[""], Some("[::1]:81")),
            ("http://other", "HTTP/1.0", &[], Some("other")),
            ("/dev/x?u=http://other/", "HTTP/1.1", &["a.example"], Some("a.example")),
            // It is no remedy for what is refused.
            ("http://other/dev/x", "HTTP/1.1", &[], None),
            ("http://other/dev/x", "HTTP/1.1", &["a.example", "other"], None),
            ("http://other/dev/x", "HTTP/1.1", &["a b"], None),
            ("http://user@other/dev/x", "HTTP/1.1", &["a.example"], None),
            ("http://:81/dev/x", "HTTP/1.1", &["a.example"], None),
        ] {
            let pairs: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            let mut arrival = Arrival { headers: sample::headers(&pairs), protocol, ..sample::get(target) };
            let before = arrival.headers.clone();
            resolve(&mut arrival);
            match expected {
                Some(host) => assert_eq!(arrival.headers.get_all(HOST).iter().collect::<Vec<_>>(), [host], "{target}"),
                None => assert_eq!(arrival.headers, before, "{target}"),
            }
            assert_eq!(check(&arrival).is_ok(), expected.is_some(), "{target}");
        }
    }
}
