//! Headers as a gateway passes them on: dropped ones, added ones, and the case of names.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

use http::HeaderName;

use super::query::{Joined, Last};
use crate::gateway::arrival::{self, Arrival, Stamp};

/// What a gateway does to the headers of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Names that never reach the function.
    pub(super) dropped: &'static [&'static str],
    /// Names are written `Like-This` and not `like-this`.
    pub(super) capitalized: bool,
}

/// Values by name; names sorted, values of one name in their order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Headers(BTreeMap<String, Vec<String>>);

impl Headers {
    /// The client's headers and what the gateway adds.
    pub(super) fn new(arrival: &Arrival, stamp: &Stamp, rule: Rule) -> Self {
        let mut headers = Self::default();
        let kept = arrival.headers.iter().filter(|(name, _)| !rule.dropped.contains(&name.as_str()));
        for (name, value) in kept {
            headers.add(written(name, rule.capitalized).into_owned(), arrival::text(value).into_owned());
        }
        for (name, value) in added_headers(arrival, stamp) {
            headers.set(&written(&HeaderName::from_static(name), rule.capitalized), value);
        }
        headers
    }

    fn add(&mut self, name: String, value: String) {
        self.0.entry(name).or_default().push(value);
    }

    /// Sets a header to one value.
    pub(super) fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), vec![value]);
    }

    /// Takes a header out.
    pub(super) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// All values of each name.
    pub(super) fn all(&self) -> &BTreeMap<String, Vec<String>> {
        &self.0
    }

    /// The last value of each name.
    pub(super) fn last(&self) -> Last<'_> {
        Last(&self.0)
    }

    /// The values of each name, joined by commas.
    pub(super) fn joined(&self) -> Joined<'_> {
        Joined(&self.0)
    }
}

/// What every gateway says about the connection to its client.
///
/// Port and scheme are those that the client used: on AWS, and behind a name, 443 and https; here those of the local
/// server, so that a link that the app builds from them leads back to it.
fn added_headers(arrival: &Arrival, stamp: &Stamp) -> [(&'static str, String); 4] {
    let host = arrival.header("host").unwrap_or_default();
    let default = if arrival.scheme == "https" { "443" } else { "80" };
    let port = host.rsplit_once(':').map_or(default, |(_, port)| port);
    let port = if port.bytes().all(|byte| byte.is_ascii_digit()) { port } else { default };
    [
        ("x-amzn-trace-id", stamp.trace_id.clone()),
        ("x-forwarded-for", forwarded_for(arrival)),
        ("x-forwarded-port", port.into()),
        ("x-forwarded-proto", arrival.scheme.into()),
    ]
}

/// The chain that the client claims, and at its end the address that is known.
fn forwarded_for(arrival: &Arrival) -> String {
    let claimed = arrival.headers.get_all("x-forwarded-for").iter().map(|value| arrival::text(value).into_owned());
    claimed.chain([address(arrival.client).to_string()]).collect::<Vec<_>>().join(", ")
}

/// The client's address, IPv4 where it came as IPv4 in IPv6.
pub(super) fn address(client: SocketAddr) -> IpAddr {
    client.ip().to_canonical()
}

/// The cookies of a request, one by one.
pub(super) fn cookies(arrival: &Arrival) -> Vec<String> {
    let lines = arrival.headers.get_all("cookie").iter().map(arrival::text);
    let cookies = lines.flat_map(|line| line.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>());
    cookies.filter(|cookie| !cookie.is_empty()).collect()
}

/// A name in the case of the wire as best it can be known: HTTP libraries lower it, clients of HTTP/1.1 mostly
/// capitalize.
fn written(name: &HeaderName, capitalized: bool) -> Cow<'_, str> {
    let name = name.as_str();
    match name {
        _ if !capitalized => return name.into(),
        "dnt" => return "DNT".into(),
        "te" => return "TE".into(),
        // Browsers send these in lower case even where they capitalize others.
        _ if name.starts_with("sec-ch-") => return name.into(),
        _ => {}
    }
    let mut start = true;
    let capital = |letter: char| {
        let upper = start;
        start = letter == '-';
        if upper { letter.to_ascii_uppercase() } else { letter }
    };
    let written: String = name.chars().map(capital).collect();
    Cow::Owned(written.replace("Sec-Websocket-", "Sec-WebSocket-"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::sample;

    const LOWER: Rule = Rule { dropped: &["expect"], capitalized: false };

    #[test]
    fn names_are_capitalized_as_clients_do() {
        for (name, text) in [
            ("user-agent", "User-Agent"),
            ("x-amzn-trace-id", "X-Amzn-Trace-Id"),
            ("dnt", "DNT"),
            ("sec-ch-ua-mobile", "sec-ch-ua-mobile"),
            ("sec-fetch-mode", "Sec-Fetch-Mode"),
            ("sec-websocket-key", "Sec-WebSocket-Key"),
            ("accept", "Accept"),
        ] {
            assert_eq!(written(&HeaderName::from_static(name), true), text);
            assert_eq!(written(&HeaderName::from_static(name), false), name);
        }
    }

    #[test]
    fn a_gateway_says_who_asks_and_how() {
        let mut arrival = sample::get("/");
        arrival.headers =
            sample::headers(&[("host", "example.org"), ("expect", "100-continue"), ("a", "1"), ("a", "2")]);
        arrival.client = "[::ffff:192.0.2.7]:1".parse().unwrap();
        let headers = Headers::new(&arrival, &sample::stamp(), LOWER);
        let expected = json!({
            "a": ["1", "2"],
            "host": ["example.org"],
            "x-amzn-trace-id": [sample::stamp().trace_id],
            "x-forwarded-for": ["192.0.2.7"],
            "x-forwarded-port": ["80"],
            "x-forwarded-proto": ["http"],
        });
        assert_eq!(json!(headers.all()), expected);
        assert_eq!(json!(headers.last())["a"], "2");
        assert_eq!(json!(headers.joined())["a"], "1,2");
    }

    #[test]
    fn what_a_client_claims_stands_before_what_is_known() {
        let mut arrival = sample::get("/");
        for (host, port) in [("h:8080", "8080"), ("[::1]", "80"), ("[::1]:9", "9"), ("h:x", "80"), ("", "80")] {
            arrival.headers = sample::headers(&[
                ("host", host),
                ("x-forwarded-for", "203.0.113.9"),
                ("x-forwarded-for", "198.51.100.1"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-port", "443"),
                ("x-amzn-trace-id", "Root=mine"),
            ]);
            let headers = Headers::new(&arrival, &sample::stamp(), LOWER);
            let headers = json!(headers.last());
            assert_eq!(headers["x-forwarded-for"], "203.0.113.9, 198.51.100.1, 127.0.0.1");
            assert_eq!(headers["x-forwarded-port"], port);
            assert_eq!(headers["x-forwarded-proto"], "http");
            assert_eq!(headers["x-amzn-trace-id"], sample::stamp().trace_id);
        }
    }

    #[test]
    fn cookies_are_taken_one_by_one() {
        let mut arrival = sample::get("/");
        arrival.headers = sample::headers(&[("cookie", "a=1; b=2;; c"), ("cookie", "d=\"x,y\"")]);
        assert_eq!(cookies(&arrival), ["a=1", "b=2", "c", "d=\"x,y\""]);
    }
}
