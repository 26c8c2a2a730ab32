//! The route of a request to AWS: its endpoint and its proxy, which an error names when no answer arrives.

use std::{error::Error as StdError, fmt};

use aws_smithy_runtime_api::client::result::ConnectorError;

use super::proxy::Proxy;

/// Where a request was sent, and through which proxy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Route {
    pub(super) endpoint: String,
    pub(super) proxy: Option<Proxy>,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.endpoint)?;
        self.proxy.as_ref().map_or(Ok(()), |proxy| write!(f, " through {proxy}"))
    }
}

impl Route {
    /// What to check where a request went through a proxy.
    pub(super) fn proxy_hint(&self) -> Option<String> {
        let proxy = self.proxy.as_ref()?;
        let host = self.endpoint.split("://").last().unwrap_or(&self.endpoint);
        Some(format!(
            "does {proxy} run, and let `{host}` through? correct or unset `{}`, or name the host in `NO_PROXY` to connect \
             without the proxy",
            proxy.variable
        ))
    }

    /// The connector's error with the route in it. Its kind decides about another attempt; a final one has none.
    pub(super) fn unanswered(self, error: ConnectorError, is_final: bool) -> ConnectorError {
        let connection = error.connection_metadata().cloned();
        let (is_timeout, is_user, is_io, kind) = (error.is_timeout(), error.is_user(), error.is_io(), error.as_other());
        let source = Box::new(NoAnswer { route: self, source: error.into_source() });
        let error = match () {
            () if is_final => ConnectorError::other(source, None),
            () if is_timeout => ConnectorError::timeout(source),
            () if is_user => ConnectorError::user(source),
            () if is_io => ConnectorError::io(source),
            () => ConnectorError::other(source, kind),
        };
        match connection {
            Some(connection) => error.with_connection(connection),
            None => error,
        }
    }
}

/// A request without an answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer from {route}")]
pub(super) struct NoAnswer {
    pub(super) route: Route,
    pub(super) source: Box<dyn StdError + Send + Sync>,
}
