//! The request context: what a handler can read about its request beside HTTP, parsed only on demand.
//!
//! One extension holds slices of the event; extractors parse their part of it when they are used. All of them work on the
//! plain server too, where there is no gateway: what is not there is empty.

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

/// `requestContext` as the gateway wrote it, and what belongs to it; an extractor, and an extension of every request.
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
        Self { parts: Arc::new(parts) }
    }

    /// The context of a request that came without a gateway.
    #[must_use]
    pub fn without_gateway(invocation: Invocation, client: SocketAddr, host: Option<HeaderValue>) -> Self {
        Self::new(ContextParts { invocation, client, host, is_plain_http: true, ..ContextParts::default() })
    }

    /// The context among a request's extensions; an empty one where there is none.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// The JSON text, byte for byte; empty where no gateway stands in front.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.parts.raw
    }

    /// `requestContext` as a value of your type, parsed at each call; `None` where there is no gateway.
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

    /// The client's address as the gateway knows it, `0.0.0.0:0` where nobody knows; axum's `ConnectInfo` says the same.
    #[must_use]
    pub fn client(&self) -> SocketAddr {
        self.parts.client
    }

    /// The prefix in front of the app's paths as the client sees them: `/prod` on a REST API's default host, a base path, or
    /// nothing. A link for the client is the prefix and the app's own path.
    ///
    /// axum's `OriginalUri` does not have it: that is the URI that the router was asked for, as on the plain server. The
    /// client's own path stands in [`json`](Self::json): at `/path` behind a REST API, at `/http/path` behind an HTTP API.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.parts.prefix
    }

    /// Whether the client spoke HTTP or HTTPS; gateways other than a load balancer know only the latter.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        if self.parts.is_plain_http { Scheme::HTTP } else { Scheme::HTTPS }
    }

    /// The host that the client asked for, with the port if it named one. With [`scheme`](Self::scheme) and
    /// [`prefix`](Self::prefix) it makes an absolute link.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.parts.host.as_ref()?.to_str().ok()
    }

    /// The variables of the stage.
    #[must_use]
    pub fn stage_variables(&self) -> BTreeMap<String, String> {
        texts(&self.parts.stage_variables)
    }

    /// The parameters of the gateway's own route, such as `proxy`.
    #[must_use]
    pub fn path_parameters(&self) -> BTreeMap<String, String> {
        texts(&self.parts.path_parameters)
    }

    /// The id (not the secret) of the API key that the client sent.
    #[must_use]
    pub fn api_key_id(&self) -> Option<String> {
        self.at(&["/identity/apiKeyId"])?.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
    }

    /// The claims of the token that an authorizer of the gateway has verified: Cognito's (REST) or JWT (HTTP API).
    ///
    /// # Errors
    ///
    /// The claims do not fit `T`.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<Option<T>, ContextError> {
        self.first(&["/authorizer/jwt/claims", "/authorizer/claims"])
    }

    /// What a Lambda authorizer returned as its context, or the caller's IAM identity.
    ///
    /// # Errors
    ///
    /// The context does not fit `T`.
    pub fn authorizer<T: DeserializeOwned>(&self) -> Result<Option<T>, ContextError> {
        self.first(&["/authorizer/lambda", "/authorizer/iam", "/authorizer"])
    }

    fn first<T: DeserializeOwned>(&self, pointers: &[&str]) -> Result<Option<T>, ContextError> {
        self.at(pointers).map(serde_json::from_value).transpose().map_err(ContextError::new)
    }

    /// The value at the first of the JSON pointers that is not null.
    fn at(&self, pointers: &[&str]) -> Option<Value> {
        let mut json: Value = serde_json::from_slice(self.raw()).ok()?;
        let pointer = pointers.iter().find(|pointer| json.pointer(pointer).is_some_and(|value| !value.is_null()))?;
        json.pointer_mut(pointer).map(Value::take)
    }
}

/// A part of the gateway's context does not fit the type that was asked for.
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
        f.write_str("the gateway's context does not fit the type asked for")
    }
}

impl error::Error for ContextError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A map of the event, each value as text: a value that is not text must not lose the others.
fn texts(map: &[u8]) -> BTreeMap<String, String> {
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
    fn claims_stand_where_each_gateway_puts_them() {
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
    fn authorizers_hand_on_their_context() {
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
