//! The request context: the data that the gateway sends beside the HTTP request, parsed on demand.
//!
//! One request extension holds slices of the event; each extractor parses its part when it is used. All of them work on
//! the plain server too, where there is no gateway: missing data is empty.

use std::{
    collections::BTreeMap,
    error, fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use bytes::Bytes;
use http::{Extensions, HeaderValue, uri::Scheme};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{entries, invocation::Invocation};

/// The request context: the gateway's `requestContext` and related data. An extractor, and an extension of every
/// request.
///
/// ```
/// use zappa_rs_adapter::RequestContext;
///
/// #[derive(serde::Deserialize)]
/// struct Gateway {
///     stage: String,
/// }
///
/// async fn handler(context: RequestContext) -> String {
///     match context.json::<Gateway>() {
///         Ok(Some(gateway)) => gateway.stage,
///         Ok(None) => "no gateway here".to_owned(),
///         Err(error) => error.to_string(),
///     }
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct RequestContext {
    parts: Arc<ContextParts>,
    /// The claims of a token that a layer verified.
    claims: Option<Arc<Value>>,
}

#[derive(Debug)]
pub(crate) struct ContextParts {
    pub(crate) invocation: Invocation,
    pub(crate) raw: Bytes,
    pub(crate) stage_variables: Bytes,
    pub(crate) path_parameters: Bytes,
    pub(crate) prefix: String,
    pub(crate) client: SocketAddr,
    pub(crate) host: Option<HeaderValue>,
    pub(crate) is_plain_http: bool,
}

impl Default for ContextParts {
    fn default() -> Self {
        Self {
            invocation: Invocation::default(),
            raw: Bytes::new(),
            stage_variables: Bytes::new(),
            path_parameters: Bytes::new(),
            prefix: String::new(),
            client: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            host: None,
            is_plain_http: false,
        }
    }
}

impl RequestContext {
    pub(crate) fn new(parts: ContextParts) -> Self {
        Self { parts: Arc::new(parts), claims: None }
    }

    /// The same context with the claims of a token that a layer verified.
    #[cfg(feature = "jwt")]
    pub(crate) fn with_claims(mut self, claims: Value) -> Self {
        self.claims = Some(Arc::new(claims));
        self
    }

    /// A context for a request that came without a gateway.
    #[must_use]
    pub fn without_gateway(invocation: Invocation, client: SocketAddr, host: Option<HeaderValue>) -> Self {
        Self::new(ContextParts { invocation, client, host, is_plain_http: true, ..ContextParts::default() })
    }

    /// Returns the context in a request's extensions, or an empty one.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// The JSON text of `requestContext`, byte for byte; empty without a gateway.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.parts.raw
    }

    /// Parses `requestContext` as a value of your type, at each call; `None` without a gateway.
    ///
    /// # Errors
    ///
    /// The context does not fit `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<Option<T>, ContextError> {
        if self.raw().is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(self.raw()).map(Some).map_err(ContextError::new)
    }

    /// The invocation that carries the request.
    #[must_use]
    pub fn invocation(&self) -> &Invocation {
        &self.parts.invocation
    }

    /// The client's address as the gateway gives it, or `0.0.0.0:0` if it is unknown; the same as in axum's
    /// `ConnectInfo`.
    #[must_use]
    pub fn client(&self) -> SocketAddr {
        self.parts.client
    }

    /// The prefix that the client sees before the app's paths: `/prod` on a REST API's default host, a base path, or
    /// nothing. A link for the client is this prefix followed by the app's path.
    ///
    /// axum's `OriginalUri` does not contain it: that is the URI that the router got, as on the plain server. The
    /// client's path is in [`json`](Self::json): at `/path` behind a REST API, at `/http/path` behind an HTTP API.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.parts.prefix
    }

    /// The scheme that the client used, HTTP or HTTPS. Of the gateways, only load balancers and VPC Lattice support
    /// HTTP.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        if self.parts.is_plain_http { Scheme::HTTP } else { Scheme::HTTPS }
    }

    /// The host of the request, with the port if the client sent one. With [`scheme`](Self::scheme) and
    /// [`prefix`](Self::prefix) it forms an absolute link.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.parts.host.as_ref()?.to_str().ok()
    }

    /// The stage variables.
    #[must_use]
    pub fn stage_variables(&self) -> BTreeMap<String, String> {
        text_map(&self.parts.stage_variables)
    }

    /// The path parameters of the gateway's route, such as `proxy`.
    #[must_use]
    pub fn path_parameters(&self) -> BTreeMap<String, String> {
        text_map(&self.parts.path_parameters)
    }

    /// The id (not the secret) of the API key that the client sent.
    #[must_use]
    pub fn api_key_id(&self) -> Option<String> {
        self.find(&["/identity/apiKeyId"])?.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
    }

    /// The id of a WebSocket API's connection.
    #[must_use]
    pub fn connection_id(&self) -> Option<String> {
        self.find(&["/connectionId"])?.as_str().map(str::to_owned)
    }

    /// The claims of the token that the gateway's authorizer verified, Cognito (REST API) or JWT (HTTP API); or that a
    /// layer of the module `jwt` verified, which come first.
    ///
    /// # Errors
    ///
    /// The claims do not fit `T`.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<Option<T>, ContextError> {
        if let Some(claims) = &self.claims {
            return T::deserialize(&**claims).map(Some).map_err(ContextError::new);
        }
        self.parse_first(&["/authorizer/jwt/claims", "/authorizer/claims"])
    }

    /// The context that a Lambda authorizer returned, or the caller's IAM identity.
    ///
    /// # Errors
    ///
    /// The context does not fit `T`.
    pub fn authorizer<T: DeserializeOwned>(&self) -> Result<Option<T>, ContextError> {
        self.parse_first(&["/authorizer/lambda", "/authorizer/iam", "/authorizer"])
    }

    fn parse_first<T: DeserializeOwned>(&self, pointers: &[&str]) -> Result<Option<T>, ContextError> {
        self.find(pointers).map(serde_json::from_value).transpose().map_err(ContextError::new)
    }

    /// Finds the value at the first of the JSON pointers that is not null.
    fn find(&self, pointers: &[&str]) -> Option<Value> {
        let mut json: Value = serde_json::from_slice(self.raw()).ok()?;
        let pointer = pointers.iter().find(|pointer| json.pointer(pointer).is_some_and(|value| !value.is_null()))?;
        json.pointer_mut(pointer).map(Value::take)
    }
}

