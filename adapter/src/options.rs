//! The options of the translation, which `zappa-rs deploy` sets as environment variables.

use std::sync::Arc;

use crate::{authorizer::Visible, contract, cors::Cors, path, route_guard::RouteGuard};

/// The options of the translation of requests and responses.
///
/// ```
/// use zappa_rs_adapter::Options;
///
/// let options = Options::from_variables(|name| match name {
///     "ZAPPA_BASE_PATH" => Some("shop".to_owned()),
///     _ => None,
/// });
/// assert_eq!(options, Options::default().with_base_path("/shop"));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Options {
    base_path: String,
    /// The domain that CloudFront serves in front of a Function URL.
    domain: Option<String>,
    streams_rest: bool,
    streams_function_url: bool,
    rewrites_location: bool,
    trusted_hops: usize,
    /// The CORS policy of responses through a REST API.
    cors: Option<Arc<Cors>>,
    /// The routes of an API whose paths ask for different things.
    routes: Option<Arc<RouteGuard>>,
    /// Names of resources that send events, with their ARNs.
    sources: Vec<(String, String)>,
    /// The further function or authorizer that this process is.
    function: Option<String>,
    /// What the authorizer is given that this process is.
    authorizer: Option<Visible>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            base_path: String::new(),
            domain: None,
            streams_rest: false,
            streams_function_url: false,
            rewrites_location: true,
            trusted_hops: 0,
            cors: None,
            routes: None,
            sources: Vec::new(),
            function: None,
            authorizer: None,
        }
    }
}

