//! The address of a server: a host and a port from the environment.

use zappa_rs_adapter::contract::variable;

use crate::error::{Error, Kind};

/// A host and a port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Parses `host:port`, with or without `http://`, or the port alone.
    pub(crate) fn from_endpoint(endpoint: &str) -> Result<Self, Error> {
        let invalid = || Error::new(Kind::Address { variable: variable::HTTP_ENDPOINT, value: endpoint.to_owned() });
        let authority = endpoint.strip_prefix("http://").unwrap_or(endpoint).trim_end_matches('/');
        let (host, port) = authority.rsplit_once(':').unwrap_or(("", authority));
        let host = if host.is_empty() { "127.0.0.1" } else { without_brackets(host) };
        Ok(Self { host: host.to_owned(), port: port.parse().map_err(|_| invalid())? })
    }
}

/// Strips the brackets of an IPv6 address in a URL.
pub(crate) fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
