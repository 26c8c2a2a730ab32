//! What an authorizer decides about.

use std::{collections::BTreeMap, fmt, net::IpAddr};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;

use super::{event::Event, visible::Visible};

/// A request that API Gateway asks an authorizer about.
///
/// Where the setting `ttl_seconds` lets API Gateway keep an answer, it holds nothing but the identity sources: the answer is
/// given to later requests that are equal in these, whatever else they ask for. All else is then empty.
#[derive(Clone)]
pub struct AuthorizerRequest {
    token: Option<String>,
    arn: Option<String>,
    method: Option<String>,
    path: Option<String>,
    headers: HeaderMap,
    query: BTreeMap<String, Vec<String>>,
    path_parameters: BTreeMap<String, String>,
    stage_variables: BTreeMap<String, String>,
    context: Value,
    visible: Visible,
}

impl AuthorizerRequest {
    pub(super) fn new(event: Event, visible: &Visible) -> Self {
        let all = visible.is_all();
        let whole = |text: Option<&str>| text.filter(|text| all && !text.is_empty()).map(str::to_owned);
        let (arn, method, path) = (whole(Some(event.arn())), whole(event.method()), whole(event.path()));
        let headers = headers(&event, visible);
        let query = values(event.query_string_parameters, event.multi_value_query_string_parameters);
        // An authorizer of the type `TOKEN` has a token and nothing else; that token is its identity source.
        let given = event.authorization_token.filter(|_| event.kind.as_deref() == Some("TOKEN"));
        Self {
            token: given.or_else(|| only_value(&headers, &header::AUTHORIZATION)),
            arn,
            method,
            path,
            headers,
            query: query.into_iter().filter(|(name, _)| visible.has("query", name)).collect(),
            path_parameters: if all { event.path_parameters } else { BTreeMap::new() },
            stage_variables: event
                .stage_variables
                .into_iter()
                .filter(|(name, _)| visible.has("stage_variable", name))
                .collect(),
            context: event.request_context,
            visible: visible.clone(),
        }
    }

    /// The token as it was sent: that of an authorizer of the type `token`, else the header `Authorization`. `None` also where
    /// a request has that header several times.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The [token](Self::token) behind the word `Bearer`, whose case does not matter.
    #[must_use]
    pub fn bearer_token(&self) -> Option<&str> {
        let (scheme, token) = self.token()?.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    }

    /// The headers, with the cookies of an HTTP API in `cookie`. Empty for the type `token`.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The first value of a parameter of the query string, as API Gateway decodes it.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name)?.first().map(String::as_str)
    }

    /// A cookie, the first of its name.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let lists = self.headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// The path as API Gateway has it, not decoded. The router of the app may take another one for the same, such as one with
    /// encoded letters: do not decide by it what the path leads to.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// A parameter of the path of the gateway's route, such as `proxy`.
    #[must_use]
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.path_parameters.get(name).map(String::as_str)
    }

    /// A variable of the gateway's stage.
    #[must_use]
    pub fn stage_variable(&self, name: &str) -> Option<&str> {
        self.stage_variables.get(name).map(String::as_str)
    }

    /// The address of the client, from a field that only the gateway writes.
    #[must_use]
    pub fn source_ip(&self) -> Option<IpAddr> {
        let address = self.context("identity.sourceIp").or_else(|| self.context("http.sourceIp"))?;
        address.parse().ok()
    }

    /// A text of the gateway's request context, such as `identity.userAgent`, or `routeKey` of an HTTP API.
    #[must_use]
    pub fn context(&self, name: &str) -> Option<&str> {
        if !self.visible.has("context", name) {
            return None;
        }
        name.split('.').try_fold(&self.context, |value, key| value.get(key))?.as_str()
    }

    /// The ARN of the method or route that was called:
    /// `arn:aws:execute-api:<region>:<account>:<API>/<stage>/<method>/<path>`.
    #[must_use]
    pub fn arn(&self) -> Option<&str> {
        self.arn.as_deref()
    }
}

/// It shows no header and no token, since those are what a client is known by.
impl fmt::Debug for AuthorizerRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizerRequest")
            .field("arn", &self.arn)
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The headers that are shown. A name or value that HTTP does not know is left out.
fn headers(event: &Event, visible: &Visible) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: &str, value: &str| {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
            && visible.has("header", name.as_str())
        {
            headers.append(name, value);
        }
    };
    if event.multi_value_headers.is_empty() {
        event.headers.iter().for_each(|(name, value)| add(name, value));
    }
    for (name, values) in &event.multi_value_headers {
        values.iter().for_each(|value| add(name, value));
    }
    if !event.cookies.is_empty() {
        add("cookie", &event.cookies.join("; "));
    }
    headers
}

/// The value of a header that a request has once.
fn only_value(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok().map(str::to_owned)
}

/// The values of each parameter: of a map of lists, or of one with a single value each.
fn values(single: BTreeMap<String, String>, multi: BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    if multi.is_empty() { single.into_iter().map(|(name, value)| (name, vec![value])).collect() } else { multi }
}
