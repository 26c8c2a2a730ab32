//! Who may call the stage, as types: `authorizer`, `iam_authorization` and the table `authorizers`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Stage,
    authorizer_function::{AuthorizerType, MAX_TTL_SECONDS},
};
use crate::lambda;

/// The authorizer of IAM, which needs no table.
pub(crate) const IAM: &str = "iam";
/// The word for no authorizer.
pub(crate) const NONE: &str = "none";
/// The keys of which an authorizer has one: what it asks.
pub(crate) const KINDS: [&str; 4] = ["arn", "cognito", "function", "jwt"];

/// An authorizer, a table `[stage.NAME.authorizers]`: one of `jwt`, `cognito`, `function` and `arn`.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Authorizer {
    /// The tokens of an issuer of OpenID Connect: `{ issuer = "https://id.example.com", audience = ["shop"] }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jwt: Option<Jwt>,
    /// The tokens of user pools of Cognito, each as an ARN or a logical id of `resources`. An HTTP API takes one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) cognito: Vec<String>,
    /// The app clients of `cognito`, each as an id or a logical id of `resources`. An HTTP API needs them; a REST API takes them
    /// for ID tokens, which is without `scopes`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub(crate) clients: Vec<String>,
    /// The token has at least one of these scopes. An ID token of Cognito has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub(crate) scopes: Vec<String>,
    /// The name of a handler of the app, as `App::authorizer("NAME", …)` registers it. It decides in a function of its own,
    /// `<project>-<stage>-<name>`, from the same zip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) function: Option<String>,
    /// A function that decides and is not of this stack, by its ARN or that of its alias. It must allow API Gateway to invoke it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) arn: Option<String>,
    /// What the function is given: `request`, or on a REST API also `token`, which is one header. Default: `request`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<AuthorizerType>,
    /// Parts of the request without which it is refused with 401 and the function is not asked: `header.NAME`, `query.NAME`,
    /// `stage_variable.NAME` or `context.NAME`. A `token` has one header. Default: none, and `header.Authorization` of a `token`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) identity_sources: Vec<String>,
    /// How long API Gateway keeps an answer and gives it to requests with the same identity sources, whatever else differs.
    /// Default: 0, which asks for every request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = MAX_TTL_SECONDS))]
    pub(crate) ttl_seconds: Option<u32>,
    /// The regular expression that a `token` matches, or else is refused with 401.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validation: Option<String>,
    /// Memory of `function` in MB. Default: the stage's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = lambda::MIN_MEMORY, max = lambda::MAX_MEMORY))]
    pub(crate) memory_size: Option<u32>,
    /// How long `function` may take. Default: the stage's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = lambda::MAX_TIMEOUT_SECONDS))]
    pub(crate) timeout_seconds: Option<u32>,
    /// Instances that are kept for `function` and are the most it gets. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub(crate) reserved_concurrency: Option<u32>,
}

/// An issuer of tokens.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Jwt {
    /// The issuer, exactly as the claim `iss` of its tokens has it. API Gateway reads its keys from the internet:
    /// `<issuer>/.well-known/openid-configuration` names them.
    pub(crate) issuer: String,
    /// A token has at least one of these in its claim `aud`, or in `client_id`.
    pub(crate) audience: Vec<String>,
    /// The algorithms of the signatures. An HTTP API takes all of RSA and no others, so there it is left out. Default of a
    /// REST API: `["RS256"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub(crate) algorithms: Vec<Algorithm>,
}

/// The algorithm of a signature. <https://www.rfc-editor.org/rfc/rfc7518#section-3.1>
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum Algorithm {
    /// RSA with SHA-256.
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    /// RSA with SHA-384.
    #[serde(rename = "RS384")]
    Rs384,
    /// RSA with SHA-512.
    #[serde(rename = "RS512")]
    Rs512,
    /// ECDSA on the curve P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA on the curve P-384.
    #[serde(rename = "ES384")]
    Es384,
    /// ECDSA on the curve P-521.
    #[serde(rename = "ES512")]
    Es512,
}

/// Who may call the paths of a stage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Access<'a> {
    /// Everybody.
    Public,
    /// Callers that sign with credentials of AWS, and that IAM allows it.
    Iam,
    /// Callers that an authorizer accepts: its name and what it accepts.
    Token(&'a str, &'a Authorizer),
}

impl Stage {
    /// Who may call the catch-all of the gateway.
    pub(crate) fn access(&self) -> Access<'_> {
        match self.authorizer.as_deref() {
            Some(name) => self.access_by(name),
            None if self.iam_authorization => Access::Iam,
            None => Access::Public,
        }
    }

    /// Who may call what names an authorizer.
    pub(crate) fn access_by(&self, name: &str) -> Access<'_> {
        match name {
            IAM => Access::Iam,
            NONE => Access::Public,
            name => self
                .authorizers
                .get_key_value(name)
                .map_or(Access::Public, |(name, authorizer)| Access::Token(name, authorizer)),
        }
    }

    /// The authorizers that protect something.
    pub(crate) fn used_authorizers(&self) -> impl Iterator<Item = (&str, &Authorizer)> {
        let is_used = |name: &str| {
            let of_routes = self.routes.iter().map(|route| &route.authorizer);
            [&self.authorizer].into_iter().chain(of_routes).any(|used| used.as_deref() == Some(name))
        };
        let all = self.authorizers.iter().map(|(name, authorizer)| (name.as_str(), authorizer));
        all.filter(move |(name, _)| is_used(name))
    }
}
