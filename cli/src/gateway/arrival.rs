//! A request as it arrives at a gateway, and the stamp (ids, time) that the gateway adds.
//!
//! Plain data, filled by the server. Nothing here reads a socket, a clock or a source of randomness.

use std::{
    borrow::Cow,
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method,
    header::{AsHeaderName, UPGRADE},
};

/// A request as the client sent it.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// The method.
    pub(crate) method: Method,
    /// The request target exactly as sent: raw path, and query after `?`.
    pub(crate) target: String,
    /// The headers, repeated ones in the order of the wire.
    pub(crate) headers: HeaderMap,
    /// The whole body.
    pub(crate) body: Bytes,
    /// The client's address.
    pub(crate) client: SocketAddr,
    /// `HTTP/1.1`, or what else was spoken.
    pub(crate) protocol: &'static str,
    /// The scheme that the client used: `http`, or `https` where it is taken to have used a name.
    pub(crate) scheme: &'static str,
}

/// What differs from call to call, made by the caller so that an event is a pure function of its inputs.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    /// The request id, a UUID.
    pub(crate) request_id: String,
    /// API Gateway's own short id, such as `JKJaXmPLvHcESHA=`.
    pub(crate) extended_request_id: String,
    /// The value of `X-Amzn-Trace-Id`, beginning with `Root=`.
    pub(crate) trace_id: String,
    /// When the request arrived.
    pub(crate) time: SystemTime,
}

impl Arrival {
    /// The raw path, `/` at least.
    pub(crate) fn path(&self) -> &str {
        let path = self.origin().split(['?', '#']).next().unwrap_or_default();
        if path.is_empty() { "/" } else { path }
    }

    /// The raw query, empty without `?`.
    pub(crate) fn query(&self) -> &str {
        let origin = self.origin().split('#').next().unwrap_or_default();
        origin.split_once('?').map_or("", |(_, query)| query)
    }

    /// The first value of a header, as text.
    pub(crate) fn header(&self, name: impl AsHeaderName) -> Option<Cow<'_, str>> {
        self.headers.get(name).map(text)
    }

    /// Why a header is not read of which there are several: AWS does not say which one a gateway reads, and an application may
    /// read another.
    pub(crate) fn ambiguity(&self, name: &str) -> Option<String> {
        let count = self.headers.get_all(name).iter().count();
        let reason =
            || format!("the request has {count} `{name}` headers, and AWS does not say which one counts; send one");
        (count > 1).then(reason)
    }

    /// Whether the client requests an upgrade of the connection to the WebSocket protocol.
    pub(crate) fn asks_for_websocket(&self) -> bool {
        asks_for_websocket(&self.headers)
    }

    /// Bytes of the request line and the headers, as a gateway counts them.
    pub(crate) fn head_size(&self) -> usize {
        let line = self.method.as_str().len() + self.target.len() + self.protocol.len() + 4;
        let headers = self.headers.iter();
        line + headers.map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>()
    }

    /// The authority of a target in absolute form.
    pub(crate) fn authority(&self) -> Option<&str> {
        self.absolute().map(|(authority, _)| authority)
    }

    /// The target without scheme and authority, which a client may send to what it takes for a proxy.
    fn origin(&self) -> &str {
        if self.target.starts_with('/') {
            return &self.target;
        }
        self.absolute().map_or("", |(_, origin)| origin)
    }

    /// The authority of a target in absolute form, and what follows it.
    fn absolute(&self) -> Option<(&str, &str)> {
        let (_, rest) = self.target.split_once("://").filter(|_| !self.target.starts_with('/'))?;
        Some(rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())))
    }
}

impl Stamp {
    /// Milliseconds since 1970; zero for a clock that is set earlier.
    pub(crate) fn epoch_millis(&self) -> u64 {
        let elapsed = self.time.duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}

/// Whether headers request an upgrade of the connection to the WebSocket protocol.
pub(crate) fn asks_for_websocket(headers: &HeaderMap) -> bool {
    let values = headers.get_all(UPGRADE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|protocol| protocol.trim().eq_ignore_ascii_case("websocket"))
}

/// A header's value as text: UTF-8 where it is, else Latin-1, so that no byte is lost and none is refused.
pub(crate) fn text(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().copied().map(char::from).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    #[test]
    fn targets_split_into_raw_path_and_raw_query() {
        for (target, path, query) in [
            ("/", "/", ""),
            ("/a%20b/?x=%20&y", "/a%20b/", "x=%20&y"),
            ("/a?b?c", "/a", "b?c"),
            ("/a#frag?x", "/a", ""),
            ("http://host:1/a?b", "/a", "b"),
            ("http://host?b", "/", "b"),
            ("http://host", "/", ""),
            ("*", "/", ""),
            ("", "/", ""),
        ] {
            let arrival = sample::get(target);
            assert_eq!((arrival.path(), arrival.query()), (path, query), "{target}");
        }
    }

    #[test]
    fn latin_1_values_become_text() {
        assert_eq!(text(&HeaderValue::from_bytes(b"caf\xe9").unwrap()), "café");
        assert_eq!(text(&HeaderValue::from_bytes("café".as_bytes()).unwrap()), "café");
    }

    #[test]
    fn a_clock_before_1970_is_zero() {
        let time = UNIX_EPOCH - std::time::Duration::from_secs(5);
        assert_eq!(Stamp { time, ..sample::stamp() }.epoch_millis(), 0);
    }
}
