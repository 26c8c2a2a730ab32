//! The client's address, from what the gateway vouches for and never from what the client can write.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::HeaderMap;

use crate::header_name::FORWARDED_FOR;

/// The address of an unknown client: a load balancer's health check, or a request whose header was removed.
const UNKNOWN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// The client's address.
///
/// `peer` is the address that connected to the gateway, where the gateway gives it. Otherwise the last entry of
/// `X-Forwarded-For` is, since a load balancer appends it. With `hops` trusted proxies in front, the client is that
/// many entries further left; a shorter list means that the request did not pass through them.
pub(crate) fn client(peer: Option<&str>, headers: &HeaderMap, hops: usize) -> SocketAddr {
    let forwarded = |skip| {
        headers
            .get_all(FORWARDED_FOR)
            .iter()
            .rev()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.rsplit(','))
            .nth(skip)
            .and_then(|entry| parse(entry.trim()))
    };
    let behind_hops = (hops > 0).then(|| forwarded(hops)).flatten();
    behind_hops.or_else(|| peer.map_or_else(|| forwarded(0), parse)).unwrap_or(UNKNOWN)
}

/// Parses an address: `ip`, `ip:port`, `[v6]` or `[v6]:port`.
fn parse(entry: &str) -> Option<SocketAddr> {
    let without_port = |text: &str| text.parse().ok().map(|ip: IpAddr| SocketAddr::new(ip, 0));
    without_port(entry)
        .or_else(|| entry.parse().ok())
        .or_else(|| without_port(entry.strip_prefix('[')?.strip_suffix(']')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_address(peer: Option<&str>, forwarded: &[&'static str], hops: usize) -> String {
        let headers = forwarded
            .iter()
            .map(|value| (http::HeaderName::from_static("x-forwarded-for"), http::HeaderValue::from_static(value)));
        let mut map = HeaderMap::new();
        headers.for_each(|(name, value)| {
            map.append(name, value);
        });
        client(peer, &map, hops).to_string()
    }

    #[test]
    fn the_gateway_is_trusted_and_the_client_is_not() {
        for (peer, forwarded, hops, expected) in [
            (Some("203.0.113.9"), &["6.6.6.6"][..], 0, "203.0.113.9:0"),
            (Some("2001:db8::1"), &[], 0, "[2001:db8::1]:0"),
            (None, &["6.6.6.6, 203.0.113.9"], 0, "203.0.113.9:0"),
            (None, &["6.6.6.6", "203.0.113.9:4711"], 0, "203.0.113.9:4711"),
            (None, &["[2001:db8::1]:443"], 0, "[2001:db8::1]:443"),
            (None, &["[2001:db8::1]"], 0, "[2001:db8::1]:0"),
            (None, &[], 0, "0.0.0.0:0"),
            (None, &["unknown"], 0, "0.0.0.0:0"),
            (Some("not an address"), &["6.6.6.6"], 0, "0.0.0.0:0"),
            (Some("198.51.100.7"), &["6.6.6.6, 203.0.113.9, 198.51.100.7"], 1, "203.0.113.9:0"),
            (Some("198.51.100.7"), &["198.51.100.7"], 1, "198.51.100.7:0"),
            (None, &["203.0.113.9, 198.51.100.7"], 1, "203.0.113.9:0"),
        ] {
            assert_eq!(client_address(peer, forwarded, hops), expected, "{peer:?} {forwarded:?} {hops}");
        }
    }
}