impl Options {
    /// Reads the options from the variables of [`contract::variable`]; `variable` looks up a value by its name.
    ///
    /// An invalid value counts as absent: it must not fail a running function. Only with an invalid table of routes every request
    /// is refused: without it, what a route protects could be reached by another one.
    #[must_use]
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let streaming = variable(contract::variable::STREAMING).unwrap_or_default();
        let streams = |source| streaming.split(',').any(|word| word.trim() == source);
        let number = |name| variable(name).and_then(|value| value.trim().parse().ok());
        Self {
            domain: variable(contract::variable::DOMAIN).filter(|name| !name.is_empty()),
            streams_rest: streams(contract::STREAMS_REST),
            streams_function_url: streams(contract::STREAMS_FUNCTION_URL),
            rewrites_location: variable(contract::variable::REWRITE_LOCATION).as_deref() != Some(contract::OFF),
            trusted_hops: number(contract::variable::TRUSTED_HOPS).unwrap_or_default(),
            cors: variable(contract::variable::CORS).and_then(|value| Cors::from_variable(&value)).map(Arc::new),
            routes: variable(contract::variable::ROUTES).map(|value| Arc::new(RouteGuard::from_variable(&value))),
            sources: variable(contract::variable::SOURCES)
                .unwrap_or_default()
                .split(',')
                .filter_map(|pair| pair.trim().split_once('='))
                .map(|(name, arn)| (name.to_owned(), arn.to_owned()))
                .collect(),
            function: variable(contract::variable::FUNCTION).filter(|name| !name.is_empty()),
            authorizer: variable(contract::variable::AUTHORIZER).map(|value| Visible::from_variable(&value)),
            ..Self::default()
        }
        .with_base_path(&variable(contract::variable::BASE_PATH).unwrap_or_default())
    }

    /// Sets the base path before every path behind a custom domain, such as `/shop`; empty or `/` for none.
    #[must_use]
    pub fn with_base_path(mut self, base_path: &str) -> Self {
        self.base_path = match base_path.trim_matches('/') {
            "" => String::new(),
            trimmed => format!("/{trimmed}"),
        };
        self
    }

    /// Sets the domain that CloudFront serves in front of a Function URL, such as `api.example.com`. A request with this name in
    /// `X-Forwarded-Host` gets it as its `Host`, as the client sent it.
    #[must_use]
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets whether responses to a REST API are streamed; its integration must be in `STREAM` transfer mode.
    #[must_use]
    pub fn with_rest_streaming(mut self, streams: bool) -> Self {
        self.streams_rest = streams;
        self
    }

    /// Sets whether responses to a Function URL are streamed; its mode must be `RESPONSE_STREAM`.
    #[must_use]
    pub fn with_function_url_streaming(mut self, streams: bool) -> Self {
        self.streams_function_url = streams;
        self
    }

    /// Sets whether `Location`, `Content-Location` and cookie paths get the prefix that the client sees; on by default.
    #[must_use]
    pub fn with_rewrite_location(mut self, rewrites: bool) -> Self {
        self.rewrites_location = rewrites;
        self
    }

    /// Sets the number of trusted proxies in front of the gateway, each appending to `X-Forwarded-For`; 0 by default.
    #[must_use]
    pub fn with_trusted_hops(mut self, hops: usize) -> Self {
        self.trusted_hops = hops;
        self
    }

    /// Sets the CORS policy of responses through a REST API, in the form of
    /// [`CorsPolicy`](contract::cors::CorsPolicy); an invalid one means none.
    #[must_use]
    pub fn with_cors(mut self, policy: &str) -> Self {
        self.cors = Cors::from_variable(policy).map(Arc::new);
        self
    }

    /// Sets what the routes of the API in front of the application ask for, in the form of
    /// [`RouteTable`](contract::route_table::RouteTable). A request is answered with 403 if its path could be read as one that
    /// another route protects; with an invalid table every request is.
    #[must_use]
    pub fn with_routes(mut self, table: &str) -> Self {
        self.routes = Some(Arc::new(RouteGuard::from_variable(table)));
        self
    }

    /// Names a resource that sends events: handlers can be registered under `name` in place of its ARN.
    #[must_use]
    pub fn with_source(mut self, name: impl Into<String>, arn: impl Into<String>) -> Self {
        self.sources.push((name.into(), arn.into()));
        self
    }

    /// Makes this process the further function `name`: an event that is neither zappa-rs's own nor of a known source
    /// is the payload of the handler that is registered as the function `name`, also one that looks like a request.
    #[must_use]
    pub fn with_function(mut self, name: impl Into<String>) -> Self {
        self.function = Some(name.into());
        self
    }

    /// Makes this process the authorizer `name`: every event but those of API Gateway's authorizers fails. `given` is `*` for a
    /// handler that is given whole requests, or the identity sources separated by commas, such as `header.Authorization`: those
    /// of an authorizer whose answers API Gateway keeps for a time.
    #[must_use]
    pub fn with_authorizer(mut self, name: impl Into<String>, given: &str) -> Self {
        self.function = Some(name.into());
        self.authorizer = Some(Visible::from_variable(given));
        self
    }

    /// The further function that this process is; `None` in the main function and in an authorizer.
    pub(crate) fn function(&self) -> Option<&str> {
        self.function.as_deref().filter(|_| self.authorizer.is_none())
    }

    /// The authorizer that this process is, by its name, and what it is given.
    pub(crate) fn authorizer(&self) -> Option<(&str, &Visible)> {
        Some((self.function.as_deref().unwrap_or_default(), self.authorizer.as_ref()?))
    }

    /// The resources that send events: their names in the settings with their ARNs.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.iter().map(|(name, arn)| (name.as_str(), arn.as_str()))
    }

    /// The ARN of a resource that sends events, by its name.
    pub(crate) fn source(&self, name: &str) -> Option<&str> {
        self.sources.iter().find(|(known, _)| known == name).map(|(_, arn)| arn.as_str())
    }

    /// Strips the base path from a path that begins with it.
    pub(crate) fn without_base_path<'a>(&self, path: &'a str) -> &'a str {
        if self.base_path.is_empty() { path } else { path::strip(path, &self.base_path).unwrap_or(path) }
    }

    /// The domain that CloudFront serves in front of a Function URL.
    pub(crate) fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    pub(crate) fn streams_rest(&self) -> bool {
        self.streams_rest
    }

    pub(crate) fn streams_function_url(&self) -> bool {
        self.streams_function_url
    }

    pub(crate) fn cors(&self) -> Option<&Arc<Cors>> {
        self.cors.as_ref()
    }

    pub(crate) fn routes(&self) -> Option<&RouteGuard> {
        self.routes.as_deref()
    }

    pub(crate) fn rewrites_location(&self) -> bool {
        self.rewrites_location
    }

    pub(crate) fn trusted_hops(&self) -> usize {
        self.trusted_hops
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_from_the_variables_that_deploy_sets() {
        let from = |pairs: &[(&str, &str)]| {
            Options::from_variables(|name| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(from(&[]), Options::default());
        assert_eq!(
            from(&[("ZAPPA_STREAMING", "rest, function-url")]),
            Options::default().with_rest_streaming(true).with_function_url_streaming(true),
        );
        assert_eq!(from(&[("ZAPPA_REWRITE_LOCATION", "off")]), Options::default().with_rewrite_location(false));
        assert_eq!(from(&[("ZAPPA_TRUSTED_HOPS", "2")]), Options::default().with_trusted_hops(2));
        assert_eq!(from(&[("ZAPPA_TRUSTED_HOPS", "many"), ("ZAPPA_STREAMING", "x")]), Options::default());
        assert_eq!(
            from(&[("ZAPPA_SOURCES", "jobs=arn:aws:sqs:eu-central-1:123456789012:jobs-1, broken,news=arn:n")]),
            Options::default()
                .with_source("jobs", "arn:aws:sqs:eu-central-1:123456789012:jobs-1")
                .with_source("news", "arn:n"),
        );
        assert_eq!(from(&[("ZAPPA_CORS", "*")]), Options::default().with_cors("*"));
        assert_eq!(from(&[("ZAPPA_CORS", "*; max-age=3")]), Options::default());
        assert_eq!(from(&[("ZAPPA_ROUTES", "*=none;/a=iam")]), Options::default().with_routes("*=none;/a=iam"));
        assert_eq!(from(&[("ZAPPA_ROUTES", "")]), Options::default().with_routes(""));
        assert_eq!(from(&[("ZAPPA_FUNCTION", "mail")]), Options::default().with_function("mail"));
        assert_eq!(from(&[("ZAPPA_FUNCTION", "")]), Options::default());
        let session = Options::default().with_authorizer("session", "header.Authorization");
        let variables = [("ZAPPA_FUNCTION", "session"), ("ZAPPA_AUTHORIZER", " header.authorization")];
        assert_eq!(from(&variables), session);
        assert_eq!((session.function(), session.authorizer().map(|(name, _)| name)), (None, Some("session")));
        assert_eq!(from(&[("ZAPPA_DOMAIN", "a.example")]), Options::default().with_domain("a.example"));
        assert_eq!(from(&[("ZAPPA_DOMAIN", "")]), Options::default());
        assert_eq!(from(&[("ZAPPA_BASE_PATH", "/shop/")]), Options::default().with_base_path("shop"));
    }
}