/// The error of a part of the request context that does not fit the requested type.
///
/// [`source`](error::Error::source) has the reason.
#[derive(Debug)]
pub struct ContextError {
    source: serde_json::Error,
}

impl ContextError {
    fn new(source: serde_json::Error) -> Self {
        Self { source }
    }
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the gateway's context does not fit the requested type")
    }
}

impl error::Error for ContextError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Parses a map of the event, with each value as text: a value of another type must not lose the others.
fn text_map(map: &[u8]) -> BTreeMap<String, String> {
    let map = std::str::from_utf8(map).unwrap_or_default();
    entries::parse(map)
        .into_iter()
        .map(|(name, value)| (name.into_cow().into_owned(), value.into_cow().into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(raw: &'static str) -> RequestContext {
        RequestContext::new(ContextParts { raw: Bytes::from_static(raw.as_bytes()), ..ContextParts::default() })
    }

    #[test]
    fn claims_are_found_where_each_gateway_puts_them() {
        for raw in [
            r#"{"authorizer":{"claims":{"sub":"ada"}}}"#,
            r#"{"authorizer":{"jwt":{"claims":{"sub":"ada"},"scopes":null}}}"#,
        ] {
            let claims: BTreeMap<String, String> = context(raw).claims().unwrap().unwrap();
            assert_eq!(claims["sub"], "ada", "{raw}");
        }
        assert!(context("{}").claims::<Value>().unwrap().is_none());
        assert!(context(r#"{"authorizer":{"claims":{"sub":1}}}"#).claims::<BTreeMap<String, String>>().is_err());
    }

    #[test]
    fn the_context_of_each_kind_of_authorizer_is_found() {
        for (raw, expected) in [
            (r#"{"authorizer":{"lambda":{"team":"x"}}}"#, r#"{"team":"x"}"#),
            (r#"{"authorizer":{"principalId":"u","team":"x"}}"#, r#"{"principalId":"u","team":"x"}"#),
            (r#"{"authorizer":{"iam":{"accountId":"123456789012"}}}"#, r#"{"accountId":"123456789012"}"#),
        ] {
            let value: Value = context(raw).authorizer().unwrap().unwrap();
            assert_eq!(value.to_string(), expected);
        }
        assert!(context(r#"{"authorizer":null}"#).authorizer::<Value>().unwrap().is_none());
    }

    #[test]
    fn without_a_gateway_everything_is_empty() {
        let context = RequestContext::of(&Extensions::new());
        assert_eq!((context.raw(), context.prefix()), (&b""[..], ""));
        assert!(context.json::<Value>().unwrap().is_none() && context.api_key_id().is_none());
        assert!(context.stage_variables().is_empty() && context.path_parameters().is_empty());
        assert!(context.claims::<Value>().unwrap().is_none());
    }
}
