//! Requests of web pages, told from those of processes: the Runtime API is for the processes of the app alone.
//!
//! A page that a browser shows on this machine reaches every loopback port. It gives itself away by the headers that browsers
//! add, or, where a name of its own resolves to a loopback address (DNS rebinding), by the `Host`.

use std::net::IpAddr;

use http::{
    HeaderName, Request,
    header::{HOST, ORIGIN},
    uri::Authority,
};

/// Browsers send it with every request to a loopback address, also with those that have no `Origin`.
/// <https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header>
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request is refused that is to come from a process of this machine.
pub(super) fn refusal<B>(request: &Request<B>) -> Option<&'static str> {
    let headers = request.headers();
    if headers.contains_key(ORIGIN) || headers.contains_key(FETCH_SITE) {
        return Some("the request is a web page's, and those may not call this API");
    }
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let is_of_target = request.uri().authority().is_none_or(|authority| is_loopback(authority.host()));
    if hosts.next().is_some() || !host.is_some_and(|host| is_loopback(host.host())) || !is_of_target {
        return Some(
            "the request's `Host` is not a loopback address or `localhost`; take the address of `AWS_LAMBDA_RUNTIME_API`",
        );
    }
    None
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(target: &str, headers: &[(&str, &str)]) -> bool {
        let builder = headers.iter().fold(Request::get(target), |builder, (name, value)| builder.header(*name, *value));
        refusal(&builder.body(()).unwrap()).is_some()
    }

    #[test]
    fn a_process_calls_a_loopback_address() {
        for host in ["127.0.0.1:9001", "127.0.0.1", "localhost:9001", "LOCALHOST", "[::1]:9001", "127.1.2.3:1"] {
            assert!(!is_refused("/", &[("host", host)]), "{host}");
        }
    }

    #[test]
    fn a_web_page_is_refused() {
        for host in [
            "rebind.example:9001",
            "127.0.0.1.rebind.example",
            "localhost.rebind.example",
            "10.0.0.1:9001",
            "0.0.0.0:9001",
            "user@rebind.example",
            "",
        ] {
            assert!(is_refused("/", &[("host", host)]), "{host}");
        }
        let own = ("host", "127.0.0.1:9001");
        for header in [("origin", "http://127.0.0.1:9001"), ("origin", "null"), ("sec-fetch-site", "none"), own] {
            assert!(is_refused("/", &[own, header]), "{header:?}");
        }
        assert!(is_refused("/", &[]));
        assert!(is_refused("http://rebind.example/", &[own]));
    }
}
