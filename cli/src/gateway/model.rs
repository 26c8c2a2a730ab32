//! The gateway in front of the function: its kind, its names and what it routes. Plain data.

use std::{collections::BTreeMap, time::Duration};

use super::{access::AccessTable, cors::Cors, routes::Routes};

/// The stage of an API that has nothing in front of its paths. Function URLs and load balancers have no stage, and
/// their events this one.
pub(crate) const DEFAULT_STAGE: &str = "$default";

/// The gateway between the client and the function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gateway {
    /// Which of AWS's gateways this is.
    pub(crate) kind: GatewayKind,
    /// The API's identifier, ten lower-case letters and digits.
    pub(crate) api_id: String,
    /// The deployed stage: `dev`, or `$default` for an HTTP API without a prefix. Function URLs and ALBs have none.
    pub(crate) stage: String,
    /// The base path of a custom domain, `/shop`; with one, requests come as if through that domain: no stage in the
    /// path.
    pub(crate) base_path: Option<String>,
    /// REST's binary media types. `*/*` makes every body base64.
    pub(crate) binary_media_types: Vec<String>,
    /// The response is streamed: Function URL `RESPONSE_STREAM`, REST `STREAM`.
    pub(crate) streaming: bool,
    /// ALB only: `multiValueHeaders` instead of `headers`.
    pub(crate) multi_value_headers: bool,
    /// The name that clients reach the gateway by, in lower case; `None` for any name.
    pub(crate) host: Option<String>,
    /// What the gateway routes to the function; empty means everything.
    pub(crate) routes: Routes,
    /// Stage variables, handed to the function in each event.
    pub(crate) stage_variables: BTreeMap<String, String>,
    /// REST only: the least bytes of a response that is compressed.
    pub(crate) compression: Option<u32>,
    /// What it does about requests of other origins; `None` leaves them to the application.
    pub(crate) cors: Option<Cors>,
    /// What it asks of requests before the function is invoked.
    pub(crate) access: AccessTable,
    /// How long the gateway waits for the function: 29 s for REST, 30 s for an HTTP API.
    pub(crate) timeout: Duration,
    /// The region in names and events, such as `us-east-1`.
    pub(crate) region: String,
    /// The account in ARNs and events, twelve digits.
    pub(crate) account_id: String,
}

impl Gateway {
    /// The prefix in front of the API's own paths, without slashes around it: a base path, the stage, or nothing, as
    /// behind a custom domain without a base path.
    #[must_use]
    pub(crate) fn prefix(&self) -> &str {
        match (&self.base_path, self.kind) {
            (Some(base_path), _) => base_path.trim_matches('/'),
            (None, GatewayKind::Rest) if !self.has_custom_domain() => &self.stage,
            (None, GatewayKind::Http) if !self.has_custom_domain() && self.stage != DEFAULT_STAGE => &self.stage,
            (None, _) => "",
        }
    }

    /// The path of the application's own root, with a slash at both ends.
    pub(crate) fn root(&self) -> String {
        match self.prefix() {
            "" => "/".to_owned(),
            prefix => format!("/{prefix}/"),
        }
    }

    /// Whether clients reach it by a name of the user's own, which AWS gave to no API.
    fn has_custom_domain(&self) -> bool {
        self.host.as_deref().is_some_and(|host| !is_default_host(host))
    }
}

/// Whether a name is one that AWS gives to an API, such as `a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com`.
pub(crate) fn is_default_host(host: &str) -> bool {
    host.split_once('.').is_some_and(|(_, service)| service.starts_with("execute-api."))
}

/// Whether a name is one that AWS gives to a Function URL, such as `a1b2c3d4e5.lambda-url.eu-west-1.on.aws`.
pub(crate) fn is_function_url_host(host: &str) -> bool {
    host.split_once('.').is_some_and(|(_, service)| service.starts_with("lambda-url."))
}

/// AWS's gateways.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum GatewayKind {
    /// API Gateway REST API: payload 1.0.
    Rest,
    /// API Gateway HTTP API: payload 2.0.
    Http,
    /// Lambda Function URL: payload 2.0.
    FunctionUrl,
    /// Application Load Balancer.
    Alb,
}

impl GatewayKind {
    /// The word of the command line and of JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Http => "http",
            Self::FunctionUrl => "function-url",
            Self::Alb => "alb",
        }
    }

    /// The noun of messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Rest => "a REST API",
            Self::Http => "an HTTP API",
            Self::FunctionUrl => "a Function URL",
            Self::Alb => "an ALB",
        }
    }
}

/// One route of a gateway: a method and a path such as `/{proxy+}`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Route {
    /// `GET`, or `None` for any.
    pub(crate) method: Option<String>,
    /// The resource path, with `{name}` for one segment and `{name+}` for the rest.
    pub(crate) path: String,
}
